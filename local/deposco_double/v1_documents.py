"""V1's view of what the account holds: its orders, statuses and shipments in V1's words, and V1's orders in V2's."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from local.deposco_double import statuses
from local.deposco_double.kinds import unit_of
from local.deposco_double.order_lines import remaining
from local.deposco_double.refusal import RefusalError
from local.deposco_double.store import Body
from local.deposco_double.v1_format import listed, text_of

V1_STATUS: Mapping[str, str] = {
    statuses.READY: "Ready",
    statuses.WAVE_BUILT: "Planned",
    statuses.PARTIALLY_RELEASED: "Released",
    statuses.PICK_COMPLETE: "Packing",
    "Partially Staged": "Packed",
    statuses.STAGED: "Packed",
    "Partially Loaded": "Packed",
    statuses.LOADED: "Packed",
    statuses.PARTIALLY_SHIPPED: "Incomplete",
    statuses.SHIP_COMPLETE: "Complete",
}
"""V1's word for a status; one that is not here has the same in both (DEP-STAT-05)."""

_TEXTS = {
    "orderSource": "orderSource",
    "secondaryOrderSource": "secondaryOrderSource",
    "seller": "seller",
    "shipMethod": "shipMethod",
    "shipVendor": "shipVendor",
    "shipVia": "shipVia",
    "customerOrderNumber": "customerOrderNumber",
    "otherReferenceNumber": "otherReferenceNumber",
    "otherReferenceNumber2": "otherReferenceNumber2",
    "orderSummary": "orderSummary",
    "relatedOrderNumber": "relatedOrderNumber",
    **{f"customAttribute{n}": f"customAttribute{n}" for n in range(1, 8)},
}
_NUMBERS = {
    "orderSubTotal": "orderSubtotal",
    "orderTaxTotal": "orderTaxTotal",
    "orderShipTotal": "orderShipTotal",
    "orderShippingTotal": "orderShippingTotal",
    "orderTotal": "orderTotal",
}
_INSTANTS = ("placedDate", "plannedReleaseDate", "plannedShipDate", "plannedArrivalDate", "earliestShipDate")
_ADDRESS = {
    "addressLine1": "line1",
    "addressLine2": "line2",
    "addressLine3": "line3",
    "addressLine4": "line4",
    "city": "city",
    "stateProvinceCode": "stateProvince",
    "postalCode": "postalCode",
    "countryCode": "country",
}


def sales_order_of(order: Any) -> Body:
    """A V1 order as a V2 body; raises `RefusalError` 400 for what cannot be read."""
    order = _object(order, "order")
    unit, number = text_of(order.get("businessUnit")), text_of(order.get("number"))
    if not number or not unit:
        raise RefusalError(400, "number and businessUnit are required")
    address = _object(order.get("shipToAddress"), "shipToAddress")
    body: Body = {
        "businessUnit": {"businessKey": {"code": unit}},
        "number": number,
        "shipToContact": _contact(address),
        "shipToAddress": _renamed(address, _ADDRESS),
        **header_of(order),
        "orderLines": {"data": [_line_of(row) for row in _rows(order)]},
    }
    if status := text_of(order.get("status")):
        body["orderStatus"] = {"Open": statuses.NEW}.get(status, status)
    if facility := text_of(order.get("facility")):
        body["shipFromFacility"] = {"businessKey": {"number": facility}}
    return body


def header_of(order: Body) -> Body:
    """The simple header fields of a V1 order, or of a form, in V2's words; raises `RefusalError` 400."""
    header: Body = _renamed(order, _TEXTS)
    for name, target in _NUMBERS.items():
        value = number_of(order, name)
        if value is not None:
            header[target] = value
    for name in _INSTANTS:
        if text := text_of(order.get(name)):
            header[name] = _aware(text)
    return header


def _rows(order: Body) -> list[Body]:
    wrapper = order.get("orderLines") or {}
    return listed(wrapper.get("orderLine")) if isinstance(wrapper, dict) else listed(wrapper)


