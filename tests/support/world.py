"""Both flows over in-memory ports, a shop and a warehouse to look into, and crashes at any step."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, cast

from lockstep.adapters.memory.lanes import MemoryLanes
from lockstep.adapters.memory.open_exceptions import MemoryOpenExceptions
from lockstep.adapters.memory.order_states import MemoryOrderStates
from lockstep.adapters.memory.settings_source import MemorySettingsSource
from lockstep.adapters.memory.shop_orders import MemoryShopOrders
from lockstep.adapters.memory.sku_map import MemorySkuMap
from lockstep.adapters.memory.warehouse_orders import MemoryWarehouseOrders
from lockstep.adapters.settings_document import parse_settings
from lockstep.domain.hints import Cause, Hint
from lockstep.domain.orders import ShopOrder
from lockstep.domain.warehouse_orders import MappedItem
from lockstep.flows.deadline import Deadline
from lockstep.flows.outcomes import Outcome
from lockstep.flows.push_orders import PushOrders
from lockstep.flows.receive_storefront_events import ReceiveStorefrontEvents
from lockstep.flows.write_back_orders import WriteBackOrders

from tests.support.fake_clock import FakeClock
from tests.support.orders import SETTINGS

UNIT = "DEMO"


class CrashError(Exception):
    """The process died here."""


@dataclass(slots=True)
class Crashes:
    """Where the next crash strikes: at step `at` (from 0), before or after its effect; None never."""

    at: int | None = None
    after_effect: bool = False
    steps: int = 0

    def guard(self, call: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        strikes = self.steps == self.at
        self.steps += 1
        if strikes and not self.after_effect:
            raise CrashError
        result = call(*arguments, **named)
        if strikes:
            raise CrashError
        return result


class Fragile:
    """A port whose every call is a step at which the process may die."""

    def __init__(self, port: object, crashes: Crashes) -> None:
        self._port = port
        self._crashes = crashes

    def __getattr__(self, name: str) -> Any:
        call = getattr(self._port, name)
        return lambda *arguments, **named: self._crashes.guard(call, *arguments, **named)


class _Altered:
    def __init__(self, port: object, calls: dict[str, Callable[..., Any]]) -> None:
        self._port = port
        self._calls = calls

    def __getattr__(self, name: str) -> Any:
        return self._calls.get(name) or getattr(self._port, name)


def altered(port: object, **calls: Callable[..., Any]) -> Any:
    """The port with some of its calls answered otherwise."""
    return _Altered(port, calls)


@dataclass(slots=True)
class World:
    """A shop, a warehouse and both flows between them."""

    clock: FakeClock = field(default_factory=FakeClock)
    states: MemoryOrderStates = field(default_factory=MemoryOrderStates)
    shop: MemoryShopOrders = field(default_factory=MemoryShopOrders)
    warehouse: MemoryWarehouseOrders = field(default_factory=MemoryWarehouseOrders)
    sku_map: MemorySkuMap = field(default_factory=MemorySkuMap)
    exceptions: MemoryOpenExceptions = field(default_factory=MemoryOpenExceptions)
    lanes: MemoryLanes = field(default_factory=MemoryLanes)
    crashes: Crashes = field(default_factory=Crashes)
    settings: MemorySettingsSource = field(default_factory=lambda: MemorySettingsSource(parse_settings, SETTINGS))
    messages: int = 0

    def __post_init__(self) -> None:
        for number in range(1, 200):
            self.know(f"SKU-{number}")

    def know(self, sku: str) -> None:
        """The SKU is mapped to its item, and the warehouse has it."""
        item = MappedItem(sku=sku, item_number=f"ITM-{sku}")
        self.sku_map.map_sku(UNIT, item)
        self.warehouse.stock([item.item_number])

    def push(self) -> PushOrders:
        """The flow into the warehouse; every port but the clock may crash."""
        return PushOrders(
            states=self._fragile(self.states),
            shop=self._fragile(self.shop),
            warehouse=self._fragile(self.warehouse),
            sku_map=self._fragile(self.sku_map),
            exceptions=self._fragile(self.exceptions),
            lanes=self._fragile(self.lanes),
            settings=self.settings,
            clock=self.clock,
        )

    def write_back(self) -> WriteBackOrders:
        """The flow back into the shop."""
        return WriteBackOrders(
            states=self._fragile(self.states),
            shop=self._fragile(self.shop),
            exceptions=self._fragile(self.exceptions),
            settings=self.settings,
            clock=self.clock,
        )

    def receive(self) -> ReceiveStorefrontEvents:
        """The flow that sorts the shop's messages."""
        return ReceiveStorefrontEvents(self._fragile(self.states), self._fragile(self.lanes), "demo")

    def order_hint(self, order: ShopOrder, message_type: str = "OrderCreated", **changes: Any) -> Hint:
        """The message about an order as it is put into the shop now, carrying it."""
        self.messages += 1
        hint = Hint(
            cause=Cause.ORDER_MESSAGE,
            order_id=order.order_id,
            message_id=f"message-{self.messages}",
            message_type=message_type,
            shop_version=order.version,
            document=self.shop.put(order),
        )
        return replace(hint, **changes)

    def sweep_hint(self, order_id: str) -> Hint:
        """A hint of the sweep."""
        self.messages += 1
        return Hint(cause=Cause.SWEEP, order_id=order_id, message_id=f"sweep-{self.messages}")

    def pay(self, payment_id: str) -> Hint | None:
        """A payment speaks; the hint that comes of it, if its order is known."""
        self.messages += 1
        notification = {
            "notificationType": "Message",
            "projectKey": "demo",
            "resource": {"typeId": "payment", "id": payment_id},
            "id": f"message-{self.messages}",
            "type": "PaymentTransactionAdded",
        }
        hint = self.receive().hint_for(notification)
        return hint if isinstance(hint, Hint) else None

    def converge(self, *hints: Hint, seconds: float = 60) -> Outcome:
        """One delivery of these messages to the flow into the warehouse."""
        return self.push().converge(hints[0].order_id, hints, self.deadline(seconds))

    def tell(self, *, receive_count: int = 1) -> Outcome | None:
        """Deliver the oldest message of the lane back to the shop; None when there is none."""
        if not self.lanes.storefront:
            return None
        hint = replace(self.lanes.storefront[0], receive_count=receive_count)
        outcome = self.write_back().converge(hint.order_id, [hint], self.deadline(60))
        self.lanes.storefront.pop(0)
        return outcome

    def deadline(self, seconds: float) -> Deadline:
        """So many seconds from now."""
        return Deadline(self.clock.now() + timedelta(seconds=seconds), self.clock)

    def in_a_minute(self) -> datetime:
        """A time to be woken at."""
        return self.clock.now() + timedelta(seconds=60)

    def _fragile(self, port: object) -> Any:
        return cast("Any", Fragile(port, self.crashes))
