from __future__ import annotations

import pytest

from local.commercetools_double.bodies import Json
from tests.integration.commercetools_double.shop import ADDRESS, TAX, Shop, usd

PRODUCT = {
    "key": "shirt",
    "productType": {"typeId": "product-type", "key": "main"},
    "name": {"en": "Shirt"},
    "slug": {"en": "shirt"},
    "masterVariant": {"sku": "SKU-1", "prices": [{"value": usd(1000)}]},
    "publish": True,
}
LINE = {"sku": "SKU-1", "quantity": 2, "externalTaxRate": TAX}
GROUND = {
    "action": "setCustomShippingMethod",
    "shippingMethodName": "Ground",
    "shippingRate": {"price": usd(500)},
    "externalTaxRate": TAX,
}


@pytest.fixture
def cart(shop: Shop) -> Json:
    shop.post("products", PRODUCT)
    cart = shop.post("carts", {"currency": "USD", "lineItems": [LINE], "shippingAddress": ADDRESS, "country": "US"})
    return shop.update("carts", cart, GROUND)


def ordered(shop: Shop, cart: Json, **fields: object) -> Json:
    cart_reference = {"typeId": "cart", "id": cart["id"]}
    return shop.post("orders", {"cart": cart_reference, "version": cart["version"], **fields})


def test_a_cart_adds_up_its_lines_shipping_and_taxes(cart: Json) -> None:
    assert cart["totalPrice"]["centAmount"] == 2500
    assert cart["taxedPrice"]["totalGross"]["centAmount"] == 2700


def test_an_order_from_a_cart_is_told_as_created(shop: Shop, cart: Json) -> None:
    shop.subscribe()
    order = ordered(shop, cart, orderNumber="WEB-1", paymentState="Pending")
    (message,) = shop.settled()
    assert (message["type"], message["order"]) == ("OrderCreated", order)
    assert (order["taxedPrice"], order["paymentState"]) == (cart["taxedPrice"], "Pending")
    assert order["lineItems"][0]["variant"]["sku"] == "SKU-1"


def test_a_cart_is_ordered_only_once(shop: Shop, cart: Json) -> None:
    ordered(shop, cart)
    cart = shop.get(f"carts/{cart['id']}")
    reference = {"typeId": "cart", "id": cart["id"]}
    assert shop.refused("orders", {"cart": reference, "version": cart["version"]})["code"] == "InvalidOperation"


def test_a_cart_is_ordered_at_its_version_only(shop: Shop, cart: Json) -> None:
    reference = {"typeId": "cart", "id": cart["id"]}
    assert shop.refused("orders", {"cart": reference, "version": 1})["code"] == "ConcurrentModification"


def test_a_cart_out_of_stock_makes_no_order_and_stays_active(shop: Shop) -> None:
    shop.post("products", PRODUCT)
    cart = shop.post(
        "carts", {"currency": "USD", "lineItems": [LINE], "shippingAddress": ADDRESS, "inventoryMode": "ReserveOnOrder"}
    )
    reference = {"typeId": "cart", "id": cart["id"]}
    error = shop.refused("orders", {"cart": reference, "version": cart["version"]})
    assert (error["code"], error["skus"]) == ("OutOfStock", ["SKU-1"])
    assert shop.get(f"carts/{cart['id']}")["cartState"] == "Active"


def test_discounts_come_off_lines_shipping_and_total(shop: Shop, cart: Json) -> None:
    half = {"type": "relative", "permyriad": 5000}
    fixed = {"type": "absolute", "money": [usd(100)]}
    cart = shop.update(
        "carts",
        cart,
        {
            "action": "setDirectDiscounts",
            "discounts": [
                {"value": half, "target": {"type": "lineItems", "predicate": "true"}},
                {"value": fixed, "target": {"type": "shipping"}},
                {"value": fixed, "target": {"type": "totalPrice"}},
            ],
        },
    )
    order = ordered(shop, cart)
    portion = order["lineItems"][0]["discountedPricePerQuantity"][0]
    assert portion["discountedPrice"]["value"]["centAmount"] == 500
    assert order["shippingInfo"]["discountedPrice"]["value"]["centAmount"] == 400
    assert order["discountOnTotalPrice"]["discountedAmount"]["centAmount"] == 100
    assert order["totalPrice"]["centAmount"] == 1000 + 400 - 100


