"""The end of the invocation, asked before every step that must not be cut in half."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from lockstep.domain.errors import OutOfTimeError
from lockstep.flows.ports import Clock


@dataclass(frozen=True, slots=True)
class Deadline:
    """When this invocation ends."""

    ends_at: datetime
    clock: Clock

    def remaining_seconds(self) -> float:
        """Seconds left; never negative."""
        return max(0.0, (self.ends_at - self.clock.now()).total_seconds())

    def require(self, seconds: float) -> None:
        """Raise `OutOfTimeError` unless this many seconds are left."""
        if self.remaining_seconds() < seconds:
            raise OutOfTimeError(f"less than {seconds:g} s left in this invocation; the step waits for the next")
