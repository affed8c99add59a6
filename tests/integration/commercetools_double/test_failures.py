"""The ways the double fails when it is told to, and who may call it at all."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from local.commercetools_double.bodies import Json
from local.commercetools_double.double import CommercetoolsDouble
from local.commercetools_double.project import Settings
from local.double_server import serving_in_thread
from tests.integration.commercetools_double.shop import Queue, Shop, order_import


def fault(shop: Shop, do: str, kind: str = "orders.update", **fields: Any) -> None:
    shop.admin("POST", "faults", {"seed": 7, "rules": [{"match": {"kind": kind}, "do": do, **fields}]})


def confirm(shop: Shop, order: Json) -> requests.Response:
    action = {"action": "changeOrderState", "orderState": "Confirmed"}
    return shop.call("POST", f"orders/{order['id']}", {"version": order["version"], "actions": [action]})


@pytest.mark.parametrize(("status", "code"), [(500, "General"), (502, "BadGateway"), (503, "OverCapacity")])
def test_an_injected_status_speaks_commercetools_and_does_nothing(shop: Shop, status: int, code: str) -> None:
    order = shop.imported()
    fault(shop, "status", status=status)
    answer = confirm(shop, order)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (status, code)
    assert shop.get(f"orders/{order['id']}") == order


def test_a_rule_may_bring_its_own_body_and_headers(shop: Shop) -> None:
    order = shop.imported()
    fault(shop, "status", status=429, body="slow down", headers={"Retry-After": "3"})
    answer = confirm(shop, order)
    assert (answer.status_code, answer.text, answer.headers["Retry-After"]) == (429, "slow down", "3")


def test_a_500_may_have_happened(shop: Shop) -> None:
    order = shop.imported()
    fault(shop, "status_after_effect", status=500)
    assert confirm(shop, order).status_code == 500
    assert shop.get(f"orders/{order['id']}")["orderState"] == "Confirmed"


@pytest.mark.parametrize(("do", "state"), [("cut_before", "Open"), ("down", "Open"), ("cut_after", "Confirmed")])
def test_a_cut_connection_gives_no_answer(shop: Shop, do: str, state: str) -> None:
    order = shop.imported()
    fault(shop, do)
    with pytest.raises(requests.ConnectionError):
        confirm(shop, order)
    assert shop.get(f"orders/{order['id']}")["orderState"] == state


def test_an_order_whose_creation_failed_may_have_been_told(shop: Shop) -> None:
    shop.subscribe()
    fault(shop, "status_after_effect", kind="orders.import", status=500)
    assert shop.call("POST", "orders/import", order_import("WEB-1")).status_code == 500
    assert shop.types() == ["OrderImported"]


def test_a_stale_read_answers_as_of_some_time_ago(shop: Shop) -> None:
    shop.admin("POST", "clock", {"set": "2026-03-01T10:00:00Z"})
    order = shop.imported()
    shop.admin("POST", "clock", {"advance_seconds": 60})
    confirm(shop, order)
    fault(shop, "stale_read", kind="orders.*", seconds=30)
    assert shop.get(f"orders/{order['id']}") == order
    assert shop.get("orders", where='orderState = "Open"')["results"] == [order]


def test_what_was_not_there_yet_is_not_found_by_a_stale_read(shop: Shop) -> None:
    order = shop.imported()
    fault(shop, "stale_read", kind="orders.*", seconds=30)
    assert shop.call("GET", f"orders/{order['id']}").status_code == 404
    assert shop.get("orders")["results"] == []


def test_a_query_delayed_beyond_its_limit_is_cut() -> None:
    double = CommercetoolsDouble(transport=Queue(), settings=Settings(query_limit_seconds=0.01))
    with serving_in_thread(double) as url:
        shop = Shop(url, double, Queue())
        order = shop.imported()
        fault(shop, "delay", kind="orders.*", seconds=0.02)
        cut, whole = shop.call("GET", "orders"), shop.call("GET", f"orders/{order['id']}")
    assert (cut.status_code, cut.json()["errors"][0]["code"]) == (503, "QueryTimedOut")
    assert whole.status_code == 200


def test_expired_tokens_get_401_until_a_new_one_is_had(shop: Shop) -> None:
    order = shop.imported()
    fault(shop, "expire_token", limit=1)
    answer = confirm(shop, order)
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_token")
    shop.http.headers["Authorization"] = f"Bearer {shop.token()}"
    assert confirm(shop, order).status_code == 200


def test_a_token_runs_out_by_the_clock(shop: Shop) -> None:
    shop.admin("POST", "clock", {"advance_seconds": 172_801})
    assert shop.call("GET", "orders").status_code == 401


def test_a_wrong_secret_gets_no_token(shop: Shop) -> None:
    answer = requests.post(
        f"{shop.url}/oauth/token", data={"grant_type": "client_credentials"}, auth=("demo-client", "x"), timeout=5
    )
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


def test_a_call_without_a_token_is_refused(shop: Shop) -> None:
    assert requests.get(f"{shop.url}/demo/orders", timeout=5).status_code == 401


@pytest.mark.parametrize(
    ("scope", "method", "path", "status"),
    [
        ("view_orders", "GET", "orders", 200),
        ("manage_orders", "GET", "orders", 200),
        ("view_orders", "POST", "orders/import", 403),
        ("manage_orders", "GET", "inventory", 403),
        ("view_products", "GET", "inventory", 200),
        ("view_products", "POST", "inventory", 403),
        ("view_messages", "GET", "messages", 200),
        ("manage_project", "GET", "payments", 200),
    ],
)
def test_a_scope_allows_what_it_names(shop: Shop, scope: str, method: str, path: str, status: int) -> None:
    shop.http.headers["Authorization"] = f"Bearer {shop.token(scope=f'{scope}:demo')}"
    answer = shop.call(method, path, {} if method == "POST" else None)
    assert answer.status_code == status
    if status == 403:
        assert answer.json()["error"] == "insufficient_scope"


def test_calls_are_counted_by_kind_and_status_and_admin_calls_are_not(shop: Shop) -> None:
    shop.admin("POST", "calls/reset")
    order = shop.imported()
    shop.get(f"orders/{order['id']}")
    shop.get("orders/order-number=WEB-1")
    shop.call("GET", "orders/none")
    fault(shop, "cut_before", kind="payments.*")
    with pytest.raises(requests.ConnectionError):
        shop.call("GET", "payments")
    assert shop.admin("GET", "calls") == {
        "total": 5,
        "kinds": {"orders.import": 1, "orders.get": 3, "payments.query": 1},
        "statuses": {"201": 1, "200": 2, "404": 1, "cut": 1},
    }


def test_the_admin_tells_what_rules_did_and_lifts_them(shop: Shop) -> None:
    fault(shop, "status", kind="orders.query", status=503, name="blink")
    shop.call("GET", "orders")
    assert shop.admin("GET", "faults")["rules"] == [{"name": "blink", "do": "status", "seen": 1, "fired": 1}]
    shop.admin("DELETE", "faults")
    assert shop.call("GET", "orders").status_code == 200


def test_a_plan_that_cannot_be_read_is_refused(shop: Shop) -> None:
    answer = requests.post(f"{shop.url}/_admin/faults", json={"rules": [{"do": "explode"}]}, timeout=5)
    assert answer.status_code == 400
    assert "explode" in answer.json()["error"]


def test_state_shows_counts_and_bodies(shop: Shop) -> None:
    order = shop.imported()
    state = shop.admin("GET", "state?include=orders,channels")
    assert state["counts"]["orders"] == 1
    assert (state["orders"], state["channels"]) == ([order], [])


def test_a_reset_forgets_everything(shop: Shop) -> None:
    shop.imported()
    shop.admin("POST", "clock", {"set": "2026-03-01T10:00:00Z"})
    shop.admin("POST", "reset")
    assert shop.admin("GET", "state")["counts"]["orders"] == 0
    assert shop.call("GET", "orders").status_code == 401
    shop.http.headers["Authorization"] = f"Bearer {shop.token()}"
    assert shop.imported()["version"] == 1


def test_seeded_orders_are_whole_and_numbered(shop: Shop) -> None:
    shop.admin("POST", "seed", {"orders": 30, "inventory": 10})
    page = shop.get("orders", limit=500)
    assert page["total"] == 30
    assert page["results"][0]["orderNumber"] == "SEED-0000001"
    assert shop.get("inventory", where='sku = "SKU-0000003"')["count"] == 1


@pytest.mark.parametrize(("body", "words"), [("{", "Expecting"), ("[]", "object"), ("{}", "version")])
def test_a_body_of_another_shape_is_refused_with_what_is_wrong(shop: Shop, body: str, words: str) -> None:
    order = shop.imported()
    answer = shop.http.post(f"{shop.url}/demo/orders/{order['id']}", data=body, timeout=5)
    error = answer.json()["errors"][0]
    assert (answer.status_code, error["code"]) == (400, "InvalidJsonInput")
    assert words in error["detailedErrorMessage"]


def test_an_address_that_does_not_exist_is_not_found(shop: Shop) -> None:
    assert shop.call("GET", "no-such-thing").status_code == 404


def test_a_stale_query_counts_everything_that_was_there(shop: Shop) -> None:
    shop.admin("POST", "clock", {"set": "2026-03-01T10:00:00Z"})
    for number in ("WEB-1", "WEB-2", "WEB-3"):
        shop.imported(number)
    shop.admin("POST", "clock", {"advance_seconds": 60})
    shop.imported("WEB-4")
    fault(shop, "stale_read", kind="orders.*", seconds=30)
    page = shop.get("orders", limit=1)
    assert (page["count"], page["total"]) == (1, 3)


def test_an_outage_lasts_for_a_while_by_the_doubles_clock(shop: Shop) -> None:
    shop.admin("POST", "clock", {"set": "2026-03-01T10:00:00Z"})
    fault(shop, "down", kind="*", when={"between_seconds": [60, 120]})
    statuses = [shop.call("GET", "orders").status_code]
    shop.admin("POST", "clock", {"advance_seconds": 60})
    with pytest.raises(requests.ConnectionError):
        shop.call("GET", "orders")
    shop.admin("POST", "clock", {"advance_seconds": 60})
    assert [*statuses, shop.call("GET", "orders").status_code] == [200, 200]


@pytest.mark.parametrize(("effect", "held"), [(False, 0), (True, 1)])
def test_a_blank_200_tells_nothing_of_what_happened(shop: Shop, effect: bool, held: int) -> None:
    fault(shop, "empty_200", kind="orders.import", effect=effect)
    answer = shop.call("POST", "orders/import", order_import("WEB-1"))
    assert (answer.status_code, answer.content) == (200, b"")
    assert shop.admin("GET", "state")["counts"]["orders"] == held


def what_a_day_meets(seed: int) -> tuple[list[str], list[str]]:
    """How thirty imports fared, and the order numbers told, in the order in which they arrived."""
    rules = [
        {"match": {"kind": "orders.import"}, "when": {"probability": 0.2}, "do": "cut_after"},
        {"match": {"kind": "orders.*"}, "when": {"probability": 0.2}, "do": "status", "status": 503},
        {"match": {"kind": "subscription.deliver"}, "when": {"probability": 0.2}, "do": "lose"},
        {"match": {"kind": "subscription.deliver"}, "when": {"probability": 0.2}, "do": "repeat"},
        {"match": {"kind": "subscription.deliver"}, "when": {"probability": 0.3}, "do": "reorder"},
    ]
    queue = Queue()
    double = CommercetoolsDouble(transport=queue, seed=1)
    with serving_in_thread(double) as url:
        shop = Shop(url, double, queue)
        shop.admin("POST", "clock", {"set": "2026-03-01T10:00:00Z"})
        shop.subscribe()
        shop.admin("POST", "faults", {"seed": seed, "rules": rules})
        met = []
        for number in range(30):
            try:
                met.append(str(shop.call("POST", "orders/import", order_import(f"WEB-{number}")).status_code))
            except requests.ConnectionError:
                met.append("cut")
        return met, [message["order"]["orderNumber"] for message in shop.settled()]


def test_the_same_seed_gives_the_same_day_to_the_last_message() -> None:
    met, told = what_a_day_meets(5)
    assert (met, told) == what_a_day_meets(5)
    assert set(met) == {"201", "503", "cut"}
    assert len(told) > len(set(told))
    assert told != sorted(told, key=lambda number: int(number.removeprefix("WEB-")))


def test_another_seed_gives_another_day() -> None:
    assert what_a_day_meets(5) != what_a_day_meets(6)
