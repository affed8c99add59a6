"""From the domain's warehouse order to Deposco's body, and from its answers back.

Deposco's lengths are checked here (DEP-V2ERR-02): what a picker or a carrier needs whole is refused when it does
not fit; the line description, which nobody acts on, is cut.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import isfinite
from typing import Any

from lockstep.adapters.deposco.v2.wire import WireOrderLine, WireRef, WireSalesOrder
from lockstep.domain.errors import PermanentError
from lockstep.domain.exception_codes import ExceptionCode
from lockstep.domain.money import Money
from lockstep.domain.orders import Address
from lockstep.domain.warehouse_orders import CopyLine, WarehouseCopy, WarehouseLine, WarehouseOrder

CONTACT_LENGTHS = {"firstName": 30, "lastName": 30, "phone": 30, "email": 50}
ADDRESS_LENGTHS = {
    "line1": 64,
    "line2": 64,
    "line3": 64,
    "line4": 64,
    "city": 30,
    "stateProvince": 100,
    "postalCode": 20,
    "country": 100,
}
HEADER_LENGTHS = {"number": 50, "customerOrderNumber": 50, "orderSource": 100, "shipVia": 50}
DESCRIPTION_LENGTH = 250
ADDRESS_LINES = 4
EACH = "Each"


def body_of(order: WarehouseOrder, lines: Iterable[WarehouseLine]) -> dict[str, Any]:
    """The header with these of its lines, as `POST /orders/salesOrders` takes them (DEP-V2SO-01, DEP-V2SO-03).

    Raises `PermanentError(FIELD_TOO_LONG)` naming every field that does not fit.
    """
    header: dict[str, Any] = {
        "number": order.number,
        "orderSource": order.order_source,
        "customerOrderNumber": order.customer_order_number,
    }
    if order.ship_via is not None:
        header["shipVia"] = order.ship_via
    ship_to_contact, ship_to_address = _contact(order.ship_to), _address(order.ship_to)
    too_long = [
        *_too_long(header, HEADER_LENGTHS, ""),
        *_too_long(ship_to_contact, CONTACT_LENGTHS, "shipToContact."),
        *_too_long(ship_to_address, ADDRESS_LENGTHS, "shipToAddress."),
    ]
    body = header | {
        "businessUnit": {"businessKey": {"code": order.business_unit}},
        "placedDate": order.placed_at.isoformat(timespec="seconds"),
        "shipToContact": ship_to_contact,
        "shipToAddress": ship_to_address,
        "orderTotal": _number(order.total),
        "orderLines": {"data": [_line(line, order.business_unit) for line in lines]},
    }
    if order.bill_to is not None:
        contact, address = _contact(order.bill_to), _address(order.bill_to)
        too_long += _too_long(contact, CONTACT_LENGTHS, "billToContact.")
        too_long += _too_long(address, ADDRESS_LENGTHS, "billToAddress.")
        body |= {"billToContact": contact, "billToAddress": address}
    if order.shipping is not None:
        body["orderShippingTotal"] = _number(order.shipping)
    if order.tax is not None:
        body["orderTaxTotal"] = _number(order.tax)
    if too_long:
        raise PermanentError(
            ExceptionCode.FIELD_TOO_LONG,
            f"{too_long[0]} in Deposco",
            facts={"fields": "; ".join(too_long)},
        )
    return body


def copy_from(wire: WireSalesOrder, lines: Iterable[WireOrderLine]) -> WarehouseCopy:
    """The warehouse's copy with all its lines."""
    return WarehouseCopy(
        warehouse_id=str(wire.self.id or ""),
        number=wire.number,
        business_unit=str(wire.business_unit.business_key.get("code", "")),
        status=wire.order_status,
        lines=tuple(_copy_line(line) for line in lines),
    )


def _copy_line(line: WireOrderLine) -> CopyLine:
    """Quantities are in packs; the domain counts eaches (DEP-V2ITEM-03, DEP-V2ITEM-06).

    A fraction stays one, so that it is never taken for the quantity that was sent.
    """
    eaches = _eaches_per_pack(line.pack)
    return CopyLine(
        line_number=line.line_number,
        shop_line_id=line.customer_line_number,
        item_number=_item_number(line.item),
        quantity=None if eaches is None else line.order_pack_quantity * eaches,
        cancelled_quantity=(line.canceled_pack_quantity or 0) * (eaches or 0),
    )


def _eaches_per_pack(pack: WireRef | None) -> float | None:
    """How many eaches the pack holds; None where the answer does not tell."""
    told = pack.business_key.get("quantity") if pack is not None else None
    try:
        size = float(str(told))
    except ValueError:
        return None
    return size if isfinite(size) and size > 0 else None


def _item_number(item: WireRef | None) -> str | None:
    number = item.business_key.get("number") if item is not None else None
    return str(number) if number else None


def _line(line: WarehouseLine, business_unit: str) -> dict[str, Any]:
    return {
        "lineNumber": line.line_number,
        "customerLineNumber": line.shop_line_id,
        "item": {"businessKey": {"number": line.item_number, "businessUnit.code": business_unit}},
        "pack": {
            "businessKey": {
                "item.number": line.item_number,
                "quantity": 1,
                "item.businessUnit.code": business_unit,
            }
        },
        "orderPackQuantity": line.quantity,
        "description": line.description[:DESCRIPTION_LENGTH],
        "unitPrice": _number(line.unit_price),
        "lineTotal": _number(line.total),
    }


def _contact(address: Address) -> dict[str, str]:
    last_name = address.last_name or ("" if address.first_name else address.company)
    held = {
        "firstName": address.first_name,
        "lastName": last_name,
        "phone": address.phone,
        "email": address.email,
    }
    return {name: value for name, value in held.items() if value}


def _address(address: Address) -> dict[str, str]:
    lines = (address.street, *address.additional)
    if len(lines) > ADDRESS_LINES:
        lines = (*lines[: ADDRESS_LINES - 1], ", ".join(lines[ADDRESS_LINES - 1 :]))
    held = {f"line{number}": text for number, text in enumerate(lines, start=1)}
    held |= {
        "city": address.city,
        "stateProvince": address.region,
        "postalCode": address.postal_code,
        "country": address.country,
    }
    return {name: value for name, value in held.items() if value}


def _too_long(values: dict[str, Any], lengths: dict[str, int], prefix: str) -> list[str]:
    return [
        f"{prefix}{name} has {len(values[name])} characters, {most} are allowed"
        for name, most in lengths.items()
        if len(values.get(name, "")) > most
    ]


def _number(money: Money) -> float:
    return float(money.decimal())
