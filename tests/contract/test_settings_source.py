"""`SettingsSource`: versions of one document, validated before they count."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from lockstep.adapters.aws.settings_source import DynamoSettingsSource
from lockstep.adapters.memory.settings_source import MemorySettingsSource
from lockstep.adapters.settings_document import parse_settings, to_document
from lockstep.domain.errors import ConcurrentChangeError, ConfigurationError

from tests.support.builders import at
from tests.support.orders import SETTINGS

if TYPE_CHECKING:
    from tests.contract.conftest import Aws
    from tests.support.fake_clock import FakeClock

    Source = MemorySettingsSource | DynamoSettingsSource

CACHE_SECONDS = 30


@pytest.fixture
def source(side: str, request: pytest.FixtureRequest, clock: FakeClock) -> Source:
    if side == "memory":
        return MemorySettingsSource(parse_settings)
    return dynamo_source(request.getfixturevalue("aws"), clock)


def dynamo_source(aws: Aws, clock: FakeClock) -> DynamoSettingsSource:
    return DynamoSettingsSource(aws.dynamodb, aws.table, parse_settings, clock, cache_seconds=CACHE_SECONDS)


def a_document(channel_key: str = "warehouse") -> dict[str, Any]:
    document = to_document(SETTINGS)
    document["storefront"]["channel_key"] = channel_key
    return document


def publish(source: Source, document: str | dict[str, Any]) -> int:
    return source.publish(document, by="Kim", note="because", at=at(0)).version


def test_before_anything_is_published_nothing_can_run(source: Source) -> None:
    with pytest.raises(ConfigurationError, match="published"):
        source.current()


def test_what_is_published_is_in_force(source: Source) -> None:
    publish(source, a_document("north"))

    assert source.current() == parse_settings(a_document("north"), 1)


def test_each_publication_is_the_next_version(source: Source) -> None:
    versions = [publish(source, a_document(name)) for name in ("north", "south", "east")]

    assert versions == [1, 2, 3]
    assert (source.current().version, source.current().storefront.channel_key) == (3, "east")


def test_a_document_may_be_published_as_text(source: Source) -> None:
    publish(source, json.dumps(a_document("north")))

    assert source.current().storefront.channel_key == "north"


def test_an_invalid_document_changes_nothing(source: Source) -> None:
    publish(source, a_document("north"))

    with pytest.raises(ConfigurationError, match="channel_key"):
        publish(source, a_document(""))

    assert (source.current().version, source.current().storefront.channel_key) == (1, "north")


# -- what is special about DynamoDB ------------------------------------------------------------------------


def test_an_older_version_is_kept_with_who_when_and_why(aws: Aws, clock: FakeClock) -> None:
    source = dynamo_source(aws, clock)
    source.publish(a_document("north"), by="Kim", note="first", at=at(0))
    source.publish(a_document("south"), by="Lee", note="second", at=at(1))

    key = {"pk": {"S": "SETTINGS"}, "sk": {"S": "VERSION#000001"}}
    item = aws.dynamodb.get_item(TableName=aws.table, Key=key)["Item"]
    assert json.loads(item["document"]["S"]) == a_document("north")
    assert (item["saved_by"], item["note"]) == ({"S": "Kim"}, {"S": "first"})
    assert item["saved_at"] == {"S": "2026-03-02T08:30:00.123456Z"}


def test_a_change_by_others_is_seen_once_the_cache_has_aged(aws: Aws, clock: FakeClock) -> None:
    source = dynamo_source(aws, clock)
    publish(source, a_document("north"))
    publish(dynamo_source(aws, clock), a_document("south"))

    clock.advance(CACHE_SECONDS - 1)
    before = source.current().version
    clock.advance(1)

    assert (before, source.current().version) == (1, 2)


def test_a_document_that_did_not_change_is_not_read_again(aws: Aws, clock: FakeClock) -> None:
    publish(dynamo_source(aws, clock), a_document())
    source = dynamo_source(aws, clock)
    source.current()
    read: list[str] = []

    def note(params: dict[str, Any], **_: Any) -> None:
        read.append(params["Key"]["sk"]["S"])

    aws.dynamodb.meta.events.register("provide-client-params.dynamodb.GetItem", note)
    source.current()
    clock.advance(CACHE_SECONDS)
    source.current()

    assert read == ["CURRENT"]


class Overtaken(DynamoSettingsSource):
    """Believes in a version that is not in force any more."""

    def _version_in_force(self) -> int | None:
        version = super()._version_in_force() or 0
        return version - 1 if version > 1 else None


@pytest.mark.parametrize("published_before", [1, 2])
def test_of_two_who_publish_at_once_the_second_is_refused(aws: Aws, clock: FakeClock, published_before: int) -> None:
    source = dynamo_source(aws, clock)
    for _ in range(published_before):
        publish(source, a_document("north"))

    with pytest.raises(ConcurrentChangeError):
        publish(
            Overtaken(aws.dynamodb, aws.table, parse_settings, clock, cache_seconds=CACHE_SECONDS),
            a_document("south"),
        )
    assert dynamo_source(aws, clock).current().storefront.channel_key == "north"


def test_a_stored_document_that_this_version_cannot_read_is_a_configuration_error(aws: Aws, clock: FakeClock) -> None:
    publish(dynamo_source(aws, clock), a_document())
    aws.dynamodb.update_item(
        TableName=aws.table,
        Key={"pk": {"S": "SETTINGS"}, "sk": {"S": "VERSION#000001"}},
        UpdateExpression="SET document = :document",
        ExpressionAttributeValues={":document": {"S": "{}"}},
    )

    with pytest.raises(ConfigurationError, match="default_store"):
        dynamo_source(aws, clock).current()


def test_a_version_in_force_that_is_not_stored_is_a_configuration_error(aws: Aws, clock: FakeClock) -> None:
    publish(dynamo_source(aws, clock), a_document())
    key = {"pk": {"S": "SETTINGS"}, "sk": {"S": "VERSION#000001"}}
    aws.dynamodb.delete_item(TableName=aws.table, Key=key)

    with pytest.raises(ConfigurationError, match="version 1"):
        dynamo_source(aws, clock).current()