def _line_of(row: Any) -> Body:
    row = _object(row, "orderLine")
    pack = _object(row.get("pack"), "pack")
    line: Body = {
        "lineNumber": text_of(row.get("lineNumber")),
        "item": {"businessKey": {"number": text_of(row.get("itemNumber"))}},
        "pack": {"businessKey": {"quantity": int(number_of(pack, "quantity") or 1), "type": pack.get("type", "Each")}},
        "orderPackQuantity": number_of(row, "orderPackQuantity"),
    }
    if customer_line := text_of(row.get("customerLineNumber")):
        line["customerLineNumber"] = customer_line
    for name in ("unitPrice", "lineTotal", "discountAmount", "taxCost"):
        value = number_of(row, name)
        if value is not None:
            line[name] = value
    return line


def order_document(order: Body) -> Body:
    """An order in V1's words, in the order of its schema."""
    address = order["shipToAddress"]
    contact = order["shipToContact"]
    name = " ".join(filter(None, (contact.get("firstName"), contact.get("lastName"))))
    document: Body = {
        "businessUnit": unit_of(order),
        "facility": (order.get("shipFromFacility") or {"businessKey": {"number": None}})["businessKey"]["number"],
        "id": order["self"]["id"],
        "number": order["number"],
        "type": "Sales Order",
        "status": v1_status(order["orderStatus"]),
        "otherReferenceNumber": order.get("otherReferenceNumber"),
        "shipToAddress": {
            "name": name,
            "email": contact.get("email"),
            "phone": contact.get("phone"),
            **{v1: address.get(v2) for v1, v2 in _ADDRESS.items()},
        },
        "shipMethod": order.get("shipMethod"),
        "shipVendor": order.get("shipVendor"),
        "shipVia": order.get("shipVia"),
        "orderSource": order.get("orderSource"),
        "customerOrderNumber": order.get("customerOrderNumber"),
        "orderSubTotal": order.get("orderSubtotal"),
        "orderShipTotal": order.get("orderShipTotal"),
        "orderTaxTotal": order.get("orderTaxTotal"),
        "orderTotal": order.get("orderTotal"),
        "createdDateTime": order["createdDate"],
        "updatedDateTime": order["updatedDate"],
        "orderLines": {"orderLine": [_line_document(line) for line in order["orderLines"]["data"]]},
        "placedDate": order.get("placedDate"),
        "plannedReleaseDate": order.get("plannedReleaseDate"),
        "plannedShipDate": order.get("plannedShipDate"),
        "actualShipDate": order.get("actualShipDate"),
    }
    always = ("shipVia", "otherReferenceNumber")
    return {name: value for name, value in document.items() if value is not None or name in always}


def _line_document(line: Body) -> Body:
    key = line["pack"]["businessKey"]
    return {
        "lineNumber": line["lineNumber"],
        "customerLineNumber": line.get("customerLineNumber"),
        "lineStatus": line["orderLineStatus"],
        "orderPackQuantity": line["orderPackQuantity"],
        "canceledPackQuantity": line["canceledPackQuantity"],
        "shippedPackQuantity": line["shippedPackQuantity"],
        "shortagePackQuantity": line["shortagePackQuantity"],
        "allocatedQuantity": line["allocatedQuantity"],
        "pickedPackQuantity": line["pickedPackQuantity"],
        "itemNumber": line["item"]["businessKey"]["number"],
        "pack": {"type": "Each" if key["quantity"] == 1 else "Case", "quantity": key["quantity"]},
        "unitPrice": line.get("unitPrice"),
    }


def status_document(order: Body, shipments: list[Body]) -> Body:
    """An order's status with its lines and shipments."""
    return {
        "orderNumber": order["number"],
        "orderStatus": v1_status(order["orderStatus"]),
        "orderType": "Sales Order",
        "orderSource": order.get("orderSource"),
        "lines": {
            "line": [
                {
                    "lineNumber": line["lineNumber"],
                    "customerLineNumber": line.get("customerLineNumber"),
                    "lineStatus": line["orderLineStatus"],
                    "itemNumber": line["item"]["businessKey"]["number"],
                    "orderPackQuantity": line["orderPackQuantity"],
                    "shippedPackQuantity": line["shippedPackQuantity"],
                    "shortagePackQuantity": line["shortagePackQuantity"],
                    "outOfStockQuantity": remaining(line) if line["isBackOrdered"] == "Back Ordered" else 0.0,
                    "pickedPackQuantity": line["pickedPackQuantity"],
                }
                for line in order["orderLines"]["data"]
            ]
        },
        "shipments": {
            "shipment": [
                {
                    "shipmentNumber": shipment["number"],
                    "shipmentStatus": shipment["status"],
                    "shipmentType": shipment["type"],
                    "carrier": shipment.get("shipVendor"),
                    "method": shipment.get("shipVia"),
                    "trackingNumber": shipment.get("trackingNumber"),
                    "actualShipDate": shipment["shipmentDates"]["actualShipDate"],
                    "shippingCost": shipment["shippingCosts"]["shippingCost"],
                }
                for shipment in shipments
            ]
        },
    }


