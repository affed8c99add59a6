"""Lambda `reconcile_orders`: wakes held orders whose time has come."""

from __future__ import annotations

from typing import Any

from lockstep.runtime.container import LambdaContext, reconcile_orders


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, int]:
    """Run the sweep once; returns how many orders were hinted per lane."""
    return reconcile_orders().run(context.aws_request_id)
