"""The kinds of entity V2 serves: where they live, how they are known and by what their lists can be filtered."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from local.deposco_double.store import Body

Facets = Callable[[Body], Iterator[tuple[str, str]]]


def _no_facets(_: Body) -> Iterator[tuple[str, str]]:
    return iter(())


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of entity.

    parameters: query parameter -> what it selects: `unit`, `number`, `status`, or the name of a facet (DEP-V2LIST-09).
    """

    name: str
    path: str
    business_key: Callable[[Body], Mapping[str, Any]]
    status_field: str = "status"
    page_size: int = 50
    parameters: Mapping[str, str] = field(default_factory=dict)
    facets: Facets = _no_facets


def unit_of(body: Body) -> str:
    """The business unit's code in a stored body."""
    return str(body["businessUnit"]["businessKey"]["code"])


def _numbered(body: Body) -> Mapping[str, Any]:
    return {"number": body["number"], "businessUnit.code": unit_of(body)}


def _shipment_facets(body: Body) -> Iterator[tuple[str, str]]:
    for order in body["_orders"]:
        yield "orderNumber", order["number"]
        if order.get("customerOrderNumber"):
            yield "customerOrderNumber", order["customerOrderNumber"]


def _adjustment_facets(body: Body) -> Iterator[tuple[str, str]]:
    yield "actionType", body["actionType"]
    yield "facilityNumber", body["facility"]["businessKey"]["number"]
    yield "itemNumber", body["item"]["businessKey"]["number"]


def _texts(*names: str) -> Facets:
    def facets(body: Body) -> Iterator[tuple[str, str]]:
        for name in names:
            if body.get(name) is not None:
                yield name, str(body[name])

    return facets


def _customer_order_facets(body: Body) -> Iterator[tuple[str, str]]:
    code = (body["tradingPartner"].get("businessKey") or {}).get("code")
    if code:
        yield "tradingPartnerCode", code


COMPANY = Kind(
    name="Company",
    path="/companies",
    business_key=lambda body: {"code": body["code"]},
    parameters={"code": "number"},
)
FACILITY = Kind(
    name="Facility",
    path="/facilities",
    business_key=lambda body: {"number": body["number"]},
    parameters={"businessUnit": "unit", "number": "number", "name": "name"},
    facets=_texts("name"),
)
ITEM = Kind(
    name="Item",
    path="/items",
    business_key=_numbered,
    parameters={"businessUnit": "unit", "number": "number", "name": "name"},
    facets=_texts("name"),
)
SALES_ORDER = Kind(
    name="SalesOrder",
    path="/orders/salesOrders",
    business_key=_numbered,
    status_field="orderStatus",
    page_size=25,
    parameters={"businessUnit": "unit", "number": "number", "orderStatus": "status"},
    facets=_texts("otherReferenceNumber", "customerOrderNumber"),
)
CUSTOMER_ORDER = Kind(
    name="CustomerOrder",
    path="/orders/customerOrders",
    business_key=_numbered,
    page_size=25,
    parameters={
        "businessUnit": "unit",
        "externalOrderNumber": "number",
        "tradingPartnerCode": "tradingPartnerCode",
    },
    facets=_customer_order_facets,
)
SHIPMENT = Kind(
    name="OutboundShipment",
    path="/shipments/outboundShipments",
    business_key=_numbered,
    parameters={
        "businessUnit": "unit",
        "shipmentNumber": "number",
        "shipmentStatus": "status",
        "orderNumber": "orderNumber",
        "customerOrderNumber": "customerOrderNumber",
    },
    facets=_shipment_facets,
)
ADJUSTMENT = Kind(
    name="InventoryAdjustment",
    path="/inventory/inventoryAdjustments",
    business_key=lambda body: {"id": body["self"]["id"]},
    parameters={
        "businessUnit": "unit",
        "actionType": "actionType",
        "facilityNumber": "facilityNumber",
        "itemNumber": "itemNumber",
    },
    facets=_adjustment_facets,
)
RECEIPT = Kind(
    name="Receipt",
    path="/receipts",
    business_key=lambda body: {"number": body["number"]},
    parameters={
        "businessUnit": "unit",
        "status": "status",
        "lotNumber": "lotNumber",
        "serialNumber": "serialNumber",
        "orderId": "orderId",
        "orderLineId": "orderLineId",
    },
    facets=_texts("lotNumber", "serialNumber"),
)
KIT = Kind(
    name="KitHeader",
    path="/kitHeaders",
    business_key=lambda body: {"name": body["name"], "businessUnit.code": unit_of(body)},
    parameters={"businessUnit": "unit", "name": "number"},
)

KINDS: Mapping[str, Kind] = {
    kind.name: kind
    for kind in (
        COMPANY,
        FACILITY,
        ITEM,
        SALES_ORDER,
        CUSTOMER_ORDER,
        SHIPMENT,
        ADJUSTMENT,
        RECEIPT,
        KIT,
    )
}
