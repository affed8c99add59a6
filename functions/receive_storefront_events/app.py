"""Lambda `receive_storefront_events`: sorts the shop's messages into the orders' lanes."""

from __future__ import annotations

from typing import Any

from lockstep.runtime.container import notification_worker


def handler(event: dict[str, Any], context: object) -> dict[str, list[dict[str, str]]]:
    """Answer a batch of CommerceNotifications."""
    return notification_worker().handle(event)
