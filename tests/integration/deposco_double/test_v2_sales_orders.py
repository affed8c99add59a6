"""What V2 takes of a sales order, and when."""

from __future__ import annotations

from typing import Any

import pytest

from local.deposco_double import statuses
from tests.integration.deposco_double.caller import Caller, line, lines_of, order

ORDERS = "/orders/salesOrders"


def in_status(caller: Caller, status: str) -> Any:
    placed = caller.place("A-1", line("1", packs=2), line("2", "SKU-000002"))
    caller.warehouse("status", order="A-1", status=status)
    return placed


def cancellation(number: str, packs: float | None = None) -> dict[str, Any]:
    quantity = {} if packs is None else {"canceledPackQuantity": packs}
    return {"orderLines": [{"orderLine": {"businessKey": {"lineNumber": number}}, **quantity}]}


def test_an_order_comes_back_whole_with_its_lines(caller: Caller) -> None:
    placed = caller.place("A-1", line("1", packs=2))
    assert placed["orderStatus"] == "New"
    assert lines_of(placed)["1"]["item"]["businessKey"]["number"] == "SKU-000001"
    assert lines_of(placed)["1"]["orderPackQuantity"] == 2
    assert caller.get(f"{ORDERS}/{placed['self']['id']}") == placed


def test_the_same_number_again_is_the_same_order(caller: Caller) -> None:
    first = caller.place("A-1")
    assert caller.place("A-1", shipVia="AIR")["self"] == first["self"]
    assert caller.state()["counts"]["orders"] == 1


def test_an_identical_repeat_moves_nothing(caller: Caller) -> None:
    first = caller.place("A-1")
    caller.pass_time(60)
    assert caller.place("A-1") == first


def test_an_absent_property_stays_and_a_null_clears(caller: Caller) -> None:
    caller.place("A-1", orderSource="SHOP", seller="me")
    changed = caller.place("A-1", seller=None)
    assert changed["orderSource"] == "SHOP"
    assert "seller" not in changed


def test_lines_of_a_second_request_join_those_of_the_first(caller: Caller) -> None:
    for start in (1, 101):
        caller.place("A-1", *(line(str(n)) for n in range(start, start + 100)))
    (stored,) = caller.state("orders")["orders"]
    assert len(stored["orderLines"]["data"]) == 200


def test_more_than_a_hundred_lines_are_refused_by_name_count_and_limit(caller: Caller) -> None:
    message = caller.refused(ORDERS, order("A-1", *(line(str(n)) for n in range(101))))
    assert all(part in message for part in ("A-1", "101", "100"))
    assert caller.state()["counts"]["orders"] == 0


def test_nested_lines_are_cut_at_ten_and_the_rest_is_read_in_pages(caller: Caller) -> None:
    placed = caller.place("A-1", *(line(str(n)) for n in range(23)))
    nested = placed["orderLines"]
    assert (len(nested["data"]), nested["complete"], nested["links"]) == (10, False, [])
    page = caller.get(f"{ORDERS}/{placed['self']['id']}/orderLines", pageSize=10)
    seen = [row["lineNumber"] for row in page["data"]]
    while not page["complete"]:
        page = caller.get(next(link["href"] for link in page["links"] if link["rel"] == "next"))
        seen += [row["lineNumber"] for row in page["data"]]
    assert sorted(seen, key=int) == [str(n) for n in range(23)]
    assert page["pages"] == 3


def test_an_unknown_item_fails_the_whole_order_and_names_its_key(caller: Caller) -> None:
    message = caller.refused(ORDERS, order("A-1", line("1"), line("2", "GONE")), status=404)
    assert "GONE" in message
    assert "DEMO" in message
    assert caller.state()["counts"]["orders"] == 0


def test_a_value_too_long_is_named_with_its_path_and_size(caller: Caller) -> None:
    address = {"line1": "x" * 65}
    message = caller.refused(ORDERS, order("A-1", shipToAddress=address))
    assert "shipToAddress.line1" in message
    assert "between 0 and 64" in message


@pytest.mark.parametrize("missing", ["businessUnit", "number", "shipToContact", "shipToAddress"])
def test_what_is_required_must_be_sent(caller: Caller, missing: str) -> None:
    body = order("A-1")
    del body[missing]
    assert missing in caller.refused(ORDERS, body)


def test_properties_nobody_knows_are_ignored(caller: Caller) -> None:
    assert "attention" not in caller.place("A-1", attention="Ada")


def test_the_status_in_the_body_counts_when_creating_only(caller: Caller) -> None:
    assert caller.place("A-1", orderStatus="Hold")["orderStatus"] == "Hold"
    caller.refused(ORDERS, order("A-1", orderStatus="New"))


