"""What the shop's order should hold, and the smallest change that gets it there."""

from __future__ import annotations

from dataclasses import replace

from lockstep.domain.exception_codes import ExceptionCode
from lockstep.domain.order_state import WarehouseRecord
from lockstep.domain.orders import OrderStatus, ShopView
from lockstep.domain.storefront_facts import ChangeStatus, SetFields, SetSyncInfo, changes_due

from tests.support.orders import NOON, STOREFRONT

PROVEN = WarehouseRecord(
    order_id="order-1", warehouse_number="WEB-1", sending_since=NOON, proven_at=NOON, seen_version=1
)
FRESH = ShopView(version=1, status=OrderStatus.OPEN)
DONE = ShopView(
    version=4,
    status=OrderStatus.CONFIRMED,
    warehouse_number="WEB-1",
    custom_type_id="our-type",
    fields=(("lockstepStatus", "proven"), ("lockstepWarehouseOrder", "WEB-1")),
)


def test_a_proven_order_is_told_number_state_and_fields_at_once() -> None:
    changes = changes_due(PROVEN, FRESH, STOREFRONT, our_type_id=None)
    assert changes == (
        SetSyncInfo(channel_key="lockstep-warehouse", external_id="WEB-1"),
        ChangeStatus(status=OrderStatus.CONFIRMED),
        SetFields(
            type_key="lockstep-order",
            fields=(("lockstepStatus", "proven"), ("lockstepWarehouseOrder", "WEB-1")),
        ),
    )


def test_an_order_that_holds_it_all_needs_nothing() -> None:
    assert changes_due(PROVEN, DONE, STOREFRONT, our_type_id="our-type") == ()


def test_the_order_state_is_left_alone_unless_the_setting_says_otherwise() -> None:
    silent = replace(STOREFRONT, confirm_orders=False)
    changes = changes_due(PROVEN, FRESH, silent, our_type_id=None)
    assert not any(isinstance(change, ChangeStatus) for change in changes)


def test_an_order_that_is_beyond_open_is_never_set_back() -> None:
    complete = replace(FRESH, status=OrderStatus.COMPLETE)
    changes = changes_due(PROVEN, complete, STOREFRONT, our_type_id=None)
    assert not any(isinstance(change, ChangeStatus) for change in changes)


def test_the_shops_own_custom_type_is_never_replaced() -> None:
    taken = replace(FRESH, custom_type_id="the-shops-type")
    changes = changes_due(PROVEN, taken, STOREFRONT, our_type_id="our-type")
    assert not any(isinstance(change, SetFields) for change in changes)


def test_only_the_fields_that_differ_are_written() -> None:
    stale = replace(DONE, fields=(("lockstepStatus", "exception"), ("lockstepWarehouseOrder", "WEB-1")))
    changes = changes_due(PROVEN, stale, STOREFRONT, our_type_id="our-type")
    assert changes == (SetFields(type_key=None, fields=(("lockstepStatus", "proven"),)),)


def test_an_order_that_waits_is_told_nothing() -> None:
    waiting = WarehouseRecord(order_id="order-1")
    assert changes_due(waiting, FRESH, STOREFRONT, our_type_id=None) == ()


def test_an_exception_is_shown_and_no_number_before_the_proof() -> None:
    parked = WarehouseRecord(order_id="order-1", open_codes=(ExceptionCode.SKU_UNMAPPED,))
    assert changes_due(parked, FRESH, STOREFRONT, our_type_id=None) == (
        SetFields(
            type_key="lockstep-order",
            fields=(("lockstepStatus", "exception"), ("lockstepException", "SKU_UNMAPPED")),
        ),
    )


def test_a_resolved_exception_is_taken_away_again() -> None:
    was_parked = replace(DONE, fields=(*DONE.fields, ("lockstepException", "SKU_UNMAPPED")))
    changes = changes_due(PROVEN, was_parked, STOREFRONT, our_type_id="our-type")
    assert changes == (SetFields(type_key=None, fields=(("lockstepException", ""),)),)
