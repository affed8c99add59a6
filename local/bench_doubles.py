"""`make bench-doubles`: how many simple requests a second each double answers with much inside, and in how much memory.

Each double runs in a process of its own, is filled, and is then asked over a few connections that are kept open. What
is written to `out/bench-doubles.json` was measured on this machine in this run; the requests a second include the cost
of the client that asks.
"""

from __future__ import annotations

import argparse
import base64
import http.client
import json
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from local.processes import LISTENING_LINE, REPOSITORY_ROOT, ChildProcesses

CONNECTIONS = 4
REQUESTS_PER_KIND = 2_000
HELD = 100_000
CREATED_PER_KIND = 500
_PAGES_WALKED = 40
_LONG_AGO = "2020-01-01T00:00:00Z"
_CONNECT_SECONDS = 120


@dataclass(frozen=True, slots=True)
class Target:
    """One running double: where it listens and its process."""

    url: str
    process_id: int

    def memory_megabytes(self) -> float:
        """Resident memory of the process."""
        status = Path(f"/proc/{self.process_id}/status").read_text()
        kibibytes = next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS:"))
        return round(int(kibibytes) / 1024, 1)

    def connect(self) -> http.client.HTTPConnection:
        """A connection that is kept open."""
        parts = urlsplit(self.url)
        return http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=_CONNECT_SECONDS)

    def ask(self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None) -> Any:
        """One call on a connection of its own; raises RuntimeError when it is refused."""
        connection = self.connect()
        text = body if isinstance(body, str) else None if body is None else json.dumps(body)
        return json.loads(_call(connection, _Request(method, path, text, dict(headers or {}))))


@dataclass(frozen=True, slots=True)
class _Request:
    method: str
    path: str
    body: str | None
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Measured:
    """One kind of call."""

    requests: int
    seconds: float
    requests_per_second: int


def measure(target: Target, requests: Sequence[_Request]) -> Measured:
    """Send the requests over a few connections at once and count."""
    shares = [requests[number::CONNECTIONS] for number in range(CONNECTIONS)]
    failures: list[Exception] = []

    def work(share: Sequence[_Request]) -> None:
        connection = target.connect()
        try:
            for request in share:
                _call(connection, request)
        except (OSError, RuntimeError) as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(share,)) for share in shares]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - began
    if failures:
        raise RuntimeError(f"a measured call failed: {failures[0]}")
    return Measured(len(requests), round(seconds, 3), round(len(requests) / seconds))