def test_another_business_unit_may_use_the_same_number(caller: Caller) -> None:
    caller.admin("seed", {"business_unit": "OTHER", "items": 1})
    caller.place("A-1")
    other = order("A-1", businessUnit={"businessKey": {"code": "OTHER"}})
    other["orderLines"]["data"][0]["item"]["businessKey"]["businessUnit.code"] = "OTHER"
    caller.post(ORDERS, other)
    assert caller.state()["counts"]["orders"] == 2


@pytest.mark.parametrize("status", statuses.IN_ORDER)
def test_attributes_change_in_the_documented_statuses_only(caller: Caller, status: str) -> None:
    in_status(caller, status)
    answer = caller.v2("POST", ORDERS, order("A-1", line("1", packs=2), line("2", "SKU-000002"), shipVia="AIR"))
    assert answer.status_code == (200 if status in statuses.EDITABLE else 400)


@pytest.mark.parametrize("status", statuses.IN_ORDER)
def test_lines_are_added_in_the_documented_statuses_only(caller: Caller, status: str) -> None:
    in_status(caller, status)
    answer = caller.v2("POST", ORDERS, order("A-1", line("3")))
    assert answer.status_code == (200 if status in statuses.EDITABLE else 400)


def test_a_quantity_grows_but_never_shrinks(caller: Caller) -> None:
    caller.place("A-1", line("1", packs=2))
    assert lines_of(caller.place("A-1", line("1", packs=3)))["1"]["orderPackQuantity"] == 3
    assert "decreased" in caller.refused(ORDERS, order("A-1", line("1", packs=2)))


def test_the_item_of_a_line_stays(caller: Caller) -> None:
    caller.place("A-1", line("1"))
    caller.refused(ORDERS, order("A-1", line("1", "SKU-000002")))


def test_after_a_partial_release_only_what_is_back_ordered_can_grow(caller: Caller) -> None:
    caller.admin("seed", {"stock": [{"item": "SKU-000001", "facility": "EAST", "quantity": 2}]})
    caller.place("A-1", line("1", packs=2), line("2", "SKU-000002"))
    caller.warehouse("release", order="A-1")
    grown = caller.place("A-1", line("2", "SKU-000002", packs=3))
    assert grown["orderStatus"] == "Partially Released"
    assert lines_of(grown)["2"]["orderPackQuantity"] == 3
    caller.refused(ORDERS, order("A-1", line("1", packs=3)))
    caller.refused(ORDERS, order("A-1", line("2", "SKU-000002", packs=4), shipVia="AIR"))


@pytest.mark.parametrize("status", statuses.IN_ORDER)
def test_a_whole_order_is_canceled_in_the_documented_statuses_only(caller: Caller, status: str) -> None:
    placed = in_status(caller, status)
    answer = caller.v2("POST", f"{ORDERS}/{placed['self']['id']}/cancellations")
    allowed = status in statuses.CANCELABLE | {statuses.DRAFT}
    assert answer.status_code == (200 if allowed else 400)
    assert (caller.read(placed)["orderStatus"] == "Canceled") == (allowed or status == "Canceled")
    if not allowed:
        assert status in answer.json()["errors"][0]["errorMessage"]


@pytest.mark.parametrize("status", statuses.IN_ORDER)
def test_a_line_is_canceled_in_the_documented_statuses_only(caller: Caller, status: str) -> None:
    placed = in_status(caller, status)
    answer = caller.v2("POST", f"{ORDERS}/{placed['self']['id']}/cancellations", cancellation("1"))
    # Nothing of this order has been released, so a partial release would leave all of it back-ordered.
    allowed = status in statuses.CANCELABLE | {statuses.PARTIALLY_RELEASED}
    assert answer.status_code == (200 if allowed else 400)


def test_a_line_released_in_part_can_still_grow(caller: Caller) -> None:
    caller.admin("seed", {"stock": [{"item": "SKU-000001", "facility": "EAST", "quantity": 2}]})
    placed = caller.place("A-1", line("1", packs=3))
    caller.warehouse("release", order="A-1")
    assert lines_of(caller.read(placed))["1"]["orderLineStatus"] == "Partial Released"
    assert lines_of(caller.place("A-1", line("1", packs=4)))["1"]["orderPackQuantity"] == 4


