"""What a double is to the frame that serves it: calls, answers, routes, and what a scenario holds in its hand."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from multidict import MultiMapping

from local.double_clock import Clock
from local.faults import FaultPlan


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request as a handler sees it.

    `path` is decoded, `raw_path` as it was sent, `target` with the query as it was sent.
    `stale_seconds` > 0 asks a read to answer as of that long ago.
    """

    kind: str
    method: str
    path: str
    query: MultiMapping[str]
    headers: Mapping[str, str]
    body: bytes
    parts: Mapping[str, str] = field(default_factory=dict)
    raw_path: str = ""
    target: str = ""
    stale_seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One answer, ready to send."""

    status: int = 200
    body: bytes = b""
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of_json(cls, body: Any, status: int = 200) -> Answer:
        """An answer carrying `body` as compact JSON."""
        return cls(status=status, body=json.dumps(body, separators=(",", ":")).encode())


Handler = Callable[[Call], Awaitable[Answer]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A method and path (aiohttp's `{name}` patterns) answered by `handler`; `kind` is what its calls are counted as.

    `limit_seconds`: how long the real system works on such a call; one delayed beyond it gets `Double.timed_out`.
    """

    method: str
    path: str
    kind: str
    handler: Handler
    limit_seconds: float | None = None


@dataclass(slots=True)
class CallCounts:
    """Calls since the last reset, by kind and by status (`cut` for those that got no answer)."""

    kinds: Counter[str] = field(default_factory=Counter)
    statuses: Counter[str] = field(default_factory=Counter)

    def reset(self) -> None:
        """Start counting anew."""
        self.kinds.clear()
        self.statuses.clear()

    def report(self) -> dict[str, Any]:
        """The shape of `GET /_admin/calls`."""
        return {"total": self.kinds.total(), "kinds": dict(self.kinds), "statuses": dict(self.statuses)}


@dataclass(slots=True)
class Controls:
    """What a scenario holds in its hand: the clock, the faults and the counts of one double."""

    clock: Clock = field(default_factory=Clock)
    faults: FaultPlan = field(default_factory=FaultPlan)
    calls: CallCounts = field(default_factory=CallCounts)

    def now(self) -> datetime:
        """The double's present instant."""
        return self.clock.now()

    def reset(self) -> None:
        """Back to real time, no faults, no counts."""
        self.clock.run()
        self.faults = FaultPlan()
        self.calls.reset()


class Double(Protocol):
    """What the frame needs of a double."""

    @property
    def controls(self) -> Controls:
        """The clock, faults and counts shared with the frame."""

    def routes(self) -> Sequence[Route]:
        """The imitated API."""

    def admin_routes(self) -> Sequence[Route]:
        """Further routes under `/_admin/`: never counted, never failed."""

    def failure(self, status: int, call: Call) -> Answer:
        """How this system answers `call` with a `status` that is injected, when the rule gives no body."""

    def timed_out(self, call: Call) -> Answer:
        """How this system answers a call that took longer than its route's limit."""

    def expire_tokens(self) -> None:
        """Make every access token given out so far invalid."""

    def counts(self) -> dict[str, int]:
        """How many of each thing it holds."""

    def bodies(self, name: str) -> list[Any]:
        """Everything it holds under one of the names of `counts`; raises KeyError."""

    def catch_up(self) -> None:
        """Do what its clock says is due; called before every request and ten times a second."""

    async def settle(self) -> None:
        """Return once everything that is due has been sent."""

    def reset(self) -> None:
        """Forget all data."""

    async def start(self) -> None:
        """Begin background work, inside the running loop."""

    async def stop(self) -> None:
        """End background work."""
