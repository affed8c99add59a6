"""One order's record while it has its turn: what happens to it is noted here, stored, and told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from lockstep.domain.exception_codes import ExceptionCode
from lockstep.domain.hints import Cause, Hint
from lockstep.domain.order_state import UNFINISHED, Hold, HoldReason, StorefrontRecord, WarehouseRecord
from lockstep.domain.orders import ShopOrder
from lockstep.flows.outcomes import Ending, Outcome
from lockstep.flows.ports import Clock, Lanes, OpenExceptions, OrderStates

LONGEST_WAIT = timedelta(hours=6)
"""An order that has waited for a system for so long is shown to a person."""


@dataclass(slots=True, kw_only=True)
class OrderBook:
    """The warehouse's record of one order, with everything that follows from changing it.

    `record` is always the newest, stored or about to be; `storefront` is the other side's, as it was read.
    `has_news` notes that the next stored record holds something the shop should be told.
    """

    states: OrderStates
    exceptions: OpenExceptions
    lanes: Lanes
    clock: Clock
    record: WarehouseRecord
    storefront: StorefrontRecord | None
    has_news: bool = False

    def see(self, order: ShopOrder) -> None:
        """What this copy of the order says is what the record knows of it now."""
        self.record = replace(
            self.record,
            order_number=order.order_number,
            store_key=order.store_key,
            placed_at=order.placed_at,
            total=order.total,
            seen_version=max(self.record.seen_version, order.version),
            view=order.view,
        )

    def hold_for_a_system(self, reason: HoldReason, detail: str, wake_at: datetime) -> Outcome:
        """Hold while a system is away or a flow paused; hours of waiting for a system are shown to a person."""
        now = self.clock.now()
        waited = now - self.waiting_since(reason, now)
        if reason is HoldReason.SYSTEM_DOWN and waited > LONGEST_WAIT:
            hours = int(waited.total_seconds() // 3600)
            self.open_exception(
                ExceptionCode.WAITS_TOO_LONG, f"tried for {hours} hours without success", {"last_failure": detail}
            )
        return self.hold(reason, detail, wake_at)

    def hold(
        self, reason: HoldReason, detail: str, wake_at: datetime, *, payment_aliases: Sequence[str] = ()
    ) -> Outcome:
        """Hold, store, and tell what is owed. Raises `TransientError`."""
        now = self.clock.now()
        if self.record.hold is None or self.record.hold.reason is not reason:
            self.record = self.record.noting(now, f"held: {reason.value}", detail)
        hold = Hold(reason=reason, since=self.waiting_since(reason, now), wake_at=wake_at, detail=detail)
        self.record = replace(self.record, hold=hold)
        self.save(payment_aliases=payment_aliases)
        self.tell_what_is_owed()
        return self.outcome(Ending.HELD, reason=reason.value)

    def waiting_since(self, reason: HoldReason, now: datetime) -> datetime:
        """A wait that goes on keeps its age; waits for a system are one wait, however often it is tried."""
        standing = self.record.hold
        if standing is None:
            return now
        tried = UNFINISHED - {HoldReason.PAUSED}
        is_the_same = standing.reason is reason or {standing.reason, reason} <= tried
        return standing.since if is_the_same else now

    def park(self, code: ExceptionCode, message: str, facts: dict[str, str]) -> Outcome:
        """Open the exception, then note it: a crash between the two opens it again, never hides it."""
        if self.open_exception(code, message, facts):
            self.record = self.record.noting(self.clock.now(), f"exception {code.value}", message)
        self.record = replace(self.record, hold=None)
        self.save()
        self.tell_what_is_owed()
        return self.outcome(Ending.PARKED, code=code.value)

    def open_exception(self, code: ExceptionCode, message: str, facts: dict[str, str]) -> bool:
        """Open it, or note that it still stands; whether the record did not have it before."""
        self.exceptions.open(
            code,
            order_id=self.record.order_id,
            reference=self.record.reference,
            at=self.clock.now(),
            message=f"Order {self.record.reference}: {message}.",
            facts=facts,
            amount=self.record.total,
        )
        if code in self.record.open_codes:
            return False
        self.record = replace(self.record, open_codes=(*self.record.open_codes, code))
        self.has_news = True
        return True

    def resolve_exceptions(self, at: datetime, codes: Sequence[ExceptionCode], *, by: str) -> None:
        """Close these exceptions, naming what resolved them."""
        for code in codes:
            self.exceptions.resolve(code, order_id=self.record.order_id, at=at, by=by)
            self.has_news = True
        remaining = tuple(code for code in self.record.open_codes if code not in codes)
        self.record = replace(self.record, open_codes=remaining)

    def owes_the_shop(self) -> bool:
        """Whether the shop's side has not yet dealt with the newest news."""
        told_revision = 0 if self.storefront is None else self.storefront.told_revision
        return self.record.news_revision > told_revision

    def tell_what_is_owed(self) -> None:
        """Hint the other lane; the id follows the news, so the same news told twice is one message.

        Asked for at the end of every turn, because a crash may have swallowed the hint of an earlier one.
        """
        if not self.owes_the_shop():
            return
        self.lanes.to_storefront(
            [
                Hint(
                    cause=Cause.WAREHOUSE_CHANGED,
                    order_id=self.record.order_id,
                    message_id=f"{self.record.order_id}-warehouse-{self.record.news_revision}",
                )
            ]
        )

    def save(self, *, payment_aliases: Sequence[str] = ()) -> None:
        """Store the record as it is."""
        self.store(self.record, number_alias=None, payment_aliases=payment_aliases)

    def store(self, record: WarehouseRecord, *, number_alias: str | None, payment_aliases: Sequence[str]) -> None:
        """Store this record, with aliases claimed in the same transaction. Raises as `OrderStates` does."""
        marked = record.with_news() if self.has_news else record
        self.record = self.states.save_warehouse(marked, number_alias=number_alias, payment_aliases=payment_aliases)
        self.has_news = False

    def unchanged(self) -> Outcome:
        """The ending of a turn that changed nothing."""
        return self.outcome(Ending.UNCHANGED)

    def outcome(self, ending: Ending, **notes: str) -> Outcome:
        """How the turn ended."""
        return Outcome(ending=ending, order_id=self.record.order_id, reference=self.record.reference, notes=dict(notes))
