from __future__ import annotations

from typing import Any

import pytest

from local.commercetools_double.bodies import Json
from tests.integration.commercetools_double.shop import ADDRESS, Shop, line_import, usd


def stock(shop: Shop, entry: Json) -> tuple[int, int]:
    found = shop.get(f"inventory/{entry['id']}")
    return found["quantityOnStock"], found["availableQuantity"]


def draft(mode: str, quantity: int = 3, **line: Any) -> Json:
    return {
        "totalPrice": usd(1000),
        "inventoryMode": mode,
        "lineItems": [line_import(quantity=quantity, **line)],
        "shippingAddress": ADDRESS,
    }


def test_an_entry_is_found_by_id_and_by_key(shop: Shop) -> None:
    entry = shop.entry(key="SKU-1-east")
    assert shop.get(f"inventory/{entry['id']}") == entry
    assert shop.get("inventory/key=SKU-1-east") == entry


def test_a_sku_has_one_entry_per_channel_and_one_without(shop: Shop) -> None:
    shop.channel("east")
    shop.entry()
    shop.entry(supplyChannel={"typeId": "channel", "key": "east"})
    for fields in ({}, {"supplyChannel": {"typeId": "channel", "key": "east"}}):
        error = shop.refused("inventory", {"sku": "SKU-1", "quantityOnStock": 1, **fields})
        assert error["code"] == "DuplicateField"


def test_an_entry_cannot_move_to_a_channel_that_is_taken(shop: Shop) -> None:
    shop.channel("east")
    channel = {"typeId": "channel", "key": "east"}
    shop.entry(supplyChannel=channel)
    error = shop.update_refused("inventory", shop.entry(), {"action": "setSupplyChannel", "supplyChannel": channel})
    assert error["code"] == "DuplicateField"


@pytest.mark.parametrize(("action", "quantity"), [("changeQuantity", 4), ("addQuantity", 14), ("removeQuantity", 6)])
def test_quantities_change_absolutely_or_by_a_difference(shop: Shop, action: str, quantity: int) -> None:
    entry = shop.update("inventory", shop.entry(quantity=10), {"action": action, "quantity": 4})
    assert (entry["quantityOnStock"], entry["availableQuantity"]) == (quantity, quantity)


def test_stock_may_fall_below_zero(shop: Shop) -> None:
    entry = shop.update("inventory", shop.entry(quantity=1), {"action": "removeQuantity", "quantity": 3})
    assert entry["quantityOnStock"] == -2


def test_set_quantity_does_not_exist(shop: Shop) -> None:
    error = shop.update_refused("inventory", shop.entry(), {"action": "setQuantity", "quantity": 1})
    assert error["code"] == "InvalidJsonInput"


def test_a_changed_quantity_is_told_with_old_and_new(shop: Shop) -> None:
    entry = shop.entry(quantity=10)
    shop.subscribe(messages=[{"resourceTypeId": "inventory-entry"}])
    shop.update("inventory", entry, {"action": "changeQuantity", "quantity": 4})
    (message,) = shop.settled()
    assert (message["type"], message["oldQuantityOnStock"], message["newQuantityOnStock"], message["sku"]) == (
        "InventoryEntryQuantitySet",
        10,
        4,
        "SKU-1",
    )


def test_running_out_and_levels_are_told(shop: Shop) -> None:
    entry = shop.entry(quantity=10, stockLevels={"safetyStock": 2, "reorderPoint": 5})
    shop.subscribe(messages=[{"resourceTypeId": "inventory-entry"}])
    shop.update("inventory", entry, {"action": "changeQuantity", "quantity": 0})
    assert shop.types() == [
        "InventoryEntryQuantitySet",
        "InventoryEntryOutOfStock",
        "InventoryEntrySafetyStock",
        "InventoryEntryReorderPoint",
    ]


def test_a_write_with_an_old_version_is_refused(shop: Shop) -> None:
    entry = shop.entry()
    shop.update("inventory", entry, {"action": "changeQuantity", "quantity": 4})
    error = shop.update_refused("inventory", entry, {"action": "changeQuantity", "quantity": 5})
    assert (error["code"], error["currentVersion"]) == ("ConcurrentModification", 2)


def test_a_minimum_above_the_maximum_is_refused(shop: Shop) -> None:
    action = {"action": "setInventoryLimits", "minCartQuantity": 5, "maxCartQuantity": 2}
    assert shop.update_refused("inventory", shop.entry(), action)["code"] == "InvalidInput"


