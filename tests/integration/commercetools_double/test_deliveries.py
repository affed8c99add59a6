from __future__ import annotations

from typing import Any

import pytest

from local.commercetools_double.bodies import Json
from tests.integration.commercetools_double.shop import ADDRESS, Shop, line_import, usd


def delivery(order: Json, key: str = "SHIP-1", **fields: Any) -> Json:
    items = [{"id": order["lineItems"][0]["id"], "quantity": 1}]
    return {"action": "addDelivery", "deliveryKey": key, "items": items, **fields}


def parcels(order: Json) -> list[Json]:
    found: list[Json] = order["shippingInfo"]["deliveries"][0]["parcels"]
    return found


def shipped(shop: Shop, **fields: Any) -> Json:
    order = shop.imported()
    return shop.update("orders", order, delivery(order, parcels=[{"key": "PKG-1"}], **fields))


def test_a_delivery_is_told_without_its_parcels_and_each_parcel_after_it(shop: Shop) -> None:
    order = shop.imported()
    shop.subscribe()
    shop.update("orders", order, delivery(order, parcels=[{"key": "PKG-1"}, {"key": "PKG-2"}]))
    added, first, second = shop.settled()
    assert (added["type"], added["delivery"]["parcels"]) == ("DeliveryAdded", [])
    assert [first["parcel"]["key"], second["parcel"]["key"]] == ["PKG-1", "PKG-2"]
    assert first["type"] == "ParcelAddedToDelivery"


def test_a_repeated_delivery_key_is_refused(shop: Shop) -> None:
    order = shipped(shop)
    error = shop.update_refused("orders", order, delivery(order))
    assert (error["code"], error["duplicateValue"]) == ("DuplicateField", "SHIP-1")


def test_a_repeated_parcel_key_is_refused_even_in_another_delivery(shop: Shop) -> None:
    order = shipped(shop)
    error = shop.update_refused("orders", order, delivery(order, "SHIP-2", parcels=[{"key": "PKG-1"}]))
    assert (error["code"], error["duplicateValue"]) == ("DuplicateField", "PKG-1")


@pytest.mark.parametrize("key", ["A", "with space", "dot.ted", "K" * 257])
def test_a_key_that_breaks_the_rules_is_refused(shop: Shop, key: str) -> None:
    order = shop.imported()
    assert shop.update_refused("orders", order, delivery(order, key))["code"] == "InvalidInput"


def test_more_than_was_ordered_can_be_delivered(shop: Shop) -> None:
    order = shop.imported()
    items = [{"id": order["lineItems"][0]["id"], "quantity": 99}]
    assert shop.update("orders", order, {"action": "addDelivery", "items": items})["version"] > order["version"]


def test_a_line_item_that_is_not_in_the_order_cannot_be_delivered(shop: Shop) -> None:
    order = shop.imported()
    action = {"action": "addDelivery", "items": [{"id": "nobody", "quantity": 1}]}
    assert shop.update_refused("orders", order, action)["code"] == "InvalidOperation"


def test_an_order_without_shipping_info_gets_no_delivery(shop: Shop) -> None:
    order = shop.post("orders/import", {"totalPrice": usd(1), "lineItems": [line_import()]})
    assert shop.update_refused("orders", order, delivery(order))["code"] == "InvalidOperation"


def test_a_parcel_is_added_to_a_delivery_by_its_key(shop: Shop) -> None:
    order = shipped(shop)
    measurements = {"weightInGram": 500, "heightInMillimeter": 10}
    order = shop.update(
        "orders",
        order,
        {"action": "addParcelToDelivery", "deliveryKey": "SHIP-1", "parcelKey": "PKG-2", "measurements": measurements},
    )
    assert [(parcel["key"], parcel.get("measurements")) for parcel in parcels(order)] == [
        ("PKG-1", None),
        ("PKG-2", measurements),
    ]


def test_tracking_is_set_by_parcel_key_and_told_by_ids_only(shop: Shop) -> None:
    order = shipped(shop)
    shop.subscribe()
    order = shop.update(
        "orders",
        order,
        {
            "action": "setParcelTrackingData",
            "parcelKey": "PKG-1",
            "trackingData": {"trackingId": "1Z", "carrier": "UPS"},
        },
    )
    (message,) = shop.settled()
    assert parcels(order)[0]["trackingData"] == {"trackingId": "1Z", "carrier": "UPS", "isReturn": False}
    assert message["type"] == "ParcelTrackingDataUpdated"
    assert message["parcelId"] == parcels(order)[0]["id"]
    assert "parcelKey" not in message


def test_tracking_left_out_is_removed(shop: Shop) -> None:
    order = shipped(shop)
    action = {"action": "setParcelTrackingData", "parcelKey": "PKG-1"}
    order = shop.update("orders", order, {**action, "trackingData": {"trackingId": "1Z"}})
    assert "trackingData" not in parcels(shop.update("orders", order, action))[0]


def test_measurements_are_whole_numbers(shop: Shop) -> None:
    order = shipped(shop)
    action = {"action": "setParcelMeasurements", "parcelKey": "PKG-1", "measurements": {"weightInGram": 1.5}}
    assert shop.update_refused("orders", order, action)["code"] == "InvalidJsonInput"


