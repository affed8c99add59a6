"""Line items and custom line items as orders and carts hold them, made from what drafts say of them."""

from __future__ import annotations

from typing import Any

from local.commercetools_double.bodies import Json, checked_key, needed, one_of, without_nones
from local.commercetools_double.custom_fields import custom_of
from local.commercetools_double.errors import ApiError, invalid_input, invalid_json
from local.commercetools_double.money import money, tax_rate, taxed, times, typed
from local.commercetools_double.products import find_variant
from local.commercetools_double.project import Project

INITIAL_LINE_ITEM_STATE = "Initial"
INVENTORY_MODES = ("None", "TrackOnly", "ReserveOnOrder")


def inventory_mode(draft: Json) -> str | None:
    """How an order takes its lines from stock, or None when the draft does not say.

    Raises `InvalidInput` for ReserveOnCart, which a project refuses until reservations are switched on (CT-INV-17).
    """
    if draft.get("inventoryMode") == "ReserveOnCart":
        raise invalid_input("inventoryMode: ReserveOnCart needs a project with reservations; this one has none.")
    return one_of(draft, "inventoryMode", INVENTORY_MODES) if draft.get("inventoryMode") is not None else None


def initial_states(project: Project, quantity: int) -> list[Json]:
    """A new line item's states: everything in the built-in initial one (CT-ORD-15)."""
    return [{"quantity": quantity, "state": project.reference("state", {"key": INITIAL_LINE_ITEM_STATE})}]


def imported_line(project: Project, draft: Any) -> Json:
    """The line item of a `LineItemImportDraft` (CT-ORD-09)."""
    if not isinstance(draft, dict):
        raise invalid_json("lineItems: objects are expected")
    variant_draft = needed(draft, "variant", dict)
    if draft.get("productId") and variant_draft.get("id") is None:
        raise invalid_input("variant.id is mandatory when productId is given.")
    if not variant_draft.get("sku") and not draft.get("productId"):
        raise invalid_input("A line item needs either variant.sku, or productId and variant.id.")
    known = find_variant(
        project, sku=variant_draft.get("sku"), product_id=draft.get("productId"), variant_id=variant_draft.get("id")
    )
    product, variant = known or (None, {})
    price = needed(draft, "price", dict)
    return _line(
        project,
        draft,
        product=product or {"id": draft.get("productId") or project.ids.new()},
        variant={
            "id": 1,
            "prices": [],
            "images": [],
            "attributes": [],
            "assets": [],
            **variant,
            **without_nones({name: variant_draft.get(name) for name in ("id", "sku", "attributes", "images")}),
        },
        name=needed(draft, "name", dict),
        price={"id": project.ids.new(), **price, "value": typed(needed(price, "value", dict))},
        rate=tax_rate(draft.get("taxRate")),
        price_mode="Platform",
    )


def drafted_line(project: Project, draft: Any, currency: str) -> Json:
    """The line item of a cart's `LineItemDraft`, or of an `addLineItem` in an order edit: of a product that exists."""
    if not isinstance(draft, dict):
        raise invalid_json("lineItems: objects are expected")
    found = find_variant(
        project, sku=draft.get("sku"), product_id=draft.get("productId"), variant_id=draft.get("variantId", 1)
    )
    if found is None:
        raise invalid_input(f"No product variant was found for SKU '{draft.get('sku')}'.")
    product, variant = found
    external = draft.get("externalPrice")
    if external is not None:
        price: Json = {"id": project.ids.new(), "value": typed(external)}
    else:
        prices = [price for price in variant["prices"] if price["value"]["currencyCode"] == currency]
        if not prices:
            raise ApiError(
                400,
                "MatchingPriceNotFound",
                f"No price in {currency} was found for product '{product['id']}', variant {variant['id']}.",
                productId=product["id"],
                variantId=variant["id"],
                currency=currency,
            )
        price = prices[0]
    return _line(
        project,
        {"quantity": 1, **draft},
        product=product,
        variant=variant,
        name=product["name"],
        price=price,
        rate=tax_rate(draft.get("externalTaxRate")),
        price_mode="ExternalPrice" if external is not None else "Platform",
    )


