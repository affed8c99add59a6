"""From the shop's JSON to the domain's order, and from the domain's changes to update actions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, assert_never

from pydantic import ValidationError

from lockstep.adapters.commercetools.wire import (
    WireAddress,
    WireLineItem,
    WireMoney,
    WireOrder,
    WirePayment,
    WireReference,
    WireShippingInfo,
)
from lockstep.domain.errors import PermanentError
from lockstep.domain.exception_codes import ExceptionCode
from lockstep.domain.money import Money
from lockstep.domain.orders import (
    Address,
    OrderStatus,
    Payment,
    ShopLine,
    ShopOrder,
    ShopView,
    Transaction,
    TransactionKind,
)
from lockstep.domain.storefront_facts import CUSTOM_FIELDS, ChangeStatus, SetFields, SetSyncInfo, ShopChange

ChannelId = Callable[[], str | None]
"""The id of our sync channel; asked only for orders that carry any sync info."""


def order_from(document: Mapping[str, Any], our_channel_id: ChannelId) -> ShopOrder:
    """The order in a document of the shop.

    Raises `PermanentError(ORDER_UNREADABLE)` naming the fields at fault, never their content.
    """
    try:
        wire = WireOrder.model_validate(document)
        return _order(wire, our_channel_id)
    except ValidationError as error:
        fields = sorted({".".join(map(str, fault["loc"])) for fault in error.errors()})
        raise _unreadable(fields) from None
    except ValueError as error:
        raise _unreadable([str(error)]) from None


def view_from(document: Mapping[str, Any], our_channel_id: ChannelId) -> ShopView:
    """What the shop's copy holds of the things we write there. Raises as `order_from` does."""
    return order_from(document, our_channel_id).view


def actions_from(changes: Iterable[ShopChange], at: datetime) -> list[dict[str, Any]]:
    """The update actions of one write; `at` is when the shop is told."""
    return [action for change in changes for action in _actions(change, at)]


def _actions(change: ShopChange, at: datetime) -> list[dict[str, Any]]:
    match change:
        case SetSyncInfo():
            return [
                {
                    "action": "updateSyncInfo",
                    "channel": {"typeId": "channel", "key": change.channel_key},
                    "externalId": change.external_id,
                    "syncedAt": at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
                }
            ]
        case ChangeStatus():
            return [{"action": "changeOrderState", "orderState": change.status.value}]
        case SetFields(type_key=None):
            return [
                {"action": "setCustomField", "name": name} | ({"value": value} if value else {})
                for name, value in change.fields
            ]
        case SetFields():
            fields = {name: value for name, value in change.fields if value}
            return [
                {
                    "action": "setCustomType",
                    "type": {"typeId": "type", "key": change.type_key},
                    "fields": fields,
                }
            ]
        case _:
            assert_never(change)


def _unreadable(faults: list[str]) -> PermanentError:
    named = ", ".join(faults[:10])
    return PermanentError(ExceptionCode.ORDER_UNREADABLE, f"cannot read {named}", facts={"fields": named})


def _order(wire: WireOrder, our_channel_id: ChannelId) -> ShopOrder:
    references = wire.payment_info.payments if wire.payment_info else []
    owed = wire.taxed_price.total_gross if wire.taxed_price else wire.total_price
    return ShopOrder(
        order_id=wire.id,
        version=wire.version,
        order_number=wire.order_number,
        store_key=wire.store.key if wire.store else None,
        placed_at=_utc(wire.completed_at or wire.created_at),
        status=OrderStatus(wire.order_state),
        customer_email=wire.customer_email,
        shipping_address=_address(wire.shipping_address, wire.customer_email),
        billing_address=_address(wire.billing_address, wire.customer_email),
        lines=tuple(_line(line) for line in wire.line_items),
        custom_line_total=_sum([line.total_price for line in wire.custom_line_items]),
        total=_money(owed),
        shipping=_shipping(wire.shipping_info) if wire.shipping_info else None,
        tax=_money(wire.taxed_price.total_tax) if wire.taxed_price and wire.taxed_price.total_tax else None,
        shipping_method=wire.shipping_info.shipping_method_name if wire.shipping_info else None,
        has_several_addresses=wire.shipping_mode == "Multiple",
        payment_state=wire.payment_state,
        payment_ids=tuple(reference.id for reference in references),
        payments=_payments(references),
        view=_view(wire, our_channel_id),
    )


def _view(wire: WireOrder, our_channel_id: ChannelId) -> ShopView:
    """Of several entries of our channel the last counts: where an update appends, it is the newest (CT-ORD-07)."""
    number = None
    if wire.sync_info:
        channel_id = our_channel_id()
        ours = [entry.external_id for entry in wire.sync_info if entry.channel.id == channel_id]
        number = ours[-1] if ours else None
    held = wire.custom.fields if wire.custom else {}
    return ShopView(
        version=wire.version,
        status=OrderStatus(wire.order_state),
        warehouse_number=number,
        custom_type_id=wire.custom.type.id if wire.custom else None,
        fields=tuple((name, str(held[name])) for name in CUSTOM_FIELDS if held.get(name)),
    )


def _payments(references: list[WireReference]) -> tuple[Payment, ...] | None:
    """The payments' content, or None as soon as one reference came without its object."""
    payments = []
    for reference in references:
        if reference.obj is None:
            return None
        wire = WirePayment.model_validate(reference.obj)
        payments.append(
            Payment(
                payment_id=wire.id,
                transactions=tuple(
                    Transaction(
                        kind=TransactionKind(transaction.type),
                        succeeded=transaction.state == "Success",
                        amount=_money(transaction.amount),
                    )
                    for transaction in wire.transactions
                ),
            )
        )
    return tuple(payments)


def _line(wire: WireLineItem) -> ShopLine:
    return ShopLine(
        line_id=wire.id,
        sku=wire.variant.sku or None,
        quantity=wire.quantity,
        unit_price=_money(wire.price.value),
        total=_money(wire.total_price),
        description=next(filter(None, wire.name.values()), ""),
        supply_channel_id=wire.supply_channel.id if wire.supply_channel else None,
    )


def _shipping(wire: WireShippingInfo) -> Money:
    """What the customer pays for shipping."""
    return _money(wire.discounted_price.value if wire.discounted_price else wire.price)


def _address(wire: WireAddress | None, order_email: str) -> Address | None:
    if wire is None:
        return None
    additional = (
        wire.additional_street_info,
        wire.additional_address_info,
        " ".join(filter(None, (wire.building, wire.apartment))),
        " ".join(filter(None, (wire.company, wire.department))),
    )
    return Address(
        first_name=wire.first_name,
        last_name=wire.last_name,
        company=wire.company,
        street=" ".join(filter(None, (wire.street_name, wire.street_number))) or wire.p_o_box,
        additional=tuple(filter(None, additional)),
        city=wire.city,
        region=wire.state or wire.region,
        postal_code=wire.postal_code,
        country=wire.country,
        phone=wire.phone or wire.mobile,
        email=wire.email or order_email,
    )


def _money(wire: WireMoney) -> Money:
    return Money(wire.cent_amount, wire.currency_code, wire.fraction_digits)


def _sum(amounts: list[WireMoney]) -> Money | None:
    if not amounts:
        return None
    first = amounts[0]
    return Money(sum(amount.cent_amount for amount in amounts), first.currency_code, first.fraction_digits)


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
