"""`OrderStates`: two records with one writer each, and aliases that lead to one order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from botocore.stub import Stubber
from lockstep.adapters.aws.order_states import DynamoOrderStates
from lockstep.adapters.memory.order_states import MemoryOrderStates
from lockstep.domain.errors import (
    ConcurrentChangeError,
    ConfigurationError,
    PermanentError,
    SystemBusyError,
    TransientError,
)
from lockstep.domain.exception_codes import ExceptionCode
from lockstep.domain.order_state import OrderRecords, WarehouseRecord

from tests.support.builders import a_storefront_record, a_warehouse_record

if TYPE_CHECKING:
    from lockstep.flows.ports import OrderStates

    from tests.contract.conftest import Aws


@pytest.fixture
def states(side: str, request: pytest.FixtureRequest) -> OrderStates:
    if side == "memory":
        return MemoryOrderStates()
    aws: Aws = request.getfixturevalue("aws")
    return DynamoOrderStates(aws.dynamodb, aws.table)


def test_an_order_that_was_never_stored_has_no_records(states: OrderStates) -> None:
    assert states.load("order-1") == OrderRecords(warehouse=None, storefront=None)


def test_both_records_come_back_whole(states: OrderStates) -> None:
    warehouse = states.save_warehouse(a_warehouse_record())
    storefront = states.save_storefront(a_storefront_record())

    assert states.load("order-1") == OrderRecords(warehouse=warehouse, storefront=storefront)


def test_a_record_with_nothing_but_its_order_comes_back_whole(states: OrderStates) -> None:
    saved = states.save_warehouse(WarehouseRecord(order_id="order-1"))

    assert states.load("order-1").warehouse == saved


def test_each_save_raises_the_revision_by_one(states: OrderStates) -> None:
    first = states.save_warehouse(a_warehouse_record())
    second = states.save_warehouse(first, number_alias="ACME/UK-WEB-1001")

    assert (first.revision, second.revision) == (1, 2)


def test_of_two_readers_of_one_warehouse_revision_the_second_to_save_is_refused(states: OrderStates) -> None:
    states.save_warehouse(a_warehouse_record())
    one, other = states.load("order-1").warehouse, states.load("order-1").warehouse
    assert one is not None
    assert other is not None
    states.save_warehouse(replace(one, seen_version=8))

    with pytest.raises(ConcurrentChangeError, match="order-1"):
        states.save_warehouse(replace(other, seen_version=9))


def test_of_two_readers_of_one_storefront_revision_the_second_to_save_is_refused(states: OrderStates) -> None:
    read = states.save_storefront(a_storefront_record())
    states.save_storefront(replace(read, conflicts=2))

    with pytest.raises(ConcurrentChangeError, match="order-1"):
        states.save_storefront(replace(read, conflicts=3))


def test_a_first_save_is_refused_where_another_was_first(states: OrderStates) -> None:
    states.save_warehouse(a_warehouse_record())

    with pytest.raises(ConcurrentChangeError):
        states.save_warehouse(a_warehouse_record())


def test_a_record_ahead_of_what_is_stored_is_refused(states: OrderStates) -> None:
    """After a restore from a backup the memory of a warm function is newer than the table."""
    states.save_warehouse(a_warehouse_record())

    with pytest.raises(ConcurrentChangeError):
        states.save_warehouse(a_warehouse_record(revision=5))


def test_a_record_of_what_is_not_stored_any_more_is_refused(states: OrderStates) -> None:
    with pytest.raises(ConcurrentChangeError):
        states.save_storefront(a_storefront_record(revision=5))


def test_a_refused_save_leaves_what_was_stored(states: OrderStates) -> None:
    stored = states.save_warehouse(a_warehouse_record())

    with pytest.raises(ConcurrentChangeError):
        states.save_warehouse(a_warehouse_record(seen_version=99), payment_aliases=["payment-9"])

    assert states.load("order-1").warehouse == stored
    assert states.order_of_payment("payment-9") is None


def test_the_two_records_of_an_order_do_not_hinder_each_other(states: OrderStates) -> None:
    warehouse = states.save_warehouse(a_warehouse_record())
    states.save_storefront(a_storefront_record())

    assert states.save_warehouse(warehouse).revision == 2


def test_a_number_belongs_to_the_order_that_claimed_it_first(states: OrderStates) -> None:
    states.save_warehouse(a_warehouse_record("order-1"), number_alias="ACME/UK-1")

    with pytest.raises(PermanentError) as refusal:
        states.save_warehouse(a_warehouse_record("order-2"), number_alias="ACME/UK-1")

    assert refusal.value.code is ExceptionCode.ORDER_NUMBER_TAKEN
    assert refusal.value.facts == {"number": "ACME/UK-1", "order_id": "order-2", "held_by": "order-1"}


def test_an_order_whose_number_is_taken_is_not_stored(states: OrderStates) -> None:
    states.save_warehouse(a_warehouse_record("order-1"), number_alias="ACME/UK-1")

    with pytest.raises(PermanentError):
        states.save_warehouse(a_warehouse_record("order-2"), number_alias="ACME/UK-1", payment_aliases=["payment-2"])

    assert states.load("order-2").warehouse is None
    assert states.order_of_payment("payment-2") is None


def test_the_same_number_in_another_business_unit_is_free(states: OrderStates) -> None:
    states.save_warehouse(a_warehouse_record("order-1"), number_alias="ACME/UK-1")

    assert states.save_warehouse(a_warehouse_record("order-2"), number_alias="OUTLET/UK-1").revision == 1


def test_an_order_may_claim_its_own_aliases_again(states: OrderStates) -> None:
    first = states.save_warehouse(a_warehouse_record(), number_alias="ACME/UK-1", payment_aliases=["payment-1"])
    second = states.save_warehouse(first, number_alias="ACME/UK-1", payment_aliases=["payment-1"])

    assert second.revision == 2
    assert states.order_of_payment("payment-1") == "order-1"


def test_a_moved_revision_is_told_before_a_taken_number(states: OrderStates) -> None:
    states.save_warehouse(a_warehouse_record("order-1"), number_alias="ACME/UK-1")
    states.save_warehouse(a_warehouse_record("order-2"))

    with pytest.raises(ConcurrentChangeError):
        states.save_warehouse(a_warehouse_record("order-2"), number_alias="ACME/UK-1")


def test_a_payment_named_twice_in_one_save_is_one_alias(states: OrderStates) -> None:
    states.save_warehouse(a_warehouse_record(), payment_aliases=["payment-1", "payment-1"])

    assert states.order_of_payment("payment-1") == "order-1"


def test_a_payment_shared_by_two_orders_leads_to_the_first_and_stops_neither(states: OrderStates) -> None:
    states.save_warehouse(a_warehouse_record("order-1"), payment_aliases=["payment-1"])
    states.save_warehouse(a_warehouse_record("order-2"), payment_aliases=["payment-1", "payment-2"])

    assert states.order_of_payment("payment-1") == "order-1"
    assert states.order_of_payment("payment-2") == "order-2"


def test_a_payment_that_no_order_named_leads_nowhere(states: OrderStates) -> None:
    assert states.order_of_payment("payment-1") is None


def test_orphan_payments_are_those_that_spoke_first(states: OrderStates) -> None:
    states.keep_orphan_payment("payment-1", "message-1")
    states.keep_orphan_payment("payment-1", "message-2")
    states.keep_orphan_payment("payment-3", "message-3")

    assert states.orphan_payments(["payment-1", "payment-2"]) == {"payment-1"}


def test_orphans_are_found_among_more_payments_than_one_call_can_ask_for(states: OrderStates) -> None:
    states.keep_orphan_payment("payment-140", "message-1")

    assert states.orphan_payments(f"payment-{number}" for number in range(150)) == {"payment-140"}


def test_no_payments_are_no_orphans(states: OrderStates) -> None:
    assert states.orphan_payments([]) == frozenset()


def test_an_orphan_note_is_no_alias(states: OrderStates) -> None:
    states.keep_orphan_payment("payment-1", "message-1")

    assert states.order_of_payment("payment-1") is None


# -- what only AWS can do wrong ------------------------------------------------------------------------


@pytest.fixture
def stubbed(aws: Aws) -> Iterator[tuple[DynamoOrderStates, Stubber]]:
    with Stubber(aws.dynamodb) as stubber:
        yield DynamoOrderStates(aws.dynamodb, aws.table), stubber


def _cancelled(*codes: str) -> dict[str, Any]:
    return {"CancellationReasons": [{"Code": code} for code in codes]}


def test_a_conflict_between_transactions_may_pass(stubbed: tuple[DynamoOrderStates, Stubber]) -> None:
    states, stubber = stubbed
    stubber.add_client_error(
        "transact_write_items",
        "TransactionCanceledException",
        modeled_fields=_cancelled("TransactionConflict", "None"),
    )

    with pytest.raises(TransientError) as failure:
        states.save_warehouse(a_warehouse_record(), number_alias="ACME/UK-1")

    assert type(failure.value) is TransientError


def test_a_transaction_cancelled_for_load_says_so(stubbed: tuple[DynamoOrderStates, Stubber]) -> None:
    states, stubber = stubbed
    stubber.add_client_error(
        "transact_write_items",
        "TransactionCanceledException",
        modeled_fields=_cancelled("None", "ThrottlingError"),
    )

    with pytest.raises(SystemBusyError):
        states.save_warehouse(a_warehouse_record(), number_alias="ACME/UK-1")


def test_a_table_that_is_not_there_is_a_configuration_error(aws: Aws) -> None:
    states = DynamoOrderStates(aws.dynamodb, "no-such-table")

    with pytest.raises(ConfigurationError, match="order-1"):
        states.load("order-1")


def test_keys_left_unread_are_asked_for_again(stubbed: tuple[DynamoOrderStates, Stubber]) -> None:
    states, stubber = stubbed
    orphan = {"pk": {"S": "PAYMENT#payment-1"}, "sk": {"S": "ORPHAN"}}
    unread = {"plain": {"Keys": [orphan], "ConsistentRead": True}}
    stubber.add_response("batch_get_item", {"Responses": {"plain": []}, "UnprocessedKeys": unread})
    stubber.add_response("batch_get_item", {"Responses": {"plain": [orphan]}}, {"RequestItems": unread})

    assert states.orphan_payments(["payment-1"]) == {"payment-1"}


def test_keys_left_unread_again_and_again_mean_that_the_table_is_busy(
    stubbed: tuple[DynamoOrderStates, Stubber],
) -> None:
    states, stubber = stubbed
    orphan = {"pk": {"S": "PAYMENT#payment-1"}, "sk": {"S": "ORPHAN"}}
    for _ in range(4):
        stubber.add_response("batch_get_item", {"Responses": {}, "UnprocessedKeys": {"plain": {"Keys": [orphan]}}})

    with pytest.raises(SystemBusyError):
        states.orphan_payments(["payment-1"])
