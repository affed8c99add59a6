"""What the warehouse does to orders and stock, as a caller of the API sees it."""

from __future__ import annotations

from collections import Counter
from typing import Any

import requests

from local.deposco_double.double import DeposcoDouble
from local.deposco_double.settings import AccountSettings
from local.double_server import serving_in_thread
from tests.integration.deposco_double.caller import NOON, UNIT, Caller, line, lines_of


def stock(caller: Caller, item: str = "SKU-000001", facility: str = "EAST") -> dict[str, float]:
    for row in caller.state("stock")["stock"]:
        if (row["item"], row["facility"]) == (item, facility):
            return {name: row[name] for name in ("onHand", "owed", "allocated")}
    return {"onHand": 0, "owed": 0, "allocated": 0}


def fill(caller: Caller, quantity: int, item: str = "SKU-000001", facility: str = "EAST") -> None:
    caller.admin("seed", {"stock": [{"item": item, "facility": facility, "quantity": quantity}]})


def test_an_order_owes_stock_from_its_first_moment_and_allocates_at_release(caller: Caller) -> None:
    fill(caller, 10)
    caller.place("A-1", line("1", packs=3))
    assert stock(caller) == {"onHand": 10, "owed": 3, "allocated": 0}
    caller.warehouse("wave", orders=["A-1"])
    caller.warehouse("release", order="A-1")
    assert stock(caller) == {"onHand": 10, "owed": 3, "allocated": 3}
    caller.warehouse("pick", order="A-1")
    caller.warehouse("ship", order="A-1")
    assert stock(caller) == {"onHand": 7, "owed": 0, "allocated": 0}


def test_a_canceled_order_owes_nothing(caller: Caller) -> None:
    fill(caller, 10)
    placed = caller.place("A-1", line("1", packs=3))
    caller.post(f"/orders/salesOrders/{placed['self']['id']}/cancellations")
    assert stock(caller)["owed"] == 0


def test_what_is_not_there_is_back_ordered_until_it_arrives(caller: Caller) -> None:
    placed = caller.place("A-1", line("1", packs=3))
    caller.warehouse("release", order="A-1")
    assert caller.read(placed)["orderStatus"] == "Back Ordered"
    assert lines_of(caller.read(placed))["1"]["isBackOrdered"] == "Back Ordered"
    caller.warehouse("receive", item="SKU-000001", facility="EAST", quantity=3)
    caller.warehouse("release", order="A-1")
    assert caller.read(placed)["orderStatus"] == "Released"
    assert caller.get("/receipts")["data"][0]["receivedPackQuantity"] == 3


def test_two_orders_do_not_get_the_same_piece(caller: Caller) -> None:
    fill(caller, 1)
    first, second = caller.place("A-1"), caller.place("A-2")
    caller.warehouse("release", orders=["A-1", "A-2"])
    assert caller.read(first)["orderStatus"] == "Released"
    assert caller.read(second)["orderStatus"] == "Back Ordered"


def test_a_shipment_names_its_order_line_carrier_and_parcel(caller: Caller) -> None:
    placed = caller.place("A-1", line("1", packs=2))
    caller.warehouse("ship", order="A-1")
    (shipment,) = caller.shipments("A-1")
    (row,) = shipment["shipmentLines"]["data"]
    (container,) = shipment["shippedContainers"]["data"]
    assert row["orderLine"]["id"] == lines_of(placed)["1"]["self"]["id"]
    assert row["orderLineDetails"]["customerLineNumber"] == "shop-line-1"
    assert row["externalLineNumber"] == ""
    assert row["shippedPackQuantity"] == 2
    assert shipment["shipVia"] == "GROUND"
    assert shipment["trackingNumber"] == container["trackingNumber"]
    assert shipment["trackingNumber"] not in shipment["trackingUrl"]
    after = caller.read(placed)
    assert (after["orderStatus"], lines_of(after)["1"]["shippedPackQuantity"]) == ("Ship Complete", 2)
    assert after["shipments"]["data"][0]["id"] == shipment["self"]["id"]