def shipment_document(shipment: Body, orders: list[Body]) -> Body:
    """A shipment in V1's words: one line per shipped item, with the tracking number of the whole."""
    by_line_id = {line["self"]["id"]: (order, line) for order in orders for line in order["orderLines"]["data"]}
    lines: dict[str, list[Body]] = {}
    for row in shipment["shipmentLines"]["data"]:
        order, line = by_line_id[row["orderLine"]["id"]]
        lines.setdefault(order["number"], []).append(
            {
                "lineNumber": line["lineNumber"],
                "lineStatus": line["orderLineStatus"],
                "customerLineNumber": line.get("customerLineNumber"),
                "shipmentLineNumber": row["number"],
                "itemNumber": row["item"]["businessKey"]["number"],
                "orderPackQuantity": row["orderPackQuantity"],
                "shippedPackQuantity": row["shippedPackQuantity"],
                "trackingNumber": shipment.get("trackingNumber"),
            }
        )
    return {
        "id": shipment["self"]["id"],
        "businessUnit": unit_of(shipment),
        "type": shipment["type"],
        "facility": shipment["shipFromFacility"]["businessKey"]["number"],
        "shipmentNumber": shipment["number"],
        "shipmentStatus": shipment["status"],
        "shipVia": shipment.get("shipVia"),
        "shipVendor": shipment.get("shipVendor"),
        "actualShipDate": shipment["shipmentDates"]["actualShipDate"],
        "orders": {
            "order": [
                {
                    "orderNumber": order["number"],
                    "customerOrderNumber": order.get("customerOrderNumber"),
                    "orderType": "Sales Order",
                    "orderStatus": v1_status(order["orderStatus"]),
                    "lines": {"line": lines.get(order["number"], [])},
                }
                for order in orders
            ]
        },
        "trackingNumber": shipment.get("trackingNumber"),
        "trackingUrl": shipment.get("trackingUrl"),
        "shippingCost": shipment["shippingCosts"]["shippingCost"],
        "totalPackages": shipment["totalPackages"],
    }


def v1_status(status: str) -> str:
    """V1's word for a V2 status (DEP-STAT-05)."""
    return V1_STATUS.get(status, status)


def _object(value: Any, name: str) -> Body:
    """An element with members, empty when it is null; raises `RefusalError` 400 for a text or a number."""
    if value in (None, "", {"@nil": "true"}):
        return {}
    if not isinstance(value, dict):
        raise RefusalError(400, f"{name} cannot be read")
    return value


def _contact(address: Body) -> Body:
    first, _, last = (text_of(address.get("name")) or "").partition(" ")
    contact = {"firstName": first, "lastName": last, "phone": address.get("phone"), "email": address.get("email")}
    return {name: text for name, value in contact.items() if (text := text_of(value))}


def _renamed(source: Body, names: Mapping[str, str]) -> Body:
    return {v2: text for v1, v2 in names.items() if (text := text_of(source.get(v1)))}


def number_of(source: Mapping[str, Any], name: str) -> float | None:
    """A number in V1's spelling, as text or not; raises `RefusalError` 400."""
    text = text_of(source.get(name))
    try:
        return None if text is None else float(text)
    except ValueError as error:
        raise RefusalError(400, f"{name}: {text} is not a number") from error


def _aware(text: str) -> str:
    """V1's instants may lack an offset; read as UTC."""
    try:
        instant = datetime.fromisoformat(text)
    except ValueError as error:
        raise RefusalError(400, f"{text} is not a date-time") from error
    return text if instant.tzinfo else f"{text}+00:00"
