"""The merchant's document: read strictly, refused with every mistake named."""

from __future__ import annotations

import copy
import json
from dataclasses import MISSING, fields
from types import MappingProxyType
from typing import Any

import pytest
from lockstep.adapters.settings_document import parse_settings, to_document
from lockstep.domain.call_budget import BudgetPolicy, CallLane
from lockstep.domain.errors import ConfigurationError
from lockstep.domain.merchant_settings import (
    NUMBER_ALPHABET,
    HoldPolicy,
    MerchantSettings,
    StorefrontPolicy,
    StorePolicy,
)
from lockstep.domain.release_gate import GatePolicy

EXAMPLE = """
{
  "default_store": {
    "business_unit": "ACME",
    "order_source": "Web",
    "number_prefix": "EU-",
    "number_max_length": 30,
    "ship_via_map": {"standard": "UPS Ground", "express": "UPS Next Day"},
    "fallback_ship_via": null,
    "gate": {
      "settled_payment_states": ["Paid"],
      "tolerance_minor": {"EUR": 1, "JPY": 0},
      "release_without_payment": false
    }
  },
  "stores": {
    "outlet": {
      "business_unit": "OUTLET",
      "order_source": "Web outlet",
      "number_prefix": "OUT-",
      "fallback_ship_via": "Best way",
      "gate": {"settled_payment_states": []}
    }
  },
  "storefront": {
    "channel_key": "deposco",
    "custom_type_key": "lockstep-order",
    "confirm_orders": true
  },
  "holds": {"payment_recheck_seconds": 600},
  "call_budget": {"calls_per_second": 2.5, "v1_calls_per_second": 1}
}
"""
"""A whole document: what is left out takes its default."""


def a_document() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(EXAMPLE)
    return document


def mistakes(document: str | dict[str, Any]) -> str:
    with pytest.raises(ConfigurationError) as failure:
        parse_settings(document, 4)
    return str(failure.value)


def changed(path: str, value: Any) -> dict[str, Any]:
    """The example with one value replaced; the path may lead to a new name."""
    document = copy.deepcopy(a_document())
    *way, last = path.split(".")
    place = document
    for step in way:
        place = place[step]
    place[last] = value
    return document


def test_the_example_says_what_it_says() -> None:
    settings = parse_settings(EXAMPLE, 4)

    assert settings.version == 4
    assert settings.default_store == StorePolicy(
        business_unit="ACME",
        order_source="Web",
        number_prefix="EU-",
        number_max_length=30,
        ship_via_map={"standard": "UPS Ground", "express": "UPS Next Day"},
        gate=GatePolicy(settled_payment_states=frozenset({"Paid"}), tolerance_minor=(("EUR", 1), ("JPY", 0))),
    )
    assert settings.stores["outlet"].business_unit == "OUTLET"
    assert settings.storefront == StorefrontPolicy(
        channel_key="deposco", custom_type_key="lockstep-order", confirm_orders=True
    )


def test_what_is_left_out_takes_the_default() -> None:
    settings = parse_settings(EXAMPLE, 4)

    assert settings.holds == HoldPolicy(payment_recheck_seconds=600)
    assert settings.call_budget == BudgetPolicy(calls_per_second=2.5, v1_calls_per_second=1.0)
    assert settings.stores["outlet"].number_alphabet == NUMBER_ALPHABET
    assert not settings.stores["outlet"].leaves_out_custom_lines


def test_a_document_that_was_read_already_is_taken_too() -> None:
    assert parse_settings(a_document(), 4) == parse_settings(EXAMPLE, 4)


FULL = MerchantSettings(
    version=9,
    default_store=StorePolicy(
        business_unit="ACME",
        order_source="Web",
        number_prefix="E",
        number_max_length=20,
        number_alphabet=frozenset("ABCDE0123456789"),
        ship_via_map=MappingProxyType({"standard": "Ground"}),
        fallback_ship_via="Best way",
        leaves_out_custom_lines=True,
        gate=GatePolicy(
            settled_payment_states=frozenset({"Paid", "CreditOwed"}),
            tolerance_minor=(("EUR", 1),),
            release_without_payment=True,
        ),
    ),
    stores=MappingProxyType({}),
    storefront=StorefrontPolicy(channel_key="deposco", custom_type_key="type", confirm_orders=True),
    holds=HoldPolicy(payment_recheck_seconds=1, sku_recheck_seconds=2),
    call_budget=BudgetPolicy(
        calls_per_second=2.0,
        v1_calls_per_second=1.0,
        floors=dict.fromkeys(CallLane, 0.2),
        own_ahead_seconds=1.0,
        borrowed_ahead_seconds=2.0,
        least_calls_per_second=0.25,
        slow_down_factor=0.75,
        pause_seconds=2.0,
        longest_pause_seconds=9.0,
        recovery_seconds=60.0,
    ),
)


