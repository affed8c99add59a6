"""The warehouse at work by itself: waves at an interval, then picking, packing and shipping, with everyday mishaps.

Off until told: `POST /_admin/warehouse {"do": "work", "wave_every_seconds": 600, ...}`. Everything happens by the
double's clock and is drawn from the account's seed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from local.deposco_double import statuses
from local.deposco_double.account import Account
from local.deposco_double.kinds import SALES_ORDER
from local.deposco_double.order_lines import remaining, unreleased
from local.deposco_double.store import Record, Selection
from local.deposco_double.warehouse import Warehouse

_MOST_ORDERS_IN_A_WAVE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """How a warehouse works. Times in seconds of the double's clock, the rest are probabilities from 0 to 1.

    split: an order leaves in two shipments. parcels: a shipment has two containers. short: a line is one pack short.
    late_tracking: tracking comes `tracking_after_seconds` after the shipment. label: a label without units is printed
    too. roll_back: a shipment is taken back and shipped again. cancel: an order of the wave is canceled instead.
    """

    wave_every_seconds: float = 600.0
    pick_after_seconds: float = 120.0
    ship_after_seconds: float = 300.0
    tracking_after_seconds: float = 900.0
    split: float = 0.0
    parcels: float = 0.0
    short: float = 0.0
    late_tracking: float = 0.0
    label: float = 0.0
    roll_back: float = 0.0
    cancel: float = 0.0

    @classmethod
    def read(cls, raw: Mapping[str, Any]) -> Habits:
        """Read habits as a scenario writes them; raises ValueError for a habit that does not exist."""
        known = {habit.name for habit in fields(cls)}
        if unknown := sorted(raw.keys() - known):
            raise ValueError(f"no such habit: {', '.join(unknown)}; there are {', '.join(sorted(known))}")
        return cls(**{name: float(value) for name, value in raw.items()})


class WorkingDay:
    """Lets a warehouse work by itself."""

    def __init__(self, account: Account, warehouse: Warehouse) -> None:
        self._account = account
        self._warehouse = warehouse
        self._habits: Habits | None = None
        self._shift = 0

    def begin(self, habits: Habits) -> None:
        """Work by these habits from now on; former habits end."""
        self._habits = habits
        self._shift += 1
        self._next_wave(self._shift)

    def end(self) -> None:
        """No further wave; what was released is still shipped."""
        self._habits = None
        self._shift += 1

    def _next_wave(self, shift: int) -> None:
        habits = self._habits
        if habits is None or shift != self._shift:
            return

        def wave() -> None:
            if shift == self._shift:
                self._wave(habits)
                self._next_wave(shift)

        self._account.later(habits.wave_every_seconds, wave)

    def _happens(self, probability: float) -> bool:
        return self._account.chance.random() < probability

    def _in(self, *wanted: str) -> list[Record]:
        """Orders in these statuses, status by status, oldest first."""
        return [
            order
            for status in wanted
            for order in reversed(
                self._account.store.select(SALES_ORDER.name, Selection(status=status), limit=_MOST_ORDERS_IN_A_WAVE)
            )
        ]

    def _wave(self, habits: Habits) -> None:
        for order in self._in(statuses.PARTIALLY_SHIPPED):
            if any(unreleased(line) > 0 for line in order.body["orderLines"]["data"]):
                self._warehouse.obey({"do": "release", **_naming(order)})
                self._then(habits.ship_after_seconds, order, self._ship, habits)
        for order in self._in(statuses.BACK_ORDERED, statuses.READY, statuses.NEW):
            if self._happens(habits.cancel):
                self._warehouse.obey({"do": "cancel", **_naming(order)})
                continue
            self._warehouse.obey({"do": "wave", **_naming(order)})
            self._warehouse.obey({"do": "release", **_naming(order)})
            self._then(habits.pick_after_seconds, order, self._pick, habits)

    def _then(self, seconds: float, order: Record, step: Any, habits: Habits) -> None:
        """Do a step of this order later, unless the order has been finished or taken back meanwhile."""

        def work() -> None:
            current = self._account.store.get(SALES_ORDER.name, order.id)
            if current is not None:
                step(current, habits)

        self._account.later(seconds, work)

    def _pick(self, order: Record, habits: Habits) -> None:
        if order.body["orderStatus"] not in (statuses.RELEASED, statuses.PARTIALLY_RELEASED):
            return
        released = [line for line in order.body["orderLines"]["data"] if line["_released"] >= 1]
        shorts = {line["lineNumber"]: 1 for line in released if self._happens(habits.short)}
        self._warehouse.obey({"do": "pick", "shorts": shorts, **_naming(order)})
        self._then(habits.ship_after_seconds, order, self._ship, habits)

    def _ship(self, order: Record, habits: Habits) -> None:
        if order.body["orderStatus"] not in (statuses.PICK_COMPLETE, statuses.PARTIALLY_SHIPPED):
            return
        picked = {
            line["lineNumber"]: min(line["_released"], remaining(line)) for line in order.body["orderLines"]["data"]
        }
        packs = {number: quantity for number, quantity in picked.items() if quantity > 0}
        if not packs:
            return
        if self._happens(habits.split) and sum(packs.values()) > 1:
            number = next(iter(packs))
            packs = {number: max(1.0, packs[number] // 2)}
            self._then(habits.ship_after_seconds, order, self._ship, habits)
        command: dict[str, Any] = {"do": "ship", "lines": packs, **_naming(order)}
        if self._happens(habits.parcels):
            command["parcels"] = 2
        if self._happens(habits.late_tracking):
            command |= {"tracking": "late", "tracking_after_seconds": habits.tracking_after_seconds}
        shipments = self._warehouse.obey(command)
        if self._happens(habits.label):
            self._warehouse.obey({"do": "label", **_naming(order)})
        if self._happens(habits.roll_back):
            self._warehouse.obey({"do": "roll_back", "shipment": shipments[-1].number})
            self._then(habits.ship_after_seconds, order, self._ship, habits)


def _naming(order: Record) -> dict[str, str]:
    return {"order": order.number, "business_unit": order.unit}
