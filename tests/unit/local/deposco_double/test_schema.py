"""The field lists, as something that can be checked."""

from __future__ import annotations

from typing import Any

import pytest

from local.deposco_double.schema import conform, entities, violations

ORDER: dict[str, Any] = {
    "businessUnit": {"businessKey": {"code": "DEMO"}},
    "number": "A-1",
    "shipToContact": {"firstName": "Ada"},
    "shipToAddress": {"line1": "1 Main Street"},
}


def test_a_sound_order_has_no_violation() -> None:
    assert violations("SalesOrder", ORDER) == []


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"number": "x" * 51}, "number"),
        ({"shipToAddress": {"city": "x" * 31}}, "shipToAddress.city"),
        ({"orderTotal": "12.50"}, "orderTotal"),
        ({"orderTotal": True}, "orderTotal"),
        ({"placedDate": "2026-03-02T12:00:00"}, "placedDate"),
        ({"orderStatus": "Shipped"}, "orderStatus"),
        ({"businessUnit": {"code": "DEMO"}}, "businessUnit"),
        ({"businessUnit": None}, "businessUnit"),
        ({"colour": "red"}, "colour"),
        ({"orderLines": [{"lineNumber": "1"}]}, "orderLines"),
        ({"orderLines": {"data": [{"lineNumber": "x" * 56}]}}, "orderLines.data[0].lineNumber"),
        ({"orderLines": {"data": [{}]}}, "orderLines.data[0].lineNumber"),
    ],
)
def test_what_leaves_the_schema_is_named_by_its_path(change: dict[str, Any], path: str) -> None:
    assert any(text.startswith(path) for text in violations("SalesOrder", {**ORDER, **change}))


def test_a_page_is_checked_row_by_row() -> None:
    page = {"data": [ORDER, {}], "links": [], "complete": True, "pages": 1}
    found = violations("Page<SalesOrder>", page)
    assert found
    assert all(text.startswith("data[1].") for text in found)


def test_an_entity_nobody_knows_is_an_error() -> None:
    with pytest.raises(KeyError, match="Unicorn"):
        violations("Unicorn", {})


def test_every_type_in_the_lists_can_be_checked() -> None:
    for name, fields in entities().items():
        assert isinstance(violations(name, {}), list)
        for field_name, field in fields.items():
            assert isinstance(violations(field.type_name, {}), list), f"{name}.{field_name}"


def test_conforming_drops_what_is_unknown_and_makes_decimals() -> None:
    body = {**ORDER, "colour": "red", "orderTotal": 12, "placedDate": "2026-03-02T12:00:00Z"}
    kept = conform("SalesOrder", body, lambda text: f"at {text}")
    assert "colour" not in kept
    assert isinstance(kept["orderTotal"], float)
    assert kept["placedDate"] == "at 2026-03-02T12:00:00Z"