@pytest.mark.parametrize(
    "part", [FULL.default_store, FULL.default_store.gate, FULL.storefront, FULL.holds, FULL.call_budget]
)
def test_the_full_settings_leave_nothing_at_its_default(part: Any) -> None:
    """Otherwise the round trip would not notice a setting that the document lacks."""
    assert [
        field.name
        for field in fields(part)
        if getattr(part, field.name) == (field.default if field.default_factory is MISSING else field.default_factory())
    ] == []


def test_settings_survive_their_document() -> None:
    assert parse_settings(json.dumps(to_document(FULL)), 9) == FULL


def test_all_mistakes_are_told_at_once_with_their_paths() -> None:
    document = changed("stores.outlet.business_unit", "")
    document["default_store"]["gate"]["settled_payment_states"] = ["paid"]
    del document["storefront"]["channel_key"]

    told = mistakes(document)

    assert "version 4" in told
    assert "3 mistakes" in told
    assert "default_store.gate.settled_payment_states.0: " in told
    assert "stores.outlet.business_unit: " in told
    assert "storefront.channel_key: " in told


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("surprise", 1),
        ("default_store.order_sauce", "Web"),
        ("default_store.gate.tolerance", 1),
        ("default_store.business_unit", "A#B"),
        ("default_store.business_unit", "A/B"),
        ("default_store.order_source", " Web"),
        ("default_store.leaves_out_custom_lines", "yes"),
        ("default_store.number_max_length", "30"),
        ("default_store.number_max_length", 0),
        ("default_store.number_max_length", True),
        ("default_store.ship_via_map", {"standard": ""}),
        ("default_store.gate.tolerance_minor", {"eur": 1}),
        ("default_store.gate.tolerance_minor", {"EUR": -1}),
        ("default_store.gate.tolerance_minor", {"EUR": 0.5}),
        ("default_store.gate.release_without_payment", "no"),
        ("storefront.channel_key", None),
        ("holds.payment_recheck_seconds", 0),
        ("holds.sku_recheck_seconds", 8 * 86_400),
        ("holds.system_recheck_seconds", 60),
        ("call_budget.calls_per_second", 0),
        ("call_budget.slow_down_factor", 1),
    ],
)
def test_a_single_mistake_is_refused_with_its_path(path: str, value: Any) -> None:
    told = mistakes(changed(path, value))

    assert "one mistake" in told
    assert path in told


@pytest.mark.parametrize("key", ["", " ", " outlet"])
def test_a_store_key_that_is_empty_or_padded_is_refused(key: str) -> None:
    document = a_document()
    document["stores"][key] = document["stores"]["outlet"]

    assert "one mistake: stores" in mistakes(document)


def test_a_prefix_that_the_alphabet_lacks_is_refused() -> None:
    assert "number_prefix holds '.'" in mistakes(changed("default_store.number_prefix", "EU."))


def test_a_prefix_that_leaves_no_room_is_refused() -> None:
    assert "no room" in mistakes(changed("default_store.number_max_length", 3))


def test_an_alphabet_with_a_period_is_refused() -> None:
    assert "number_alphabet must not hold '.'" in mistakes(changed("stores.outlet.number_alphabet", "OUT-.0123456789"))


def test_a_call_budget_that_contradicts_itself_is_refused() -> None:
    told = mistakes(changed("call_budget.v1_calls_per_second", 9))

    assert "call_budget: the V1 rate" in told


def test_floors_that_add_up_to_more_than_everything_are_refused() -> None:
    floors = {"orders": 0.9, "shipments": 0.9, "stock": 0.1, "catalogue": 0.1}

    assert "call_budget: the floors" in mistakes(changed("call_budget.floors", floors))


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "[" * 100_000])
def test_a_text_that_is_no_json_object_is_refused(text: str) -> None:
    assert "one mistake" in mistakes(text)


def test_a_name_that_stands_twice_is_refused() -> None:
    text = EXAMPLE.replace('"holds":', '"storefront": {"channel_key": "other", "custom_type_key": null}, "holds":')

    assert "storefront stands there twice" in mistakes(text)
