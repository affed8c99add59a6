"""Stored records, hints and view changes to test with: every field is set, away from its default."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from lockstep.domain.exception_codes import ExceptionCode
from lockstep.domain.flow_switches import Flow
from lockstep.domain.hints import Cause, Hint
from lockstep.domain.money import Money
from lockstep.domain.order_state import HistoryEntry, Hold, HoldReason, SentLine, StorefrontRecord, WarehouseRecord
from lockstep.domain.order_views import ViewChange
from lockstep.domain.orders import OrderStatus, ShopView

T0 = datetime(2026, 3, 2, 8, 30, 0, 123456, tzinfo=UTC)


def at(minutes: float) -> datetime:
    """So many minutes after `T0`."""
    return T0 + timedelta(minutes=minutes)


def a_shop_view(version: int = 7) -> ShopView:
    """What the shop's copy holds once it is acknowledged."""
    return ShopView(
        version=version,
        status=OrderStatus.CONFIRMED,
        warehouse_number="UK-WEB-1001",
        custom_type_id="type-1",
        fields=(("lockstepStatus", "proven"), ("lockstepWarehouseOrder", "UK-WEB-1001")),
    )


def a_hold(since: datetime = T0, *, wake_after_minutes: float = 15, **changes: Any) -> Hold:
    """A wait for the payment."""
    fields: dict[str, Any] = {
        "reason": HoldReason.PAYMENT,
        "since": since,
        "wake_at": since + timedelta(minutes=wake_after_minutes),
        "detail": "0 of 4998 minor units of EUR secured",
    }
    return Hold(**(fields | changes))


def a_history(count: int = 2, *, first: int = 1) -> tuple[HistoryEntry, ...]:
    """`count` entries a minute apart, their sequence starting at `first`."""
    return tuple(
        HistoryEntry(sequence=number, at=at(number), what=f"event {number}", detail=f"detail {number}")
        for number in range(first, first + count)
    )


def a_warehouse_record(order_id: str = "order-1", **changes: Any) -> WarehouseRecord:
    """A record that was never stored; `changes` are fields of `WarehouseRecord`."""
    fields: dict[str, Any] = {
        "order_id": order_id,
        "order_number": "WEB-1001",
        "store_key": "outlet",
        "placed_at": at(-60),
        "total": Money(4998, "EUR", 2),
        "seen_version": 7,
        "view": a_shop_view(),
        "warehouse_number": "UK-WEB-1001",
        "business_unit": "ACME",
        "warehouse_id": "900001",
        "content_hash": "0f" * 16,
        "raised_hash": "1e" * 16,
        "news_revision": 6,
        "lines": (
            SentLine(shop_line_id="line-1", line_number="1", sku="TEE-M", item_number="100-TEE-M", quantity=2),
            SentLine(shop_line_id="line-2", line_number="2", sku="MUG", item_number="100-MUG", quantity=1),
        ),
        "payment_ids": ("payment-1", "payment-2"),
        "sending_since": at(1),
        "proven_at": at(2),
        "cancelled_at": at(3),
        "hold": a_hold(),
        "open_codes": (ExceptionCode.WAREHOUSE_COPY_DIFFERS, ExceptionCode.SKU_UNMAPPED),
        "history": a_history(),
    }
    return WarehouseRecord(**(fields | changes))


def a_storefront_record(order_id: str = "order-1", **changes: Any) -> StorefrontRecord:
    """A record that was never stored; `changes` are fields of `StorefrontRecord`."""
    fields: dict[str, Any] = {
        "order_id": order_id,
        "view": a_shop_view(9),
        "own_versions": (8, 9),
        "told_revision": 5,
        "acknowledged_at": at(4),
        "conflicts": 1,
        "hold": a_hold(at(5)),
        "open_codes": (ExceptionCode.SHOP_REJECTED_WRITE,),
        "history": a_history(),
    }
    return StorefrontRecord(**(fields | changes))


def a_hint(order_id: str = "order-1", *, message_id: str = "message-1", **changes: Any) -> Hint:
    """A message of the shop, received once, that carried its order."""
    fields: dict[str, Any] = {
        "cause": Cause.ORDER_MESSAGE,
        "order_id": order_id,
        "message_id": message_id,
        "message_type": "OrderCreated",
        "shop_version": 7,
        "document": {"id": order_id, "version": 7, "lineItems": [{"name": {"de": "Größe M ☂"}}]},
    }
    return Hint(**(fields | changes))


def a_change(order_id: str = "order-1", *, revision: int = 1, **changes: Any) -> ViewChange:
    """The warehouse's side of an order that is held."""
    fields: dict[str, Any] = {
        "order_id": order_id,
        "lane": Flow.PUSH_ORDERS,
        "revision": revision,
        "reference": f"WEB-{order_id}",
        "summary": (("phase", "PLACED"), ("total", "49.98 EUR")),
        "hold": a_hold(),
        "entries": a_history(),
    }
    return ViewChange(**(fields | changes))
