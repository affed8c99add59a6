"""Lambda `project_orders`: derives timeline, summaries and holds from the OrderState stream."""

from __future__ import annotations

from typing import Any

from lockstep.runtime.container import stream_worker


def handler(event: dict[str, Any], context: object) -> dict[str, list[dict[str, str]]]:
    """Answer a batch of stream records."""
    return stream_worker().handle(event)
