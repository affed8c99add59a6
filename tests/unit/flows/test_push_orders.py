"""One order's way into the warehouse."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from lockstep.adapters.memory.settings_source import MemorySettingsSource
from lockstep.adapters.settings_document import parse_settings
from lockstep.domain.errors import OutcomeUnknownError, OutOfTimeError, PermanentError, TransientError
from lockstep.domain.exception_codes import ExceptionCode
from lockstep.domain.hints import Cause, Hint
from lockstep.domain.open_exceptions import ExceptionState
from lockstep.domain.order_state import HoldReason, Phase
from lockstep.domain.orders import OrderStatus
from lockstep.domain.warehouse_orders import WarehouseCopy, WarehouseOrder
from lockstep.flows.outcomes import Ending
from lockstep.flows.push_orders import PushOrders

from tests.support.orders import HOME, SETTINGS, a_line, a_payment, an_order
from tests.support.world import UNIT, World, altered


@pytest.fixture
def world() -> World:
    return World()


def test_a_paid_order_is_proven_with_one_call_and_no_read(world: World) -> None:
    outcome = world.converge(world.order_hint(an_order()))
    assert outcome.ending is Ending.PROVEN
    assert (world.warehouse.placed, world.warehouse.found, world.shop.fetched) == (1, 0, 0)
    assert world.states.load("order-1").warehouse.phase is Phase.PROVEN  # type: ignore[union-attr]
    assert [hint.order_id for hint in world.lanes.storefront] == ["order-1"]


def test_a_duplicate_makes_no_remote_call_and_no_write(world: World) -> None:
    hint = world.order_hint(an_order())
    world.converge(hint)
    before = world.states.load("order-1")
    assert world.converge(hint).ending is Ending.UNCHANGED
    assert (world.warehouse.placed, world.warehouse.found, world.shop.fetched) == (1, 0, 0)
    assert world.states.load("order-1") == before


def test_our_own_write_comes_back_and_costs_nothing(world: World) -> None:
    world.converge(world.order_hint(an_order()))
    world.tell()
    view = world.states.load("order-1").storefront.view  # type: ignore[union-attr]
    echo = Hint(
        cause=Cause.ORDER_MESSAGE,
        order_id="order-1",
        message_id="echo",
        message_type="OrderStateChanged",
        shop_version=view.version,  # type: ignore[union-attr]
    )
    assert world.converge(echo).ending is Ending.UNCHANGED
    assert world.shop.fetched == 0


def test_a_change_below_our_own_write_is_not_taken_for_an_echo(world: World) -> None:
    order = an_order(version=1)
    world.converge(world.order_hint(order))
    foreign = replace(order, version=2, lines=(a_line(1, quantity=9),), view=replace(order.view, version=2))
    hint = world.order_hint(foreign, "OrderLineItemAdded", document=None)
    world.tell()
    assert world.converge(hint).notes == {"code": "CHANGED_AFTER_SENDING"}


@pytest.mark.parametrize("lines", [1, 10, 11, 150])
def test_an_order_of_any_length_is_proven_whole(world: World, lines: int) -> None:
    order = an_order(lines=tuple(a_line(number) for number in range(1, lines + 1)))
    assert world.converge(world.order_hint(order)).ending is Ending.PROVEN
    assert len(world.warehouse.copies[0].lines) == lines


def test_a_message_without_the_order_leads_to_one_read(world: World) -> None:
    hint = world.order_hint(an_order(), document=None)
    assert world.converge(hint).ending is Ending.PROVEN
    assert world.shop.fetched == 1


# Payment


def an_unpaid_order(**changes: Any) -> Any:
    return an_order(
        **({"payment_state": "Pending", "payment_ids": ("payment-1",), "payments": (a_payment(),)} | changes)
    )


def test_an_unpaid_order_is_read_once_and_held(world: World) -> None:
    outcome = world.converge(world.order_hint(an_unpaid_order()))
    assert outcome.ending is Ending.HELD
    assert world.shop.fetched == 1
    assert world.warehouse.placed == 0
    record = world.states.load("order-1").warehouse
    assert record is not None
    assert record.hold is not None
    assert record.hold.reason is HoldReason.PAYMENT
    assert record.hold.wake_at > world.clock.now()


def test_a_payment_that_landed_a_second_after_the_message_is_seen(world: World) -> None:
    hint = world.order_hint(an_unpaid_order())
    world.shop.put(an_unpaid_order(payments=(a_payment(charge=1000),)))
    assert world.converge(hint).ending is Ending.PROVEN


def test_the_payments_own_message_wakes_the_order(world: World) -> None:
    world.converge(world.order_hint(an_unpaid_order()))
    world.shop.put(an_unpaid_order(payments=(a_payment(charge=1000),)))
    hint = world.pay("payment-1")
    assert hint is not None
    assert world.converge(hint).ending is Ending.PROVEN
    assert world.states.load("order-1").warehouse.hold is None  # type: ignore[union-attr]


def test_a_payment_that_spoke_before_its_order_is_not_lost(world: World) -> None:
    """It is paid between the read of the order and the note of its alias, and nobody will say so again."""
    hint = world.order_hint(an_unpaid_order())
    assert world.pay("payment-1") is None

    def fetch_then_pay(order_id: str) -> Any:
        seen = world.shop.fetch(order_id)
        world.shop.put(an_unpaid_order(payments=(a_payment(charge=1000),)))
        return seen

    push = replace(world.push(), shop=altered(world.shop, fetch=fetch_then_pay))
    assert push.converge("order-1", [hint], world.deadline(60)).ending is Ending.PROVEN


def test_the_sweep_finds_a_payment_whose_message_was_lost(world: World) -> None:
    world.converge(world.order_hint(an_unpaid_order()))
    world.shop.put(an_unpaid_order(payments=(a_payment(authorization=1000),)))
    assert world.converge(world.sweep_hint("order-1")).ending is Ending.PROVEN


def test_a_hold_keeps_its_age_while_it_is_looked_at_again(world: World) -> None:
    world.converge(world.order_hint(an_unpaid_order()))
    since = world.states.load("order-1").warehouse.hold.since  # type: ignore[union-attr]
    world.clock.advance(600)
    world.converge(world.sweep_hint("order-1"))
    assert world.states.load("order-1").warehouse.hold.since == since  # type: ignore[union-attr]


# SKUs


def test_an_unmapped_sku_holds_the_order_with_an_exception_for_the_catalogue(world: World) -> None:
    order = an_order(lines=(a_line(1), a_line(2, sku="NEW")))
    assert world.converge(world.order_hint(order)).ending is Ending.HELD
    assert world.warehouse.placed == 0
    (exception,) = world.exceptions.of_order("order-1")
    assert (exception.code, exception.owner.value) == (ExceptionCode.SKU_UNMAPPED, "catalogue")
    assert exception.amount == order.total
    assert world.sku_map.waiting_orders(UNIT, "NEW") == ("order-1",)


def test_mapping_the_sku_lets_the_order_go_and_resolves_the_exception(world: World) -> None:
    world.converge(world.order_hint(an_order(lines=(a_line(2, sku="NEW"),))))
    world.know("NEW")
    assert world.converge(world.sweep_hint("order-1")).ending is Ending.PROVEN
    (exception,) = world.exceptions.of_order("order-1")
    assert exception.state is ExceptionState.RESOLVED


# What only a person can mend


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"order_number": "WEB 1"}, ExceptionCode.ORDER_NUMBER_NOT_EXPRESSIBLE),
        ({"shipping_address": replace(HOME, city="")}, ExceptionCode.ADDRESS_INCOMPLETE),
        ({"shipping_method": "Drone"}, ExceptionCode.SHIPPING_METHOD_UNMAPPED),
        ({"has_several_addresses": True}, ExceptionCode.ORDER_UNSUPPORTED),
        ({"lines": (a_line(1, sku=""),)}, ExceptionCode.SKU_MISSING),
    ],
)
def test_what_cannot_be_sent_is_parked_with_its_code_and_its_money(
    world: World, changes: dict[str, Any], code: ExceptionCode
) -> None:
    order = an_order(**changes)
    outcome = world.converge(world.order_hint(order))
    assert outcome.ending is Ending.PARKED
    assert world.warehouse.placed == 0
    (exception,) = world.exceptions.of_order("order-1")
    assert (exception.code, exception.amount) == (code, order.total)
    assert exception.reference == order.reference


def test_a_field_that_does_not_fit_is_found_before_anything_is_noted_as_sent(world: World) -> None:
    def refuse(order: WarehouseOrder) -> None:
        raise PermanentError(ExceptionCode.FIELD_TOO_LONG, "shipToAddress.city has 31 characters")

    push = replace(world.push(), warehouse=altered(world.warehouse, require_expressible=refuse))
    outcome = push.converge("order-1", [world.order_hint(an_order())], world.deadline(60))
    assert outcome.notes == {"code": "FIELD_TOO_LONG"}
    record = world.states.load("order-1").warehouse
    assert record is not None
    assert record.sending_since is None


def test_a_parked_order_that_is_mended_in_the_shop_goes_out_by_itself(world: World) -> None:
    world.converge(world.order_hint(an_order(shipping_address=replace(HOME, city=""))))
    mended = world.order_hint(an_order(version=2), "OrderShippingAddressSet", document=None)
    assert world.converge(mended).ending is Ending.PROVEN
    (exception,) = world.exceptions.of_order("order-1")
    assert exception.state is ExceptionState.RESOLVED


def test_a_duplicate_of_a_parked_orders_message_costs_nothing(world: World) -> None:
    hint = world.order_hint(an_order(order_number="WEB 1"))
    world.converge(hint)
    assert world.converge(hint).ending is Ending.UNCHANGED


def test_an_item_the_warehouse_does_not_know_is_the_catalogues(world: World) -> None:
    world.warehouse.items.clear()
    assert world.converge(world.order_hint(an_order())).notes == {"code": "WAREHOUSE_ITEM_UNKNOWN"}


def test_a_number_that_another_order_has_is_refused_and_leaves_no_trace(world: World) -> None:
    world.converge(world.order_hint(an_order("order-1", order_number="SAME")))
    outcome = world.converge(world.order_hint(an_order("order-2", order_number="SAME")))
    assert outcome.notes == {"code": "ORDER_NUMBER_TAKEN"}
    assert world.warehouse.placed == 1
    record = world.states.load("order-2").warehouse
    assert record is not None
    assert (record.warehouse_number, record.sending_since) == (None, None)


def test_an_order_the_shop_does_not_return_is_an_exception(world: World) -> None:
    assert world.converge(world.sweep_hint("ghost")).notes == {"code": "ORDER_NOT_IN_SHOP"}


def test_an_unreadable_order_is_an_exception(world: World) -> None:
    hint = world.order_hint(an_order(), document={"id": "order-1", "version": 99})
    assert world.converge(hint).notes == {"code": "ORDER_UNREADABLE"}


# Cancelled


@pytest.mark.parametrize("paid", [True, False])
def test_an_order_cancelled_before_it_was_sent_is_never_sent(world: World, *, paid: bool) -> None:
    order = an_order() if paid else an_unpaid_order()
    cancelled = replace(order, version=2, status=OrderStatus.CANCELLED)
    if not paid:
        world.converge(world.order_hint(order))
    assert world.converge(world.order_hint(cancelled, "OrderStateChanged")).ending is Ending.CANCELLED
    assert world.converge(world.sweep_hint("order-1")).ending is Ending.UNCHANGED
    assert world.warehouse.placed == 0
    assert world.states.load("order-1").warehouse.hold is None  # type: ignore[union-attr]


def test_an_order_cancelled_after_it_was_sent_is_customer_cares(world: World) -> None:
    order = an_order()
    world.converge(world.order_hint(order))
    cancelled = world.order_hint(replace(order, version=2, status=OrderStatus.CANCELLED), "OrderStateChanged")
    assert world.converge(cancelled).notes == {"code": "CANCELLED_AFTER_SENDING"}
    (exception,) = world.exceptions.of_order("order-1")
    assert exception.owner.value == "customer-care"


def test_an_order_deleted_before_it_was_sent_is_never_sent(world: World) -> None:
    order = an_unpaid_order()
    world.converge(world.order_hint(order))
    deleted = world.order_hint(order, "OrderDeleted")
    world.shop.remove("order-1")
    assert world.converge(deleted).ending is Ending.CANCELLED
    assert world.converge(deleted).ending is Ending.UNCHANGED


# Changed after sending


def test_a_change_that_the_warehouse_does_not_see_costs_one_note(world: World) -> None:
    order = an_order()
    world.converge(world.order_hint(order))
    same = world.order_hint(replace(order, version=2, customer_email="new@example.com"), "OrderCustomerEmailSet")
    assert world.converge(same).ending is Ending.UNCHANGED
    assert world.converge(same).ending is Ending.UNCHANGED
    assert world.warehouse.placed == 1
    assert world.states.load("order-1").warehouse.seen_version == 2  # type: ignore[union-attr]


def test_an_edit_after_sending_is_raised_once_with_what_differs(world: World) -> None:
    order = an_order()
    world.converge(world.order_hint(order))
    edited = world.order_hint(replace(order, version=2, lines=(a_line(1, quantity=5),)), "OrderEditApplied")
    assert world.converge(edited).notes == {"code": "CHANGED_AFTER_SENDING"}
    assert world.warehouse.placed == 1


# Lost answers


def losing_the_first_answer(world: World) -> PushOrders:
    """The flow beside a warehouse that takes the order and whose answer never arrives, the first time."""
    answers = iter([True])

    def place(order: WarehouseOrder) -> WarehouseCopy:
        copy = world.warehouse.place(order)
        if next(answers, False):
            raise OutcomeUnknownError("no answer")
        return copy

    return replace(world.push(), warehouse=altered(world.warehouse, place=place))


def test_after_a_lost_answer_it_looks_and_finds_its_order(world: World) -> None:
    hint = world.order_hint(an_order())
    push = losing_the_first_answer(world)
    with pytest.raises(OutcomeUnknownError):
        push.converge("order-1", [hint], world.deadline(60))
    assert push.converge("order-1", [hint], world.deadline(60)).ending is Ending.PROVEN
    assert (world.warehouse.placed, world.warehouse.found) == (1, 1)


def test_a_copy_that_people_cancelled_meanwhile_does_not_count_as_present(world: World) -> None:
    hint = world.order_hint(an_order())
    push = losing_the_first_answer(world)
    with pytest.raises(OutcomeUnknownError):
        push.converge("order-1", [hint], world.deadline(60))
    world.warehouse.cancel("WEB-order-1")
    assert push.converge("order-1", [hint], world.deadline(60)).notes == {"code": "WAREHOUSE_COPY_CANCELLED"}


def test_two_live_copies_are_an_exception_and_nothing_is_written(world: World) -> None:
    hint = world.order_hint(an_order())
    push = losing_the_first_answer(world)
    with pytest.raises(OutcomeUnknownError):
        push.converge("order-1", [hint], world.deadline(60))
    world.warehouse.copies.append(replace(world.warehouse.copies[0], warehouse_id="other"))
    assert push.converge("order-1", [hint], world.deadline(60)).notes == {"code": "WAREHOUSE_COPY_DOUBLED"}
    assert world.warehouse.placed == 1


def test_a_copy_that_differs_is_never_called_proven(world: World) -> None:
    def miscount(order: WarehouseOrder) -> WarehouseCopy:
        copy = world.warehouse.place(order)
        return replace(copy, lines=(replace(copy.lines[0], quantity=99),))

    push = replace(world.push(), warehouse=altered(world.warehouse, place=miscount))
    outcome = push.converge("order-1", [world.order_hint(an_order())], world.deadline(60))
    assert outcome.notes == {"code": "WAREHOUSE_COPY_DIFFERS"}
    assert world.states.load("order-1").warehouse.proven_at is None  # type: ignore[union-attr]


def test_nothing_is_begun_that_the_invocation_could_not_finish(world: World) -> None:
    with pytest.raises(OutOfTimeError):
        world.converge(world.order_hint(an_order()), seconds=5)
    assert world.warehouse.placed == 0
    assert world.states.load("order-1").warehouse is None


# Held for a system


def test_a_held_order_is_read_again_when_it_is_woken(world: World) -> None:
    hint = world.order_hint(an_order())
    outcome = world.push().hold("order-1", [hint], HoldReason.SYSTEM_DOWN, "Deposco is away", world.in_a_minute())
    assert outcome.ending is Ending.HELD
    assert world.converge(world.sweep_hint("order-1")).ending is Ending.PROVEN
    assert world.states.load("order-1").warehouse.hold is None  # type: ignore[union-attr]


def test_a_duplicate_during_an_outage_does_not_hold_a_proven_order(world: World) -> None:
    hint = world.order_hint(an_order())
    world.converge(hint)
    world.tell()
    outcome = world.push().hold("order-1", [hint], HoldReason.SYSTEM_DOWN, "away", world.in_a_minute())
    assert outcome.ending is Ending.UNCHANGED


def test_a_defect_parks_the_order_under_engineering(world: World) -> None:
    outcome = world.push().park("order-1", "an unexpected KeyError")
    assert outcome.notes == {"code": "UNEXPECTED_ERROR"}
    assert world.exceptions.of_order("order-1")[0].owner.value == "engineering"


# Turns that died half-way

CUT_ADDRESS = replace(HOME, city="")


def test_a_mended_order_whose_new_try_fails_is_tried_again(world: World) -> None:
    world.converge(world.order_hint(an_order(shipping_address=CUT_ADDRESS)))
    mended = world.order_hint(an_order(version=2), "OrderShippingAddressSet", document=None)
    push = losing_the_first_answer(world)
    with pytest.raises(OutcomeUnknownError):
        push.converge("order-1", [mended], world.deadline(60))
    again = replace(mended, receive_count=2)
    assert push.converge("order-1", [again], world.deadline(60)).ending is Ending.PROVEN
    assert world.exceptions.all_open() == ()


def test_a_try_that_died_is_found_by_the_sweep_even_if_its_message_never_comes_again(world: World) -> None:
    with pytest.raises(OutcomeUnknownError):
        losing_the_first_answer(world).converge("order-1", [world.order_hint(an_order())], world.deadline(60))
    hold = world.states.load("order-1").warehouse.hold  # type: ignore[union-attr]
    assert hold is not None
    assert hold.reason is HoldReason.SENDING
    assert world.converge(world.sweep_hint("order-1")).ending is Ending.PROVEN
    assert world.warehouse.placed == 1


@pytest.mark.parametrize("woken_by", ["message", "sweep"])
def test_a_proof_whose_hint_was_lost_is_told_by_whatever_comes_next(world: World, woken_by: str) -> None:
    hint = world.order_hint(an_order()) if woken_by == "message" else world.sweep_hint("order-1")
    world.shop.put(an_order())

    def lose(_: object) -> None:
        raise TransientError("SQS is away")

    push = replace(world.push(), lanes=altered(world.lanes, to_storefront=lose))
    with pytest.raises(TransientError):
        push.converge("order-1", [hint], world.deadline(60))
    world.converge(replace(hint, receive_count=2))
    assert [told.order_id for told in world.lanes.storefront] == ["order-1"]


def test_an_order_that_owes_the_shop_a_word_is_held_when_it_cannot_say_it(world: World) -> None:
    hint = world.order_hint(an_order())
    world.converge(hint)
    outcome = world.push().hold("order-1", [hint], HoldReason.SYSTEM_DOWN, "SQS is away", world.in_a_minute())
    assert outcome.ending is Ending.HELD


def test_an_address_changed_while_the_outcome_was_unknown_is_sent(world: World) -> None:
    order = an_order()
    push = losing_the_first_answer(world)
    with pytest.raises(OutcomeUnknownError):
        push.converge("order-1", [world.order_hint(order)], world.deadline(60))
    moved = replace(order, version=2, shipping_address=replace(HOME, street="Other Street 2"))
    sent: list[str] = []

    def place(wanted: WarehouseOrder) -> WarehouseCopy:
        sent.append(wanted.ship_to.street)
        return world.warehouse.place(wanted)

    push = replace(world.push(), warehouse=altered(world.warehouse, place=place))
    outcome = push.converge("order-1", [world.order_hint(moved, "OrderShippingAddressSet")], world.deadline(60))
    assert outcome.ending is Ending.PROVEN
    assert sent == ["Other Street 2"]


def test_a_business_unit_that_changes_in_the_settings_does_not_double_an_open_try(world: World) -> None:
    hint = world.order_hint(an_order())
    with pytest.raises(OutcomeUnknownError):
        losing_the_first_answer(world).converge("order-1", [hint], world.deadline(60))
    moved = replace(SETTINGS, default_store=replace(SETTINGS.default_store, business_unit="OTHER"))
    push = replace(world.push(), settings=MemorySettingsSource(parse_settings, moved))
    assert push.converge("order-1", [replace(hint, receive_count=2)], world.deadline(60)).ending is Ending.PROVEN
    assert [copy.business_unit for copy in world.warehouse.copies] == ["DEMO"]


def test_settings_that_change_are_no_change_of_a_proven_order(world: World) -> None:
    order = an_order()
    world.converge(world.order_hint(order))
    store = replace(SETTINGS.default_store, ship_via_map={"Standard": "AIR"})
    push = replace(world.push(), settings=MemorySettingsSource(parse_settings, replace(SETTINGS, default_store=store)))
    paid = world.order_hint(replace(order, version=2), "OrderPaymentStateChanged")
    assert push.converge("order-1", [paid], world.deadline(60)).ending is Ending.UNCHANGED


def test_a_standing_hold_does_not_outlive_a_park(world: World) -> None:
    hint = world.order_hint(an_order(shipping_address=CUT_ADDRESS))
    world.converge(hint)
    world.push().hold("order-1", [world.sweep_hint("order-1")], HoldReason.PAUSED, "stocktaking", world.in_a_minute())
    assert world.converge(world.sweep_hint("order-1")).ending is Ending.PARKED
    assert world.states.load("order-1").warehouse.hold is None  # type: ignore[union-attr]


def test_an_order_that_waits_for_a_system_for_hours_is_shown_to_a_person(world: World) -> None:
    for _ in range(2):
        hint = world.sweep_hint("order-1")
        world.push().hold("order-1", [hint], HoldReason.SYSTEM_DOWN, "answered 504", world.in_a_minute())
        world.clock.advance(4 * 3600)
    assert [exception.code for exception in world.exceptions.all_open()] == []
    world.push().hold("order-1", [world.sweep_hint("order-1")], HoldReason.SYSTEM_DOWN, "504", world.in_a_minute())
    assert [exception.code.value for exception in world.exceptions.all_open()] == ["WAITS_TOO_LONG"]


# What people do after an exception


def test_a_second_edit_after_sending_is_raised_though_the_first_was_dealt_with(world: World) -> None:
    order = an_order()
    world.converge(world.order_hint(order))
    world.converge(world.order_hint(replace(order, version=2, lines=(a_line(1, quantity=2),)), "OrderEditApplied"))
    world.exceptions.resolve(
        ExceptionCode.CHANGED_AFTER_SENDING, order_id="order-1", at=world.clock.now(), by="customer care"
    )
    paid = world.order_hint(replace(order, version=3, lines=(a_line(1, quantity=2),)), "OrderPaymentStateChanged")
    world.converge(paid)
    assert world.exceptions.all_open() == ()
    world.converge(world.order_hint(replace(order, version=4, lines=(a_line(1, quantity=3),)), "OrderEditApplied"))
    assert [exception.code.value for exception in world.exceptions.all_open()] == ["CHANGED_AFTER_SENDING"]


def test_a_change_that_is_taken_back_closes_its_exception(world: World) -> None:
    order = an_order()
    world.converge(world.order_hint(order))
    world.converge(world.order_hint(replace(order, version=2, lines=(a_line(1, quantity=2),)), "OrderEditApplied"))
    world.converge(world.order_hint(replace(order, version=3), "OrderEditApplied"))
    assert world.exceptions.all_open() == ()


def test_a_cancellation_that_is_taken_back_closes_its_exception(world: World) -> None:
    order = an_order()
    world.converge(world.order_hint(order))
    world.converge(world.order_hint(replace(order, version=2, status=OrderStatus.CANCELLED), "OrderStateChanged"))
    world.converge(world.order_hint(replace(order, version=3), "OrderStateChanged"))
    assert world.exceptions.all_open() == ()


def test_a_proven_order_that_becomes_inexpressible_is_a_change_like_any_other(world: World) -> None:
    order = an_order()
    world.converge(world.order_hint(order))
    emptied = replace(order, version=2, shipping_address=CUT_ADDRESS)
    outcome = world.converge(world.order_hint(emptied, "OrderShippingAddressSet"))
    assert outcome.notes == {"code": "CHANGED_AFTER_SENDING"}


# Deleted


def test_a_deletion_during_an_outage_is_not_forgotten(world: World) -> None:
    order = an_order()
    world.converge(world.order_hint(order))
    world.tell()
    deleted = world.order_hint(order, "OrderDeleted")
    world.shop.remove("order-1")
    outcome = world.push().hold("order-1", [deleted], HoldReason.SYSTEM_DOWN, "away", world.in_a_minute())
    assert outcome.ending is Ending.HELD
    assert world.converge(world.sweep_hint("order-1")).ending is Ending.PARKED


def test_a_deletion_that_overtakes_the_creation_keeps_the_order_from_being_sent(world: World) -> None:
    created = world.order_hint(an_order())
    deleted = world.order_hint(an_order(), "OrderDeleted")
    world.shop.remove("order-1")
    assert world.converge(deleted).ending is Ending.CANCELLED
    assert world.converge(created).ending is Ending.UNCHANGED
    assert world.warehouse.placed == 0


def test_a_cancellation_between_the_hold_and_the_orphans_read_is_respected(world: World) -> None:
    hint = world.order_hint(an_unpaid_order())
    world.pay("payment-1")
    cancelled = an_unpaid_order(version=2, status=OrderStatus.CANCELLED, payments=(a_payment(charge=1000),))
    reads = iter([an_unpaid_order(), cancelled])
    push = replace(world.push(), shop=altered(world.shop, fetch=lambda _: next(reads)))
    assert push.converge("order-1", [hint], world.deadline(60)).ending is Ending.CANCELLED
    assert world.warehouse.placed == 0


def test_an_order_of_a_store_that_the_settings_do_not_know_is_parked(world: World) -> None:
    named = replace(SETTINGS, stores={"eu": SETTINGS.default_store})
    push = replace(world.push(), settings=MemorySettingsSource(parse_settings, named))
    outcome = push.converge("order-1", [world.order_hint(an_order(store_key="us"))], world.deadline(60))
    assert outcome.notes == {"code": "STORE_UNKNOWN"}


@pytest.mark.parametrize("second_try", ["lost", "refused"])
def test_an_edit_during_an_unknown_outcome_is_sent_however_the_second_try_ends(world: World, second_try: str) -> None:
    """The first copy went to the old address: nothing but a placed copy of the new one may be called proven."""
    order = an_order()
    sent: list[str] = []
    troubles = iter(
        [
            OutcomeUnknownError("no answer"),
            TransientError("429")
            if second_try == "lost"
            else PermanentError(ExceptionCode.WAREHOUSE_REJECTED, "it is released already"),
        ]
    )

    def place(wanted: WarehouseOrder) -> WarehouseCopy:
        trouble = next(troubles, None)
        if trouble is not None and not isinstance(trouble, OutcomeUnknownError):
            raise trouble
        sent.append(wanted.ship_to.street)
        copy = world.warehouse.place(wanted)
        if trouble is not None:
            raise trouble
        return copy

    push = replace(world.push(), warehouse=altered(world.warehouse, place=place))
    with pytest.raises(OutcomeUnknownError):
        push.converge("order-1", [world.order_hint(order)], world.deadline(60))
    moved = replace(order, version=2, shipping_address=replace(HOME, street="Other Street 2"))
    hint = world.order_hint(moved, "OrderShippingAddressSet")
    if second_try == "lost":
        with pytest.raises(TransientError):
            push.converge("order-1", [hint], world.deadline(60))
    else:
        assert push.converge("order-1", [hint], world.deadline(60)).notes == {"code": "WAREHOUSE_REJECTED"}
    assert push.converge("order-1", [world.sweep_hint("order-1")], world.deadline(60)).ending is Ending.PROVEN
    assert sent == [HOME.street, "Other Street 2"]


def test_an_order_that_may_ship_already_is_not_held_in_silence(world: World) -> None:
    with pytest.raises(OutcomeUnknownError):
        losing_the_first_answer(world).converge("order-1", [world.order_hint(an_order())], world.deadline(60))
    voided = world.order_hint(an_unpaid_order(version=2), "OrderPaymentStateChanged")
    assert world.converge(voided).notes == {"code": "CHANGED_AFTER_SENDING"}


def test_whatever_was_raised_about_a_proven_order_closes_when_it_is_as_it_was_sent(world: World) -> None:
    hint = world.order_hint(an_order())
    world.converge(hint)
    world.push().park("order-1", "an unexpected KeyError")
    assert len(world.exceptions.all_open()) == 1
    world.converge(world.sweep_hint("order-1"))
    assert world.exceptions.all_open() == ()


def test_an_edited_order_that_is_revived_keeps_only_the_edit_open(world: World) -> None:
    order = an_order()
    edited = replace(order, version=2, lines=(a_line(1, quantity=2),))
    world.converge(world.order_hint(order))
    world.converge(world.order_hint(edited, "OrderEditApplied"))
    world.converge(world.order_hint(replace(edited, version=3, status=OrderStatus.CANCELLED), "OrderStateChanged"))
    world.converge(world.order_hint(replace(edited, version=4), "OrderStateChanged"))
    assert [exception.code.value for exception in world.exceptions.all_open()] == ["CHANGED_AFTER_SENDING"]


def test_an_unsent_order_deleted_during_an_outage_ends_as_cancelled(world: World) -> None:
    world.converge(world.order_hint(an_unpaid_order()))
    world.shop.remove("order-1")
    assert world.converge(world.sweep_hint("order-1")).ending is Ending.CANCELLED
    assert world.exceptions.all_open() == ()


def test_a_long_pause_is_no_long_wait_for_a_system(world: World) -> None:
    world.push().hold("order-1", [world.sweep_hint("order-1")], HoldReason.PAUSED, "stocktaking", world.in_a_minute())
    world.clock.advance(7 * 3600)
    world.push().hold("order-1", [world.sweep_hint("order-1")], HoldReason.SYSTEM_DOWN, "504", world.in_a_minute())
    assert world.exceptions.all_open() == ()