def commercetools_requests(target: Target) -> dict[str, list[_Request]]:
    """The simple calls of an integration, against a project that holds many orders."""
    form = {"Content-Type": "application/x-www-form-urlencoded", **_basic("demo-client", "demo-secret")}
    token = target.ask("POST", "/oauth/token", urlencode({"grant_type": "client_credentials"}), form)["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    orders = target.ask("GET", "/demo/orders?limit=500&withTotal=false", headers=headers)["results"]
    entries = target.ask("GET", "/demo/inventory?limit=500&withTotal=false", headers=headers)["results"]
    changed = [
        quote(f'lastModifiedAt > "{order["lastModifiedAt"]}" or (lastModifiedAt = "{order["lastModifiedAt"]}"')
        + quote(f' and id > "{order["id"]}")')
        for order in orders
    ]
    since = [quote('createdAt >= "' + order["createdAt"] + '"') for order in orders]
    of_sku = [quote('sku = "' + entry["sku"] + '"') for entry in entries]
    confirm = [{"action": "changeOrderState", "orderState": "Confirmed"}]
    quantity = [{"action": "changeQuantity", "quantity": 7}]
    return {
        "orders.get": [_Request("GET", f"/demo/orders/{order['id']}", None, headers) for order in orders],
        "orders.get by number": [
            _Request("GET", f"/demo/orders/order-number={order['orderNumber']}", None, headers) for order in orders
        ],
        "orders.query one page of 20": [
            _Request("GET", f"/demo/orders?where={where}&sort=createdAt+asc&withTotal=false", None, headers)
            for where in since
        ],
        "orders.query the next page of what changed": [
            _Request(
                "GET",
                f"/demo/orders?where={where}&sort=lastModifiedAt+asc&sort=id+asc&withTotal=false",
                None,
                headers,
            )
            for where in changed
        ],
        "inventory.query by SKU": [
            _Request("GET", f"/demo/inventory?where={where}", None, headers) for where in of_sku
        ],
        "orders.update": [_update("orders", order, confirm, headers) for order in orders],
        "inventory.update": [_update("inventory", entry, quantity, headers) for entry in entries],
        "orders.import": [
            _Request("POST", "/demo/orders/import", json.dumps(_order_import(f"BENCH-{n}")), headers)
            for n in range(CREATED_PER_KIND)
        ],
    }


def deposco_requests(target: Target) -> dict[str, list[_Request]]:
    """The simple calls of an integration, against an account that holds many orders and items."""
    form = {"Content-Type": "application/x-www-form-urlencoded", **_basic("demo-client", "demo-secret")}
    refresh = urlencode({"grant_type": "refresh_token", "refresh_token": "demo-refresh"})
    token = target.ask("POST", "/oauth2/token", refresh, form)["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    v1 = _basic("demo-user", "demo-password")
    orders_path, items_path = "/latest/orders/salesOrders", "/latest/items"
    orders, next_pages = _walk(target, f"{orders_path}?updatedAfter={_LONG_AGO}&pageSize=25", headers)
    items, _ = _walk(target, f"{items_path}?pageSize=100", headers)

    def get(paths: Sequence[str]) -> list[_Request]:
        return [_Request("GET", path, None, headers) for path in paths]

    return {
        "orders.get": get([f"{orders_path}/{order['self']['id']}" for order in orders]),
        "orders.list by number": get([f"{orders_path}?number={order['number']}" for order in orders]),
        "orders.list updated since, the first page of 25": get([f"{orders_path}?updatedAfter={_LONG_AGO}"]),
        "orders.list updated since, the next pages of 25": get(next_pages),
        "items.get": get([f"{items_path}/{item['self']['id']}" for item in items]),
        "V1 order status": [
            _Request("GET", f"/integration/demo/status/order/Sales%20Order/{order['number']}", None, v1)
            for order in orders
        ],
        "V1 availability of one item": [
            _Request("GET", f"/integration/demo/enterpriseinventory/DEMO/availability?itemNumbers={number}", None, v1)
            for number in (item["number"] for item in items[:CREATED_PER_KIND])
        ],
        "orders.upsert of one that is there": [
            _Request("POST", orders_path, json.dumps(_changed_order(order)), headers) for order in orders
        ],
        "orders.upsert of a new one": [
            _Request("POST", orders_path, json.dumps({**_changed_order(orders[0]), "number": f"BENCH-{n}"}), headers)
            for n in range(CREATED_PER_KIND)
        ],
    }


def _walk(target: Target, path: str, headers: Mapping[str, str]) -> tuple[list[Any], list[str]]:
    """The entities of the first pages of a list, and the addresses of the pages behind the first."""
    entities: list[Any] = []
    addresses: list[str] = []
    for _ in range(_PAGES_WALKED):
        page = target.ask("GET", path, headers=headers)
        entities += page["data"]
        address = urlsplit(next(link["href"] for link in page["links"] if link["rel"] == "next"))
        path = f"{address.path}?{address.query}"
        addresses.append(path)
    return entities, addresses


def _changed_order(order: Mapping[str, Any]) -> dict[str, Any]:
    """A seeded order as a caller sends it again, with another note."""
    sent = {name: order[name] for name in ("number", "shipToContact", "shipToAddress")}
    sent["businessUnit"] = {"businessKey": order["businessUnit"]["businessKey"]}
    row = order["orderLines"]["data"][0]
    line = {name: row[name] for name in ("lineNumber", "orderPackQuantity")}
    references = {name: {"businessKey": row[name]["businessKey"]} for name in ("item", "pack")}
    return {**sent, "otherReferenceNumber": "bench", "orderLines": {"data": [{**line, **references}]}}


def _order_import(number: str) -> dict[str, Any]:
    """An order of one line as a shop's import sends it."""
    price = {"currencyCode": "EUR", "centAmount": 1990}
    line = {"name": {"en": "Shirt"}, "variant": {"sku": "SKU-0000001"}, "quantity": 1, "price": {"value": price}}
    return {"orderNumber": number, "totalPrice": price, "lineItems": [line]}


@dataclass(frozen=True, slots=True)
class Subject:
    """One double to measure: how to start it, what to fill it with, and what to ask."""

    module: str
    arguments: tuple[str, ...]
    seed: tuple[Mapping[str, int], ...]
    requests: Callable[[Target], dict[str, list[_Request]]]


def subjects(held: int) -> dict[str, Subject]:
    """Both doubles, each filled with `held` orders and `held` items or entries."""
    return {
        "commercetools": Subject(
            "local.commercetools_double",
            ("--seed", "1"),
            ({"orders": held}, {"inventory": held}),
            commercetools_requests,
        ),
        # Without its call limit, which is not what is measured here.
        "deposco": Subject(
            "local.deposco_double", ("--rate", "0"), ({"items": held, "orders": held},), deposco_requests
        ),
    }


def bench(subject: Subject, processes: ChildProcesses) -> dict[str, Any]:
    """Start, fill and measure one double."""
    command = [sys.executable, "-m", subject.module, *subject.arguments]
    child = processes.start(subject.module, command, working_directory=REPOSITORY_ROOT)
    url = child.wait_for_output(LISTENING_LINE, timeout_seconds=20)["url"]
    target = Target(url, child.pid)
    empty = target.memory_megabytes()
    began = time.perf_counter()
    for wanted in subject.seed:
        target.ask("POST", "/_admin/seed", wanted)
    seconds = round(time.perf_counter() - began, 1)
    kinds = {}
    for kind, requests in subject.requests(target).items():
        # An update is measured once for each resource; a read may be repeated.
        repeats = 1 if requests[0].method == "POST" else -(-REQUESTS_PER_KIND // len(requests))
        kinds[kind] = asdict(measure(target, requests * repeats))
    return {
        "held": {name: count for wanted in subject.seed for name, count in wanted.items()},
        "fill_seconds": seconds,
        "memory_megabytes": {"empty": empty, "filled and measured": target.memory_megabytes()},
        "kinds": kinds,
    }


def main() -> None:
    """Measure both doubles, print and write the results."""
    parser = argparse.ArgumentParser(prog="python -m local.bench_doubles", description=__doc__)
    parser.add_argument("--held", type=int, default=HELD, help="orders, and items or entries, inside each")
    parser.add_argument("--out", type=Path, default=REPOSITORY_ROOT / "out" / "bench-doubles.json")
    parser.add_argument("--only", choices=["commercetools", "deposco"], help="measure one of them")
    given = parser.parse_args()
    results = {}
    for name, subject in subjects(given.held).items():
        if given.only in (None, name):
            with ChildProcesses() as processes:
                results[name] = bench(subject, processes)
            print(f"{name}: {json.dumps(results[name], indent=2)}", flush=True)
    given.out.parent.mkdir(parents=True, exist_ok=True)
    given.out.write_text(json.dumps(results, indent=2) + "\n")
    print(f"written to {given.out}")


def _update(path: str, resource: Mapping[str, Any], actions: Sequence[Any], headers: Mapping[str, str]) -> _Request:
    body = json.dumps({"version": resource["version"], "actions": actions})
    return _Request("POST", f"/demo/{path}/{resource['id']}", body, headers)


def _call(connection: http.client.HTTPConnection, request: _Request) -> bytes:
    connection.request(request.method, request.path, body=request.body, headers=dict(request.headers))
    answer = connection.getresponse()
    body = answer.read()
    if answer.status >= 400:
        raise RuntimeError(f"{request.method} {request.path} answered {answer.status}: {body[:200]!r}")
    return body


def _basic(name: str, secret: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{name}:{secret}".encode()).decode()}


if __name__ == "__main__":
    main()
