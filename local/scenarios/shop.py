"""The shop's own side of a scenario: its set-up, its customers, its payment provider, another client of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import requests
from lockstep.domain.storefront_facts import CUSTOM_FIELDS
from lockstep.domain.storefront_messages import ORDER_MESSAGES, PAYMENT_MESSAGES

from local.scenarios.trading_day import SHIPPING_CENTS, PlannedOrder, Product

PROJECT = "demo"
CHANNEL_KEY = "lockstep-warehouse"
TYPE_KEY = "lockstep-order"
SHIPPING_METHOD = "Standard"
CURRENCY = "EUR"
CREDENTIALS = {"client_id": "demo-client", "client_secret": "demo-secret"}


TRIES = 8


class ShopRefusedError(RuntimeError):
    """The shop did not do what the scenario asked; the message holds its answer."""


@dataclass(slots=True)
class Shop:
    """A commercetools project over HTTP, used as its merchant and its customers use it."""

    url: str
    _session: requests.Session = field(default_factory=requests.Session)

    def set_up(self, products: tuple[Product, ...]) -> None:
        """What setup makes in a project: channel, custom type; and a catalogue."""
        self._post("channels", {"key": CHANNEL_KEY, "roles": ["OrderExport"]})
        self._post(
            "types",
            {
                "key": TYPE_KEY,
                "name": {"en": "Lockstep"},
                "resourceTypeIds": ["order"],
                "fieldDefinitions": [
                    {
                        "name": name,
                        "label": {"en": name},
                        "required": False,
                        "type": {"name": "String"},
                        "inputHint": "SingleLine",
                    }
                    for name in CUSTOM_FIELDS
                ],
            },
        )
        self._post("product-types", {"key": "clothing", "name": "clothing", "description": "clothing"})
        for product in products:
            self._post("products", _product_draft(product))

    def subscribe(self, queue_url: str, region: str) -> None:
        """Have the project's messages delivered to the queue."""
        self._post(
            "subscriptions",
            {
                "key": "lockstep",
                "destination": {
                    "type": "SQS",
                    "queueUrl": queue_url,
                    "region": region,
                    "authenticationMode": "IAM",
                },
                "messages": [
                    {"resourceTypeId": "order", "types": sorted(ORDER_MESSAGES)},
                    {"resourceTypeId": "payment", "types": sorted(PAYMENT_MESSAGES)},
                ],
            },
        )

    def place(self, planned: PlannedOrder, *, payment_state: str, transactions: list[dict[str, Any]]) -> dict[str, Any]:
        """A customer checks out: payment, cart, order. Returns the order as the shop answers it."""
        payment = self._post(
            "payments",
            {
                "amountPlanned": _cents(planned.total_cents),
                "paymentMethodInfo": {"paymentInterface": "demo", "method": "CARD"},
                "transactions": transactions,
            },
        )
        cart = self._post("carts", _cart_draft(planned))
        cart = self._post(
            f"carts/{cart['id']}",
            {
                "version": cart["version"],
                "actions": [
                    {"action": "addPayment", "payment": {"typeId": "payment", "id": payment["id"]}},
                    {
                        "action": "setCustomShippingMethod",
                        "shippingMethodName": SHIPPING_METHOD,
                        "shippingRate": {"price": _cents(SHIPPING_CENTS)},
                    },
                ],
            },
        )
        return self._post(
            "orders",
            {
                "cart": {"typeId": "cart", "id": cart["id"]},
                "version": cart["version"],
                "orderNumber": planned.number,
                "paymentState": payment_state,
            },
        )

    def capture(self, order: Mapping[str, Any], cents: int) -> None:
        """The payment provider captures an order's payment."""
        payment_id = order["paymentInfo"]["payments"][0]["id"]
        payment = self._get(f"payments/{payment_id}")
        self._post(
            f"payments/{payment_id}",
            {
                "version": payment["version"],
                "actions": [{"action": "addTransaction", "transaction": a_transaction("Charge", cents)}],
            },
        )

    def change(self, order: Mapping[str, Any], action: dict[str, Any]) -> None:
        """Another client changes an order; the action must bear repeating, since on a bad day it is repeated."""
        version = order["version"]
        for _ in range(TRIES - 1):
            try:
                self._post(f"orders/{order['id']}", {"version": version, "actions": [action]})
            except (ShopRefusedError, requests.ConnectionError):
                version = self._get(f"orders/{order['id']}")["version"]
            else:
                return
        self._post(f"orders/{order['id']}", {"version": version, "actions": [action]})

    def _post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        return self._call("POST", path, body)

    def _get(self, path: str) -> dict[str, Any]:
        return self._call("GET", path, None)

    def _call(self, method: str, path: str, body: Mapping[str, Any] | None) -> dict[str, Any]:
        url = f"{self.url}/{PROJECT}/{path}"
        answer = self._session.request(method, url, json=body, timeout=30)
        if answer.status_code == 401:
            self._log_in()
            answer = self._session.request(method, url, json=body, timeout=30)
        if not answer.ok:
            raise ShopRefusedError(f"the shop answered {answer.status_code} to {url}: {answer.text[:400]}")
        parsed: dict[str, Any] = answer.json()
        return parsed

    def _log_in(self) -> None:
        answer = self._session.post(
            f"{self.url}/oauth/token",
            data={"grant_type": "client_credentials"},
            auth=(CREDENTIALS["client_id"], CREDENTIALS["client_secret"]),
            timeout=10,
        )
        answer.raise_for_status()
        self._session.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"


def a_transaction(kind: str, cents: int) -> dict[str, Any]:
    """A successful movement of money on a payment."""
    return {"type": kind, "amount": _cents(cents), "state": "Success"}


def _cents(amount: int) -> dict[str, Any]:
    return {"currencyCode": CURRENCY, "centAmount": amount}


def _product_draft(product: Product) -> dict[str, Any]:
    return {
        "key": product.sku.lower(),
        "productType": {"typeId": "product-type", "key": "clothing"},
        "name": {"en": product.name},
        "slug": {"en": product.sku.lower()},
        "masterVariant": {
            "sku": product.sku,
            "prices": [{"value": _cents(product.price_cents)}],
        },
        "publish": True,
    }


def _cart_draft(planned: PlannedOrder) -> dict[str, Any]:
    return {
        "currency": CURRENCY,
        "country": "BE",
        "customerEmail": "customer@example.com",
        "lineItems": [{"sku": line.product.sku, "quantity": line.quantity} for line in planned.lines],
        "shippingAddress": {
            "firstName": "Robin",
            "lastName": "Example",
            "streetName": "Long Street",
            "streetNumber": "1",
            "postalCode": "9000",
            "city": planned.city,
            "country": "BE",
        },
    }
