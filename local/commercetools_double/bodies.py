"""Reading the fields of request bodies; ids, instants and JSON bytes."""

from __future__ import annotations

import json
import random
import re
import uuid
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from local.commercetools_double.errors import invalid_input, invalid_json

Json = dict[str, Any]

_KEY = re.compile(r"[A-Za-z0-9_-]{2,256}")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)")


class Ids:
    """Makes UUIDs; the same seed makes the same ones in the same order."""

    def __init__(self, seed: int | None = None) -> None:
        self._random = random.Random(seed)

    def new(self) -> str:
        """A fresh UUID of version 4."""
        return str(uuid.UUID(int=self._random.getrandbits(128), version=4))


def dump(body: Any) -> bytes:
    """Compact JSON."""
    return json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode()


def read_object(raw: bytes) -> Json:
    """The JSON object in a request body; raises `InvalidJsonInput` (CT-ERR-10)."""
    try:
        body = json.loads(raw)
    except ValueError as error:
        raise invalid_json(str(error)) from error
    if not isinstance(body, dict):
        raise invalid_json("a JSON object is expected")
    return body


def stamp(instant: datetime) -> str:
    """An instant as commercetools writes it: UTC with milliseconds."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{instant.microsecond // 1000:03d}Z"


def as_stamp(text: str) -> str | None:
    """`text` as a UTC instant with milliseconds, or None when it is not an instant."""
    if not _INSTANT.fullmatch(text):
        return None
    try:
        return stamp(datetime.fromisoformat(text))
    except ValueError:
        return None


def needed(body: Mapping[str, Any], field: str, kind: type | tuple[type, ...] = object) -> Any:
    """A field that must be there and, when given, of `kind`; raises `InvalidJsonInput`."""
    value = _member(body, field)
    if value is None:
        raise invalid_json(f"{field}: Missing required value")
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is int):
        raise invalid_json(f"{field}: unexpected value {value!r}")
    return value


def optional(body: Mapping[str, Any], field: str, kind: type | tuple[type, ...] = object) -> Any:
    """A field that may be missing; raises `InvalidJsonInput` when it is of another kind."""
    return None if _member(body, field) is None else needed(body, field, kind)


def _member(body: Any, field: str) -> Any:
    """A member of what a caller sent in the place of an object."""
    if not isinstance(body, dict):
        raise invalid_json(f"{field}: an object is expected around it, not {body!r:.100}")
    return body.get(field)


def objects(body: Mapping[str, Any], field: str) -> list[Json]:
    """An optional list of objects, empty when it is missing; raises `InvalidJsonInput` for anything else."""
    members: list[Any] = optional(body, field, list) or []
    if any(not isinstance(member, dict) for member in members):
        raise invalid_json(f"{field}: a list of objects is expected")
    return members


def given_name(body: Mapping[str, Any], field: str) -> str | None:
    """A text that may be missing but not empty, such as an order number, which is no key and may hold anything.

    Raises `InvalidJsonInput` for what is no text, `InvalidInput` for an empty one (CT-ORD-19).
    """
    name = optional(body, field, str)
    if name == "":
        raise invalid_input(f"{field} must not be empty.")
    return None if name is None else str(name)


def one_of(body: Mapping[str, Any], field: str, allowed: Iterable[str]) -> str:
    """A needed field with one of a few values; raises `InvalidJsonInput`."""
    value = needed(body, field, str)
    if value not in (values := tuple(allowed)):
        raise invalid_json(f"{field}: {value!r} is not one of {', '.join(values)}")
    return str(value)


def instant_of(body: Mapping[str, Any], field: str) -> str | None:
    """An optional instant, in the form commercetools stores; raises `InvalidJsonInput`."""
    text = optional(body, field, str)
    if text is None:
        return None
    if (instant := as_stamp(text)) is None:
        raise invalid_json(f"{field}: {text!r} is not an instant with a time zone")
    return instant


def checked_key(value: Any) -> str | None:
    """A user-given key or None; raises `InvalidInput` for one that breaks the rules (CT-DLV-03)."""
    if value is None:
        return None
    if not isinstance(value, str) or not _KEY.fullmatch(value):
        raise invalid_input(f"The key {value!r} must have 2 to 256 characters out of A-Z, a-z, 0-9, '_' and '-'.")
    return value


def set_or_remove(body: Json, field: str, value: Any) -> None:
    """Set a field, or take it away when `value` is None."""
    if value is None:
        body.pop(field, None)
    else:
        body[field] = value


def without_nones(body: Mapping[str, Any]) -> Json:
    """`body` less the fields that are None."""
    return {key: value for key, value in body.items() if value is not None}


def integer_of(text: str, name: str, least: int, most: int) -> int:
    """A number in a query parameter; raises `InvalidInput` outside its bounds."""
    try:
        number = int(text)
    except ValueError:
        raise invalid_input(f"Malformed parameter: {name}: {text!r} is not a number.") from None
    if not least <= number <= most:
        raise invalid_input(f"Malformed parameter: {name}: {number} is not between {least} and {most}.")
    return number
