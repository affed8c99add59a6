"""A hint's body: what one version writes, this one reads or refuses as a whole."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import lockstep
import pytest
from lockstep.adapters.hint_message import LARGEST_BODY_BYTES, UnreadableHintError, decode, encode

from tests.support.builders import a_hint


def _body(**changes: Any) -> str:
    fields = json.loads(encode(a_hint())) | changes
    return json.dumps({name: value for name, value in fields.items() if value != "absent"})


def test_a_hint_survives_its_body() -> None:
    assert decode(encode(a_hint()), receive_count=1) == a_hint()


def test_the_queue_counts_the_deliveries_and_not_the_body() -> None:
    body = encode(replace(a_hint(), receive_count=9))

    assert decode(body, receive_count=2).receive_count == 2


def test_a_body_holds_ascii_only_so_that_characters_are_bytes() -> None:
    assert encode(a_hint(document={"name": "Größe ☂ \ufffe"})).isascii()


def test_a_document_that_just_fits_travels_along() -> None:
    room = LARGEST_BODY_BYTES - len(encode(a_hint(document={"note": ""})))
    body = encode(a_hint(document={"note": "x" * room}))

    assert len(body) == LARGEST_BODY_BYTES
    assert decode(body, 1).document == {"note": "x" * room}


def test_a_document_one_byte_too_large_stays_behind() -> None:
    room = LARGEST_BODY_BYTES - len(encode(a_hint(document={"note": ""})))

    assert decode(encode(a_hint(document={"note": "x" * (room + 1)})), 1).document is None


def test_fields_of_a_newer_version_are_ignored() -> None:
    assert decode(_body(priority="high"), 1) == a_hint()


def test_what_a_hint_need_not_carry_may_be_absent() -> None:
    body = _body(message_type="absent", shop_version="absent", document="absent")

    assert decode(body, 1) == a_hint(message_type="", shop_version=None, document=None)


@pytest.mark.parametrize(
    "body",
    [
        "",
        "not json",
        "[]",
        "null",
        "[" * 100_000,
        _body(schema_version="absent"),
        _body(schema_version=2),
        _body(schema_version="1"),
        _body(schema_version=True),
        _body(cause="a-whim"),
        _body(cause=None),
        _body(order_id=""),
        _body(order_id="absent"),
        _body(order_id=7),
        _body(message_id=None),
        _body(message_type=7),
        _body(shop_version="7"),
        _body(shop_version=True),
        _body(document="text"),
        _body(document=[1]),
    ],
)
def test_a_body_that_is_no_hint_is_refused(body: str) -> None:
    with pytest.raises(UnreadableHintError):
        decode(body, 1)


def test_the_lane_and_the_order_states_load_no_wire_models() -> None:
    """`receive_storefront_events` starts with these on every cold start."""
    modules = "lockstep.adapters.aws.lanes, lockstep.adapters.aws.order_states, lockstep.adapters.aws.dead_letters"
    program = f"import sys, {modules}; print([name for name in ('pydantic', 'requests') if name in sys.modules])"
    answer = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": str(Path(lockstep.__file__).parents[1])},
    )

    assert answer.stdout.strip() == "[]"
