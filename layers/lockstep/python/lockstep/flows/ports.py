"""What the flows need of the world, each port named by the need.

Every port has an in-memory and a real implementation, held to one contract test (`tests/contract/`).
Errors are those of `domain.errors`; no port lets a library's exception through.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from lockstep.domain.exception_codes import ExceptionCode
from lockstep.domain.flow_switches import Circuit, Flow
from lockstep.domain.hints import Hint
from lockstep.domain.merchant_settings import MerchantSettings
from lockstep.domain.money import Money
from lockstep.domain.order_state import HoldReason, OrderRecords, StorefrontRecord, WarehouseRecord
from lockstep.domain.order_views import DueHold, ViewChange
from lockstep.domain.orders import ShopOrder, ShopView
from lockstep.domain.storefront_facts import ShopChange
from lockstep.domain.warehouse_orders import MappedItem, WarehouseCopy, WarehouseOrder


class Clock(Protocol):
    """The one place where time is asked."""

    def now(self) -> datetime:
        """Now, aware and in UTC."""

    def sleep(self, seconds: float) -> None:
        """Wait."""


class OrderStates(Protocol):
    """The memory of every order: two records and the aliases that lead to them."""

    def load(self, order_id: str) -> OrderRecords:
        """Both records, strongly consistent."""

    def save_warehouse(
        self, record: WarehouseRecord, *, number_alias: str | None = None, payment_aliases: Sequence[str] = ()
    ) -> WarehouseRecord:
        """Store the record if `record.revision` is still the stored one; returns it with its new revision.

        The aliases are claimed in the same transaction: a number (already holding its business unit) by one
        order only, a payment by the order that names it first. Raises `ConcurrentChangeError` when the
        revision moved, and `PermanentError(ORDER_NUMBER_TAKEN)` when another order holds the number.
        """

    def save_storefront(self, record: StorefrontRecord) -> StorefrontRecord:
        """Store the record if its revision is still the stored one. Raises `ConcurrentChangeError`."""

    def order_of_payment(self, payment_id: str) -> str | None:
        """The order that a payment belongs to, strongly consistent; None while no order has named it."""

    def keep_orphan_payment(self, payment_id: str, message_id: str) -> None:
        """Remember that a payment spoke before its order was known."""

    def orphan_payments(self, payment_ids: Iterable[str]) -> frozenset[str]:
        """Those of the payments that spoke before their order was known, strongly consistent."""


class ShopOrders(Protocol):
    """Orders in the shop."""

    def read_document(self, document: Mapping[str, Any]) -> ShopOrder:
        """An order as a message carried it. Raises `PermanentError(ORDER_UNREADABLE)`."""

    def fetch(self, order_id: str) -> ShopOrder | None:
        """The order as it is now, its payments' transactions included; None where there is none."""

    def our_type_id(self) -> str | None:
        """The id of the custom type that holds our fields; None where the project has none."""

    def write(self, order_id: str, version: int, changes: Sequence[ShopChange]) -> ShopView:
        """Apply the changes, all or none, to exactly this version.

        Raises `ConcurrentChangeError` when the version moved, `OutcomeUnknownError` when the answer was
        lost, `PermanentError(SHOP_REJECTED_WRITE)` when the shop refused them.
        """


class WarehouseOrders(Protocol):
    """Orders in the warehouse."""

    def require_expressible(self, order: WarehouseOrder) -> None:
        """Raise `PermanentError(FIELD_TOO_LONG)` where the warehouse could not hold the order; calls nobody."""

    def place(self, order: WarehouseOrder) -> WarehouseCopy:
        """Create the order, or bring an existing one to this content; returns the warehouse's whole copy.

        Raises `OutcomeUnknownError` when the answer was lost, `PermanentError` with
        `WAREHOUSE_ITEM_UNKNOWN` or `WAREHOUSE_REJECTED` when the warehouse refused it.
        """

    def find(self, business_unit: str, number: str) -> tuple[WarehouseCopy, ...]:
        """Every copy filed under this number, oldest first, each whole."""


class SkuMap(Protocol):
    """Which SKU is which item."""

    def resolve(self, business_unit: str, skus: Iterable[str]) -> Mapping[str, MappedItem]:
        """The mapped ones of these SKUs."""

    def map_sku(self, business_unit: str, item: MappedItem) -> None:
        """Claim SKU and item for each other. Raises `ConcurrentChangeError` when either is taken."""

    def wait_for(self, business_unit: str, skus: Iterable[str], order_id: str, since: datetime) -> None:
        """Note that an order waits for SKUs; noting it again changes nothing."""

    def waiting_orders(self, business_unit: str, sku: str) -> tuple[str, ...]:
        """The orders that wait for a SKU, oldest first."""


class OpenExceptions(Protocol):
    """The exceptions people work on."""

    def open(
        self,
        code: ExceptionCode,
        *,
        order_id: str,
        reference: str,
        at: datetime,
        message: str,
        facts: Mapping[str, str],
        amount: Money | None,
    ) -> None:
        """Open it, or note that it still stands: `since` is kept, a resolved one reopens."""

    def resolve(self, code: ExceptionCode, *, order_id: str, at: datetime, by: str) -> None:
        """Close it, naming what resolved it; resolving one that is not open changes nothing."""


class Lanes(Protocol):
    """The two FIFO lanes, one group per order."""

    def to_warehouse(self, hints: Sequence[Hint]) -> None:
        """Queue the hints for `push_orders`, deduplicated by message id."""

    def to_storefront(self, hints: Sequence[Hint]) -> None:
        """Queue the hints for `write_back_orders`, deduplicated by message id."""


class SettingsSource(Protocol):
    """The merchant's settings document."""

    def current(self) -> MerchantSettings:
        """The version in force. Raises `ConfigurationError` when there is none or it is invalid."""


class FlowSwitches(Protocol):
    """Whether a flow may run: paused by a person, or its circuit open because a system is away."""

    def circuit(self, flow: Flow) -> Circuit:
        """The flow's switch as stored."""

    def suspect(self, flow: Flow, order_ids: Iterable[str]) -> None:
        """Note orders that gave up; each counts once."""

    def trip(self, flow: Flow, *, reason: str, at: datetime, retry_at: datetime) -> None:
        """Open the circuit until `retry_at`; the suspects stay noted."""

    def close(self, flow: Flow) -> None:
        """After a success: close the circuit and forget the suspects."""


class OrderViews(Protocol):
    """What is derived from the records for people and sweeps."""

    def apply(self, change: ViewChange) -> None:
        """Bring the views to this change; applying an older or the same change again alters nothing."""

    def due_holds(
        self, lane: Flow, now: datetime, limit: int, reasons: frozenset[HoldReason] | None = None
    ) -> tuple[DueHold, ...]:
        """Up to `limit` held orders of a lane whose time has come, longest due first.

        Only those held for one of `reasons`, where some are given.
        """
