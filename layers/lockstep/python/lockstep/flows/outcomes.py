"""How a convergence ended, for logs and metrics; what became of the order is in its record."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Ending(StrEnum):
    """The ways a convergence can end with its messages done; each is one metric."""

    PROVEN = "proven"
    ACKNOWLEDGED = "acknowledged"
    HELD = "held"
    PARKED = "parked"
    UNCHANGED = "unchanged"
    CANCELLED = "cancelled"
    TOLD = "told"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One convergence's end. `notes` hold ids, codes and counts only."""

    ending: Ending
    order_id: str
    reference: str = ""
    notes: dict[str, str | int] = field(default_factory=dict)
