from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.commercetools_double.predicate_parser import PredicateError, parse
from local.commercetools_double.predicates import conjuncts, fields_of, holds

ORDER = {
    "orderNumber": 'WEB-"1"',
    "version": 3,
    "createdAt": "2026-03-01T10:00:00.000Z",
    "custom": {"fields": {"locked": True, "my-field": "x"}},
    "lineItems": [
        {"quantity": 1, "variant": {"sku": "A"}},
        {"quantity": 5, "variant": {"sku": "B"}},
    ],
    "roles": ["OrderExport", "Primary"],
    "syncInfo": [],
}


def found(text: str, **variables: list[str]) -> bool:
    return holds(parse(text, variables), ORDER)


@pytest.mark.parametrize(
    "text",
    [
        r'orderNumber = "WEB-\"1\""',
        "version = 3",
        "version <> 4 and version != 5",
        "version < 4 and version <= 3 and version > 2 and version >= 3",
        'createdAt = "2026-03-01T11:00:00+01:00"',
        'createdAt > "2026-03-01T09:59:59.999Z"',
        "custom(fields(locked = true))",
        'custom(fields(`my-field` = "x"))',
        'lineItems(variant(sku = "B") and quantity = 5)',
        'not(lineItems(variant(sku = "A") and quantity = 5))',
        "version in (1, 2, 3)",
        "version not in (1, 2)",
        'roles contains any ("Primary", "Other")',
        'roles contains all ("Primary", "OrderExport")',
        'not(roles contains all ("Primary", "Other"))',
        "customerId is not defined and version is defined",
        "syncInfo is empty and lineItems is not empty",
        "version = 9 or (version = 3 and true)",
        "false or version = 3",
    ],
)
def test_a_true_predicate_holds(text: str) -> None:
    assert found(text)


@pytest.mark.parametrize(
    "text",
    [
        'version = "3"',
        "orderNumber = 3",
        'customerId = "c"',
        "custom(fields(locked = false))",
        'lineItems(variant(sku = "C"))',
        'custom = "x"',
        "version = 3 and version = 4",
    ],
)
def test_a_false_predicate_does_not_hold(text: str) -> None:
    assert not found(text)


def test_and_binds_more_than_or() -> None:
    assert found("version = 3 or version = 3 and version = 4")


def test_a_variable_takes_the_type_of_the_field_it_meets() -> None:
    assert found("version = :v and custom(fields(locked = :locked))", v=["3"], locked=["true"])
    assert not found("version = :v", v=["three"])


def test_a_list_of_variables_may_stand_bare_or_in_brackets() -> None:
    assert found("version in :all", all=["1", "3"])
    assert found('lineItems(variant(sku in (:skus, "Z")))', skus=["B"])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "version",
        "version =",
        "version = 3 and",
        "(version = 3",
        "version = 3)",
        "version is nothing",
        "version = unquoted",
        'orderNumber = "open',
        "version contains some (1)",
        "version in 3",
        "= 3",
        "version = 3 ; version = 4",
    ],
)
def test_a_predicate_that_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(PredicateError):
        parse(text)


def test_a_variable_without_a_value_is_refused() -> None:
    with pytest.raises(PredicateError, match=":missing"):
        parse("version = :missing")


def test_a_list_where_one_value_is_due_is_refused() -> None:
    with pytest.raises(PredicateError, match="exactly one"):
        parse("version = :v", {"v": ["1", "2"]})


def test_the_outermost_fields_are_named() -> None:
    node = parse('not(a = 1) or b(c = 2) and d is empty and e in ("x")')
    assert list(fields_of(node)) == ["a", "b", "d", "e"]


def test_conjuncts_are_found_with_their_paths_and_never_below_an_or() -> None:
    node = parse('a = 1 and b(c(d = "x") and e in ("y")) and (f = 1 or g = 2) and not(h = 3)')
    assert [path for path, _ in conjuncts(node)] == ["a", "b.c.d", "b.e"]


scalars = st.one_of(st.integers(-3, 3), st.sampled_from(["a", "b"]))
bodies = st.dictionaries(st.sampled_from(["p", "q"]), scalars)


def literal(value: Any) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value)


@given(body=bodies, value=scalars, other=scalars)
def test_a_negation_is_the_opposite_of_what_it_negates(body: dict[str, Any], value: Any, other: Any) -> None:
    text = f"p = {literal(value)} or q in ({literal(other)})"
    assert holds(parse(f"not({text})"), body) is not holds(parse(text), body)


@given(text=st.text(max_size=30))
def test_no_text_breaks_the_parser_in_another_way(text: str) -> None:
    with contextlib.suppress(PredicateError):
        parse(text)
