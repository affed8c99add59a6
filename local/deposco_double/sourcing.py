"""Where an order's lines are to leave from, and what the order therefore claims of the stock."""

from __future__ import annotations

from typing import Any

from local.deposco_double import statuses
from local.deposco_double.account import Account
from local.deposco_double.kinds import ITEM, unit_of
from local.deposco_double.order_lines import facility_of, remaining, units_per_pack
from local.deposco_double.stock import Claim, Claims
from local.deposco_double.store import Body, Record

_NO_FACILITY = ""


class Sourcing:
    """Chooses facilities and keeps the stock's claims in step with the orders."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def choose(self, order: Body, lines: list[Body]) -> None:
        """Give each line its facility: pinned on the line, pinned on the order, or the one that holds most of it.

        A facility holding all of it wins over one that comes later (DEP-V2SO-25, DEP-V2CO-13).
        """
        unit = unit_of(order)
        candidates = self._account.facilities() or [_NO_FACILITY]
        for line in lines:
            pinned = line.get("shipFromFacility") or order.get("shipFromFacility")
            if pinned:
                line["_facility"] = pinned["businessKey"]["number"]
            else:
                line["_facility"] = self._best(unit, line, candidates)

    def _best(self, unit: str, line: Body, candidates: list[str]) -> str:
        needed = components_of(self._account, line)
        wanted = line["orderPackQuantity"]

        def packs_in(facility: str) -> float:
            return min(
                self._account.stock.row(unit, item, facility).available // units for item, units in needed.items()
            )

        best, most = candidates[0], float("-inf")
        for facility in candidates:
            packs = packs_in(facility)
            if packs >= wanted:
                return facility
            if packs > most:
                best, most = facility, packs
        return best

    def claim(self, order: Record) -> None:
        """Let the order claim what its lines still have to ship, once its status nets (DEP-V1INV-05)."""
        before = _read(order.body.get("_claims", []))
        after = self._claims_of(order)
        order.body["_claims"] = [[*key, claim.owed, claim.allocated] for key, claim in after.items()]
        now = self._account.now()
        for item, facility in self._account.stock.claim(order.unit, before, after, at=now):
            self._account.stock_changed(order.unit, item, facility)

    def _claims_of(self, order: Record) -> Claims:
        status = order.body["orderStatus"]
        nets_from = statuses.IN_ORDER.index(self._account.settings.nets_from_status)
        if status in statuses.FINISHED or statuses.IN_ORDER.index(status) < nets_from:
            return {}
        claims: dict[tuple[str, str], Claim] = {}
        for line in order.body["orderLines"]["data"]:
            packs = remaining(line)
            if packs <= 0:
                continue
            for item, units in components_of(self._account, line).items():
                key = (item, facility_of(line))
                so_far = claims.get(key, Claim())
                claims[key] = Claim(
                    owed=so_far.owed + packs * units, allocated=so_far.allocated + line["_released"] * units
                )
        return claims


def components_of(account: Account, line: Body) -> dict[str, float]:
    """Single pieces, by item number, that one pack of the line takes: of its components where it is a kit built to
    order (DEP-V2ITEM-05).
    """
    number = line["item"]["businessKey"]["number"]
    units = units_per_pack(line)
    if line.get("_components") is None:
        item = account.store.get(ITEM.name, line["item"]["id"])
        parts = item.body.get("components") if item and item.body.get("kitOrderOnly") else None
        line["_components"] = (
            {part["subComponent"]["businessKey"]["number"]: part["quantity"] for part in parts} if parts else {}
        )
    components: dict[str, float] = line["_components"]
    if not components:
        return {number: float(units)}
    return {component: float(quantity * units) for component, quantity in components.items()}


def _read(rows: list[list[Any]]) -> Claims:
    return {(item, facility): Claim(owed=owed, allocated=allocated) for item, facility, owed, allocated in rows}
