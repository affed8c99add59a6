"""The backstop: every held order whose time has come is hinted again."""

from __future__ import annotations

from dataclasses import dataclass

from lockstep.domain.flow_switches import Flow
from lockstep.domain.hints import Cause, Hint
from lockstep.domain.order_views import DueHold
from lockstep.flows.ports import Clock, FlowSwitches, Lanes, OrderViews


@dataclass(frozen=True, slots=True, kw_only=True)
class ReconcileOrders:
    """Wakes due holds, longest waiting first, at most `orders_per_run` a lane and run.

    While a lane's circuit is open or its flow paused, nothing is woken; once the circuit may be probed
    again, one order goes first and the rest follow when it has closed the circuit.
    """

    views: OrderViews
    switches: FlowSwitches
    lanes: Lanes
    clock: Clock
    orders_per_run: int

    def run(self, run_id: str) -> dict[str, int]:
        """Hint the due orders; returns how many per lane. Raises `TransientError`."""
        return {flow.value: self._wake(flow, run_id) for flow in Flow}

    def _wake(self, flow: Flow, run_id: str) -> int:
        now = self.clock.now()
        circuit = self.switches.circuit(flow)
        if circuit.stops(now):
            return 0
        limit = 1 if circuit.was_tripped else self.orders_per_run
        due = self.views.due_holds(flow, now, limit)
        hints = [_sweep_hint(hold, run_id) for hold in due]
        if flow is Flow.PUSH_ORDERS:
            self.lanes.to_warehouse(hints)
        else:
            self.lanes.to_storefront(hints)
        return len(hints)


def _sweep_hint(due: DueHold, run_id: str) -> Hint:
    """Deduplicated by run and order: a run that is repeated hints nobody twice."""
    return Hint(cause=Cause.SWEEP, order_id=due.order_id, message_id=f"sweep-{run_id}-{due.order_id}")
