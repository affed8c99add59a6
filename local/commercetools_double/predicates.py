"""Predicates as trees, asked of bodies: what `where` and extension conditions mean (CT-QRY-04)."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Scalar = str | int | float | bool


class FromVariable(str):
    """A value given by `var.name=`: its type is that of the field it meets (CT-QRY-05)."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Both:
    """Every part holds."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Either:
    """At least one part holds."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Negated:
    """The part does not hold."""

    part: Node


@dataclass(frozen=True, slots=True)
class Constant:
    """Holds always, or never."""

    holds: bool


@dataclass(frozen=True, slots=True)
class Inside:
    """The object under `field`, or any element of the list there, fulfils `inner`."""

    field: str
    inner: Node


@dataclass(frozen=True, slots=True)
class Compared:
    """The value under `field` stands in relation `operator` to `value`."""

    field: str
    operator: str
    value: Scalar


@dataclass(frozen=True, slots=True)
class OneOf:
    """The value under `field` is one of `values`."""

    field: str
    values: tuple[Scalar, ...]


@dataclass(frozen=True, slots=True)
class Contains:
    """The list under `field` contains all, or any, of `values`."""

    field: str
    all: bool
    values: tuple[Scalar, ...]


@dataclass(frozen=True, slots=True)
class Defined:
    """`field` is there."""

    field: str


@dataclass(frozen=True, slots=True)
class Empty:
    """`field` is an empty list, or not there."""

    field: str


Node = Both | Either | Negated | Constant | Inside | Compared | OneOf | Contains | Defined | Empty

_RELATIONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def holds(node: Node, body: Mapping[str, Any]) -> bool:  # noqa: PLR0911 - one return per kind of node
    """Whether `body` fulfils the predicate. A missing field passes no comparison, and so every negated one."""
    match node:
        case Both(parts):
            return all(holds(part, body) for part in parts)
        case Either(parts):
            return any(holds(part, body) for part in parts)
        case Negated(part):
            return not holds(part, body)
        case Constant(truth):
            return truth
        case Inside(field, inner):
            under = body.get(field)
            elements = under if isinstance(under, list) else [under]
            return any(isinstance(element, dict) and holds(inner, element) for element in elements)
        case Compared(field, sign, value):
            return any(_compares(found, sign, value) for found in _scalars(body.get(field)))
        case OneOf(field, values):
            return any(_compares(found, "=", value) for found in _scalars(body.get(field)) for value in values)
        case Contains(field, every, values):
            under = _scalars(body.get(field))
            return (all if every else any)(any(_compares(found, "=", value) for found in under) for value in values)
        case Defined(field):
            return body.get(field) is not None
        case Empty(field):
            return not body.get(field)


def _scalars(found: Any) -> list[Any]:
    if found is None:
        return []
    return found if isinstance(found, list) else [found]


def _compares(found: Any, sign: str, value: Scalar) -> bool:
    if isinstance(value, FromVariable) and not isinstance(found, str):
        if isinstance(found, bool):
            value = value == "true"
        else:
            try:
                value = float(value)
            except ValueError:
                return False
    if isinstance(found, str) != isinstance(value, str) or isinstance(found, dict):
        return False
    return _RELATIONS[sign](found, value)


def fields_of(node: Node) -> Iterator[str]:
    """The fields of the outermost body that a predicate names."""
    match node:
        case Both(parts) | Either(parts):
            for part in parts:
                yield from fields_of(part)
        case Negated(part):
            yield from fields_of(part)
        case Constant():
            return
        case _:
            yield node.field


def conjuncts(node: Node, path: tuple[str, ...] = ()) -> Iterator[tuple[str, Compared | OneOf]]:
    """Comparisons, with their dotted paths, that every fulfilling body passes: what an index can narrow by."""
    match node:
        case Both(parts):
            for part in parts:
                yield from conjuncts(part, path)
        case Inside(field, inner):
            yield from conjuncts(inner, (*path, field))
        case Compared(field) | OneOf(field):
            yield ".".join((*path, field)), node
        case _:
            return
