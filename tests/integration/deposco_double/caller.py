"""A caller of the double's HTTP interface that holds every V2 answer against the vendor's field lists."""

from __future__ import annotations

import re
from typing import Any

import requests

from local.deposco_double.schema import violations

UNIT = "DEMO"
NOON = "2026-03-02T12:00:00+00:00"

_ENTITIES = {
    "orders/salesOrders": "SalesOrder",
    "orders/customerOrders": "CustomerOrder",
    "shipments/outboundShipments": "OutboundShipment",
    "items": "Item",
    "facilities": "Facility",
    "companies": "Company",
    "kitHeaders": "KitHeader",
    "inventory/inventoryAdjustments": "InventoryAdjustment",
    "receipts": "Receipt",
}
_ROWS = {
    "orderLines": "SalesOrderLine",
    "customerOrderLines": "CustomerOrderLine",
    "shipmentLines": "OutboundShipmentLine",
    "packs": "Pack",
}


def expected_entity(method: str, path: str) -> str | None:
    """The schema that a successful answer of this V2 address must keep; None where none is published."""
    path = path.removeprefix("/latest/").partition("?")[0]
    if re.fullmatch(r"async/[^/]+", path) and method == "GET":
        return "AsyncResponse"
    if path.endswith("/status"):
        return "SalesOrderStatus"
    for prefix, entity in _ENTITIES.items():
        if path == prefix:
            if method == "GET":
                return f"Page<{entity}>"
            return "AsyncRequestId" if entity == "CustomerOrder" else entity
        rest = path.removeprefix(f"{prefix}/")
        if re.fullmatch(r"\d+(/cancellations)?", rest):
            return "CustomerOrderAnswer" if entity == "CustomerOrder" else entity
        if match := re.fullmatch(r"\d+/(\w+)(/\d+)?", rest):
            row = _ROWS.get(match[1])
            return row if row is None or match[2] else f"Page<{row}>"
    return "AsyncRequestId" if path == "async/bulkImports" else None


class Caller:
    """Calls V2 with a token, V1 with Basic auth, and the admin routes with neither."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.session = requests.Session()
        self.token = ""

    def authorize(self, **form: str) -> requests.Response:
        """Ask for a token with the refresh grant, or with the form given."""
        answer = requests.post(
            f"{self.url}/oauth2/token",
            data=form
            or {
                "grant_type": "refresh_token",
                "refresh_token": "demo-refresh",
                "client_id": "demo-client",
                "client_secret": "demo-secret",
            },
            timeout=10,
        )
        self.token = answer.json().get("access_token", "")
        return answer

    def v2(self, method: str, path: str, body: Any = None, **query: Any) -> requests.Response:
        """Call V2 at a path below `/latest`, or at a whole address as a link gives it."""
        address = path if path.startswith("http") else f"{self.url}/latest{path}"
        answer = self.session.request(
            method,
            address,
            json=body,
            params=query or None,
            headers={"Authorization": f"Bearer {self.token}"},
            timeout=10,
        )
        if answer.ok and answer.content:
            schema = expected_entity(method, address.removeprefix(self.url))
            assert schema is None or violations(schema, answer.json()) == [], address
        elif answer.content and answer.headers["Content-Type"].startswith("application/json"):
            assert violations("Errors", answer.json()) == [], address
        return answer

    def get(self, path: str, **query: Any) -> Any:
        """The body of a V2 read that must succeed."""
        answer = self.v2("GET", path, **query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, body: Any = None, *, status: int = 200) -> Any:
        """The body of a V2 write that must answer `status`."""
        answer = self.v2("POST", path, body)
        assert answer.status_code == status, answer.text
        return answer.json() if answer.content else None

    def refused(self, path: str, body: Any = None, *, status: int = 400) -> str:
        """The message with which a V2 write is refused."""
        message: str = self.post(path, body, status=status)["errors"][0]["errorMessage"]
        return message

    def v1(self, method: str, path: str, **options: Any) -> requests.Response:
        """Call V1 at a path below the company's."""
        options.setdefault("auth", ("demo-user", "demo-password"))
        return requests.request(method, f"{self.url}/integration/demo/{path}", timeout=10, **options)

    def admin(self, path: str, body: Any) -> Any:
        """Carry out an admin command that must succeed."""
        answer = self.session.post(f"{self.url}/_admin/{path}", json=body, timeout=10)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def warehouse(self, do: str, **command: Any) -> list[Any]:
        """Let the warehouse do something; returns what it touched."""
        touched: list[Any] = self.admin("warehouse", {"do": do, **command})["touched"]
        return touched

    def pass_time(self, seconds: float) -> None:
        """Move the double's clock."""
        self.admin("clock", {"advance_seconds": seconds})

    def state(self, *names: str) -> Any:
        """What the double holds."""
        return self.session.get(f"{self.url}/_admin/state", params={"include": ",".join(names)}, timeout=10).json()

    def place(self, number: str, *lines: dict[str, Any], **header: Any) -> Any:
        """Post a sales order that must be taken."""
        return self.post("/orders/salesOrders", order(number, *lines, **header))

    def read(self, placed: Any) -> Any:
        """The order as it is now."""
        return self.get(f"/orders/salesOrders/{placed['self']['id']}")

    def shipments(self, number: str) -> list[Any]:
        """The order's shipments, newest first."""
        rows: list[Any] = self.get("/shipments/outboundShipments", orderNumber=number)["data"]
        return rows


def line(number: str, item: str = "SKU-000001", packs: float = 1, **further: Any) -> dict[str, Any]:
    """A line as a caller sends it."""
    return {
        "lineNumber": number,
        "customerLineNumber": f"shop-line-{number}",
        "item": {"businessKey": {"number": item, "businessUnit.code": UNIT}},
        "pack": {"businessKey": {"item.number": item, "quantity": 1, "item.businessUnit.code": UNIT}},
        "orderPackQuantity": packs,
        **further,
    }


def order(number: str, *lines: dict[str, Any], **header: Any) -> dict[str, Any]:
    """A sales order as a caller sends it; one line of one SKU-000001 when none is given."""
    return {
        "businessUnit": {"businessKey": {"code": UNIT}},
        "number": number,
        "shipVia": "GROUND",
        "shipToContact": {"firstName": "Ada", "lastName": "Byron"},
        "shipToAddress": {"line1": "1 Main Street", "city": "Springfield", "country": "US"},
        "orderLines": {"data": list(lines) or [line("1")]},
        **header,
    }


def lines_of(body: Any) -> dict[str, Any]:
    """The lines of an order by number."""
    return {row["lineNumber"]: row for row in body["orderLines"]["data"]}
