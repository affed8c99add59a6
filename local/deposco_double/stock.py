"""Stock per business unit, item and facility: what lies there and what open orders claim of it.

Units are single pieces. Claims are kept by difference whenever an order changes, so a reading never walks the orders.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from local.deposco_double.store import Store

_COLUMNS = "item, facility, on_hand, owed, allocated, activity"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What one order wants of one item in one facility: owed in all, and of that already allocated by a release."""

    owed: float = 0.0
    allocated: float = 0.0


Claims = Mapping[tuple[str, str], Claim]
"""Claims by (item number, facility number)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StockRow:
    """What one facility holds of one item, and what orders claim of it; `available` may be negative (DEP-V1INV-03)."""

    item: str
    facility: str
    on_hand: float = 0.0
    owed: float = 0.0
    allocated: float = 0.0
    activity: float = 0.0

    @property
    def available(self) -> float:
        """On hand less what open orders are owed."""
        return self.on_hand - self.owed

    @property
    def unallocated(self) -> float:
        """On hand less what releases have allocated."""
        return self.on_hand - self.allocated


class Stock:
    """The stock rows of a store."""

    def __init__(self, store: Store) -> None:
        self._database = store.database

    def move(self, unit: str, item: str, facility: str, units: float, *, at: float) -> None:
        """Change what lies in a facility."""
        self._change(unit, item, facility, units, Claim(), at)

    def claim(self, unit: str, before: Claims, after: Claims, *, at: float) -> list[tuple[str, str]]:
        """An order's claims change from `before` to `after`; returns the (item, facility) pairs that moved."""
        moved = []
        for key in sorted(before.keys() | after.keys()):
            old, new = before.get(key, Claim()), after.get(key, Claim())
            if old != new:
                difference = Claim(owed=new.owed - old.owed, allocated=new.allocated - old.allocated)
                self._change(unit, *key, 0.0, difference, at)
                moved.append(key)
        return moved

    def _change(self, unit: str, item: str, facility: str, on_hand: float, claim: Claim, at: float) -> None:
        key = (unit, item, facility)
        self._database.execute(
            "INSERT INTO former_stock SELECT unit, item, facility, on_hand, owed, allocated, ? FROM stock"
            " WHERE unit = ? AND item = ? AND facility = ?",
            (at, *key),
        )
        self._database.execute(
            "INSERT INTO stock VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET"
            " on_hand = on_hand + excluded.on_hand, owed = owed + excluded.owed,"
            " allocated = allocated + excluded.allocated, activity = excluded.activity",
            (*key, on_hand, claim.owed, claim.allocated, at),
        )

    def row(self, unit: str, item: str, facility: str) -> StockRow:
        """One row; zero where nothing was ever held."""
        found = self._database.execute(
            f"SELECT {_COLUMNS} FROM stock WHERE unit = ? AND item = ? AND facility = ?", (unit, item, facility)
        ).fetchone()
        return _row(found) if found else StockRow(item=item, facility=facility)

    def of_item(self, unit: str, item: str, *, as_of: float | None = None) -> list[StockRow]:
        """The rows of one item by facility, as they are or were at `as_of`."""
        rows = self._database.execute(
            f"SELECT {_COLUMNS} FROM stock WHERE unit = ? AND item = ? ORDER BY facility", (unit, item)
        ).fetchall()
        found = [_row(row) for row in rows]
        return found if as_of is None else [self._as_of(unit, row, as_of) for row in found]

    def _as_of(self, unit: str, row: StockRow, as_of: float) -> StockRow:
        if row.activity <= as_of:
            return row
        former = self._database.execute(
            "SELECT item, facility, on_hand, owed, allocated, until FROM former_stock"
            " WHERE unit = ? AND item = ? AND facility = ? AND until > ? ORDER BY until, rowid LIMIT 1",
            (unit, row.item, row.facility, as_of),
        ).fetchone()
        return _row(former) if former else StockRow(item=row.item, facility=row.facility)

    def items_page(
        self, unit: str, *, skip: int, limit: int, active_since: float | None = None, only: list[str] | None = None
    ) -> list[str]:
        """Item numbers in order, for one page: with any activity since the instant, inclusive (DEP-V1INV-06)."""
        where, arguments = "unit = ?", [unit]
        if active_since is not None:
            where += " AND CAST(activity AS INTEGER) >= CAST(? AS INTEGER)"
            arguments.append(str(int(active_since)))
        if only is not None:
            where += f" AND item IN ({','.join('?' * len(only))})"
            arguments += only
        rows = self._database.execute(
            f"SELECT DISTINCT item FROM stock WHERE {where} ORDER BY item LIMIT ? OFFSET ?", (*arguments, limit, skip)
        )
        return [item for (item,) in rows]

    def rows(self) -> Iterator[tuple[str, StockRow]]:
        """Every row with its business unit."""
        for unit, *rest in self._database.execute(
            f"SELECT unit, {_COLUMNS} FROM stock ORDER BY unit, item, facility"
        ).fetchall():
            item, facility, on_hand, owed, allocated, activity = rest
            yield unit, _row((item, facility, on_hand, owed, allocated, activity))


def _row(row: tuple[str, str, float, float, float, float]) -> StockRow:
    item, facility, on_hand, owed, allocated, activity = row
    return StockRow(item=item, facility=facility, on_hand=on_hand, owed=owed, allocated=allocated, activity=activity)
