"""The stored form of an order's records, which outlives the version that wrote it."""

from __future__ import annotations

from dataclasses import MISSING, fields
from typing import Any

import pytest
from lockstep.adapters.aws.order_items import (
    change_from_stream,
    storefront_item,
    storefront_record,
    warehouse_item,
    warehouse_record,
)
from lockstep.domain.errors import TransientError
from lockstep.domain.flow_switches import Flow
from lockstep.domain.order_state import HoldReason, StorefrontRecord, WarehouseRecord
from lockstep.domain.order_views import view_of_storefront, view_of_warehouse

from tests.support.builders import a_hold, a_storefront_record, a_warehouse_record


@pytest.mark.parametrize("record", [a_warehouse_record(revision=3), a_storefront_record(revision=3)])
def test_the_samples_leave_no_field_at_its_default(record: WarehouseRecord | StorefrontRecord) -> None:
    """Otherwise the tests below would not notice a field that is never stored."""
    assert [
        field.name
        for field in fields(record)
        if field.default is not MISSING and getattr(record, field.name) == field.default
    ] == []


def test_a_warehouse_record_survives_its_item() -> None:
    record = a_warehouse_record(revision=3)

    assert warehouse_record(warehouse_item(record)) == record


def test_a_storefront_record_survives_its_item() -> None:
    record = a_storefront_record(revision=3)

    assert storefront_record(storefront_item(record)) == record


def test_times_are_stored_in_utc_with_microseconds() -> None:
    assert warehouse_item(a_warehouse_record())["proven_at"] == {"S": "2026-03-02T08:32:00.123456Z"}


def test_attributes_of_a_newer_version_are_ignored() -> None:
    record = a_warehouse_record(revision=3)
    item: dict[str, Any] = dict(warehouse_item(record)) | {"carrier_promise": {"M": {"days": {"N": "2"}}}}

    assert warehouse_record(item) == record


def test_attributes_that_an_older_version_did_not_write_take_their_defaults() -> None:
    keys = {"pk": {"S": "ORDER#order-1"}, "order_id": {"S": "order-1"}, "revision": {"N": "3"}}

    assert warehouse_record(keys) == WarehouseRecord(order_id="order-1", revision=3)
    assert storefront_record(keys) == StorefrontRecord(order_id="order-1", revision=3)


def test_a_word_of_a_newer_version_is_read_later_instead_of_being_lost() -> None:
    item: dict[str, Any] = dict(warehouse_item(a_warehouse_record())) | {"open_codes": {"L": [{"S": "SOMETHING_NEW"}]}}

    with pytest.raises(TransientError, match="SOMETHING_NEW"):
        warehouse_record(item)


def test_a_stream_image_of_the_warehouse_record_becomes_its_view() -> None:
    record = a_warehouse_record(revision=3)

    assert change_from_stream(warehouse_item(record)) == view_of_warehouse(record)


def test_a_stream_image_of_the_storefront_record_becomes_its_view() -> None:
    record = a_storefront_record(revision=3)

    assert change_from_stream(storefront_item(record)) == view_of_storefront(record)


def test_a_stream_image_of_an_order_that_is_being_sent_shows_that_it_waits() -> None:
    hold = a_hold(reason=HoldReason.SENDING)
    change = change_from_stream(warehouse_item(a_warehouse_record(revision=3, hold=hold)))

    assert change is not None
    assert (change.lane, change.hold) == (Flow.PUSH_ORDERS, hold)


@pytest.mark.parametrize(
    ("partition", "sort"),
    [("NUMBER#ACME/UK-1", "ALIAS"), ("PAYMENT#p-1", "ALIAS"), ("PAYMENT#p-1", "ORPHAN"), ("ORDER#o-1", "SHIPMENT#9")],
)
def test_other_images_of_the_stream_show_nothing(partition: str, sort: str) -> None:
    assert change_from_stream({"pk": {"S": partition}, "sk": {"S": sort}, "order_id": {"S": "o-1"}}) is None
