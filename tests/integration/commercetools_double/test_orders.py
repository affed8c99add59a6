from __future__ import annotations

import pytest

from tests.integration.commercetools_double.shop import Shop, line_import, usd


def test_an_imported_order_is_read_back_by_id_and_by_number(shop: Shop) -> None:
    order = shop.imported("WEB-1")
    assert shop.get(f"orders/{order['id']}") == order
    assert shop.get("orders/order-number=WEB-1") == order


def test_an_order_number_may_hold_any_sign_and_may_be_missing(shop: Shop) -> None:
    order = shop.imported("#1001/A")
    assert shop.get("orders/order-number=%231001%2FA") == order
    nameless = {"totalPrice": usd(1), "lineItems": [line_import()]}
    assert "orderNumber" not in shop.post("orders/import", nameless)


def test_an_imported_order_has_its_taxed_prices(shop: Shop) -> None:
    order = shop.imported("WEB-1")
    assert order["taxedPrice"]["totalTax"]["centAmount"] == 200
    assert order["lineItems"][0]["taxedPrice"]["totalGross"]["centAmount"] == 2160
    assert order["shippingInfo"]["taxedPrice"]["totalGross"]["centAmount"] == 540


def test_money_has_the_fraction_digits_of_its_currency(shop: Shop) -> None:
    order = shop.imported(totalPrice={"currencyCode": "JPY", "centAmount": 500})
    assert order["totalPrice"]["fractionDigits"] == 0


def test_an_import_is_told(shop: Shop) -> None:
    shop.subscribe()
    order = shop.imported("WEB-1")
    (message,) = shop.settled()
    assert (message["type"], message["sequenceNumber"], message["resourceVersion"]) == ("OrderImported", 1, 1)
    assert message["order"] == order
    assert message["resourceUserProvidedIdentifiers"] == {"orderNumber": "WEB-1"}


def test_an_order_number_is_given_only_once(shop: Shop) -> None:
    shop.imported("WEB-1")
    error = shop.refused("orders/import", {"totalPrice": usd(1), "orderNumber": "WEB-1", "lineItems": [line_import()]})
    assert (error["code"], error["field"], error["duplicateValue"]) == ("DuplicateField", "orderNumber", "WEB-1")


def test_an_order_number_cannot_be_changed_once_set(shop: Shop) -> None:
    order = shop.imported("WEB-1")
    error = shop.update_refused("orders", order, {"action": "setOrderNumber", "orderNumber": "WEB-2"})
    assert error["code"] == "InvalidOperation"


def test_a_product_id_without_a_variant_id_is_refused(shop: Shop) -> None:
    draft = {"totalPrice": usd(1), "lineItems": [line_import(productId="11111111-0000-4000-8000-000000000001")]}
    assert shop.refused("orders/import", draft)["code"] == "InvalidInput"


def test_a_wrong_version_is_refused_with_the_current_one(shop: Shop) -> None:
    order = shop.imported()
    shop.update("orders", order, {"action": "changeOrderState", "orderState": "Confirmed"})
    error = shop.update_refused("orders", order, {"action": "changeOrderState", "orderState": "Complete"})
    assert (error["code"], error["currentVersion"]) == ("ConcurrentModification", 2)


def test_an_update_is_done_whole_or_not_at_all(shop: Shop) -> None:
    order = shop.imported()
    shop.update_refused(
        "orders",
        order,
        {"action": "changeOrderState", "orderState": "Confirmed"},
        {"action": "removeDelivery", "deliveryKey": "none"},
    )
    assert shop.get(f"orders/{order['id']}") == order


def test_an_update_without_effect_keeps_the_version_and_is_not_told(shop: Shop) -> None:
    order = shop.imported()
    shop.subscribe(messages=[{"resourceTypeId": "order"}], changes=[{"resourceTypeId": "order"}])
    again = shop.update("orders", order, {"action": "changeOrderState", "orderState": "Open"})
    shop.settled()
    assert again["version"] == order["version"]
    assert len(shop.queue.bodies) == 1


