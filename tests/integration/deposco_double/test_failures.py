"""The ways the double fails when it is told to: every verb of the fault language, in both generations."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from local.deposco_double.double import DeposcoDouble
from local.deposco_double.settings import AccountSettings
from local.double_server import serving_in_thread
from tests.integration.deposco_double.caller import NOON, Caller, order

ORDERS = "/orders/salesOrders"
UPSERT = "sales_orders.upsert"
V1_ORDER = "orders/Sales Order/A-1"


def fault(caller: Caller, do: str, kind: str = UPSERT, **fields: Any) -> None:
    caller.admin("faults", {"seed": 7, "rules": [{"match": {"kind": kind}, "do": do, **fields}]})


def numbers(caller: Caller) -> list[str]:
    caller.session.delete(f"{caller.url}/_admin/faults", timeout=10)
    return [row["number"] for row in caller.get(ORDERS)["data"]]


@pytest.mark.parametrize("status", [400, 404, 409, 429, 500, 502, 503])
def test_an_injected_status_does_nothing(caller: Caller, status: int) -> None:
    fault(caller, "status", status=status)
    assert caller.v2("POST", ORDERS, order("A-1")).status_code == status
    assert numbers(caller) == []


def test_a_storm_of_429_has_empty_bodies_and_passes(caller: Caller) -> None:
    fault(caller, "status", kind="*", status=429, when={"between_seconds": [0, 30]})
    answers = [caller.v2("GET", ORDERS) for _ in range(3)]
    assert [(answer.status_code, answer.content) for answer in answers] == [(429, b"")] * 3
    caller.pass_time(30)
    assert caller.v2("GET", ORDERS).status_code == 200


def test_a_storm_may_promise_when_to_come_back(caller: Caller) -> None:
    fault(caller, "status", status=429, headers={"Retry-After": "2"})
    assert caller.v2("POST", ORDERS, order("A-1")).headers["Retry-After"] == "2"


@pytest.mark.parametrize(("do", "held"), [("cut_before", []), ("down", []), ("cut_after", ["A-1"])])
def test_a_cut_connection_gives_no_answer(caller: Caller, do: str, held: list[str]) -> None:
    fault(caller, do)
    with pytest.raises(requests.ConnectionError):
        caller.v2("POST", ORDERS, order("A-1"))
    assert numbers(caller) == held


def test_a_500_may_have_happened(caller: Caller) -> None:
    fault(caller, "status_after_effect", status=500)
    assert caller.v2("POST", ORDERS, order("A-1")).status_code == 500
    assert numbers(caller) == ["A-1"]


@pytest.mark.parametrize(("effect", "held"), [(False, []), (True, ["A-1"])])
def test_a_blank_200_tells_nothing_of_what_happened(caller: Caller, effect: bool, held: list[str]) -> None:
    fault(caller, "empty_200", effect=effect)
    answer = caller.v2("POST", ORDERS, order("A-1"))
    assert (answer.status_code, answer.content) == (200, b"")
    assert numbers(caller) == held


def test_a_delayed_call_is_carried_out(caller: Caller) -> None:
    fault(caller, "delay", seconds=0.001)
    caller.place("A-1")
    assert numbers(caller) == ["A-1"]


def test_an_outage_lasts_for_a_while_by_the_doubles_clock(caller: Caller) -> None:
    fault(caller, "down", kind="*", when={"between_seconds": [60, 120]})
    assert caller.v2("GET", ORDERS).status_code == 200
    caller.pass_time(60)
    with pytest.raises(requests.ConnectionError):
        caller.v2("GET", ORDERS)
    caller.pass_time(60)
    assert caller.v2("GET", ORDERS).status_code == 200


def test_expired_tokens_get_401_until_a_new_one_is_had(caller: Caller) -> None:
    fault(caller, "expire_token", limit=1)
    assert caller.v2("POST", ORDERS, order("A-1")).status_code == 401
    caller.authorize()
    caller.place("A-1")


def test_a_stale_list_shows_what_was_there(caller: Caller) -> None:
    caller.place("A-1")
    caller.pass_time(60)
    caller.place("A-2")
    fault(caller, "stale_read", kind="sales_orders.list", seconds=30)
    assert [row["number"] for row in caller.get(ORDERS)["data"]] == ["A-1"]


@pytest.mark.parametrize(("status", "text"), [(400, "Bad Request"), (404, "Not Found"), (429, ""), (503, "")])
def test_a_status_injected_into_v1_is_plain_text_or_empty(caller: Caller, status: int, text: str) -> None:
    fault(caller, "status", kind="v1.*", status=status)
    answer = caller.v1("GET", V1_ORDER)
    assert (answer.status_code, answer.text) == (status, text)
    assert not text or answer.headers["Content-Type"].startswith("text/plain")


def test_a_v1_call_may_be_cut_after_its_effect(caller: Caller) -> None:
    fault(caller, "cut_after", kind="v1.orders.put")
    body = {"businessUnit": "DEMO", "type": "Sales Order", "status": "New", "shipToAddress": {"name": "Ada"}}
    with pytest.raises(requests.ConnectionError):
        caller.v1("PUT", V1_ORDER, json=body)
    assert numbers(caller) == ["A-1"]


def statuses_of_a_day(seed: int) -> list[str]:
    """What thirty calls meet, each after ten seconds of the double's time."""
    rules = [
        {"match": {"kind": UPSERT}, "when": {"probability": 0.2}, "do": "cut_after"},
        {"match": {"kind": "sales_orders.*"}, "when": {"probability": 0.3}, "do": "status", "status": 429},
        {"match": {"kind": "*"}, "when": {"between_seconds": [100, 150]}, "do": "status", "status": 503},
    ]
    with serving_in_thread(DeposcoDouble(AccountSettings(rate_per_second=0), seed=1)) as url:
        caller = Caller(url)
        caller.admin("clock", {"set": NOON})
        caller.admin("seed", {"items": 1})
        caller.authorize()
        caller.admin("faults", {"seed": seed, "rules": rules})
        met = []
        for number in range(30):
            try:
                met.append(str(caller.v2("POST", ORDERS, order(f"A-{number}")).status_code))
            except requests.ConnectionError:
                met.append("cut")
            caller.pass_time(10)
        caller.session.close()
    return met


def test_the_same_seed_gives_the_same_day() -> None:
    first = statuses_of_a_day(3)
    assert first == statuses_of_a_day(3)
    assert {"200", "429", "503", "cut"} == set(first)


def test_another_seed_gives_another_day() -> None:
    assert statuses_of_a_day(3) != statuses_of_a_day(4)
