"""Deposco's lines as they come: packs of any size, fractions, numbers as text and text as numbers."""

from __future__ import annotations

from typing import Any

import pytest
from lockstep.adapters.deposco.v2.mapping import copy_from
from lockstep.adapters.deposco.v2.wire import WireOrderLine, WireSalesOrder
from lockstep.domain.warehouse_orders import CopyLine


def copied(**changes: Any) -> CopyLine:
    line = {
        "lineNumber": "1",
        "customerLineNumber": "line-1",
        "item": {"id": 7, "businessKey": {"number": "ITM-1"}},
        "pack": {"id": 8, "businessKey": {"quantity": 1}},
        "orderPackQuantity": 2,
    } | changes
    order = {"self": {"id": 5}, "businessUnit": {"businessKey": {"code": "DEMO"}}, "number": "WEB-1"}
    copy = copy_from(WireSalesOrder.model_validate(order), [WireOrderLine.model_validate(line)])
    return copy.lines[0]


def pack(size: object) -> dict[str, Any]:
    return {"businessKey": {"quantity": size}}


@pytest.mark.parametrize(
    ("size", "packs", "eaches"), [(1, 2, 2), (12, 2, 24), ("12", 2, 24), (12.0, 1, 12), (1, 2.5, 2.5), (12, 0.5, 6)]
)
def test_packs_are_counted_in_eaches_and_a_fraction_stays_one(size: object, packs: float, eaches: float) -> None:
    assert copied(pack=pack(size), orderPackQuantity=packs).quantity == eaches


@pytest.mark.parametrize(
    "told", [None, {"id": 8}, {"id": 8, "businessKey": None}, pack(None), pack(0), pack("dozen"), pack("nan")]
)
def test_a_pack_of_unknown_size_gives_no_quantity(told: dict[str, Any] | None) -> None:
    assert copied(pack=told).quantity is None


@pytest.mark.parametrize(("cancelled", "eaches"), [(1, 12), (0.25, 3), (None, 0)])
def test_what_was_cancelled_is_counted_alike(cancelled: float | None, eaches: float) -> None:
    assert copied(pack=pack(12), canceledPackQuantity=cancelled).cancelled_quantity == eaches


def test_numbers_are_taken_where_text_is_expected() -> None:
    line = copied(lineNumber=1, customerLineNumber=77, item={"businessKey": {"number": 4711}})
    assert (line.line_number, line.shop_line_id, line.item_number) == ("1", "77", "4711")


@pytest.mark.parametrize("field", ["customerLineNumber", "item", "orderPackQuantity"])
def test_a_null_counts_as_absent(field: str) -> None:
    line = copied(**{field: None})
    defaults = {"customerLineNumber": line.shop_line_id, "item": line.item_number, "orderPackQuantity": line.quantity}
    assert not defaults[field]


def test_an_order_with_nulls_is_read() -> None:
    wire = WireSalesOrder.model_validate(
        {"self": {"id": "5"}, "businessUnit": {"businessKey": None}, "number": 4711, "orderStatus": None}
    )
    copy = copy_from(wire, [])
    assert (copy.warehouse_id, copy.number, copy.business_unit, copy.status) == ("5", "4711", "", "")
