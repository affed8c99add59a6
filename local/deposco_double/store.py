"""Where the double keeps what it holds: JSON bodies in a private SQLite file that vanishes with the process.

Bodies lie on disk beyond a bounded cache, so a hundred thousand orders take far less memory than dicts would. Every
former body is kept with the instant it was replaced, so that a read can be answered as of an earlier time.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

Body = dict[str, Any]

_SCHEMA = """
CREATE TABLE entity (
    id INTEGER PRIMARY KEY, kind TEXT NOT NULL, unit TEXT NOT NULL, number TEXT NOT NULL, status TEXT,
    created REAL NOT NULL, updated REAL NOT NULL, shipped REAL, visible REAL NOT NULL, body BLOB NOT NULL);
CREATE INDEX entity_by_id ON entity (kind, id, unit, status, created, updated, shipped, visible);
CREATE INDEX entity_by_number ON entity (kind, number, unit);
CREATE INDEX entity_by_creation ON entity (kind, created, unit, status);
CREATE INDEX entity_by_update ON entity (kind, updated, unit, status);
CREATE INDEX entity_by_shipping ON entity (kind, shipped, unit, status);
CREATE INDEX entity_by_status ON entity (kind, status);
CREATE TABLE facet (kind TEXT, name TEXT, value TEXT, id INTEGER, PRIMARY KEY (kind, name, value, id)) WITHOUT ROWID;
CREATE INDEX facet_by_entity ON facet (id);
CREATE TABLE former (id INTEGER, until REAL, body BLOB);
CREATE INDEX former_by_entity ON former (id, until);
CREATE TABLE upc (unit TEXT, value TEXT, item INTEGER, PRIMARY KEY (unit, value)) WITHOUT ROWID;
CREATE INDEX upc_by_item ON upc (item);
CREATE TABLE stock (
    unit TEXT, item TEXT, facility TEXT, on_hand REAL NOT NULL, owed REAL NOT NULL,
    allocated REAL NOT NULL, activity REAL NOT NULL,
    PRIMARY KEY (unit, item, facility)) WITHOUT ROWID;
CREATE INDEX stock_by_activity ON stock (unit, activity);
CREATE TABLE former_stock (
    unit TEXT, item TEXT, facility TEXT, on_hand REAL, owed REAL, allocated REAL, until REAL);
CREATE INDEX former_stock_by_key ON former_stock (unit, item, facility, until);
"""
_CACHE_KIBIBYTES = 48 * 1024
_FEW = 1_000
_MOST_COUNTS = 1_000
_FIRST_ID = 10_001


_BY_ID = "entity INDEXED BY entity_by_id"


@dataclass(slots=True, kw_only=True)
class Record:
    """One stored entity. `unit` is the business unit's code, times are seconds since the epoch.

    Members of `body` whose name begins with an underscore belong to the double and are never shown.
    """

    id: int
    kind: str
    unit: str
    number: str
    body: Body
    created: float
    updated: float
    visible: float


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What a reader sees. `now` hides what is not visible yet; `as_of` hides later entities and later changes."""

    now: float | None = None
    as_of: float | None = None


