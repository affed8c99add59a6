"""The exceptions people work on, within one process."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from threading import Lock
from typing import TYPE_CHECKING

from lockstep.domain.exception_codes import EXCEPTION_KINDS, ExceptionCode, Owner
from lockstep.domain.open_exceptions import EVENTS_KEPT, ExceptionEvent, ExceptionRecord, ExceptionState

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from lockstep.domain.money import Money


@dataclass(slots=True)
class MemoryOpenExceptions:
    """`flows.ports.OpenExceptions` in a dictionary, and its readers."""

    _lock: Lock = field(default_factory=Lock)
    _records: dict[tuple[str, ExceptionCode], ExceptionRecord] = field(default_factory=dict)

    def open(
        self,
        code: ExceptionCode,
        *,
        order_id: str,
        reference: str,
        at: datetime,
        message: str,
        facts: Mapping[str, str],
        amount: Money | None,
    ) -> None:
        """Open it or note that it still stands."""
        kind = EXCEPTION_KINDS[code]
        with self._lock:
            old = self._records.get((order_id, code))
            record = ExceptionRecord(
                code=code,
                order_id=order_id,
                reference=reference,
                state=ExceptionState.OPEN,
                owner=kind.owner,
                severity=kind.severity,
                since=at,
                last_seen=at,
                count=1,
                message=message,
                facts=dict(facts),
                amount=amount,
                history=(ExceptionEvent(at=at, what="opened"),),
            )
            if old is not None and old.state is ExceptionState.RESOLVED:
                history = (*old.history, ExceptionEvent(at=at, what="reopened"))[-EVENTS_KEPT:]
                record = replace(record, count=old.count + 1, history=history)
            elif old is not None:
                record = replace(record, state=old.state, since=old.since, count=old.count + 1, history=old.history)
            self._records[order_id, code] = record

    def resolve(self, code: ExceptionCode, *, order_id: str, at: datetime, by: str) -> None:
        """Close it, unless it is closed or was never open."""
        with self._lock:
            old = self._records.get((order_id, code))
            if old is None or old.state is ExceptionState.RESOLVED:
                return
            self._records[order_id, code] = replace(
                old,
                state=ExceptionState.RESOLVED,
                history=(*old.history, ExceptionEvent(at=at, what="resolved", by=by)),
            )

    def of_order(self, order_id: str) -> tuple[ExceptionRecord, ...]:
        """All exceptions that an order ever had, by code."""
        with self._lock:
            records = [record for (order, _), record in self._records.items() if order == order_id]
        return tuple(sorted(records, key=lambda record: record.code))

    def by_owner(self, owner: Owner, state: ExceptionState) -> tuple[ExceptionRecord, ...]:
        """A desk's exceptions in one state, oldest first."""
        with self._lock:
            records = [record for record in self._records.values() if (record.owner, record.state) == (owner, state)]
        return _oldest_first(records)

    def all_open(self) -> tuple[ExceptionRecord, ...]:
        """Every desk's exceptions that are not resolved, oldest first."""
        with self._lock:
            records = [record for record in self._records.values() if record.state is not ExceptionState.RESOLVED]
        return _oldest_first(records)


def _oldest_first(records: Iterable[ExceptionRecord]) -> tuple[ExceptionRecord, ...]:
    return tuple(sorted(records, key=lambda record: (record.since, record.order_id, record.code)))