@pytest.mark.parametrize(
    ("action", "message", "fields"),
    [
        (
            {"action": "changeOrderState", "orderState": "Confirmed"},
            "OrderStateChanged",
            {"orderState": "Confirmed", "oldOrderState": "Open"},
        ),
        (
            {"action": "changeShipmentState", "shipmentState": "Partial"},
            "OrderShipmentStateChanged",
            {"shipmentState": "Partial"},
        ),
        (
            {"action": "changePaymentState", "paymentState": "Paid"},
            "OrderPaymentStateChanged",
            {"paymentState": "Paid"},
        ),
        (
            {"action": "setShippingAddress", "address": {"country": "US", "city": "Macon"}},
            "OrderShippingAddressSet",
            {"address": {"country": "US", "city": "Macon"}},
        ),
        (
            {"action": "setCustomerEmail", "email": "b@example.com"},
            "OrderCustomerEmailSet",
            {"email": "b@example.com", "oldEmail": "ada@example.com"},
        ),
        (
            {"action": "setPurchaseOrderNumber", "purchaseOrderNumber": "PO-1"},
            "OrderPurchaseOrderNumberSet",
            {"purchaseOrderNumber": "PO-1"},
        ),
    ],
)
def test_an_update_is_told_with_its_new_and_old_value(
    shop: Shop, action: dict[str, object], message: str, fields: dict[str, object]
) -> None:
    order = shop.imported()
    shop.subscribe()
    updated = shop.update("orders", order, action)
    (told,) = shop.settled()
    assert told["type"] == message
    assert told["resourceVersion"] == updated["version"]
    assert fields.items() <= told.items()


def test_a_state_that_does_not_exist_is_refused(shop: Shop) -> None:
    order = shop.imported()
    error = shop.update_refused("orders", order, {"action": "changeShipmentState", "shipmentState": "Cancelled"})
    assert error["code"] == "InvalidJsonInput"


def test_an_unknown_action_is_refused(shop: Shop) -> None:
    order = shop.imported()
    assert shop.update_refused("orders", order, {"action": "addShipment"})["code"] == "InvalidJsonInput"


def test_five_hundred_actions_are_allowed_and_one_more_is_not(shop: Shop) -> None:
    order = shop.imported()
    action = {"action": "changeOrderState", "orderState": "Confirmed"}
    assert shop.update_refused("orders", order, *[action] * 501)["code"] == "InvalidInput"
    assert shop.update("orders", order, *[action] * 500)["orderState"] == "Confirmed"


def test_sync_info_takes_export_channels_only(shop: Shop) -> None:
    shop.channel("stock", "InventorySupply")
    order = shop.imported()
    action = {"action": "updateSyncInfo", "channel": {"typeId": "channel", "key": "stock"}, "externalId": "SO-1"}
    assert shop.update_refused("orders", order, action)["code"] == "InvalidInput"


def test_sync_info_is_kept_once_per_channel(shop: Shop) -> None:
    channel = shop.channel("wms", "OrderExport")
    order = shop.imported()
    action = {"action": "updateSyncInfo", "channel": {"typeId": "channel", "key": "wms"}}
    order = shop.update("orders", order, {**action, "externalId": "SO-1"})
    order = shop.update("orders", order, {**action, "externalId": "SO-2"})
    (entry,) = order["syncInfo"]
    assert (entry["externalId"], entry["channel"]) == ("SO-2", {"typeId": "channel", "id": channel["id"]})


def test_a_reference_to_nothing_is_refused_with_its_key(shop: Shop) -> None:
    order = shop.imported()
    action = {"action": "updateSyncInfo", "channel": {"typeId": "channel", "key": "nowhere"}}
    error = shop.update_refused("orders", order, action)
    assert (error["code"], error["typeId"], error["key"]) == ("ReferencedResourceNotFound", "channel", "nowhere")


def test_a_workflow_refuses_a_transition_it_does_not_have_unless_forced(shop: Shop) -> None:
    end = shop.post("states", {"key": "end", "type": "OrderState", "initial": False, "transitions": []})
    shop.post("states", {"key": "start", "type": "OrderState", "transitions": []})
    order = shop.imported()
    order = shop.update("orders", order, {"action": "transitionState", "state": {"typeId": "state", "key": "start"}})
    move = {"action": "transitionState", "state": {"typeId": "state", "key": "end"}}
    assert shop.update_refused("orders", order, move)["code"] == "InvalidOperation"
    assert shop.update("orders", order, {**move, "force": True})["state"]["id"] == end["id"]


