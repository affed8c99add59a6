"""Plays a planned day: customers order, pay and change their minds, the network misbehaves, the day ends."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import requests
from lockstep.adapters.aws.order_states import DynamoOrderStates
from lockstep.domain.order_state import HoldReason

from local.scenarios.audit import audit
from local.scenarios.books import Fate, Verdict
from local.scenarios.shop import a_transaction
from local.scenarios.stage import Stage
from local.scenarios.trading_day import PlannedOrder, Story

Faults = Sequence[Mapping[str, Any]]

ORDINARY_TROUBLE: Faults = (
    {
        "name": "a message comes twice",
        "match": {"kind": "subscription.deliver"},
        "when": {"nth": [3]},
        "do": "repeat",
        "times": 1,
    },
)
ON_THEIR_WAY = frozenset({"waiting-for-system", "being-sent"})
"""Holds that end without anybody's doing."""


@dataclass(slots=True)
class TradingDay:
    """One day on a stage. `endings` counts what the flows say of themselves, for the progress bar only."""

    stage: Stage
    planned: tuple[PlannedOrder, ...]
    shop_faults: Faults = ORDINARY_TROUBLE
    warehouse_faults: Faults = ()
    fault_seed: int = 1
    endings: Counter[str] = field(default_factory=Counter)
    second_thoughts: dict[str, Callable[[], None]] = field(default_factory=dict)

    def play(self, on_step: Callable[[str, int], None]) -> list[Verdict]:
        """Place every order and wait until the day is settled; `on_step` is told the stage and a count.

        Raises `TimeoutError` when the day does not settle; the verdicts of that moment are its argument.
        """
        self._break(self.stage.commercetools_url, self.shop_faults)
        self._break(self.stage.deposco_url, self.warehouse_faults)
        self.stage.cloud.on_log_line(self._take_line)
        with self._open_for_business():
            for number, order in enumerate(self.planned, start=1):
                self._place(order)
                on_step("placed", number)
                self._have_second_thoughts()
            return self._wait_until_settled(on_step)

    def _place(self, order: PlannedOrder) -> None:
        shop = self.stage.shop
        match order.story:
            case Story.PAID_LATER | Story.CANCELLED_UNPAID:
                placed = shop.place(order, payment_state="Pending", transactions=[])
            case Story.AUTHORISED_ONLY:
                authorised = [a_transaction("Authorization", order.total_cents)]
                placed = shop.place(order, payment_state="Pending", transactions=authorised)
            case _:
                placed = shop.place(
                    order, payment_state="Paid", transactions=[a_transaction("Charge", order.total_cents)]
                )
        match order.story:
            case Story.TOUCHED_MEANWHILE:
                shop.change(placed, {"action": "setLocale", "locale": "en"})
            case Story.PAID_LATER:
                self._once_held(placed, lambda: shop.capture(placed, order.total_cents))
            case Story.CANCELLED_UNPAID:
                self._once_held(
                    placed, lambda: shop.change(placed, {"action": "changeOrderState", "orderState": "Cancelled"})
                )
            case _:
                pass

    def _once_held(self, order: Mapping[str, Any], action: Callable[[], None]) -> None:
        self.second_thoughts[order["id"]] = action

    def _have_second_thoughts(self) -> None:
        """Whoever is known to wait for money acts now: the hold is looked for in the table, not believed."""
        states = DynamoOrderStates(self.stage.cloud.client("dynamodb"), self.stage.cloud.physical_id("OrderStateTable"))
        for order_id in list(self.second_thoughts):
            record = states.load(order_id).warehouse
            if record is not None and record.hold is not None and record.hold.reason is HoldReason.PAYMENT:
                self.second_thoughts.pop(order_id)()

    def _wait_until_settled(self, on_step: Callable[[str, int], None]) -> list[Verdict]:
        patience_ends = time.monotonic() + 60 + 2 * len(self.planned)
        verdicts: list[Verdict] = []
        while time.monotonic() < patience_ends:
            time.sleep(0.25)
            self._have_second_thoughts()
            on_step("followed", self.endings["acknowledged"] + self.endings["parked"] + self.endings["cancelled"])
            if self.second_thoughts or not self.stage.cloud.idle():
                continue
            verdicts = audit(self.stage)
            if not any(_is_on_its_way(verdict) for verdict in verdicts):
                return verdicts
        raise TimeoutError("the day did not settle", verdicts or audit(self.stage))

    @contextmanager
    def _open_for_business(self) -> Iterator[None]:
        self.stage.cloud.start_event_sources()
        try:
            yield
        finally:
            self.stage.cloud.stop_event_sources()

    def _break(self, url: str, rules: Faults) -> None:
        body = {"seed": self.fault_seed, "rules": list(rules)}
        requests.post(f"{url}/_admin/faults", json=body, timeout=10).raise_for_status()

    def _take_line(self, line: Any) -> None:
        for ending in ("acknowledged", "parked", "cancelled"):
            if f'"ending":"{ending}"' in line.text.replace(" ", ""):
                self.endings[ending] += 1


def _is_on_its_way(verdict: Verdict) -> bool:
    return verdict.fate is Fate.LOST or (verdict.fate is Fate.HELD and verdict.hold in ON_THEIR_WAY)
