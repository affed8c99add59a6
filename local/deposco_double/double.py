"""The double of Deposco as the frame serves it: its routes, its admin commands and what it holds."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from local.deposco_double.account import Account
from local.deposco_double.admin import Admin
from local.deposco_double.call_rate import CallRate
from local.deposco_double.customer_orders import CustomerOrders
from local.deposco_double.items import Items, MasterData
from local.deposco_double.refusal import errors
from local.deposco_double.requests_in_progress import BulkImports, RequestsInProgress
from local.deposco_double.sales_orders import SalesOrders
from local.deposco_double.seeding import Seeding
from local.deposco_double.settings import AccountSettings
from local.deposco_double.v1_format import plain
from local.deposco_double.v1_routes import V1Routes
from local.deposco_double.v2_answers import BASE_PATH
from local.deposco_double.v2_customer_order_routes import V2CustomerOrderRoutes
from local.deposco_double.v2_routes import Gate, V2Routes
from local.deposco_double.v2_tokens import Tokens
from local.deposco_double.warehouse import Warehouse
from local.deposco_double.webhooks import Webhooks
from local.deposco_double.working_day import WorkingDay
from local.double import Answer, Call, Controls, Route

_STATUS_TEXTS = {
    400: "Bad request.",
    401: "Unauthorized: the access token is missing, unknown or expired.",
    403: "Forbidden.",
    404: "Not found.",
    409: "The row was updated by another transaction (optimistic lock), please try again.",
}
_STATE_NAMES = {
    "orders": "SalesOrder",
    "customer_orders": "CustomerOrder",
    "shipments": "OutboundShipment",
    "items": "Item",
    "facilities": "Facility",
    "companies": "Company",
    "kits": "KitHeader",
    "inventory_adjustments": "InventoryAdjustment",
    "receipts": "Receipt",
}


class DeposcoDouble:
    """One imitated Deposco account."""

    def __init__(self, settings: AccountSettings | None = None, *, seed: int = 0) -> None:
        """`seed` decides every draw of chance."""
        self.account = account = Account(settings or AccountSettings(), seed=seed)
        self._tokens = Tokens(account)
        rate = CallRate()
        gate = Gate(account, self._tokens, rate)
        orders = SalesOrders(account)
        items = Items(account)
        data = MasterData(account)
        self._requests = RequestsInProgress(account)
        self._imports = BulkImports(account, self._requests, orders, items, data)
        customer_orders = CustomerOrders(account, orders, self._requests)
        self.warehouse = Warehouse(account, orders)
        self._day = WorkingDay(account, self.warehouse)
        self._webhooks = Webhooks(account)
        self._v1 = V1Routes(account, rate, orders, items, self._webhooks)
        self._v2 = V2Routes(account, gate, orders, items, data)
        self._v2_customer_orders = V2CustomerOrderRoutes(account, gate, customer_orders, self._requests, self._imports)
        self._admin = Admin(
            account,
            seeding=Seeding(account, orders, items, data),
            warehouse=self.warehouse,
            day=self._day,
            webhooks=self._webhooks,
            tokens=self._tokens,
        )

    @property
    def controls(self) -> Controls:
        """The clock, faults and counts shared with the frame."""
        return self.account.controls

    def routes(self) -> Sequence[Route]:
        """Both generations and the token endpoint; whatever else is asked under V2 is a 404 (DEP-V2AUTH-08)."""
        token = Route(method="POST", path="/oauth2/token", kind="oauth.token", handler=self._tokens.grant)
        unknown = Route(method="*", path=f"{BASE_PATH}/{{tail:.*}}", kind="unknown", handler=self._unknown)
        return [token, *self._v2.routes(), *self._v2_customer_orders.routes(), unknown, *self._v1.routes()]

    async def _unknown(self, call: Call) -> Answer:
        return errors(404, [f"No resource answers {call.method} {call.path}."])

    def admin_routes(self) -> Sequence[Route]:
        """Seed, settings and the warehouse's commands."""
        return self._admin.routes()

    def failure(self, status: int, call: Call) -> Answer:
        """V2's documented error list, V1's plain text; 429 and server errors have an empty body.

        (DEP-V2ERR-01, DEP-LIMIT-02, DEP-V1ORD-06)
        """
        text = _STATUS_TEXTS.get(status)
        if text and call.kind.startswith("v1."):
            return plain(status, HTTPStatus(status).phrase)
        return errors(status, [text]) if text else Answer(status=status)

    def timed_out(self, call: Call) -> Answer:
        """No limit of Deposco's own is known; never asked for."""
        return self.failure(504, call)

    def expire_tokens(self) -> None:
        """Make every access token given out so far invalid."""
        self._tokens.expire_all()

    def counts(self) -> dict[str, int]:
        """How many of each thing it holds, by the names `bodies` takes."""
        held = self.account.store.counts()
        return {name: held.get(kind, 0) for name, kind in _STATE_NAMES.items()}

    def bodies(self, name: str) -> list[Any]:
        """Every entity under one of the names of `counts`, or every row of `stock`; raises KeyError."""
        if name == "stock":
            return [
                {
                    "businessUnit": unit,
                    "item": row.item,
                    "facility": row.facility,
                    "onHand": row.on_hand,
                    "owed": row.owed,
                    "allocated": row.allocated,
                }
                for unit, row in self.account.stock.rows()
            ]
        return list(self.account.store.bodies(_STATE_NAMES[name]))

    def catch_up(self) -> None:
        """Do what the clock says is due."""
        self.account.catch_up()
        self._webhooks.send_due()

    async def settle(self) -> None:
        """Return once everything that is due has been done and every hint that is due has been sent."""
        self.account.catch_up()
        await self._webhooks.settle()

    def reset(self) -> None:
        """Forget all data, tokens, requests, registrations and habits; the settings stay."""
        self._day.end()
        self.account.reset()
        self._tokens.forget()
        self._requests.forget()
        self._imports.forget()
        self._webhooks.forget()

    async def start(self) -> None:
        """Get ready to send webhooks."""
        await self._webhooks.start()

    async def stop(self) -> None:
        """Drop what is under way and give the data file back."""
        await self._webhooks.stop()
        self.account.store.close()
