"""A client as a stranger would write it from the vendor's public pages, and the mistakes a stranger makes."""

from __future__ import annotations

import threading
from typing import Any

import pytest
import requests

from local.deposco_double.double import DeposcoDouble
from local.deposco_double.settings import AccountSettings
from local.double_server import serving_in_thread
from tests.integration.deposco_double.caller import Caller, line, order

ORDERS = "/orders/salesOrders"
HELD = 1_205


def every_number(caller: Caller, path: str, **query: Any) -> list[str]:
    """The numbers of a whole list, followed by its `next` links until it says it is complete."""
    page = caller.get(path, **query)
    numbers = [row["number"] for row in page["data"]]
    while not page["complete"]:
        page = caller.get(next(link["href"] for link in page["links"] if link["rel"] == "next"))
        numbers += [row["number"] for row in page["data"]]
    return numbers


@pytest.mark.parametrize(
    "query", [{}, {"updatedAfter": "2020-01-01T00:00:00Z"}, {"businessUnit": "DEMO", "orderStatus": "New"}]
)
def test_more_than_a_thousand_orders_are_read_to_the_end_newest_first(caller: Caller, query: dict[str, str]) -> None:
    caller.admin("seed", {"orders": HELD})
    numbers = every_number(caller, ORDERS, pageSize=100, **query)
    assert numbers == [f"SEED-{n:06}" for n in range(HELD, 0, -1)]


def test_the_pages_of_a_list_follow_what_is_written(caller: Caller) -> None:
    caller.admin("seed", {"orders": 1_000})
    before = caller.get(ORDERS, pageSize=100)["pages"]
    caller.place("A-1")
    assert (before, caller.get(ORDERS, pageSize=100)["pages"]) == (10, 11)


def test_few_changed_orders_are_found_among_many(caller: Caller) -> None:
    caller.admin("seed", {"orders": HELD})
    caller.pass_time(60)
    caller.place("SEED-000003", shipVia="AIR")
    assert every_number(caller, ORDERS, updatedAfter="2026-03-02T12:00:30+00:00") == ["SEED-000003"]


def test_many_changed_orders_are_found_among_more(caller: Caller) -> None:
    """More than are sorted at once, and none of them among the newest."""
    caller.admin("seed", {"orders": HELD})
    caller.pass_time(60)
    for number in range(1, 1_101):
        body = order(f"SEED-{number:06}", line("1"), shipVia="AIR")
        del body["orderLines"]
        caller.post(ORDERS, body)
    changed = every_number(caller, ORDERS, updatedAfter="2026-03-02T12:00:30+00:00", pageSize=100)
    assert changed == [f"SEED-{n:06}" for n in range(1_100, 0, -1)]


def test_eight_writers_of_one_number_make_one_order(caller: Caller) -> None:
    statuses: list[int] = []
    gate = threading.Barrier(8)

    def write() -> None:
        gate.wait()
        answer = requests.post(
            f"{caller.url}/latest{ORDERS}",
            json=order("A-1"),
            headers={"Authorization": f"Bearer {caller.token}"},
            timeout=30,
        )
        statuses.append(answer.status_code)

    threads = [threading.Thread(target=write) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [200] * 8
    assert [row["number"] for row in caller.get(ORDERS, number="A-1")["data"]] == ["A-1"]


def test_eight_impatient_callers_meet_the_account_wide_rate() -> None:
    with serving_in_thread(DeposcoDouble(AccountSettings(rate_per_second=4))) as url:
        caller = Caller(url)
        caller.admin("clock", {"set": "2026-03-02T12:00:00Z"})
        caller.authorize()
        statuses = [caller.v2("GET", ORDERS).status_code for _ in range(8)]
        caller.session.close()
    assert statuses == [200] * 4 + [429] * 4


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"5", b"\xff\xfe", b"number=1"])
@pytest.mark.parametrize("path", [ORDERS, "/items", "/orders/customerOrders", "/async/bulkImports"])
def test_what_is_no_json_object_is_refused_in_the_documented_shape(caller: Caller, path: str, body: bytes) -> None:
    headers = {"Authorization": f"Bearer {caller.token}", "Content-Type": "application/json"}
    answer = requests.post(f"{caller.url}/latest{path}", data=body, headers=headers, timeout=10)
    assert (answer.status_code, list(answer.json())) == (400, ["errors"])


@pytest.mark.parametrize(
    "wrong",
    [
        {"orderLines": 5},
        {"orderLines": {"data": 5}},
        {"orderLines": {"data": [5]}},
        {"orderLines": {"data": [{"lineNumber": 5}]}},
        {"businessUnit": "DEMO"},
        {"businessUnit": {}},
        {"businessUnit": {"businessKey": "DEMO"}},
        {"shipToAddress": "1 Main Street"},
        {"shipFromFacility": {"id": "x"}},
        {"placedDate": "yesterday"},
    ],
)
def test_a_body_of_another_shape_is_refused_and_never_a_500(caller: Caller, wrong: dict[str, Any]) -> None:
    assert caller.v2("POST", ORDERS, {**order("A-1"), **wrong}).status_code in (400, 404)
    assert caller.get(ORDERS)["data"] == []


@pytest.mark.parametrize("path", ["orders", "orders/updates", "items", "items/updates"])
@pytest.mark.parametrize("body", [b"", b"{", b"5", b"[]", b"<orders", b"\xff"])
def test_a_batch_that_cannot_be_read_is_never_a_500(caller: Caller, path: str, body: bytes) -> None:
    assert caller.v1("POST", path, data=body).status_code in (207, 400)


@pytest.mark.parametrize(
    "wrong",
    [5, "A-1", {}, {"businessUnit": "DEMO", "number": "A-1", "orderLines": 5, "shipToAddress": "x", "pack": []}],
)
def test_an_order_of_another_shape_has_its_own_refusal(caller: Caller, wrong: Any) -> None:
    answer = caller.v1("POST", "orders", json={"order": [wrong]})
    assert answer.status_code == 207
    assert answer.json()["response"]["status"].split()[1] == "400"


@pytest.mark.parametrize("wrong", [{}, {"order": []}, {"order": 5}, [], 5])
def test_a_put_without_an_order_is_refused(caller: Caller, wrong: Any) -> None:
    assert caller.v1("PUT", "orders/Sales Order/A-1", json=wrong).status_code == 400


@pytest.mark.parametrize("wrong", [5, [5], [{"itemNumber": "SKU-000001", "value": "many"}]])
def test_a_reservation_of_another_shape_is_refused(caller: Caller, wrong: Any) -> None:
    body = {"company": "DEMO", "adjustments": wrong}
    assert caller.v1("POST", "ctrl/reserveInventoryAPI", json=body).status_code == 400


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_a_method_nobody_described_is_not_found(caller: Caller, method: str) -> None:
    assert caller.v2(method, ORDERS).status_code == 404


@pytest.mark.parametrize(
    "path", ["latest", "latest/orderz", "beta/items", "integration/demo/orderz", "integration/x/a"]
)
def test_an_unknown_address_is_404(caller: Caller, path: str) -> None:
    headers = {"Authorization": f"Bearer {caller.token}"}
    assert requests.get(f"{caller.url}/{path}", headers=headers, timeout=10).status_code == 404
