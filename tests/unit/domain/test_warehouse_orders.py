"""What the warehouse is told, and when its copy counts as proven."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lockstep.domain.errors import PermanentError
from lockstep.domain.exception_codes import ExceptionCode
from lockstep.domain.orders import Address, ShopOrder
from lockstep.domain.warehouse_orders import (
    CopyLine,
    MappedItem,
    WarehouseOrder,
    compose,
    differences,
    unmapped_skus,
    warehouse_number,
)

from tests.support.orders import HOME, NOON, STORE, a_faithful_copy, a_line, an_order, euros


def items_for(order: ShopOrder) -> dict[str, MappedItem]:
    return {line.sku: MappedItem(sku=line.sku, item_number=f"ITM-{line.sku}") for line in order.lines if line.sku}


def composed(order: ShopOrder, line_numbers: dict[str, str] | None = None) -> WarehouseOrder:
    return compose(order, number="WEB-1", items=items_for(order), policy=STORE, line_numbers=line_numbers or {})


def code_of(error: pytest.ExceptionInfo[PermanentError]) -> ExceptionCode:
    return error.value.code


def test_the_number_is_the_prefix_and_the_shops_number() -> None:
    assert warehouse_number(an_order(order_number="1001"), replace(STORE, number_prefix="EU-")) == "EU-1001"


def test_an_order_without_number_is_filed_under_its_id() -> None:
    assert warehouse_number(an_order("abc-1", order_number=None), STORE) == "abc-1"


@pytest.mark.parametrize("number", ["WEB 1", "WEB.1", "WEB/1", "WÉB-1", "W" * 51])
def test_a_number_deposco_cannot_hold_is_refused(number: str) -> None:
    with pytest.raises(PermanentError) as error:
        warehouse_number(an_order(order_number=number), STORE)
    assert code_of(error) is ExceptionCode.ORDER_NUMBER_NOT_EXPRESSIBLE


def test_each_unmapped_sku_is_named_once() -> None:
    order = an_order(lines=(a_line(1), a_line(2, sku="NEW"), a_line(3, sku="NEW")))
    assert unmapped_skus(order, {"SKU-1": MappedItem(sku="SKU-1", item_number="I")}) == ("NEW",)


def test_a_line_without_sku_can_never_be_mapped() -> None:
    with pytest.raises(PermanentError) as error:
        unmapped_skus(an_order(lines=(a_line(1, sku=""),)), {})
    assert code_of(error) is ExceptionCode.SKU_MISSING


def test_lines_keep_their_numbers_and_new_ones_continue_the_sequence() -> None:
    order = an_order(lines=(a_line(3), a_line(1), a_line(2)))
    wanted = composed(order, {"line-1": "1", "line-2": "2"})
    assert {line.shop_line_id: line.line_number for line in wanted.lines} == {
        "line-1": "1",
        "line-2": "2",
        "line-3": "3",
    }


@pytest.mark.parametrize("part", ["street", "city", "postal_code", "country"])
def test_an_address_without_an_indispensable_part_is_refused(part: str) -> None:
    absent: dict[str, Any] = {part: ""}
    with pytest.raises(PermanentError) as error:
        composed(an_order(shipping_address=replace(HOME, **absent)))
    assert code_of(error) is ExceptionCode.ADDRESS_INCOMPLETE
    assert part in error.value.facts["absent"]


def test_an_address_without_any_name_is_refused() -> None:
    nameless = Address(street="Street 1", city="Gent", postal_code="9000", country="BE")
    with pytest.raises(PermanentError) as error:
        composed(an_order(shipping_address=nameless))
    assert code_of(error) is ExceptionCode.ADDRESS_INCOMPLETE


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"has_several_addresses": True}, ExceptionCode.ORDER_UNSUPPORTED),
        ({"lines": ()}, ExceptionCode.ORDER_UNSUPPORTED),
        ({"shipping_method": "Drone"}, ExceptionCode.SHIPPING_METHOD_UNMAPPED),
        ({"shipping_address": None}, ExceptionCode.ADDRESS_INCOMPLETE),
        ({"custom_line_total": euros(500)}, ExceptionCode.ORDER_UNSUPPORTED),
    ],
)
def test_what_cannot_be_expressed_is_refused_by_name(changes: dict[str, Any], code: ExceptionCode) -> None:
    with pytest.raises(PermanentError) as error:
        composed(an_order(**changes))
    assert code_of(error) is code


def test_custom_lines_are_left_out_where_the_settings_say_so() -> None:
    order = an_order(custom_line_total=euros(500))
    policy = replace(STORE, leaves_out_custom_lines=True)
    wanted = compose(order, number="WEB-1", items=items_for(order), policy=policy, line_numbers={})
    assert len(wanted.lines) == 1


def test_a_cancelled_copy_proves_nothing() -> None:
    wanted = composed(an_order())
    assert differences(wanted, replace(a_faithful_copy(wanted), status="Canceled")) == ("the copy is Canceled",)


@pytest.mark.parametrize("quantity", [1.4, None])
def test_a_quantity_that_is_no_whole_number_of_eaches_proves_nothing(quantity: float | None) -> None:
    wanted = composed(an_order())
    copy = a_faithful_copy(wanted)
    assert differences(wanted, replace(copy, lines=(replace(copy.lines[0], quantity=quantity),))) != ()


def test_an_unmapped_shipping_method_takes_the_fallback_where_there_is_one() -> None:
    order = an_order(shipping_method=None)
    policy = replace(STORE, fallback_ship_via="ANY")
    wanted = compose(order, number="WEB-1", items=items_for(order), policy=policy, line_numbers={})
    assert wanted.ship_via == "ANY"


def test_no_refusal_quotes_the_address() -> None:
    with pytest.raises(PermanentError) as error:
        composed(an_order(shipping_address=replace(HOME, city="")))
    told = str(error.value) + str(error.value.facts)
    assert HOME.street not in told
    assert HOME.last_name not in told


def test_a_faithful_copy_is_proven() -> None:
    wanted = composed(an_order(lines=(a_line(1), a_line(2, quantity=3))))
    assert differences(wanted, a_faithful_copy(wanted)) == ()


def test_a_cancelled_quantity_is_not_there() -> None:
    wanted = composed(an_order(lines=(a_line(1, quantity=3),)))
    copy = a_faithful_copy(wanted)
    cancelled = replace(copy, lines=(replace(copy.lines[0], cancelled_quantity=1),))
    assert differences(wanted, cancelled) == ("line 1 has quantity 2, sent 3",)


@pytest.mark.parametrize(
    "spoiled",
    [
        {"item_number": None},
        {"item_number": "ITM-OTHER"},
        {"quantity": 7},
        {"shop_line_id": "line-9"},
        {"line_number": "9"},
    ],
)
def test_any_spoiled_line_is_noticed(spoiled: dict[str, Any]) -> None:
    wanted = composed(an_order(lines=(a_line(1), a_line(2))))
    copy = a_faithful_copy(wanted)
    lines: tuple[CopyLine, ...] = (replace(copy.lines[0], **spoiled), *copy.lines[1:])
    assert differences(wanted, replace(copy, lines=lines)) != ()


def test_a_missing_a_foreign_and_a_doubled_line_are_noticed() -> None:
    wanted = composed(an_order(lines=(a_line(1), a_line(2))))
    copy = a_faithful_copy(wanted)
    foreign = CopyLine(line_number="7", shop_line_id=None, item_number="I", quantity=1)
    assert differences(wanted, replace(copy, lines=copy.lines[:1])) == ("line 2 is missing",)
    assert differences(wanted, replace(copy, lines=(*copy.lines, foreign))) == ("line 7 is there but was never sent",)
    assert differences(wanted, replace(copy, lines=(*copy.lines, copy.lines[0]))) == ("line 1 stands there twice",)


def test_another_orders_copy_proves_nothing() -> None:
    wanted = composed(an_order())
    assert differences(wanted, replace(a_faithful_copy(wanted), number="WEB-2")) != ()


def test_equal_content_has_an_equal_hash_whatever_the_time_and_the_prices() -> None:
    order = an_order()
    later = replace(order, placed_at=NOON + timedelta(hours=1), version=9)
    assert order.content_hash() == later.content_hash()


@pytest.mark.parametrize(
    "changes",
    [
        {"shipping_address": replace(HOME, city="Brugge")},
        {"lines": (a_line(1, quantity=2),)},
        {"lines": (a_line(1), a_line(2))},
        {"lines": (a_line(1, sku="OTHER"),)},
        {"shipping_method": "Express"},
    ],
)
def test_whatever_the_warehouse_acts_on_changes_the_hash(changes: dict[str, Any]) -> None:
    assert an_order().content_hash() != an_order(**changes).content_hash()


@given(quantities=st.lists(st.integers(min_value=1, max_value=99), min_size=1, max_size=130), data=st.data())
def test_no_altered_quantity_escapes_the_proof(quantities: list[int], data: st.DataObject) -> None:
    lines = tuple(a_line(number, quantity=quantity) for number, quantity in enumerate(quantities, start=1))
    wanted = composed(an_order(lines=lines))
    copy = a_faithful_copy(wanted)
    assert differences(wanted, copy) == ()
    at = data.draw(st.integers(min_value=0, max_value=len(lines) - 1))
    altered = list(copy.lines)
    altered[at] = replace(altered[at], quantity=quantities[at] + data.draw(st.sampled_from((-1, 1))))
    assert len(differences(wanted, replace(copy, lines=tuple(altered)))) == 1
