"""Lambda `write_back_orders`: tells the shop what became of its orders."""

from __future__ import annotations

from typing import Any

from lockstep.runtime.container import LambdaContext, remaining_seconds, write_back_orders_worker


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, list[dict[str, str]]]:
    """Answer a batch of StorefrontOrders.fifo."""
    return write_back_orders_worker().handle(event, remaining_seconds(context))
