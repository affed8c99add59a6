"""Real time; nothing else in Lockstep asks the operating system for it."""

from __future__ import annotations

import time
from datetime import UTC, datetime


class SystemClock:
    """The port `Clock` over the machine's clock."""

    def now(self) -> datetime:
        """Now, in UTC."""
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        """Wait for real."""
        time.sleep(seconds)
