"""`OpenExceptions`: one per code and order, opened, seen again, resolved, reopened."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from lockstep.adapters.aws.open_exceptions import DynamoOpenExceptions
from lockstep.adapters.memory.open_exceptions import MemoryOpenExceptions
from lockstep.domain.errors import ConcurrentChangeError
from lockstep.domain.exception_codes import ExceptionCode, Owner, Severity
from lockstep.domain.money import Money
from lockstep.domain.open_exceptions import EVENTS_KEPT, ExceptionEvent, ExceptionRecord, ExceptionState

from tests.support.builders import at

if TYPE_CHECKING:
    from datetime import datetime

    from tests.contract.conftest import Aws

    Exceptions = MemoryOpenExceptions | DynamoOpenExceptions

SKU_UNMAPPED = ExceptionCode.SKU_UNMAPPED


@pytest.fixture
def exceptions(side: str, request: pytest.FixtureRequest) -> Exceptions:
    if side == "memory":
        return MemoryOpenExceptions()
    aws: Aws = request.getfixturevalue("aws")
    return DynamoOpenExceptions(aws.dynamodb, aws.exceptions_table)


def opened(
    exceptions: Exceptions,
    when: datetime,
    code: ExceptionCode = SKU_UNMAPPED,
    *,
    order_id: str = "order-1",
    **changes: Any,
) -> None:
    fields: dict[str, Any] = {
        "reference": "WEB-1001",
        "message": "Order WEB-1001: no Deposco item for TEE-M.",
        "facts": {"skus": "TEE-M"},
        "amount": Money(4998, "EUR"),
    }
    exceptions.open(code, order_id=order_id, at=when, **(fields | changes))


def only(exceptions: Exceptions, order_id: str = "order-1") -> ExceptionRecord:
    (record,) = exceptions.of_order(order_id)
    return record


def test_an_opened_exception_tells_everything_its_owner_needs(exceptions: Exceptions) -> None:
    opened(exceptions, at(0))

    assert only(exceptions) == ExceptionRecord(
        code=SKU_UNMAPPED,
        order_id="order-1",
        reference="WEB-1001",
        state=ExceptionState.OPEN,
        owner=Owner.CATALOGUE,
        severity=Severity.ERROR,
        since=at(0),
        last_seen=at(0),
        count=1,
        message="Order WEB-1001: no Deposco item for TEE-M.",
        facts={"skus": "TEE-M"},
        amount=Money(4998, "EUR"),
        history=(ExceptionEvent(at=at(0), what="opened"),),
    )


def test_seen_again_it_is_counted_and_keeps_its_age(exceptions: Exceptions) -> None:
    opened(exceptions, at(0))
    opened(exceptions, at(5))

    record = only(exceptions)
    assert (record.since, record.last_seen, record.count) == (at(0), at(5), 2)
    assert [event.what for event in record.history] == ["opened"]


def test_seen_again_it_tells_what_is_the_matter_now(exceptions: Exceptions) -> None:
    opened(exceptions, at(0), amount=None)
    opened(exceptions, at(5), message="now MUG", facts={"skus": "MUG"}, reference="WEB-1", amount=Money(1, "JPY", 0))

    record = only(exceptions)
    assert (record.message, record.facts, record.reference) == ("now MUG", {"skus": "MUG"}, "WEB-1")
    assert record.amount == Money(1, "JPY", 0)


def test_an_amount_that_is_not_known_any_more_is_not_kept(exceptions: Exceptions) -> None:
    opened(exceptions, at(0))
    opened(exceptions, at(5), amount=None)

    assert only(exceptions).amount is None


def test_an_exception_without_facts_is_stored(exceptions: Exceptions) -> None:
    opened(exceptions, at(0), facts={})

    assert only(exceptions).facts == {}


def test_a_resolved_exception_names_what_resolved_it(exceptions: Exceptions) -> None:
    opened(exceptions, at(0))
    exceptions.resolve(SKU_UNMAPPED, order_id="order-1", at=at(9), by="proven in the warehouse")

    record = only(exceptions)
    assert record.state is ExceptionState.RESOLVED
    assert record.history[-1] == ExceptionEvent(at=at(9), what="resolved", by="proven in the warehouse")


def test_resolving_it_again_changes_nothing(exceptions: Exceptions) -> None:
    opened(exceptions, at(0))
    exceptions.resolve(SKU_UNMAPPED, order_id="order-1", at=at(9), by="proven")
    resolved = only(exceptions)
    exceptions.resolve(SKU_UNMAPPED, order_id="order-1", at=at(10), by="somebody else")

    assert only(exceptions) == resolved


def test_resolving_what_was_never_open_leaves_nothing_behind(exceptions: Exceptions) -> None:
    exceptions.resolve(SKU_UNMAPPED, order_id="order-1", at=at(9), by="proven")

    assert exceptions.of_order("order-1") == ()


def test_a_resolved_exception_reopens_with_a_new_age(exceptions: Exceptions) -> None:
    opened(exceptions, at(0))
    exceptions.resolve(SKU_UNMAPPED, order_id="order-1", at=at(9), by="proven")
    opened(exceptions, at(20), message="again")

    record = only(exceptions)
    assert (record.state, record.since, record.count, record.message) == (ExceptionState.OPEN, at(20), 2, "again")
    assert [event.what for event in record.history] == ["opened", "resolved", "reopened"]


def test_an_exception_that_comes_and_goes_keeps_a_short_history(exceptions: Exceptions) -> None:
    for number in range(EVENTS_KEPT):
        opened(exceptions, at(2 * number))
        exceptions.resolve(SKU_UNMAPPED, order_id="order-1", at=at(2 * number + 1), by="proven")

    record = only(exceptions)
    assert len(record.history) == EVENTS_KEPT + 1
    assert record.history[-1] == ExceptionEvent(at=at(2 * EVENTS_KEPT - 1), what="resolved", by="proven")


def test_an_order_may_have_several_exceptions(exceptions: Exceptions) -> None:
    opened(exceptions, at(0), ExceptionCode.WAREHOUSE_REJECTED)
    opened(exceptions, at(1), SKU_UNMAPPED)
    opened(exceptions, at(2), SKU_UNMAPPED, order_id="order-2")

    codes = [record.code for record in exceptions.of_order("order-1")]
    assert codes == [SKU_UNMAPPED, ExceptionCode.WAREHOUSE_REJECTED]


def test_a_desk_sees_its_own_oldest_first(exceptions: Exceptions) -> None:
    opened(exceptions, at(1), order_id="order-1")
    opened(exceptions, at(0), order_id="order-2")
    opened(exceptions, at(2), ExceptionCode.WAREHOUSE_REJECTED, order_id="order-3")
    opened(exceptions, at(3), order_id="order-4")
    exceptions.resolve(SKU_UNMAPPED, order_id="order-4", at=at(4), by="proven")

    open_ones = exceptions.by_owner(Owner.CATALOGUE, ExceptionState.OPEN)
    resolved = exceptions.by_owner(Owner.CATALOGUE, ExceptionState.RESOLVED)
    assert [record.order_id for record in open_ones] == ["order-2", "order-1"]
    assert [record.order_id for record in resolved] == ["order-4"]


def test_all_open_are_those_of_every_desk_oldest_first(exceptions: Exceptions) -> None:
    opened(exceptions, at(2), order_id="order-1")
    opened(exceptions, at(0), ExceptionCode.WAREHOUSE_REJECTED, order_id="order-2")
    opened(exceptions, at(1), ExceptionCode.ADDRESS_INCOMPLETE, order_id="order-3")
    opened(exceptions, at(3), ExceptionCode.ADDRESS_INCOMPLETE, order_id="order-4")
    exceptions.resolve(ExceptionCode.ADDRESS_INCOMPLETE, order_id="order-4", at=at(4), by="corrected")

    assert [record.order_id for record in exceptions.all_open()] == ["order-2", "order-3", "order-1"]


# -- what only AWS can do wrong ------------------------------------------------------------------------


class LateReopening(DynamoOpenExceptions):
    """Lets another flow reopen the exception between this one's two writes."""

    def _reopen(self, *args: Any, **kwargs: Any) -> bool:
        opened(DynamoOpenExceptions(self.client, self.table_name), at(30))
        return super()._reopen(*args, **kwargs)


def test_whoever_reopens_second_notes_that_it_still_stands(aws: Aws) -> None:
    exceptions = LateReopening(aws.dynamodb, aws.exceptions_table)
    opened(exceptions, at(0))
    exceptions.resolve(SKU_UNMAPPED, order_id="order-1", at=at(9), by="proven")
    opened(exceptions, at(31))

    record = only(exceptions)
    assert (record.since, record.last_seen, record.count) == (at(30), at(31), 3)


class NeverReopening(DynamoOpenExceptions):
    """Always loses the race."""

    def _reopen(self, *args: Any, **kwargs: Any) -> bool:
        return False


def test_a_race_lost_again_and_again_is_told(aws: Aws) -> None:
    exceptions = NeverReopening(aws.dynamodb, aws.exceptions_table)
    opened(exceptions, at(0))
    exceptions.resolve(SKU_UNMAPPED, order_id="order-1", at=at(9), by="proven")

    with pytest.raises(ConcurrentChangeError, match="order-1"):
        opened(exceptions, at(31))
