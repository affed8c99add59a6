"""A client as a stranger would write it from the vendor's public pages: plain HTTP, and mistakes a stranger makes."""

from __future__ import annotations

import threading
from typing import Any
from urllib.parse import quote

import pytest
import requests

from local.commercetools_double.bodies import Json
from tests.integration.commercetools_double.shop import Shop, line_import, order_import

CONFIRM = {"action": "changeOrderState", "orderState": "Confirmed"}


class Stranger:
    """Fetches a token with Basic auth and pages by id, as the documentation recommends."""

    def __init__(self, url: str) -> None:
        form = {"grant_type": "client_credentials", "scope": "manage_project:demo"}
        answer = requests.post(f"{url}/oauth/token", data=form, auth=("demo-client", "demo-secret"), timeout=10)
        self.headers = {"Authorization": f"{answer.json()['token_type']} {answer.json()['access_token']}"}
        self.url = f"{url}/demo"

    def ask(self, method: str, path: str, **options: Any) -> requests.Response:
        headers = {**self.headers, **options.pop("headers", {})}
        return requests.request(method, f"{self.url}/{path}", headers=headers, timeout=30, **options)

    def all_orders(self, size: int) -> list[str]:
        """The ids of all orders, page by page until one is not full."""
        ids: list[str] = []
        while True:
            query = {"sort": "id asc", "limit": str(size), "withTotal": "false"}
            if ids:
                query["where"] = f'id > "{ids[-1]}"'
            page = self.ask("GET", "orders", params=query).json()
            ids += [order["id"] for order in page["results"]]
            if page["count"] < size:
                return ids

    def update(self, order_id: str, version: int, *actions: Json) -> requests.Response:
        return self.ask("POST", f"orders/{order_id}", json={"version": version, "actions": list(actions)})


@pytest.fixture
def stranger(shop: Shop) -> Stranger:
    return Stranger(shop.url)


def test_more_than_a_thousand_orders_are_read_to_the_end(unwatched_shop: Shop) -> None:
    unwatched_shop.admin("POST", "seed", {"orders": 1001})
    ids = Stranger(unwatched_shop.url).all_orders(500)
    assert (len(ids), len(set(ids))) == (1001, 1001)


def test_pages_by_offset_meet_every_order_once(unwatched_shop: Shop) -> None:
    unwatched_shop.admin("POST", "seed", {"orders": 1001})
    stranger = Stranger(unwatched_shop.url)
    pages = [stranger.ask("GET", "orders", params={"limit": 500, "offset": n}).json() for n in (0, 500, 1000)]
    assert [(page["offset"], page["count"], page["total"]) for page in pages] == [
        (0, 500, 1001),
        (500, 500, 1001),
        (1000, 1, 1001),
    ]
    assert len({order["id"] for page in pages for order in page["results"]}) == 1001


def test_of_eight_writers_with_one_version_exactly_one_wins(shop: Shop, stranger: Stranger) -> None:
    order = shop.imported()
    gate = threading.Barrier(8)
    statuses: list[int] = []

    def write(number: int) -> None:
        gate.wait()
        action = {"action": "setPurchaseOrderNumber", "purchaseOrderNumber": f"PO-{number}"}
        statuses.append(stranger.update(order["id"], order["version"], action).status_code)

    run([threading.Thread(target=write, args=(number,)) for number in range(8)])
    assert sorted(statuses) == [200] + [409] * 7


def test_eight_writers_that_read_again_after_a_409_all_get_through(shop: Shop, stranger: Stranger) -> None:
    order = shop.imported()
    item = {"id": order["lineItems"][0]["id"], "quantity": 1}

    def write(number: int) -> None:
        version = order["version"]
        while True:
            action = {"action": "addDelivery", "deliveryKey": f"SHIP-{number}", "items": [item]}
            answer = stranger.update(order["id"], version, action)
            if answer.status_code != 409:
                return
            version = answer.json()["errors"][0]["currentVersion"]

    run([threading.Thread(target=write, args=(number,)) for number in range(8)])
    read = shop.get(f"orders/{order['id']}")
    assert {delivery["key"] for delivery in read["shippingInfo"]["deliveries"]} == {f"SHIP-{n}" for n in range(8)}
    assert read["version"] == order["version"] + 8


def run(threads: list[threading.Thread]) -> None:
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@pytest.mark.parametrize("number", ["#1001/ü", "a b", "Q?1=2&3", "1", "x" * 400])
def test_an_order_number_may_hold_anything(shop: Shop, stranger: Stranger, number: str) -> None:
    order = shop.imported(number)
    address = f"orders/order-number={quote(number, safe='')}"
    assert stranger.ask("GET", address).json()["id"] == order["id"]
    assert stranger.ask("POST", address, json={"version": 1, "actions": [CONFIRM]}).json()["orderNumber"] == number
    assert shop.get("orders", where="orderNumber = :n", **{"var.n": number})["count"] == 1


def test_an_empty_order_number_is_refused(shop: Shop) -> None:
    assert shop.refused("orders/import", order_import(""))["code"] == "InvalidInput"


def test_an_order_number_is_unique(shop: Shop) -> None:
    shop.imported("#1001")
    error = shop.refused("orders/import", order_import("#1001"))
    assert (error["code"], error["field"], error["duplicateValue"]) == ("DuplicateField", "orderNumber", "#1001")


