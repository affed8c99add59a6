"""The people and machines behind the account: waves, release, picking, shipping, and all that goes wrong there.

A scenario speaks through `POST /_admin/warehouse` with one command or a list of them. Orders are named by number,
shipments by number, lines by line number; quantities are packs, except for stock, which is single pieces.

    {"do": "wave", "orders": ["A-1"]}            Wave Built
    {"do": "release", "order": "A-1"}            Released, Partially Released or Back Ordered, as the stock allows
    {"do": "pick", "order": "A-1", "shorts": {"1": 2}}
    {"do": "ship", "order": "A-1"}               everything left, a shipment per facility, one container each
        further: "lines": {"1": 1}, "parcels": 2, "containers": [{"lines": {"1": 1}, "tracking": "1Z"}],
        "facility": "WEST", "tracking": "late", "tracking_after_seconds": 600, "serials": {"1": ["S-1"]},
        "final": true (what is left is short)
    {"do": "track", "shipment": "SHP-1", "tracking": ["1Z"], "cost": 7.5}
    {"do": "label", "order": "A-1"}              a shipment with tracking and no units
    {"do": "roll_back", "shipment": "SHP-1"}     or "order": its last shipment
    {"do": "short" | "cancel" | "backorder", "order": "A-1", "lines": {"1": 2}}      cancel without lines: all
    {"do": "status", "order": "A-1", "status": "Staged"}       hold, picking, staging, loading
    {"do": "receive" | "adjust", "item": "SKU-1", "facility": "MAIN", "quantity": 5, "reason": "COUNT"}
    {"do": "work", "wave_every_seconds": 600, ...} and {"do": "rest"}      by itself, see `working_day`
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from local.deposco_double import statuses
from local.deposco_double.account import Account
from local.deposco_double.kinds import SALES_ORDER, SHIPMENT
from local.deposco_double.order_lines import facility_of, remaining, units_per_pack, unreleased
from local.deposco_double.sales_orders import SalesOrders, cancel_line
from local.deposco_double.shipping import ROLLED_BACK, Parcel, Shipping, by_facility, dealt, read_parcels
from local.deposco_double.sourcing import components_of
from local.deposco_double.stock_movements import StockMovements
from local.deposco_double.store import Body, Record

Command = Mapping[str, Any]
_BACK_ORDERED = "Back Ordered"
_NOT_BACK_ORDERED = "Not Back Ordered"
_BEFORE_RELEASE = statuses.EDITABLE | {statuses.PARTIALLY_RELEASED}
_RELEASABLE = (_BEFORE_RELEASE | {statuses.PARTIALLY_SHIPPED}) - {statuses.DRAFT, statuses.HOLD}


class Warehouse:
    """What the warehouse does of its own accord."""

    def __init__(self, account: Account, orders: SalesOrders) -> None:
        self._account = account
        self._orders = orders
        self._shipping = Shipping(account, orders)
        self._movements = StockMovements(account)
        self._waves = 0
        self._commands: Mapping[str, Callable[[Command], list[Record]]] = {
            "wave": self.build_wave,
            "release": self._each(self.release),
            "pick": self._each(self._pick),
            "ship": self._ship,
            "track": self._track,
            "label": self._label,
            "roll_back": self._roll_back,
            "short": self._each(self._short),
            "cancel": self._each(self._cancel),
            "backorder": self._each(self._back_order),
            "status": self._each(self._set_status),
            "receive": self._movements.receive,
            "adjust": self._movements.adjust,
        }

    def obey(self, command: Command) -> list[Record]:
        """Carry out one command; returns the shipments, receipts, adjustments or orders it touched.

        Raises ValueError for a command or order that does not exist, or that makes no sense in the order's status.
        """
        if command.get("do") not in self._commands:
            known = ", ".join(self._commands)
            raise ValueError(f"the warehouse cannot {command.get('do')!r}; it can {known}")
        return self._commands[command["do"]](command)

    def _each(self, work: Callable[[Record, Command], None]) -> Callable[[Command], list[Record]]:
        def carry_out(command: Command) -> list[Record]:
            named = self.named(command)
            for order in named:
                work(order, command)
            return named

        return carry_out

    def named(self, command: Command) -> list[Record]:
        """The orders a command names."""
        numbers = command.get("orders") or [command["order"]]
        orders = []
        for number in numbers:
            order = self._account.store.find(SALES_ORDER.name, number, command.get("business_unit"))
            if order is None:
                raise ValueError(f"there is no order {number}")
            orders.append(order)
        return orders

    def build_wave(self, command: Command) -> list[Record]:
        """Put orders into one wave: Wave Built (DEP-STAT-02)."""
        orders = self.named(command)
        self._waves += 1
        wave = self._account.new_self({"number": f"WAVE-{self._waves}"})
        for order in orders:
            _refuse(order, {statuses.NEW, statuses.READY, statuses.BACK_ORDERED}, "put into a wave")
            order.body["orderStatus"] = statuses.WAVE_BUILT
            order.body["pickWave"] = wave
            self._orders.save(order)
        return orders

    def release(self, order: Record, command: Command) -> None:
        """Allocate what the facilities hold and release it; what is not there is back-ordered."""
        _refuse(order, _RELEASABLE, "released")
        self._allocate(order, None)

    def _allocate(self, order: Record, forced: Mapping[str, float] | None) -> None:
        """Release by stock, or `forced` packs by line number whatever the stock says."""
        free: dict[tuple[str, str], float] = {}
        lines = [line for line in order.body["orderLines"]["data"] if remaining(line) > 0]
        for line in lines:
            if forced is None:
                packs = min(unreleased(line), self._free_packs(order, line, free))
            else:
                packs = max(0.0, forced.get(line["lineNumber"], 0.0) - line["_released"])
            line["_released"] += packs
            line["allocatedQuantity"] = line["_released"] * units_per_pack(line)
            line["unallocatedQuantity"] = unreleased(line) * units_per_pack(line)
            short = unreleased(line) > 0
            line["isBackOrdered"] = _BACK_ORDERED if short else _NOT_BACK_ORDERED
            line["orderLineStatus"] = (
                statuses.RELEASED if not short else "Partial Released" if line["_released"] else _BACK_ORDERED
            )
            for item, units in components_of(self._account, line).items():
                key = (item, facility_of(line))
                free[key] = free.get(key, 0.0) - packs * units
        released = [line for line in lines if line["_released"]]
        complete = all(unreleased(line) <= 0 for line in lines)
        if order.body["orderStatus"] in _BEFORE_RELEASE:
            order.body["orderStatus"] = (
                statuses.RELEASED if complete else statuses.PARTIALLY_RELEASED if released else statuses.BACK_ORDERED
            )
            if released:
                order.body["actualReleaseDate"] = self._account.write_time(self._account.now())
        self._orders.save(order)

    def _free_packs(self, order: Record, line: Body, taken: dict[tuple[str, str], float]) -> float:
        """Whole packs of a line its facility has unallocated; `taken` holds what earlier lines of the order took."""
        packs = float("inf")
        for item, units in components_of(self._account, line).items():
            row = self._account.stock.row(order.unit, item, facility_of(line))
            left = row.unallocated + taken.get((item, facility_of(line)), 0.0)
            packs = min(packs, max(0.0, left // units))
        return packs

    def _pick(self, order: Record, command: Command) -> None:
        _refuse(order, {statuses.PARTIALLY_RELEASED, statuses.RELEASED, statuses.PICKING}, "picked")
        for line in order.body["orderLines"]["data"]:
            line["pickedPackQuantity"] = line["shippedPackQuantity"] + line["_released"]
        order.body["orderStatus"] = statuses.PICK_COMPLETE
        self._take_short(order, command.get("shorts", {}))
        self._orders.finish_if_nothing_is_left(order)
        self._orders.save(order)

    def _short(self, order: Record, command: Command) -> None:
        self._take_short(order, command["lines"])
        self._orders.finish_if_nothing_is_left(order)
        self._orders.save(order)

    def _take_short(self, order: Record, shorts: Mapping[str, Any]) -> None:
        """Units that should be there are not: the line is short and the stock is written down (DEP-V2SHIP-09)."""
        for line, packs in self._lines(order, shorts):
            line["shortagePackQuantity"] += packs
            line["_released"] = max(0.0, min(line["_released"], remaining(line)))
            line["pickedPackQuantity"] = max(0.0, line["pickedPackQuantity"] - packs)
            line["isBackOrdered"] = "Exception Pick"
            if remaining(line) <= 0:
                line["orderLineStatus"] = "Complete" if line["shippedPackQuantity"] else statuses.CANCELED
            for item, units in components_of(self._account, line).items():
                self._movements.write_off(order.unit, item, facility_of(line), -packs * units, "SHORT")

    def _ship(self, command: Command) -> list[Record]:
        (order,) = self.named(command)
        if order.body["orderStatus"] in {statuses.DRAFT, statuses.HOLD, *statuses.FINISHED}:
            raise ValueError(f"order {order.number} cannot be shipped in status {order.body['orderStatus']}")
        late = command.get("tracking") == "late"
        if "containers" in command:
            parcels = read_parcels(command["containers"])
            facility = command.get("facility") or self._facility_of(order, parcels)
            wanted = {facility: parcels}
        else:
            packs = {
                line["lineNumber"]: min(float(command["lines"].get(line["lineNumber"], 0)), remaining(line))
                if "lines" in command
                else remaining(line)
                for line in order.body["orderLines"]["data"]
            }
            grouped = by_facility(order, packs)
            if "facility" in command:
                grouped = {
                    command["facility"]: {number: p for group in grouped.values() for number, p in group.items()}
                }
            wanted = {
                facility: [
                    Parcel(packs=parcel, tracking=None if late else self._shipping.new_tracking())
                    for parcel in dealt(group, int(command.get("parcels", 1)))
                ]
                for facility, group in grouped.items()
            }
        self._allocate(order, _packs_of(wanted))
        shipments = [
            self._shipping.ship(order, facility, parcels, command.get("serials"))
            for facility, parcels in wanted.items()
        ]
        if late and "tracking_after_seconds" in command:
            for shipment in shipments:
                self._track_later(shipment, float(command["tracking_after_seconds"]))
        if command.get("final") and order.body["orderStatus"] != statuses.SHIP_COMPLETE:
            self._short(order, {"lines": {line["lineNumber"]: remaining(line) for line in _open(order)}})
        return shipments

    def _track_later(self, shipment: Record, seconds: float) -> None:
        def arrive() -> None:
            current = self._account.store.get(SHIPMENT.name, shipment.id)
            if current is not None:
                containers = current.body["shippedContainers"]["data"]
                self._shipping.track(current, [self._shipping.new_tracking() for _ in containers], None)

        self._account.later(seconds, arrive)

    def _facility_of(self, order: Record, parcels: Sequence[Parcel]) -> str:
        numbers = {number for parcel in parcels for number in parcel.packs}
        lines = [line for line in order.body["orderLines"]["data"] if line["lineNumber"] in numbers]
        return facility_of((lines or order.body["orderLines"]["data"])[0])

    def _track(self, command: Command) -> list[Record]:
        shipment = self._shipment(command)
        numbers = command.get("tracking") or [
            self._shipping.new_tracking() for _ in shipment.body["shippedContainers"]["data"]
        ]
        self._shipping.track(shipment, numbers, command.get("cost"))
        return [shipment]

    def _label(self, command: Command) -> list[Record]:
        (order,) = self.named(command)
        facility = command.get("facility") or self._facility_of(order, [])
        return [self._shipping.ship(order, facility, [Parcel(packs={}, tracking=self._shipping.new_tracking())])]

    def _roll_back(self, command: Command) -> list[Record]:
        shipment = self._shipment(command)
        self._shipping.roll_back(shipment)
        return [shipment]

    def _shipment(self, command: Command) -> Record:
        if "shipment" in command:
            found = self._account.store.find(SHIPMENT.name, command["shipment"])
        else:
            (order,) = self.named(command)
            sent = (order.body.get("shipments") or {"data": []})["data"]
            records = [self._account.store.get(SHIPMENT.name, reference["id"]) for reference in sent]
            standing = [record for record in records if record and record.body["status"] != ROLLED_BACK]
            found = standing[-1] if standing else None
        if found is None:
            raise ValueError(f"there is no such shipment: {dict(command)}")
        return found

    def _cancel(self, order: Record, command: Command) -> None:
        """The warehouse may cancel at any time before it ships (DEP-STAT-04)."""
        if "lines" in command:
            for line, packs in self._lines(order, command["lines"]):
                cancel_line(line, packs)
            self._orders.finish_if_nothing_is_left(order)
        else:
            self._orders.cancel_all(order)
        self._orders.save(order)

    def _back_order(self, order: Record, command: Command) -> None:
        for line, packs in self._lines(order, command["lines"]):
            line["_released"] = max(0.0, line["_released"] - packs)
            line["allocatedQuantity"] = line["_released"] * units_per_pack(line)
            line["unallocatedQuantity"] = unreleased(line) * units_per_pack(line)
            line["isBackOrdered"] = line["orderLineStatus"] = _BACK_ORDERED
        if not any(line["_released"] for line in order.body["orderLines"]["data"]):
            order.body["orderStatus"] = statuses.BACK_ORDERED
        self._orders.save(order)

    def _set_status(self, order: Record, command: Command) -> None:
        if command["status"] not in statuses.IN_ORDER:
            raise ValueError(f"a sales order has no status {command['status']!r}")
        order.body["orderStatus"] = command["status"]
        self._orders.save(order)

    def _lines(self, order: Record, wanted: Mapping[str, Any]) -> list[tuple[Body, float]]:
        by_number = {line["lineNumber"]: line for line in order.body["orderLines"]["data"]}
        chosen = []
        for number, packs in wanted.items():
            if number not in by_number or not 0 < float(packs) <= remaining(by_number[number]):
                raise ValueError(f"order {order.number} has no {packs} open packs on line {number}")
            chosen.append((by_number[number], float(packs)))
        return chosen


def _open(order: Record) -> list[Body]:
    return [line for line in order.body["orderLines"]["data"] if remaining(line) > 0]


def _packs_of(wanted: Mapping[str, Sequence[Parcel]]) -> dict[str, float]:
    packs: dict[str, float] = {}
    for parcels in wanted.values():
        for parcel in parcels:
            for number, quantity in parcel.packs.items():
                packs[number] = packs.get(number, 0.0) + quantity
    return packs


def _refuse(order: Record, allowed: frozenset[str] | set[str], what: str) -> None:
    if order.body["orderStatus"] not in allowed:
        raise ValueError(f"order {order.number} cannot be {what} in status {order.body['orderStatus']}")
