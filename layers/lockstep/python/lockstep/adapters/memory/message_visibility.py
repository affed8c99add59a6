"""The wait of received messages, within one process: what was asked for, in order."""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(slots=True)
class MemoryMessageVisibility:
    """Records the waits: queue, receipt handle, seconds."""

    waits: list[tuple[str, str, int]] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    def set_wait(self, queue_url: str, receipt_handles: Sequence[str], seconds: int) -> None:
        """Note the wait of each message."""
        with self._lock:
            self.waits.extend((queue_url, handle, seconds) for handle in receipt_handles)
