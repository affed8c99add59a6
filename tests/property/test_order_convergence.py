"""Whatever happens to an order's messages and to the process, the order ends in the warehouse once, or says why not.

A life of an order is drawn: paid or not, cancelled or not, messages repeated and shuffled, deaths of the process at any
step, before or after its effect. Messages are delivered until they are done, as a queue would, and the sweep comes by.
Then both books are compared.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from hypothesis import given
from hypothesis import strategies as st
from lockstep.domain.errors import TransientError
from lockstep.domain.hints import Hint
from lockstep.domain.orders import OrderStatus, ShopOrder

from tests.support.orders import a_line, a_payment, an_order
from tests.support.world import CrashError, Crashes, World


@dataclass(frozen=True)
class Delivery:
    """One delivery of one message; the process may die at a step of it."""

    message: int
    dies_at: int | None
    after_effect: bool


deliveries = st.builds(
    Delivery,
    message=st.integers(min_value=0, max_value=3),
    dies_at=st.none() | st.integers(min_value=0, max_value=9),
    after_effect=st.booleans(),
)


def deliver(world: World, hint: Hint, delivery: Delivery) -> None:
    """One try; what fails is for a later delivery."""
    world.crashes = Crashes(at=delivery.dies_at, after_effect=delivery.after_effect)
    try:
        world.converge(hint)
    except (CrashError, TransientError):
        pass
    finally:
        world.crashes = Crashes()


def tell_everything(world: World, deaths: list[Delivery]) -> None:
    """Deliver the lane back to the shop; after a death the message comes again with a higher count."""
    for death in deaths:
        world.crashes = Crashes(at=death.dies_at, after_effect=death.after_effect)
        try:
            world.tell()
        except (CrashError, TransientError):
            world.crashes = Crashes()
            world.tell(receive_count=2)
        finally:
            world.crashes = Crashes()
    while world.tell() is not None:
        pass


@given(
    history=st.lists(deliveries, max_size=8),
    deaths=st.lists(deliveries, max_size=3),
    is_paid_late=st.booleans(),
    is_cancelled=st.booleans(),
    lines=st.integers(min_value=1, max_value=12),
)
def test_an_order_ends_in_the_warehouse_exactly_once_or_says_why_not(
    history: list[Delivery], deaths: list[Delivery], is_paid_late: bool, is_cancelled: bool, lines: int
) -> None:
    world = World()
    placed = an_order(lines=tuple(a_line(number, quantity=number) for number in range(1, lines + 1)))
    if is_paid_late:
        placed = replace(placed, payment_state="Pending", payment_ids=("payment-1",), payments=(a_payment(),))
    messages = [world.order_hint(placed)]
    now = placed
    if is_paid_late:
        now = replace(placed, payments=(a_payment(charge=placed.total.amount_minor),))
        world.shop.put(now)
        hint = world.pay("payment-1")
        messages += [hint] if hint is not None else []
    if is_cancelled:
        now = replace(now, version=2, status=OrderStatus.CANCELLED, view=replace(now.view, version=2))
        messages.append(world.order_hint(now, "OrderStateChanged", document=None))

    for delivery in history:
        deliver(world, messages[delivery.message % len(messages)], delivery)
    for message in messages:
        world.converge(message)
    world.converge(world.sweep_hint("order-1"))
    tell_everything(world, deaths)

    holds_exactly_one_copy(world, placed, is_cancelled=is_cancelled)


def holds_exactly_one_copy(world: World, placed: ShopOrder, *, is_cancelled: bool) -> None:
    """The judge: both books and the exceptions, compared."""
    copies = world.warehouse.copies
    assert len(copies) <= 1
    record = world.states.load("order-1").warehouse
    assert record is not None
    assert record.hold is None
    open_codes = {exception.code.value for exception in world.exceptions.all_open()}
    assert open_codes == {code.value for code in record.open_codes}
    shop_order = world.shop.fetch("order-1")
    assert shop_order is not None
    if not copies:
        assert is_cancelled
        assert record.cancelled_at is not None
        assert open_codes == set()
        return
    sold = {(line.line_id, f"ITM-{line.sku}", line.quantity) for line in placed.lines}
    assert {(line.shop_line_id, line.item_number, line.quantity) for line in copies[0].lines} == sold
    assert len(copies[0].lines) == len(sold)
    if is_cancelled:
        assert open_codes == {"CANCELLED_AFTER_SENDING"}
        return
    assert open_codes == set()
    assert shop_order.view.warehouse_number == copies[0].number
    assert dict(shop_order.view.fields)["lockstepStatus"] == "proven"
