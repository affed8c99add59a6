"""The double's own commands, beside those every double has.

GET  /_admin/settings                           POST /_admin/settings  {"rate_per_second": 0, ...}
POST /_admin/seed      {"items": 1000, "orders": 500} or lists, see `seeding`
POST /_admin/warehouse {"do": "ship", "order": "A-1"} or a list of commands, see `warehouse`
POST /_admin/webhooks  {"callbackUrl": ..., "events": [...], "secretKey": ...}      GET lists, DELETE forgets them
POST /_admin/refresh_token  {"refresh_token": ...}    the app was installed anew: the former one is worth nothing
"""

from __future__ import annotations

import json
from dataclasses import asdict

from local.deposco_double.account import Account
from local.deposco_double.seeding import Seeding
from local.deposco_double.store import Body
from local.deposco_double.v2_tokens import Tokens
from local.deposco_double.warehouse import Warehouse
from local.deposco_double.webhooks import Webhooks
from local.deposco_double.working_day import Habits, WorkingDay
from local.double import Answer, Call, Handler, Route


class Admin:
    """Settings, seed, warehouse and webhooks of one account."""

    def __init__(
        self,
        account: Account,
        *,
        seeding: Seeding,
        warehouse: Warehouse,
        day: WorkingDay,
        webhooks: Webhooks,
        tokens: Tokens,
    ) -> None:
        self._account = account
        self._seeding = seeding
        self._warehouse = warehouse
        self._day = day
        self._webhooks = webhooks
        self._tokens = tokens

    def routes(self) -> list[Route]:
        """All of them."""
        listed: list[tuple[str, str, Handler]] = [
            ("GET", "settings", self._show_settings),
            ("POST", "settings", self._change_settings),
            ("POST", "seed", self._seed),
            ("POST", "warehouse", self._command),
            ("GET", "webhooks", self._show_webhooks),
            ("POST", "webhooks", self._register),
            ("DELETE", "webhooks", self._forget_webhooks),
            ("POST", "refresh_token", self._install_anew),
        ]
        return [
            Route(method=method, path=f"/_admin/{path}", kind="admin", handler=handler)
            for method, path, handler in listed
        ]

    async def _show_settings(self, call: Call) -> Answer:
        return Answer.of_json(asdict(self._account.settings))

    async def _change_settings(self, call: Call) -> Answer:
        self._account.settings = self._account.settings.changed(json.loads(call.body))
        return await self._show_settings(call)

    async def _seed(self, call: Call) -> Answer:
        return Answer.of_json(self._seeding.plant(json.loads(call.body)))

    async def _command(self, call: Call) -> Answer:
        """Each command's answer lists what it touched, as stored; a command that fails leaves the earlier ones done."""
        wanted = json.loads(call.body)
        touched: list[Body] = []
        for command in wanted if isinstance(wanted, list) else [wanted]:
            if command.get("do") == "work":
                self._day.begin(Habits.read({name: value for name, value in command.items() if name != "do"}))
            elif command.get("do") == "rest":
                self._day.end()
            else:
                touched += [_own_names_left_out(record.body) for record in self._warehouse.obey(command)]
        return Answer.of_json({"touched": touched})

    async def _show_webhooks(self, call: Call) -> Answer:
        shown = [registration.shown() for registration in self._webhooks.registrations.values()]
        return Answer.of_json({"webhooks": shown, "delivered": self._webhooks.delivered, "lost": self._webhooks.lost})

    async def _register(self, call: Call) -> Answer:
        return Answer.of_json(self._webhooks.register(json.loads(call.body)).shown())

    async def _forget_webhooks(self, call: Call) -> Answer:
        self._webhooks.forget()
        return await self._show_webhooks(call)

    async def _install_anew(self, call: Call) -> Answer:
        self._tokens.revoke_installation(str(json.loads(call.body)["refresh_token"]))
        return Answer.of_json({})


def _own_names_left_out(body: Body) -> Body:
    return {name: value for name, value in body.items() if not name.startswith("_")}
