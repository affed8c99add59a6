"""May this order leave for the warehouse? Only once its money is secured."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from lockstep.domain.orders import Payment, ShopOrder, TransactionKind


class GateVerdict(StrEnum):
    """The three answers of the gate."""

    RELEASED = "released"
    NOT_SETTLED = "not-settled"
    MUST_READ_PAYMENTS = "must-read-payments"


@dataclass(frozen=True, slots=True, kw_only=True)
class GatePolicy:
    """What counts as secured.

    `settled_payment_states` are the shop's payment states that are trusted as they stand; the shop never
    derives them from transactions (CT-PAY-03), so a merchant whose payment provider sets none leaves the
    set empty. `tolerance_minor` is how many minor units may be missing, by currency.
    """

    settled_payment_states: frozenset[str]
    tolerance_minor: tuple[tuple[str, int], ...] = ()
    release_without_payment: bool = False

    def tolerance_for(self, currency: str) -> int:
        """Minor units of `currency` that may be missing."""
        return dict(self.tolerance_minor).get(currency, 0)


def secured_minor(payments: tuple[Payment, ...], currency: str) -> int:
    """Minor units of `currency` that the payments secure.

    Per payment the larger of what was charged and what is authorised and not voided, less refunds and
    chargebacks: a capture of an authorisation is the same money, never counted twice.
    """
    return sum(_secured_by(payment, currency) for payment in payments)


def _secured_by(payment: Payment, currency: str) -> int:
    moved = dict.fromkeys(TransactionKind, 0)
    for transaction in payment.transactions:
        if transaction.succeeded and transaction.amount.currency == currency:
            moved[transaction.kind] += transaction.amount.amount_minor
    authorised = moved[TransactionKind.AUTHORIZATION] - moved[TransactionKind.CANCEL_AUTHORIZATION]
    held = max(moved[TransactionKind.CHARGE], authorised)
    return held - moved[TransactionKind.REFUND] - moved[TransactionKind.CHARGEBACK]


def decide(order: ShopOrder, policy: GatePolicy) -> GateVerdict:
    """Whether the order's total is secured, as far as this copy of the order tells.

    `MUST_READ_PAYMENTS` means the copy names payments without their transactions: the caller reads the
    order with them once before holding, since the payment may have landed a second after the message.
    """
    if order.total.amount_minor <= 0:
        return GateVerdict.RELEASED
    if order.payment_state in policy.settled_payment_states:
        return GateVerdict.RELEASED
    if order.payments is None:
        return GateVerdict.MUST_READ_PAYMENTS
    if not order.payments and policy.release_without_payment:
        return GateVerdict.RELEASED
    owed = order.total.amount_minor - policy.tolerance_for(order.total.currency)
    if secured_minor(order.payments, order.total.currency) >= owed:
        return GateVerdict.RELEASED
    return GateVerdict.NOT_SETTLED
