"""Filling a project quickly: many orders or entries that nobody is told of.

One body is made as any other is, then printed over and over with its marks replaced, which is thirty times as fast.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta

from local.commercetools_double.bodies import Json, dump, stamp
from local.commercetools_double.inventory import INVENTORY_ENTRY, entry_from
from local.commercetools_double.order_drafts import imported_order
from local.commercetools_double.orders import ORDER
from local.commercetools_double.project import Kind, Project
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
_ID, _INSTANT, _NAME = "@id@", "@instant@", "@name@"


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
    if count:
        body = {**project.stamped(imported_order(project, draft), "seed"), "orderNumber": _NAME}
        for line in body["lineItems"]:
            line["id"] = _ID
        _print(project, ORDER, body, count, lambda number: f"SEED-{number:07}")


def seed_inventory(project: Project, count: int) -> None:
    """Store `count` entries without a channel, of the SKUs `SKU-0000001` on, with 100 pieces each."""
    if count:
        body = project.stamped(entry_from(project, {"sku": _NAME, "quantityOnStock": 100}), "seed")
        _print(project, INVENTORY_ENTRY, {**body, "key": _NAME}, count, lambda number: f"SKU-{number:07}")


def _print(project: Project, kind: Kind, body: Json, count: int, named: Callable[[int], str]) -> None:
    """Store copies of a body whose marks are replaced: ids by fresh ones, instants and names by counting."""
    body = {**body, "id": _ID, "createdAt": _INSTANT, "lastModifiedAt": _INSTANT}
    terms = kind.all_terms(body)
    pieces = dump(body).decode().split(_ID)
    first = project.storage.count(kind.type_id) + 1
    now = project.controls.now()

    def rows() -> Iterator[tuple[str, str, bytes, Sequence[Term]]]:
        for number in range(count):
            ids = [project.ids.new() for _ in pieces[1:]]
            name, made = named(first + number), stamp(now - timedelta(seconds=count - 1 - number))
            text = pieces[0] + "".join(one + piece for one, piece in zip(ids, pieces[1:], strict=True))
            raw = text.replace(_INSTANT, made).replace(_NAME, name).encode()
            own = [Term(name=term.name, value=term.value.replace(_NAME, name)) for term in terms]
            yield ids[0], made, raw, own

    project.storage.insert_many(kind.type_id, rows())


def _line(sku: str, cent_amount: int, quantity: int) -> Json:
    return {
        "name": {"en": f"Thing {sku}"},
        "variant": {"sku": sku},
        "quantity": quantity,
        "price": {"value": {"currencyCode": "USD", "centAmount": cent_amount}},
    }