def test_an_order_leaves_in_parts_and_in_several_parcels(caller: Caller) -> None:
    placed = caller.place("A-1", line("1", packs=4))
    caller.warehouse("ship", order="A-1", lines={"1": 3}, parcels=2)
    assert caller.read(placed)["orderStatus"] == "Partially Shipped"
    (first,) = caller.shipments("A-1")
    packed = [
        sum(r["shippedPackQuantity"] for r in c["shippedContainerLines"]) for c in first["shippedContainers"]["data"]
    ]
    assert sorted(packed) == [1, 2]
    caller.warehouse("ship", order="A-1")
    assert caller.read(placed)["orderStatus"] == "Ship Complete"
    assert len(caller.shipments("A-1")) == 2


def test_a_scenario_can_say_which_parcel_holds_what(caller: Caller) -> None:
    caller.place("A-1", line("1", packs=2), line("2", "SKU-000002"))
    boxes = [{"lines": {"1": 2}, "tracking": "T-1"}, {"lines": {"2": 1}, "tracking": "T-2"}]
    caller.warehouse("ship", order="A-1", containers=boxes)
    (shipment,) = caller.shipments("A-1")
    found = {
        c["trackingNumber"]: [r["item"]["businessKey"]["number"] for r in c["shippedContainerLines"]]
        for c in shipment["shippedContainers"]["data"]
    }
    assert found == {"T-1": ["SKU-000001"], "T-2": ["SKU-000002"]}


def test_lines_from_two_facilities_leave_in_two_shipments(caller: Caller) -> None:
    fill(caller, 5)
    fill(caller, 5, "SKU-000002", "WEST")
    caller.place("A-1", line("1"), line("2", "SKU-000002"))
    caller.warehouse("ship", order="A-1")
    places = {shipment["shipFromFacility"]["businessKey"]["number"] for shipment in caller.shipments("A-1")}
    assert places == {"EAST", "WEST"}


def test_a_pinned_facility_is_kept(caller: Caller) -> None:
    fill(caller, 5)
    caller.place("A-1", shipFromFacility={"businessKey": {"number": "WEST"}})
    caller.warehouse("ship", order="A-1")
    (shipment,) = caller.shipments("A-1")
    assert shipment["shipFromFacility"]["businessKey"]["number"] == "WEST"
    assert stock(caller, facility="WEST")["onHand"] == -1


def test_tracking_can_come_later_and_moves_the_shipments_date(caller: Caller) -> None:
    caller.place("A-1")
    caller.warehouse("ship", order="A-1", tracking="late", tracking_after_seconds=600)
    (before,) = caller.shipments("A-1")
    assert "trackingNumber" not in before
    caller.pass_time(600)
    (after,) = caller.get("/shipments/outboundShipments", updatedAfter=before["updatedDate"])["data"]
    assert after["trackingNumber"] == after["shippedContainers"]["data"][0]["trackingNumber"]


def test_lot_and_serial_numbers_leave_with_the_line(caller: Caller) -> None:
    caller.place("A-1", line("1", packs=2, lotNumber="L-7"))
    caller.warehouse("ship", order="A-1", serials={"1": ["S-1", "S-2"]})
    (row,) = caller.shipments("A-1")[0]["shipmentLines"]["data"]
    assert row["lotNumber"] == "L-7"
    assert [entry["serialNumber"] for entry in row["lineSerialNumbers"]] == ["S-1", "S-2"]


def test_a_label_is_a_shipment_without_units(caller: Caller) -> None:
    placed = caller.place("A-1")
    caller.warehouse("label", order="A-1")
    (label,) = caller.shipments("A-1")
    assert label["trackingNumber"]
    assert label["shipmentLines"]["data"] == []
    assert caller.read(placed)["orderStatus"] == "New"


def test_a_shipment_rolled_back_gives_its_units_back(caller: Caller) -> None:
    fill(caller, 5)
    placed = caller.place("A-1", line("1", packs=2))
    caller.warehouse("ship", order="A-1")
    caller.warehouse("roll_back", order="A-1")
    (shipment,) = caller.shipments("A-1")
    assert shipment["status"] == "Rolled Back"
    assert shipment["shippedContainers"]["data"][0]["status"] == "Rolled Back"
    after = caller.read(placed)
    assert (after["orderStatus"], lines_of(after)["1"]["shippedPackQuantity"]) == ("Pick Complete", 0)
    assert stock(caller) == {"onHand": 5, "owed": 2, "allocated": 2}


