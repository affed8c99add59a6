"""The clock of a double: real time until somebody moves or stops it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


class Clock:
    """Tells the time of a double. Runs with real time, may be moved forward or back, or frozen at an instant."""

    def __init__(self) -> None:
        self._offset = timedelta()
        self._frozen: datetime | None = None

    def now(self) -> datetime:
        """The present instant, aware, in UTC."""
        if self._frozen is not None:
            return self._frozen
        return datetime.now(UTC) + self._offset

    def advance(self, seconds: float) -> None:
        """Move by `seconds`; a running clock goes on running from there, a frozen one stays frozen."""
        if self._frozen is not None:
            self._frozen += timedelta(seconds=seconds)
        else:
            self._offset += timedelta(seconds=seconds)

    def freeze(self, instant: datetime) -> None:
        """Stop at `instant`, which must be aware."""
        if instant.tzinfo is None:
            raise ValueError(f"the clock needs an instant with a time zone, not {instant.isoformat()}")
        self._frozen = instant.astimezone(UTC)

    def run(self) -> None:
        """Go on with real time, forgetting every earlier move."""
        self._frozen = None
        self._offset = timedelta()
