"""Brings one order in the shop to what the warehouse's side knows: number, state, fields.

The version in the record is sent without reading first. On a conflict the order is read, the difference is
computed anew and written; the same actions are never sent again blindly.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from lockstep.domain.errors import ConcurrentChangeError, PermanentError, TransientError
from lockstep.domain.exception_codes import ExceptionCode
from lockstep.domain.hints import Hint
from lockstep.domain.order_state import Hold, HoldReason, StorefrontRecord, WarehouseRecord
from lockstep.domain.orders import ShopView
from lockstep.domain.storefront_facts import ShopChange, changes_due, in_words
from lockstep.flows.deadline import Deadline
from lockstep.flows.outcomes import Ending, Outcome
from lockstep.flows.ports import Clock, OpenExceptions, OrderStates, SettingsSource, ShopOrders

CONFLICT_ROUNDS = 4
"""Writes tried against a moving version before the message waits for its next delivery."""

READ_SECONDS = 20.0
"""Time a read may take, a new token included: not begun when less is left."""

WRITE_SECONDS = 25.0
"""Time a write and the note of its outcome may take: not begun when less is left."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteBackOrders:
    """The flow; one `converge` call per order."""

    states: OrderStates
    shop: ShopOrders
    exceptions: OpenExceptions
    settings: SettingsSource
    clock: Clock

    def converge(self, order_id: str, hints: Sequence[Hint], deadline: Deadline) -> Outcome:
        """Write what is due, in one update. Raises `TransientError` and `ConfigurationError`."""
        turn = self._begin(order_id, deadline)
        if turn is None:
            return Outcome(ending=Ending.UNCHANGED, order_id=order_id)
        try:
            return turn.run(look_first=any(hint.receive_count > 1 for hint in hints))
        except PermanentError as error:
            return turn.park(error.code, str(error), error.facts)

    def hold(self, order_id: str, hints: Sequence[Hint], reason: HoldReason, detail: str, wake_at: datetime) -> Outcome:
        """Keep the order as waiting for the shop or a switch; the sweep hints it again."""
        turn = self._begin(order_id, Deadline(wake_at, self.clock))
        if turn is None:
            return Outcome(ending=Ending.UNCHANGED, order_id=order_id)
        return turn.hold(reason, detail, wake_at)

    def park(self, order_id: str, detail: str) -> Outcome:
        """Set the order aside as a defect of ours, after several tries failed in an unknown way."""
        turn = self._begin(order_id, Deadline(self.clock.now(), self.clock))
        if turn is None:
            return Outcome(ending=Ending.UNCHANGED, order_id=order_id)
        return turn.park(ExceptionCode.UNEXPECTED_ERROR, detail, {})

    def _begin(self, order_id: str, deadline: Deadline) -> _Turn | None:
        """The order's turn, or None while the warehouse's side has nothing to tell."""
        records = self.states.load(order_id)
        if records.warehouse is None:
            return None
        record = records.storefront or StorefrontRecord(order_id=order_id)
        return _Turn(flow=self, warehouse=records.warehouse, record=record, deadline=deadline)