WHOLE = View()
"""Everything, as it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which rows of a kind a list asks for. Bounds are exclusive, at whole seconds (DEP-V2LIST-07)."""

    unit: str | None = None
    number: str | None = None
    status: str | None = None
    created_after: float | None = None
    updated_after: float | None = None
    shipped_after: float | None = None
    facets: Mapping[str, str] = field(default_factory=dict)

    def table(self) -> str:
        """The table with the index that finds the matching rows: a list must never read bodies it does not show."""
        if self.facets:
            return "entity NOT INDEXED"
        for index, asked in (
            ("entity_by_number", self.number),
            ("entity_by_update", self.updated_after),
            ("entity_by_shipping", self.shipped_after),
            ("entity_by_creation", self.created_after),
            ("entity_by_status", self.status),
        ):
            if asked is not None:
                return f"entity INDEXED BY {index}"
        return _BY_ID

    def where(self, kind: str, view: View) -> tuple[str, list[Any]]:
        """The SQL condition and its arguments."""
        clauses = ["kind = ?"]
        arguments: list[Any] = [kind]
        for column, bound in (("visible", view.now), ("created", view.as_of)):
            if bound is not None:
                clauses.append(f"{column} <= ?")
                arguments.append(bound)
        for column, value in (("unit", self.unit), ("number", self.number), ("status", self.status)):
            if value is not None:
                clauses.append(f"{column} = ?")
                arguments.append(value)
        for column, bound in (
            ("created", self.created_after),
            ("updated", self.updated_after),
            ("shipped", self.shipped_after),
        ):
            if bound is not None:
                clauses.append(f"{column} >= ?")
                arguments.append(int(bound) + 1)
        for name, value in self.facets.items():
            clauses.append("id IN (SELECT id FROM facet WHERE kind = ? AND name = ? AND value = ?)")
            arguments += [kind, name, value]
        return " AND ".join(clauses), arguments


