"""The double of Deposco as the frame serves it: its routes, its admin commands and what it holds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from local.deposco_double.account import Account
from local.deposco_double.admin import Admin
from local.deposco_double.call_rate import CallRate
from local.deposco_double.items import Items, MasterData
from local.deposco_double.refusal import errors
from local.deposco_double.sales_orders import SalesOrders
from local.deposco_double.settings import AccountSettings
from local.deposco_double.v2_answers import BASE_PATH
from local.deposco_double.v2_routes import Gate, V2Routes
from local.deposco_double.v2_tokens import Tokens
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
        self.account = Account(settings or AccountSettings(), seed=seed)
        self._tokens = Tokens(self.account)
        self._rate = CallRate()
        self.orders = SalesOrders(self.account)
        self.items = Items(self.account)
        self.master_data = MasterData(self.account)
        self._gate = Gate(self.account, self._tokens, self._rate)
        self._v2 = V2Routes(self.account, self._gate, self.orders, self.items, self.master_data)
        self._admin = Admin(self.account, self.orders, self.items, self.master_data)

    @property
    def controls(self) -> Controls:
        """The clock, faults and counts shared with the frame."""
        return self.account.controls

    def routes(self) -> Sequence[Route]:
        """Both generations and the token endpoint; whatever else is asked under V2 is a 404 (DEP-V2AUTH-08)."""
        token = Route(method="POST", path="/oauth2/token", kind="oauth.token", handler=self._tokens.grant)
        unknown = Route(method="*", path=f"{BASE_PATH}/{{tail:.*}}", kind="unknown", handler=self._unknown)
        return [token, *self._v2.routes(), unknown]

    async def _unknown(self, call: Call) -> Answer:
        return errors(404, [f"No resource answers {call.method} {call.path}."])

    def admin_routes(self) -> Sequence[Route]:
        """Seed, settings and the warehouse's commands."""
        return self._admin.routes()

    def failure(self, status: int) -> Answer:
        """The documented error list; 429 and server errors have an empty body (DEP-V2ERR-01, DEP-LIMIT-02)."""
        text = _STATUS_TEXTS.get(status)
        return errors(status, [text]) if text else Answer(status=status)

    def timed_out(self, call: Call) -> Answer:
        """No limit of Deposco's own is known; never asked for."""
        return self.failure(504)

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
                }
                for unit, row in self.account.stock.rows()
            ]
        return list(self.account.store.bodies(_STATE_NAMES[name]))

    def catch_up(self) -> None:
        """Do what the clock says is due."""
        self.account.catch_up()

    async def settle(self) -> None:
        """Return once everything that is due has been done."""
        self.account.catch_up()

    def reset(self) -> None:
        """Forget all data and tokens."""
        self.account.reset()
        self._tokens.expire_all()

    async def start(self) -> None:
        """Nothing to begin."""

    async def stop(self) -> None:
        """Give the data file back."""
        self.account.store.close()
