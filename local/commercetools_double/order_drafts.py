"""Orders as they come into being: imported, made from a cart, or placed whole by a scenario."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from local.commercetools_double.bodies import Json, given_name, instant_of, needed, one_of, optional, without_nones
from local.commercetools_double.custom_fields import custom_of
from local.commercetools_double.errors import invalid_input
from local.commercetools_double.line_items import custom_line, imported_line, inventory_mode, reprice
from local.commercetools_double.money import money, tax_rate, taxed, taxed_of, typed
from local.commercetools_double.project import Project

ORDER_STATES = ("Open", "Confirmed", "Complete", "Cancelled")
SHIPMENT_STATES = ("Shipped", "Delivered", "Ready", "Pending", "Delayed", "Partial", "Backorder", "Canceled")
PAYMENT_STATES = ("BalanceDue", "Failed", "Pending", "CreditOwed", "Paid")

_PASSED_ON = ("customerId", "customerEmail", "anonymousId", "country", "locale", "purchaseOrderNumber")


def order_frame() -> Json:
    """What every order has, before anything is known of it."""
    return {
        "lineItems": [],
        "customLineItems": [],
        "shippingMode": "Single",
        "shipping": [],
        "origin": "Customer",
        "inventoryMode": "None",
        "refusedGifts": [],
        "orderState": "Open",
        "syncInfo": [],
        "returnInfo": [],
    }


def imported_order(project: Project, draft: Json) -> Json:
    """The order of an `OrderImportDraft`, less id, version and instants."""
    currency = needed(needed(draft, "totalPrice", dict), "currencyCode", str)
    lines = [imported_line(project, line) for line in optional(draft, "lineItems", list) or []]
    custom_lines = [custom_line(project, line) for line in optional(draft, "customLineItems", list) or []]
    if not lines and not custom_lines:
        raise invalid_input("An order needs at least one line item or custom line item.")
    payment_info = optional(draft, "paymentInfo", dict)
    return without_nones(
        {
            **order_frame(),
            **{name: optional(draft, name, str) for name in _PASSED_ON},
            **states_of(draft),
            "orderNumber": given_name(draft, "orderNumber"),
            "customerGroup": _outside(project, "customer-group", draft),
            "store": store_of(draft.get("store")),
            "lineItems": lines,
            "customLineItems": custom_lines,
            "totalPrice": typed(draft["totalPrice"]),
            "taxedPrice": _taxed_price(draft.get("taxedPrice")),
            "inventoryMode": inventory_mode(draft) or "None",
            "billingAddress": optional(draft, "billingAddress", dict),
            "shippingAddress": optional(draft, "shippingAddress", dict),
            "itemShippingAddresses": draft.get("itemShippingAddresses", []),
            "shippingInfo": shipping_info(project, draft.get("shippingInfo"), currency),
            "paymentInfo": payment_info_of(project, payment_info),
            "state": project.reference("state", draft["state"]) if draft.get("state") else None,
            "origin": draft.get("origin", "Customer"),
            "taxRoundingMode": draft.get("taxRoundingMode", "HalfEven"),
            "taxCalculationMode": draft.get("taxCalculationMode", "LineItemLevel"),
            "completedAt": instant_of(draft, "completedAt"),
            "custom": custom_of(project, draft.get("custom")),
        }
    )


def states_of(draft: Json) -> Json:
    """The states a draft gives an order; it is Open unless told otherwise."""
    given = {"orderState": "Open", **without_nones(draft)}
    states = {"orderState": one_of(given, "orderState", ORDER_STATES)}
    for name, allowed in (("shipmentState", SHIPMENT_STATES), ("paymentState", PAYMENT_STATES)):
        if given.get(name) is not None:
            states[name] = one_of(given, name, allowed)
    return states


def store_of(identifier: Any) -> Json | None:
    """A store is referred to by key only."""
    return None if identifier is None else {"typeId": "store", "key": needed(identifier, "key", str)}


def payment_info_of(project: Project, info: Any) -> Json | None:
    """The payments of an order, each of which must exist."""
    if not info:
        return None
    return {"payments": [project.reference("payment", payment) for payment in needed(info, "payments", list)]}


def shipping_info(project: Project, draft: Any, currency: str) -> Json | None:
    """The `ShippingInfo` of an import draft; deliveries given with it get their ids here."""
    if draft is None:
        return None
    price = typed(needed(draft, "price", dict))
    rate_draft = draft.get("shippingRate") or {"price": draft["price"]}
    rate = tax_rate(draft.get("taxRate"))
    discounted = draft.get("discountedPrice")
    charged = int((discounted["value"] if discounted else price)["centAmount"])
    return without_nones(
        {
            "shippingMethodName": needed(draft, "shippingMethodName", str),
            "price": price,
            "shippingRate": without_nones(
                {
                    "price": typed(needed(rate_draft, "price", dict)),
                    "freeAbove": typed(rate_draft["freeAbove"]) if rate_draft.get("freeAbove") else None,
                    "tiers": rate_draft.get("tiers", []),
                }
            ),
            "taxRate": rate,
            "taxedPrice": taxed(charged, currency, rate) if rate else None,
            "taxCategory": _outside(project, "tax-category", draft),
            "shippingMethod": _outside(project, "shipping-method", draft),
            "discountedPrice": {**discounted, "value": typed(discounted["value"])} if discounted else None,
            "shippingMethodState": draft.get("shippingMethodState", "MatchesCart"),
            "deliveries": [_delivery(project, delivery) for delivery in draft.get("deliveries", [])],
        }
    )


def _delivery(project: Project, draft: Json) -> Json:
    now = project.now()
    parcels = [
        {**parcel, "id": project.ids.new(), "createdAt": now, "items": parcel.get("items", [])}
        for parcel in draft.get("parcels", [])
    ]
    return {
        **without_nones({name: draft.get(name) for name in ("key", "address")}),
        "id": project.ids.new(),
        "createdAt": now,
        "items": draft.get("items", []),
        "parcels": parcels,
    }


def _taxed_price(draft: Any) -> Json | None:
    if draft is None:
        return None
    net, gross = typed(needed(draft, "totalNet", dict)), typed(needed(draft, "totalGross", dict))
    portions = [
        (str(portion.get("name", "")), float(portion["rate"]), int(portion["amount"]["centAmount"]))
        for portion in draft.get("taxPortions", [])
    ]
    return taxed_of(net["centAmount"], gross["centAmount"], net["currencyCode"], portions)


def _outside(project: Project, type_id: str, draft: Mapping[str, Any]) -> Json | None:
    """A reference of a draft to something the double does not hold, such as its tax category."""
    words = type_id.split("-")
    identifier = draft.get(words[0] + "".join(word.capitalize() for word in words[1:]))
    return project.reference(type_id, identifier) if identifier else None


def retotal(body: Json) -> None:
    """Work out the totals of a cart or order again: lines, shipping, discount on the total, taxes."""
    for line in (*body["lineItems"], *body["customLineItems"]):
        reprice(line)
    currency = body["totalPrice"]["currencyCode"]
    infos = [body["shippingInfo"]] if body.get("shippingInfo") else [one["shippingInfo"] for one in body["shipping"]]
    parts = [(line["totalPrice"]["centAmount"], line.get("taxRate")) for line in body["lineItems"]]
    parts += [(line["totalPrice"]["centAmount"], line.get("taxRate")) for line in body["customLineItems"]]
    shipping_parts = [
        ((info.get("discountedPrice") or {"value": info["price"]})["value"]["centAmount"], info.get("taxRate"))
        for info in infos
    ]
    off_total = body.get("discountOnTotalPrice")
    reduction = off_total["discountedAmount"]["centAmount"] if off_total else 0
    every = parts + shipping_parts
    body["totalPrice"] = money(sum(amount for amount, _ in every) - reduction, currency)
    body.pop("taxedPrice", None)
    body.pop("taxedShippingPrice", None)
    if every and all(rate for _, rate in every) and not reduction:
        body["taxedPrice"] = _summed(every, currency)
        if shipping_parts:
            body["taxedShippingPrice"] = _summed(shipping_parts, currency)


def _summed(parts: list[tuple[int, Json | None]], currency: str) -> Json:
    net = gross = 0
    portions: dict[tuple[str, float], int] = {}
    for amount, rate in parts:
        if rate is None:
            continue
        one = taxed(amount, currency, rate)
        net += one["totalNet"]["centAmount"]
        gross += one["totalGross"]["centAmount"]
        name = (str(rate["name"]), float(rate["amount"]))
        portions[name] = portions.get(name, 0) + one["totalTax"]["centAmount"]
    return taxed_of(net, gross, currency, [(name, share, tax) for (name, share), tax in sorted(portions.items())])
