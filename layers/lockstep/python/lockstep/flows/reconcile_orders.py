"""The backstop: every held order whose time has come is hinted again."""

from __future__ import annotations

from dataclasses import dataclass

from lockstep.domain.flow_switches import Flow
from lockstep.domain.hints import Cause, Hint
from lockstep.domain.order_state import UNFINISHED
from lockstep.domain.order_views import DueHold
from lockstep.flows.ports import Clock, FlowSwitches, Lanes, OrderViews

PROBES = 3
"""Orders that try first whether a system is back; more than one, since an order can have a trouble of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneSweep:
    """What a sweep found and did in one lane.

    `oldest_due_seconds` is how long the longest due hold has been due: it grows while holds are not woken.
    """

    flow: Flow
    woken: int
    oldest_due_seconds: float
    circuit_is_open: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ReconcileOrders:
    """Wakes due holds, longest due first, at most `orders_per_run` a lane and run.

    While a flow is paused or its circuit open, nothing is woken. Once the circuit may be probed, a few orders
    go first, those that wait for the system before others; the rest follow when one of them has closed it.
    """

    views: OrderViews
    switches: FlowSwitches
    lanes: Lanes
    clock: Clock
    orders_per_run: int

    def run(self) -> tuple[LaneSweep, ...]:
        """Hint the due orders of every lane. Raises `TransientError` and `ConfigurationError`."""
        return tuple(self._sweep(flow) for flow in Flow)

    def _sweep(self, flow: Flow) -> LaneSweep:
        now = self.clock.now()
        circuit = self.switches.circuit(flow)
        due = self.views.due_holds(flow, now, self.orders_per_run)
        oldest_due_seconds = (now - due[0].hold.wake_at).total_seconds() if due else 0.0
        if circuit.stops(now):
            chosen: tuple[DueHold, ...] = ()
        elif circuit.was_tripped:
            chosen = self.views.due_holds(flow, now, PROBES, UNFINISHED) or due[:PROBES]
        else:
            chosen = due
        hints = [_sweep_hint(held) for held in chosen]
        if flow is Flow.PUSH_ORDERS:
            self.lanes.to_warehouse(hints)
        else:
            self.lanes.to_storefront(hints)
        return LaneSweep(
            flow=flow,
            woken=len(hints),
            oldest_due_seconds=oldest_due_seconds,
            circuit_is_open=circuit.was_tripped,
        )


def _sweep_hint(due: DueHold) -> Hint:
    """Deduplicated by the hold's own time: while it waits to be looked at, it is not hinted again."""
    moment = due.hold.wake_at.strftime("%Y%m%dT%H%M%S%f")
    return Hint(cause=Cause.SWEEP, order_id=due.order_id, message_id=f"sweep-{due.order_id}-{moment}")
