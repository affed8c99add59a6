"""The double's own commands, beside those every double has.

GET  /_admin/settings                           POST /_admin/settings  {"rate_per_second": 0, ...}
POST /_admin/seed      {"items": 1000, "orders": 500} or lists, see `seeding`
"""

from __future__ import annotations

import json
from dataclasses import asdict

from local.deposco_double.account import Account
from local.deposco_double.items import Items, MasterData
from local.deposco_double.sales_orders import SalesOrders
from local.deposco_double.seeding import Seeding
from local.double import Answer, Call, Handler, Route


class Admin:
    """Settings and seed of one account."""

    def __init__(self, account: Account, orders: SalesOrders, items: Items, data: MasterData) -> None:
        self._account = account
        self._seeding = Seeding(account, orders, items, data)

    def routes(self) -> list[Route]:
        """All of them."""
        listed: list[tuple[str, str, Handler]] = [
            ("GET", "settings", self._show_settings),
            ("POST", "settings", self._change_settings),
            ("POST", "seed", self._seed),
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
