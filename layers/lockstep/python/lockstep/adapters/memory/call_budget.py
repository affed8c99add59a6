"""The call budget within one process."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING

from lockstep.domain import call_budget
from lockstep.domain.call_budget import BudgetPolicy, BudgetState

if TYPE_CHECKING:
    from collections.abc import Callable

    from lockstep.domain.call_budget import CallLane, Generation, Lease
    from lockstep.flows.ports import Clock


class MemoryCallSlots:
    """`CallSlots` for the threads of one process."""

    def __init__(self, policy: Callable[[], BudgetPolicy], clock: Clock) -> None:
        self._policy = policy
        self._clock = clock
        self._state = BudgetState()
        self._lock = Lock()

    def lease(self, lane: CallLane, generation: Generation, calls: int) -> Lease:
        """See `CallSlots`; this budget can always be reached."""
        with self._lock:
            self._state, leased = call_budget.lease(
                self._state, self._policy(), lane, generation, calls, self._clock.now()
            )
            return leased

    def throttled(self, *, pause_seconds: float | None = None) -> None:
        """See `CallSlots`."""
        with self._lock:
            self._state = call_budget.throttled(
                self._state, self._policy(), self._clock.now(), pause_seconds=pause_seconds
            )
