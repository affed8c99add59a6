"""What Lockstep remembers of one order: two records, each with exactly one writer.

The `WarehouseRecord` is written by `push_orders` alone, the `StorefrontRecord` by `write_back_orders` alone.
Neither holds names or addresses: ids, hashes, quantities and money are enough (DESIGN, personal data).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from lockstep.domain.exception_codes import ExceptionCode
from lockstep.domain.money import Money
from lockstep.domain.orders import ShopView

HISTORY_LENGTH = 12
"""Entries a record keeps; the timeline keeps them all, fed from the stream."""

OWN_VERSIONS_KEPT = 8
"""Versions that our own writes returned, remembered to know their echoes."""


class HoldReason(StrEnum):
    """Why an order waits without being anybody's fault yet."""

    PAYMENT = "waiting-for-payment"
    SKU = "waiting-for-sku"
    SENDING = "being-sent"
    SYSTEM_DOWN = "waiting-for-system"
    PAUSED = "flow-paused"


UNFINISHED = frozenset({HoldReason.SENDING, HoldReason.SYSTEM_DOWN, HoldReason.PAUSED})
"""Holds of work that was begun or put off: whatever message comes next takes it up again."""


class Phase(StrEnum):
    """How far an order has come; derived, never stored."""

    PLACED = "PLACED"
    SENT = "SENT"
    PROVEN = "PROVEN"
    CANCELLED = "CANCELLED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """A wait: why, since when, and when to look again though nothing woke it."""

    reason: HoldReason
    since: datetime
    wake_at: datetime
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryEntry:
    """Something that happened, for the order's timeline; `sequence` counts up within its record."""

    sequence: int
    at: datetime
    what: str
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SentLine:
    """One line as it was last sent."""

    shop_line_id: str
    line_number: str
    sku: str
    item_number: str
    quantity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WarehouseRecord:
    """What the warehouse has been told of an order, and what still stands in the way.

    `revision` is the stored revision this copy was read at (0: not stored yet). `sending_since` stands from
    just before the first write: whoever finds it without a proof looks before writing again. `seen_version`
    is the newest version of the shop's order that was weighed; `view` is what the shop's copy then held of
    what we write there. `content_hash` is the shop's content as it was last sent, `raised_hash` the one for
    which a person was last asked to act. `open_codes` are the exceptions this flow has open. `news_revision`
    is the revision that last held something the shop should be told (0: nothing yet).
    """

    order_id: str
    revision: int = 0
    order_number: str | None = None
    store_key: str | None = None
    placed_at: datetime | None = None
    total: Money | None = None
    seen_version: int = 0
    view: ShopView | None = None
    warehouse_number: str | None = None
    business_unit: str | None = None
    warehouse_id: str | None = None
    content_hash: str | None = None
    raised_hash: str | None = None
    lines: tuple[SentLine, ...] = ()
    payment_ids: tuple[str, ...] = ()
    sending_since: datetime | None = None
    proven_at: datetime | None = None
    cancelled_at: datetime | None = None
    hold: Hold | None = None
    open_codes: tuple[ExceptionCode, ...] = ()
    news_revision: int = 0
    history: tuple[HistoryEntry, ...] = ()

    @property
    def is_unfinished(self) -> bool:
        """Whether work was begun, or put off, and has not come to an end."""
        return self.hold is not None and self.hold.reason in UNFINISHED

    @property
    def phase(self) -> Phase:
        """How far the order has come."""
        if self.cancelled_at is not None:
            return Phase.CANCELLED
        if self.proven_at is not None:
            return Phase.PROVEN
        if self.sending_since is not None:
            return Phase.SENT
        return Phase.PLACED

    @property
    def reference(self) -> str:
        """How people name the order."""
        return self.order_number or self.order_id

    def noting(self, at: datetime, what: str, detail: str = "") -> WarehouseRecord:
        """The record with one more thing that happened."""
        return replace(self, history=_appended(self.history, at, what, detail))

    def with_news(self) -> WarehouseRecord:
        """The record as it will be stored next, marked as something the shop should be told."""
        return replace(self, news_revision=self.revision + 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class StorefrontRecord:
    """What the shop has been told of an order.

    `view` is the shop's copy as our last read or write left it, with its version: the version that the next
    write sends. `own_versions` are those our writes returned. `told_revision` is the revision of the warehouse's
    record that the shop was last told of. `acknowledged_at` is when the shop first held a proven order's number.
    """

    order_id: str
    revision: int = 0
    view: ShopView | None = None
    own_versions: tuple[int, ...] = ()
    told_revision: int = 0
    acknowledged_at: datetime | None = None
    conflicts: int = 0
    hold: Hold | None = None
    open_codes: tuple[ExceptionCode, ...] = ()
    history: tuple[HistoryEntry, ...] = ()

    def noting(self, at: datetime, what: str, detail: str = "") -> StorefrontRecord:
        """The record with one more thing that happened."""
        return replace(self, history=_appended(self.history, at, what, detail))

    def having_written(self, view: ShopView) -> StorefrontRecord:
        """The record after a write of ours that returned `view`."""
        return replace(self, view=view, own_versions=(*self.own_versions, view.version)[-OWN_VERSIONS_KEPT:])


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRecords:
    """Both records of one order, as one read returned them."""

    warehouse: WarehouseRecord | None
    storefront: StorefrontRecord | None


def _appended(history: tuple[HistoryEntry, ...], at: datetime, what: str, detail: str) -> tuple[HistoryEntry, ...]:
    sequence = history[-1].sequence + 1 if history else 1
    return (*history, HistoryEntry(sequence=sequence, at=at, what=what, detail=detail))[-HISTORY_LENGTH:]
