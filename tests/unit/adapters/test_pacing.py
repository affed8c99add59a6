"""Waiting for slots, as the threads of one process do it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from lockstep.adapters.http.pacing import LanePace, Pacer
from lockstep.adapters.memory.call_budget import MemoryCallSlots
from lockstep.domain.call_budget import BudgetPolicy, CallLane, Generation, Lease
from lockstep.domain.errors import OutOfTimeError, SystemBusyError

from tests.support.fake_clock import MONDAY_MORNING, FakeClock

FAR_OFF = MONDAY_MORNING + timedelta(hours=1)


class CountedSlots(MemoryCallSlots):
    """The memory budget, counting what it is asked."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__(BudgetPolicy, clock)
        self.asked: list[int] = []
        self.leases = 0

    def lease(self, lane: CallLane, generation: Generation, calls: int) -> Lease:
        self.asked.append(calls)
        leased = super().lease(lane, generation, calls)
        self.leases += 1
        return leased


class NoBudget:
    """A budget that cannot be reached."""

    def lease(self, lane: CallLane, generation: Generation, calls: int) -> Lease:
        raise SystemBusyError("the call budget cannot be reached")

    def throttled(self, *, pause_seconds: float | None = None) -> None:
        raise SystemBusyError("the call budget cannot be reached")


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def slots(clock: FakeClock) -> CountedSlots:
    return CountedSlots(clock)


@pytest.fixture
def pacer(slots: CountedSlots, clock: FakeClock) -> Pacer:
    return Pacer(slots, CallLane.ORDERS, Generation.V2, clock)


def elapsed(clock: FakeClock) -> float:
    return round((clock.now() - MONDAY_MORNING).total_seconds(), 3)


def test_calls_are_made_at_the_rate_of_the_budget(pacer: Pacer, clock: FakeClock) -> None:
    made = list[float]()
    for _ in range(4):
        pacer.wait_for_slot(1, FAR_OFF)
        made.append(elapsed(clock))

    assert made == [0.0, 0.333, 0.667, 1.0]


def test_an_announced_batch_costs_one_lease(pacer: Pacer, slots: CountedSlots) -> None:
    pacer.announce(10)

    for _ in range(10):
        pacer.wait_for_slot(1, FAR_OFF)

    assert slots.asked == [10]


def test_calls_beyond_the_announced_ones_are_leased_as_the_caller_expects_them(
    pacer: Pacer, slots: CountedSlots
) -> None:
    pacer.announce(2)

    for calls_to_come in (4, 3, 2, 1):
        pacer.wait_for_slot(calls_to_come, FAR_OFF)

    assert slots.asked == [4]


def test_a_new_batch_replaces_what_was_announced_before(pacer: Pacer, slots: CountedSlots) -> None:
    pacer.announce(10)
    pacer.announce(3)

    pacer.wait_for_slot(1, FAR_OFF)

    assert slots.asked == [3]


def test_stale_slots_are_dropped_and_not_made_up_for(pacer: Pacer, slots: CountedSlots, clock: FakeClock) -> None:
    pacer.announce(4)
    pacer.wait_for_slot(1, FAR_OFF)
    clock.advance(60)
    made = list[float]()
    for _ in range(3):
        pacer.wait_for_slot(1, FAR_OFF)
        made.append(elapsed(clock))

    assert made == [60.0, 60.333, 60.667]
    assert slots.asked == [4, 3]


def test_a_slot_that_is_only_a_little_late_is_still_used(pacer: Pacer, slots: CountedSlots, clock: FakeClock) -> None:
    pacer.announce(2)
    pacer.wait_for_slot(1, FAR_OFF)
    clock.advance(0.5)

    pacer.wait_for_slot(1, FAR_OFF)

    assert (slots.leases, elapsed(clock)) == (1, 0.5)


def test_a_slot_after_the_deadline_is_not_waited_for(pacer: Pacer, clock: FakeClock) -> None:
    pacer.announce(3)
    pacer.wait_for_slot(1, FAR_OFF)

    with pytest.raises(OutOfTimeError, match="the lane orders may call the warehouse at 08:00:00, later"):
        pacer.wait_for_slot(1, MONDAY_MORNING + timedelta(seconds=0.2))

    assert elapsed(clock) == 0.0


def test_a_slot_one_caller_has_no_time_for_serves_the_next(pacer: Pacer, slots: CountedSlots) -> None:
    pacer.announce(2)
    pacer.wait_for_slot(1, FAR_OFF)
    with pytest.raises(OutOfTimeError):
        pacer.wait_for_slot(1, MONDAY_MORNING)

    pacer.wait_for_slot(1, FAR_OFF)

    assert slots.leases == 1


def test_a_lane_whose_turn_has_not_come_waits_and_asks_again(
    pacer: Pacer, slots: CountedSlots, clock: FakeClock
) -> None:
    slots.lease(CallLane.ORDERS, Generation.V2, 100)
    pacer.announce(10)

    pacer.wait_for_slot(1, FAR_OFF)

    assert slots.asked == [100, 10, 10]
    assert elapsed(clock) >= 4.0


