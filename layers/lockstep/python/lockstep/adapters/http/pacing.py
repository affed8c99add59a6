"""When the next call to Deposco may be made: the waiting side of the call budget."""

from __future__ import annotations

from collections import deque
from datetime import timedelta
from threading import Lock
from typing import TYPE_CHECKING

from lockstep.domain.call_budget import LONG_AGO
from lockstep.domain.errors import OutOfTimeError, SystemBusyError

if TYPE_CHECKING:
    from datetime import datetime

    from lockstep.domain.call_budget import CallLane, CallSlots, Generation
    from lockstep.flows.ports import Clock


class Pacer:
    """Hands the slots of one lane and generation to the threads of one process.

    Every call begins with `wait_for_slot`. Whoever has many calls to make says so first (`announce`): their
    slots are then leased together, which costs one write instead of one each and keeps the lane's place in
    the queue; a lane that leases call by call waits for the whole queue each time and falls behind its floor.
    Slots nobody used in time are dropped, never made up for: catching up would be the very burst that the
    budget prevents.
    """

    def __init__(self, slots: CallSlots, lane: CallLane, generation: Generation, clock: Clock) -> None:
        self._slots = slots
        self._lane = lane
        self._generation = generation
        self._clock = clock
        self._lock = Lock()
        self._in_hand: deque[datetime] = deque()
        self._good_for = timedelta(0)
        self._expected = 0
        self._ask_again_at = LONG_AGO
        self._throttles = 0

    def announce(self, calls: int) -> None:
        """The batch that begins now will make about this many calls; replaces what was announced before."""
        with self._lock:
            self._expected = calls

    def wait_for_slot(self, calls_expected: int, latest: datetime) -> None:
        """Return when the caller may make one call, which it then makes at once.

        `calls_expected` is how many calls the caller still has to make, this one included. Raises
        `OutOfTimeError` when its turn comes after `latest`, and `SystemBusyError` when the budget cannot be
        reached; in both cases it must not call.
        """
        while True:
            with self._lock:
                slot = self._take_slot(calls_expected)
                wake_at = slot or self._ask_again_at
                if max(wake_at, self._clock.now()) > latest:
                    self._put_back(slot)
                    raise OutOfTimeError(
                        f"the lane {self._lane.value} may call the warehouse at {wake_at:%H:%M:%S}, later "
                        "than this run can wait; nothing was sent"
                    )
                throttles = self._throttles
            self._sleep_until(wake_at)
            if slot is None:
                continue
            with self._lock:
                if throttles == self._throttles and not self._is_stale(slot):
                    return
                self._expected += 1

    def report_throttled(self, *, pause_seconds: float | None = None) -> None:
        """A call got 429: drop the slots in hand, leased at a rate that was too high, and slow everyone down.

        `pause_seconds` is the wait the answer asked for, if it did. Threads that already wait for a slot take
        another one. Raises `SystemBusyError` when the budget cannot be reached.
        """
        with self._lock:
            self._throttles += 1
            self._in_hand.clear()
        self._slots.throttled(pause_seconds=pause_seconds)

    def _take_slot(self, calls_expected: int) -> datetime | None:
        """A slot, in hand or newly leased; None while the lane has to wait until `_ask_again_at`."""
        while self._in_hand and self._is_stale(self._in_hand[0]):
            self._in_hand.popleft()
        if not self._in_hand and not self._lease(max(1, calls_expected, self._expected)):
            return None
        self._expected = max(0, self._expected - 1)
        return self._in_hand.popleft()

    def _lease(self, calls: int) -> bool:
        # One refusal is for all threads: none of them asks again before the time it named.
        if self._clock.now() < self._ask_again_at:
            return False
        try:
            lease = self._slots.lease(self._lane, self._generation, calls)
        except SystemBusyError as refusal:
            if refusal.retry_after_seconds is None:
                raise
            self._ask_again_at = self._clock.now() + timedelta(seconds=refusal.retry_after_seconds)
            return False
        self._in_hand.extend(lease.slots)
        self._good_for = lease.good_for
        return True

    def _put_back(self, slot: datetime | None) -> None:
        if slot is not None:
            self._in_hand.appendleft(slot)
            self._expected += 1

    def _is_stale(self, slot: datetime) -> bool:
        return self._clock.now() > slot + self._good_for

    def _sleep_until(self, moment: datetime) -> None:
        while (seconds := (moment - self._clock.now()).total_seconds()) > 0:
            self._clock.sleep(seconds)


class LanePace:
    """A pacer as an `HttpSystem` uses it: every call of a run waits for its slot, until the run's deadline.

    Before the first run has begun there is no time to wait in, and every call is refused.
    """

    def __init__(self, pacer: Pacer) -> None:
        self._pacer = pacer
        self._latest = LONG_AGO

    def begin_run(self, calls: int, latest: datetime) -> None:
        """A run begins that will make about this many calls, none of them later than `latest`."""
        self._latest = latest
        self._pacer.announce(calls)

    def before_call(self) -> None:
        """Wait for a slot. Raises `OutOfTimeError` or `SystemBusyError`; no call may then be made."""
        self._pacer.wait_for_slot(1, self._latest)

    def was_throttled(self, pause_seconds: float | None) -> None:
        """The call got 429 and was asked to pause, or not. Raises `SystemBusyError` without a budget."""
        self._pacer.report_throttled(pause_seconds=pause_seconds)
