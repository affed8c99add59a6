"""Asynchronous requests: taken with 202, done later, told about at `/async/{id}`; and the bulk imports among them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from local.deposco_double.account import Account
from local.deposco_double.items import Items, MasterData
from local.deposco_double.kinds import KINDS, KIT
from local.deposco_double.refusal import RefusalError
from local.deposco_double.sales_orders import SalesOrders, refuse_violations
from local.deposco_double.store import Body, Record

_LARGEST_IMPORT_BYTES = 10 * 1024 * 1024
_IMPORT_SECONDS = (1.0, 5.0)


class RequestsInProgress:
    """Every asynchronous request of the account, with how it stands (DEP-V2ASYNC-02)."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._requests: dict[str, Body] = {}

    def open(self, entities: int) -> str:
        """A new request over so many entities; returns its id."""
        request_id = f"{self._account.chance.getrandbits(128):032x}"
        self._requests[request_id] = {
            "status": "Processing",
            "totalEntities": entities,
            "successes": 0,
            "failures": 0,
            "results": [],
        }
        return request_id

    def succeed(self, request_id: str, record: Record) -> None:
        """One entity of the request was stored."""
        request = self._requests[request_id]
        request["successes"] += 1
        request["results"].append(
            {
                "id": record.id,
                "businessKey": record.body["self"]["businessKey"],
                "href": f"{KINDS[record.kind].path}/{record.id}",
                "status": "Success",
            }
        )

    def fail(self, request_id: str, business_key: Body, message: str) -> None:
        """One entity of the request was refused."""
        request = self._requests[request_id]
        request["failures"] += 1
        request["results"].append(
            {"businessKey": business_key, "status": "Failed", "errors": [{"errorMessage": message}]}
        )

    def finish(self, request_id: str) -> None:
        """Settle the request's status by what became of its entities."""
        request = self._requests[request_id]
        if not request["failures"]:
            request["status"] = "Success"
        else:
            request["status"] = "Partially Failed" if request["successes"] else "Failed"

    def get(self, request_id: str) -> Body:
        """How a request stands; 404 when it does not exist."""
        if request_id not in self._requests:
            raise RefusalError(404, f"Request {request_id} was not found.")
        return self._requests[request_id]

    def forget(self) -> None:
        """Start anew."""
        self._requests.clear()


class BulkImports:
    """Bulk imports, one at a time (DEP-V2ASYNC-01, DEP-V2ASYNC-03, DEP-V2ASYNC-04)."""

    def __init__(
        self,
        account: Account,
        requests: RequestsInProgress,
        orders: SalesOrders,
        items: Items,
        data: MasterData,
    ) -> None:
        self._account = account
        self._requests = requests
        self._running: str | None = None
        self._upserts: dict[str, Callable[[Any], Record]] = {
            "Item": items.upsert,
            "Kit": lambda body: data.upsert(KIT, body),
            "Sales Order": orders.upsert,
        }

    def take(self, body: Any, size_bytes: int) -> str:
        """Accept an import; its entities are stored within some seconds, in no particular order."""
        refuse_violations("AsyncBulkRequest", body)
        if size_bytes >= _LARGEST_IMPORT_BYTES:
            raise RefusalError(400, "The import exceeds the limit of 10 MB.")
        if self._running and self._requests.get(self._running)["status"] == "Processing":
            raise RefusalError(400, "Another bulk import is in progress.")
        upsert = self._upserts.get(body["entityType"])
        if upsert is None:
            raise RefusalError(400, f"This double imports {', '.join(self._upserts)} only.")
        entities = list(body["entities"])
        self._account.chance.shuffle(entities)
        self._running = request_id = self._requests.open(len(entities))

        def work() -> None:
            for entity in entities:
                try:
                    self._requests.succeed(request_id, upsert(entity))
                except RefusalError as refusal:
                    key = {name: entity[name] for name in ("number", "name") if isinstance(entity.get(name), str)}
                    self._requests.fail(request_id, key, refusal.message or "refused")
            self._requests.finish(request_id)

        self._account.later(self._account.chance.uniform(*_IMPORT_SECONDS), work)
        return request_id

    def forget(self) -> None:
        """No import runs any more."""
        self._running = None
