"""What is derived from the orders' records, within one process."""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING

from lockstep.domain.order_summaries import LaneSummary, TimelineEntry
from lockstep.domain.order_views import DueHold

if TYPE_CHECKING:
    from datetime import datetime

    from lockstep.domain.flow_switches import Flow
    from lockstep.domain.order_state import HistoryEntry, HoldReason
    from lockstep.domain.order_views import ViewChange


@dataclass(slots=True)
class MemoryOrderViews:
    """`flows.ports.OrderViews` in dictionaries, and its readers; timelines do not expire."""

    _lock: Lock = field(default_factory=Lock)
    _changes: dict[tuple[str, Flow], ViewChange] = field(default_factory=dict)
    _timelines: dict[str, dict[tuple[datetime, Flow, int], HistoryEntry]] = field(default_factory=dict)

    def apply(self, change: ViewChange) -> None:
        """Bring the views to the change, unless they are there or beyond already."""
        with self._lock:
            known = self._changes.get((change.order_id, change.lane))
            if known is not None and known.revision >= change.revision:
                return
            self._changes[change.order_id, change.lane] = change
            timeline = self._timelines.setdefault(change.order_id, {})
            for entry in change.entries:
                timeline[entry.at, change.lane, entry.sequence] = entry

    def due_holds(
        self, lane: Flow, now: datetime, limit: int, reasons: frozenset[HoldReason] | None = None
    ) -> tuple[DueHold, ...]:
        """Up to `limit` held orders whose time has come, longest due first."""
        due = (held for held in self.holds(lane) if held.hold.wake_at <= now)
        return tuple(held for held in due if reasons is None or held.hold.reason in reasons)[:limit]

    def holds(self, lane: Flow) -> tuple[DueHold, ...]:
        """All held orders of a lane, the one that is due first at the head."""
        with self._lock:
            held = [
                DueHold(order_id=change.order_id, hold=change.hold)
                for change in self._changes.values()
                if change.lane is lane and change.hold is not None
            ]
        return tuple(sorted(held, key=lambda due: (due.hold.wake_at, due.order_id)))

    def summary(self, order_id: str) -> tuple[LaneSummary, ...]:
        """The order's summaries, one for each lane that has stored anything of it."""
        with self._lock:
            changes = [change for change in self._changes.values() if change.order_id == order_id]
        return tuple(
            LaneSummary(
                order_id=change.order_id,
                lane=change.lane,
                revision=change.revision,
                reference=change.reference,
                facts=dict(change.summary),
                hold=change.hold,
            )
            for change in sorted(changes, key=lambda change: change.lane)
        )

    def timeline(self, order_id: str) -> tuple[TimelineEntry, ...]:
        """All that happened to the order, oldest first."""
        with self._lock:
            timeline = dict(self._timelines.get(order_id, {}))
        return tuple(TimelineEntry(lane=lane, entry=timeline[at, lane, seq]) for at, lane, seq in sorted(timeline))
