"""Filling a project quickly: many orders or entries that nobody is told of."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import timedelta

from local.commercetools_double.bodies import Json, dump, stamp
from local.commercetools_double.inventory import INVENTORY_ENTRY, entry_from
from local.commercetools_double.order_drafts import imported_order
from local.commercetools_double.orders import ORDER
from local.commercetools_double.project import Project
from local.commercetools_double.storage import Term

_ADDRESS = {
    "firstName": "Ada",
    "lastName": "Byron",
    "streetName": "Peachtree Street",
    "streetNumber": "1",
    "city": "Atlanta",
    "state": "GA",
    "postalCode": "30301",
    "country": "US",
}


def seed_orders(project: Project, count: int) -> None:
    """Store `count` orders of two lines, numbered `SEED-0000001` on, one second apart, the last made now."""
    draft = {
        "orderNumber": "SEED",
        "totalPrice": {"currencyCode": "USD", "centAmount": 4500},
        "customerEmail": "ada@example.com",
        "shippingAddress": _ADDRESS,
        "billingAddress": _ADDRESS,
        "shippingInfo": {"shippingMethodName": "Ground", "price": {"currencyCode": "USD", "centAmount": 500}},
        "lineItems": [_line("SKU-1", 1000, 2), _line("SKU-2", 2000, 1)],
    }
    pattern = dump(imported_order(project, draft)) if count else b"{}"
    first = project.storage.count(ORDER.type_id) + 1

    def rows() -> Iterator[tuple[Json, Sequence[Term]]]:
        now = project.controls.now()
        for number in range(count):
            order: Json = json.loads(pattern)
            for line in order["lineItems"]:
                line["id"] = project.ids.new()
            made = stamp(now - timedelta(seconds=count - number))
            body = {
                **project.stamped(order, "seed"),
                "orderNumber": f"SEED-{first + number:07}",
                "createdAt": made,
                "lastModifiedAt": made,
            }
            yield body, ORDER.all_terms(body)

    project.storage.insert_many(ORDER.type_id, rows())


def seed_inventory(project: Project, count: int) -> None:
    """Store `count` entries without a channel, of the SKUs `SKU-0000001` on, with 100 pieces each."""
    first = project.storage.count(INVENTORY_ENTRY.type_id) + 1

    def rows() -> Iterator[tuple[Json, Sequence[Term]]]:
        for number in range(first, first + count):
            draft = {"sku": f"SKU-{number:07}", "key": f"SKU-{number:07}", "quantityOnStock": 100}
            body = project.stamped(entry_from(project, draft), "seed")
            yield body, INVENTORY_ENTRY.all_terms(body)

    project.storage.insert_many(INVENTORY_ENTRY.type_id, rows())


def _line(sku: str, cent_amount: int, quantity: int) -> Json:
    return {
        "name": {"en": f"Thing {sku}"},
        "variant": {"sku": sku},
        "quantity": quantity,
        "price": {"value": {"currencyCode": "USD", "centAmount": cent_amount}},
    }