def _line(
    project: Project,
    draft: Json,
    *,
    product: Json,
    variant: Json,
    name: Json,
    price: Json,
    rate: Json | None,
    price_mode: str,
) -> Json:
    quantity = int(needed(draft, "quantity", int))
    if quantity < 1:
        raise invalid_input(f"The quantity of a line item must be at least 1, not {quantity}.")
    line = without_nones(
        {
            "id": project.ids.new(),
            "key": checked_key(draft.get("key")),
            "productId": product["id"],
            "productKey": product.get("key"),
            "name": name,
            "productType": product.get("productType") or project.reference("product-type", {"key": "main"}),
            "productSlug": product.get("slug"),
            "variant": variant,
            "price": price,
            "quantity": quantity,
            "totalPrice": {},
            "discountedPricePerQuantity": [],
            "taxRate": rate,
            "taxedPricePortions": [],
            "perMethodTaxRate": [],
            "state": _states(project, draft.get("state"), quantity),
            "supplyChannel": _channel(project, draft.get("supplyChannel")),
            "distributionChannel": _channel(project, draft.get("distributionChannel")),
            "inventoryMode": inventory_mode(draft),
            "shippingDetails": shipping_details(draft.get("shippingDetails"), quantity),
            "custom": custom_of(project, draft.get("custom")),
            "priceMode": price_mode,
            "lineItemMode": "Standard",
        }
    )
    reprice(line)
    return line


def custom_line(project: Project, draft: Any) -> Json:
    """A custom line item, of an import or of a cart."""
    if not isinstance(draft, dict):
        raise invalid_json("customLineItems: objects are expected")
    quantity = int(draft.get("quantity", 1))
    line = without_nones(
        {
            "id": project.ids.new(),
            "key": checked_key(draft.get("key")),
            "name": needed(draft, "name", dict),
            "money": typed(needed(draft, "money", dict)),
            "slug": needed(draft, "slug", str),
            "quantity": quantity,
            "totalPrice": {},
            "state": _states(project, draft.get("state"), quantity),
            "taxRate": tax_rate(draft.get("taxRate") or draft.get("externalTaxRate")),
            "taxCategory": project.reference("tax-category", draft["taxCategory"])
            if draft.get("taxCategory")
            else None,
            "taxedPricePortions": [],
            "perMethodTaxRate": [],
            "discountedPricePerQuantity": [],
            "priceMode": draft.get("priceMode", "Standard"),
            "shippingDetails": shipping_details(draft.get("shippingDetails"), quantity),
            "custom": custom_of(project, draft.get("custom")),
        }
    )
    reprice(line)
    return line


def reprice(line: Json) -> None:
    """Work out a line's total and taxed price again, from its price, quantity, discounts and tax rate."""
    price = line["money"] if "money" in line else line["price"]["value"]
    currency = price["currencyCode"]
    total = times(price, line["quantity"])
    portions = line["discountedPricePerQuantity"]
    if portions:
        undiscounted = line["quantity"] - sum(portion["quantity"] for portion in portions)
        total = times(price, undiscounted) + sum(
            times(portion["discountedPrice"]["value"], portion["quantity"]) for portion in portions
        )
    line["totalPrice"] = money(total, currency)
    if "taxRate" in line:
        line["taxedPrice"] = taxed(total, currency, line["taxRate"])


def shipping_details(draft: Any, quantity: int) -> Json | None:
    """Where the pieces of a line go; valid when the targets add up to its quantity."""
    if draft is None:
        return None
    targets = needed(draft, "targets", list)
    total = sum(int(target["quantity"]) for target in targets)
    return {"targets": targets, "valid": total == quantity}


def _states(project: Project, drafted: Any, quantity: int) -> list[Json]:
    if not drafted:
        return initial_states(project, quantity)
    states: list[Json] = [
        {"quantity": int(needed(item, "quantity", int)), "state": project.reference("state", item.get("state"))}
        for item in drafted
    ]
    if sum(item["quantity"] for item in states) != quantity:
        raise invalid_input(f"The quantities of the item states do not add up to {quantity}.")
    return states


def _channel(project: Project, identifier: Any) -> Json | None:
    return None if identifier is None else project.reference("channel", identifier)
