"""The shop's documents as they come, with their gaps and their surprises."""

from __future__ import annotations

from typing import Any

import pytest
from lockstep.adapters.commercetools.mapping import order_from
from lockstep.adapters.commercetools.wire import WireCustomLineItem
from lockstep.domain.errors import PermanentError
from lockstep.domain.exception_codes import ExceptionCode
from lockstep.domain.money import Money
from lockstep.domain.orders import ShopOrder


def cents(amount: int) -> dict[str, Any]:
    return {"type": "centPrecision", "centAmount": amount, "currencyCode": "EUR", "fractionDigits": 2}


def a_document(**changes: Any) -> dict[str, Any]:
    return {
        "id": "order-1",
        "version": 3,
        "createdAt": "2026-11-23T12:00:00.000Z",
        "orderState": "Open",
        "totalPrice": cents(2500),
        "lineItems": [
            {
                "id": "line-1",
                "name": {"en": "Cup"},
                "variant": {"sku": "SKU-1"},
                "price": {"value": cents(1000)},
                "quantity": 2,
                "totalPrice": cents(2000),
            }
        ],
        "shippingInfo": {"shippingMethodName": "Standard", "price": cents(500)},
    } | changes


def read(**changes: Any) -> ShopOrder:
    return order_from(a_document(**changes), lambda: "our-channel")


def sync_info(channel: str, number: str | None) -> dict[str, Any]:
    return {"channel": {"typeId": "channel", "id": channel}, "externalId": number}


def test_shipping_is_what_it_costs() -> None:
    assert read().shipping == Money(500, "EUR")


def test_discounted_shipping_is_what_is_left_to_pay() -> None:
    discounted = {"shippingMethodName": "Standard", "price": cents(500), "discountedPrice": {"value": cents(100)}}
    assert read(shippingInfo=discounted).shipping == Money(100, "EUR")


def test_of_our_channels_sync_entries_the_last_counts() -> None:
    entries = [sync_info("our-channel", "OLD"), sync_info("our-channel", "WEB-1"), sync_info("other", "X")]
    assert read(syncInfo=entries).view.warehouse_number == "WEB-1"


def test_custom_lines_are_named_and_summed() -> None:
    line = {"id": "c", "name": {"en": "Gift wrap", "de": None}, "totalPrice": cents(300)}
    assert WireCustomLineItem.model_validate(line).name == {"en": "Gift wrap", "de": None}
    assert read(customLineItems=[line, line]).custom_line_total == Money(600, "EUR")


def test_numbers_are_taken_where_text_is_expected() -> None:
    address = {"streetNumber": 12, "streetName": "Long Street", "postalCode": 9000, "country": "BE"}
    order = read(orderNumber=4711, shippingAddress=address)
    assert order.order_number == "4711"
    assert order.shipping_address is not None
    assert (order.shipping_address.street, order.shipping_address.postal_code) == ("Long Street 12", "9000")


OPTIONAL = [
    *("orderNumber", "completedAt", "customerEmail", "store", "customLineItems", "taxedPrice", "shippingAddress"),
    *("billingAddress", "shippingMode", "shippingInfo", "paymentInfo", "paymentState", "syncInfo", "custom"),
]


@pytest.mark.parametrize("field", OPTIONAL)
def test_a_null_counts_as_absent(field: str) -> None:
    absent = a_document()
    absent.pop(field, None)
    assert read(**{field: None}) == order_from(absent, lambda: "our-channel")


def test_nulls_deeper_inside_count_as_absent_too() -> None:
    line = a_document()["lineItems"][0] | {"name": {"en": None, "de": "Tasse"}, "supplyChannel": None}
    order = read(lineItems=[line], shippingAddress={"country": "BE", "firstName": None, "pOBox": None})
    assert order.lines[0].description == "Tasse"
    assert order.shipping_address is not None
    assert order.shipping_address.first_name == ""


def test_a_null_where_something_is_needed_is_named() -> None:
    with pytest.raises(PermanentError) as error:
        read(totalPrice=None)
    assert error.value.code is ExceptionCode.ORDER_UNREADABLE
    assert error.value.facts["fields"] == "totalPrice"
