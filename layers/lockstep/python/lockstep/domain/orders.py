"""An order as the shop says it is: what Lockstep needs of it, in the trade's words."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum

from lockstep.domain.money import Money


class OrderStatus(StrEnum):
    """The shop's own order state (CT-ORD-04)."""

    OPEN = "Open"
    CONFIRMED = "Confirmed"
    COMPLETE = "Complete"
    CANCELLED = "Cancelled"


class TransactionKind(StrEnum):
    """What a payment transaction does to the money."""

    AUTHORIZATION = "Authorization"
    CANCEL_AUTHORIZATION = "CancelAuthorization"
    CHARGE = "Charge"
    REFUND = "Refund"
    CHARGEBACK = "Chargeback"


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A postal address with the contact at it. Personal: never stored, never logged."""

    first_name: str = ""
    last_name: str = ""
    company: str = ""
    street: str = ""
    additional: tuple[str, ...] = ()
    city: str = ""
    region: str = ""
    postal_code: str = ""
    country: str = ""
    phone: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShopLine:
    """One line sold: `quantity` eaches of one variant.

    `sku` is None where the variant has none (CT-ORD-12). `unit_price` is what one each was listed at,
    `total` what the line costs after discounts, both in the order's own tax basis.
    """

    line_id: str
    sku: str | None
    quantity: int
    unit_price: Money
    total: Money
    description: str = ""
    supply_channel_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Transaction:
    """One movement of money on a payment; only successful ones count."""

    kind: TransactionKind
    succeeded: bool
    amount: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """A payment and what happened on it."""

    payment_id: str
    transactions: tuple[Transaction, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShopView:
    """What the shop's copy of the order holds of the things that Lockstep writes there, at `version`.

    `warehouse_number` is the external id of our channel's sync entry, if there is one; `fields` are our
    custom fields by name; `custom_type_id` is the order's one custom type (CT-TYP-01), ours or not.
    """

    version: int
    status: OrderStatus
    warehouse_number: str | None = None
    custom_type_id: str | None = None
    fields: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ShopOrder:
    """A captured order at one version of the shop.

    `payments` is None where the shop named the payments without telling what is in them, as its messages
    do; `payment_ids` always names them. `subtotal`, `shipping`, `tax` and `total` are the shop's own figures;
    `tax` is None where the shop has not computed it.
    """

    order_id: str
    version: int
    order_number: str | None
    store_key: str | None
    placed_at: datetime
    status: OrderStatus
    customer_email: str
    shipping_address: Address | None
    billing_address: Address | None
    lines: tuple[ShopLine, ...]
    custom_line_total: Money | None
    total: Money
    shipping: Money | None
    tax: Money | None
    shipping_method: str | None
    has_several_addresses: bool
    payment_state: str | None
    payment_ids: tuple[str, ...]
    payments: tuple[Payment, ...] | None
    view: ShopView

    @property
    def reference(self) -> str:
        """How people name the order: its number, or its id where it has none (CT-ORD-01)."""
        return self.order_number or self.order_id

    def content_hash(self) -> str:
        """A fingerprint of all that a warehouse acts on; equal content, equal hash, in any process.

        Of the shop's own content only: a change of our settings is no change of the order.
        """
        content = [
            _plain(self.shipping_address),
            _plain(self.billing_address),
            self.shipping_method,
            self.has_several_addresses,
            [[line.line_id, line.sku, line.quantity] for line in self.lines],
        ]
        text = json.dumps(content, ensure_ascii=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()[:32]


def _plain(address: Address | None) -> list[object] | None:
    return None if address is None else [getattr(address, field.name) for field in fields(address)]
