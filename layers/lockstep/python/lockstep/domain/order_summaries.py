"""What the views hold of one order, as a reader gets it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lockstep.domain.flow_switches import Flow
    from lockstep.domain.order_state import HistoryEntry, Hold


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneSummary:
    """One lane's side of an order at one revision of its record; `facts` are those of `ViewChange.summary`."""

    order_id: str
    lane: Flow
    revision: int
    reference: str
    facts: Mapping[str, str]
    hold: Hold | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineEntry:
    """One thing that happened to an order, and on whose lane."""

    lane: Flow
    entry: HistoryEntry
