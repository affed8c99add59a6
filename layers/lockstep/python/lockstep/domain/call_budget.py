"""The calls that one Deposco account may take from all of Lockstep together, and who may make the next one.

Time is cut into slots, one call each, `1 / rate` apart, and leased in advance: whoever holds a slot calls at
its time and asks nobody. The slots form one queue, so nothing is left idle while anybody wants to call. What
makes the queue fair is who may still join it:

- a lane joins on its **floor**: each call costs it `spacing / floor` of its own time, and it may run
  `own_ahead_seconds` into that time (virtual scheduling, as in traffic shaping);
- beyond its floor a lane **borrows**, as long as the queue is shorter than `borrowed_ahead_seconds`.

A lane alone therefore has the whole rate; one that comes back waits for the queue once, then has its floor.
V1 calls take slots of the same queue at their own, wider spacing; the slots they step over stay open to V2.

A 429 says that the account is busier than we think (others may share it): the rate is halved, a short pause
begins, and the rate climbs back linearly (DEP-LIMIT-01, DEP-LIMIT-02, DEP-LIMIT-03).

Why this and not a token bucket: `docs/decisions/0010-call-budget.md`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from math import ceil
from types import MappingProxyType
from typing import Final, Protocol

from lockstep.domain.errors import SystemBusyError

LONG_AGO: Final = datetime(1970, 1, 1, tzinfo=UTC)


class CallLane(StrEnum):
    """Who calls: each lane has a floor, the share of the rate that it cannot lose to the others."""

    ORDERS = "orders"
    SHIPMENTS = "shipments"
    STOCK = "stock"
    CATALOGUE = "catalogue"


class Generation(StrEnum):
    """Which of Deposco's two interfaces is called; V1 takes fewer calls a second (DEP-LIMIT-04)."""

    V1 = "v1"
    V2 = "v2"