def test_line_item_states_move_by_quantity_and_are_told(shop: Shop) -> None:
    shop.post("states", {"key": "picked", "type": "LineItemState", "initial": False})
    order = shop.imported()
    shop.subscribe()
    order = shop.update(
        "orders",
        order,
        {
            "action": "transitionLineItemState",
            "lineItemId": order["lineItems"][0]["id"],
            "quantity": 1,
            "fromState": {"typeId": "state", "key": "Initial"},
            "toState": {"typeId": "state", "key": "picked"},
        },
    )
    assert [item["quantity"] for item in order["lineItems"][0]["state"]] == [1, 1]
    assert shop.types() == ["LineItemStateTransition"]


def test_more_than_a_line_has_in_a_state_cannot_leave_it(shop: Shop) -> None:
    shop.post("states", {"key": "picked", "type": "LineItemState", "initial": False})
    order = shop.imported()
    action = {
        "action": "transitionLineItemState",
        "lineItemId": order["lineItems"][0]["id"],
        "quantity": 3,
        "fromState": {"typeId": "state", "key": "Initial"},
        "toState": {"typeId": "state", "key": "picked"},
    }
    assert shop.update_refused("orders", order, action)["code"] == "InvalidOperation"


def test_imported_line_item_states_must_add_up(shop: Shop) -> None:
    shop.post("states", {"key": "picked", "type": "LineItemState", "initial": False})
    order = shop.imported()
    line = order["lineItems"][0]["id"]
    states = [{"quantity": 1, "state": {"typeId": "state", "key": "picked"}}]
    action = {"action": "importLineItemState", "lineItemId": line, "state": states}
    error = shop.refused(f"orders/{order['id']}", {"version": 1, "actions": [action]})
    assert error["code"] == "InvalidInput"


def test_a_return_is_told_and_its_shipment_state_moves_on(shop: Shop) -> None:
    order = shop.imported()
    shop.subscribe()
    item = {"quantity": 1, "lineItemId": order["lineItems"][0]["id"], "shipmentState": "Advised", "key": "R-1"}
    order = shop.update("orders", order, {"action": "addReturnInfo", "items": [item], "returnTrackingId": "RT"})
    order = shop.update(
        "orders", order, {"action": "setReturnShipmentState", "returnItemKey": "R-1", "shipmentState": "Returned"}
    )
    (returned,) = order["returnInfo"][0]["items"]
    assert (returned["shipmentState"], returned["paymentState"]) == ("Returned", "Initial")
    assert shop.types() == ["ReturnInfoAdded", "OrderReturnShipmentStateChanged"]


def test_a_return_without_items_is_refused(shop: Shop) -> None:
    order = shop.imported()
    assert shop.update_refused("orders", order, {"action": "addReturnInfo", "items": []})["code"] == "InvalidInput"


def test_an_order_is_deleted_at_its_version_and_told(shop: Shop) -> None:
    order = shop.imported()
    shop.subscribe()
    assert shop.call("DELETE", f"orders/{order['id']}", version=9).status_code == 409
    assert shop.call("DELETE", f"orders/{order['id']}", version=1).status_code == 200
    assert shop.call("GET", f"orders/{order['id']}").status_code == 404
    assert shop.types() == ["OrderDeleted"]


def test_head_tells_whether_an_order_is_there(shop: Shop) -> None:
    shop.imported("WEB-1")
    assert shop.call("HEAD", "orders/order-number=WEB-1").status_code == 200
    assert shop.call("HEAD", "orders/order-number=WEB-2").status_code == 404
    assert shop.call("HEAD", "orders", where='orderNumber = "WEB-1"').status_code == 200
    assert shop.call("HEAD", "orders", where='orderNumber = "WEB-2"').status_code == 404


def test_a_scenario_places_an_order_whole(shop: Shop) -> None:
    shop.subscribe()
    money = {"type": "centPrecision", "fractionDigits": 2, **usd(1000)}
    line = {
        "variant": {"sku": "SKU-1"},
        "quantity": 1,
        "price": {"id": "p", "value": money},
        "totalPrice": money,
        "name": {"en": "Shirt"},
    }
    discount = {
        "discountedAmount": money,
        "includedDiscounts": [{"discount": {"typeId": "cart-discount", "id": "d"}, "discountedAmount": money}],
    }
    order = shop.admin(
        "POST",
        "orders",
        {
            "message": "OrderCreatedFromRecurringOrder",
            "order": {"orderNumber": "R-1", "totalPrice": money, "lineItems": [line], "discountOnTotalPrice": discount},
        },
    )
    assert shop.get("orders/order-number=R-1") == order
    assert shop.types() == ["OrderCreatedFromRecurringOrder"]
