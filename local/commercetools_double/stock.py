"""What orders take from stock: checked when they are placed, shown in the entry some seconds later (CT-INV-08)."""

from __future__ import annotations

import heapq
import random
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from local.commercetools_double.bodies import Json
from local.commercetools_double.errors import ApiError
from local.commercetools_double.inventory import INVENTORY_ENTRY, entry_id, lower_stock
from local.commercetools_double.project import Change, Project


@dataclass(frozen=True, slots=True, order=True)
class _Deduction:
    due: datetime
    number: int
    entry: str = field(compare=False)
    quantity: int = field(compare=False)


class Stock:
    """The deductions on their way to the entries of one project."""

    def __init__(self, project: Project, seed: int | None) -> None:
        """`seed` fixes how late each deduction arrives."""
        self._project = project
        self._chance = random.Random(seed)
        self._coming: list[_Deduction] = []
        self._number = 0

    def taken_by(self, order: Json) -> Counter[str]:
        """What an order will take, by entry id; raises `OutOfStock` as its inventory modes demand.

        TrackOnly only needs an entry to be there (CT-INV-06). ReserveOnOrder needs enough in it, counting what earlier
        orders have taken though it does not show yet (CT-INV-07).
        """
        taken: Counter[str] = Counter()
        lacking: list[Json] = []
        for line in order["lineItems"]:
            mode = line.get("inventoryMode", order.get("inventoryMode", "None"))
            if mode == "None":
                continue
            sku, channel = line["variant"].get("sku"), line.get("supplyChannel")
            found = entry_id(self._project, sku, channel["id"] if channel else None) if sku else None
            if found is None or (mode != "TrackOnly" and not self._suffices(found, taken[found] + line["quantity"])):
                lacking.append(line)
            else:
                taken[found] += line["quantity"]
        if lacking:
            skus = [line["variant"].get("sku", "") for line in lacking]
            raise ApiError(
                400,
                "OutOfStock",
                f"Some line items are out of stock: {', '.join(skus)}",
                lineItems=[line["id"] for line in lacking],
                skus=skus,
            )
        return taken

    def take(self, taken: Counter[str]) -> None:
        """Let what an order takes arrive within the lag."""
        for entry, quantity in taken.items():
            lag = timedelta(seconds=self._chance.uniform(0, self._project.settings.deduction_lag_seconds))
            self._number += 1
            due = self._project.controls.now() + lag
            heapq.heappush(self._coming, _Deduction(due, self._number, entry, quantity))

    def catch_up(self) -> None:
        """Apply the deductions that are due; they raise the entry's version and send no message (CT-MSG-08)."""
        while self._coming and self._coming[0].due <= self._project.controls.now():
            deduction = heapq.heappop(self._coming)
            body = self._project.storage.load(INVENTORY_ENTRY.type_id, deduction.entry)
            if body is None:
                continue
            old = {**body}
            change = Change(self._project, INVENTORY_ENTRY, body)
            lower_stock(change.body, deduction.quantity)
            self._project.store_change(change, old, steps=1, client_id="commercetools")

    def coming(self) -> Iterator[Json]:
        """What is still on its way, soonest first."""
        for deduction in sorted(self._coming):
            yield {"entry": deduction.entry, "quantity": deduction.quantity, "due": deduction.due.isoformat()}

    def forget(self) -> None:
        """Drop everything on its way."""
        self._coming.clear()

    def _suffices(self, entry: str, quantity: int) -> bool:
        body = self._project.storage.load(INVENTORY_ENTRY.type_id, entry)
        if body is None:
            return False
        if "restockableInDays" in body:
            return True
        on_their_way = sum(one.quantity for one in _of(self._coming, entry))
        return int(body["availableQuantity"]) - on_their_way >= quantity


def _of(deductions: Iterable[_Deduction], entry: str) -> Iterator[_Deduction]:
    return (one for one in deductions if one.entry == entry)
