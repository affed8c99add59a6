"""V1's orders: batches with an outcome each, reads in XML, searches on what the account configured."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs

from local.deposco_double import statuses
from local.deposco_double.account import Account
from local.deposco_double.kinds import CUSTOMER_ORDER, SALES_ORDER, SHIPMENT
from local.deposco_double.refusal import RefusalError
from local.deposco_double.sales_orders import SalesOrders
from local.deposco_double.store import Body, Record, Selection
from local.deposco_double.v1_documents import (
    header_of,
    order_document,
    sales_order_of,
    shipment_document,
    status_document,
)
from local.deposco_double.v1_format import (
    form_of,
    json_answer,
    listed,
    multistatus,
    only_one,
    outcome,
    plain,
    read_body,
    refuses_xml,
    text_of,
    wants_json,
    xml_answer,
)
from local.double import Answer, Call

_TYPE = "Sales Order"
_MOST_FOUND = 1000


class V1Orders:
    """Orders, statuses, shipments and searches of V1."""

    def __init__(self, account: Account, orders: SalesOrders) -> None:
        self._account = account
        self._orders = orders

    def create(self, call: Call) -> Answer:
        """`POST /orders`: never overwrites; an inner 409 for a number that exists (DEP-V1ORD-01)."""
        return self._batch(call, may_update=False)

    def update(self, call: Call) -> Answer:
        """`POST /orders/updates`: creates or updates (DEP-V1ORD-02)."""
        return self._batch(call, may_update=True)

    def _batch(self, call: Call, *, may_update: bool) -> Answer:
        outcomes = [self._one(order, call, may_update=may_update) for order in listed(read_body(call).get("order"))]
        return multistatus(call, outcomes, self._account.settings.single_as_object)

    def _one(self, order: Any, call: Call, *, may_update: bool) -> Body:
        number = (text_of(order.get("number")) if isinstance(order, dict) else None) or ""
        try:
            body = sales_order_of(order)
            unit = body["businessUnit"]["businessKey"]["code"]
            existing = self._account.store.find(SALES_ORDER.name, number, unit)
            if existing and not may_update:
                key = f"{existing.body['businessUnit']['id']}-{_TYPE}-{number}"
                raise RefusalError(409, f"Duplicate entry '{key}' for key 'UK_BUSINESS_UNIT_TYPE_NUMBER'")
            if existing and "orderStatus" in body:
                del body["orderStatus"]  # sent along by V1's callers; an update leaves it alone (DEP-V1ORD-11)
            if missing := self._missing_items(body, unit):
                raise RefusalError(400, f"Missing items: {', '.join(missing)}")
            record = self._orders.upsert(body)
        except RefusalError as refusal:
            return outcome(call, refusal.status, (_TYPE, number), errors=[refusal.message or "refused"])
        return outcome(call, 200 if existing else 201, (_TYPE, number), warnings=self._warnings(record))

    def _missing_items(self, body: Body, unit: str) -> list[str]:
        """Item numbers of the order that do not exist (DEP-V1ORD-04)."""
        numbers = [str(line["item"]["businessKey"]["number"]) for line in body["orderLines"]["data"]]
        return [number for number in numbers if self._account.store.find("Item", number, unit) is None]

    def _warnings(self, order: Record) -> list[str]:
        known = self._account.settings.known_ship_vias
        ship_via = order.body.get("shipVia")
        if known is None or not ship_via or ship_via in known:
            return []
        return [f"shipVia {ship_via} could not be mapped"]  # DEP-V1ORD-05

    def put(self, call: Call) -> Answer:
        """`PUT /orders/{type}/{number}`: creates, or replaces the whole order (DEP-V1ORD-03)."""
        sent = read_body(call)
        body = sales_order_of({**only_one(sent, "order"), "number": call.parts["number"]})
        body.pop("orderStatus", None)
        try:
            record, created = self._orders.replace(body)
        except RefusalError as refusal:
            return plain(refusal.status, refusal.message or "refused")
        word = "created" if created else "replaced"
        answer = plain(201 if created else 200, f"Order {record.number} {word}")
        return Answer(
            status=answer.status,
            body=answer.body,
            content_type=answer.content_type,
            headers={"Location": call.raw_path},
        )

    def change_header(self, call: Call) -> Answer:
        """`POST /orders/{type}/{number}`: simple header fields from a form, the rest stays (DEP-V1ORD-10)."""
        order = self._account.store.find(SALES_ORDER.name, call.parts["number"])
        if order is None or call.parts["type"] != _TYPE:
            return plain(404, f"{call.parts['type']} {call.parts['number']} not found")
        kept = {name: order.body[name] for name in ("businessUnit", "number", "shipToContact", "shipToAddress")}
        self._orders.upsert({**kept, **header_of(form_of(call))})
        return plain(200, f"Order {order.number} updated")

    def get(self, call: Call) -> Answer:
        """`GET /orders/{type}/{number}`: XML only (DEP-V1ORD-06)."""
        if refuses_xml(call):
            return plain(400, "Bad Request")
        order = self._account.store.find(SALES_ORDER.name, call.parts["number"], call.parts.get("unit"))
        if order is None or call.parts["type"] != _TYPE:
            return plain(404, f"{call.parts['type']} {call.parts['number']} not found")
        return xml_answer("order", "order", order_document(order.body))

    def set_statuses(self, call: Call) -> Answer:
        """`POST /orders/statusUpdates`: one status for many orders, from a form (DEP-V1ORD-10)."""
        form = parse_qs(call.body.decode("utf-8", "replace"))
        target = form.get("status", [""])[0]
        outcomes = []
        for number in form.get("number", []):
            order = self._account.store.find(SALES_ORDER.name, number)
            try:
                if order is None:
                    raise RefusalError(404, f"{_TYPE} {number} not found")
                self._orders.move(order, {"Open": statuses.NEW}.get(target, target))
                outcomes.append(outcome(call, 200, (_TYPE, number)))
            except RefusalError as refusal:
                outcomes.append(outcome(call, refusal.status, (_TYPE, number), errors=[refusal.message or "refused"]))
        return multistatus(call, outcomes, self._account.settings.single_as_object)

    def status(self, call: Call) -> Answer:
        """`GET /status/order/{type}/{number}`: XML only."""
        if refuses_xml(call):
            return plain(400, "Bad Request")
        order = self._account.store.find(SALES_ORDER.name, call.parts["number"])
        if order is None:
            return plain(404, f"{call.parts['type']} {call.parts['number']} not found")
        return xml_answer("orderStatus", "orderstatus", status_document(order.body, self._shipments_of(order)))

    def search_statuses(self, call: Call) -> Answer:
        """`GET /status/order/search`: XML only; on some tenants the number is not heeded (DEP-V1ORD-09)."""
        if refuses_xml(call):
            return plain(400, "Bad Request")
        heeded = self._account.settings.status_search_by_number
        selection = Selection(number=call.query.get("number") if heeded else None)
        orders = self._account.store.select(
            SALES_ORDER.name, selection, self._account.view(call.stale_seconds), limit=_MOST_FOUND
        )
        documents = [status_document(order.body, self._shipments_of(order)) for order in orders]
        return xml_answer("orderStatuses", "orderstatus", {"orderStatus": documents})

    def _shipments_of(self, order: Record) -> list[Body]:
        references = (order.body.get("shipments") or {"data": []})["data"]
        records = [self._account.store.get(SHIPMENT.name, reference["id"]) for reference in references]
        return [record.body for record in records if record]

    def search(self, call: Call) -> Answer:
        """`GET /search/{Entity}?field=value` on configured fields only (DEP-V1ORD-07)."""
        entity = call.parts["entity"]
        configured = self._account.settings.search_fields.get(entity)
        if configured is None:
            return plain(400, f"Entity {entity} is not found or not configured for search")
        for name in call.query:
            if name.removesuffix("Ops") not in configured:
                return plain(400, f"Field {name} is not found or not configured on {entity}")
        if entity == "Order":
            return self._found(call, "orders", "order", [order_document(r.body) for r in self._by_order_fields(call)])
        if entity == "CoHeader":
            return self._found(call, "coHeaders", "coHeader", self._customer_orders(call))
        return self._found(call, "shipments", "shipment", self._searched_shipments(call))

    def _by_order_fields(self, call: Call) -> list[Record]:
        facets = (
            {"otherReferenceNumber": call.query["otherReferenceNumber"]}
            if ("otherReferenceNumber" in call.query)
            else {}
        )
        selection = Selection(number=call.query.get("number"), facets=facets)
        return self._account.store.select(
            SALES_ORDER.name, selection, self._account.view(call.stale_seconds), limit=_MOST_FOUND
        )

    def _customer_orders(self, call: Call) -> list[Body]:
        found = self._account.store.select(
            CUSTOMER_ORDER.name,
            Selection(number=call.query.get("externalOrderNumber")),
            self._account.view(call.stale_seconds),
            limit=_MOST_FOUND,
        )
        return [
            {
                "id": record.id,
                "businessUnit": record.unit,
                "number": record.body["number"],
                "status": record.body["status"],
                "externalOrderNumber": record.number,
            }
            for record in found
        ]

    def _searched_shipments(self, call: Call) -> list[Body]:
        facets = {
            target: call.query[name]
            for name, target in (
                ("orderHeaders.number", "orderNumber"),
                ("orderHeaders.customerOrderNumber", "customerOrderNumber"),
            )
            if name in call.query
        }
        first, _, last = call.query.get("actualShipDate", "").partition(",")
        found = self._account.store.select(
            SHIPMENT.name, Selection(facets=facets), self._account.view(call.stale_seconds), limit=_MOST_FOUND
        )
        dated = [
            record
            for record in found
            if not first or first <= record.body["shipmentDates"]["actualShipDate"][: len(first)] <= (last or first)
        ]
        return [self._shipment(record) for record in dated]

    def _shipment(self, record: Record) -> Body:
        references = record.body["orderHeaders"]["data"]
        orders = [self._account.store.get(SALES_ORDER.name, reference["id"]) for reference in references]
        return shipment_document(record.body, [order.body for order in orders if order])

    def shipments(self, call: Call) -> Answer:
        """`GET /shipments`, `/shipments/{bu}` and `/shipments/{bu}/{number}`."""
        selection = Selection(unit=call.parts.get("unit"), number=call.parts.get("number"))
        found = self._account.store.select(
            SHIPMENT.name, selection, self._account.view(call.stale_seconds), limit=_MOST_FOUND
        )
        if "number" in call.parts and not found:
            return plain(404, f"Shipment {call.parts['number']} not found")
        return self._found(call, "shipments", "shipment", [self._shipment(record) for record in found])

    def _found(self, call: Call, root: str, name: str, documents: list[Body]) -> Answer:
        if wants_json(call):
            return json_answer({name: documents}, single_as_object=self._account.settings.single_as_object)
        return xml_answer(root, name.lower(), {name: documents})
