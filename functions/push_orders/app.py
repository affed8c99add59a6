"""Lambda `push_orders`: brings orders into the warehouse and proves them there."""

from __future__ import annotations

from typing import Any

from lockstep.runtime.container import LambdaContext, push_orders_worker, remaining_seconds


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, list[dict[str, str]]]:
    """Answer a batch of WarehouseOrders.fifo."""
    return push_orders_worker().handle(event, remaining_seconds(context))
