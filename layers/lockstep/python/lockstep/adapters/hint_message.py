"""A hint as the body of a lane's message.

    {"schema_version": 1, "cause": "order-message", "order_id": "...", "message_id": "...", "message_type": "...",
     "shop_version": 7, "document": {...}}

Light on purpose: the function that receives the shop's messages loads this and no wire models.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from lockstep.domain.hints import Cause, Hint

SCHEMA_VERSION = 1
LARGEST_BODY_BYTES = 200_000
"""Above this a hint travels without its document, so that any body fits a queue limited to 256 KiB."""


class UnreadableHintError(ValueError):
    """The body is no hint that this version can read: it goes to the dead letters as it is."""


def encode(hint: Hint) -> str:
    """The body of a hint, in ASCII: characters are bytes, and none is one that a queue refuses.

    A body above `LARGEST_BODY_BYTES` leaves its document behind; the flow then reads the order.
    """
    body = _encoded(hint, hint.document)
    return body if len(body) <= LARGEST_BODY_BYTES else _encoded(hint, None)


def decode(body: str, receive_count: int) -> Hint:
    """The hint of a body; `receive_count` is the queue's count of deliveries, from 1.

    Raises `UnreadableHintError` where the body is no JSON object, of another schema version, or lacks a field.
    """
    try:
        fields = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise UnreadableHintError(f"no JSON: {error}") from error
    if not isinstance(fields, dict):
        raise UnreadableHintError("no JSON object")
    version = fields.get("schema_version")
    if isinstance(version, bool) or version != SCHEMA_VERSION:
        raise UnreadableHintError(f"schema version {version!r}, this version reads {SCHEMA_VERSION}")
    return Hint(
        cause=_cause(fields),
        order_id=_text(fields, "order_id"),
        message_id=_text(fields, "message_id"),
        message_type=_optional(fields, "message_type", str) or "",
        shop_version=_optional(fields, "shop_version", int),
        document=_optional(fields, "document", dict),
        receive_count=receive_count,
    )


def _encoded(hint: Hint, document: Mapping[str, Any] | None) -> str:
    fields = {
        "schema_version": SCHEMA_VERSION,
        "cause": hint.cause.value,
        "order_id": hint.order_id,
        "message_id": hint.message_id,
        "message_type": hint.message_type,
        "shop_version": hint.shop_version,
        "document": None if document is None else dict(document),
    }
    return json.dumps(fields, ensure_ascii=True, separators=(",", ":"))


def _cause(fields: Mapping[str, Any]) -> Cause:
    text = _text(fields, "cause")
    if text not in list(Cause):
        raise UnreadableHintError(f"unknown cause {text!r}")
    return Cause(text)


def _text(fields: Mapping[str, Any], name: str) -> str:
    value = fields.get(name)
    if not isinstance(value, str) or not value:
        raise UnreadableHintError(f"{name} is no text")
    return value


def _optional(fields: Mapping[str, Any], name: str, kind: type[Any]) -> Any:
    value = fields.get(name)
    if value is None:
        return None
    if not isinstance(value, kind) or isinstance(value, bool):
        raise UnreadableHintError(f"{name} is not {kind.__name__}")
    return value
