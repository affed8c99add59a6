"""How single values look in DynamoDB: times, money, words of an enumeration, and maps of plain values."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypeVar

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

from lockstep.domain.errors import TransientError
from lockstep.domain.money import Money

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

    Item = dict[str, AttributeValueTypeDef]
    StoredItem = Mapping[str, Any]

_SERIALIZER = TypeSerializer()
_DESERIALIZER = TypeDeserializer()

Word = TypeVar("Word", bound=StrEnum)


def item_of(plain: Mapping[str, Any]) -> Item:
    """DynamoDB's form of plain values (str, int, list, dict); what is None is left out."""
    return {name: _SERIALIZER.serialize(value) for name, value in plain.items() if value is not None}


def plain_of(item: StoredItem) -> dict[str, Any]:
    """The plain values of an item; numbers are `Decimal`."""
    return {name: _DESERIALIZER.deserialize(value) for name, value in item.items()}


def time_text(at: datetime) -> str:
    """ISO 8601 in UTC with microseconds, always of one length: texts sort as the times do."""
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def time_of(text: str) -> datetime:
    """The aware UTC time that `time_text` wrote."""
    return datetime.fromisoformat(text).astimezone(UTC)


def optional_time_text(at: datetime | None) -> str | None:
    """`time_text`, or None for none."""
    return None if at is None else time_text(at)


def optional_time_of(text: str | None) -> datetime | None:
    """`time_of`, or None where nothing is stored."""
    return None if text is None else time_of(text)


def money_plain(money: Money | None) -> dict[str, Any] | None:
    """An amount as three plain values, or None for none."""
    if money is None:
        return None
    return {
        "amount_minor": money.amount_minor,
        "currency": money.currency,
        "fraction_digits": money.fraction_digits,
    }


def money_of(plain: Mapping[str, Any] | None) -> Money | None:
    """The amount that `money_plain` made, or None where nothing is stored."""
    if plain is None:
        return None
    return Money(int(plain["amount_minor"]), plain["currency"], int(plain["fraction_digits"]))


def word_of(words: type[Word], text: str) -> Word:
    """The word that was stored.

    Raises `TransientError` for one that this version does not know: functions change version one by one in an
    upgrade, and dropping the word would lose what the newer one wrote.
    """
    try:
        return words(text)
    except ValueError:
        raise TransientError(
            f"A stored {words.__name__} reads {text!r}, which this version of Lockstep does not know. It is read once "
            "every function runs the version that wrote it."
        ) from None
