"""Logs and metrics: one JSON line a convergence, one EMF line an invocation, nothing personal in either."""

from __future__ import annotations

import threading
import traceback
from collections.abc import Mapping

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from lockstep.flows.outcomes import Ending

logger = Logger(use_rfc3339=True, utc=True)
metrics = Metrics()
_metrics_lock = threading.Lock()

METRIC_OF_ENDING: Mapping[Ending, str] = {
    Ending.PROVEN: "OrdersProven",
    Ending.ACKNOWLEDGED: "OrdersAcknowledged",
    Ending.HELD: "OrdersHeld",
    Ending.PARKED: "OrdersParked",
    Ending.CANCELLED: "OrdersCancelled",
    Ending.UNCHANGED: "OrdersUnchanged",
    Ending.TOLD: "OrdersTold",
}
"""One metric an ending; no dimension but the service, so that their number stays fixed."""


def count(name: str, value: int = 1) -> None:
    """Add to a metric of this invocation; groups side by side count into the same one."""
    with _metrics_lock:
        metrics.add_metric(name=name, unit=MetricUnit.Count, value=value)


def gauge(name: str, value: float) -> None:
    """Set a metric of this invocation."""
    with _metrics_lock:
        metrics.add_metric(name=name, unit=MetricUnit.NoUnit, value=value)


def trace_of(error: Exception) -> dict[str, object]:
    """Type and stack of a defect without its text, which may quote the order."""
    return {"error": type(error).__name__, "stack": traceback.format_tb(error.__traceback__)}


def flush_metrics() -> None:
    """Write the invocation's metrics as one EMF line, if there are any."""
    if metrics.metric_set:
        metrics.flush_metrics()
