"""The shop's messages, sorted into the orders' lanes; nothing is decided here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lockstep.domain.hints import Cause, Hint
from lockstep.domain.storefront_messages import PaymentNews, Skip, route
from lockstep.flows.ports import Lanes, OrderStates


@dataclass(frozen=True, slots=True)
class ReceiveStorefrontEvents:
    """Routes notifications: an order's to its lane, a payment's to the lane of its order."""

    states: OrderStates
    lanes: Lanes
    project_key: str

    def hint_for(self, notification: Mapping[str, Any]) -> Hint | str:
        """The hint that one notification becomes, or the reason why it becomes none.

        Raises `UnreadableNotificationError` for a body that is no notification, `TransientError` when the
        memory cannot be reached.
        """
        routed = route(notification, project_key=self.project_key)
        if isinstance(routed, Skip):
            return routed.value
        if isinstance(routed, PaymentNews):
            return self._hint_for_payment(routed)
        return routed

    def queue(self, hints: Sequence[Hint]) -> None:
        """Put the hints into the warehouse lane. Raises `TransientError`."""
        self.lanes.to_warehouse(hints)

    def _hint_for_payment(self, news: PaymentNews) -> Hint | str:
        """The payment's order, or an orphan note for it.

        The order's flow writes the alias and then looks for orphans; here the orphan is written before the
        alias is looked for again. Whoever comes second sees the other, so no payment is lost between them.
        """
        order_id = self.states.order_of_payment(news.payment_id)
        if order_id is None:
            self.states.keep_orphan_payment(news.payment_id, news.message_id)
            order_id = self.states.order_of_payment(news.payment_id)
        if order_id is None:
            return "payment-without-order-yet"
        return Hint(
            cause=Cause.PAYMENT_MESSAGE,
            order_id=order_id,
            message_id=news.message_id,
            message_type=news.message_type,
        )
