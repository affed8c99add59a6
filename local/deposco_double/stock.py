"""Stock per business unit, item and facility: what lies there and what open orders are owed from it.

Units are single pieces. `owed` is kept by difference whenever an order changes, so a reading never walks the orders.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from local.deposco_double.store import Store

Owed = Mapping[tuple[str, str], float]
"""Units owed by (item number, facility number)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StockRow:
    """What one facility holds of one item, and what orders are owed from it. `available` may be negative (DEP-V1INV-03)."""

    item: str
    facility: str
    on_hand: float
    owed: float
    activity: float

    @property
    def available(self) -> float:
        """On hand less what open orders are owed."""
        return self.on_hand - self.owed


class Stock:
    """The stock rows of a store."""

    def __init__(self, store: Store) -> None:
        self._database = store.database

    def move(self, unit: str, item: str, facility: str, units: float, *, at: float) -> None:
        """Change what lies in a facility."""
        self._change(unit, item, facility, on_hand=units, owed=0.0, at=at)

    def owe(self, unit: str, before: Owed, after: Owed, *, at: float) -> list[tuple[str, str]]:
        """An order's claim changes from `before` to `after`; returns the (item, facility) pairs that moved."""
        moved = []
        for key in sorted(before.keys() | after.keys()):
            difference = after.get(key, 0.0) - before.get(key, 0.0)
            if difference:
                self._change(unit, *key, on_hand=0.0, owed=difference, at=at)
                moved.append(key)
        return moved

    def _change(self, unit: str, item: str, facility: str, *, on_hand: float, owed: float, at: float) -> None:
        key = (unit, item, facility)
        self._database.execute(
            "INSERT INTO former_stock SELECT unit, item, facility, on_hand, owed, ? FROM stock"
            " WHERE unit = ? AND item = ? AND facility = ?",
            (at, *key),
        )
        self._database.execute(
            "INSERT INTO stock VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET"
            " on_hand = on_hand + excluded.on_hand, owed = owed + excluded.owed, activity = excluded.activity",
            (*key, on_hand, owed, at),
        )

    def row(self, unit: str, item: str, facility: str) -> StockRow:
        """One row; zero where nothing was ever held."""
        found = self._database.execute(
            "SELECT item, facility, on_hand, owed, activity FROM stock WHERE unit = ? AND item = ? AND facility = ?",
            (unit, item, facility),
        ).fetchone()
        return _row(found) if found else StockRow(item=item, facility=facility, on_hand=0, owed=0, activity=0)

    def of_items(self, unit: str, items: list[str], *, as_of: float) -> dict[str, list[StockRow]]:
        """The rows of each of `items` as they were at `as_of`."""
        found: dict[str, list[StockRow]] = {item: [] for item in items}
        for item in items:
            for row in self._database.execute(
                "SELECT item, facility, on_hand, owed, activity FROM stock WHERE unit = ? AND item = ?"
                " ORDER BY facility",
                (unit, item),
            ):
                found[item].append(self._as_of(unit, _row(row), as_of))
        return found

    def _as_of(self, unit: str, row: StockRow, as_of: float) -> StockRow:
        if row.activity <= as_of:
            return row
        former = self._database.execute(
            "SELECT on_hand, owed FROM former_stock WHERE unit = ? AND item = ? AND facility = ? AND until > ?"
            " ORDER BY until, rowid LIMIT 1",
            (unit, row.item, row.facility, as_of),
        ).fetchone()
        on_hand, owed = former if former else (0.0, 0.0)
        return StockRow(
            item=row.item, facility=row.facility, on_hand=on_hand, owed=owed, activity=row.activity
        )

    def items_page(
        self, unit: str, *, active_since: float | None, skip: int, limit: int, only: list[str] | None = None
    ) -> list[str]:
        """Item numbers in order, for one page: with any activity since the instant, inclusive (DEP-V1INV-06)."""
        where, arguments = "unit = ?", [unit, *([] if active_since is None else [active_since])]
        if active_since is not None:
            where += " AND activity >= ?"
        if only is not None:
            where += f" AND item IN ({','.join('?' * len(only))})"
            arguments += only
        rows = self._database.execute(
            f"SELECT DISTINCT item FROM stock WHERE {where} ORDER BY item LIMIT ? OFFSET ?",
            (*arguments, limit, skip),
        )
        return [item for (item,) in rows]

    def rows(self) -> Iterator[tuple[str, StockRow]]:
        """Every row with its business unit."""
        for unit, *rest in self._database.execute("SELECT * FROM stock ORDER BY unit, item, facility"):
            yield unit, _row(tuple(rest))


def _row(row: tuple[str, str, float, float, float]) -> StockRow:
    item, facility, on_hand, owed, activity = row
    return StockRow(item=item, facility=facility, on_hand=on_hand, owed=owed, activity=activity)