def test_a_cart_may_ship_to_several_addresses(shop: Shop) -> None:
    shop.post("products", PRODUCT)
    shipping = {"shippingMethodName": "Ground", "shippingRate": {"price": usd(500)}, "shippingAddress": ADDRESS}
    cart = shop.post(
        "carts",
        {
            "currency": "USD",
            "lineItems": [{**LINE, "shippingDetails": {"targets": [{"addressKey": "a", "quantity": 2}]}}],
            "shippingMode": "Multiple",
            "itemShippingAddresses": [{**ADDRESS, "key": "a"}],
            "customShipping": [{**shipping, "shippingKey": "home"}, {**shipping, "shippingKey": "work"}],
        },
    )
    order = ordered(shop, cart)
    assert [one["shippingKey"] for one in order["shipping"]] == ["home", "work"]
    assert order["totalPrice"]["centAmount"] == 3000


def test_a_cart_needs_a_price_in_its_currency(shop: Shop) -> None:
    shop.post("products", PRODUCT)
    error = shop.refused("carts", {"currency": "EUR", "lineItems": [LINE]})
    assert error["code"] == "MatchingPriceNotFound"


def test_products_are_told_when_published_and_unpublished(shop: Shop) -> None:
    shop.subscribe(messages=[{"resourceTypeId": "product"}])
    product = shop.post("products", PRODUCT)
    product = shop.update("products", product, {"action": "unpublish"})
    shop.update("products", product, {"action": "publish"})
    assert shop.types() == ["ProductCreated", "ProductPublished", "ProductUnpublished", "ProductPublished"]


def test_staged_variants_are_current_once_published(shop: Shop) -> None:
    product = shop.post("products", PRODUCT)
    product = shop.update("products", product, {"action": "addVariant", "sku": "SKU-2"})
    assert product["masterData"]["current"]["variants"] == []
    product = shop.update("products", product, {"action": "publish"})
    assert product["masterData"]["current"]["variants"][0]["sku"] == "SKU-2"


def test_variants_are_told_when_added_and_deleted(shop: Shop) -> None:
    product = shop.post("products", PRODUCT)
    shop.subscribe(messages=[{"resourceTypeId": "product"}])
    product = shop.update("products", product, {"action": "addVariant", "sku": "SKU-2", "staged": False})
    shop.update("products", product, {"action": "removeVariant", "sku": "SKU-2", "staged": False})
    assert shop.types() == ["ProductVariantAdded", "ProductVariantDeleted"]


def test_a_sku_belongs_to_one_product(shop: Shop) -> None:
    shop.post("products", PRODUCT)
    error = shop.refused("products", {**PRODUCT, "key": "other", "slug": {"en": "other"}})
    assert (error["code"], error["field"]) == ("DuplicateField", "sku")


def test_a_variant_may_lack_a_sku(shop: Shop) -> None:
    product = shop.post("products", {**PRODUCT, "masterVariant": {}})
    assert "sku" not in product["masterData"]["current"]["masterVariant"]


def test_the_line_keeps_the_variant_as_it_was_ordered(shop: Shop, cart: Json) -> None:
    order = ordered(shop, cart)
    product = shop.get("products/key=shirt")
    change = {"action": "setAttribute", "variantId": 1, "name": "colour", "value": "red", "staged": False}
    shop.update("products", product, change)
    assert shop.get(f"orders/{order['id']}")["lineItems"][0]["variant"]["attributes"] == []
