"""The flows' switches within one process."""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING

from lockstep.domain.flow_switches import Circuit

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from lockstep.domain.flow_switches import Flow


@dataclass(slots=True)
class MemoryFlowSwitches:
    """`flows.ports.FlowSwitches` in dictionaries, and the hand on the switch."""

    _lock: Lock = field(default_factory=Lock)
    _pauses: dict[Flow, tuple[str, str]] = field(default_factory=dict)
    _trips: dict[Flow, tuple[datetime, str]] = field(default_factory=dict)
    _suspects: dict[Flow, frozenset[str]] = field(default_factory=dict)

    def circuit(self, flow: Flow) -> Circuit:
        """The switch as it stands; a flow without one runs."""
        with self._lock:
            open_until, trip_reason = self._trips.get(flow, (None, ""))
            paused_by, pause_reason = self._pauses.get(flow, (None, ""))
            suspects = self._suspects.get(flow, frozenset())
        reason = trip_reason if paused_by is None else pause_reason
        return Circuit(paused_by=paused_by, reason=reason, open_until=open_until, suspects=suspects)

    def suspect(self, flow: Flow, order_ids: Iterable[str]) -> None:
        """Note orders that gave up."""
        with self._lock:
            self._suspects[flow] = self._suspects.get(flow, frozenset()) | frozenset(order_ids)

    def trip(self, flow: Flow, *, reason: str, at: datetime, retry_at: datetime) -> None:
        """Open the circuit; a pause by hand stands beside it, and the suspects stay noted."""
        with self._lock:
            self._trips[flow] = (retry_at, reason)

    def close(self, flow: Flow) -> None:
        """Close the circuit and forget the suspects; a pause by hand stays."""
        with self._lock:
            self._trips.pop(flow, None)
            self._suspects.pop(flow, None)

    def pause(self, flow: Flow, *, by: str, reason: str) -> None:
        """Stop the flow by hand: its orders are held until `resume`."""
        with self._lock:
            self._pauses[flow] = (by, reason)

    def resume(self, flow: Flow) -> None:
        """Let the flow run again; a circuit that is open stays open until its time."""
        with self._lock:
            self._pauses.pop(flow, None)
