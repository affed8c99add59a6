"""The V2 addresses of customer orders and asynchronous requests."""

from __future__ import annotations

from local.deposco_double.account import Account
from local.deposco_double.customer_orders import CustomerOrders
from local.deposco_double.kinds import CUSTOMER_ORDER
from local.deposco_double.refusal import RefusalError
from local.deposco_double.requests_in_progress import BulkImports, RequestsInProgress
from local.deposco_double.store import Record
from local.deposco_double.v2_answers import BASE_PATH, Lists, address, shown, shown_row
from local.deposco_double.v2_routes import Gate, Served, json_body
from local.double import Answer, Call, Route

_ORDER = f"{CUSTOMER_ORDER.path}/{{id}}"


class V2CustomerOrderRoutes:
    """Customer orders, `/async/{id}` and bulk imports."""

    def __init__(
        self,
        account: Account,
        gate: Gate,
        orders: CustomerOrders,
        requests: RequestsInProgress,
        imports: BulkImports,
    ) -> None:
        self._account = account
        self._gate = gate
        self._orders = orders
        self._requests = requests
        self._imports = imports
        self._lists = Lists(account)

    def routes(self) -> list[Route]:
        """Every address; nothing cancels a customer order or changes its status (DEP-V2CO-11)."""
        return [
            self._route("POST", CUSTOMER_ORDER.path, "customer_orders.create", self._create),
            self._route("GET", CUSTOMER_ORDER.path, "customer_orders.list", self._list),
            self._route("GET", _ORDER, "customer_orders.get", self._get),
            self._route("PATCH", _ORDER, "customer_orders.patch", self._patch),
            self._route("GET", f"{_ORDER}/customerOrderLines", "customer_orders.lines", self._lines),
            self._route("GET", f"{_ORDER}/customerOrderLines/{{line}}", "customer_orders.line", self._line),
            self._route("GET", "/async/{id}", "async.get", self._progress),
            self._route("POST", "/async/bulkImports", "async.import", self._import),
        ]

    def _route(self, method: str, path: str, kind: str, served: Served) -> Route:
        resource = "customerOrders" if path.startswith(CUSTOMER_ORDER.path) else "async"
        return Route(method=method, path=f"{BASE_PATH}{path}", kind=kind, handler=self._gate.behind(resource, served))

    def _found(self, call: Call) -> Record:
        text = call.parts["id"]
        view = self._account.view(call.stale_seconds)
        record = self._account.store.get(CUSTOMER_ORDER.name, int(text), view) if text.isdecimal() else None
        if record is None:
            raise RefusalError(404, f"CustomerOrder with id {text} was not found.")
        return record

    def _create(self, call: Call) -> Answer:
        return _accepted(self._orders.take(json_body(call)), call)

    def _list(self, call: Call) -> Answer:
        return self._lists.page(CUSTOMER_ORDER, call, self._account.view(call.stale_seconds))

    def _get(self, call: Call) -> Answer:
        """The order and its notices side by side (DEP-V2CO-02)."""
        order = self._found(call)
        body = shown(CUSTOMER_ORDER, order.body, address(call))
        return Answer.of_json({"customerOrder": body, "notices": order.body["_notices"]})

    def _patch(self, call: Call) -> Answer:
        raise RefusalError(405, f"Method {call.method} is not allowed.")

    def _lines(self, call: Call) -> Answer:
        order = self._found(call)
        filters = {"externalLineNumber": "externalLineNumber"}
        path = f"{CUSTOMER_ORDER.path}/{order.id}/customerOrderLines"
        return self._lists.rows(order.body["coLines"]["data"], call, path, filters)

    def _line(self, call: Call) -> Answer:
        order = self._found(call)
        for row in order.body["coLines"]["data"]:
            if str(row["self"]["id"]) == call.parts["line"]:
                path = f"{CUSTOMER_ORDER.path}/{order.id}/customerOrderLines"
                return Answer.of_json(shown_row(row, address(call), path))
        raise RefusalError(404, f"CustomerOrderLine with id {call.parts['line']} was not found.")

    def _progress(self, call: Call) -> Answer:
        request = self._requests.get(call.parts["id"])
        base = address(call)
        results = [
            {**result, "href": base + result["href"]} if "href" in result else result for result in request["results"]
        ]
        return Answer.of_json({**request, "results": results})

    def _import(self, call: Call) -> Answer:
        return _accepted(self._imports.take(json_body(call), len(call.body)), call)


def _accepted(request_id: str, call: Call) -> Answer:
    handle = {"id": request_id, "href": f"{address(call)}/async/{request_id}"}
    return Answer.of_json({"request": handle}, 202)
