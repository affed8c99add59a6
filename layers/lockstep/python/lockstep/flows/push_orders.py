"""Brings one order into the warehouse, whatever happened before and whatever happens meanwhile.

The steps of one convergence: choose the newest copy of the order, weigh it (cancelled? paid? every SKU an
item?), note the intent, write, prove. Each step leaves the record so that a crash after it is repaired by
the next delivery of the same message.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from lockstep.domain import release_gate, warehouse_orders
from lockstep.domain.errors import PermanentError
from lockstep.domain.exception_codes import ExceptionCode
from lockstep.domain.hints import Cause, Hint
from lockstep.domain.merchant_settings import MerchantSettings, StorePolicy
from lockstep.domain.order_state import Hold, HoldReason, WarehouseRecord
from lockstep.domain.orders import OrderStatus, ShopOrder
from lockstep.domain.release_gate import GateVerdict
from lockstep.domain.warehouse_orders import WarehouseCopy, WarehouseOrder
from lockstep.flows.deadline import Deadline
from lockstep.flows.order_book import OrderBook
from lockstep.flows.outcomes import Ending, Outcome
from lockstep.flows.ports import (
    Clock,
    Lanes,
    OpenExceptions,
    OrderStates,
    SettingsSource,
    ShopOrders,
    SkuMap,
    WarehouseOrders,
)

READ_SECONDS = 20.0
"""Time a remote read may take, a new token included: not begun when less is left."""

WRITE_SECONDS = 25.0
"""Time a remote write and the note of its outcome may take: not begun when less is left."""

SENDING_SECONDS = 600
"""A try that has not ended by then died with its process; the sweep takes it up."""

ORDER_DELETED = "OrderDeleted"


@dataclass(frozen=True, slots=True, kw_only=True)
class PushOrders:
    """The flow; one `converge` call per order."""

    states: OrderStates
    shop: ShopOrders
    warehouse: WarehouseOrders
    sku_map: SkuMap
    exceptions: OpenExceptions
    lanes: Lanes
    settings: SettingsSource
    clock: Clock

    def converge(self, order_id: str, hints: Sequence[Hint], deadline: Deadline) -> Outcome:
        """Do whatever is due for the order; all the hints are answered by the state that it then has.

        Raises `TransientError` (the hints must come again) and `ConfigurationError`. What only a person
        can mend becomes an exception and ends as PARKED.
        """
        convergence = self._begin(order_id, deadline)
        try:
            return convergence.run(hints)
        except PermanentError as error:
            return convergence.book.park(error.code, str(error), error.facts)

    def hold(self, order_id: str, hints: Sequence[Hint], reason: HoldReason, detail: str, wake_at: datetime) -> Outcome:
        """Keep the order as waiting for a system or a switch, so that its messages can be let go.

        The sweep hints it again; the order is read then, since the messages' copies are gone.
        """
        convergence = self._begin(order_id, Deadline(wake_at, self.clock))
        if not convergence.has_work(hints):
            return convergence.book.unchanged()
        return convergence.book.hold_for_a_system(reason, detail, wake_at)

    def park(self, order_id: str, detail: str) -> Outcome:
        """Set the order aside as a defect of ours, after several tries failed in an unknown way."""
        convergence = self._begin(order_id, Deadline(self.clock.now(), self.clock))
        return convergence.book.park(ExceptionCode.UNEXPECTED_ERROR, detail, {})

    def _begin(self, order_id: str, deadline: Deadline) -> _Convergence:
        records = self.states.load(order_id)
        book = OrderBook(
            states=self.states,
            exceptions=self.exceptions,
            lanes=self.lanes,
            clock=self.clock,
            record=records.warehouse or WarehouseRecord(order_id=order_id),
            storefront=records.storefront,
        )
        return _Convergence(flow=self, book=book, deadline=deadline)


@dataclass(slots=True, kw_only=True)
class _Convergence:
    """One order's turn: what is due, decided and done. What becomes of it is noted in the `book`."""

    flow: PushOrders
    book: OrderBook
    deadline: Deadline

    def run(self, hints: Sequence[Hint]) -> Outcome:
        news = [hint for hint in hints if self._is_news(hint)]
        if not news:
            self.book.tell_what_is_owed()
            return self.book.unchanged()
        if any(hint.message_type == ORDER_DELETED for hint in news):
            return self._delete(news)
        order = self._newest_copy(news)
        return self._cancel() if order is None else self._weigh(order)

    def has_work(self, hints: Sequence[Hint]) -> bool:
        """Whether anything would be done for these hints, were it possible now."""
        return any(self._is_news(hint) for hint in hints) or self.book.owes_the_shop()

    # Which copy of the order

    def _is_news(self, hint: Hint) -> bool:
        """Whether the hint can speak of something that has not been weighed.

        A message that comes again after a failed try always is: the try may have died anywhere.
        """
        if hint.message_type == ORDER_DELETED:
            is_known = self.book.record.cancelled_at is not None
            return not is_known and ExceptionCode.CANCELLED_AFTER_SENDING not in self.book.record.open_codes
        if hint.cause is not Cause.ORDER_MESSAGE or hint.shop_version is None:
            return True
        if self.book.storefront is not None and hint.shop_version in self.book.storefront.own_versions:
            return False
        is_newer = hint.shop_version > self.book.record.seen_version
        return is_newer or self.book.record.is_unfinished or hint.receive_count > 1

    def _newest_copy(self, hints: Sequence[Hint]) -> ShopOrder | None:
        """The newest copy that came along, or the order as it is now when a hint knows of something newer.

        None for an order that is gone. What was cancelled is not revived by an old copy.
        """
        if self.book.record.cancelled_at is not None:
            return self._fetch_unless_gone()
        copies = [self.flow.shop.read_document(hint.document) for hint in hints if hint.document is not None]
        carried = max(copies, key=lambda order: order.version, default=None)
        if carried is None or carried.version < self.book.record.seen_version:
            return self._fetch_unless_gone()
        for hint in hints:
            if hint.cause is not Cause.ORDER_MESSAGE:
                return self._fetch_unless_gone()
            if hint.shop_version is None or hint.shop_version > carried.version:
                return self._fetch_unless_gone()
        return carried

    def _fetch(self) -> ShopOrder:
        self.deadline.require(READ_SECONDS)
        order = self.flow.shop.fetch(self.book.record.order_id)
        if order is None:
            raise PermanentError(ExceptionCode.ORDER_NOT_IN_SHOP, "commercetools does not return it")
        return order

    def _fetch_unless_gone(self) -> ShopOrder | None:
        """The order as it is now; None for one that was seen before and has been deleted since."""
        self.deadline.require(READ_SECONDS)
        order = self.flow.shop.fetch(self.book.record.order_id)
        if order is None and self.book.record.seen_version == 0:
            raise PermanentError(ExceptionCode.ORDER_NOT_IN_SHOP, "commercetools does not return it")
        return order

    # What is due

    def _weigh(self, order: ShopOrder, *, orphans_were_looked_for: bool = False) -> Outcome:
        self.book.see(order)
        if order.status is OrderStatus.CANCELLED:
            return self._cancel()
        self.book.record = replace(self.book.record, cancelled_at=None)
        if self.book.record.proven_at is not None:
            return self._after_sending(order)
        settings = self.flow.settings.current()
        policy = self._policy(order, settings)
        verdict = release_gate.decide(order, policy.gate)
        if verdict is GateVerdict.MUST_READ_PAYMENTS:
            order = self._fetch()
            self.book.see(order)
            if order.status is OrderStatus.CANCELLED:
                return self._cancel()
            verdict = release_gate.decide(order, policy.gate)
        if verdict is not GateVerdict.RELEASED:
            self._refuse_to_hold_what_may_ship("its payment is not secured any more")
            return self._hold_for_payment(order, settings, orphans_were_looked_for=orphans_were_looked_for)
        return self._send(order, settings, policy)

    def _policy(self, order: ShopOrder, settings: MerchantSettings) -> StorePolicy:
        """The store's policy. A business unit that was begun with is kept, or the order might be sent to two."""
        policy = settings.store(order.store_key)
        if policy is None:
            raise PermanentError(
                ExceptionCode.STORE_UNKNOWN,
                f"its store {order.store_key!r} is not in the settings",
                facts={"store": order.store_key or ""},
            )
        if self.book.record.sending_since is not None and self.book.record.business_unit is not None:
            return replace(policy, business_unit=self.book.record.business_unit)
        return policy

    def _delete(self, hints: Sequence[Hint]) -> Outcome:
        """Deleted in the shop. The version is noted, so that a late message about the living order is old."""
        for hint in hints:
            if hint.document is not None and self.book.record.seen_version == 0:
                self.book.see(self.flow.shop.read_document(hint.document))
        newest = max((hint.shop_version or 0 for hint in hints), default=0)
        self.book.record = replace(self.book.record, seen_version=max(self.book.record.seen_version, newest))
        return self._cancel()

    def _cancel(self) -> Outcome:
        """Cancelled or deleted in the shop; either may be told more than once."""
        if (
            self.book.record.cancelled_at is not None
            or ExceptionCode.CANCELLED_AFTER_SENDING in self.book.record.open_codes
        ):
            return self._settled()
        if self._may_be_in_the_warehouse():
            raise PermanentError(
                ExceptionCode.CANCELLED_AFTER_SENDING,
                "it was cancelled in commercetools after it had been sent to the warehouse",
                facts={"warehouse_number": self.book.record.warehouse_number or ""},
            )
        now = self.flow.clock.now()
        self.book.resolve_exceptions(now, self.book.record.open_codes, by="cancelled in the shop before it was sent")
        self.book.record = replace(self.book.record, cancelled_at=now, sending_since=None, hold=None)
        self.book.record = self.book.record.noting(now, "cancelled before sending")
        self.book.save()
        self.book.tell_what_is_owed()
        return self.book.outcome(Ending.CANCELLED)

    def _may_be_in_the_warehouse(self) -> bool:
        """Whether the warehouse has the order; looked for where a try began and was never proven."""
        if self.book.record.sending_since is None or self.book.record.proven_at is not None:
            return self.book.record.proven_at is not None
        self.deadline.require(READ_SECONDS)
        copies = self.flow.warehouse.find(self.book.record.business_unit or "", self.book.record.warehouse_number or "")
        return any(copy.is_live for copy in copies)

    def _refuse_to_hold_what_may_ship(self, why: str) -> None:
        """An order whose first try left a live copy is a person's: holding it here would not stop the parcel."""
        if self._may_be_in_the_warehouse():
            raise PermanentError(
                ExceptionCode.CHANGED_AFTER_SENDING,
                f"the warehouse has it already, and {why}",
                facts={"warehouse_number": self.book.record.warehouse_number or ""},
            )

    def _after_sending(self, order: ShopOrder) -> Outcome:
        """A proven order that the shop speaks of again.

        Equal content costs nothing and closes what was raised about other content; each further content is
        raised once.
        """
        content = order.content_hash()
        is_as_sent = content == self.book.record.content_hash
        standing = {ExceptionCode.CHANGED_AFTER_SENDING} if not is_as_sent else set[ExceptionCode]()
        closing = [code for code in self.book.record.open_codes if code not in standing]
        self.book.resolve_exceptions(self.flow.clock.now(), closing, by="the order is alive and was weighed again")
        if is_as_sent:
            self.book.record = replace(self.book.record, raised_hash=None)
            return self._settled()
        if content == self.book.record.raised_hash:
            return self._settled()
        self.book.record = replace(self.book.record, raised_hash=content)
        raise PermanentError(
            ExceptionCode.CHANGED_AFTER_SENDING,
            "it was changed in commercetools after the warehouse had received it",
            facts={"warehouse_number": self.book.record.warehouse_number or "", "shop_version": str(order.version)},
        )

    def _settled(self) -> Outcome:
        """Nothing is due; what was seen is noted, so that the next duplicate costs no reading."""
        self.book.record = replace(self.book.record, hold=None)
        self.book.save()
        self.book.tell_what_is_owed()
        return self.book.unchanged()

    # Holding

    def _hold_for_payment(
        self, order: ShopOrder, settings: MerchantSettings, *, orphans_were_looked_for: bool
    ) -> Outcome:
        """Hold, then look whether a payment spoke before its order was known.

        The alias is written first and the orphan looked for after it, the receiving flow does it the other
        way round: whoever comes second sees the other.
        """
        secured = release_gate.secured_minor(order.payments or (), order.total.currency)
        detail = f"{secured} of {order.total.amount_minor} minor units of {order.total.currency} secured"
        self.book.record = replace(self.book.record, payment_ids=order.payment_ids)
        wake_at = self.flow.clock.now() + timedelta(seconds=settings.holds.payment_recheck_seconds)
        outcome = self.book.hold(HoldReason.PAYMENT, detail, wake_at, payment_aliases=order.payment_ids)
        if orphans_were_looked_for or not self.flow.states.orphan_payments(order.payment_ids):
            return outcome
        return self._weigh(self._fetch(), orphans_were_looked_for=True)

    def _hold_for_skus(self, missing: tuple[str, ...], settings: MerchantSettings, policy: StorePolicy) -> Outcome:
        self._refuse_to_hold_what_may_ship("one of its SKUs has no item any more")
        named = ", ".join(missing[:10])
        now = self.flow.clock.now()
        self.flow.sku_map.wait_for(policy.business_unit, missing, self.book.record.order_id, now)
        facts = {"skus": named, "unit": policy.business_unit}
        self.book.open_exception(ExceptionCode.SKU_UNMAPPED, f"no Deposco item for {named}", facts)
        return self.book.hold(HoldReason.SKU, named, now + timedelta(seconds=settings.holds.sku_recheck_seconds))

    # Sending

    def _send(self, order: ShopOrder, settings: MerchantSettings, policy: StorePolicy) -> Outcome:
        skus = {line.sku for line in order.lines if line.sku is not None}
        items = self.flow.sku_map.resolve(policy.business_unit, skus)
        missing = warehouse_orders.unmapped_skus(order, items)
        if missing:
            return self._hold_for_skus(missing, settings, policy)
        if ExceptionCode.SKU_UNMAPPED in self.book.record.open_codes:
            self.book.resolve_exceptions(self.flow.clock.now(), [ExceptionCode.SKU_UNMAPPED], by="the SKU was mapped")
        wanted = warehouse_orders.compose(
            order,
            number=self.book.record.warehouse_number or warehouse_orders.warehouse_number(order, policy),
            items=items,
            policy=policy,
            line_numbers={line.shop_line_id: line.line_number for line in self.book.record.lines},
        )
        self.flow.warehouse.require_expressible(wanted)
        content = order.content_hash()
        copy = self._copy_of_an_earlier_try(wanted, content)
        if copy is None:
            self.deadline.require(WRITE_SECONDS)
            self._note_intent(wanted, content, order.payment_ids)
            copy = self.flow.warehouse.place(wanted)
        wrong = warehouse_orders.differences(wanted, copy)
        if wrong:
            raise PermanentError(
                ExceptionCode.WAREHOUSE_COPY_DIFFERS,
                f"Deposco's copy is not what was sent: {wrong[0]}",
                facts={"differences": "; ".join(wrong)[:1000], "warehouse_number": wanted.number},
            )
        return self._note_proof(wanted, content, copy)

    def _copy_of_an_earlier_try(self, wanted: WarehouseOrder, content: str) -> WarehouseCopy | None:
        """What an earlier try left in the warehouse: looked for whenever one may have left something.

        It stands for the order only if it was sent with the content that the order has now.
        """
        if self.book.record.sending_since is None:
            return None
        self.deadline.require(READ_SECONDS)
        copies = self.flow.warehouse.find(wanted.business_unit, wanted.number)
        live = [copy for copy in copies if copy.is_live]
        facts = {"warehouse_number": wanted.number, "copies": str(len(copies))}
        if len(live) > 1:
            raise PermanentError(
                ExceptionCode.WAREHOUSE_COPY_DOUBLED,
                f"Deposco holds {len(live)} live orders {wanted.number}",
                facts=facts,
            )
        if copies and not live:
            raise PermanentError(
                ExceptionCode.WAREHOUSE_COPY_CANCELLED, f"Deposco holds {wanted.number} as cancelled", facts=facts
            )
        is_as_sent = self.book.record.content_hash == content
        if live and is_as_sent and not warehouse_orders.differences(wanted, live[0]):
            return live[0]
        return None

    def _note_intent(self, wanted: WarehouseOrder, content: str, payment_ids: tuple[str, ...]) -> None:
        """The record takes the number only together with the claim: a number that is taken leaves no trace.

        The hold is for the sweep, should this process die before it can say how the write ended.
        """
        now = self.flow.clock.now()
        is_first = self.book.record.sending_since is None
        what = "sending to the warehouse" if is_first else "sending again"
        # While an earlier try with other content is in doubt, no copy can be told to be of this content.
        is_certain = is_first or self.book.record.content_hash == content
        intended = replace(
            self.book.record,
            warehouse_number=wanted.number,
            business_unit=wanted.business_unit,
            lines=wanted.as_sent(),
            payment_ids=payment_ids,
            sending_since=self.book.record.sending_since or now,
            content_hash=content if is_certain else None,
            hold=Hold(
                reason=HoldReason.SENDING,
                since=self.book.waiting_since(HoldReason.SENDING, now),
                wake_at=now + timedelta(seconds=SENDING_SECONDS),
            ),
        ).noting(now, what, wanted.number)
        self.book.store(intended, number_alias=f"{wanted.business_unit}/{wanted.number}", payment_aliases=payment_ids)

    def _note_proof(self, wanted: WarehouseOrder, content: str, copy: WarehouseCopy) -> Outcome:
        now = self.flow.clock.now()
        self.book.resolve_exceptions(now, self.book.record.open_codes, by="proven in the warehouse")
        self.book.has_news = True
        self.book.record = replace(
            self.book.record,
            warehouse_id=copy.warehouse_id,
            lines=wanted.as_sent(),
            content_hash=content,
            raised_hash=None,
            proven_at=now,
            hold=None,
        ).noting(now, "proven in the warehouse", f"{len(copy.lines)} lines, status {copy.status}")
        self.book.save()
        self.book.tell_what_is_owed()
        return self.book.outcome(Ending.PROVEN)
