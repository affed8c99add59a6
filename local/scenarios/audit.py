"""Reads the books of a stage: what the doubles hold and what the tables say, as they stand now."""

from __future__ import annotations

from typing import Any

import requests
from lockstep.adapters.aws.open_exceptions import DynamoOpenExceptions
from lockstep.adapters.aws.order_states import DynamoOrderStates
from lockstep.adapters.aws.order_views import DynamoOrderViews

from local.scenarios.books import OpenException, Verdict, judge
from local.scenarios.stage import Stage
from local.scenarios.trading_day import CATALOGUE, UNMAPPED

ITEM_OF_SKU = {product.sku: product.item_number or "" for product in (*CATALOGUE, UNMAPPED)}


def audit(stage: Stage) -> list[Verdict]:
    """A verdict on every order the shop holds."""
    shop_orders = admin_state(stage.commercetools_url, "orders")
    states = DynamoOrderStates(stage.cloud.client("dynamodb"), stage.cloud.physical_id("OrderStateTable"))
    holds: dict[str, str] = {}
    for order in shop_orders:
        records = states.load(order["id"])
        for record in (records.warehouse, records.storefront):
            if record is not None and record.hold is not None:
                holds[order["id"]] = record.hold.reason.value
    return judge(shop_orders, stage.warehouse.sales_orders(), ITEM_OF_SKU, open_exceptions(stage), holds)


def open_exceptions(stage: Stage) -> list[OpenException]:
    """Every exception that stands open."""
    table = DynamoOpenExceptions(stage.cloud.client("dynamodb"), stage.cloud.physical_id("ExceptionsTable"))
    return [
        OpenException(order_id=record.order_id, code=record.code.value, owner=record.owner.value)
        for record in table.all_open()
    ]


def dead_letters(stage: Stage) -> int:
    """Messages in all dead-letter queues."""
    depths = stage.cloud.queue_depths()
    return sum(depth.total for name, depth in depths.items() if name.endswith("DeadLetterQueue"))


def timeline(stage: Stage, order_id: str) -> list[str]:
    """What happened to an order, a line an entry, in time."""
    views = DynamoOrderViews(stage.cloud.client("dynamodb"), stage.cloud.physical_id("OrderViewsTable"))
    entries = sorted(views.timeline(order_id), key=lambda entry: entry.entry.at)
    return [
        f"{one.entry.at:%H:%M:%S.%f}"[:-3] + f"  {one.lane.value:<18} {one.entry.what}  {one.entry.detail}".rstrip()
        for one in entries
    ]


def faults_struck(url: str, do: str) -> int:
    """How often a double's rules of this kind struck."""
    return sum(rule["fired"] for rule in _get(url, "faults", {})["rules"] if rule["do"] == do)


def calls(url: str) -> dict[str, Any]:
    """What a double counted: `kinds` and `statuses`."""
    counted: dict[str, Any] = _get(url, "calls", {})
    return counted


def admin_state(url: str, name: str) -> list[dict[str, Any]]:
    """Everything that a double holds of one kind, whole."""
    bodies: list[dict[str, Any]] = _get(url, "state", {"include": name})[name]
    return bodies


def _get(url: str, page: str, query: dict[str, str]) -> Any:
    answer = requests.get(f"{url}/_admin/{page}", params=query, timeout=60)
    answer.raise_for_status()
    return answer.json()
