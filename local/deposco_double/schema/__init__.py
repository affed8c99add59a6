"""The field lists of Deposco's V2 API as a schema that can be checked, for requests and answers alike.

    violations("SalesOrder", body)            what is wrong with an order, one sentence each
    violations("Page<SalesOrder>", answer)    the same for a list answer

The lists stand in `v2_entities.txt`, one block per entity, in a notation explained at its head (DEP-V2SO-01,
DEP-V2ERR-02, DEP-V2ERR-06).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

_FIELD = re.compile(r"(?P<name>\w+)(?P<required>\*?): (?P<type>.+)", re.DOTALL)
_STRING = re.compile(r"string(?:\((?P<length>\d+)\))?(?:\{(?P<values>.+)\})?", re.DOTALL)
_PAGE = re.compile(r"Page<(?P<of>.+)>")
_REFERENCE_KEYS = frozenset({"id", "businessKey", "href"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """One way in which a body leaves the schema. `rule` is length, type, enum, required, null or unknown."""

    path: str
    rule: str
    text: str

    def __str__(self) -> str:
        return f"{self.path}: {self.text}" if self.path else self.text


Check = Callable[[str, Any], Iterator[Violation]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One property of an entity; `type_name` in the notation of `v2_entities.txt`."""

    type_name: str
    required: bool


def violations(type_name: str, body: Any) -> list[str]:
    """Everything in `body` that the schema of `type_name` does not allow; empty when it passes.

    `type_name` is an entity of `v2_entities.txt` or an expression over one, such as `Page<Item>`. Raises KeyError
    for an entity that is not known.
    """
    return [str(violation) for violation in check(type_name, body)]


def check(type_name: str, body: Any) -> list[Violation]:
    """As `violations`, with the path and rule of each apart."""
    return list(_check_of(type_name)("", body))


@cache
def entities() -> Mapping[str, Mapping[str, Field]]:
    """Every entity with its properties, in the order of the description."""
    text = Path(__file__).with_name("v2_entities.txt").read_text(encoding="utf-8")
    found: dict[str, dict[str, Field]] = {}
    for block in re.split(r"\n\s*\n", text):
        lines = [line for line in block.splitlines() if line and not line.startswith("#")]
        if lines:
            found[lines[0]] = dict(_fields(" ".join(line.strip() for line in lines[1:])))
    return found


def _fields(text: str) -> Iterator[tuple[str, Field]]:
    for cell in text.split(";"):
        match = _FIELD.fullmatch(cell.strip())
        if match is None:
            raise ValueError(f"not a field of the schema: {cell.strip()!r}")
        yield match["name"], Field(type_name=match["type"], required=bool(match["required"]))


@cache
def _check_of(type_name: str) -> Check:
    if type_name.endswith("[]"):
        return _list_of(_check_of(type_name[:-2]))
    if page := _PAGE.fullmatch(type_name):
        return _page_of(_list_of(_check_of(page["of"])))
    if string := _STRING.fullmatch(type_name):
        length = int(string["length"]) if string["length"] else None
        return _string(length, string["values"].split("|") if string["values"] else None)
    if type_name in _SCALARS:
        return _SCALARS[type_name]
    if type_name not in entities():
        raise KeyError(f"the V2 schema has no entity {type_name!r}")
    return _entity(type_name)


def _entity(name: str) -> Check:
    fields = entities()[name]
    required = [field_name for field_name, field in fields.items() if field.required]
    checks: dict[str, Check] = {}

    def checked(path: str, value: Any) -> Iterator[Violation]:
        if not isinstance(value, dict):
            yield Violation(path=path, rule="type", text=f"must be an object ({name})")
            return
        for key in required:
            if value.get(key) is None:
                yield Violation(path=_below(path, key), rule="required", text="must not be null")
        for key, member in value.items():
            if key not in fields:
                yield Violation(path=_below(path, key), rule="unknown", text=f"is not a property of {name}")
            elif member is not None:
                if key not in checks:
                    checks[key] = _check_of(fields[key].type_name)
                yield from checks[key](_below(path, key), member)

    return checked


def _list_of(member: Check) -> Check:
    def checked(path: str, value: Any) -> Iterator[Violation]:
        if not isinstance(value, list):
            yield Violation(path=path, rule="type", text="must be a list")
            return
        for position, element in enumerate(value):
            yield from member(f"{path}[{position}]", element)

    return checked


