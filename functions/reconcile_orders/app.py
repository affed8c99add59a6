"""Lambda `reconcile_orders`: wakes held orders whose time has come."""

from __future__ import annotations

from typing import Any

from lockstep.runtime.container import reconcile_orders


def handler(event: dict[str, Any], context: object) -> dict[str, int]:
    """Run the sweep once; returns how many orders were hinted per lane."""
    return reconcile_orders().run()
