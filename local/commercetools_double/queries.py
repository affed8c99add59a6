"""Answering `GET /{projectKey}/{kind}?where=...`: parameters, narrowing by index, sorting, paging, expanding."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from multidict import MultiMapping

from local.commercetools_double.bodies import Json, dump, integer_of, stamp
from local.commercetools_double.errors import invalid_input
from local.commercetools_double.expansion import expand
from local.commercetools_double.predicate_parser import PredicateError, parse
from local.commercetools_double.predicates import (
    Both,
    Compared,
    Constant,
    Either,
    Node,
    OneOf,
    conjuncts,
    fields_of,
    holds,
)
from local.commercetools_double.project import Kind, Project
from local.commercetools_double.storage import Narrowing, Order

DEFAULT_LIMIT = 20
HIGHEST_LIMIT = 500
HIGHEST_OFFSET = 10_000
HIGHEST_TOTAL = 10_000
_COLUMNS = frozenset({"createdAt", "lastModifiedAt", "id"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """The parameters of a query, read and checked."""

    predicate: Node
    sort: tuple[tuple[str, bool], ...]
    """Dotted paths, each with whether it runs downwards."""
    limit: int
    offset: int
    with_total: bool
    expand: tuple[str, ...]


def read_query(kind: Kind, parameters: MultiMapping[str]) -> Query:
    """Read the query parameters; raises `InvalidInput` for what commercetools refuses (CT-QRY-01, CT-QRY-08)."""
    return Query(
        predicate=read_predicate(kind, parameters.getall("where", []), variables_of(parameters)),
        sort=tuple(_read_sort(text) for text in parameters.getall("sort", [])),
        limit=integer_of(parameters.get("limit", str(DEFAULT_LIMIT)), "limit", 0, HIGHEST_LIMIT),
        offset=integer_of(parameters.get("offset", "0"), "offset", 0, HIGHEST_OFFSET),
        with_total=parameters.get("withTotal", "true") != "false",
        expand=tuple(parameters.getall("expand", [])),
    )


def variables_of(parameters: MultiMapping[str]) -> Mapping[str, Sequence[str]]:
    """The values of predicate variables, given as `var.name` (CT-QRY-05)."""
    return {name[4:]: parameters.getall(name) for name in set(parameters) if name.startswith("var.")}


def read_predicate(kind: Kind, texts: Sequence[str], variables: Mapping[str, Sequence[str]]) -> Node:
    """All predicates as one; raises `InvalidInput` for one that cannot be read or names a field that does not exist."""
    try:
        parts = tuple(parse(text, variables) for text in texts)
    except PredicateError as error:
        raise invalid_input(f"Malformed parameter: where: {error}") from error
    node: Node = Both(parts) if parts else Constant(holds=True)
    for field in fields_of(node):
        if field not in kind.known_fields():
            raise invalid_input(f"Malformed parameter: where: The field '{field}' does not exist.")
    return node


def _read_sort(text: str) -> tuple[str, bool]:
    path, _, direction = text.strip().partition(" ")
    if not path or direction.strip() not in ("", "asc", "desc"):
        raise invalid_input(f"Malformed parameter: sort: {text!r} is neither a path nor a path with asc or desc.")
    return path, direction.strip() == "desc"


def answer_query(project: Project, kind: Kind, query: Query, stale_seconds: float = 0.0) -> bytes:
    """The page of results as JSON; `stale_seconds` > 0 answers as of that long ago."""
    narrowing, rest = narrowed(kind, query.predicate)
    order = _order_of(query.sort)
    rows = _rows(project, kind, narrowing, rest, order, stale_seconds)
    if order is None:
        rows = iter(_sorted(rows, query.sort))
    counted_by_index = rest is None and not stale_seconds
    page: list[bytes] = []
    matched = 0
    for raw in rows:
        matched += 1
        if query.offset < matched <= query.offset + query.limit:
            page.append(raw)
        elif matched > query.offset + query.limit and (
            counted_by_index or not query.with_total or matched > HIGHEST_TOTAL
        ):
            break
    head = {"limit": query.limit, "offset": query.offset, "count": len(page)}
    if query.with_total:
        most = -1 if isinstance(query.predicate, Constant) else HIGHEST_TOTAL
        head["total"] = (
            project.storage.count(kind.type_id, narrowing, most) if counted_by_index else min(matched, HIGHEST_TOTAL)
        )
    if query.expand:
        page = [dump(expand(project, json.loads(raw), query.expand)) for raw in page]
    return dump(head)[:-1] + b',"results":[' + b",".join(page) + b"]}"


def _rows(
    project: Project,
    kind: Kind,
    narrowing: Narrowing,
    rest: Node | None,
    order: Order | None,
    stale_seconds: float,
) -> Iterator[bytes]:
    if stale_seconds:
        instant = stamp(project.controls.now() - timedelta(seconds=stale_seconds))
        for raw in project.storage.bodies(kind.type_id, narrowing, order):
            earlier = project.storage.raw_as_of(kind.type_id, json.loads(raw)["id"], instant)
            if earlier is not None and (rest is None or holds(rest, json.loads(earlier))):
                yield earlier
        return
    for raw in project.storage.bodies(kind.type_id, narrowing, order):
        if rest is None or holds(rest, json.loads(raw)):
            yield raw


def _order_of(sort: tuple[tuple[str, bool], ...]) -> Order | None:
    """The column to read by when the index gives the wanted order by itself."""
    if not sort:
        return Order()
    column, descending = sort[0]
    if column not in _COLUMNS or any(following != ("id", descending) for following in sort[1:]):
        return None
    return Order(column=column, descending=descending)


def _sorted(rows: Iterator[bytes], sort: tuple[tuple[str, bool], ...]) -> list[bytes]:
    parsed = [(json.loads(raw), raw) for raw in rows]
    for path, descending in reversed(sort):
        steps = path.split(".")
        parsed.sort(key=functools.partial(_sort_key, steps), reverse=descending)
    return [raw for _, raw in parsed]


def _sort_key(steps: Sequence[str], row: tuple[Json, bytes]) -> tuple[int, Any]:
    value: Any = row[0]
    for step in steps:
        if isinstance(value, list):
            value = value[0] if value else None
        value = value.get(step) if isinstance(value, dict) else None
    if isinstance(value, (int, float)):
        return 1, value
    return (2, value) if isinstance(value, str) else (0, 0)


def narrowed(kind: Kind, predicate: Node) -> tuple[Narrowing, Node | None]:
    """Split a predicate into what the index answers and what must be asked of each body (None = nothing)."""
    parts = predicate.parts if isinstance(predicate, Both) else (predicate,)
    bounds: list[tuple[str, str, str]] = []
    terms: list[tuple[str, Sequence[str]]] = []
    rest: list[Node] = []
    indexed = frozenset(kind.unique) | kind.indexed | {"id"}
    for part in parts:
        found = _indexed(part, indexed, bounds, terms)
        if not found and not (isinstance(part, Constant) and part.holds):
            rest.append(part)
            if isinstance(part, Either):
                bounds += _common_bound(part)
    remaining: Node | None = None if not rest else rest[0] if len(rest) == 1 else Both(tuple(rest))
    return Narrowing(bounds=bounds, terms=terms), remaining


def _indexed(
    part: Node,
    indexed: frozenset[str],
    bounds: list[tuple[str, str, str]],
    terms: list[tuple[str, Sequence[str]]],
) -> bool:
    """Whether the index answers this part completely; it is narrowed by it in any case."""
    comparisons = list(conjuncts(part))
    for path, comparison in comparisons:
        if isinstance(comparison, Compared) and path in _COLUMNS:
            bounds.append((path, comparison.operator, str(comparison.value)))
        elif isinstance(comparison, OneOf) and path in indexed:
            terms.append((path, [str(value) for value in comparison.values]))
        elif isinstance(comparison, Compared) and path in indexed and comparison.operator == "=":
            terms.append((path, [str(comparison.value)]))
        else:
            return False
    return bool(comparisons) and isinstance(part, (Compared, OneOf))


def _common_bound(either: Either) -> list[tuple[str, str, str]]:
    """The lowest of the lower bounds on one instant that all alternatives have: what a cursor by time is made of."""
    for column in ("createdAt", "lastModifiedAt"):
        lows = [
            [
                str(comparison.value)
                for path, comparison in conjuncts(alternative)
                if path == column and isinstance(comparison, Compared) and comparison.operator in (">", ">=", "=")
            ]
            for alternative in either.parts
        ]
        if all(lows):
            return [(column, ">=", min(max(values) for values in lows))]
    return []