def test_a_short_line_completes_the_order_and_writes_the_stock_down(caller: Caller) -> None:
    fill(caller, 5)
    placed = caller.place("A-1", line("1", packs=3))
    caller.warehouse("release", order="A-1")
    caller.warehouse("pick", order="A-1", shorts={"1": 1})
    caller.warehouse("ship", order="A-1")
    after = caller.read(placed)
    row = lines_of(after)["1"]
    assert after["orderStatus"] == "Ship Complete"
    assert (row["shippedPackQuantity"], row["shortagePackQuantity"]) == (2, 1)
    assert stock(caller) == {"onHand": 2, "owed": 0, "allocated": 0}
    (adjustment,) = caller.get("/inventory/inventoryAdjustments", itemNumber="SKU-000001")["data"]
    assert (adjustment["quantity"], adjustment["reasonCode"]) == (-1, "SHORT")


def test_the_rest_of_an_order_can_be_given_up(caller: Caller) -> None:
    placed = caller.place("A-1", line("1", packs=3))
    caller.warehouse("ship", order="A-1", lines={"1": 2}, final=True)
    after = caller.read(placed)
    assert after["orderStatus"] == "Ship Complete"
    assert lines_of(after)["1"]["shortagePackQuantity"] == 1


def test_the_warehouse_cancels_even_what_is_released(caller: Caller) -> None:
    fill(caller, 5)
    placed = caller.place("A-1", line("1", packs=2))
    caller.warehouse("release", order="A-1")
    caller.warehouse("cancel", order="A-1")
    assert caller.read(placed)["orderStatus"] == "Canceled"
    assert stock(caller) == {"onHand": 5, "owed": 0, "allocated": 0}


def test_a_kit_built_to_order_owes_and_ships_its_components(caller: Caller) -> None:
    component = {"quantity": 2, "subComponent": {"businessKey": {"number": "SKU-000001"}}}
    kit = {
        "businessUnit": {"businessKey": {"code": UNIT}},
        "number": "SET",
        "packs": [{"type": "Each", "quantity": 1}],
        "kitOrderOnly": True,
        "components": [component],
    }
    caller.post("/items", kit)
    fill(caller, 10)
    placed = caller.place("A-1", line("1", "SET", packs=3))
    assert stock(caller)["owed"] == 6
    caller.warehouse("ship", order="A-1")
    (shipment,) = caller.shipments("A-1")
    (row,) = shipment["shipmentLines"]["data"]
    assert row["item"]["businessKey"]["number"] == "SKU-000001"
    assert row["shippedPackQuantity"] == 6
    assert row["orderLine"]["id"] == lines_of(placed)["1"]["self"]["id"]
    assert stock(caller) == {"onHand": 4, "owed": 0, "allocated": 0}


def test_an_adjustment_lowers_the_stock(caller: Caller) -> None:
    fill(caller, 5)
    caller.warehouse("adjust", item="SKU-000001", facility="EAST", quantity=-2, reason="DAMAGED")
    assert stock(caller)["onHand"] == 3


def test_a_command_that_makes_no_sense_says_so(caller: Caller) -> None:
    answer = requests.post(f"{caller.url}/_admin/warehouse", json={"do": "ship", "order": "NONE"}, timeout=10)
    assert (answer.status_code, "NONE" in answer.text) == (400, True)


HABITS = {
    "do": "work",
    "wave_every_seconds": 300,
    "split": 0.4,
    "parcels": 0.4,
    "short": 0.2,
    "late_tracking": 0.3,
    "label": 0.2,
    "roll_back": 0.2,
    "cancel": 0.1,
}


def day(seed: int) -> Any:
    """Thirty orders through a warehouse with every mishap; returns what it holds at the end."""
    with serving_in_thread(DeposcoDouble(AccountSettings(rate_per_second=0), seed=seed)) as url:
        caller = Caller(url)
        caller.admin("clock", {"set": NOON})
        stocks = [{"item": f"SKU-{n:06}", "quantity": 20} for n in range(1, 4)]
        caller.admin("seed", {"items": 3, "stock": stocks, "orders": 30})
        caller.admin("warehouse", HABITS)
        for _ in range(40):
            caller.pass_time(300)
        caller.session.close()
        return caller.state("orders", "shipments", "stock")


def test_a_day_is_repeated_by_its_seed_and_ends_with_every_order_finished() -> None:
    first = day(3)
    assert day(3) == first
    assert Counter(order["orderStatus"] for order in first["orders"]).keys() <= {"Ship Complete", "Canceled"}
    assert {row["owed"] for row in first["stock"]} == {0}


def test_another_seed_is_another_day() -> None:
    assert day(3) != day(4)
