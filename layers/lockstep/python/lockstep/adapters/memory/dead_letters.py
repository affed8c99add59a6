"""Bodies that nobody can read, within one process."""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import Lock


@dataclass(frozen=True, slots=True, kw_only=True)
class BuriedMessage:
    """A body that was set aside; `group_id` is None where it came from a standard queue."""

    body: str
    group_id: str | None
    reason: str


@dataclass(slots=True)
class MemoryDeadLetters:
    """Keeps what was buried, in order; the same body of the same group, buried again, stays one message."""

    buried: list[BuriedMessage] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    def bury(self, body: str, group_id: str | None, reason: str) -> None:
        """Set the body aside."""
        message = BuriedMessage(body=body, group_id=group_id, reason=reason)
        with self._lock:
            same = (known for known in self.buried if (known.body, known.group_id) == (body, group_id))
            if group_id is None or next(same, None) is None:
                self.buried.append(message)
