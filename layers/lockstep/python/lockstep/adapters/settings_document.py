"""The merchant's settings document: one JSON object, validated as a whole.

    {
      "default_store": {
        "business_unit": "ACME", "order_source": "Web", "number_prefix": "UK-",
        "ship_via_map": {"standard": "UPS Ground"}, "fallback_ship_via": null, "leaves_out_custom_lines": true,
        "gate": {"settled_payment_states": ["Paid"], "tolerance_minor": {"EUR": 1}}
      },
      "stores": {"outlet": {...}},
      "storefront": {"channel_key": "warehouse", "custom_type_key": "lockstep-order"},
      "holds": {"payment_recheck_seconds": 900},
      "call_budget": {"calls_per_second": 3.0}
    }

What has a default in `domain.merchant_settings` may be left out. What is not known is refused, because a
misspelt name would silently leave a default in force.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from types import MappingProxyType
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from lockstep.domain.call_budget import DEFAULT_FLOORS, BudgetPolicy, CallLane
from lockstep.domain.errors import ConfigurationError
from lockstep.domain.merchant_settings import (
    NUMBER_ALPHABET,
    HoldPolicy,
    MerchantSettings,
    StorefrontPolicy,
    StorePolicy,
)
from lockstep.domain.release_gate import GatePolicy

Text = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^\S(.*\S)?$")]
"""Neither empty nor with a blank at either end, which nobody would see."""

BusinessUnit = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=r"^[^\s#/]+$")]
"""Part of stored keys, in which `#` and `/` separate."""

Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
Seconds = Annotated[int, Field(ge=1, le=7 * 86_400)]
Rate = Annotated[float, Field(gt=0, le=1000)]

_NEVER_IN_A_NUMBER = frozenset(". \t#/")
"""A period is refused by the warehouse (DEP-V2CO-08); the others separate parts of stored keys, or do not show."""

_HOLDS = HoldPolicy()
_BUDGET = BudgetPolicy()


class _Part(BaseModel):
    """No unknown names, and no text where a number is meant."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class _Gate(_Part):
    settled_payment_states: list[Literal["BalanceDue", "CreditOwed", "Failed", "Paid", "Pending"]]
    tolerance_minor: dict[Currency, Annotated[int, Field(ge=0)]] = {}
    release_without_payment: bool = False

    def to_domain(self) -> GatePolicy:
        return GatePolicy(
            settled_payment_states=frozenset(self.settled_payment_states),
            tolerance_minor=tuple(sorted(self.tolerance_minor.items())),
            release_without_payment=self.release_without_payment,
        )


class _Store(_Part):
    business_unit: BusinessUnit
    order_source: Text
    number_prefix: Annotated[str, StringConstraints(max_length=50)] = ""
    number_max_length: Annotated[int, Field(ge=1, le=100)] = 50
    number_alphabet: str = "".join(sorted(NUMBER_ALPHABET))
    ship_via_map: dict[Text, Text] = {}
    fallback_ship_via: Text | None = None
    leaves_out_custom_lines: bool = False
    gate: _Gate

    @model_validator(mode="after")
    def _numbers_can_be_made(self) -> Self:
        if refused := sorted(_NEVER_IN_A_NUMBER & set(self.number_alphabet)):
            raise ValueError(f"number_alphabet must not hold {''.join(refused)!r}")
        if strange := sorted(set(self.number_prefix) - set(self.number_alphabet)):
            raise ValueError(f"number_prefix holds {''.join(strange)!r}, which number_alphabet does not")
        if len(self.number_prefix) >= self.number_max_length:
            raise ValueError("number_prefix leaves no room for a number within number_max_length")
        return self

    def to_domain(self) -> StorePolicy:
        return StorePolicy(
            business_unit=self.business_unit,
            order_source=self.order_source,
            number_prefix=self.number_prefix,
            number_max_length=self.number_max_length,
            number_alphabet=frozenset(self.number_alphabet),
            ship_via_map=MappingProxyType(dict(self.ship_via_map)),
            fallback_ship_via=self.fallback_ship_via,
            leaves_out_custom_lines=self.leaves_out_custom_lines,
            gate=self.gate.to_domain(),
        )


class _Storefront(_Part):
    channel_key: Text
    custom_type_key: Text | None
    confirm_orders: bool = False

    def to_domain(self) -> StorefrontPolicy:
        return StorefrontPolicy(**self.model_dump())


class _Holds(_Part):
    payment_recheck_seconds: Seconds = _HOLDS.payment_recheck_seconds
    sku_recheck_seconds: Seconds = _HOLDS.sku_recheck_seconds

    def to_domain(self) -> HoldPolicy:
        return HoldPolicy(**self.model_dump())


