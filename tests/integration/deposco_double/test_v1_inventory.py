"""V1's stock reads: availability per facility, the delta by activity, reservations that fail under 200."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.deposco_double.caller import NOON, Caller, line


@pytest.fixture(autouse=True)
def stocked(caller: Caller) -> None:
    rows = [("SKU-000001", "EAST", 10), ("SKU-000001", "WEST", 2), ("SKU-000002", "WEST", 5)]
    caller.admin("seed", {"stock": [{"item": i, "facility": f, "quantity": q} for i, f, q in rows]})


def availability(caller: Caller, **query: Any) -> dict[str, Any]:
    query.setdefault("measures", "atpQty,totalOnHandQty")
    answer = caller.v1("GET", "enterpriseinventory/DEMO/availability", params=query)
    assert answer.headers["Content-Type"].startswith("application/xml")
    return {row["itemNumber"]: row for row in answer.json()["enterpriseInventory"]}


def cell(rows: dict[str, Any], item: str, facility: str) -> dict[str, Any]:
    found: dict[str, Any] = next(row for row in rows[item]["facilities"] if row["facility"] == facility)
    return found


def test_availability_nets_open_orders_per_facility(caller: Caller) -> None:
    caller.place("A-1", line("1", packs=3))
    rows = availability(caller)
    assert cell(rows, "SKU-000001", "EAST") == {"facility": "EAST", "atpQty": 7, "totalOnHandQty": 10}
    assert rows["SKU-000001"]["atpQty"] == 9


def test_from_which_status_orders_are_netted_is_a_setting(caller: Caller) -> None:
    caller.admin("settings", {"nets_from_status": "Released"})
    caller.place("A-1", line("1", packs=3))
    assert cell(availability(caller), "SKU-000001", "EAST")["atpQty"] == 10
    caller.warehouse("release", order="A-1")
    assert cell(availability(caller), "SKU-000001", "EAST")["atpQty"] == 7


def test_availability_goes_negative_when_more_is_owed_than_there_is(caller: Caller) -> None:
    caller.place("A-1", line("1", packs=13))
    assert cell(availability(caller), "SKU-000001", "EAST")["atpQty"] == -3


def test_facilities_items_and_measures_can_be_chosen(caller: Caller) -> None:
    rows = availability(caller, facilityNumbers="WEST", itemNumbers="SKU-000001", measures="atpQty")
    assert list(rows) == ["SKU-000001"]
    assert rows["SKU-000001"]["facilities"] == [{"facility": "WEST", "atpQty": 2}]


def test_a_measure_can_be_missing(caller: Caller) -> None:
    caller.admin("settings", {"missing_measures": ["SKU-000001|EAST|atpQty"]})
    assert cell(availability(caller), "SKU-000001", "EAST") == {"facility": "EAST", "totalOnHandQty": 10}


def test_availability_is_paged_until_a_page_is_empty(caller: Caller) -> None:
    pages = [list(availability(caller, pageSize=1, pageNumber=n)) for n in (1, 2, 3)]
    assert pages == [["SKU-000001"], ["SKU-000002"], []]


def test_availability_can_lag_behind(caller: Caller) -> None:
    caller.pass_time(600)
    caller.place("A-1", line("1", packs=3))
    caller.admin("settings", {"availability_lag_seconds": 300})
    assert cell(availability(caller), "SKU-000001", "EAST")["atpQty"] == 10
    caller.pass_time(300)
    assert cell(availability(caller), "SKU-000001", "EAST")["atpQty"] == 7


def test_a_stale_read_shows_the_stock_as_it_was(caller: Caller) -> None:
    caller.pass_time(600)
    caller.warehouse("adjust", item="SKU-000001", facility="EAST", quantity=-4)
    rule = {"match": {"kind": "v1.availability"}, "do": "stale_read", "seconds": 60}
    caller.admin("faults", {"rules": [rule]})
    assert cell(availability(caller), "SKU-000001", "EAST")["totalOnHandQty"] == 10


def full(caller: Caller, **query: Any) -> list[Any]:
    rows: Any = caller.v1("GET", "inventory/full", params=query).json()["itemInventory"]
    return rows if isinstance(rows, list) else [rows]


def test_the_full_read_shows_everything_and_ends_with_an_empty_page(caller: Caller) -> None:
    first = full(caller, pageNo=1)
    assert [row["itemNumber"] for row in first] == ["SKU-000001", "SKU-000002"]
    assert first[1]["facilityInventory"]["inventory"]["availableToPromise"] == "5"
    assert full(caller, pageNo=2) == []


def test_the_delta_shows_what_moved_since(caller: Caller) -> None:
    caller.pass_time(60)
    caller.warehouse("receive", item="SKU-000002", facility="WEST", quantity=1)
    moved = full(caller, pageNo=1, startActivityTime="2026-03-02T12:01:00+00:00")
    assert [row["itemNumber"] for row in moved] == ["SKU-000002"]
    assert len(full(caller, pageNo=1, startActivityTime=NOON)) == 2


def test_a_reservation_lowers_what_is_available_and_is_released_by_a_negative_one(caller: Caller) -> None:
    for value, expected in ((4, 6), (-4, 10)):
        body = {"company": "DEMO", "adjustments": [{"itemNumber": "SKU-000001", "value": value}]}
        assert caller.v1("POST", "ctrl/reserveInventoryAPI", json=body).json()["status"] == "SUCCESS"
        assert cell(availability(caller), "SKU-000001", "EAST")["atpQty"] == expected


def test_a_reservation_that_fails_says_so_under_200(caller: Caller) -> None:
    body = {"company": "DEMO", "adjustments": [{"itemNumber": "SKU-000001", "value": 99}]}
    answer = caller.v1("POST", "ctrl/reserveInventoryAPI", json=body)
    assert (answer.status_code, answer.json()["status"]) == (200, "FAILURE")
