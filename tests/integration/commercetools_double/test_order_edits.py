from __future__ import annotations

import pytest

from local.commercetools_double.bodies import Json
from tests.integration.commercetools_double.shop import TAX, Shop, usd


@pytest.fixture
def order(shop: Shop) -> Json:
    return shop.imported("WEB-1")


def edit(shop: Shop, order: Json, *actions: Json, **fields: object) -> Json:
    resource = {"typeId": "order", "id": order["id"]}
    return shop.post("orders/edits", {"resource": resource, "stagedActions": list(actions), **fields})


def more(order: Json, quantity: int = 3) -> Json:
    line = order["lineItems"][0]["id"]
    return {"action": "changeLineItemQuantity", "lineItemId": line, "quantity": quantity}


def apply(shop: Shop, made: Json, order: Json) -> Json:
    versions = {"editVersion": made["version"], "resourceVersion": order["version"]}
    return shop.post(f"orders/edits/{made['id']}/apply", versions)


def test_an_edit_shows_what_it_would_do_and_does_nothing_yet(shop: Shop, order: Json) -> None:
    made = edit(shop, order, more(order))
    assert made["result"]["type"] == "PreviewSuccess"
    assert made["result"]["preview"]["lineItems"][0]["quantity"] == 3
    assert shop.get(f"orders/{order['id']}") == order


def test_a_dry_run_stores_no_edit(shop: Shop, order: Json) -> None:
    edit(shop, order, more(order), dryRun=True)
    assert shop.get("orders/edits")["count"] == 0


def test_an_applied_edit_changes_lines_and_totals(shop: Shop, order: Json) -> None:
    applied = apply(shop, edit(shop, order, more(order)), order)
    after = shop.get(f"orders/{order['id']}")
    assert applied["result"]["type"] == "Applied"
    assert applied["result"]["excerptAfterEdit"]["version"] == after["version"]
    assert (after["lineItems"][0]["quantity"], after["totalPrice"]["centAmount"]) == (3, 3500)


def test_an_applied_edit_is_told_by_messages_and_no_change(shop: Shop, order: Json) -> None:
    made = edit(shop, order, more(order))
    shop.subscribe(messages=[{"resourceTypeId": "order"}], changes=[{"resourceTypeId": "order"}])
    apply(shop, made, order)
    assert shop.types() == ["OrderLineItemAdded", "OrderEditApplied"]
    assert len(shop.queue.bodies) == 3


def test_lines_are_added_and_removed(shop: Shop, order: Json) -> None:
    product = {
        "productType": {"typeId": "product-type", "key": "main"},
        "name": {"en": "Hat"},
        "slug": {"en": "hat"},
        "masterVariant": {"sku": "SKU-9"},
        "publish": True,
    }
    shop.post("products", product)
    shop.subscribe()
    made = edit(
        shop,
        order,
        {"action": "addLineItem", "sku": "SKU-9", "quantity": 1, "externalPrice": usd(700), "externalTaxRate": TAX},
        {"action": "removeLineItem", "lineItemId": order["lineItems"][0]["id"]},
    )
    apply(shop, made, order)
    after = shop.get(f"orders/{order['id']}")
    assert [line["variant"]["sku"] for line in after["lineItems"]] == ["SKU-9"]
    assert after["totalPrice"]["centAmount"] == 1200
    assert shop.types() == ["OrderLineItemAdded", "OrderLineItemRemoved", "OrderEditApplied"]


def test_an_order_that_changed_meanwhile_refuses_the_edit(shop: Shop, order: Json) -> None:
    made = edit(shop, order, more(order))
    shop.update("orders", order, {"action": "changeOrderState", "orderState": "Confirmed"})
    versions = {"editVersion": made["version"], "resourceVersion": order["version"]}
    assert shop.refused(f"orders/edits/{made['id']}/apply", versions)["code"] == "ConcurrentModification"


def test_an_edit_is_applied_only_once(shop: Shop, order: Json) -> None:
    made = edit(shop, order, more(order))
    applied = apply(shop, made, order)
    order = shop.get(f"orders/{order['id']}")
    versions = {"editVersion": applied["version"], "resourceVersion": order["version"]}
    assert shop.refused(f"orders/edits/{made['id']}/apply", versions)["code"] == "InvalidOperation"


def test_an_edit_that_cannot_work_shows_so_and_cannot_be_applied(shop: Shop, order: Json) -> None:
    made = edit(shop, order, {"action": "removeLineItem", "lineItemId": "nobody"})
    assert made["result"]["type"] == "PreviewFailure"
    versions = {"editVersion": made["version"], "resourceVersion": order["version"]}
    assert shop.refused(f"orders/edits/{made['id']}/apply", versions)["code"] == "EditPreviewFailed"


def test_an_order_that_tracks_inventory_cannot_be_edited(shop: Shop) -> None:
    shop.entry()
    order = shop.imported(inventoryMode="TrackOnly")
    resource = {"typeId": "order", "id": order["id"]}
    error = shop.refused("orders/edits", {"resource": resource, "stagedActions": [more(order)]})
    assert error["code"] == "InvalidOperation"
