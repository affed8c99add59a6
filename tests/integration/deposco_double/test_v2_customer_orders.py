"""Customer orders: taken unseen, visible later, doubled by a repeat, stuck when something is wrong."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.deposco_double.caller import UNIT, Caller, lines_of

ORDERS = "/orders/customerOrders"


def order(number: str, *lines: dict[str, Any], **header: Any) -> dict[str, Any]:
    body = {
        "businessUnit": {"businessKey": {"code": UNIT}},
        "externalOrderNumber": number,
        "placedDate": "2026-03-02T11:00:00Z",
        "tradingPartner": {"businessKey": {"code": "SHOP"}},
        "primarySalesChannel": {"businessKey": {"code": "WEB"}},
        "shipVia": "GROUND",
        "shipToContact": {"firstName": "Ada", "line1": "1 Main Street", "city": "Springfield"},
        "coLines": {"data": list(lines) or [line("1")]},
        **header,
    }
    return {"customerOrder": {name: value for name, value in body.items() if value is not None}}


def line(number: str, item: str = "SKU-000001", packs: float = 1) -> dict[str, Any]:
    return {"externalLineNumber": number, "itemNumber": item, "orderQuantity": packs, "packQuantity": 1}


def take(caller: Caller, body: dict[str, Any]) -> Any:
    """Post an order, wait until it is visible, and read it with its notices."""
    request = caller.post(ORDERS, body, status=202)["request"]
    caller.pass_time(10)
    (result,) = caller.get(f"/async/{request['id']}")["results"]
    return caller.get(f"{ORDERS}/{result['id']}")


def notices(answer: Any) -> list[str]:
    return [notice["code"] for notice in answer["notices"]]


def test_an_order_is_accepted_at_once_and_seen_later(caller: Caller) -> None:
    caller.admin("settings", {"visibility_delay_seconds": [5, 5]})
    request = caller.post(ORDERS, order("C-1"), status=202)["request"]
    assert caller.get(f"/async/{request['id']}")["status"] == "Processing"
    assert caller.get(ORDERS, externalOrderNumber="C-1")["data"] == []
    caller.pass_time(5)
    assert caller.get(f"/async/{request['id']}")["status"] == "Success"
    assert len(caller.get(ORDERS, externalOrderNumber="C-1")["data"]) == 1


def test_the_same_order_again_is_another_order(caller: Caller) -> None:
    take(caller, order("C-1"))
    again = take(caller, order("C-1"))
    assert len(caller.get(ORDERS, externalOrderNumber="C-1")["data"]) == 2
    assert "POTENTIAL_DUPLICATE_ORDER" in notices(again)


def test_an_unknown_item_is_stored_as_null_and_the_order_waits_for_review(caller: Caller) -> None:
    answer = take(caller, order("C-1", line("1"), line("2", "GONE")))
    rows = {row["externalLineNumber"]: row for row in answer["customerOrder"]["coLines"]["data"]}
    assert rows["2"]["item"] is None
    assert answer["customerOrder"]["status"] == "Review"
    assert notices(answer) == ["NO_ITEM_ON_LINE"]
    assert caller.state()["counts"]["orders"] == 0


def test_an_order_without_ship_via_waits_for_review(caller: Caller) -> None:
    answer = take(caller, order("C-1", shipVia=None))
    assert answer["customerOrder"]["status"] == "Review"
    assert notices(answer) == ["MISSING_REQUIRED"]


def test_a_period_in_the_number_is_refused(caller: Caller) -> None:
    assert "period" in caller.refused(ORDERS, order("C.1"))


def test_fulfilment_orders_are_spawned_per_facility(caller: Caller) -> None:
    stock = [{"item": "SKU-000001", "facility": place, "quantity": 3} for place in ("EAST", "WEST")]
    caller.admin("seed", {"stock": stock})
    answer = take(caller, order("C-1", line("shop-1", packs=5)))
    spawned = caller.get("/orders/salesOrders")["data"]
    assert len(answer["customerOrder"]["fulfillmentOrders"]) == 2
    assert {row["customerOrderNumber"] for row in spawned} == {"C-1"}
    rows = [lines_of(row)["1"] for row in spawned]
    assert {row["customerLineNumber"] for row in rows} == {"shop-1"}
    assert sorted(row["orderPackQuantity"] for row in rows) == [2, 3]


def test_a_fulfilment_order_cannot_be_changed_directly(caller: Caller) -> None:
    take(caller, order("C-1"))
    (spawned,) = caller.get("/orders/salesOrders")["data"]
    body = {name: spawned[name] for name in ("businessUnit", "number", "shipToContact", "shipToAddress")}
    body["businessUnit"] = {"businessKey": {"code": UNIT}}
    assert "customer order" in caller.refused("/orders/salesOrders", {**body, "shipVia": "AIR"})


def test_shipped_quantities_roll_up_at_completion_only(caller: Caller) -> None:
    answer = take(caller, order("C-1", line("1", packs=2)))
    path = f"{ORDERS}/{answer['customerOrder']['self']['id']}"
    (spawned,) = caller.get("/orders/salesOrders")["data"]
    caller.warehouse("ship", order=spawned["number"], lines={"1": 1})
    partial = caller.get(path)["customerOrder"]
    assert partial["status"] == "InFulfillment"
    assert "shippedQuantity" not in partial["coLines"]["data"][0]
    caller.warehouse("ship", order=spawned["number"])
    complete = caller.get(path)["customerOrder"]
    assert complete["status"] == "Complete"
    assert complete["coLines"]["data"][0]["shippedQuantity"] == 2


@pytest.mark.parametrize("rest", ["coLines", "orderLines", "lines", "cancellations"])
def test_only_the_documented_addresses_exist(caller: Caller, rest: str) -> None:
    order_id = take(caller, order("C-1"))["customerOrder"]["self"]["id"]
    assert caller.v2("GET", f"{ORDERS}/{order_id}/{rest}").status_code == 404
    assert caller.v2("PATCH", f"{ORDERS}/{order_id}").status_code == 405
    assert len(caller.get(f"{ORDERS}/{order_id}/customerOrderLines")["data"]) == 1


def test_without_the_subscription_nothing_is_taken(caller: Caller) -> None:
    caller.admin("settings", {"order_management": False})
    assert "EOM" in caller.refused(ORDERS, order("C-1"), status=403)


def test_a_bulk_import_tells_each_entitys_fate(caller: Caller) -> None:
    pack = [{"type": "Each", "quantity": 1}]
    unit = {"businessKey": {"code": UNIT}}
    good, bad = {"businessUnit": unit, "number": "TEE", "packs": pack}, {"number": "CAP", "packs": pack}
    body = {"entityType": "Item", "entities": [good, bad]}
    request = caller.post("/async/bulkImports", body, status=202)["request"]
    assert "progress" in caller.refused("/async/bulkImports", body)
    caller.pass_time(10)
    answer = caller.get(f"/async/{request['id']}")
    assert (answer["status"], answer["successes"], answer["failures"]) == ("Partially Failed", 1, 1)
    assert len(caller.get("/items", number="TEE")["data"]) == 1
