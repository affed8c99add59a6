"""Where the double keeps its resources: compact JSON in a private SQLite file that SQLite deletes by itself.

A body lies there as the bytes a `GET` answers, so that reading one costs no parsing. Beside it stand the instants
it is sorted by and its *terms*: values (order number, SKU, ids of payments ...) it is found by and kept unique under.
What a body was before each change is kept as well, for stale reads.
"""

from __future__ import annotations

import itertools
import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from local.commercetools_double.bodies import Json, dump
from local.commercetools_double.errors import duplicate_field

_SCHEMA = """
CREATE TABLE resource (kind TEXT, id TEXT, created TEXT, modified TEXT, body BLOB);
CREATE UNIQUE INDEX by_id ON resource (kind, id);
CREATE INDEX by_created ON resource (kind, created, id);
CREATE INDEX by_modified ON resource (kind, modified, id);
CREATE TABLE term (
  kind TEXT, name TEXT, value TEXT, id TEXT, PRIMARY KEY (kind, name, value, id)
) WITHOUT ROWID;
CREATE TABLE past (kind TEXT, id TEXT, until TEXT, body BLOB);
CREATE INDEX past_by_id ON past (kind, id, until);
CREATE TABLE sequence (id TEXT PRIMARY KEY, last INTEGER) WITHOUT ROWID;
"""
_COLUMNS = {"createdAt": "created", "lastModifiedAt": "modified", "id": "id"}
_CACHE_KIBIBYTES = 32 * 1024
_SEED_BATCH = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """A value a resource is found by, under `name` (its dotted path); `unique` ones within their kind."""

    name: str
    value: str
    unique: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Narrowing:
    """What a query can be narrowed by before its bodies are looked at.

    `bounds` are comparisons of createdAt, lastModifiedAt and id; `terms` hold alternatives of one name (`id` too).
    """

    bounds: Sequence[tuple[str, str, str]] = ()
    terms: Sequence[tuple[str, Sequence[str]]] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A column to read by (`createdAt`, `lastModifiedAt` or `id`), and whether downwards."""

    column: str = "createdAt"
    descending: bool = False


@dataclass(slots=True)
class Storage:
    """All resources of one project."""

    _database: sqlite3.Connection = field(init=False)

    def __post_init__(self) -> None:
        # The empty name is SQLite's own temporary file: it spills to disk and vanishes with the connection.
        self._database = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._database.execute("PRAGMA synchronous = OFF")
        self._database.execute("PRAGMA journal_mode = MEMORY")
        self._database.execute(f"PRAGMA cache_size = -{_CACHE_KIBIBYTES}")
        self._database.executescript(_SCHEMA)

    def close(self) -> None:
        """Give the file back."""
        self._database.close()

    def insert(self, kind: str, body: Json, terms: Iterable[Term]) -> None:
        """Put a new resource; raises `DuplicateField` when a unique term is taken."""
        wanted = list(terms)
        self._refuse_taken(kind, body["id"], wanted)
        self._database.execute(
            "INSERT INTO resource VALUES (?, ?, ?, ?, ?)",
            (kind, body["id"], body["createdAt"], body["lastModifiedAt"], dump(body)),
        )
        self._put_terms(kind, body["id"], wanted)

    def insert_many(self, kind: str, rows: Iterable[tuple[str, str, bytes, Sequence[Term]]]) -> None:
        """Put many new resources at once, as id, instant of creation, body and terms that are free: for seeding."""
        self._database.execute("BEGIN")
        remaining = iter(rows)
        while batch := list(itertools.islice(remaining, _SEED_BATCH)):
            self._database.executemany(
                "INSERT INTO resource VALUES (?, ?, ?, ?, ?)",
                [(kind, resource_id, created, created, body) for resource_id, created, body, _ in batch],
            )
            self._database.executemany(
                "INSERT INTO term VALUES (?, ?, ?, ?)",
                [(kind, term.name, term.value, resource_id) for resource_id, _, _, terms in batch for term in terms],
            )
        self._database.execute("COMMIT")

    def replace(self, kind: str, body: Json, old_terms: Iterable[Term], terms: Iterable[Term]) -> None:
        """Put a new state of a resource; raises `DuplicateField` when a unique term is taken."""
        old = {(term.name, term.value) for term in old_terms}
        new = [term for term in terms if (term.name, term.value) not in old]
        self._refuse_taken(kind, body["id"], new)
        self._keep_past(kind, body["id"], body["lastModifiedAt"])
        self._database.execute(
            "UPDATE resource SET modified = ?, body = ? WHERE kind = ? AND id = ?",
            (body["lastModifiedAt"], dump(body), kind, body["id"]),
        )
        gone = old - {(term.name, term.value) for term in terms}
        self._database.executemany(
            "DELETE FROM term WHERE kind = ? AND name = ? AND value = ? AND id = ?",
            [(kind, name, value, body["id"]) for name, value in gone],
        )
        self._put_terms(kind, body["id"], new)

    def delete(self, kind: str, body: Json, terms: Iterable[Term], now: str) -> None:
        """Take a resource away."""
        self._keep_past(kind, body["id"], now)
        self._database.execute("DELETE FROM resource WHERE kind = ? AND id = ?", (kind, body["id"]))
        self._database.executemany(
            "DELETE FROM term WHERE kind = ? AND name = ? AND value = ? AND id = ?",
            [(kind, term.name, term.value, body["id"]) for term in terms],
        )

    def raw(self, kind: str, resource_id: str) -> bytes | None:
        """The body as stored, or None."""
        row = self._database.execute(
            "SELECT body FROM resource WHERE kind = ? AND id = ?", (kind, resource_id)
        ).fetchone()
        return row[0] if row else None

    def load(self, kind: str, resource_id: str) -> Json | None:
        """The body, or None."""
        raw = self.raw(kind, resource_id)
        return None if raw is None else _parsed(raw)

    def raw_as_of(self, kind: str, resource_id: str, instant: str) -> bytes | None:
        """The body as it was at an earlier instant, or None when it was not there yet."""
        row = self._database.execute(
            "SELECT body FROM past WHERE kind = ? AND id = ? AND until > ? ORDER BY until LIMIT 1",
            (kind, resource_id, instant),
        ).fetchone()
        raw = row[0] if row else self.raw(kind, resource_id)
        return raw if raw is not None and _parsed(raw)["createdAt"] <= instant else None

    def ids_of(self, kind: str, name: str, value: str) -> list[str]:
        """The ids of the resources with a term."""
        rows = self._database.execute(
            "SELECT id FROM term WHERE kind = ? AND name = ? AND value = ?", (kind, name, value)
        )
        return [row[0] for row in rows]

    def count(self, kind: str, narrowing: Narrowing | None = None, most: int = -1) -> int:
        """How many resources of a kind there are, or a narrowing leaves; counts no further than `most`."""
        wanted, values = _condition(kind, narrowing)
        statement = f"SELECT count(*) FROM (SELECT 1 FROM {_source(narrowing)} WHERE {wanted} LIMIT ?)"
        return int(self._database.execute(statement, (*values, most)).fetchone()[0])

    def bodies(self, kind: str, narrowing: Narrowing | None = None, order: Order | None = None) -> Iterator[bytes]:
        """Bodies in order (by default of creation), those the narrowing leaves; ties are in order of id."""
        wanted, values = _condition(kind, narrowing)
        order = order or Order()
        direction = "DESC" if order.descending else "ASC"
        statement = (
            f"SELECT body FROM {_source(narrowing)} WHERE {wanted}"
            f" ORDER BY {_COLUMNS[order.column]} {direction}, id {direction}"
        )
        return (row[0] for row in self._database.execute(statement, values))

    def next_sequence(self, resource_id: str) -> int:
        """The next message number of a resource, from 1 (CT-MSG-01)."""
        row = self._database.execute(
            "INSERT INTO sequence VALUES (?, 1) ON CONFLICT (id) DO UPDATE SET last = last + 1 RETURNING last",
            (resource_id,),
        ).fetchone()
        return int(row[0])

    def forget_before(self, kind: str, instant: str) -> None:
        """Drop resources made before an instant, and their terms."""
        self._database.execute(
            "DELETE FROM term WHERE kind = ? AND id IN (SELECT id FROM resource WHERE kind = ? AND created < ?)",
            (kind, kind, instant),
        )
        self._database.execute("DELETE FROM resource WHERE kind = ? AND created < ?", (kind, instant))

    def _refuse_taken(self, kind: str, resource_id: str, terms: Iterable[Term]) -> None:
        for term in terms:
            if term.unique and any(other != resource_id for other in self.ids_of(kind, term.name, term.value)):
                raise duplicate_field(term.name, term.value)

    def _put_terms(self, kind: str, resource_id: str, terms: Iterable[Term]) -> None:
        self._database.executemany(
            "INSERT OR IGNORE INTO term VALUES (?, ?, ?, ?)",
            [(kind, term.name, term.value, resource_id) for term in terms],
        )

    def _keep_past(self, kind: str, resource_id: str, until: str) -> None:
        self._database.execute(
            "INSERT INTO past SELECT kind, id, ?, body FROM resource WHERE kind = ? AND id = ?",
            (until, kind, resource_id),
        )


def _source(narrowing: Narrowing | None) -> str:
    """Where to read from: the few rows that terms leave are looked up, not met while walking the order's index."""
    return "resource INDEXED BY by_id" if narrowing and narrowing.terms else "resource"


def _condition(kind: str, narrowing: Narrowing | None) -> tuple[str, list[str]]:
    wanted, values = ["kind = ?"], [kind]
    for column, sign, value in narrowing.bounds if narrowing else ():
        wanted.append(f"{_COLUMNS[column]} {sign} ?")
        values.append(value)
    for name, alternatives in narrowing.terms if narrowing else ():
        marks = ", ".join("?" * len(alternatives))
        if name == "id":
            wanted.append("id IN (" + marks + ")")
            values += alternatives
            continue
        wanted.append("id IN (SELECT id FROM term WHERE kind = ? AND name = ? AND value IN (" + marks + "))")
        values += [kind, name, *alternatives]
    return " AND ".join(wanted), values


def _parsed(raw: bytes) -> Json:
    body: Json = json.loads(raw)
    return body


def terms_of(body: Mapping[str, Any], *, unique: Iterable[str] = (), plain: Iterable[str] = ()) -> list[Term]:
    """Terms of fields at the top of a body; those that are missing give none."""
    return [
        Term(name=name, value=str(body[name]), unique=is_unique)
        for names, is_unique in ((unique, True), (plain, False))
        for name in names
        if body.get(name) is not None
    ]
