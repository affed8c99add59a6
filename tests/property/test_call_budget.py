"""The call budget under any interleaving of lanes, generations, processes and refusals."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from heapq import heappop, heappush
from itertools import count, pairwise
from typing import Any

import boto3
from hypothesis import given
from hypothesis import strategies as st
from lockstep.adapters.aws.call_budget import DynamoDbCallSlots
from lockstep.adapters.http.pacing import Pacer
from lockstep.adapters.memory.call_budget import MemoryCallSlots
from lockstep.domain.call_budget import (
    BudgetPolicy,
    BudgetState,
    CallLane,
    Generation,
    calls_per_second,
    lease,
    throttled,
)
from lockstep.domain.errors import OutOfTimeError, SystemBusyError
from moto import mock_aws

from tests.support.fake_clock import MONDAY_MORNING, FakeClock

POLICY = BudgetPolicy()
WINDOWS = [timedelta(seconds=seconds) for seconds in (0.5, 1, 2, 5, 10, 60)]

lanes = st.sampled_from(CallLane)
generations = st.sampled_from(Generation)
policies = st.builds(
    lambda rate, v1_share: BudgetPolicy(calls_per_second=rate, v1_calls_per_second=rate * v1_share),
    rate=st.floats(0.5, 50),
    v1_share=st.floats(0.05, 1),
)


@dataclass(frozen=True)
class Asking:
    """One request for a lease, some time after the one before."""

    after: timedelta
    lane: CallLane
    generation: Generation
    calls: int


@dataclass(frozen=True)
class Throttling:
    """A 429, some time after whatever was before."""

    after: timedelta


pauses = st.timedeltas(timedelta(0), timedelta(seconds=8))
askings = st.builds(Asking, pauses, lanes, generations, st.integers(1, 30))
histories = st.lists(st.one_of(askings, askings, askings, st.builds(Throttling, pauses)), max_size=40)
quiet_histories = st.lists(askings, max_size=40)


@dataclass
class Account:
    """A budget being used, and every slot it ever gave."""

    policy: BudgetPolicy = POLICY
    state: BudgetState = field(default_factory=BudgetState)
    now: datetime = MONDAY_MORNING
    slots: list[tuple[datetime, CallLane, Generation]] = field(default_factory=list)
    leases: Counter[CallLane] = field(default_factory=Counter)
    farthest_ahead: timedelta = timedelta(0)

    def ask(self, lane: CallLane, generation: Generation, calls: int) -> tuple[datetime, ...]:
        self.state, leased = lease(self.state, self.policy, lane, generation, calls, self.now)
        assert 1 <= len(leased.slots) <= calls
        assert all(slot >= max(self.now, self.state.blocked_until) for slot in leased.slots)
        self.leases[lane] += 1
        self.farthest_ahead = max(self.farthest_ahead, leased.slots[-1] - self.now)
        self.slots += [(slot, lane, generation) for slot in leased.slots]
        return leased.slots

    def live_through(self, history: Sequence[Asking | Throttling]) -> None:
        for event in history:
            self.now += event.after
            if isinstance(event, Throttling):
                self.state = throttled(self.state, self.policy, self.now)
                continue
            with suppress(SystemBusyError):
                self.ask(event.lane, event.generation, event.calls)

    def times(self, generation: Generation | None = None) -> list[datetime]:
        return sorted(slot for slot, _, used in self.slots if generation in (None, used))


def most_within(times: Sequence[datetime], window: timedelta) -> int:
    """The most of these times that any half-open window of this length holds."""
    return max(
        (bisect_left(times, first + window) - place for place, first in enumerate(times)),
        default=0,
    )


@given(policy=policies, history=histories)
def test_in_no_window_are_there_more_calls_than_the_rate_allows_and_one(
    policy: BudgetPolicy, history: list[Asking | Throttling]
) -> None:
    account = Account(policy)
    account.live_through(history)

    for window in WINDOWS:
        allowed = policy.calls_per_second * window.total_seconds() + 1
        assert most_within(account.times(), window) <= allowed


@given(policy=policies, history=histories)
def test_in_no_window_are_there_more_v1_calls_than_their_rate_allows_and_two(
    policy: BudgetPolicy, history: list[Asking | Throttling]
) -> None:
    account = Account(policy)
    account.live_through(history)

    for window in WINDOWS:
        allowed = policy.v1_calls_per_second * window.total_seconds() + 2
        assert most_within(account.times(Generation.V1), window) <= allowed


@given(history=histories)
def test_no_lease_reaches_further_ahead_than_both_reaches_together(
    history: list[Asking | Throttling],
) -> None:
    account = Account()
    account.live_through(history)

    slowest = POLICY.least_calls_per_second / POLICY.calls_per_second
    reach = (POLICY.own_ahead_seconds + POLICY.borrowed_ahead_seconds) / slowest
    assert account.farthest_ahead <= timedelta(seconds=reach)


@given(history=quiet_histories)
def test_without_a_429_no_lease_reaches_further_ahead_than_ten_seconds(history: list[Asking]) -> None:
    account = Account()
    account.live_through(history)

    assert account.farthest_ahead <= timedelta(seconds=10)


@given(history=histories, asking=askings)
def test_whoever_is_refused_is_served_when_asking_again_at_the_time_that_was_named(
    history: list[Asking | Throttling], asking: Asking
) -> None:
    account = Account()
    account.live_through(history)

    try:
        account.ask(asking.lane, asking.generation, asking.calls)
    except SystemBusyError as refusal:
        account.now += timedelta(seconds=refusal.retry_after_seconds or 0)
        account.ask(asking.lane, asking.generation, asking.calls)


@given(history=histories, lane=lanes)
def test_a_lane_that_was_away_is_served_at_once_however_busy_the_others_are(
    history: list[Asking | Throttling], lane: CallLane
) -> None:
    others = [event for event in history if isinstance(event, Asking) and event.lane is not lane]
    account = Account()
    account.live_through(others)

    slots = account.ask(lane, Generation.V2, 1)

    assert slots[0] <= account.now + timedelta(seconds=10)


@given(history=histories, quiet_seconds=st.floats(0, 300))
def test_the_rate_stays_between_the_least_and_the_full_one(
    history: list[Asking | Throttling], quiet_seconds: float
) -> None:
    account = Account()
    account.live_through(history)

    rate = calls_per_second(account.state, POLICY, account.now + timedelta(seconds=quiet_seconds))

    assert POLICY.least_calls_per_second <= rate <= POLICY.calls_per_second


@given(history=histories)
def test_a_429_never_raises_the_rate_and_time_alone_never_lowers_it(
    history: list[Asking | Throttling],
) -> None:
    account = Account()
    account.live_through(history)
    before = calls_per_second(account.state, POLICY, account.now)

    state = throttled(account.state, POLICY, account.now)

    rates = [calls_per_second(state, POLICY, account.now + timedelta(seconds=later)) for later in range(200)]
    assert rates[0] <= before
    assert all(earlier <= later for earlier, later in pairwise(rates))
    assert rates[-1] == POLICY.calls_per_second


# --- Lanes that always have more to do -----------------------------------------------------------------------


@dataclass(frozen=True)
class Worker:
    """Makes batches of calls without end: leases, uses its slots, leases again."""

    lane: CallLane
    generation: Generation
    batch: int
    starts_after: timedelta


def workers(of: st.SearchStrategy[Generation]) -> st.SearchStrategy[Worker]:
    return st.builds(Worker, lanes, of, st.integers(10, 40), st.timedeltas(timedelta(0), timedelta(seconds=5)))


def work(account: Account, crew: Sequence[Worker], until: datetime) -> None:
    """Let every worker work, each asking again as it uses its last slot, or when it was told to."""
    agenda = list[tuple[datetime, int, int]]()
    for place, worker in enumerate(crew):
        heappush(agenda, (account.now + worker.starts_after, place, worker.batch))
    while agenda and agenda[0][0] < until:
        account.now, place, calls = heappop(agenda)
        worker = crew[place]
        try:
            slots = account.ask(worker.lane, worker.generation, calls)
        except SystemBusyError as refusal:
            again = account.now + timedelta(seconds=refusal.retry_after_seconds or 0)
            heappush(agenda, (again, place, calls))
            continue
        heappush(agenda, (slots[-1], place, calls - len(slots) or worker.batch))


def calls_of_lanes(account: Account, start: datetime, end: datetime) -> Counter[CallLane]:
    return Counter(lane for slot, lane, _ in account.slots if start <= slot < end)


@given(crew=st.lists(workers(st.just(Generation.V2)), min_size=1, max_size=6))
def test_while_anybody_wants_to_call_no_slot_is_left_idle(crew: list[Worker]) -> None:
    account = Account()
    start, end = MONDAY_MORNING + timedelta(seconds=5), MONDAY_MORNING + timedelta(seconds=125)

    work(account, crew, end)

    assert calls_of_lanes(account, start, end).total() >= 3 * 120 * 0.99


@given(crew=st.lists(workers(generations), min_size=1, max_size=6))
def test_v1_beside_orders_leaves_at_most_a_tenth_of_the_slots_idle(crew: list[Worker]) -> None:
    account = Account()
    orders = Worker(CallLane.ORDERS, Generation.V2, 10, timedelta(0))
    start, end = MONDAY_MORNING + timedelta(seconds=10), MONDAY_MORNING + timedelta(seconds=130)

    work(account, [orders, orders, *crew], end)

    assert calls_of_lanes(account, start, end).total() >= 3 * 120 * 0.9


@given(busy=st.sets(lanes, min_size=1), first=st.integers(10, 40), second=st.integers(10, 40))
def test_every_lane_with_two_workers_keeps_its_floor(busy: set[CallLane], first: int, second: int) -> None:
    account = Account()
    crew = [Worker(lane, Generation.V2, batch, timedelta(0)) for lane in sorted(busy) for batch in (first, second)]
    start, end = MONDAY_MORNING + timedelta(seconds=15), MONDAY_MORNING + timedelta(seconds=195)

    work(account, crew, end)

    made = calls_of_lanes(account, start, end)
    for lane in busy:
        assert made[lane] >= POLICY.floors[lane] * 3 * 180 * 0.9 - 2


@given(alone=st.floats(0, 60), lane=st.sampled_from([CallLane.SHIPMENTS, CallLane.STOCK]))
def test_a_lane_that_comes_back_has_its_floor_within_ten_seconds(alone: float, lane: CallLane) -> None:
    account = Account()
    orders = Worker(CallLane.ORDERS, Generation.V2, 10, timedelta(0))
    back = timedelta(seconds=alone)
    start = MONDAY_MORNING + back + timedelta(seconds=10)

    work(account, [orders, orders, Worker(lane, Generation.V2, 10, back)], start + timedelta(seconds=60))

    made = calls_of_lanes(account, start, start + timedelta(seconds=60))
    assert made[lane] >= POLICY.floors[lane] * 3 * 60 * 0.9 - 2


@given(crew=st.lists(workers(st.just(Generation.V2)), max_size=4))
def test_a_backlog_of_orders_in_batches_of_ten_costs_at_most_two_writes_a_batch(crew: list[Worker]) -> None:
    account = Account()
    orders = Worker(CallLane.ORDERS, Generation.V2, 10, timedelta(0))
    others = [worker for worker in crew if worker.lane is not CallLane.ORDERS]
    work(account, [orders, orders, *others], MONDAY_MORNING + timedelta(seconds=120))

    calls = sum(1 for _, lane, _ in account.slots if lane is CallLane.ORDERS)
    assert account.leases[CallLane.ORDERS] <= 0.2 * calls


# --- Processes ------------------------------------------------------------------------------------------------


def test_two_processes_never_exceed_the_budget_together() -> None:
    with mock_aws():
        client = boto3.client("dynamodb")
        client.create_table(
            TableName="control",
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[
                {"AttributeName": "pk", "KeyType": "HASH"},
                {"AttributeName": "sk", "KeyType": "RANGE"},
            ],
            AttributeDefinitions=[
                {"AttributeName": "pk", "AttributeType": "S"},
                {"AttributeName": "sk", "AttributeType": "S"},
            ],
        )
        overtaking = list[Callable[[], None]]()

        def overtake(**_: Any) -> None:
            if overtaking:
                overtaking.pop()()

        client.meta.events.register("before-call.dynamodb.PutItem", overtake)
        accounts = count()

        @given(history=st.lists(st.tuples(askings, st.integers(0, 1), st.booleans()), max_size=25))
        def keep_to_the_rate(history: list[tuple[Asking, int, bool]]) -> None:
            clock, account = FakeClock(), f"account-{next(accounts)}"
            processes = [DynamoDbCallSlots(client, "control", account, lambda: POLICY, clock) for _ in range(2)]
            slots = list[datetime]()

            def ask(process: DynamoDbCallSlots, asking: Asking) -> None:
                with suppress(SystemBusyError):
                    slots.extend(process.lease(asking.lane, asking.generation, asking.calls).slots)

            for asking, place, is_overtaken in history:
                clock.advance(asking.after.total_seconds())
                overtaking[:] = [partial(ask, processes[1 - place], asking)] if is_overtaken else []
                ask(processes[place], asking)

            for window in WINDOWS:
                assert most_within(sorted(slots), window) <= 3 * window.total_seconds() + 1

        keep_to_the_rate()


@given(
    steps=st.lists(
        st.tuples(st.integers(0, 2), st.timedeltas(timedelta(0), timedelta(seconds=2)), st.booleans()),
        max_size=60,
    )
)
def test_calls_made_late_never_add_up_to_more_than_the_rate_and_two(
    steps: list[tuple[int, timedelta, bool]],
) -> None:
    clock = FakeClock()
    slots = MemoryCallSlots(lambda: POLICY, clock)
    pacers = [Pacer(slots, lane, Generation.V2, clock) for lane in list(CallLane)[:3]]
    made = list[datetime]()

    for place, busy, begins_batch in steps:
        clock.advance(busy.total_seconds())
        if begins_batch:
            pacers[place].announce(10)
        try:
            pacers[place].wait_for_slot(1, clock.now() + timedelta(seconds=5))
        except OutOfTimeError:
            continue
        made.append(clock.now())

    for window in WINDOWS:
        assert most_within(made, window) <= 3 * window.total_seconds() + 2