def test_other_fields_are_set_and_removed(shop: Shop) -> None:
    entry = shop.update(
        "inventory",
        shop.entry(),
        {"action": "setRestockableInDays", "restockableInDays": 3},
        {"action": "setExpectedDelivery", "expectedDelivery": "2026-12-01T00:00:00Z"},
        {"action": "setInventoryLimits", "minCartQuantity": 1, "maxCartQuantity": 5},
        {"action": "setReorderPoint", "quantity": 4},
        {"action": "setReservationExpirationInMinutes", "reservationExpirationInMinutes": 10},
        {"action": "setKey", "key": "a-key"},
    )
    assert entry["expectedDelivery"] == "2026-12-01T00:00:00.000Z"
    entry = shop.update("inventory", entry, {"action": "setRestockableInDays"}, {"action": "setReorderPoint"})
    assert not {"restockableInDays", "stockLevels"} & set(entry)


def test_an_order_without_inventory_mode_takes_nothing(shop: Shop) -> None:
    entry = shop.entry(quantity=10)
    shop.post("orders/import", draft("None"))
    shop.admin("POST", "clock", {"advance_seconds": 60})
    assert stock(shop, entry) == (10, 10)


def test_what_an_order_takes_shows_later_and_is_not_told(shop: Shop) -> None:
    entry = shop.entry(quantity=10)
    shop.subscribe(messages=[{"resourceTypeId": "inventory-entry"}])
    shop.admin("POST", "clock", {"set": "2026-03-01T10:00:00Z"})
    shop.post("orders/import", draft("TrackOnly"))
    assert stock(shop, entry) == (10, 10)
    shop.admin("POST", "clock", {"advance_seconds": 10})
    assert stock(shop, entry) == (7, 7)
    assert shop.settled() == []


def test_a_late_deduction_comes_off_what_was_written_meanwhile(shop: Shop) -> None:
    entry = shop.entry(quantity=10)
    shop.admin("POST", "clock", {"set": "2026-03-01T10:00:00Z"})
    shop.post("orders/import", draft("TrackOnly"))
    shop.update("inventory", entry, {"action": "changeQuantity", "quantity": 50})
    shop.admin("POST", "clock", {"advance_seconds": 10})
    assert stock(shop, entry) == (47, 47)


def test_track_only_sells_below_zero(shop: Shop) -> None:
    entry = shop.entry(quantity=1)
    shop.post("orders/import", draft("TrackOnly"))
    shop.admin("POST", "clock", {"advance_seconds": 10})
    assert stock(shop, entry) == (-2, -2)


@pytest.mark.parametrize("mode", ["TrackOnly", "ReserveOnOrder"])
def test_a_line_without_an_entry_is_out_of_stock(shop: Shop, mode: str) -> None:
    error = shop.refused("orders/import", draft(mode))
    assert (error["code"], error["skus"]) == ("OutOfStock", ["SKU-1"])
    assert shop.admin("GET", "state")["counts"]["orders"] == 0


def test_the_entry_must_be_in_the_channel_of_the_line(shop: Shop) -> None:
    shop.channel("east")
    shop.entry()
    east = {"typeId": "channel", "key": "east"}
    assert shop.refused("orders/import", draft("TrackOnly", supplyChannel=east))["code"] == "OutOfStock"


def test_reserve_on_order_counts_what_earlier_orders_took_before_it_shows(shop: Shop) -> None:
    shop.entry(quantity=5)
    shop.admin("POST", "clock", {"set": "2026-03-01T10:00:00Z"})
    shop.post("orders/import", draft("ReserveOnOrder", quantity=3))
    assert shop.refused("orders/import", draft("ReserveOnOrder", quantity=3))["code"] == "OutOfStock"


def test_reserve_on_order_sells_what_can_be_restocked(shop: Shop) -> None:
    shop.entry(quantity=0, restockableInDays=0)
    assert shop.post("orders/import", draft("ReserveOnOrder"))["version"] == 1


def test_a_line_may_have_a_mode_of_its_own(shop: Shop) -> None:
    assert shop.refused("orders/import", draft("None", inventoryMode="TrackOnly"))["code"] == "OutOfStock"


def test_an_entry_that_is_deleted_is_told_and_its_pair_is_free(shop: Shop) -> None:
    entry = shop.entry()
    shop.subscribe(messages=[{"resourceTypeId": "inventory-entry", "types": ["InventoryEntryDeleted"]}])
    shop.call("DELETE", f"inventory/{entry['id']}", version=1)
    shop.entry()
    assert shop.types() == ["InventoryEntryDeleted"]
