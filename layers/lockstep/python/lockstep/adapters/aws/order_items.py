"""An order's records as DynamoDB items, and back.

Attribute names are the stored format: they stay when a field is renamed. A reader ignores attributes that it
does not know and takes the field's default for those that are missing, because the functions change version
one by one in an upgrade.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lockstep.adapters.aws.stored_values import (
    item_of,
    money_of,
    money_plain,
    optional_time_of,
    optional_time_text,
    plain_of,
    time_of,
    time_text,
    word_of,
)
from lockstep.domain.exception_codes import ExceptionCode
from lockstep.domain.order_state import HistoryEntry, Hold, HoldReason, SentLine, StorefrontRecord, WarehouseRecord
from lockstep.domain.order_views import ViewChange, view_of_storefront, view_of_warehouse
from lockstep.domain.orders import OrderStatus, ShopView

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lockstep.adapters.aws.stored_values import Item, StoredItem

WAREHOUSE = "WAREHOUSE"
STOREFRONT = "STOREFRONT"
_ORDER = "ORDER#"


def order_partition(order_id: str) -> str:
    """The partition key under which all of an order's records stand."""
    return f"{_ORDER}{order_id}"


def warehouse_item(record: WarehouseRecord) -> Item:
    """The item of a warehouse record, at the record's own revision."""
    return item_of(
        {
            "pk": order_partition(record.order_id),
            "sk": WAREHOUSE,
            "order_id": record.order_id,
            "revision": record.revision,
            "order_number": record.order_number,
            "store_key": record.store_key,
            "placed_at": optional_time_text(record.placed_at),
            "total": money_plain(record.total),
            "seen_version": record.seen_version,
            "view": _view(record.view),
            "warehouse_number": record.warehouse_number,
            "business_unit": record.business_unit,
            "warehouse_id": record.warehouse_id,
            "content_hash": record.content_hash,
            "raised_hash": record.raised_hash,
            "news_revision": record.news_revision,
            "lines": [_line(line) for line in record.lines],
            "payment_ids": list(record.payment_ids),
            "sending_since": optional_time_text(record.sending_since),
            "proven_at": optional_time_text(record.proven_at),
            "cancelled_at": optional_time_text(record.cancelled_at),
            "hold": None if record.hold is None else hold_plain(record.hold),
            "open_codes": [code.value for code in record.open_codes],
            "history": [entry_plain(entry) for entry in record.history],
        }
    )


def warehouse_record(item: StoredItem) -> WarehouseRecord:
    """The record of a `WAREHOUSE` item. Raises `TransientError` for words of a newer version."""
    plain = plain_of(item)
    return WarehouseRecord(
        order_id=plain["order_id"],
        revision=int(plain["revision"]),
        order_number=plain.get("order_number"),
        store_key=plain.get("store_key"),
        placed_at=optional_time_of(plain.get("placed_at")),
        total=money_of(plain.get("total")),
        seen_version=int(plain.get("seen_version", 0)),
        view=_view_of(plain.get("view")),
        warehouse_number=plain.get("warehouse_number"),
        business_unit=plain.get("business_unit"),
        warehouse_id=plain.get("warehouse_id"),
        content_hash=plain.get("content_hash"),
        raised_hash=plain.get("raised_hash"),
        news_revision=int(plain.get("news_revision", 0)),
        lines=tuple(_line_of(line) for line in plain.get("lines", ())),
        payment_ids=tuple(plain.get("payment_ids", ())),
        sending_since=optional_time_of(plain.get("sending_since")),
        proven_at=optional_time_of(plain.get("proven_at")),
        cancelled_at=optional_time_of(plain.get("cancelled_at")),
        hold=hold_of(plain["hold"]) if "hold" in plain else None,
        open_codes=tuple(word_of(ExceptionCode, code) for code in plain.get("open_codes", ())),
        history=tuple(entry_of(entry) for entry in plain.get("history", ())),
    )


