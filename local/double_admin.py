"""The admin routes of a double, kept apart from the API it imitates: never counted, never failed.

GET    /_admin/state[?include=orders,payments]   {"counts": {"orders": 1, ...}, "orders": [...], "payments": [...]}
GET    /_admin/calls                             {"total": 3, "kinds": {...}, "statuses": {...}}
POST   /_admin/calls/reset
GET    /_admin/faults                            what each rule saw and did
POST   /_admin/faults   {"seed": 7, "rules": [...]}         DELETE /_admin/faults
GET    /_admin/clock
POST   /_admin/clock    {"advance_seconds": 60} | {"set": "2026-03-01T10:00:00Z"} | {"run": true}
POST   /_admin/settle                            answers once everything that is due has been sent
POST   /_admin/reset                             forgets all data, calls, faults and clock moves
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from local.double import Answer, Call, Double, Handler, Route
from local.faults import FaultPlan


class AdminRoutes:
    """The routes under `/_admin/` that both doubles have."""

    def __init__(self, double: Double) -> None:
        self._double = double

    def routes(self) -> list[Route]:
        """All of them."""
        listed: list[tuple[str, str, Handler]] = [
            ("GET", "state", self._state),
            ("GET", "calls", self._calls),
            ("POST", "calls/reset", self._reset_calls),
            ("GET", "faults", self._show_faults),
            ("POST", "faults", self._set_faults),
            ("DELETE", "faults", self._clear_faults),
            ("GET", "clock", self._show_clock),
            ("POST", "clock", self._set_clock),
            ("POST", "settle", self._settle),
            ("POST", "reset", self._reset),
        ]
        return [
            Route(method=method, path=f"/_admin/{path}", kind="admin", handler=handler)
            for method, path, handler in listed
        ]

    async def _state(self, call: Call) -> Answer:
        state: dict[str, Any] = {"counts": self._double.counts()}
        for name in filter(None, call.query.get("include", "").split(",")):
            state[name] = self._double.bodies(name)
        return Answer.of_json(state)

    async def _calls(self, call: Call) -> Answer:
        return Answer.of_json(self._double.controls.calls.report())

    async def _reset_calls(self, call: Call) -> Answer:
        self._double.controls.calls.reset()
        return await self._calls(call)

    async def _show_faults(self, call: Call) -> Answer:
        faults = self._double.controls.faults
        return Answer.of_json({"seed": faults.seed, "rules": faults.report()})

    async def _set_faults(self, call: Call) -> Answer:
        controls = self._double.controls
        controls.faults = FaultPlan.read(json.loads(call.body), controls.now())
        return await self._show_faults(call)

    async def _clear_faults(self, call: Call) -> Answer:
        self._double.controls.faults = FaultPlan()
        return await self._show_faults(call)

    async def _show_clock(self, call: Call) -> Answer:
        return Answer.of_json({"now": self._double.controls.now().isoformat()})

    async def _set_clock(self, call: Call) -> Answer:
        clock = self._double.controls.clock
        wanted: Mapping[str, Any] = json.loads(call.body)
        if "set" in wanted:
            clock.freeze(datetime.fromisoformat(wanted["set"]))
        elif "advance_seconds" in wanted:
            clock.advance(float(wanted["advance_seconds"]))
        elif wanted.get("run"):
            clock.run()
        else:
            raise ValueError("the clock takes set, advance_seconds or run")
        self._double.catch_up()
        return await self._show_clock(call)

    async def _settle(self, call: Call) -> Answer:
        await self._double.settle()
        return Answer.of_json({})

    async def _reset(self, call: Call) -> Answer:
        self._double.reset()
        self._double.controls.reset()
        return Answer.of_json({})
