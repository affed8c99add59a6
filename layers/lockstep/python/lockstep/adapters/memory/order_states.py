"""The memory of every order, within one process."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from threading import Lock
from typing import TYPE_CHECKING

from lockstep.domain.errors import ConcurrentChangeError, PermanentError
from lockstep.domain.exception_codes import ExceptionCode
from lockstep.domain.order_state import OrderRecords, StorefrontRecord, WarehouseRecord

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


@dataclass(slots=True)
class MemoryOrderStates:
    """`flows.ports.OrderStates` in dictionaries."""

    _lock: Lock = field(default_factory=Lock)
    _warehouse: dict[str, WarehouseRecord] = field(default_factory=dict)
    _storefront: dict[str, StorefrontRecord] = field(default_factory=dict)
    _order_of_number: dict[str, str] = field(default_factory=dict)
    _order_of_payment: dict[str, str] = field(default_factory=dict)
    _orphans: dict[str, str] = field(default_factory=dict)

    def load(self, order_id: str) -> OrderRecords:
        """Both records."""
        with self._lock:
            return OrderRecords(warehouse=self._warehouse.get(order_id), storefront=self._storefront.get(order_id))

    def save_warehouse(
        self, record: WarehouseRecord, *, number_alias: str | None = None, payment_aliases: Sequence[str] = ()
    ) -> WarehouseRecord:
        """Store the record with its aliases; a payment that another order named first stays its."""
        saved = replace(record, revision=record.revision + 1)
        with self._lock:
            _require_unmoved(self._warehouse.get(record.order_id), record)
            if number_alias is not None:
                holder = self._order_of_number.setdefault(number_alias, record.order_id)
                if holder != record.order_id:
                    raise PermanentError(
                        ExceptionCode.ORDER_NUMBER_TAKEN,
                        f"its warehouse number {number_alias} already belongs to order {holder}",
                        facts={"number": number_alias, "order_id": record.order_id, "held_by": holder},
                    )
            for payment_id in payment_aliases:
                self._order_of_payment.setdefault(payment_id, record.order_id)
            self._warehouse[record.order_id] = saved
        return saved

    def save_storefront(self, record: StorefrontRecord) -> StorefrontRecord:
        """Store the record."""
        saved = replace(record, revision=record.revision + 1)
        with self._lock:
            _require_unmoved(self._storefront.get(record.order_id), record)
            self._storefront[record.order_id] = saved
        return saved

    def order_of_payment(self, payment_id: str) -> str | None:
        """The order that first named the payment."""
        with self._lock:
            return self._order_of_payment.get(payment_id)

    def keep_orphan_payment(self, payment_id: str, message_id: str) -> None:
        """Note that the payment spoke."""
        with self._lock:
            self._orphans[payment_id] = message_id

    def orphan_payments(self, payment_ids: Iterable[str]) -> frozenset[str]:
        """Those of the payments that have an orphan note."""
        with self._lock:
            return frozenset(payment_ids) & self._orphans.keys()


def _require_unmoved(
    stored: WarehouseRecord | StorefrontRecord | None, read: WarehouseRecord | StorefrontRecord
) -> None:
    revision = stored.revision if stored is not None else 0
    if revision != read.revision:
        raise ConcurrentChangeError(
            f"The record of order {read.order_id} is at revision {revision}, it was read at {read.revision}."
        )
