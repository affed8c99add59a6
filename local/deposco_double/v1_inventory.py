"""V1's stock: availability per facility, the full read with its delta, and reservations."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from typing import Any

from local.deposco_double.account import Account
from local.deposco_double.kinds import COMPANY, ITEM
from local.deposco_double.refusal import RefusalError
from local.deposco_double.stock import Claim, StockRow
from local.deposco_double.store import Body
from local.deposco_double.v1_documents import number_of
from local.deposco_double.v1_format import json_answer, listed, plain, read_body
from local.double import Answer, Call

_MEASURES: Mapping[str, Callable[[StockRow], float]] = {
    "totalOnHandQty": lambda row: row.on_hand,
    "atpQty": lambda row: row.available,
    "coAtpQty": lambda row: row.available,
    "totalAtp": lambda row: row.available,
    "openOrderLineQty": lambda row: row.owed,
    "qtyOnPO": lambda _: 0.0,
    "inTransitQty": lambda _: 0.0,
}
_DEFAULT_MEASURES = "totalOnHandQty,atpQty"


class V1Inventory:
    """The stock reads and reservations of V1."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def availability(self, call: Call) -> Answer:
        """`GET /enterpriseinventory/{bu}/availability`, JSON under an XML header (DEP-V1INV-01, -02, -03)."""
        unit = call.parts["unit"]
        if self._account.store.find(COMPANY.name, unit) is None:
            return plain(404, f"Business unit {unit} not found")
        measures = [name for name in call.query.get("measures", _DEFAULT_MEASURES).split(",") if name in _MEASURES]
        facilities = _split(call, "facilityNumbers")
        size, page = self._page(call, "pageSize", "pageNumber")
        items = self._account.stock.items_page(
            unit, skip=(page - 1) * size, limit=size, only=_split(call, "itemNumbers")
        )
        entries = []
        for number in items:
            rows = [
                row
                for row in self._account.stock.of_item(unit, number, as_of=self._as_of(call))
                if facilities is None or row.facility in facilities
            ]
            entries.append(self._entry(unit, number, rows, measures))
        return replace(Answer.of_json({"enterpriseInventory": entries}), content_type="application/xml")

    def _entry(self, unit: str, number: str, rows: list[StockRow], measures: list[str]) -> Body:
        item = self._account.store.find(ITEM.name, number, unit)
        entry: Body = {"itemId": item.id if item else None, "itemNumber": number}
        for measure in measures:
            entry[measure] = _whole(sum(_MEASURES[measure](row) for row in rows))
        entry["facilities"] = [
            {
                "facility": row.facility,
                **{
                    measure: _whole(_MEASURES[measure](row))
                    for measure in measures
                    if not self._left_out(f"{number}|{row.facility}|{measure}")
                },
            }
            for row in rows
        ]
        return entry

    def _left_out(self, cell: str) -> bool:
        return any(fnmatchcase(cell, pattern) for pattern in self._account.settings.missing_measures)

    def full(self, call: Call) -> Answer:
        """`GET /inventory/full`: all items, or those with activity since; an empty page ends it (DEP-V1INV-04)."""
        unit = call.query.get("businessUnit") or self._first_unit()
        since = call.query.get("startActivityTime")
        size, page = self._page(call, "pageSize", "pageNo")
        items = self._account.stock.items_page(
            unit, skip=(page - 1) * size, limit=size, active_since=_instant(since) if since else None
        )
        entries = [
            {
                "itemNumber": number,
                "facilityInventory": [
                    {
                        "facility": row.facility,
                        "inventory": {
                            "total": row.on_hand,
                            "availableToPromise": row.available,
                            "unallocated": row.unallocated,
                            "allocated": row.allocated,
                        },
                    }
                    for row in self._account.stock.of_item(unit, number, as_of=self._as_of(call))
                ],
            }
            for number in items
        ]
        return json_answer({"itemInventory": entries}, single_as_object=self._account.settings.single_as_object)

    def available_to_promise(self, call: Call) -> Answer:
        """`GET /ctrl/getRestfulATP`: the sum over all facilities."""
        unit, number = call.query.get("businessUnit", ""), call.query.get("itemNumber", "")
        rows = self._account.stock.of_item(unit, number, as_of=self._as_of(call))
        return Answer.of_json(
            [{"itemNumber": number, "totalAvailableToPromise": _whole(sum(row.available for row in rows))}]
        )

    def reserve(self, call: Call) -> Answer:
        """`POST /ctrl/reserveInventoryAPI`: 200 even when it fails (DEP-V1INV-07)."""
        wanted = read_body(call)
        unit = str(wanted.get("company", ""))
        messages: list[str] = []
        claims: list[tuple[str, str, float]] = []
        for adjustment in listed(wanted.get("adjustments")):
            if not isinstance(adjustment, dict):
                raise RefusalError(400, "Bad Request")
            number, units = str(adjustment.get("itemNumber")), number_of(adjustment, "value") or 0.0
            rows = self._account.stock.of_item(unit, number)
            fitting = next((row for row in rows if units <= (row.available if units > 0 else row.owed)), None)
            if fitting is None:
                messages.append(f"Item {number}: {units:g} cannot be reserved")
            else:
                claims.append((number, fitting.facility, units))
        if not messages:
            for number, facility, units in claims:
                key = (number, facility)
                self._account.stock.claim(unit, {}, {key: Claim(owed=units)}, at=self._account.now())
                self._account.stock_changed(unit, number, facility)
        body: dict[str, Any] = {
            "status": "FAILURE" if messages else "SUCCESS",
            "requestObj": json.loads(call.body or b"{}"),
            "responseMsg": messages,
        }
        return Answer.of_json(body)

    def _as_of(self, call: Call) -> float | None:
        age_seconds = max(call.stale_seconds, self._account.settings.availability_lag_seconds)
        return self._account.now() - age_seconds if age_seconds else None

    def _page(self, call: Call, size_name: str, number_name: str) -> tuple[int, int]:
        size, page = call.query.get(size_name, ""), call.query.get(number_name, "")
        return (
            int(size) if size.isdecimal() and int(size) else self._account.settings.inventory_page,
            int(page) if page.isdecimal() and int(page) else 1,
        )

    def _first_unit(self) -> str:
        first = next(self._account.store.bodies(COMPANY.name), None)
        return str(first["code"]) if first else ""


def _split(call: Call, name: str) -> list[str] | None:
    text = call.query.get(name)
    return [part for part in text.split(",") if part] if text else None


def _whole(value: float) -> int | float:
    return int(value) if value == int(value) else value


def _instant(text: str) -> float:
    try:
        instant = datetime.fromisoformat(text)
    except ValueError as error:
        raise RefusalError(400, f"startActivityTime {text} is not a date-time") from error
    return (instant if instant.tzinfo else instant.replace(tzinfo=UTC)).timestamp()
