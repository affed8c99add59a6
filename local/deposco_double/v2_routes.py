"""The V2 API under `/latest`: what each address answers."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

from local.deposco_double.account import Account
from local.deposco_double.call_rate import CallRate
from local.deposco_double.items import Items, MasterData
from local.deposco_double.kinds import (
    ADJUSTMENT,
    COMPANY,
    CUSTOMER_ORDER,
    FACILITY,
    ITEM,
    KIT,
    RECEIPT,
    SALES_ORDER,
    SHIPMENT,
    Kind,
)
from local.deposco_double.refusal import RefusalError
from local.deposco_double.sales_orders import SalesOrders
from local.deposco_double.store import Body, Record
from local.deposco_double.v2_answers import BASE_PATH, Lists, address, entity_answer, shown_row
from local.deposco_double.v2_tokens import Tokens
from local.double import Answer, Call, Route

Served = Callable[[Call], Answer]

_ORDER = f"{SALES_ORDER.path}/{{id}}"
_LINES = f"{_ORDER}/orderLines"
_SHIPMENT_LINES = f"{SHIPMENT.path}/{{id}}/shipmentLines"
_KIND_NAMES = {
    SALES_ORDER.name: "sales_orders",
    CUSTOMER_ORDER.name: "customer_orders",
    SHIPMENT.name: "shipments",
    ITEM.name: "items",
    FACILITY.name: "facilities",
    COMPANY.name: "companies",
    KIT.name: "kits",
    ADJUSTMENT.name: "inventory_adjustments",
    RECEIPT.name: "receipts",
}


class Gate:
    """What every V2 call passes first: the account's rate, then the token."""

    def __init__(self, account: Account, tokens: Tokens, rate: CallRate) -> None:
        self._account = account
        self._tokens = tokens
        self._rate = rate

    def behind(self, resource: str, served: Served) -> Callable[[Call], Awaitable[Answer]]:
        """`served` behind the gate, with refusals turned into answers."""

        async def handle(call: Call) -> Answer:
            if not self._rate.takes(self._account.settings.rate_per_second):
                return Answer(status=429)  # an empty body and no Retry-After (DEP-LIMIT-02)
            try:
                self._tokens.refuse(call, resource)
                return served(call)
            except RefusalError as refusal:
                return refusal.answer()

        return handle


