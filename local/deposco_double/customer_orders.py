"""Customer orders: taken before they are looked at, seen some seconds later, turned into sales orders per facility."""

from __future__ import annotations

from typing import Any

from local.deposco_double import statuses
from local.deposco_double.account import Account, reference_to
from local.deposco_double.kinds import COMPANY, CUSTOMER_ORDER, FACILITY, ITEM, SALES_ORDER
from local.deposco_double.refusal import RefusalError
from local.deposco_double.requests_in_progress import RequestsInProgress
from local.deposco_double.sales_orders import SalesOrders, refuse_violations
from local.deposco_double.store import Body, Record, Selection

_REVIEW = "Review"
_ALLOCATED = "Allocated"
_IN_FULFILLMENT = "InFulfillment"
_COMPLETE = "Complete"
_BEFORE_FULFILLMENT = frozenset({statuses.DRAFT, statuses.NEW, statuses.HOLD, statuses.READY, statuses.WAVE_BUILT})
_CONTACT_FIELDS = ("firstName", "lastName", "phone", "email")
_CARRIED = ("orderSource", "shipVia", "shipVendor", "placedDate", "orderSummary", "customAttribute1")


class CustomerOrders:
    """The customer orders of an account (DEP-V2CO-01 and following)."""

    def __init__(self, account: Account, orders: SalesOrders, requests: RequestsInProgress) -> None:
        self._account = account
        self._orders = orders
        self._requests = requests
        account.on_order_change.append(self._follow)

    def take(self, body: Any) -> str:
        """Accept an order whatever its lines say, always as a new one (DEP-V2CO-03); returns the request's id."""
        if not self._account.settings.order_management:
            raise RefusalError(403, "The company is not subscribed to Enterprise Order Management (EOM).")
        refuse_violations("CustomerOrderRequest", body)
        sent = self._account.conform("CustomerOrder", body["customerOrder"])
        if "." in sent["externalOrderNumber"]:
            raise RefusalError(400, "externalOrderNumber: must not contain a period")
        unit = self._account.resolve(COMPANY, sent["businessUnit"])
        request_id = self._requests.open(1)
        settings = self._account.settings
        delay_seconds = self._account.chance.uniform(*settings.visibility_delay_seconds)
        number = f"CO{self._account.store.new_id()}"
        lines = (sent.get("coLines") or {}).get("data", [])
        order: Body = {
            **{key: value for key, value in sent.items() if value is not None and key != "self"},
            "businessUnit": reference_to(unit),
            "number": number,
            "status": "New",
            "fulfillmentOrders": [],
            "_notices": [],
        }
        order["coLines"] = {"data": [self._stored_line(unit, number, n + 1, row) for n, row in enumerate(lines)]}
        record = self._account.create(
            CUSTOMER_ORDER, order, number=sent["externalOrderNumber"], visible_in_seconds=delay_seconds
        )
        self._account.later(delay_seconds, lambda: self._process(request_id, record.id))
        return request_id

    def _stored_line(self, unit: Record, order_number: str, n: int, row: Body) -> Body:
        key = {"coHeader.number": order_number, "number": str(n)}
        now = self._account.write_time(self._account.now())
        line: Body = {
            **{name: value for name, value in row.items() if value is not None},
            "self": self._account.new_self(key),
            "number": str(n),
            "status": "New",
            "createdDate": now,
            "updatedDate": now,
        }
        item = self._item_of(unit.number, row)
        line["item"] = reference_to(item) if item else None
        if item:
            line["itemNumber"] = item.number
        return line

    def _item_of(self, unit: str, row: Body) -> Record | None:
        """The item a line means, or None where there is none (DEP-V2CO-04)."""
        if row.get("item"):
            try:
                return self._account.resolve(ITEM, row["item"], unit=unit)
            except RefusalError:
                return None
        number = row.get("itemNumber")
        return self._account.store.find(ITEM.name, number, unit) if number else None

    def _process(self, request_id: str, order_id: int) -> None:
        order = self._account.store.get(CUSTOMER_ORDER.name, order_id)
        if order is None:
            raise LookupError(f"customer order {order_id} vanished")
        self._notice_what_is_wrong(order)
        lines = order.body["coLines"]["data"]
        if not lines or any(line["item"] is None for line in lines) or not order.body.get("shipVia"):
            order.body["status"] = _REVIEW
        else:
            self._fulfil(order)
        self._account.save(order)
        self._requests.succeed(request_id, order)
        self._requests.finish(request_id)

    def _notice_what_is_wrong(self, order: Record) -> None:
        same = Selection(unit=order.unit, number=order.number)
        if self._account.store.count(CUSTOMER_ORDER.name, same, self._account.view()) > 1:
            self._notice(order, "POTENTIAL_DUPLICATE_ORDER", "externalOrderNumber", order.number)
        if not order.body.get("shipVia"):
            self._notice(order, "MISSING_REQUIRED", "shipVia", "")
        for line in order.body["coLines"]["data"]:
            if line["item"] is None:
                self._notice(order, "NO_ITEM_ON_LINE", "item", line.get("itemNumber", ""))

    def _notice(self, order: Record, code: str, field_name: str, value: str) -> None:
        now = self._account.write_time(self._account.now())
        order.body["_notices"].append(
            {
                "self": self._account.new_self({"code": code}),
                "noticeType": "Validation",
                "code": code,
                "message": f"{code} on {field_name}",
                "fieldName": field_name,
                "providedValue": value,
                "status": "New",
                "createdDate": now,
                "updatedDate": now,
            }
        )

    def _fulfil(self, order: Record) -> None:
        """Source the lines and spawn a sales order per facility (DEP-V2CO-07, DEP-V2CO-13)."""
        sourced: dict[str, list[tuple[Body, float]]] = {}
        for line in order.body["coLines"]["data"]:
            for facility, quantity in self._source(order, line):
                sourced.setdefault(facility, []).append((line, quantity))
                line["allocatedQuantity"] = line.get("allocatedQuantity", 0.0) + quantity
            line["status"] = _ALLOCATED
        for n, (facility, parts) in enumerate(sourced.items()):
            created = self._orders.upsert(
                self._sales_order(order, f"{order.body['number']}-{n + 1}", facility, parts),
                from_customer_order=reference_to(order),
            )
            order.body["fulfillmentOrders"].append(reference_to(created))
        order.body["status"] = _ALLOCATED

    def _source(self, order: Record, line: Body) -> list[tuple[str, float]]:
        wanted = float(line["orderQuantity"])
        pinned = line.get("shipFromFacility")
        if pinned:
            return [(self._account.resolve(FACILITY, pinned).number, wanted)]
        parts: list[tuple[str, float]] = []
        facilities = self._account.facilities()
        for facility in facilities:
            row = self._account.stock.row(order.unit, line["itemNumber"], facility)
            taken = min(wanted, max(0.0, row.available // int(line["packQuantity"])))
            if taken:
                parts.append((facility, taken))
                wanted -= taken
        if wanted:
            facility, taken = parts[0] if parts else (facilities[0], 0.0)
            parts[:1] = [(facility, taken + wanted)]
        return parts

    def _sales_order(self, order: Record, number: str, facility: str, parts: list[tuple[Body, float]]) -> Body:
        contact = order.body.get("shipToContact", {})
        rows = [
            {
                "lineNumber": str(n + 1),
                "customerLineNumber": line["externalLineNumber"][:100],
                "item": line["item"],
                "pack": {"businessKey": {"quantity": line["packQuantity"]}},
                "orderPackQuantity": quantity,
                **({"unitPrice": line["unitPrice"]} if "unitPrice" in line else {}),
            }
            for n, (line, quantity) in enumerate(parts)
        ]
        return {
            "businessUnit": order.body["businessUnit"],
            "number": number,
            "customerOrderNumber": order.number[:50],
            **{name: order.body[name] for name in _CARRIED if name in order.body},
            "shipToContact": {name: contact[name] for name in _CONTACT_FIELDS if name in contact},
            "shipToAddress": {name: value for name, value in contact.items() if name not in _CONTACT_FIELDS},
            "shipFromFacility": {"businessKey": {"number": facility}},
            "orderLines": {"data": rows},
        }

    def _follow(self, sales_order: Record) -> None:
        """Keep the customer order in step; shipped quantities roll up at completion only (DEP-V2CO-10)."""
        for reference in sales_order.body.get("customerOrderHeaders", []):
            order = self._account.store.get(CUSTOMER_ORDER.name, reference["id"])
            if order is None:
                continue
            parts = [self._account.store.get(SALES_ORDER.name, part["id"]) for part in order.body["fulfillmentOrders"]]
            bodies = [part.body for part in parts if part]
            reached = {body["orderStatus"] for body in bodies}
            if not bodies or reached <= _BEFORE_FULFILLMENT:
                return
            if reached == {statuses.CANCELED}:
                status = statuses.CANCELED
            elif reached <= statuses.FINISHED:
                status = _COMPLETE
                _roll_up(order, bodies)
            else:
                status = _IN_FULFILLMENT
            if order.body["status"] != status:
                order.body["status"] = status
                self._account.save(order)


def _roll_up(order: Record, sales_orders: list[Body]) -> None:
    for line in order.body["coLines"]["data"]:
        parts = [
            part
            for body in sales_orders
            for part in body["orderLines"]["data"]
            if part.get("customerLineNumber") == line["externalLineNumber"][:100]
        ]
        line["shippedQuantity"] = sum(part["shippedPackQuantity"] for part in parts)
        line["status"] = _COMPLETE
