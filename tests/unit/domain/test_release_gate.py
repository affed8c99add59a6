"""When an order's money counts as secured."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lockstep.domain.orders import Payment, Transaction, TransactionKind
from lockstep.domain.release_gate import GatePolicy, GateVerdict, decide, secured_minor

from tests.support.orders import GATE, a_payment, an_order, euros

UNSETTLED = {"payment_state": "Pending"}


def test_a_settled_payment_state_releases_without_looking_at_payments() -> None:
    assert decide(an_order(payment_state="Paid", payments=None, payment_ids=("p",)), GATE) is GateVerdict.RELEASED


def test_payments_without_content_must_be_read_before_holding() -> None:
    assert decide(an_order(**UNSETTLED, payments=None), GATE) is GateVerdict.MUST_READ_PAYMENTS


def test_an_authorisation_over_the_total_releases() -> None:
    assert decide(an_order(**UNSETTLED, payments=(a_payment(authorization=1000),)), GATE) is GateVerdict.RELEASED


def test_a_capture_of_an_authorisation_is_the_same_money() -> None:
    assert secured_minor((a_payment(authorization=600, charge=600),), "EUR") == 600


def test_a_voided_authorisation_secures_nothing() -> None:
    assert secured_minor((a_payment(authorization=1000, cancel_authorization=1000),), "EUR") == 0


@pytest.mark.parametrize("taken_back", ["refund", "chargeback"])
def test_money_taken_back_is_not_secured(taken_back: str) -> None:
    assert secured_minor((a_payment(charge=1000, **{taken_back: 300}),), "EUR") == 700


def test_two_payments_add_up() -> None:
    order = an_order(**UNSETTLED, payments=(a_payment("a", charge=400), a_payment("b", authorization=600)))
    assert decide(order, GATE) is GateVerdict.RELEASED


def test_a_failed_transaction_does_not_count() -> None:
    failed = Transaction(kind=TransactionKind.CHARGE, succeeded=False, amount=euros(1000))
    order = an_order(**UNSETTLED, payments=(Payment(payment_id="p", transactions=(failed,)),))
    assert decide(order, GATE) is GateVerdict.NOT_SETTLED


def test_money_in_another_currency_does_not_count() -> None:
    assert secured_minor((a_payment(charge=1000),), "USD") == 0


def test_one_cent_short_holds_and_the_tolerance_lets_it_go() -> None:
    order = an_order(**UNSETTLED, payments=(a_payment(charge=999),))
    assert decide(order, GATE) is GateVerdict.NOT_SETTLED
    assert decide(order, replace(GATE, tolerance_minor=(("EUR", 1),))) is GateVerdict.RELEASED


def test_an_order_that_costs_nothing_is_released() -> None:
    assert decide(an_order(**UNSETTLED, total=euros(0)), GATE) is GateVerdict.RELEASED


def test_an_order_without_payment_follows_the_policy() -> None:
    order = an_order(payment_state=None, payments=())
    assert decide(order, GATE) is GateVerdict.NOT_SETTLED
    generous = GatePolicy(settled_payment_states=frozenset(), release_without_payment=True)
    assert decide(order, generous) is GateVerdict.RELEASED


amounts = st.integers(min_value=0, max_value=10_000)


@given(authorised=amounts, captured=amounts, voided=amounts, refunded=amounts)
def test_no_cent_is_counted_twice(authorised: int, captured: int, voided: int, refunded: int) -> None:
    payment = a_payment(authorization=authorised, charge=captured, cancel_authorization=voided, refund=refunded)
    secured = secured_minor((payment,), "EUR")
    assert secured <= max(authorised, captured)
    assert secured == max(captured, authorised - voided) - refunded


@given(charges=st.lists(amounts, max_size=5))
def test_it_makes_no_difference_how_charges_are_split_over_payments(charges: list[int]) -> None:
    apart = tuple(a_payment(f"p{index}", charge=amount) for index, amount in enumerate(charges))
    together = Payment(payment_id="p", transactions=tuple(t for payment in apart for t in payment.transactions))
    assert secured_minor(apart, "EUR") == secured_minor((together,), "EUR")