def _page_of(rows: Check) -> Check:
    types: Mapping[str, Check] = {
        "data": rows,
        "links": _list_of(_link),
        "complete": _instance_of(bool, "true or false"),
        "pages": _whole_number,
    }

    def checked(path: str, value: Any) -> Iterator[Violation]:
        if not isinstance(value, dict):
            yield Violation(path=path, rule="type", text="must be a page with data")
            return
        for key, member in value.items():
            if key not in types:
                yield Violation(path=_below(path, key), rule="unknown", text="is not a property of a page")
            elif member is not None:
                yield from types[key](_below(path, key), member)

    return checked


def _string(length: int | None, values: list[str] | None) -> Check:
    def checked(path: str, value: Any) -> Iterator[Violation]:
        if not isinstance(value, str):
            yield Violation(path=path, rule="type", text="must be a string")
        elif length is not None and len(value) > length:
            yield Violation(path=path, rule="length", text=f"size must be between 0 and {length}")
        elif values is not None and value not in values:
            yield Violation(path=path, rule="enum", text=f"{value!r} is none of {', '.join(values)}")

    return checked


def _instance_of(kind: type | tuple[type, ...], text: str) -> Check:
    def checked(path: str, value: Any) -> Iterator[Violation]:
        if not isinstance(value, kind):
            yield Violation(path=path, rule="type", text=f"must be {text}")

    return checked


def _number(path: str, value: Any) -> Iterator[Violation]:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        yield Violation(path=path, rule="type", text="must be a number")


def _whole_number(path: str, value: Any) -> Iterator[Violation]:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value != int(value):
        yield Violation(path=path, rule="type", text="must be a whole number")


def _instant(path: str, value: Any) -> Iterator[Violation]:
    try:
        aware = datetime.fromisoformat(value).tzinfo is not None
    except (TypeError, ValueError):
        aware = False
    if not aware:
        yield Violation(path=path, rule="type", text="must be a date-time with an offset")


def _reference(path: str, value: Any) -> Iterator[Violation]:
    if not isinstance(value, dict):
        yield Violation(path=path, rule="type", text="must be a reference with id or businessKey")
        return
    for key in sorted(value.keys() - _REFERENCE_KEYS):
        yield Violation(path=_below(path, key), rule="unknown", text="is not a property of a reference")
    if value.get("id") is None and not isinstance(value.get("businessKey"), dict):
        yield Violation(path=path, rule="type", text="must hold id or businessKey")
    if value.get("id") is not None:
        yield from _whole_number(_below(path, "id"), value["id"])


def _link(path: str, value: Any) -> Iterator[Violation]:
    if not isinstance(value, dict) or value.keys() != {"rel", "href"}:
        yield Violation(path=path, rule="type", text="must be a link with rel and href")


def _below(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


_SCALARS: Mapping[str, Check] = {
    "int": _whole_number,
    "int32": _whole_number,
    "int64": _whole_number,
    "double": _number,
    "float": _number,
    "bool": _instance_of(bool, "true or false"),
    "dateTime": _instant,
    "map": _instance_of(dict, "an object"),
    "object": _instance_of((dict, list, str), "an object"),
    "Ref": _reference,
    "Ref?": _reference,
}


def conform(type_name: str, body: Any, instant: Callable[[str], str]) -> Any:
    """`body` as the system stores it: unknown properties dropped, decimals as floats, instants through `instant`.

    Expects a body without violations other than unknown properties (DEP-V2ERR-05).
    """
    if body is None:
        return None
    if type_name.endswith("[]"):
        return [conform(type_name[:-2], member, instant) for member in body]
    if page := _PAGE.fullmatch(type_name):
        return {"data": conform(f"{page['of']}[]", body.get("data") or [], instant)}
    if type_name == "dateTime":
        return instant(body)
    if type_name in ("double", "float"):
        return float(body)
    if type_name in ("Ref", "Ref?"):
        return {key: value for key, value in body.items() if key in ("id", "businessKey")}
    fields = entities().get(type_name)
    if fields is None:
        return body
    return {key: conform(fields[key].type_name, value, instant) for key, value in body.items() if key in fields}
