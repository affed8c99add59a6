"""The call budget, example by example; what holds for every interleaving is in tests/property."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from lockstep.domain.call_budget import (
    DEFAULT_FLOORS,
    BudgetPolicy,
    BudgetState,
    CallLane,
    Generation,
    calls_per_second,
    lease,
    throttled,
)
from lockstep.domain.errors import SystemBusyError

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
POLICY = BudgetPolicy()


def after(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def seconds_of(slots: tuple[datetime, ...]) -> list[float]:
    return [round((slot - NOW).total_seconds(), 3) for slot in slots]


def test_by_default_three_calls_a_second_of_which_two_v1() -> None:
    assert (POLICY.calls_per_second, POLICY.v1_calls_per_second) == (3.0, 2.0)


def test_by_default_the_floors_share_the_whole_rate() -> None:
    assert POLICY.floors == {
        CallLane.ORDERS: 0.60,
        CallLane.SHIPMENTS: 0.20,
        CallLane.STOCK: 0.15,
        CallLane.CATALOGUE: 0.05,
    }


def test_a_single_call_may_be_made_at_once() -> None:
    _, leased = lease(BudgetState(), POLICY, CallLane.CATALOGUE, Generation.V2, 1, NOW)

    assert leased.slots == (NOW,)


def test_a_batch_of_orders_is_leased_whole_and_evenly_spaced() -> None:
    _, leased = lease(BudgetState(), POLICY, CallLane.ORDERS, Generation.V2, 10, NOW)

    assert seconds_of(leased.slots) == [0.0, 0.333, 0.667, 1.0, 1.333, 1.667, 2.0, 2.333, 2.667, 3.0]


def test_the_smallest_lane_alone_borrows_the_whole_rate_as_far_as_borrowing_reaches() -> None:
    _, leased = lease(BudgetState(), POLICY, CallLane.CATALOGUE, Generation.V2, 100, NOW)

    assert len(leased.slots) == 3 * POLICY.borrowed_ahead_seconds
    assert seconds_of(leased.slots)[-1] == 3.667


def test_a_lane_that_comes_back_gets_its_floor_behind_a_queue_that_is_full() -> None:
    state, _ = lease(BudgetState(), POLICY, CallLane.ORDERS, Generation.V2, 100, NOW)

    _, leased = lease(state, POLICY, CallLane.STOCK, Generation.V2, 3, NOW)

    assert seconds_of(leased.slots) == [4.0, 4.333, 4.667]


def test_a_lane_that_spent_its_floor_is_refused_while_the_queue_is_full() -> None:
    state, _ = lease(BudgetState(), POLICY, CallLane.ORDERS, Generation.V2, 100, NOW)

    with pytest.raises(SystemBusyError, match=r"the lane orders waits its turn, nothing was sent") as refusal:
        lease(state, POLICY, CallLane.ORDERS, Generation.V2, 10, NOW)

    assert refusal.value.retry_after_seconds is not None


def test_a_refused_lane_is_told_when_the_whole_batch_will_fit() -> None:
    state, _ = lease(BudgetState(), POLICY, CallLane.ORDERS, Generation.V2, 100, NOW)
    with pytest.raises(SystemBusyError) as refusal:
        lease(state, POLICY, CallLane.ORDERS, Generation.V2, 10, NOW)
    assert refusal.value.retry_after_seconds is not None

    _, leased = lease(state, POLICY, CallLane.ORDERS, Generation.V2, 10, after(refusal.value.retry_after_seconds))

    assert len(leased.slots) == 10


def test_calls_that_were_never_made_are_not_made_up_for() -> None:
    state, _ = lease(BudgetState(), POLICY, CallLane.ORDERS, Generation.V2, 3, NOW)

    _, leased = lease(state, POLICY, CallLane.ORDERS, Generation.V2, 3, after(60))

    assert seconds_of(leased.slots) == [60.0, 60.333, 60.667]


def test_v1_calls_keep_to_their_own_rate() -> None:
    _, leased = lease(BudgetState(), POLICY, CallLane.ORDERS, Generation.V1, 7, NOW)

    assert seconds_of(leased.slots) == [0.0, 0.667, 1.0, 1.667, 2.0, 2.667, 3.0]


def test_v2_calls_take_the_slots_that_v1_stepped_over() -> None:
    state, _ = lease(BudgetState(), POLICY, CallLane.ORDERS, Generation.V1, 5, NOW)

    _, leased = lease(state, POLICY, CallLane.SHIPMENTS, Generation.V2, 3, NOW)

    assert seconds_of(leased.slots) == [0.333, 1.333, 2.333]


def test_a_slot_is_good_for_the_length_of_one_slot() -> None:
    _, leased = lease(BudgetState(), POLICY, CallLane.ORDERS, Generation.V2, 1, NOW)

    assert leased.good_for.total_seconds() == pytest.approx(1 / 3, abs=1e-5)


@pytest.mark.parametrize(("rate", "good_for"), [(40.0, 0.1), (0.5, 1.0)])
def test_how_late_a_slot_may_be_used_is_bounded_both_ways(rate: float, good_for: float) -> None:
    policy = BudgetPolicy(calls_per_second=rate, v1_calls_per_second=rate)

    _, leased = lease(BudgetState(), policy, CallLane.ORDERS, Generation.V2, 1, NOW)

    assert leased.good_for.total_seconds() == good_for


def test_a_429_pauses_everyone() -> None:
    state = throttled(BudgetState(), POLICY, NOW)

    _, leased = lease(state, POLICY, CallLane.STOCK, Generation.V2, 1, NOW)

    assert seconds_of(leased.slots) == [1.0]


def test_a_429_halves_the_rate() -> None:
    state = throttled(BudgetState(), POLICY, NOW)

    assert calls_per_second(state, POLICY, after(1)) == 1.5


def test_after_a_429_v1_slows_down_with_the_rest() -> None:
    state = throttled(BudgetState(), POLICY, NOW)

    _, leased = lease(state, POLICY, CallLane.ORDERS, Generation.V1, 4, after(1))

    assert seconds_of(leased.slots) == [1.0, 2.333, 3.0, 4.333]


def test_calls_refused_together_count_once() -> None:
    state = throttled(BudgetState(), POLICY, NOW)

    assert throttled(state, POLICY, after(0.5)) is state


def test_a_429_for_a_call_leased_at_the_old_rate_pauses_again_but_does_not_halve_again() -> None:
    busy, _ = lease(BudgetState(), POLICY, CallLane.ORDERS, Generation.V2, 10, NOW)
    once = throttled(busy, POLICY, NOW)

    twice = throttled(once, POLICY, after(2))

    assert twice.blocked_until == after(3)
    assert calls_per_second(twice, POLICY, after(3)) == pytest.approx(1.5, abs=0.05)


def test_a_429_after_the_old_leases_are_spent_halves_again() -> None:
    once = throttled(BudgetState(), POLICY, NOW)

    twice = throttled(once, POLICY, after(1))

    assert calls_per_second(twice, POLICY, after(2)) == 0.75


def test_the_rate_never_falls_under_the_least() -> None:
    state = BudgetState()
    for second in range(0, 60, 2):
        state = throttled(state, POLICY, after(second))

    assert calls_per_second(state, POLICY, after(60)) >= 0.5


def test_the_rate_recovers_slowly() -> None:
    state = throttled(BudgetState(), POLICY, NOW)

    rates = [calls_per_second(state, POLICY, after(1 + seconds)) for seconds in (0, 20, 40, 60, 600)]

    assert rates == pytest.approx([1.5, 2.0, 2.5, 3.0, 3.0])


def test_a_longer_pause_that_the_answer_asks_for_is_kept() -> None:
    state = throttled(BudgetState(), POLICY, NOW, pause_seconds=5)

    assert state.blocked_until == after(5)


def test_an_absurd_pause_is_cut() -> None:
    state = throttled(BudgetState(), POLICY, NOW, pause_seconds=86_400)

    assert state.blocked_until == after(30)


def test_nobody_leases_into_a_long_pause() -> None:
    state = throttled(BudgetState(), POLICY, NOW, pause_seconds=30)

    with pytest.raises(SystemBusyError) as refusal:
        lease(state, BudgetPolicy(slow_down_factor=1.0), CallLane.ORDERS, Generation.V2, 1, NOW)

    assert refusal.value.retry_after_seconds is not None


def test_the_slots_v1_stepped_over_before_a_429_are_given_up() -> None:
    state, _ = lease(BudgetState(), POLICY, CallLane.ORDERS, Generation.V1, 5, NOW)

    assert throttled(state, POLICY, NOW).gaps == ()


def test_every_change_moves_the_revision() -> None:
    first, _ = lease(BudgetState(), POLICY, CallLane.ORDERS, Generation.V2, 10, NOW)
    second = throttled(first, POLICY, NOW)

    assert (first.revision, second.revision) == (1, 2)


def test_a_lease_for_no_call_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="one call at least"):
        lease(BudgetState(), POLICY, CallLane.ORDERS, Generation.V2, 0, NOW)


@pytest.mark.parametrize(
    "wrong",
    [
        {"calls_per_second": 0.4},
        {"v1_calls_per_second": 3.5},
        {"v1_calls_per_second": 0.0},
        {"least_calls_per_second": 0.0},
        {"floors": {**DEFAULT_FLOORS, CallLane.STOCK: 0.5}},
        {"floors": {**DEFAULT_FLOORS, CallLane.CATALOGUE: 0.0}},
        {"floors": {CallLane.ORDERS: 1.0}},
    ],
)
def test_a_policy_that_cannot_be_kept_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"rate|floor"):
        replace(POLICY, **wrong)
