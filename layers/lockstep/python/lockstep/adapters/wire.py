"""How answers of other systems are read: by their own names, no stricter than the work needs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, model_validator
from pydantic.alias_generators import to_camel


class Wire(BaseModel):
    """A part of an answer: camelCase outside, unknown fields ignored.

    A number where text is expected is taken as text, and a field that is null counts as absent: neither says
    anything about the order that would be worth stopping it for.
    """

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, extra="ignore", frozen=True, coerce_numbers_to_str=True
    )

    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, part: Any) -> Any:
        if isinstance(part, Mapping):
            return {name: value for name, value in part.items() if value is not None}
        return part
