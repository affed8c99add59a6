"""The judge: what became of every order, read from the two doubles' books and the tables, never from a flow.

An order is acknowledged when the warehouse holds exactly one live sales order of it, equal line by line, and the shop
holds that number. The comparison is the judge's own and shares no code with the flows that it judges.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

LIVE_STATES = frozenset({"OPEN", "ACKNOWLEDGED"})


class Fate(StrEnum):
    """What became of an order."""

    ACKNOWLEDGED = "acknowledged"
    PARKED = "parked"
    HELD = "held"
    CANCELLED = "cancelled"
    LOST = "lost"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One order's fate, with the codes of its open exceptions, and how many copies of it are too many."""

    number: str
    order_id: str
    fate: Fate
    codes: tuple[str, ...]
    owners: tuple[str, ...]
    hold: str
    surplus_copies: int
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenException:
    """An open exception as its table has it."""

    order_id: str
    code: str
    owner: str


def judge(
    shop_orders: Iterable[Mapping[str, Any]],
    sales_orders: Iterable[Mapping[str, Any]],
    item_of_sku: Mapping[str, str],
    exceptions: Iterable[OpenException],
    holds: Mapping[str, str],
) -> list[Verdict]:
    """One verdict per order of the shop, by number.

    `item_of_sku` is the catalogue as it was planned, `exceptions` are the open ones, `holds` tells by order id why
    an order waits.
    """
    copies: dict[str, list[Mapping[str, Any]]] = {}
    for sales_order in sales_orders:
        copies.setdefault(str(sales_order.get("customerOrderNumber", "")), []).append(sales_order)
    open_by_order: dict[str, list[OpenException]] = {}
    for exception in exceptions:
        open_by_order.setdefault(exception.order_id, []).append(exception)
    verdicts = [
        _verdict(order, copies.get(_reference(order), []), item_of_sku, open_by_order.get(order["id"], []), holds)
        for order in shop_orders
    ]
    return sorted(verdicts, key=lambda verdict: verdict.number)


def counts(verdicts: Iterable[Verdict]) -> dict[str, Any]:
    """The figures of the report that verdicts alone decide; they add up to `orders_placed`."""
    verdicts = list(verdicts)
    fates = Counter(verdict.fate for verdict in verdicts)
    return {
        "orders_placed": len(verdicts),
        "acknowledged": fates[Fate.ACKNOWLEDGED],
        "parked": dict(
            sorted(Counter(verdict.codes[0] for verdict in verdicts if verdict.fate is Fate.PARKED).items())
        ),
        "held": fates[Fate.HELD],
        "cancelled": fates[Fate.CANCELLED],
        "lost": fates[Fate.LOST],
        "duplicated": sum(verdict.surplus_copies for verdict in verdicts),
    }


def _verdict(
    order: Mapping[str, Any],
    copies: list[Mapping[str, Any]],
    item_of_sku: Mapping[str, str],
    exceptions: list[OpenException],
    holds: Mapping[str, str],
) -> Verdict:
    live = [copy for copy in copies if copy.get("orderStatus") != "Canceled"]
    notes = [note for copy in live for note in _line_faults(order, copy, item_of_sku)]
    told = [entry.get("externalId") for entry in order.get("syncInfo", [])]
    hold = holds.get(order["id"], "")
    if len(told) > 1:
        notes.append(f"the shop was told {len(told)} numbers")
    if len(live) == 1 and not notes and told == [live[0]["number"]]:
        fate = Fate.ACKNOWLEDGED
    elif exceptions:
        fate = Fate.PARKED
    elif order["orderState"] == "Cancelled" and not live:
        fate = Fate.CANCELLED
    elif hold:
        fate = Fate.HELD
    else:
        fate = Fate.LOST
    return Verdict(
        number=_reference(order),
        order_id=order["id"],
        fate=fate,
        codes=tuple(exception.code for exception in exceptions),
        owners=tuple(exception.owner for exception in exceptions),
        hold=hold,
        surplus_copies=max(0, len(live) - 1) + max(0, len(told) - 1),
        notes=tuple(notes),
    )


def _line_faults(order: Mapping[str, Any], copy: Mapping[str, Any], item_of_sku: Mapping[str, str]) -> list[str]:
    sold = Counter[tuple[str, str, float]]()
    for line in order["lineItems"]:
        sold[(line["id"], item_of_sku.get(line["variant"].get("sku", ""), ""), float(line["quantity"]))] += 1
    held = Counter[tuple[str, str, float]]()
    for line in copy["orderLines"]["data"]:
        item = (line.get("item") or {}).get("businessKey", {}).get("number", "")
        quantity = float(line["orderPackQuantity"]) - float(line.get("canceledPackQuantity") or 0)
        held[(line.get("customerLineNumber", ""), item, quantity)] += 1
    return [f"line {line[0]} is not as it was sold" for line in (sold - held) + (held - sold)]


def _reference(order: Mapping[str, Any]) -> str:
    return str(order.get("orderNumber") or order["id"])