class _CallBudget(_Part):
    calls_per_second: Rate = _BUDGET.calls_per_second
    v1_calls_per_second: Rate = _BUDGET.v1_calls_per_second
    floors: dict[Literal["orders", "shipments", "stock", "catalogue"], Annotated[float, Field(gt=0, le=1)]] = {
        lane.value: floor for lane, floor in DEFAULT_FLOORS.items()
    }
    own_ahead_seconds: Rate = _BUDGET.own_ahead_seconds
    borrowed_ahead_seconds: Rate = _BUDGET.borrowed_ahead_seconds
    least_calls_per_second: Rate = _BUDGET.least_calls_per_second
    slow_down_factor: Annotated[float, Field(gt=0, lt=1)] = _BUDGET.slow_down_factor
    pause_seconds: Rate = _BUDGET.pause_seconds
    longest_pause_seconds: Rate = _BUDGET.longest_pause_seconds
    recovery_seconds: Rate = _BUDGET.recovery_seconds

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        self.to_domain()
        return self

    def to_domain(self) -> BudgetPolicy:
        """The policy. Raises `ValueError` where its rates or floors contradict each other."""
        fields = self.model_dump()
        fields["floors"] = MappingProxyType({CallLane(lane): floor for lane, floor in self.floors.items()})
        return BudgetPolicy(**fields)


class _Document(_Part):
    default_store: _Store
    stores: dict[Text, _Store] = {}
    storefront: _Storefront
    holds: _Holds = _Holds()
    call_budget: _CallBudget = _CallBudget()

    def to_domain(self, version: int) -> MerchantSettings:
        return MerchantSettings(
            version=version,
            default_store=self.default_store.to_domain(),
            stores=MappingProxyType({key: store.to_domain() for key, store in self.stores.items()}),
            storefront=self.storefront.to_domain(),
            holds=self.holds.to_domain(),
            call_budget=self.call_budget.to_domain(),
        )


class _RepeatedNameError(ValueError):
    """A name stands twice in one JSON object; which of the two counts would be anybody's guess."""


def parse_settings(document: str | Mapping[str, Any], version: int) -> MerchantSettings:
    """The settings of a document, as JSON text or read already.

    Raises `ConfigurationError` that names every mistake with its path, `stores.outlet.business_unit` for one.
    """
    mistakes: list[str]
    try:
        fields = _read(document) if isinstance(document, str) else document
        return _Document.model_validate(fields).to_domain(version)
    except ValidationError as error:
        mistakes = [_mistake(tuple(found["loc"]), found["msg"]) for found in error.errors(include_input=False)]
    except (ValueError, RecursionError) as error:
        mistakes = [f"no usable JSON: {error}"]
    count = "one mistake" if len(mistakes) == 1 else f"{len(mistakes)} mistakes"
    raise ConfigurationError(f"The settings document (version {version}) has {count}: {'; '.join(mistakes)}.")


def to_document(settings: MerchantSettings) -> dict[str, Any]:
    """The document, ready for JSON, that `parse_settings` reads as these settings; every default is written out."""
    return {
        "default_store": _store_document(settings.default_store),
        "stores": {key: _store_document(store) for key, store in settings.stores.items()},
        "storefront": asdict(settings.storefront),
        "holds": asdict(settings.holds),
        "call_budget": {
            **{name: getattr(settings.call_budget, name) for name in _CallBudget.model_fields},
            "floors": {lane.value: floor for lane, floor in settings.call_budget.floors.items()},
        },
    }


def _store_document(store: StorePolicy) -> dict[str, Any]:
    return {
        "business_unit": store.business_unit,
        "order_source": store.order_source,
        "number_prefix": store.number_prefix,
        "number_max_length": store.number_max_length,
        "number_alphabet": "".join(sorted(store.number_alphabet)),
        "ship_via_map": dict(store.ship_via_map),
        "fallback_ship_via": store.fallback_ship_via,
        "leaves_out_custom_lines": store.leaves_out_custom_lines,
        "gate": {
            "settled_payment_states": sorted(store.gate.settled_payment_states),
            "tolerance_minor": dict(store.gate.tolerance_minor),
            "release_without_payment": store.gate.release_without_payment,
        },
    }


def _read(text: str) -> Any:
    return json.loads(text, object_pairs_hook=_without_repetition)


def _without_repetition(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) < len(pairs):
        names = [name for name, _ in pairs]
        twice = sorted({name for name in names if names.count(name) > 1})
        raise _RepeatedNameError(f"{', '.join(twice)} stands there twice")
    return fields


def _mistake(path: tuple[str | int, ...], message: str) -> str:
    where = ".".join(str(step) for step in path if step != "[key]") or "the document"
    return f"{where}: {message.removeprefix('Value error, ')}"
