"""The frame of the sweep: runs it, and says in metrics what waits and whether it still runs at all."""

from __future__ import annotations

from dataclasses import dataclass

from lockstep.flows.reconcile_orders import ReconcileOrders
from lockstep.runtime.observability import count, flush_metrics, gauge, logger


@dataclass(frozen=True, slots=True)
class Sweep:
    """Handles the schedule's event."""

    flow: ReconcileOrders

    def run(self) -> dict[str, int]:
        """Sweep once; returns how many orders were hinted per lane."""
        sweeps = self.flow.run()
        gauge("OldestDueHoldSeconds", max(sweep.oldest_due_seconds for sweep in sweeps))
        gauge("CircuitOpen", float(any(sweep.circuit_is_open for sweep in sweeps)))
        count("HoldsWoken", sum(sweep.woken for sweep in sweeps))
        flush_metrics()
        for sweep in sweeps:
            logger.info(
                "lane swept",
                extra={
                    "lane": sweep.flow.value,
                    "woken": sweep.woken,
                    "oldest_due_seconds": round(sweep.oldest_due_seconds),
                    "circuit_is_open": sweep.circuit_is_open,
                },
            )
        return {sweep.flow.value: sweep.woken for sweep in sweeps}
