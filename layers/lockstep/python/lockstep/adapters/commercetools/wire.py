"""The shop's JSON, as far as Lockstep reads it; everything else is ignored (CT-ORD-12, CT-QRY-07)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import Field

from lockstep.adapters.wire import Wire


class WireReference(Wire):
    """A reference, expanded or not."""

    id: str
    obj: dict[str, Any] | None = None


class WireStore(Wire):
    """A reference by key to a store."""

    key: str


class WireMoney(Wire):
    """A cent amount; a high-precision price carries its rounded cent amount too."""

    cent_amount: int
    currency_code: str
    fraction_digits: int = 2


class WirePrice(Wire):
    """A line's price."""

    value: WireMoney


class WireVariant(Wire):
    """The snapshot of the variant that was sold."""

    sku: str | None = None


class WireLineItem(Wire):
    """One line sold."""

    id: str
    name: dict[str, str | None] = Field(default_factory=dict)
    variant: WireVariant
    price: WirePrice
    quantity: int
    total_price: WireMoney
    supply_channel: WireReference | None = None


class WireCustomLineItem(Wire):
    """A line that is no product."""

    name: dict[str, str | None] = Field(default_factory=dict)
    total_price: WireMoney


class WireTaxedPrice(Wire):
    """Totals after tax."""

    total_gross: WireMoney
    total_tax: WireMoney | None = None


class WireDiscountedPrice(Wire):
    """What is left of a price after discounts."""

    value: WireMoney


class WireShippingInfo(Wire):
    """How the order ships, in shipping mode Single; `price` is the list price."""

    shipping_method_name: str
    price: WireMoney
    discounted_price: WireDiscountedPrice | None = None


class WireAddress(Wire):
    """A postal address."""

    first_name: str = ""
    last_name: str = ""
    company: str = ""
    department: str = ""
    street_name: str = ""
    street_number: str = ""
    additional_street_info: str = ""
    additional_address_info: str = ""
    building: str = ""
    apartment: str = ""
    p_o_box: str = Field(default="", alias="pOBox")
    city: str = ""
    region: str = ""
    state: str = ""
    postal_code: str = ""
    country: str = ""
    phone: str = ""
    mobile: str = ""
    email: str = ""


class WirePaymentInfo(Wire):
    """References to the order's payments, expanded on request."""

    payments: list[WireReference] = Field(default_factory=list)


class WireTransaction(Wire):
    """One movement on a payment."""

    type: str
    state: str = "Initial"
    amount: WireMoney


class WirePayment(Wire):
    """A payment, as an expanded reference holds it."""

    id: str
    transactions: list[WireTransaction] = Field(default_factory=list)


class WireSyncInfo(Wire):
    """What another system knows the order by."""

    channel: WireReference
    external_id: str | None = None


class WireCustom(Wire):
    """The one custom type an order can carry, with its fields."""

    type: WireReference
    fields: dict[str, Any] = Field(default_factory=dict)


class WireOrder(Wire):
    """An order."""

    id: str
    version: int
    order_number: str | None = None
    created_at: datetime
    completed_at: datetime | None = None
    customer_email: str = ""
    store: WireStore | None = None
    line_items: list[WireLineItem] = Field(default_factory=list)
    custom_line_items: list[WireCustomLineItem] = Field(default_factory=list)
    total_price: WireMoney
    taxed_price: WireTaxedPrice | None = None
    shipping_address: WireAddress | None = None
    billing_address: WireAddress | None = None
    shipping_mode: str = "Single"
    shipping_info: WireShippingInfo | None = None
    payment_info: WirePaymentInfo | None = None
    order_state: str
    payment_state: str | None = None
    sync_info: list[WireSyncInfo] = Field(default_factory=list)
    custom: WireCustom | None = None