class Store:
    """All entities, by id, by number and by time of change."""

    def __init__(self) -> None:
        self.database = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        for pragma in ("journal_mode=OFF", "synchronous=OFF", f"cache_size=-{_CACHE_KIBIBYTES}"):
            self.database.execute(f"PRAGMA {pragma}")
        self.database.executescript(_SCHEMA)
        self.database.execute("BEGIN")
        self._next_id = _FIRST_ID
        self._counted: dict[tuple[Any, ...], int] = {}
        self._last_visible = 0.0

    def close(self) -> None:
        """Give the file back."""
        self.database.close()

    def new_id(self) -> int:
        """An id no entity, line or container has; later ones are higher."""
        self._next_id += 1
        return self._next_id - 1

    def insert(
        self,
        record: Record,
        *,
        status: str | None,
        shipped: float | None = None,
        facets: Iterable[tuple[str, str]] = (),
    ) -> None:
        """Keep a new entity."""
        self._last_visible = max(self._last_visible, record.visible)
        self._counted.clear()
        row = (
            record.id,
            record.kind,
            record.unit,
            record.number,
            status,
            record.created,
            record.updated,
            shipped,
        )
        self.database.execute(
            "INSERT INTO entity VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (*row, record.visible, _packed(record.body)),
        )
        self._index(record, facets)

    def update(
        self,
        record: Record,
        *,
        status: str | None,
        shipped: float | None = None,
        facets: Iterable[tuple[str, str]] = (),
    ) -> None:
        """Replace an entity; the former body stays readable as of the time before `record.updated`."""
        self._counted.clear()
        self.database.execute(
            "INSERT INTO former SELECT id, ?, body FROM entity WHERE id = ?", (record.updated, record.id)
        )
        self.database.execute(
            "UPDATE entity SET status = ?, updated = ?, shipped = ?, visible = ?, body = ? WHERE id = ?",
            (status, record.updated, shipped, record.visible, _packed(record.body), record.id),
        )
        self.database.execute("DELETE FROM facet WHERE id = ?", (record.id,))
        self._index(record, facets)

    def _index(self, record: Record, facets: Iterable[tuple[str, str]]) -> None:
        self.database.executemany(
            "INSERT OR IGNORE INTO facet VALUES (?, ?, ?, ?)",
            [(record.kind, name, value, record.id) for name, value in facets],
        )

    def get(self, kind: str, entity_id: int, view: View = WHOLE) -> Record | None:
        """The entity with this id, or None."""
        return self._one("NOT INDEXED WHERE id = ? AND kind = ?", (entity_id, kind), view)

    def find(self, kind: str, number: str, unit: str | None = None) -> Record | None:
        """The newest entity with this number, within a business unit when one is named."""
        if unit is None:
            return self._one("INDEXED BY entity_by_number WHERE kind = ? AND number = ?", (kind, number), WHOLE)
        return self._one(
            "INDEXED BY entity_by_number WHERE kind = ? AND number = ? AND unit = ?", (kind, number, unit), WHOLE
        )

    def _one(self, found_by: str, arguments: tuple[Any, ...], view: View) -> Record | None:
        row = self.database.execute(
            f"SELECT id, kind, unit, number, body, created, updated, visible FROM entity {found_by}"
            " ORDER BY id DESC LIMIT 1",
            arguments,
        ).fetchone()
        if row is None:
            return None
        record = self._record(row, view)
        hidden = view.now is not None and record.visible > view.now
        made_later = view.as_of is not None and record.created > view.as_of
        return None if hidden or made_later else record

    def _record(self, row: tuple[Any, ...], view: View) -> Record:
        entity_id, kind, unit, number, packed, created, updated, visible = row
        if view.as_of is not None and updated > view.as_of:
            former = self.database.execute(
                "SELECT body FROM former WHERE id = ? AND until > ? ORDER BY until, rowid LIMIT 1",
                (entity_id, view.as_of),
            ).fetchone()
            packed = former[0] if former else packed
        return Record(
            id=entity_id,
            kind=kind,
            unit=unit,
            number=number,
            body=json.loads(packed),
            created=created,
            updated=updated,
            visible=visible,
        )

    def select(
        self,
        kind: str,
        selection: Selection,
        view: View = WHOLE,
        *,
        below: int | None = None,
        above: int | None = None,
        limit: int = -1,
    ) -> list[Record]:
        """At most `limit` matching entities, newest id first: those just below `below`, or those just above `above`."""
        where, arguments = selection.where(kind, self._narrowed(view))
        for operator, edge in (("<", below), (">", above)):
            if edge is not None:
                where += f" AND id {operator} ?"
                arguments.append(edge)
        direction = "DESC" if above is None else "ASC"
        table = self._table_for(kind, selection, view)
        rows = self.database.execute(
            "SELECT id, kind, unit, number, body, created, updated, visible FROM entity WHERE id IN"
            f" (SELECT id FROM {table} WHERE {where} ORDER BY id {direction} LIMIT ?) ORDER BY id DESC",
            (*arguments, limit),
        ).fetchall()
        return [self._record(row, view) for row in rows]

    def count(self, kind: str, selection: Selection, view: View = WHOLE) -> int:
        """How many entities match; counted once for as long as nothing is written."""
        where, arguments = selection.where(kind, self._narrowed(view))
        asked = (where, *arguments)
        if asked not in self._counted:
            if len(self._counted) >= _MOST_COUNTS:
                self._counted.clear()
            statement = f"SELECT COUNT(*) FROM {selection.table()} WHERE {where}"
            self._counted[asked] = int(self.database.execute(statement, arguments).fetchone()[0])
        return self._counted[asked]

    def _table_for(self, kind: str, selection: Selection, view: View) -> str:
        """Few matching rows are found by their own index and sorted; many are met while walking down the ids."""
        table = selection.table()
        if table == _BY_ID or selection.facets or selection.number is not None:
            return table
        where, arguments = selection.where(kind, self._narrowed(view))
        statement = f"SELECT COUNT(*) FROM (SELECT 1 FROM {table} WHERE {where} LIMIT ?)"
        matching = int(self.database.execute(statement, (*arguments, _FEW)).fetchone()[0])
        return table if matching < _FEW else _BY_ID

    def _narrowed(self, view: View) -> View:
        """The view without a bound that hides nothing: most kinds are visible at once."""
        if view.now is not None and view.now >= self._last_visible:
            return View(as_of=view.as_of)
        return view

    def counts(self) -> dict[str, int]:
        """How many entities there are of each kind."""
        return dict(self.database.execute("SELECT kind, COUNT(*) FROM entity GROUP BY kind"))

    def bodies(self, kind: str) -> Iterator[Body]:
        """Every body of a kind, oldest first."""
        for (packed,) in self.database.execute("SELECT body FROM entity WHERE kind = ? ORDER BY id", (kind,)):
            yield json.loads(packed)


def _packed(body: Body) -> bytes:
    return json.dumps(body, separators=(",", ":")).encode()
