"""One order that the sample events speak of: placed first on a fresh stage, it has the same ids every time."""

from __future__ import annotations

import json
from typing import Any

from local.processes import REPOSITORY_ROOT
from local.scenarios.shop import a_transaction
from local.scenarios.stage import Stage
from local.scenarios.trading_day import CATALOGUE, PlannedLine, PlannedOrder, Story

EVENTS = REPOSITORY_ROOT / "events"
SAMPLE = PlannedOrder(
    number="WEB-00001",
    story=Story.ORDINARY,
    lines=(PlannedLine(product=CATALOGUE[0], quantity=2), PlannedLine(product=CATALOGUE[3], quantity=1)),
    city="Gent",
)


def place_sample(stage: Stage) -> dict[str, Any]:
    """Place the sample order, paid; returns it as the shop answers it."""
    paid = [a_transaction("Charge", SAMPLE.total_cents)]
    return stage.shop.place(SAMPLE, payment_state="Paid", transactions=paid)


def prepare(stage: Stage, function: str) -> None:
    """Bring the stage to where the sample events of a function begin.

    `write_back_orders` tells the shop what `push_orders` has done, so that is run first.
    """
    place_sample(stage)
    if function == "write_back_orders":
        event = json.loads((EVENTS / "push_orders" / "order-created.json").read_text(encoding="utf-8"))
        result = stage.cloud.invoke("PushOrdersFunction", event)
        if not result.ok:
            raise RuntimeError(f"the sample order could not be pushed: {result.error}")
