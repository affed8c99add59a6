"""The warehouse's own side of a scenario: the items it knows, and the books it keeps."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import requests

from local.scenarios.trading_day import Product

BUSINESS_UNIT = "DEMO"
ORDER_SOURCE = "lockstep-demo"
CREDENTIALS = {
    "grant_type": "refresh_token",
    "client_id": "demo-client",
    "client_secret": "demo-secret",
    "refresh_token": "demo-refresh",
}


@dataclass(slots=True)
class Warehouse:
    """A Deposco account, seen by the people who run the building."""

    url: str
    _session: requests.Session = field(default_factory=requests.Session)

    def stock_up(self, products: tuple[Product, ...]) -> None:
        """Create the items that have an item number."""
        items = [
            {
                "number": product.item_number,
                "name": product.name,
                "packs": [{"type": "Each", "quantity": 1}],
            }
            for product in products
            if product.item_number is not None
        ]
        answer = self._session.post(f"{self.url}/_admin/seed", json={"items": items}, timeout=30)
        answer.raise_for_status()

    def sales_orders(self) -> list[dict[str, Any]]:
        """Every sales order in the account, whole."""
        answer = self._session.get(f"{self.url}/_admin/state", params={"include": "orders"}, timeout=60)
        answer.raise_for_status()
        orders: list[dict[str, Any]] = answer.json()["orders"]
        return orders