def test_measurements_are_set_and_told(shop: Shop) -> None:
    order = shipped(shop)
    shop.subscribe()
    shop.update(
        "orders", order, {"action": "setParcelMeasurements", "parcelKey": "PKG-1", "measurements": {"weightInGram": 2}}
    )
    assert shop.types() == ["ParcelMeasurementsUpdated"]


def test_items_of_deliveries_and_parcels_are_replaced_and_told(shop: Shop) -> None:
    order = shipped(shop)
    shop.subscribe()
    items = [{"id": order["lineItems"][0]["id"], "quantity": 2}]
    order = shop.update("orders", order, {"action": "setDeliveryItems", "deliveryKey": "SHIP-1", "items": items})
    order = shop.update("orders", order, {"action": "setParcelItems", "parcelKey": "PKG-1", "items": items})
    assert (order["shippingInfo"]["deliveries"][0]["items"], parcels(order)[0]["items"]) == (items, items)
    assert shop.types() == ["DeliveryItemsUpdated", "ParcelItemsUpdated"]


def test_an_address_of_a_delivery_is_set_and_told(shop: Shop) -> None:
    order = shipped(shop)
    shop.subscribe()
    shop.update("orders", order, {"action": "setDeliveryAddress", "deliveryKey": "SHIP-1", "address": ADDRESS})
    assert shop.types() == ["DeliveryAddressSet"]


def test_parcels_and_deliveries_are_removed_by_key_and_told(shop: Shop) -> None:
    order = shipped(shop)
    shop.subscribe()
    order = shop.update("orders", order, {"action": "removeParcelFromDelivery", "parcelKey": "PKG-1"})
    order = shop.update("orders", order, {"action": "removeDelivery", "deliveryKey": "SHIP-1"})
    assert order["shippingInfo"]["deliveries"] == []
    assert shop.types() == ["ParcelRemovedFromDelivery", "DeliveryRemoved"]


def test_a_freed_key_can_be_used_again(shop: Shop) -> None:
    order = shipped(shop)
    order = shop.update("orders", order, {"action": "removeDelivery", "deliveryKey": "SHIP-1"}, delivery(order))
    assert order["shippingInfo"]["deliveries"][0]["key"] == "SHIP-1"


def test_custom_fields_of_a_delivery_are_set_by_its_key(shop: Shop) -> None:
    shop.post(
        "types",
        {
            "key": "extra",
            "name": {"en": "Extra"},
            "resourceTypeIds": ["order-delivery"],
            "fieldDefinitions": [
                {"name": "url", "label": {"en": "URL"}, "required": False, "type": {"name": "String"}}
            ],
        },
    )
    order = shipped(shop)
    order = shop.update(
        "orders",
        order,
        {
            "action": "setDeliveryCustomType",
            "deliveryKey": "SHIP-1",
            "type": {"typeId": "type", "key": "extra"},
            "fields": {"url": "https://track.example/1Z"},
        },
    )
    assert order["shippingInfo"]["deliveries"][0]["custom"]["fields"] == {"url": "https://track.example/1Z"}


class TestShippedToSeveralAddresses:
    @pytest.fixture
    def order(self, shop: Shop) -> Json:
        shipping = {
            "shippingMethodName": "Ground",
            "price": {"type": "centPrecision", "fractionDigits": 2, **usd(500)},
            "shippingRate": {"price": {"type": "centPrecision", "fractionDigits": 2, **usd(500)}, "tiers": []},
            "shippingMethodState": "MatchesCart",
            "deliveries": [],
        }
        money = {"type": "centPrecision", "fractionDigits": 2, **usd(1000)}
        line = {
            "variant": {"sku": "SKU-1"},
            "quantity": 2,
            "price": {"id": "p", "value": money},
            "totalPrice": money,
            "shippingDetails": {"targets": [{"addressKey": "a", "quantity": 2}], "valid": True},
        }
        placed: Json = shop.admin(
            "POST",
            "orders",
            {
                "order": {
                    "totalPrice": money,
                    "lineItems": [line],
                    "shippingMode": "Multiple",
                    "shipping": [
                        {"shippingKey": "home", "shippingInfo": shipping, "shippingAddress": ADDRESS},
                        {"shippingKey": "work", "shippingInfo": shipping, "shippingAddress": ADDRESS},
                    ],
                }
            },
        )
        return placed

    def test_a_delivery_needs_the_shipping_key(self, shop: Shop, order: Json) -> None:
        assert shop.update_refused("orders", order, delivery(order))["code"] == "InvalidJsonInput"

    def test_an_unknown_shipping_key_is_refused(self, shop: Shop, order: Json) -> None:
        assert shop.update_refused("orders", order, delivery(order, shippingKey="x"))["code"] == "InvalidInput"

    def test_a_delivery_stands_under_its_shipping_key_and_tells_it(self, shop: Shop, order: Json) -> None:
        shop.subscribe()
        order = shop.update("orders", order, delivery(order, shippingKey="work"))
        assert [len(one["shippingInfo"]["deliveries"]) for one in order["shipping"]] == [0, 1]
        assert shop.settled()[0]["shippingKey"] == "work"