DEFAULT_FLOORS: Final[Mapping[CallLane, float]] = MappingProxyType(
    {CallLane.ORDERS: 0.60, CallLane.SHIPMENTS: 0.20, CallLane.STOCK: 0.15, CallLane.CATALOGUE: 0.05}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetPolicy:
    """The rates, and how far ahead they may be leased.

    A V1 call counts against `calls_per_second` and `v1_calls_per_second` alike. `recovery_seconds` is how
    long the climb from nothing to the full rate would take. The two `..._ahead_seconds` stretch in proportion
    while the rate is low, so that a batch still fits into one lease. The defaults stay under what is known of
    the account's limits, which count others' calls too (DEP-LIMIT-01, DEP-LIMIT-04).
    """

    calls_per_second: float = 3.0
    v1_calls_per_second: float = 2.0
    floors: Mapping[CallLane, float] = field(default_factory=lambda: DEFAULT_FLOORS)
    own_ahead_seconds: float = 6.0
    borrowed_ahead_seconds: float = 4.0
    least_calls_per_second: float = 0.5
    slow_down_factor: float = 0.5
    pause_seconds: float = 1.0
    longest_pause_seconds: float = 30.0
    recovery_seconds: float = 120.0

    def __post_init__(self) -> None:
        if not 0 < self.least_calls_per_second <= self.calls_per_second:
            raise ValueError("the least rate must be above zero and at most the full rate")
        if not 0 < self.v1_calls_per_second <= self.calls_per_second:
            raise ValueError("the V1 rate must be above zero and at most the full rate")
        if set(self.floors) != set(CallLane) or min(self.floors.values()) <= 0:
            raise ValueError("every lane needs a floor above zero")
        if sum(self.floors.values()) > 1 + 1e-9:
            raise ValueError("the floors add up to more than the whole rate")


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneUse:
    """One lane: until when its floor is spent, and when it last leased V1 calls."""

    spent_until: datetime = LONG_AGO
    v1_leased_at: datetime = LONG_AGO


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetState:
    """All that the processes share; a new account starts as `BudgetState()`.

    `next_free` and `v1_next_free` are the ends of the queue; `gaps` are the slots before `next_free` that V1
    stepped over. The share of the rate was `share` at `share_since` and grows from there. Until `settled_at`
    calls leased at the old rate are still being made, so that another 429 says nothing new about the rate.
    """

    revision: int = 0
    next_free: datetime = LONG_AGO
    v1_next_free: datetime = LONG_AGO
    gaps: tuple[datetime, ...] = ()
    lanes: Mapping[CallLane, LaneUse] = field(default_factory=dict)
    share: float = 1.0
    share_since: datetime = LONG_AGO
    blocked_until: datetime = LONG_AGO
    settled_at: datetime = LONG_AGO


@dataclass(frozen=True, slots=True)
class Lease:
    """Slots, earliest first, one call each: not before its time, and at most `good_for` after it."""

    slots: tuple[datetime, ...]
    good_for: timedelta


class CallSlots(Protocol):
    """The budget as its callers see it; shared by every process that calls the account."""

    def lease(self, lane: CallLane, generation: Generation, calls: int) -> Lease:
        """Lease slots for up to this many calls; at least one, fewer than asked when the queue is long.

        Raises `SystemBusyError`: with `retry_after_seconds` when the lane has to wait before it may join the
        queue, without when the budget cannot be reached. In both cases no call may be made.
        """

    def throttled(self, *, pause_seconds: float | None = None) -> None:
        """Tell everyone that a call got 429; `pause_seconds` is the wait Deposco asked for, if it did.

        Raises `SystemBusyError` when the budget cannot be reached.
        """


def calls_per_second(state: BudgetState, policy: BudgetPolicy, now: datetime) -> float:
    """The rate in force: the full one, or what a 429 has left of it and time has given back."""
    recovered = max(0.0, (now - state.share_since).total_seconds()) / policy.recovery_seconds
    return max(policy.least_calls_per_second, min(1.0, state.share + recovered) * policy.calls_per_second)


def throttled(
    state: BudgetState, policy: BudgetPolicy, now: datetime, *, pause_seconds: float | None = None
) -> BudgetState:
    """The state after a 429: a pause for all, and half the rate unless that was just done.

    Returns the very same state while a pause is on, so that ten calls refused together count once.
    """
    if now < state.blocked_until:
        return state
    pause = min(max(pause_seconds or 0.0, policy.pause_seconds), policy.longest_pause_seconds)
    blocked_until = now + timedelta(seconds=pause)
    share = calls_per_second(state, policy, now) / policy.calls_per_second
    settled_at = state.settled_at
    if now >= settled_at:
        share = max(share * policy.slow_down_factor, policy.least_calls_per_second / policy.calls_per_second)
        settled_at = max(blocked_until, state.next_free)
    return replace(
        state,
        revision=state.revision + 1,
        gaps=(),
        share=share,
        share_since=blocked_until,
        blocked_until=blocked_until,
        settled_at=settled_at,
    )


def lease(
    state: BudgetState,
    policy: BudgetPolicy,
    lane: CallLane,
    generation: Generation,
    calls: int,
    now: datetime,
) -> tuple[BudgetState, Lease]:
    """Slots for up to `calls` calls of a lane, and the state that remembers them.

    A lane gets all it asked for or, if its floor is too small for that, at least what the floor can hold in
    advance: leasing call by call would cost a write each. Raises `SystemBusyError` with the time after which
    asking again is worthwhile; the state is then unchanged.
    """
    if calls < 1:
        raise ValueError("a lease is for one call at least")
    granted = _granted(state, policy, lane, generation, calls, now)
    if granted is None:
        raise _queue_too_long(state, policy, lane, generation, calls, now)
    return granted


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pace:
    """The distances in force for one lane and generation at one moment."""

    spacing: timedelta
    v1_spacing: timedelta
    cost: timedelta
    own_ahead: timedelta
    borrowed_ahead: timedelta

    @classmethod
    def of(
        cls, state: BudgetState, policy: BudgetPolicy, lane: CallLane, generation: Generation, now: datetime
    ) -> _Pace:
        rate = calls_per_second(state, policy, now)
        share = rate / policy.calls_per_second
        own_ahead = timedelta(seconds=policy.own_ahead_seconds / share)
        borrowed_ahead = timedelta(seconds=policy.borrowed_ahead_seconds / share)
        spacing = _apart(rate)
        v1_spacing = _apart(policy.v1_calls_per_second * share)
        per_call = spacing
        if generation is Generation.V1:
            # Floors are shares of the whole rate. Where those of the lanes that use V1 add up to more than V1
            # takes, the lanes divide V1 in proportion: all of the floors could not be kept.
            lately = now - own_ahead - borrowed_ahead
            users = {lane, *(other for other, use in state.lanes.items() if use.v1_leased_at >= lately)}
            per_call = max(spacing, v1_spacing * sum(policy.floors[user] for user in users))
        return cls(
            spacing=spacing,
            v1_spacing=v1_spacing,
            cost=per_call / policy.floors[lane],
            own_ahead=own_ahead,
            borrowed_ahead=borrowed_ahead,
        )

    @property
    def floor_holds(self) -> int:
        """How many calls the lane's floor holds in advance."""
        return 1 + self.own_ahead // self.cost

    @property
    def good_for(self) -> timedelta:
        """How late a slot may be used: one slot's length, so that at most two calls meet; 0.1 to 1 second."""
        return min(max(self.spacing, timedelta(seconds=0.1)), timedelta(seconds=1))


def _apart(calls_a_second: float) -> timedelta:
    return timedelta(microseconds=ceil(1_000_000 / calls_a_second))


def _granted(
    state: BudgetState, policy: BudgetPolicy, lane: CallLane, generation: Generation, calls: int, now: datetime
) -> tuple[BudgetState, Lease] | None:
    """The lease, or None where it would be too small to be worth its write."""
    pace = _Pace.of(state, policy, lane, generation, now)
    draft, slots = state, list[datetime]()
    while len(slots) < calls and (joined := _join(draft, pace, lane, generation, now)):
        draft, slot = joined
        slots.append(slot)
    if not slots or (len(slots) < min(calls, pace.floor_holds) and slots[0] > now):
        return None
    leased = replace(draft, revision=state.revision + 1, gaps=tuple(gap for gap in draft.gaps if gap > now))
    return leased, Lease(tuple(slots), pace.good_for)


def _queue_too_long(
    state: BudgetState, policy: BudgetPolicy, lane: CallLane, generation: Generation, calls: int, now: datetime
) -> SystemBusyError:
    """The refusal, with the time at which the lane would be served if nobody else came: found by trying."""
    pace = _Pace.of(state, policy, lane, generation, now)
    # At the end of the queue nothing is waiting before the lane, and it gets whatever fits.
    _, end_of_queue = _next_slot(replace(state, gaps=()), pace, generation, now)
    too_early, soon_enough = now, end_of_queue
    while soon_enough - too_early > pace.spacing:
        between = too_early + (soon_enough - too_early) / 2
        if _granted(state, policy, lane, generation, calls, between):
            soon_enough = between
        else:
            too_early = between
    return SystemBusyError(
        f"the warehouse account's calls are leased for the next {(end_of_queue - now).total_seconds():.1f} s; "
        f"the lane {lane.value} waits its turn, nothing was sent",
        retry_after_seconds=(soon_enough - now).total_seconds(),
    )


def _join(
    state: BudgetState, pace: _Pace, lane: CallLane, generation: Generation, now: datetime
) -> tuple[BudgetState, datetime] | None:
    """Take the next slot, or None if the lane may neither use its floor nor borrow."""
    taken, slot = _next_slot(state, pace, generation, now)
    use = state.lanes.get(lane, LaneUse())
    on_floor = use.spent_until <= now + pace.own_ahead and slot <= now + pace.own_ahead + pace.borrowed_ahead
    if not on_floor and slot > now + pace.borrowed_ahead:
        return None
    if on_floor:
        use = replace(use, spent_until=max(use.spent_until, now) + pace.cost)
    if generation is Generation.V1:
        use = replace(use, v1_leased_at=now)
    return replace(taken, lanes={**taken.lanes, lane: use}), slot


def _next_slot(state: BudgetState, pace: _Pace, generation: Generation, now: datetime) -> tuple[BudgetState, datetime]:
    earliest = max(now, state.blocked_until)
    slot = max(state.next_free, earliest)
    if generation is Generation.V2:
        for gap in state.gaps:
            if gap >= earliest:
                return replace(state, gaps=tuple(other for other in state.gaps if other > gap)), gap
        return replace(state, next_free=slot + pace.spacing), slot
    gaps = list(state.gaps)
    while slot < state.v1_next_free:
        gaps.append(slot)
        slot += pace.spacing
    # Slots rarely fall on V1's own beat; counting from the beat and not from the slot keeps V1's rate whole.
    on_beat = slot - state.v1_next_free < pace.spacing
    beat = state.v1_next_free if on_beat else slot
    return replace(state, next_free=slot + pace.spacing, v1_next_free=beat + pace.v1_spacing, gaps=tuple(gaps)), slot
