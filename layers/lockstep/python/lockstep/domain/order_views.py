"""What people and sweeps see of an order, derived from its stored records."""

from __future__ import annotations

from dataclasses import dataclass

from lockstep.domain.flow_switches import Flow
from lockstep.domain.order_state import HistoryEntry, Hold, StorefrontRecord, WarehouseRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewChange:
    """One record's newest state, as the views need it.

    `lane` tells whose record it is, `revision` orders changes of the same record. `entries` are all that the
    record still remembers; the timeline keeps those it has not got yet.
    """

    order_id: str
    lane: Flow
    revision: int
    reference: str
    summary: tuple[tuple[str, str], ...]
    hold: Hold | None
    entries: tuple[HistoryEntry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DueHold:
    """A held order whose time has come."""

    order_id: str
    hold: Hold


def view_of_warehouse(record: WarehouseRecord) -> ViewChange:
    """What the views show of the warehouse's side."""
    summary = {
        "phase": record.phase.value,
        "store": record.store_key or "",
        "warehouse_number": record.warehouse_number or "",
        "total": str(record.total) if record.total else "",
        "placed_at": record.placed_at.isoformat() if record.placed_at else "",
        "exceptions": " ".join(code.value for code in record.open_codes),
    }
    return ViewChange(
        order_id=record.order_id,
        lane=Flow.PUSH_ORDERS,
        revision=record.revision,
        reference=record.reference,
        summary=tuple(summary.items()),
        hold=record.hold,
        entries=record.history,
    )


def view_of_storefront(record: StorefrontRecord) -> ViewChange:
    """What the views show of the shop's side."""
    summary = {
        "shop_version": str(record.view.version) if record.view else "",
        "acknowledged_at": record.acknowledged_at.isoformat() if record.acknowledged_at else "",
        "conflicts": str(record.conflicts),
        "exceptions": " ".join(code.value for code in record.open_codes),
    }
    return ViewChange(
        order_id=record.order_id,
        lane=Flow.WRITE_BACK_ORDERS,
        revision=record.revision,
        reference=record.order_id,
        summary=tuple(summary.items()),
        hold=record.hold,
        entries=record.history,
    )
