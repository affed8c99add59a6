"""A clock that only moves when somebody sleeps, or when a test says so."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from threading import Lock

MONDAY_MORNING = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


class FakeClock:
    """`Clock` for tests: `sleep` returns at once and leaves the time later by that much."""

    def __init__(self, now: datetime = MONDAY_MORNING) -> None:
        self._now = now
        self._lock = Lock()

    def now(self) -> datetime:
        with self._lock:
            return self._now

    def sleep(self, seconds: float) -> None:
        self.advance(seconds)

    def advance(self, seconds: float) -> None:
        with self._lock:
            self._now += timedelta(seconds=seconds)

    def move_to(self, moment: datetime) -> None:
        """Go to this moment; the past is left alone."""
        with self._lock:
            self._now = max(self._now, moment)
