"""One lane's share of the account's call budget, as a batch of work and its HTTP calls see it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from lockstep.adapters.http.pacing import Pacer

ANSWER_ALLOWANCE = timedelta(seconds=15)
"""A call must begin so long before the batch ends, so that its answer can still be noted."""


class BudgetPace:
    """`Pace` for the HTTP calls and the batch's announcement for the worker.

    `make_pacer` is called at the first call to the system, not before: it needs the merchant's settings, and a
    batch that calls nobody must not fail for want of them.
    """

    def __init__(self, make_pacer: Callable[[], Pacer]) -> None:
        self._make_pacer = make_pacer
        self._pacer: Pacer | None = None
        self._latest = datetime.max.replace(tzinfo=UTC)
        self._announced = 0
        self._lock = threading.Lock()

    def begin_batch(self, calls: int, ends_at: datetime) -> None:
        """A batch that will make about so many calls, and must have made them by then."""
        with self._lock:
            self._announced = calls
            self._latest = ends_at - ANSWER_ALLOWANCE
            if self._pacer is not None:
                self._pacer.announce(calls)

    def before_call(self) -> None:
        """Wait for the next slot. Raises `OutOfTimeError` when it comes too late, `SystemBusyError` without a budget."""
        self._the_pacer().wait_for_slot(1, self._latest)

    def was_throttled(self) -> None:
        """The account answered 429: everybody who shares the budget slows down."""
        self._the_pacer().report_throttled()

    def _the_pacer(self) -> Pacer:
        with self._lock:
            if self._pacer is None:
                self._pacer = self._make_pacer()
                self._pacer.announce(self._announced)
            return self._pacer
