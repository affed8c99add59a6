"""The account's allowance of calls."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

_WINDOW_SECONDS = 1.0


class CallRate:
    """Takes so many calls in any second of real time, both generations together (DEP-LIMIT-01, DEP-LIMIT-04).

    Real time, not the double's clock: a scenario that leaps an hour has not earned an hour of calls.
    """

    def __init__(self, clock_seconds: Callable[[], float] = time.monotonic) -> None:
        self._clock_seconds = clock_seconds
        self._taken: deque[float] = deque()

    def takes(self, per_second: float) -> bool:
        """Whether one more call is taken now; a refused one is not counted (DEP-LIMIT-05). 0 takes all."""
        if per_second <= 0:
            return True
        now = self._clock_seconds()
        while self._taken and self._taken[0] <= now - _WINDOW_SECONDS:
            self._taken.popleft()
        if len(self._taken) >= per_second:
            return False
        self._taken.append(now)
        return True