@pytest.mark.parametrize("method", ["PUT", "PATCH", "OPTIONS"])
def test_a_method_nobody_described_is_answered_like_an_unknown_address(stranger: Stranger, method: str) -> None:
    answer = stranger.ask(method, "orders", json={})
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (404, "ResourceNotFound")


@pytest.mark.parametrize("path", ["/", "/demo", "/other/orders", "/demo/orders/", "/demo/orderz"])
def test_an_unknown_address_answers_404_with_a_body(shop: Shop, stranger: Stranger, path: str) -> None:
    answer = requests.get(f"{shop.url}{path}", headers=stranger.headers, timeout=10)
    assert (answer.status_code, answer.json()["statusCode"]) == (404, 404)


@pytest.mark.parametrize(
    ("data", "content_type"),
    [
        (b"", "application/json"),
        (b"{", "application/json"),
        (b"\xff\xfe", "application/json"),
        (b"version=1", "application/x-www-form-urlencoded"),
        (b"<version>1</version>", "application/xml"),
    ],
)
def test_what_is_no_json_is_refused_as_such(shop: Shop, stranger: Stranger, data: bytes, content_type: str) -> None:
    order = shop.imported()
    answer = stranger.ask("POST", f"orders/{order['id']}", data=data, headers={"Content-Type": content_type})
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "InvalidJsonInput")


@pytest.mark.parametrize(
    "action",
    [
        {},
        "confirm",
        {"action": "changeOrderState"},
        {"action": "changeOrderState", "orderState": "Foo"},
        {"action": "addDelivery", "items": "x"},
        {"action": "addDelivery", "items": ["x"]},
        {"action": "addDelivery", "parcels": 5},
        {"action": "addDelivery", "parcels": [5]},
        {"action": "addDelivery", "parcels": [{"trackingData": 5}]},
        {"action": "setShippingAddress", "address": "x"},
        {"action": "setParcelTrackingData", "parcelKey": "P", "trackingData": []},
        {"action": "updateSyncInfo"},
        {"action": "updateSyncInfo", "channel": "wms"},
        {"action": "addReturnInfo", "items": [1]},
        {"action": "addPayment", "payment": None},
        {"action": "transitionLineItemState", "lineItemId": "x", "quantity": "2"},
        {"action": "importLineItemState", "lineItemId": "x", "state": [1]},
        {"action": "setCustomType", "type": 5},
    ],
)
def test_an_action_of_another_shape_is_refused_and_never_a_500(shop: Shop, stranger: Stranger, action: Any) -> None:
    order = shop.imported()
    answer = stranger.update(order["id"], order["version"], action)
    assert answer.status_code == 400, answer.text
    assert shop.get(f"orders/{order['id']}") == order


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("payments", {"amountPlanned": {"currencyCode": "EUR", "centAmount": 1}, "transactions": [1]}),
        ("carts", {"currency": "EUR", "lineItems": [1]}),
        ("channels", {"key": "wms", "roles": "OrderExport"}),
        ("orders/import", {"totalPrice": {"currencyCode": "EUR", "centAmount": 1}, "lineItems": [1]}),
        ("inventory", {"sku": "A", "quantityOnStock": 1, "supplyChannel": "wms"}),
        ("types", {"key": "type", "name": {"en": "T"}, "resourceTypeIds": ["order"], "fieldDefinitions": [1]}),
        ("products", {"productType": {"key": "main"}, "name": {"en": "P"}, "slug": {"en": "p"}, "masterVariant": 1}),
        ("subscriptions", {"destination": 5, "messages": [{"resourceTypeId": "order"}]}),
        ("subscriptions", {"destination": {"type": "SQS"}, "messages": [5]}),
        ("extensions", {"destination": 5, "triggers": [5]}),
    ],
)
def test_a_draft_of_another_shape_is_refused_and_never_a_500(stranger: Stranger, path: str, body: Json) -> None:
    answer = stranger.ask("POST", path, json=body)
    assert answer.status_code == 400, answer.text


def test_a_large_order_is_taken_whole(shop: Shop, stranger: Stranger) -> None:
    draft = {**order_import("BIG"), "lineItems": [line_import(f"SKU-{n}") for n in range(1000)]}
    placed = stranger.ask("POST", "orders/import", json=draft)
    read = stranger.ask("GET", f"orders/{placed.json()['id']}")
    assert (placed.status_code, len(read.json()["lineItems"])) == (201, 1000)


def test_a_body_beyond_the_limit_is_refused(stranger: Stranger) -> None:
    answer = stranger.ask("POST", "orders/import", data=b'{"x":"' + b"x" * 16 * 1024 * 1024 + b'"}')
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "ResourceSizeLimitExceeded")


def test_an_expanded_reference_carries_its_object(shop: Shop, stranger: Stranger) -> None:
    channel = shop.channel("wms", "OrderExport")
    order = shop.imported()
    shop.update("orders", order, {"action": "updateSyncInfo", "channel": {"typeId": "channel", "key": "wms"}})
    page = stranger.ask("GET", "orders", params={"expand": ["syncInfo[*].channel", "no.such.path"]}).json()
    assert page["results"][0]["syncInfo"][0]["channel"]["obj"] == channel


def test_reserving_in_the_cart_is_refused_and_not_taken_for_something_else(stranger: Stranger) -> None:
    answer = stranger.ask("POST", "carts", json={"currency": "EUR", "inventoryMode": "ReserveOnCart"})
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "InvalidInput")
