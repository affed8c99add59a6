"""The order as the warehouse must hold it, and the proof that it does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from lockstep.domain.errors import PermanentError
from lockstep.domain.exception_codes import ExceptionCode
from lockstep.domain.merchant_settings import StorePolicy
from lockstep.domain.money import Money
from lockstep.domain.order_state import SentLine
from lockstep.domain.orders import Address, ShopOrder

REQUIRED_ADDRESS_PARTS = ("street", "city", "postal_code", "country")
CANCELLED = "Canceled"
"""The warehouse's own spelling (DEP-STAT-01)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WarehouseLine:
    """One line to be picked: `quantity` eaches of `item_number`.

    `line_number` is a sequence that stays with the shop's line for good; `shop_line_id` travels as the
    customer's line number and is how lines are matched back, never the SKU (DEP-V2SO-26).
    """

    line_number: str
    shop_line_id: str
    sku: str
    item_number: str
    quantity: int
    unit_price: Money
    total: Money
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class WarehouseOrder:
    """All that the warehouse is told of one order. Personal: never stored, never logged."""

    number: str
    business_unit: str
    order_source: str
    customer_order_number: str
    placed_at: datetime
    ship_to: Address
    bill_to: Address | None
    ship_via: str | None
    lines: tuple[WarehouseLine, ...]
    total: Money
    shipping: Money | None
    tax: Money | None

    def as_sent(self) -> tuple[SentLine, ...]:
        """The lines in the form in which they are remembered."""
        return tuple(
            SentLine(
                shop_line_id=line.shop_line_id,
                line_number=line.line_number,
                sku=line.sku,
                item_number=line.item_number,
                quantity=line.quantity,
            )
            for line in self.lines
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyLine:
    """A line as the warehouse holds it, in eaches.

    `item_number` is None where it lost the item (DEP-V2CO-04), `quantity` where it cannot be told in eaches.
    """

    line_number: str
    shop_line_id: str | None
    item_number: str | None
    quantity: float | None
    cancelled_quantity: float = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class WarehouseCopy:
    """The warehouse's own copy of an order, whole: every line was read."""

    warehouse_id: str
    number: str
    business_unit: str
    status: str
    lines: tuple[CopyLine, ...]

    @property
    def is_live(self) -> bool:
        """A cancelled copy does not count as present."""
        return self.status != CANCELLED


@dataclass(frozen=True, slots=True, kw_only=True)
class MappedItem:
    """The Deposco item that one SKU is."""

    sku: str
    item_number: str


def warehouse_number(order: ShopOrder, policy: StorePolicy) -> str:
    """The number under which the warehouse files the order: the store's prefix and the shop's number.

    Raises `PermanentError(ORDER_NUMBER_NOT_EXPRESSIBLE)` where the warehouse could not hold it: length and
    alphabet are settings, since live clients restrict them further than the vendor does (DEP-V2ERR-02, DEP-V2CO-08).
    """
    number = f"{policy.number_prefix}{order.reference}"
    if len(number) > policy.number_max_length:
        raise PermanentError(
            ExceptionCode.ORDER_NUMBER_NOT_EXPRESSIBLE,
            f"its number would be {len(number)} characters long in Deposco, {policy.number_max_length} are allowed",
            facts={"number": number[:80], "length": str(len(number))},
        )
    refused = sorted({character for character in number if character not in policy.number_alphabet})
    if refused:
        raise PermanentError(
            ExceptionCode.ORDER_NUMBER_NOT_EXPRESSIBLE,
            f"its number holds characters that Deposco's order number must not: {' '.join(refused)!r}",
            facts={"number": number[:80], "characters": "".join(refused)},
        )
    return number


def unmapped_skus(order: ShopOrder, items: Mapping[str, MappedItem]) -> tuple[str, ...]:
    """The order's SKUs that lead to no item, in line order, each once.

    Raises `PermanentError(SKU_MISSING)` for a line without a SKU: no mapping can ever help it.
    """
    missing: dict[str, None] = {}
    for position, line in enumerate(order.lines, start=1):
        if line.sku is None:
            raise PermanentError(
                ExceptionCode.SKU_MISSING,
                f"line {position} was sold from a variant without SKU",
                facts={"line_id": line.line_id},
            )
        if line.sku not in items:
            missing[line.sku] = None
    return tuple(missing)


def compose(
    order: ShopOrder,
    *,
    number: str,
    items: Mapping[str, MappedItem],
    policy: StorePolicy,
    line_numbers: Mapping[str, str],
) -> WarehouseOrder:
    """What the warehouse must hold for this order.

    `line_numbers` are those already given to lines of this order; new lines continue the sequence.
    Raises `PermanentError` where the order cannot be expressed (address, ship-via, several addresses).
    """
    _refuse_unsupported(order, policy)
    ship_to = order.shipping_address or Address()
    absent = [part for part in REQUIRED_ADDRESS_PARTS if not getattr(ship_to, part)]
    if not (ship_to.last_name or ship_to.first_name or ship_to.company):
        absent.append("name")
    if absent:
        raise PermanentError(
            ExceptionCode.ADDRESS_INCOMPLETE,
            f"the shipping address lacks {', '.join(absent)}",
            facts={"absent": ", ".join(absent)},
        )
    numbers = _continue_sequence(order, line_numbers)
    return WarehouseOrder(
        number=number,
        business_unit=policy.business_unit,
        order_source=policy.order_source,
        customer_order_number=order.reference,
        placed_at=order.placed_at,
        ship_to=ship_to,
        bill_to=order.billing_address,
        ship_via=_ship_via(order, policy),
        lines=tuple(
            WarehouseLine(
                line_number=numbers[line.line_id],
                shop_line_id=line.line_id,
                sku=line.sku or "",
                item_number=items[line.sku or ""].item_number,
                quantity=line.quantity,
                unit_price=line.unit_price,
                total=line.total,
                description=line.description,
            )
            for line in order.lines
        ),
        total=order.total,
        shipping=order.shipping,
        tax=order.tax,
    )


def differences(wanted: WarehouseOrder, copy: WarehouseCopy) -> tuple[str, ...]:
    """What is wrong with the warehouse's copy, line by line; empty means proven.

    Every line must be there once with its item and quantity, and none beyond them: a line nobody ordered
    would be picked too.
    """
    found: list[str] = []
    if not copy.is_live:
        found.append(f"the copy is {copy.status}")
    if copy.number != wanted.number or copy.business_unit != wanted.business_unit:
        found.append(f"the copy is {copy.business_unit}/{copy.number}, not {wanted.business_unit}/{wanted.number}")
    held: dict[str, CopyLine] = {}
    for line in copy.lines:
        if line.line_number in held:
            found.append(f"line {line.line_number} stands there twice")
        held[line.line_number] = line
    for wanted_line in wanted.lines:
        held_line = held.pop(wanted_line.line_number, None)
        found.extend(_line_differences(wanted_line, held_line))
    found.extend(f"line {number} is there but was never sent" for number in held)
    return tuple(found)


def _line_differences(wanted: WarehouseLine, held: CopyLine | None) -> list[str]:
    if held is None:
        return [f"line {wanted.line_number} is missing"]
    found = []
    if held.item_number != wanted.item_number:
        found.append(f"line {wanted.line_number} has item {held.item_number or 'none'}, sent {wanted.item_number}")
    live = None if held.quantity is None else held.quantity - held.cancelled_quantity
    if live != wanted.quantity:
        shown = "unknown" if live is None else f"{live:g}"
        found.append(f"line {wanted.line_number} has quantity {shown}, sent {wanted.quantity}")
    if held.shop_line_id is not None and held.shop_line_id != wanted.shop_line_id:
        found.append(f"line {wanted.line_number} belongs to another shop line")
    return found


def _refuse_unsupported(order: ShopOrder, policy: StorePolicy) -> None:
    if order.has_several_addresses:
        raise PermanentError(
            ExceptionCode.ORDER_UNSUPPORTED,
            "it ships to several addresses, which is not carried over",
            facts={"feature": "several ship-to addresses"},
        )
    if order.custom_line_total is not None and not policy.leaves_out_custom_lines:
        raise PermanentError(
            ExceptionCode.ORDER_UNSUPPORTED,
            "it has custom line items, and the settings do not say that the warehouse has no part in them",
            facts={"feature": "custom line items", "amount": str(order.custom_line_total)},
        )
    if not order.lines:
        raise PermanentError(
            ExceptionCode.ORDER_UNSUPPORTED,
            "it has no line that a warehouse could pick",
            facts={"feature": "no lines"},
        )


def _continue_sequence(order: ShopOrder, given: Mapping[str, str]) -> dict[str, str]:
    numbers = dict(given)
    last = max((int(number) for number in numbers.values()), default=0)
    for line in order.lines:
        if line.line_id not in numbers:
            last += 1
            numbers[line.line_id] = str(last)
    return numbers


def _ship_via(order: ShopOrder, policy: StorePolicy) -> str | None:
    method = order.shipping_method
    if method is not None and method in policy.ship_via_map:
        return policy.ship_via_map[method]
    if policy.fallback_ship_via is not None:
        return policy.fallback_ship_via
    raise PermanentError(
        ExceptionCode.SHIPPING_METHOD_UNMAPPED,
        f"its shipping method {method or '(none)'!r} has no ship-via in the settings",
        facts={"shipping_method": method or ""},
    )
