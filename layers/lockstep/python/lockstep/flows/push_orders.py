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
from lockstep.domain.order_state import Hold, HoldReason, StorefrontRecord, WarehouseRecord
from lockstep.domain.orders import OrderStatus, ShopOrder
from lockstep.domain.release_gate import GateVerdict
from lockstep.domain.warehouse_orders import MappedItem, WarehouseCopy, WarehouseOrder
from lockstep.flows.deadline import Deadline
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

READ_SECONDS = 8.0
"""Time a remote read may take: not begun when less is left."""

WRITE_SECONDS = 15.0
"""Time a remote write and the note of its outcome may take: not begun when less is left."""

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
            return convergence.park(error.code, str(error), error.facts)

    def hold(self, order_id: str, hints: Sequence[Hint], reason: HoldReason, detail: str, wake_at: datetime) -> Outcome:
        """Keep the order as waiting for a system or a switch, so that its messages can be let go.

        The sweep hints it again; the order is read then, since the messages' copies are gone.
        """
        convergence = self._begin(order_id, Deadline(wake_at, self.clock))
        if not convergence.has_news(hints):
            return convergence.unchanged()
        return convergence.hold(reason, detail, wake_at)

    def park(self, order_id: str, detail: str) -> Outcome:
        """Set the order aside as a defect of ours, after several tries failed in an unknown way."""
        convergence = self._begin(order_id, Deadline(self.clock.now(), self.clock))
        return convergence.park(ExceptionCode.UNEXPECTED_ERROR, detail, {})

    def _begin(self, order_id: str, deadline: Deadline) -> _Convergence:
        records = self.states.load(order_id)
        record = records.warehouse or WarehouseRecord(order_id=order_id)
        return _Convergence(flow=self, record=record, storefront=records.storefront, deadline=deadline)


