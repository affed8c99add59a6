"""The two lanes within one process: what was queued, in order."""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING

from lockstep.adapters.hint_message import decode, encode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockstep.domain.hints import Hint


@dataclass(slots=True)
class MemoryLanes:
    """`flows.ports.Lanes` in two lists of hints as they would be received; whoever handles one may remove it.

    A message id is taken once for good, where SQS forgets it after five minutes.
    """

    warehouse: list[Hint] = field(default_factory=list)
    storefront: list[Hint] = field(default_factory=list)
    _taken: set[tuple[str, str]] = field(default_factory=set)
    _lock: Lock = field(default_factory=Lock)

    def to_warehouse(self, hints: Sequence[Hint]) -> None:
        """Append the hints whose message id is new to the lane."""
        self._append("warehouse", self.warehouse, hints)

    def to_storefront(self, hints: Sequence[Hint]) -> None:
        """Append the hints whose message id is new to the lane."""
        self._append("storefront", self.storefront, hints)

    def _append(self, name: str, lane: list[Hint], hints: Sequence[Hint]) -> None:
        with self._lock:
            for hint in hints:
                if (name, hint.message_id) not in self._taken:
                    self._taken.add((name, hint.message_id))
                    lane.append(decode(encode(hint), receive_count=1))
