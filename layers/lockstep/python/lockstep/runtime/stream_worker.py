"""Runs a batch of the OrderState stream; the first change that fails, and all after it, come again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from lockstep.domain.errors import TransientError
from lockstep.domain.order_views import ViewChange
from lockstep.flows.project_orders import ProjectOrders
from lockstep.runtime.observability import logger
from lockstep.runtime.records import partial_failure


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamWorker:
    """Handles the stream's events."""

    flow: ProjectOrders
    change_from: Callable[[Mapping[str, Any]], ViewChange | None]

    def handle(self, event: Mapping[str, Any]) -> dict[str, list[dict[str, str]]]:
        """Answer one stream event. Deletions and aliases show nothing and are passed over."""
        for record in event.get("Records", ()):
            change = record["dynamodb"]
            try:
                view_change = self.change_from(change["NewImage"]) if "NewImage" in change else None
                if view_change is not None:
                    self.flow.project([view_change])
            except TransientError as error:
                logger.warning("the views could not be reached", extra={"why": str(error)})
                return partial_failure([change["SequenceNumber"]])
        return partial_failure([])
