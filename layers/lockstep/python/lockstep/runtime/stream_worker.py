"""Runs a batch of the OrderState stream, in its order.

What may pass (a table that is away, a permission that is missing) makes the change and all after it come again, for
as long as the stream keeps them. A change that can never be shown is passed over, so that it does not stop the others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from lockstep.domain.errors import ConfigurationError, TransientError
from lockstep.domain.order_views import ViewChange
from lockstep.flows.project_orders import ProjectOrders
from lockstep.runtime.observability import count, flush_metrics, logger, trace_of
from lockstep.runtime.records import partial_failure


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamWorker:
    """Handles the stream's events."""

    flow: ProjectOrders
    change_from: Callable[[Mapping[str, Any]], ViewChange | None]

    def handle(self, event: Mapping[str, Any]) -> dict[str, list[dict[str, str]]]:
        """Answer one stream event. Deletions and aliases show nothing and are passed over."""
        try:
            for record in event.get("Records", ()):
                change = record["dynamodb"]
                if not self._is_shown(change):
                    return partial_failure([change["SequenceNumber"]])
            return partial_failure([])
        finally:
            flush_metrics()

    def _is_shown(self, change: Mapping[str, Any]) -> bool:
        """Whether the change is dealt with; otherwise it must come again."""
        try:
            view_change = self.change_from(change["NewImage"]) if "NewImage" in change else None
            if view_change is not None:
                self.flow.project([view_change])
        except TransientError as error:
            logger.warning("the views could not be reached", extra={"why": str(error)})
            return False
        except ConfigurationError as error:
            logger.critical("a configuration error keeps the views behind", extra={"why": str(error)})
            count("ConfigurationFailures")
            return False
        except Exception as error:  # noqa: BLE001 - a change nobody can show must not block those after it
            logger.error(
                "a change that cannot be shown was passed over",
                extra={"sequence_number": change["SequenceNumber"], **trace_of(error)},
            )
            count("ViewsSkipped")
        return True
