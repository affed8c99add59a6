"""What the shop's order should hold about its fulfilment, and the smallest change that gets it there."""

from __future__ import annotations

from dataclasses import dataclass

from lockstep.domain.merchant_settings import StorefrontPolicy
from lockstep.domain.order_state import Phase, WarehouseRecord
from lockstep.domain.orders import OrderStatus, ShopView

STATUS_FIELD = "lockstepStatus"
NUMBER_FIELD = "lockstepWarehouseOrder"
EXCEPTION_FIELD = "lockstepException"
CUSTOM_FIELDS = (STATUS_FIELD, NUMBER_FIELD, EXCEPTION_FIELD)
"""The fields that setup adds to the shop's order type; all of them strings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetSyncInfo:
    """Note the warehouse's number under our channel."""

    channel_key: str
    external_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeStatus:
    """Move the order to another order state."""

    status: OrderStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class SetFields:
    """Set our custom fields; `type_key` is given where the order has no custom type yet."""

    type_key: str | None
    fields: tuple[tuple[str, str], ...]


ShopChange = SetSyncInfo | ChangeStatus | SetFields


def in_words(change: ShopChange) -> str:
    """The change as a timeline shows it."""
    match change:
        case SetSyncInfo():
            return f"warehouse number {change.external_id}"
        case ChangeStatus():
            return f"order state {change.status.value}"
        case SetFields():
            return ", ".join(f"{name} {value!r}" for name, value in change.fields)


def changes_due(
    record: WarehouseRecord, view: ShopView, policy: StorefrontPolicy, *, our_type_id: str | None
) -> tuple[ShopChange, ...]:
    """The changes between what the shop's copy holds and what it should; empty when it holds it all.

    `our_type_id` is the id of our custom type, known only where the order carries a custom type at all. An
    order with somebody else's type keeps it: an order can carry only one (CT-TYP-01).
    """
    changes: list[ShopChange] = []
    proven = record.phase is Phase.PROVEN
    if proven and record.warehouse_number and view.warehouse_number != record.warehouse_number:
        changes.append(SetSyncInfo(channel_key=policy.channel_key, external_id=record.warehouse_number))
    if proven and policy.confirm_orders and view.status is OrderStatus.OPEN:
        changes.append(ChangeStatus(status=OrderStatus.CONFIRMED))
    fields = _fields_due(record, view)
    if fields and policy.custom_type_key is not None:
        if view.custom_type_id is None:
            changes.append(SetFields(type_key=policy.custom_type_key, fields=fields))
        elif view.custom_type_id == our_type_id:
            changes.append(SetFields(type_key=None, fields=fields))
    return tuple(changes)


def _fields_due(record: WarehouseRecord, view: ShopView) -> tuple[tuple[str, str], ...]:
    """An order that merely waits is told nothing: most waits end before anybody looks."""
    if record.phase is not Phase.PROVEN and not record.open_codes and not view.fields:
        return ()
    wanted = {
        STATUS_FIELD: "exception" if record.open_codes else record.phase.value.lower(),
        NUMBER_FIELD: record.warehouse_number if record.phase is Phase.PROVEN and record.warehouse_number else "",
        EXCEPTION_FIELD: record.open_codes[0].value if record.open_codes else "",
    }
    held = dict(view.fields)
    return tuple((name, value) for name, value in wanted.items() if held.get(name, "") != value)
