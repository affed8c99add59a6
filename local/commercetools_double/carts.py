"""Carts, as far as it takes to place orders from them: lines, taxes, discounts, shipping to one or several addresses.

A cart's prices come from its products or, as `externalPrice`, from the draft; its taxes are external rates.
Discounts are direct discounts: relative or absolute, on all line items, on shipping or on the total price.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from local.commercetools_double.bodies import Json, given_name, needed, one_of, optional, set_or_remove, without_nones
from local.commercetools_double.custom_fields import custom_actions, custom_of, whole_resource
from local.commercetools_double.errors import invalid_input, invalid_operation
from local.commercetools_double.line_items import custom_line, drafted_line, inventory_mode
from local.commercetools_double.money import money, rounded
from local.commercetools_double.order_drafts import (
    order_frame,
    payment_info_of,
    retotal,
    shipping_info,
    states_of,
    store_of,
)
from local.commercetools_double.project import Action, Change, Kind, Project

_TEXTS = ("customerId", "customerEmail", "anonymousId", "country", "locale", "purchaseOrderNumber", "key")
_NOT_IN_ORDERS = frozenset(
    {"id", "version", "createdAt", "lastModifiedAt", "createdBy", "lastModifiedBy", "cartState", "key", "discountCodes"}
)


def cart_from(project: Project, draft: Json) -> Json:
    """The cart of a `CartDraft`."""
    currency = needed(draft, "currency", str)
    mode = draft.get("shippingMode", "Single")
    body = without_nones(
        {
            **order_frame(),
            **{name: optional(draft, name, str) for name in _TEXTS},
            "shippingMode": mode,
            "totalPrice": money(0, currency),
            "store": store_of(draft.get("store")),
            "lineItems": [drafted_line(project, line, currency) for line in optional(draft, "lineItems", list) or []],
            "customLineItems": [custom_line(project, line) for line in optional(draft, "customLineItems", list) or []],
            "inventoryMode": inventory_mode(draft) or "None",
            "taxMode": draft.get("taxMode", "External"),
            "priceRoundingMode": "HalfEven",
            "taxRoundingMode": draft.get("taxRoundingMode", "HalfEven"),
            "taxCalculationMode": draft.get("taxCalculationMode", "LineItemLevel"),
            "cartState": "Active",
            "billingAddress": optional(draft, "billingAddress", dict),
            "shippingAddress": optional(draft, "shippingAddress", dict),
            "itemShippingAddresses": draft.get("itemShippingAddresses", []),
            "shipping": [_custom_shipping(project, one, currency) for one in draft.get("customShipping", [])],
            "discountCodes": [],
            "directDiscounts": [],
            "paymentInfo": payment_info_of(project, draft.get("paymentInfo")),
            "custom": custom_of(project, draft.get("custom")),
        }
    )
    for name in ("orderState", "syncInfo", "returnInfo"):
        body.pop(name)
    _recalculate(body)
    return body


def order_of_cart(project: Project, cart: Json, draft: Json) -> Json:
    """The order of an `OrderFromCartDraft`; raises `InvalidOperation` for a cart already ordered (CT-ORD-13)."""
    if cart["cartState"] == "Ordered":
        raise invalid_operation(f"The cart '{cart['id']}' is already ordered.")
    if not cart["lineItems"] and not cart["customLineItems"]:
        raise invalid_operation("An order cannot be created from an empty cart.")
    if cart["shippingMode"] == "Single" and not cart.get("shippingAddress"):
        raise invalid_operation("The cart has no shipping address.")
    kept = {name: value for name, value in cart.items() if name not in _NOT_IN_ORDERS}
    kept.pop("totalLineItemQuantity", None)
    return without_nones(
        {
            **order_frame(),
            **kept,
            **states_of(draft),
            "orderNumber": given_name(draft, "orderNumber"),
            "purchaseOrderNumber": draft.get("purchaseOrderNumber", cart.get("purchaseOrderNumber")),
            "state": project.reference("state", draft["state"]) if draft.get("state") else None,
            "custom": custom_of(project, draft.get("custom")) or cart.get("custom"),
            "cart": {"typeId": "cart", "id": cart["id"]},
        }
    )


def _custom_shipping(project: Project, draft: Json, currency: str) -> Json:
    """One way of shipping of a cart with shippingMode Multiple."""
    return {
        "shippingKey": needed(draft, "shippingKey", str),
        "shippingInfo": _method(project, draft, currency),
        "shippingAddress": needed(draft, "shippingAddress", dict),
    }


def _method(project: Project, draft: Json, currency: str) -> Json:
    rate = needed(draft, "shippingRate", dict)
    info = shipping_info(
        project,
        {
            "shippingMethodName": needed(draft, "shippingMethodName", str),
            "price": needed(rate, "price", dict),
            "shippingRate": rate,
            "taxRate": draft.get("externalTaxRate"),
            "taxCategory": draft.get("taxCategory"),
            "deliveries": draft.get("deliveries") or [],
        },
        currency,
    )
    if info is None:
        raise invalid_input("A shipping method is needed.")
    return info


def _recalculate(body: Json) -> None:
    _discount(body)
    retotal(body)
    body["totalLineItemQuantity"] = sum(line["quantity"] for line in body["lineItems"])


def _discount(body: Json) -> None:
    """Put the direct discounts on lines, shipping and total anew."""
    currency = body["totalPrice"]["currencyCode"]
    infos = [body["shippingInfo"]] if body.get("shippingInfo") else [one["shippingInfo"] for one in body["shipping"]]
    for line in body["lineItems"]:
        line["discountedPricePerQuantity"] = []
    for info in infos:
        info.pop("discountedPrice", None)
    body.pop("discountOnTotalPrice", None)
    for discount in body["directDiscounts"]:
        target = discount.get("target", {}).get("type")
        if target == "lineItems":
            for line in body["lineItems"]:
                _discount_line(line, discount, currency)
        elif target == "shipping":
            for info in infos:
                _, info["discountedPrice"] = _reduced(info["price"]["centAmount"], discount, currency)
        elif target == "totalPrice":
            retotal(body)
            whole = body["totalPrice"]["centAmount"]
            off, portion = _reduced(whole, discount, currency)
            body["discountOnTotalPrice"] = {
                "discountedAmount": money(off, currency),
                "includedDiscounts": portion["includedDiscounts"],
            }


def _discount_line(line: Json, discount: Json, currency: str) -> None:
    _, reduced = _reduced(line["price"]["value"]["centAmount"], discount, currency)
    line["discountedPricePerQuantity"] = [{"quantity": line["quantity"], "discountedPrice": reduced}]


def _reduced(cent_amount: int, discount: Json, currency: str) -> tuple[int, Json]:
    """How much a discount takes off an amount, and the `DiscountedLineItemPrice` that is left."""
    value = discount["value"]
    if value["type"] == "relative":
        off = rounded(Decimal(cent_amount * int(value["permyriad"])) / 10_000)
    else:
        off = min(cent_amount, *(int(one["centAmount"]) for one in value["money"]))
    reference = {"typeId": "direct-discount", "id": discount["id"]}
    return off, {
        "value": money(cent_amount - off, currency),
        "includedDiscounts": [{"discount": reference, "discountedAmount": money(off, currency)}],
    }


def _line(change: Change, action: Json) -> Json:
    wanted = action.get("lineItemId")
    for line in change.body["lineItems"]:
        if line["id"] == wanted or (action.get("lineItemKey") and line.get("key") == action["lineItemKey"]):
            found: Json = line
            return found
    raise invalid_operation(f"The line item {wanted!r} was not found in the cart.")


def _add_line(change: Change, action: Json) -> None:
    currency = change.body["totalPrice"]["currencyCode"]
    change.body["lineItems"].append(drafted_line(change.project, action, currency))


def _remove_line(change: Change, action: Json) -> None:
    change.body["lineItems"].remove(_line(change, action))


def _change_quantity(change: Change, action: Json) -> None:
    line, quantity = _line(change, action), needed(action, "quantity", int)
    if quantity == 0:
        change.body["lineItems"].remove(line)
        return
    line["quantity"] = quantity
    line["state"] = [{"quantity": quantity, "state": line["state"][0]["state"]}]


def _set_address(change: Change, action: Json) -> None:
    name = "shippingAddress" if action["action"] == "setShippingAddress" else "billingAddress"
    set_or_remove(change.body, name, optional(action, "address", dict))


def _set_custom_shipping_method(change: Change, action: Json) -> None:
    currency = change.body["totalPrice"]["currencyCode"]
    change.body["shippingInfo"] = _method(change.project, action, currency)


def _set_direct_discounts(change: Change, action: Json) -> None:
    change.body["directDiscounts"] = [
        _direct_discount(change.project, one) for one in needed(action, "discounts", list)
    ]


def _direct_discount(project: Project, draft: Any) -> Json:
    value = needed(draft, "value", dict)
    one_of(value, "type", ("relative", "absolute"))
    target = draft.get("target") or {}
    one_of(target, "type", ("lineItems", "shipping", "totalPrice"))
    if value["type"] == "absolute":
        value = {**value, "money": [money(one["centAmount"], one["currencyCode"]) for one in value["money"]]}
    return {"id": project.ids.new(), "value": value, "target": target}


def _add_payment(change: Change, action: Json) -> None:
    reference = change.project.reference("payment", needed(action, "payment", dict))
    change.body.setdefault("paymentInfo", {"payments": []})["payments"].append(reference)


def _recalculated(action: Action) -> Action:
    def apply(change: Change, body: Json) -> None:
        action(change, body)
        _recalculate(change.body)

    return apply


CART = Kind(
    type_id="cart",
    path="carts",
    fields=frozenset({"lineItems", "cartState", "customerId", "customerEmail", "totalPrice", "store", "paymentInfo"}),
    actions={
        "addLineItem": _recalculated(_add_line),
        "removeLineItem": _recalculated(_remove_line),
        "changeLineItemQuantity": _recalculated(_change_quantity),
        "setShippingAddress": _set_address,
        "setBillingAddress": _set_address,
        "setCustomShippingMethod": _recalculated(_set_custom_shipping_method),
        "setDirectDiscounts": _recalculated(_set_direct_discounts),
        "addPayment": _add_payment,
        **custom_actions("", None, whole_resource),
    },
    manage="manage_orders",
)
