"""One exception of one order, as the people who work on it see it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from lockstep.domain.exception_codes import ExceptionCode, Owner, Severity
    from lockstep.domain.money import Money

EVENTS_KEPT = 12
"""Events of an exception's history that outlast the next reopening."""


class ExceptionState(StrEnum):
    """Where the work on an exception stands; an acknowledged one is still open."""

    OPEN = "OPEN"
    ACKNOWLEDGED = "ACKNOWLEDGED"
    RESOLVED = "RESOLVED"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExceptionEvent:
    """A change of state: what happened ("opened", "resolved", "reopened"), and by whom or what."""

    at: datetime
    what: str
    by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExceptionRecord:
    """One exception, identified by its code and order.

    `since` is when it was last opened, `last_seen` when a flow last ran into it, `count` how often flows did
    in all. `amount` is the money that waits for it, where the order's total is known.
    """

    code: ExceptionCode
    order_id: str
    reference: str
    state: ExceptionState
    owner: Owner
    severity: Severity
    since: datetime
    last_seen: datetime
    count: int
    message: str
    facts: Mapping[str, str]
    amount: Money | None
    history: tuple[ExceptionEvent, ...]