class V2Routes:
    """All of V2 but customer orders and asynchronous requests, which stand in `v2_customer_orders`."""

    def __init__(self, account: Account, gate: Gate, orders: SalesOrders, items: Items, data: MasterData) -> None:
        self._account = account
        self._gate = gate
        self._orders = orders
        self._items = items
        self._data = data
        self._lists = Lists(account)

    def routes(self) -> list[Route]:
        """Every address."""
        routes = [
            self._route("POST", SALES_ORDER.path, "sales_orders.upsert", self._upsert_order),
            self._route("GET", f"{_ORDER}/status", "sales_orders.status", self._order_status),
            self._route("POST", f"{_ORDER}/status", "sales_orders.move", self._move_order),
            self._route("POST", f"{_ORDER}/cancellations", "sales_orders.cancel", self._cancel_order),
            self._route("GET", _LINES, "sales_orders.lines", self._order_lines),
            self._route("GET", f"{_LINES}/{{line}}", "sales_orders.line", self._order_line),
            self._route("POST", f"{_LINES}/{{line}}", "sales_orders.update_line", self._update_line),
            self._route("GET", _SHIPMENT_LINES, "shipments.lines", self._shipment_lines),
            self._route("GET", f"{_SHIPMENT_LINES}/{{line}}", "shipments.line", self._shipment_line),
            self._route("POST", ITEM.path, "items.upsert", self._upsert_item),
            self._route("GET", f"{ITEM.path}/{{id}}/packs/{{pack}}", "items.pack", self._pack),
            self._route("GET", f"{ITEM.path}/{{id}}/upcs", "items.upcs", self._item_upcs),
            self._route("GET", f"{ITEM.path}/{{id}}/packs/{{pack}}/upcs", "items.upcs", self._pack_upcs),
            self._route("DELETE", f"{ITEM.path}/{{id}}/upcs/{{upc}}", "items.delete_upc", self._delete_upc),
            self._route(
                "DELETE",
                f"{ITEM.path}/{{id}}/packs/{{pack}}/upcs/{{upc}}",
                "items.delete_upc",
                self._delete_upc,
            ),
        ]
        for kind in (SALES_ORDER, SHIPMENT, ITEM, FACILITY, COMPANY, KIT, ADJUSTMENT, RECEIPT):
            routes += self._reads(kind)
        for kind in (FACILITY, COMPANY, KIT):
            routes.append(self._route("POST", kind.path, f"{_KIND_NAMES[kind.name]}.upsert", self._upsert_data(kind)))
        return routes

    def _route(self, method: str, path: str, kind: str, served: Served) -> Route:
        resource = path.split("/")[1] if not path.startswith("/orders/") else path.split("/")[2]
        return Route(method=method, path=f"{BASE_PATH}{path}", kind=kind, handler=self._gate.behind(resource, served))

    def _reads(self, kind: Kind) -> list[Route]:
        name = _KIND_NAMES[kind.name]

        def listed(call: Call) -> Answer:
            return self._lists.page(kind, call, self._account.view(call.stale_seconds))

        def single(call: Call) -> Answer:
            return entity_answer(kind, self._found(kind, call), call)

        return [
            self._route("GET", kind.path, f"{name}.list", listed),
            self._route("GET", f"{kind.path}/{{id}}", f"{name}.get", single),
        ]

    def _found(self, kind: Kind, call: Call) -> Record:
        text = call.parts["id"]
        view = self._account.view(call.stale_seconds)
        record = self._account.store.get(kind.name, int(text), view) if text.isdecimal() else None
        if record is None:
            raise RefusalError(404, f"{kind.name} with id {text} was not found.")
        return record

    def _current(self, kind: Kind, call: Call) -> Record:
        """As `_found`, for a change: never a stale copy."""
        text = call.parts["id"]
        record = self._account.store.get(kind.name, int(text)) if text.isdecimal() else None
        if record is None:
            raise RefusalError(404, f"{kind.name} with id {text} was not found.")
        return record

    def _upsert_order(self, call: Call) -> Answer:
        return entity_answer(SALES_ORDER, self._orders.upsert(json_body(call)), call)

    def _order_status(self, call: Call) -> Answer:
        return Answer.of_json({"orderStatus": self._found(SALES_ORDER, call).body["orderStatus"]})

    def _move_order(self, call: Call) -> Answer:
        order = self._current(SALES_ORDER, call)
        target = call.query.get("value")
        if not target:
            raise RefusalError(400, None)  # a body instead of the query value (DEP-V2SO-15)
        self._orders.move(order, target)
        return Answer.of_json({"orderStatus": order.body["orderStatus"]})

    def _cancel_order(self, call: Call) -> Answer:
        order = self._current(SALES_ORDER, call)
        self._orders.cancel(order, json_body(call) if call.body.strip() else None)
        return entity_answer(SALES_ORDER, order, call)

    def _order_lines(self, call: Call) -> Answer:
        order = self._found(SALES_ORDER, call)
        filters = {"lineNumber": "lineNumber", "orderLineStatus": "orderLineStatus"}
        path = f"{SALES_ORDER.path}/{order.id}/orderLines"
        return self._lists.rows(order.body["orderLines"]["data"], call, path, filters)

    def _order_line(self, call: Call) -> Answer:
        order = self._found(SALES_ORDER, call)
        line = _row(order.body["orderLines"]["data"], call.parts["line"], "OrderLine")
        return Answer.of_json(shown_row(line, address(call), f"{SALES_ORDER.path}/{order.id}/orderLines"))

    def _update_line(self, call: Call) -> Answer:
        order = self._current(SALES_ORDER, call)
        line = _row(order.body["orderLines"]["data"], call.parts["line"], "OrderLine")
        changed = self._orders.change_line(order, line, json_body(call))
        return Answer.of_json(shown_row(changed, address(call), f"{SALES_ORDER.path}/{order.id}/orderLines"))

    def _shipment_lines(self, call: Call) -> Answer:
        shipment = self._found(SHIPMENT, call)
        path = f"{SHIPMENT.path}/{shipment.id}/shipmentLines"
        return self._lists.rows(shipment.body["shipmentLines"]["data"], call, path, {"shipmentLineNumber": "number"})

    def _shipment_line(self, call: Call) -> Answer:
        shipment = self._found(SHIPMENT, call)
        line = _row(shipment.body["shipmentLines"]["data"], call.parts["line"], "ShipmentLine")
        return Answer.of_json(shown_row(line, address(call), f"{SHIPMENT.path}/{shipment.id}/shipmentLines"))

    def _upsert_item(self, call: Call) -> Answer:
        return entity_answer(ITEM, self._items.upsert(json_body(call)), call)

    def _pack(self, call: Call) -> Answer:
        item = self._found(ITEM, call)
        pack = _row(item.body["packs"], call.parts["pack"], "Pack")
        return Answer.of_json(shown_row(pack, address(call), f"{ITEM.path}/{item.id}/packs"))

    def _item_upcs(self, call: Call) -> Answer:
        item = self._found(ITEM, call)
        return self._upcs(item.body, call, f"{ITEM.path}/{item.id}/upcs")

    def _pack_upcs(self, call: Call) -> Answer:
        item = self._found(ITEM, call)
        pack = _row(item.body["packs"], call.parts["pack"], "Pack")
        return self._upcs(pack, call, f"{ITEM.path}/{item.id}/packs/{pack['self']['id']}/upcs")

    def _upcs(self, owner: Body, call: Call, path: str) -> Answer:
        return self._lists.rows((owner.get("upcs") or {"data": []})["data"], call, path, {})

    def _delete_upc(self, call: Call) -> Answer:
        item = self._current(ITEM, call)
        pack = call.parts.get("pack")
        self._items.delete_upc(item, _number(call.parts["upc"]), _number(pack) if pack else None)
        return Answer(status=204)

    def _upsert_data(self, kind: Kind) -> Served:
        def served(call: Call) -> Answer:
            return entity_answer(kind, self._data.upsert(kind, json_body(call)), call)

        return served


def json_body(call: Call) -> Any:
    """The call's JSON; 400 when it is none."""
    try:
        return json.loads(call.body)
    except ValueError as error:
        raise RefusalError(400, "The request body is not JSON.") from error


def _row(rows: list[Body], text: str, name: str) -> Body:
    for row in rows:
        if str(row["self"]["id"]) == text:
            return row
    raise RefusalError(404, f"{name} with id {text} was not found.")


def _number(text: str) -> int:
    return int(text) if text.isdecimal() else -1