@dataclass(slots=True, kw_only=True)
class _Convergence:
    """One order's turn: `record` is always the newest, stored or about to be."""

    flow: PushOrders
    record: WarehouseRecord
    storefront: StorefrontRecord | None
    deadline: Deadline

    def run(self, hints: Sequence[Hint]) -> Outcome:
        if any(hint.message_type == ORDER_DELETED for hint in hints):
            return self._cancel()
        if not self.has_news(hints):
            self._repair_lost_hint()
            return self.unchanged()
        return self._weigh(self._newest_copy(hints))

    # Which copy of the order

    def has_news(self, hints: Sequence[Hint]) -> bool:
        """Whether any hint can speak of something that has not been weighed."""
        return any(self._is_news(hint) for hint in hints)

    def _is_news(self, hint: Hint) -> bool:
        if hint.cause is not Cause.ORDER_MESSAGE or hint.shop_version is None:
            return True
        if self.storefront is not None and hint.shop_version in self.storefront.own_versions:
            return False
        a_try_was_cut_off = (
            self.record.sending_since is not None and self.record.proven_at is None and not self.record.open_codes
        )
        waits_for_a_system = self.record.hold is not None and self.record.hold.reason is HoldReason.SYSTEM_DOWN
        return a_try_was_cut_off or waits_for_a_system or hint.shop_version > self.record.seen_version

    def _newest_copy(self, hints: Sequence[Hint]) -> ShopOrder:
        """The newest copy that came along, or the order as it is now when a hint knows of something newer."""
        copies = [self.flow.shop.read_document(hint.document) for hint in hints if hint.document is not None]
        carried = max(copies, key=lambda order: order.version, default=None)
        if carried is None or carried.version < self.record.seen_version:
            return self._fetch()
        for hint in hints:
            if hint.cause is not Cause.ORDER_MESSAGE:
                return self._fetch()
            if hint.shop_version is None or hint.shop_version > carried.version:
                return self._fetch()
        return carried

    def _fetch(self) -> ShopOrder:
        self.deadline.require(READ_SECONDS)
        order = self.flow.shop.fetch(self.record.order_id)
        if order is None:
            raise PermanentError(ExceptionCode.ORDER_NOT_IN_SHOP, "commercetools does not return it")
        return order

    def _see(self, order: ShopOrder) -> None:
        self.record = replace(
            self.record,
            order_number=order.order_number,
            store_key=order.store_key,
            placed_at=order.placed_at,
            total=order.total,
            seen_version=max(self.record.seen_version, order.version),
            view=order.view,
        )

    # What is due

    def _weigh(self, order: ShopOrder) -> Outcome:
        self._see(order)
        settings = self.flow.settings.current()
        policy = settings.store(order.store_key)
        if order.status is OrderStatus.CANCELLED:
            return self._cancel()
        self.record = replace(self.record, cancelled_at=None)
        if self.record.proven_at is not None:
            return self._after_sending(order, policy)
        verdict = release_gate.decide(order, policy.gate)
        if verdict is GateVerdict.MUST_READ_PAYMENTS:
            order = self._fetch()
            self._see(order)
            if order.status is OrderStatus.CANCELLED:
                return self._cancel()
            verdict = release_gate.decide(order, policy.gate)
        if verdict is not GateVerdict.RELEASED:
            return self._hold_for_payment(order, settings, policy)
        return self._send(order, settings, policy)

    def _cancel(self) -> Outcome:
        """Cancelled or deleted in the shop. A deletion moves no version, so this may be told more than once."""
        if self.record.cancelled_at is not None or ExceptionCode.CANCELLED_AFTER_SENDING in self.record.open_codes:
            return self._settled()
        if self._may_be_in_the_warehouse():
            raise PermanentError(
                ExceptionCode.CANCELLED_AFTER_SENDING,
                "it was cancelled in commercetools after it had been sent to the warehouse",
                facts={"warehouse_number": self.record.warehouse_number or ""},
            )
        now = self.flow.clock.now()
        self._resolve_exceptions(now, by="cancelled in the shop before it was sent")
        self.record = replace(self.record, cancelled_at=now, sending_since=None, hold=None)
        self.record = self.record.noting(now, "cancelled before sending")
        self._save()
        return self._outcome(Ending.CANCELLED)

    def _may_be_in_the_warehouse(self) -> bool:
        """Whether the warehouse has the order; looked for where a try began and was never proven."""
        if self.record.sending_since is None or self.record.proven_at is not None:
            return self.record.proven_at is not None
        self.deadline.require(READ_SECONDS)
        copies = self.flow.warehouse.find(self.record.business_unit or "", self.record.warehouse_number or "")
        return any(copy.is_live for copy in copies)

    def _after_sending(self, order: ShopOrder, policy: StorePolicy) -> Outcome:
        """A proven order that the shop changed: equal content costs nothing, other content is a person's."""
        items = self._items(order, policy)
        missing = warehouse_orders.unmapped_skus(order, items)
        if not missing and self._compose(order, items, policy).content_hash() == self.record.content_hash:
            return self._settled()
        if ExceptionCode.CHANGED_AFTER_SENDING in self.record.open_codes:
            return self._settled()
        raise PermanentError(
            ExceptionCode.CHANGED_AFTER_SENDING,
            "it was changed in commercetools after the warehouse had received it",
            facts={
                "warehouse_number": self.record.warehouse_number or "",
                "shop_version": str(order.version),
            },
        )

    def _settled(self) -> Outcome:
        """Nothing is due; what was seen is noted, so that the next duplicate costs no reading."""
        self.record = replace(self.record, hold=None)
        self._save()
        return self.unchanged()

    # Holding

    def _hold_for_payment(self, order: ShopOrder, settings: MerchantSettings, policy: StorePolicy) -> Outcome:
        """Hold, then look whether a payment spoke before its order was known.

        The alias is written first and the orphan looked for after it, the receiving flow does it the other
        way round: whoever comes second sees the other.
        """
        secured = release_gate.secured_minor(order.payments or (), order.total.currency)
        detail = f"{secured} of {order.total.amount_minor} minor units of {order.total.currency} secured"
        unknown = frozenset(order.payment_ids) - frozenset(self.record.payment_ids)
        self.record = replace(self.record, payment_ids=order.payment_ids)
        wake_at = self.flow.clock.now() + timedelta(seconds=settings.holds.payment_recheck_seconds)
        outcome = self.hold(HoldReason.PAYMENT, detail, wake_at, payment_aliases=order.payment_ids)
        if not unknown or not self.flow.states.orphan_payments(unknown):
            return outcome
        order = self._fetch()
        if release_gate.decide(order, policy.gate) is not GateVerdict.RELEASED:
            return outcome
        self._see(order)
        return self._send(order, settings, policy)

    def _hold_for_skus(self, missing: tuple[str, ...], settings: MerchantSettings, policy: StorePolicy) -> Outcome:
        named = ", ".join(missing[:10])
        now = self.flow.clock.now()
        self.flow.sku_map.wait_for(policy.business_unit, missing, self.record.order_id, now)
        is_new = self._open_exception(
            ExceptionCode.SKU_UNMAPPED,
            f"no Deposco item for {named}",
            {"skus": named, "unit": policy.business_unit},
        )
        wake_at = now + timedelta(seconds=settings.holds.sku_recheck_seconds)
        outcome = self.hold(HoldReason.SKU, named, wake_at)
        if is_new:
            self._tell_storefront()
        return outcome

    def hold(
        self, reason: HoldReason, detail: str, wake_at: datetime, *, payment_aliases: Sequence[str] = ()
    ) -> Outcome:
        now = self.flow.clock.now()
        standing = self.record.hold
        if standing is not None and standing.reason is reason:
            since = standing.since
        else:
            since = now
            self.record = self.record.noting(now, f"held: {reason.value}", detail)
        self.record = replace(self.record, hold=Hold(reason=reason, since=since, wake_at=wake_at, detail=detail))
        self._save(payment_aliases=payment_aliases)
        return self._outcome(Ending.HELD, reason=reason.value)

    # Sending

    def _items(self, order: ShopOrder, policy: StorePolicy) -> dict[str, MappedItem]:
        skus = {line.sku for line in order.lines if line.sku is not None}
        return dict(self.flow.sku_map.resolve(policy.business_unit, skus))

    def _compose(self, order: ShopOrder, items: dict[str, MappedItem], policy: StorePolicy) -> WarehouseOrder:
        return warehouse_orders.compose(
            order,
            number=self.record.warehouse_number or warehouse_orders.warehouse_number(order, policy),
            items=items,
            policy=policy,
            line_numbers={line.shop_line_id: line.line_number for line in self.record.lines},
        )

    def _send(self, order: ShopOrder, settings: MerchantSettings, policy: StorePolicy) -> Outcome:
        items = self._items(order, policy)
        missing = warehouse_orders.unmapped_skus(order, items)
        if missing:
            return self._hold_for_skus(missing, settings, policy)
        wanted = self._compose(order, items, policy)
        self.flow.warehouse.require_expressible(wanted)
        copy = self._copy_of_an_earlier_try(wanted)
        if copy is None:
            self.deadline.require(WRITE_SECONDS)
            self._note_intent(wanted, order.payment_ids)
            copy = self.flow.warehouse.place(wanted)
        wrong = warehouse_orders.differences(wanted, copy)
        if wrong:
            raise PermanentError(
                ExceptionCode.WAREHOUSE_COPY_DIFFERS,
                f"Deposco's copy is not what was sent: {wrong[0]}",
                facts={"differences": "; ".join(wrong)[:1000], "warehouse_number": wanted.number},
            )
        return self._note_proof(wanted, copy)

    def _copy_of_an_earlier_try(self, wanted: WarehouseOrder) -> WarehouseCopy | None:
        """What an earlier try left in the warehouse: looked for whenever one may have left something."""
        if self.record.sending_since is None:
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
                ExceptionCode.WAREHOUSE_COPY_CANCELLED,
                f"Deposco holds {wanted.number} as cancelled",
                facts=facts,
            )
        if live and not warehouse_orders.differences(wanted, live[0]):
            return live[0]
        return None

    def _note_intent(self, wanted: WarehouseOrder, payment_ids: tuple[str, ...]) -> None:
        """The record takes the number only together with the claim: a number that is taken leaves no trace."""
        now = self.flow.clock.now()
        what = "sending to the warehouse" if self.record.sending_since is None else "sending again"
        intended = replace(
            self.record,
            warehouse_number=wanted.number,
            business_unit=wanted.business_unit,
            lines=wanted.as_sent(),
            payment_ids=payment_ids,
            sending_since=self.record.sending_since or now,
            content_hash=wanted.content_hash(),
            hold=None,
        ).noting(now, what, wanted.number)
        self.record = self.flow.states.save_warehouse(
            intended, number_alias=f"{wanted.business_unit}/{wanted.number}", payment_aliases=payment_ids
        )

    def _note_proof(self, wanted: WarehouseOrder, copy: WarehouseCopy) -> Outcome:
        now = self.flow.clock.now()
        self._resolve_exceptions(now, by="proven in the warehouse")
        self.record = replace(
            self.record,
            warehouse_id=copy.warehouse_id,
            lines=wanted.as_sent(),
            content_hash=wanted.content_hash(),
            proven_at=now,
            hold=None,
        ).noting(now, "proven in the warehouse", f"{len(copy.lines)} lines, status {copy.status}")
        self._save()
        self._tell_storefront()
        return self._outcome(Ending.PROVEN)

    # Telling people and the other lane

    def park(self, code: ExceptionCode, message: str, facts: dict[str, str]) -> Outcome:
        """Open the exception, then note it: a crash between the two opens it again, never hides it."""
        if self._open_exception(code, message, facts):
            self.record = replace(self.record, hold=None).noting(
                self.flow.clock.now(), f"exception {code.value}", message
            )
            self._save()
            self._tell_storefront()
        else:
            self._save()
        return self._outcome(Ending.PARKED, code=code.value)

    def _open_exception(self, code: ExceptionCode, message: str, facts: dict[str, str]) -> bool:
        """Open it, or note that it still stands; whether the record did not have it before."""
        self.flow.exceptions.open(
            code,
            order_id=self.record.order_id,
            reference=self.record.reference,
            at=self.flow.clock.now(),
            message=f"Order {self.record.reference}: {message}.",
            facts=facts,
            amount=self.record.total,
        )
        if code in self.record.open_codes:
            return False
        self.record = replace(self.record, open_codes=(*self.record.open_codes, code))
        return True

    def _resolve_exceptions(self, at: datetime, *, by: str) -> None:
        for code in self.record.open_codes:
            self.flow.exceptions.resolve(code, order_id=self.record.order_id, at=at, by=by)
        self.record = replace(self.record, open_codes=())

    def _tell_storefront(self) -> None:
        """The id follows the record's revision: the same news told twice is one message."""
        self.flow.lanes.to_storefront(
            [
                Hint(
                    cause=Cause.WAREHOUSE_CHANGED,
                    order_id=self.record.order_id,
                    message_id=f"{self.record.order_id}-warehouse-{self.record.revision}",
                )
            ]
        )

    def _repair_lost_hint(self) -> None:
        """A crash may have swallowed the hint to the shop's side after the proof was stored."""
        is_told = self.storefront is not None and self.storefront.acknowledged_at is not None
        if self.record.proven_at is not None and not is_told:
            self._tell_storefront()

    def _save(self, *, payment_aliases: Sequence[str] = ()) -> None:
        self.record = self.flow.states.save_warehouse(self.record, payment_aliases=payment_aliases)

    def unchanged(self) -> Outcome:
        return self._outcome(Ending.UNCHANGED)

    def _outcome(self, ending: Ending, **notes: str) -> Outcome:
        return Outcome(ending=ending, order_id=self.record.order_id, reference=self.record.reference, notes=dict(notes))
