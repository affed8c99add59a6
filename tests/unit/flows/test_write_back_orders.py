"""What the shop is told, and at which version."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from lockstep.domain.errors import ConcurrentChangeError, OutcomeUnknownError, PermanentError, TransientError
from lockstep.domain.exception_codes import ExceptionCode
from lockstep.domain.open_exceptions import ExceptionState
from lockstep.domain.order_state import HoldReason
from lockstep.domain.orders import OrderStatus
from lockstep.flows.outcomes import Ending

from tests.support.orders import a_line, an_order
from tests.support.world import World, altered


@pytest.fixture
def world() -> World:
    world = World()
    world.converge(world.order_hint(an_order()))
    return world


def shown(world: World) -> tuple[str | None, OrderStatus, dict[str, str]]:
    order = world.shop.fetch("order-1")
    assert order is not None
    return order.view.warehouse_number, order.view.status, dict(order.view.fields)


def test_a_proven_order_is_acknowledged_in_one_write_without_a_read(world: World) -> None:
    outcome = world.tell()
    assert outcome is not None
    assert outcome.ending is Ending.ACKNOWLEDGED
    assert (world.shop.written, world.shop.fetched) == (1, 0)
    assert shown(world) == (
        "WEB-order-1",
        OrderStatus.CONFIRMED,
        {"lockstepStatus": "proven", "lockstepWarehouseOrder": "WEB-order-1"},
    )


def test_the_version_of_our_write_is_remembered(world: World) -> None:
    world.tell()
    record = world.states.load("order-1").storefront
    assert record is not None
    assert record.view is not None
    assert record.view.version == 2
    assert record.own_versions == (2,)


def test_a_hint_told_twice_writes_once(world: World) -> None:
    hint = world.lanes.storefront[0]
    world.tell()
    stored = world.states.load("order-1")
    again = world.write_back().converge("order-1", [hint], world.deadline(60))
    assert again.ending is Ending.UNCHANGED
    assert world.shop.written == 1
    assert world.states.load("order-1") == stored


def test_a_change_in_between_is_a_conflict_that_is_read_and_recomputed(world: World) -> None:
    order = world.shop.fetch("order-1")
    assert order is not None
    view = replace(order.view, version=7, status=OrderStatus.CONFIRMED)
    world.shop.put(replace(order, version=7, status=OrderStatus.CONFIRMED, view=view))
    world.shop.fetched = 0
    outcome = world.tell()
    assert outcome is not None
    assert outcome.ending is Ending.ACKNOWLEDGED
    assert (world.shop.written, world.shop.fetched) == (2, 1)
    assert world.states.load("order-1").storefront.conflicts == 1  # type: ignore[union-attr]
    assert shown(world)[0] == "WEB-order-1"


def test_somebody_elses_custom_type_is_left_alone(world: World) -> None:
    order = world.shop.fetch("order-1")
    assert order is not None
    world.shop.put(replace(order, version=5, view=replace(order.view, version=5, custom_type_id="theirs")))
    world.tell()
    number, _, fields = shown(world)
    assert (number, fields) == ("WEB-order-1", {})


def test_after_a_lost_answer_it_reads_before_it_writes(world: World) -> None:
    def write_and_lose_the_answer(*arguments: Any) -> Any:
        world.shop.write(*arguments)
        raise OutcomeUnknownError("no answer")

    flow = replace(world.write_back(), shop=altered(world.shop, write=write_and_lose_the_answer))
    hint = world.lanes.storefront[0]
    with pytest.raises(OutcomeUnknownError):
        flow.converge("order-1", [hint], world.deadline(60))
    outcome = world.tell(receive_count=2)
    assert outcome is not None
    assert outcome.ending is Ending.ACKNOWLEDGED
    assert world.shop.written == 1


def test_an_order_that_never_stops_changing_waits_for_the_next_delivery(world: World) -> None:
    def change_again(*_: Any) -> Any:
        raise ConcurrentChangeError("changed again")

    flow = replace(world.write_back(), shop=altered(world.shop, write=change_again))
    with pytest.raises(TransientError):
        flow.converge("order-1", [world.lanes.storefront[0]], world.deadline(600))


def test_what_the_shop_refuses_is_engineerings_and_resolves_itself(world: World) -> None:
    def refuse(*_: Any) -> Any:
        raise PermanentError(ExceptionCode.SHOP_REJECTED_WRITE, "refused", facts={"reason": "InvalidInput"})

    flow = replace(world.write_back(), shop=altered(world.shop, write=refuse))
    outcome = flow.converge("order-1", [world.lanes.storefront[0]], world.deadline(60))
    assert outcome.notes == {"code": "SHOP_REJECTED_WRITE"}
    (exception,) = world.exceptions.of_order("order-1")
    assert exception.owner.value == "engineering"
    world.tell()
    (exception,) = world.exceptions.of_order("order-1")
    assert exception.state is ExceptionState.RESOLVED


def test_a_held_order_is_told_later(world: World) -> None:
    hint = world.lanes.storefront[0]
    world.write_back().hold("order-1", [hint], HoldReason.SYSTEM_DOWN, "away", world.in_a_minute())
    assert world.states.load("order-1").storefront.hold is not None  # type: ignore[union-attr]
    world.tell()
    assert world.states.load("order-1").storefront.hold is None  # type: ignore[union-attr]


def test_an_exception_is_shown_on_the_order_and_taken_away_again() -> None:
    world = World()
    world.converge(world.order_hint(an_order(lines=(a_line(1, sku="NEW"),))))
    world.tell()
    assert shown(world) == (
        None,
        OrderStatus.OPEN,
        {"lockstepStatus": "exception", "lockstepException": "SKU_UNMAPPED"},
    )
    world.know("NEW")
    world.converge(world.sweep_hint("order-1"))
    world.tell()
    assert shown(world) == (
        "WEB-order-1",
        OrderStatus.CONFIRMED,
        {"lockstepStatus": "proven", "lockstepWarehouseOrder": "WEB-order-1"},
    )


def test_a_hint_for_an_order_nobody_pushed_changes_nothing() -> None:
    world = World()
    outcome = world.write_back().converge("ghost", [world.sweep_hint("ghost")], world.deadline(60))
    assert outcome.ending is Ending.UNCHANGED
    assert world.shop.written == 0


def test_a_number_under_our_channel_acknowledges_nothing_that_is_not_proven() -> None:
    world = World()
    order = an_order(lines=(a_line(1, sku="NEW"),))
    order = replace(order, view=replace(order.view, warehouse_number="OLD-7"))
    world.converge(world.order_hint(order))
    world.tell()
    assert world.states.load("order-1").storefront.acknowledged_at is None  # type: ignore[union-attr]


def test_another_number_under_our_channel_is_replaced_by_the_proven_one() -> None:
    world = World()
    order = an_order()
    world.converge(world.order_hint(replace(order, view=replace(order.view, warehouse_number="OLD-7"))))
    world.tell()
    assert shown(world)[0] == "WEB-order-1"


def test_a_standing_hold_does_not_outlive_a_park(world: World) -> None:
    def refuse(*_: Any) -> Any:
        raise PermanentError(ExceptionCode.SHOP_REJECTED_WRITE, "refused")

    flow = replace(world.write_back(), shop=altered(world.shop, write=refuse))
    hint = world.lanes.storefront[0]
    flow.converge("order-1", [hint], world.deadline(60))
    flow.hold("order-1", [hint], HoldReason.PAUSED, "stocktaking", world.in_a_minute())
    flow.converge("order-1", [hint], world.deadline(60))
    assert world.states.load("order-1").storefront.hold is None  # type: ignore[union-attr]
