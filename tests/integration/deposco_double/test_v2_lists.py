"""Lists: newest first, a cursor that keeps its place, filters that know only what is documented."""

from __future__ import annotations

import pytest

from tests.integration.deposco_double.caller import Caller

ORDERS = "/orders/salesOrders"


def link(page: dict[str, list[dict[str, str]]], rel: str) -> str:
    return next(entry["href"] for entry in page["links"] if entry["rel"] == rel)


def test_a_list_is_newest_first_and_says_how_many_pages_there_are(caller: Caller) -> None:
    for n in range(5):
        caller.place(f"A-{n}")
    page = caller.get(ORDERS, pageSize=2)
    assert [row["number"] for row in page["data"]] == ["A-4", "A-3"]
    assert (page["pages"], page["complete"]) == (3, False)


def test_following_next_reads_every_row_once_and_says_when_it_is_over(caller: Caller) -> None:
    for n in range(5):
        caller.place(f"A-{n}")
    page = caller.get(ORDERS, pageSize=2)
    seen = [row["number"] for row in page["data"]]
    while not page["complete"]:
        page = caller.get(link(page, "next"))
        seen += [row["number"] for row in page["data"]]
    assert seen == ["A-4", "A-3", "A-2", "A-1", "A-0"]


def test_previous_leads_back(caller: Caller) -> None:
    for n in range(5):
        caller.place(f"A-{n}")
    first = caller.get(ORDERS, pageSize=2)
    last = caller.get(link(caller.get(link(first, "next")), "next"))
    back = caller.get(link(caller.get(link(last, "prev")), "prev"))
    assert [row["number"] for row in back["data"]] == ["A-4", "A-3"]
    assert [entry["rel"] for entry in back["links"]] == ["next"]


def test_rows_that_arrive_meanwhile_do_not_shift_the_pages(caller: Caller) -> None:
    for n in range(4):
        caller.place(f"A-{n}")
    page = caller.get(ORDERS, pageSize=2)
    caller.place("A-9")
    assert [row["number"] for row in caller.get(link(page, "next"))["data"]] == ["A-1", "A-0"]


def test_a_cursor_keeps_its_filter_and_overrides_other_parameters(caller: Caller) -> None:
    for n in range(3):
        caller.place(f"A-{n}")
        caller.place(f"B-{n}", orderStatus="Hold")
    page = caller.get(ORDERS, pageSize=1, orderStatus="Hold")
    rest = caller.get(link(page, "next") + "&orderStatus=New&pageSize=50")
    assert [row["number"] for row in rest["data"]] == ["B-1"]


def test_unknown_parameters_are_ignored(caller: Caller) -> None:
    caller.place("A-1")
    caller.place("A-2")
    assert len(caller.get(ORDERS, orderNumber="A-1", page=2)["data"]) == 2


@pytest.mark.parametrize(("parameter", "value"), [("number", "A-1"), ("orderStatus", "Hold"), ("businessUnit", "NONE")])
def test_documented_parameters_select(caller: Caller, parameter: str, value: str) -> None:
    caller.place("A-1", orderStatus="Hold")
    caller.place("A-2")
    expected = [] if value == "NONE" else ["A-1"]
    assert [row["number"] for row in caller.get(ORDERS, **{parameter: value})["data"]] == expected


def test_updated_after_finds_what_changed_later_and_not_what_changed_that_second(caller: Caller) -> None:
    old = caller.place("A-1")
    caller.place("A-2")
    caller.pass_time(60)
    changed = caller.place("A-1", shipVia="AIR")
    assert [row["number"] for row in caller.get(ORDERS, updatedAfter=old["updatedDate"])["data"]] == ["A-1"]
    assert caller.get(ORDERS, updatedAfter=changed["updatedDate"])["data"] == []


def test_created_after_does_not_mind_later_changes(caller: Caller) -> None:
    old = caller.place("A-1")
    caller.pass_time(60)
    caller.place("A-1", shipVia="AIR")
    caller.place("A-2")
    found = caller.get(ORDERS, createdAfter=old["createdDate"])["data"]
    assert [row["number"] for row in found] == ["A-2"]


def test_times_carry_the_accounts_offset_and_no_fraction(caller: Caller) -> None:
    assert caller.place("A-1", placedDate="2026-03-01T18:00:00.250Z")["placedDate"] == "2026-03-01T12:00:00-06:00"


def test_a_bound_that_is_no_instant_is_refused(caller: Caller) -> None:
    assert caller.v2("GET", ORDERS, updatedAfter="yesterday").status_code == 400


def test_a_cursor_nobody_can_read_is_refused(caller: Caller) -> None:
    assert caller.v2("GET", ORDERS, searchId="???").status_code == 400


def test_default_pages_hold_25_orders_and_50_items_and_never_more_than_100(caller: Caller) -> None:
    caller.admin("seed", {"items": 120, "orders": 120})
    assert len(caller.get(ORDERS)["data"]) == 25
    assert len(caller.get("/items")["data"]) == 50
    assert len(caller.get("/items", pageSize=500)["data"]) == 100


def test_what_v2_does_not_have_is_not_found(caller: Caller) -> None:
    assert caller.v2("GET", "/inventory/availability").status_code == 404
    assert caller.v2("GET", f"{ORDERS}/1").status_code == 404