@dataclass(slots=True, kw_only=True)
class _Turn:
    """One order's turn: `record` is always the newest, stored or about to be."""

    flow: WriteBackOrders
    warehouse: WarehouseRecord
    record: StorefrontRecord
    deadline: Deadline

    def run(self, *, look_first: bool) -> Outcome:
        view = self._known_view()
        if view is None or look_first:
            view = self._read()
        for round_number in range(CONFLICT_ROUNDS):
            due = self._due(view)
            if not due:
                return self._settle(view)
            self.deadline.require(WRITE_SECONDS)
            try:
                written = self.flow.shop.write(self.record.order_id, view.version, due)
            except ConcurrentChangeError:
                self.record = replace(self.record, conflicts=self.record.conflicts + 1)
                self.flow.clock.sleep(0.05 * 2**round_number)
                view = self._read()
                continue
            return self._note_written(written, due)
        raise TransientError(f"the order kept changing in commercetools through {CONFLICT_ROUNDS} tries")

    def _known_view(self) -> ShopView | None:
        """The newest view either side has: push read it, or our last write returned it."""
        views = [view for view in (self.warehouse.view, self.record.view) if view is not None]
        return max(views, key=lambda view: view.version, default=None)

    def _read(self) -> ShopView:
        self.deadline.require(READ_SECONDS)
        order = self.flow.shop.fetch(self.record.order_id)
        if order is None:
            raise PermanentError(ExceptionCode.ORDER_NOT_IN_SHOP, "commercetools does not return it")
        return order.view

    def _due(self, view: ShopView) -> tuple[ShopChange, ...]:
        our_type_id = self.flow.shop.our_type_id() if view.custom_type_id is not None else None
        policy = self.flow.settings.current().storefront
        return changes_due(self.warehouse, view, policy, our_type_id=our_type_id)

    def _note_written(self, written: ShopView, due: tuple[ShopChange, ...]) -> Outcome:
        now = self.flow.clock.now()
        told = "; ".join(in_words(change) for change in due)
        self.record = self.record.having_written(written).noting(now, "told the shop", told)
        return self._settle(written, has_written=True)

    def _settle(self, view: ShopView, *, has_written: bool = False) -> Outcome:
        """Nothing is due any more; stored only where that is news."""
        now = self.flow.clock.now()
        is_proven = self.warehouse.proven_at is not None
        holds_our_number = view.warehouse_number == self.warehouse.warehouse_number
        newly_acknowledged = self.record.acknowledged_at is None and is_proven and holds_our_number
        was_owed = self.record.told_revision < self.warehouse.news_revision
        is_news = has_written or newly_acknowledged or was_owed or self.record.hold or self.record.open_codes
        if not is_news:
            return self._outcome(Ending.UNCHANGED)
        self._resolve_exceptions(now)
        self.record = replace(self.record, view=view, hold=None, told_revision=self.warehouse.news_revision)
        if newly_acknowledged:
            self.record = replace(self.record, acknowledged_at=now).noting(now, "acknowledged in the shop")
        self._save()
        if newly_acknowledged:
            return self._outcome(Ending.ACKNOWLEDGED)
        return self._outcome(Ending.TOLD if has_written else Ending.UNCHANGED)

    def hold(self, reason: HoldReason, detail: str, wake_at: datetime) -> Outcome:
        now = self.flow.clock.now()
        standing = self.record.hold
        since = standing.since if standing is not None else now
        if standing is None:
            self.record = self.record.noting(now, f"held: {reason.value}", detail)
        self.record = replace(self.record, hold=Hold(reason=reason, since=since, wake_at=wake_at, detail=detail))
        self._save()
        return self._outcome(Ending.HELD, reason=reason.value)

    def park(self, code: ExceptionCode, message: str, facts: dict[str, str]) -> Outcome:
        """Open the exception, then note it: a crash between the two opens it again, never hides it."""
        now = self.flow.clock.now()
        reference = self.warehouse.reference
        self.flow.exceptions.open(
            code,
            order_id=self.record.order_id,
            reference=reference,
            at=now,
            message=f"Order {reference}: {message}.",
            facts=facts,
            amount=self.warehouse.total,
        )
        if code not in self.record.open_codes:
            self.record = replace(self.record, open_codes=(*self.record.open_codes, code))
            self.record = self.record.noting(now, f"exception {code.value}", message)
        self.record = replace(self.record, hold=None)
        self._save()
        return self._outcome(Ending.PARKED, code=code.value)

    def _resolve_exceptions(self, at: datetime) -> None:
        for code in self.record.open_codes:
            self.flow.exceptions.resolve(code, order_id=self.record.order_id, at=at, by="told to the shop")
        self.record = replace(self.record, open_codes=())

    def _save(self) -> None:
        self.record = self.flow.states.save_storefront(self.record)

    def _outcome(self, ending: Ending, **notes: str) -> Outcome:
        return Outcome(
            ending=ending,
            order_id=self.record.order_id,
            reference=self.warehouse.reference,
            notes=dict(notes),
        )