def test_a_lane_whose_turn_comes_after_the_deadline_is_out_of_time(pacer: Pacer, slots: CountedSlots) -> None:
    slots.lease(CallLane.ORDERS, Generation.V2, 100)
    pacer.announce(10)

    with pytest.raises(OutOfTimeError):
        pacer.wait_for_slot(1, MONDAY_MORNING + timedelta(seconds=0.1))


def test_after_one_refusal_no_other_thread_asks_before_the_time_it_named(pacer: Pacer, slots: CountedSlots) -> None:
    slots.lease(CallLane.ORDERS, Generation.V2, 100)
    pacer.announce(10)
    for _ in range(3):
        with pytest.raises(OutOfTimeError):
            pacer.wait_for_slot(1, MONDAY_MORNING + timedelta(seconds=0.1))

    assert slots.asked == [100, 10]


def test_without_a_budget_no_call_is_made(clock: FakeClock) -> None:
    pacer = Pacer(NoBudget(), CallLane.ORDERS, Generation.V2, clock)

    with pytest.raises(SystemBusyError):
        pacer.wait_for_slot(1, FAR_OFF)

    assert elapsed(clock) == 0.0


def test_a_429_drops_the_slots_in_hand(pacer: Pacer, slots: CountedSlots, clock: FakeClock) -> None:
    pacer.announce(10)
    pacer.wait_for_slot(1, FAR_OFF)

    pacer.report_throttled()
    pacer.wait_for_slot(1, FAR_OFF)

    assert slots.leases == 2
    assert elapsed(clock) >= 1.0


def test_a_thread_that_waits_while_another_gets_429_waits_again(slots: CountedSlots) -> None:
    class Interrupted(FakeClock):
        """A clock on which another thread reports a 429 during the first sleep."""

        def sleep(self, seconds: float) -> None:
            super().sleep(seconds)
            if not reported:
                reported.append(self.now())
                pacer.report_throttled()

    reported = list[datetime]()
    clock = Interrupted()
    slots = CountedSlots(clock)
    pacer = Pacer(slots, CallLane.ORDERS, Generation.V2, clock)
    pacer.announce(5)
    pacer.wait_for_slot(1, FAR_OFF)

    pacer.wait_for_slot(1, FAR_OFF)

    assert clock.now() >= reported[0] + timedelta(seconds=1)
    assert slots.asked == [5, 4]


def test_a_429_that_cannot_be_told_to_the_others_still_drops_the_slots_in_hand(clock: FakeClock) -> None:
    class UnheardSlots(CountedSlots):
        """A budget that leases, and then cannot be reached."""

        def throttled(self, *, pause_seconds: float | None = None) -> None:
            raise SystemBusyError("the call budget cannot be reached")

    slots = UnheardSlots(clock)
    pacer = Pacer(slots, CallLane.ORDERS, Generation.V2, clock)
    pacer.announce(3)
    pacer.wait_for_slot(1, FAR_OFF)

    with pytest.raises(SystemBusyError):
        pacer.report_throttled()

    pacer.wait_for_slot(1, FAR_OFF)
    assert slots.leases == 2


def test_threads_side_by_side_use_every_slot_once(clock: FakeClock) -> None:
    class TenAtOnce(CountedSlots):
        """A budget that always has ten slots that are due now."""

        def lease(self, lane: CallLane, generation: Generation, calls: int) -> Lease:
            self.leases += 1
            return Lease((clock.now(),) * 10, timedelta(hours=1))

    slots = TenAtOnce(clock)
    pacer = Pacer(slots, CallLane.ORDERS, Generation.V2, clock)

    with ThreadPoolExecutor(10) as threads:
        waits = [threads.submit(pacer.wait_for_slot, 1, FAR_OFF) for _ in range(200)]
    for wait in waits:
        wait.result()

    assert slots.leases == 20


def test_a_run_waits_no_longer_than_its_own_deadline(pacer: Pacer) -> None:
    pace = LanePace(pacer)
    pace.begin_run(2, MONDAY_MORNING)
    pace.before_call()

    with pytest.raises(OutOfTimeError):
        pace.before_call()


def test_before_a_run_has_begun_no_call_is_made(pacer: Pacer) -> None:
    with pytest.raises(OutOfTimeError):
        LanePace(pacer).before_call()


def test_a_run_leases_its_calls_together(pacer: Pacer, slots: CountedSlots) -> None:
    pace = LanePace(pacer)
    pace.begin_run(10, FAR_OFF)
    for _ in range(10):
        pace.before_call()

    assert slots.asked == [10]


def test_a_run_that_was_throttled_slows_down(pacer: Pacer, clock: FakeClock) -> None:
    pace = LanePace(pacer)
    pace.begin_run(2, FAR_OFF)
    pace.before_call()

    pace.was_throttled(None)
    pace.before_call()

    assert elapsed(clock) >= 1.0