def storefront_item(record: StorefrontRecord) -> Item:
    """The item of a storefront record, at the record's own revision."""
    return item_of(
        {
            "pk": order_partition(record.order_id),
            "sk": STOREFRONT,
            "order_id": record.order_id,
            "revision": record.revision,
            "view": _view(record.view),
            "own_versions": list(record.own_versions),
            "told_revision": record.told_revision,
            "acknowledged_at": optional_time_text(record.acknowledged_at),
            "conflicts": record.conflicts,
            "hold": None if record.hold is None else hold_plain(record.hold),
            "open_codes": [code.value for code in record.open_codes],
            "history": [entry_plain(entry) for entry in record.history],
        }
    )


def storefront_record(item: StoredItem) -> StorefrontRecord:
    """The record of a `STOREFRONT` item. Raises `TransientError` for words of a newer version."""
    plain = plain_of(item)
    return StorefrontRecord(
        order_id=plain["order_id"],
        revision=int(plain["revision"]),
        view=_view_of(plain.get("view")),
        own_versions=tuple(int(version) for version in plain.get("own_versions", ())),
        told_revision=int(plain.get("told_revision", 0)),
        acknowledged_at=optional_time_of(plain.get("acknowledged_at")),
        conflicts=int(plain.get("conflicts", 0)),
        hold=hold_of(plain["hold"]) if "hold" in plain else None,
        open_codes=tuple(word_of(ExceptionCode, code) for code in plain.get("open_codes", ())),
        history=tuple(entry_of(entry) for entry in plain.get("history", ())),
    )


def change_from_stream(new_image: StoredItem) -> ViewChange | None:
    """What the views must know of one image of the table's stream; None for aliases and orphans.

    Raises `TransientError` for words of a newer version.
    """
    if not new_image.get("pk", {}).get("S", "").startswith(_ORDER):
        return None
    match new_image.get("sk", {}).get("S"):
        case "WAREHOUSE":
            return view_of_warehouse(warehouse_record(new_image))
        case "STOREFRONT":
            return view_of_storefront(storefront_record(new_image))
        case _:
            return None


def _view(view: ShopView | None) -> dict[str, Any] | None:
    if view is None:
        return None
    return {
        "version": view.version,
        "status": view.status.value,
        "warehouse_number": view.warehouse_number,
        "custom_type_id": view.custom_type_id,
        "fields": [list(field) for field in view.fields],
    }


def _view_of(plain: dict[str, Any] | None) -> ShopView | None:
    if plain is None:
        return None
    return ShopView(
        version=int(plain["version"]),
        status=word_of(OrderStatus, plain["status"]),
        warehouse_number=plain.get("warehouse_number"),
        custom_type_id=plain.get("custom_type_id"),
        fields=tuple((name, value) for name, value in plain.get("fields", ())),
    )


def _line(line: SentLine) -> dict[str, Any]:
    return {
        "shop_line_id": line.shop_line_id,
        "line_number": line.line_number,
        "sku": line.sku,
        "item_number": line.item_number,
        "quantity": line.quantity,
    }


def _line_of(plain: dict[str, Any]) -> SentLine:
    return SentLine(
        shop_line_id=plain["shop_line_id"],
        line_number=plain["line_number"],
        sku=plain["sku"],
        item_number=plain["item_number"],
        quantity=int(plain["quantity"]),
    )


def hold_plain(hold: Hold) -> dict[str, Any]:
    """A hold as plain values."""
    return {
        "reason": hold.reason.value,
        "since": time_text(hold.since),
        "wake_at": time_text(hold.wake_at),
        "detail": hold.detail,
    }


def hold_of(plain: Mapping[str, Any]) -> Hold:
    """The hold that `hold_plain` made. Raises `TransientError` for a reason of a newer version."""
    return Hold(
        reason=word_of(HoldReason, plain["reason"]),
        since=time_of(plain["since"]),
        wake_at=time_of(plain["wake_at"]),
        detail=plain.get("detail", ""),
    )


def entry_plain(entry: HistoryEntry) -> dict[str, Any]:
    """A history entry as plain values."""
    return {
        "sequence": entry.sequence,
        "at": time_text(entry.at),
        "what": entry.what,
        "detail": entry.detail,
    }


def entry_of(plain: Mapping[str, Any]) -> HistoryEntry:
    """The history entry that `entry_plain` made."""
    return HistoryEntry(
        sequence=int(plain["sequence"]),
        at=time_of(plain["at"]),
        what=plain["what"],
        detail=plain.get("detail", ""),
    )
