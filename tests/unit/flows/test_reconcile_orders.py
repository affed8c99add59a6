"""The sweep: what it wakes, in which order, and what it leaves alone while a system is away."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

from lockstep.adapters.memory.flow_switches import MemoryFlowSwitches
from lockstep.adapters.memory.lanes import MemoryLanes
from lockstep.adapters.memory.order_views import MemoryOrderViews
from lockstep.domain.flow_switches import Flow
from lockstep.domain.order_state import Hold, HoldReason, StorefrontRecord, WarehouseRecord
from lockstep.domain.order_views import view_of_storefront, view_of_warehouse
from lockstep.flows.reconcile_orders import PROBES, LaneSweep, ReconcileOrders

from tests.support.fake_clock import FakeClock


@dataclass
class Bench:
    clock: FakeClock = field(default_factory=FakeClock)
    views: MemoryOrderViews = field(default_factory=MemoryOrderViews)
    switches: MemoryFlowSwitches = field(default_factory=MemoryFlowSwitches)
    lanes: MemoryLanes = field(default_factory=MemoryLanes)

    def held(self, order_id: str, reason: HoldReason, *, due_in: float, flow: Flow = Flow.PUSH_ORDERS) -> None:
        now = self.clock.now()
        hold = Hold(reason=reason, since=now, wake_at=now + timedelta(seconds=due_in))
        if flow is Flow.PUSH_ORDERS:
            self.views.apply(view_of_warehouse(WarehouseRecord(order_id=order_id, revision=1, hold=hold)))
        else:
            self.views.apply(view_of_storefront(StorefrontRecord(order_id=order_id, revision=1, hold=hold)))

    def sweep(self) -> dict[Flow, LaneSweep]:
        flow = ReconcileOrders(
            views=self.views, switches=self.switches, lanes=self.lanes, clock=self.clock, orders_per_run=10
        )
        return {sweep.flow: sweep for sweep in flow.run()}

    def woken(self) -> list[str]:
        return [hint.order_id for hint in self.lanes.warehouse]

    def is_away(self, *, for_seconds: float) -> None:
        retry_at = self.clock.now() + timedelta(seconds=for_seconds)
        self.switches.trip(Flow.PUSH_ORDERS, reason="away", at=self.clock.now(), retry_at=retry_at)


def test_only_what_is_due_is_woken_longest_due_first() -> None:
    bench = Bench()
    bench.held("later", HoldReason.PAYMENT, due_in=60)
    bench.held("second", HoldReason.SKU, due_in=-10)
    bench.held("first", HoldReason.PAYMENT, due_in=-20)
    assert bench.sweep()[Flow.PUSH_ORDERS].woken == 2
    assert bench.woken() == ["first", "second"]


def test_each_lane_is_woken_in_its_own_queue() -> None:
    bench = Bench()
    bench.held("a", HoldReason.SYSTEM_DOWN, due_in=-1, flow=Flow.WRITE_BACK_ORDERS)
    bench.sweep()
    assert bench.woken() == []
    assert [hint.order_id for hint in bench.lanes.storefront] == ["a"]


def test_a_hold_that_still_waits_to_be_looked_at_is_hinted_once() -> None:
    bench = Bench()
    bench.held("a", HoldReason.PAYMENT, due_in=-1)
    bench.sweep()
    bench.sweep()
    assert bench.woken() == ["a"]


def test_while_a_system_is_away_nothing_is_woken_and_the_gauge_grows() -> None:
    bench = Bench()
    bench.held("a", HoldReason.SYSTEM_DOWN, due_in=0)
    bench.is_away(for_seconds=600)
    bench.clock.advance(300)
    sweep = bench.sweep()[Flow.PUSH_ORDERS]
    assert (sweep.woken, sweep.oldest_due_seconds, sweep.circuit_is_open) == (0, 300, True)


def test_a_paused_flow_wakes_nothing() -> None:
    bench = Bench()
    bench.held("a", HoldReason.PAUSED, due_in=-1)
    bench.switches.pause(Flow.PUSH_ORDERS, by="ops", reason="stocktaking")
    assert bench.sweep()[Flow.PUSH_ORDERS].woken == 0


def test_when_it_may_be_back_a_few_that_wait_for_the_system_try_first() -> None:
    """Unpaid orders that have been due for longer could prove nothing about the system."""
    bench = Bench()
    for number in range(8):
        bench.held(f"unpaid-{number}", HoldReason.PAYMENT, due_in=-100)
        bench.held(f"down-{number}", HoldReason.SYSTEM_DOWN, due_in=-10)
    bench.is_away(for_seconds=5)
    bench.clock.advance(6)
    assert bench.sweep()[Flow.PUSH_ORDERS].woken == PROBES
    assert all(order_id.startswith("down-") for order_id in bench.woken())


def test_any_number_of_unpaid_orders_keeps_nobody_from_being_woken() -> None:
    bench = Bench()
    for number in range(40):
        bench.held(f"unpaid-{number}", HoldReason.PAYMENT, due_in=900)
    bench.held("waiting", HoldReason.SYSTEM_DOWN, due_in=30)
    bench.clock.advance(31)
    bench.sweep()
    assert bench.woken() == ["waiting"]


def test_a_circuit_that_nobody_closed_does_not_stop_the_backstop() -> None:
    """The two that opened it have come to an end; what waits for money is woken all the same."""
    bench = Bench()
    bench.is_away(for_seconds=5)
    bench.clock.advance(6)
    bench.held("unpaid", HoldReason.PAYMENT, due_in=-1)
    assert bench.sweep()[Flow.PUSH_ORDERS].woken == 1
