"""A day's orders, drawn from a seed: the ordinary ones, and one of each kind that hurts."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from enum import StrEnum


class Story(StrEnum):
    """What is special about an order."""

    ORDINARY = "ordinary"
    UNMAPPED_SKU = "a SKU without item"
    PAID_LATER = "unpaid, paid a little later"
    TOUCHED_MEANWHILE = "changed by another client on the way"
    AUTHORISED_ONLY = "authorised, not captured"
    MANY_LINES = "more lines than Deposco nests"
    ADDRESS_TOO_LONG = "an address Deposco cannot hold"
    NUMBER_NOT_EXPRESSIBLE = "a number Deposco cannot hold"
    CANCELLED_UNPAID = "cancelled before it was paid"


SPECIAL = tuple(story for story in Story if story is not Story.ORDINARY)
"""In the order of their importance: a short day has the first of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """Something the shop sells; `item_number` is None where the warehouse has never heard of it."""

    sku: str
    name: str
    price_cents: int
    item_number: str | None


CATALOGUE = (
    Product(sku="TEE-BLACK-M", name="T-shirt, black, M", price_cents=1990, item_number="ITM-1001"),
    Product(sku="TEE-BLACK-L", name="T-shirt, black, L", price_cents=1990, item_number="ITM-1002"),
    Product(sku="TEE-WHITE-M", name="T-shirt, white, M", price_cents=1990, item_number="ITM-1003"),
    Product(sku="HOOD-GREY-M", name="Hoodie, grey, M", price_cents=5490, item_number="ITM-1004"),
    Product(sku="HOOD-GREY-L", name="Hoodie, grey, L", price_cents=5490, item_number="ITM-1005"),
    Product(sku="JEAN-BLUE-32", name="Jeans, blue, 32", price_cents=7990, item_number="ITM-1006"),
    Product(sku="JEAN-BLUE-34", name="Jeans, blue, 34", price_cents=7990, item_number="ITM-1007"),
    Product(sku="SOCK-3PACK", name="Socks, three pairs", price_cents=1290, item_number="ITM-1008"),
    Product(sku="BELT-BROWN", name="Belt, brown", price_cents=3450, item_number="ITM-1009"),
    Product(sku="CAP-NAVY", name="Cap, navy", price_cents=2290, item_number="ITM-1010"),
    Product(sku="BAG-CANVAS", name="Canvas bag", price_cents=1750, item_number="ITM-1011"),
    Product(sku="MUG-LOGO", name="Mug", price_cents=990, item_number="ITM-1012"),
)
UNMAPPED = Product(sku="SCARF-RED-NEW", name="Scarf, red (new)", price_cents=2990, item_number=None)
"""In the shop since this morning; nobody told the warehouse."""

SHIPPING_CENTS = 490


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedLine:
    """So many of a product."""

    product: Product
    quantity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedOrder:
    """An order that a customer will place."""

    number: str
    story: Story
    lines: tuple[PlannedLine, ...]
    city: str

    @property
    def total_cents(self) -> int:
        """Lines and shipping, in cents."""
        return SHIPPING_CENTS + sum(line.product.price_cents * line.quantity for line in self.lines)


CITIES = ("Lyon", "Gent", "Graz", "Porto", "Aarhus", "Brno")
LONG_CITY = "Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch"
LONG_REFERENCE = "marketplace-reference-of-a-partner-who-likes-long-numbers"


def plan(orders: int, seed: int) -> tuple[PlannedOrder, ...]:
    """So many orders; the same seed plans the same day."""
    chance = random.Random(seed)
    specials = list(SPECIAL[: max(0, orders - 1)])
    stories = specials + [Story.ORDINARY] * (orders - len(specials))
    chance.shuffle(stories)
    return tuple(_order(number, story, chance) for number, story in enumerate(stories, start=1))


def _order(number: int, story: Story, chance: random.Random) -> PlannedOrder:
    many = len(CATALOGUE) if story is Story.MANY_LINES else chance.choice((1, 1, 1, 2, 2, 3))
    lines = tuple(
        PlannedLine(product=product, quantity=chance.choice((1, 1, 1, 2, 3)))
        for product in chance.sample(CATALOGUE, many)
    )
    order = PlannedOrder(number=f"WEB-{number:05d}", story=story, lines=lines, city=chance.choice(CITIES))
    match story:
        case Story.UNMAPPED_SKU:
            return replace(order, lines=(*lines, PlannedLine(product=UNMAPPED, quantity=1)))
        case Story.ADDRESS_TOO_LONG:
            return replace(order, city=LONG_CITY)
        case Story.NUMBER_NOT_EXPRESSIBLE:
            return replace(order, number=f"WEB-{number:05d}-{LONG_REFERENCE}")
        case _:
            return order
