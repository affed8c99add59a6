"""Whether a flow may run at all."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Flow(StrEnum):
    """The flows that can be paused, by their function's name."""

    PUSH_ORDERS = "push_orders"
    WRITE_BACK_ORDERS = "write_back_orders"


@dataclass(frozen=True, slots=True, kw_only=True)
class Circuit:
    """A flow's switch.

    `paused_by` names who paused it by hand. `open_until` is set while the other system is thought to be away:
    until then nothing is tried; after it, work is let through. `suspects` are the orders that gave up since
    the last success: one alone may be the order's own trouble, two are the system's.
    """

    paused_by: str | None = None
    reason: str = ""
    open_until: datetime | None = None
    suspects: frozenset[str] = frozenset()

    def stops(self, now: datetime) -> bool:
        """Whether work must be held instead of tried."""
        return self.paused_by is not None or (self.open_until is not None and now < self.open_until)

    @property
    def was_tripped(self) -> bool:
        """Whether the circuit was opened and no success has closed it since."""
        return self.open_until is not None

    @property
    def awaits_a_success(self) -> bool:
        """Whether a success is worth noting."""
        return self.was_tripped or bool(self.suspects)