def test_after_a_partial_release_only_what_is_back_ordered_can_be_canceled(caller: Caller) -> None:
    caller.admin("seed", {"stock": [{"item": "SKU-000001", "facility": "EAST", "quantity": 2}]})
    placed = caller.place("A-1", line("1", packs=2), line("2", "SKU-000002"))
    caller.warehouse("release", order="A-1")
    path = f"{ORDERS}/{placed['self']['id']}/cancellations"
    caller.refused(path, cancellation("1"))
    assert lines_of(caller.post(path, cancellation("2")))["2"]["orderLineStatus"] == "Canceled"


def test_a_part_of_a_line_is_canceled_beside_what_was_ordered(caller: Caller) -> None:
    placed = caller.place("A-1", line("1", packs=5))
    after = caller.post(f"{ORDERS}/{placed['self']['id']}/cancellations", cancellation("1", 2))
    assert lines_of(after)["1"]["orderPackQuantity"] == 5
    assert lines_of(after)["1"]["canceledPackQuantity"] == 2
    assert after["orderStatus"] == "New"


def test_more_than_is_left_cannot_be_canceled(caller: Caller) -> None:
    placed = caller.place("A-1", line("1", packs=2))
    caller.refused(f"{ORDERS}/{placed['self']['id']}/cancellations", cancellation("1", 3))


def test_an_order_without_any_line_left_is_canceled(caller: Caller) -> None:
    placed = caller.place("A-1", line("1"))
    after = caller.post(f"{ORDERS}/{placed['self']['id']}/cancellations", cancellation("1"))
    assert after["orderStatus"] == "Canceled"


@pytest.mark.parametrize("status", statuses.IN_ORDER)
@pytest.mark.parametrize("target", ["New", "Hold", "Canceled", "Released"])
def test_the_status_moves_by_the_documented_table(caller: Caller, status: str, target: str) -> None:
    placed = in_status(caller, status)
    path = f"{ORDERS}/{placed['self']['id']}/status"
    answer = caller.v2("POST", f"{path}?value={target}")
    allowed = target in statuses.TRANSITIONS.get(status, ())
    assert answer.status_code == (200 if allowed else 400)
    assert caller.get(path)["orderStatus"] == (target if allowed else status)


def test_the_target_status_in_a_body_gets_an_empty_400(caller: Caller) -> None:
    placed = caller.place("A-1")
    answer = caller.v2("POST", f"{ORDERS}/{placed['self']['id']}/status", {"orderStatus": "Hold"})
    assert (answer.status_code, answer.content) == (400, b"")


def test_one_line_can_be_updated_at_its_own_address(caller: Caller) -> None:
    placed = caller.place("A-1", line("1"), line("2", "SKU-000002"))
    path = f"{ORDERS}/{placed['self']['id']}/orderLines/{lines_of(placed)['2']['self']['id']}"
    assert caller.post(path, line("2", "SKU-000002", packs=4))["orderPackQuantity"] == 4
    assert caller.get(path)["orderPackQuantity"] == 4


def test_an_optimistic_lock_is_a_fault_in_the_documented_shape(caller: Caller) -> None:
    rule = {"match": {"kind": "sales_orders.upsert"}, "when": {"nth": [1]}, "do": "status", "status": 409}
    caller.admin("faults", {"rules": [rule]})
    assert "try again" in caller.refused(ORDERS, order("A-1"), status=409)
    caller.place("A-1")


def test_an_order_written_unheard_is_there_all_the_same(caller: Caller) -> None:
    rule = {"match": {"kind": "sales_orders.upsert"}, "do": "status_after_effect", "status": 500, "limit": 1}
    caller.admin("faults", {"rules": [rule]})
    assert caller.v2("POST", ORDERS, order("A-1")).status_code == 500
    assert [row["number"] for row in caller.get(ORDERS, number="A-1")["data"]] == ["A-1"]


def test_a_stale_read_shows_the_order_as_it_was(caller: Caller) -> None:
    placed = caller.place("A-1", shipVia="GROUND")
    caller.pass_time(60)
    caller.place("A-1", shipVia="AIR")
    caller.pass_time(10)
    stale = {"match": {"kind": "sales_orders.get"}, "do": "stale_read", "seconds": 30}
    caller.admin("faults", {"rules": [stale]})
    assert caller.read(placed)["shipVia"] == "GROUND"


def test_calls_are_counted_by_kind(caller: Caller) -> None:
    caller.admin("calls/reset", {})
    caller.place("A-1")
    caller.refused(ORDERS, order("A-2", line("1", "GONE")), status=404)
    counted = caller.session.get(f"{caller.url}/_admin/calls", timeout=10).json()
    assert counted == {"total": 2, "kinds": {"sales_orders.upsert": 2}, "statuses": {"200": 1, "404": 1}}
