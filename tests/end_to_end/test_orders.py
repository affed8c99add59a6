"""Orders through the real handlers, with everything that goes wrong on the way, judged from both books."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import count
from typing import Any

import pytest
import requests
from lockstep.adapters.aws.sku_map import DynamoSkuMap
from lockstep.domain.warehouse_orders import MappedItem

from local.scenarios.audit import ITEM_OF_SKU, audit, dead_letters
from local.scenarios.books import Fate, Verdict
from local.scenarios.shop import a_transaction
from local.scenarios.stage import Stage
from local.scenarios.trading_day import CATALOGUE, UNMAPPED, PlannedLine, PlannedOrder, Story
from local.scenarios.warehouse import BUSINESS_UNIT

NEW_ITEM = "ITM-NEW"
NUMBERS = count(1)
PATIENCE_SECONDS = 90


def a_plan(*, lines: int = 1, city: str = "Gent", unmapped: bool = False) -> PlannedOrder:
    """An order nobody has placed yet."""
    products = [*CATALOGUE[:lines], *([UNMAPPED] if unmapped else [])]
    return PlannedOrder(
        number=f"E2E-{next(NUMBERS):05d}",
        story=Story.ORDINARY,
        lines=tuple(PlannedLine(product=product, quantity=1) for product in products),
        city=city,
    )


def place(stage: Stage, planned: PlannedOrder) -> dict[str, Any]:
    """The order, paid."""
    return stage.shop.place(planned, payment_state="Paid", transactions=[a_transaction("Charge", planned.total_cents)])


@contextmanager
def open_for_business(stage: Stage) -> Iterator[None]:
    stage.cloud.start_event_sources()
    try:
        yield
    finally:
        stage.cloud.stop_event_sources()


@contextmanager
def faults(url: str, *rules: dict[str, Any]) -> Iterator[None]:
    requests.post(f"{url}/_admin/faults", json={"seed": 1, "rules": list(rules)}, timeout=10).raise_for_status()
    try:
        yield
    finally:
        requests.delete(f"{url}/_admin/faults", timeout=10).raise_for_status()


def fate_of(stage: Stage, planned: PlannedOrder) -> Verdict:
    return next(verdict for verdict in audit(stage) if verdict.number == planned.number)


def wait_until(condition: Callable[[], bool], what: str) -> None:
    """Poll; how long it takes decides nothing."""
    ends = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        if time.monotonic() > ends:
            pytest.fail(f"never came to pass: {what}")
        time.sleep(0.1)


def settled(stage: Stage, planned: PlannedOrder, fate: Fate) -> Verdict:
    """The verdict once the order has come to this fate and nothing is under way."""
    wait_until(lambda: stage.cloud.idle() and fate_of(stage, planned).fate is fate, f"{planned.number} {fate.value}")
    return fate_of(stage, planned)


def test_an_order_is_acknowledged(stage: Stage) -> None:
    planned = a_plan(lines=2)
    place(stage, planned)
    with open_for_business(stage):
        assert settled(stage, planned, Fate.ACKNOWLEDGED).surplus_copies == 0


def test_an_order_whose_payload_was_left_out_is_read_and_acknowledged(stage: Stage) -> None:
    planned = a_plan()
    order = place(stage, planned)
    note = {
        "notificationType": "Message",
        "projectKey": "demo",
        "resource": {"typeId": "order", "id": order["id"]},
        "id": f"left-out-{order['id']}",
        "resourceVersion": 1,
        "payloadNotIncluded": {"reason": "Content too large", "payloadType": "OrderCreated"},
    }
    send(stage, json.dumps(note))
    with open_for_business(stage):
        assert settled(stage, planned, Fate.ACKNOWLEDGED).surplus_copies == 0


@pytest.mark.parametrize(
    "body", ["<order/>", "[]", '{"notificationType": "Message"}', '{"notificationType": "Message", "resource": {}}']
)
def test_rubbish_ends_among_the_dead_letters_and_stops_nobody(stage: Stage, body: str) -> None:
    before = dead_letters(stage)
    planned = a_plan()
    send(stage, body)
    place(stage, planned)
    with open_for_business(stage):
        settled(stage, planned, Fate.ACKNOWLEDGED)
        wait_until(lambda: dead_letters(stage) == before + 1, "the body among the dead letters")


def test_an_unknown_message_type_is_skipped(stage: Stage) -> None:
    before = dead_letters(stage)
    order = place(stage, planned := a_plan())
    note = {
        "notificationType": "Message",
        "projectKey": "demo",
        "resource": {"typeId": "order", "id": order["id"]},
        "id": "from-the-future",
        "type": "OrderSungAbout",
        "resourceVersion": 1,
    }
    send(stage, json.dumps(note))
    with open_for_business(stage):
        settled(stage, planned, Fate.ACKNOWLEDGED)
    assert dead_letters(stage) == before


def test_an_address_that_deposco_cannot_hold_is_customer_cares(stage: Stage) -> None:
    planned = a_plan(city="Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch")
    place(stage, planned)
    with open_for_business(stage):
        verdict = settled(stage, planned, Fate.PARKED)
    assert (verdict.codes, verdict.owners) == (("FIELD_TOO_LONG",), ("customer-care",))


def test_a_sku_without_item_is_the_catalogues_and_shown_on_the_order(stage: Stage) -> None:
    planned = a_plan(unmapped=True)
    order = place(stage, planned)
    with open_for_business(stage):
        verdict = settled(stage, planned, Fate.PARKED)
        wait_until(stage.cloud.idle, "quiet")
        assert (verdict.codes, verdict.owners, verdict.hold) == (("SKU_UNMAPPED",), ("catalogue",), "waiting-for-sku")
        assert custom_fields(stage, order["id"]) == {
            "lockstepStatus": "exception",
            "lockstepException": "SKU_UNMAPPED",
        }
        map_the_new_sku(stage)
        redrive(stage, order["id"])
        assert settled(stage, planned, Fate.ACKNOWLEDGED).codes == ()
        wait_until(lambda: "lockstepException" not in custom_fields(stage, order["id"]), "the exception taken away")


@pytest.mark.parametrize(
    "rule",
    [
        {"match": {"kind": "sales_orders.upsert"}, "when": {"first": 1}, "do": "cut_after"},
        {"match": {"kind": "sales_orders.upsert"}, "when": {"first": 1}, "do": "cut_before"},
        {"match": {"kind": "sales_orders.upsert"}, "when": {"first": 1}, "do": "status_after_effect", "status": 500},
        {"match": {"kind": "sales_orders.upsert"}, "when": {"first": 1}, "do": "status", "status": 429},
        {"match": {"kind": "sales_orders.upsert"}, "when": {"first": 1}, "do": "status", "status": 409},
        {"match": {"kind": "sales_orders.upsert"}, "when": {"first": 1}, "do": "empty_200", "effect": True},
        {"match": {"kind": "sales_orders.upsert"}, "when": {"first": 1}, "do": "expire_token"},
    ],
    ids=lambda rule: f"{rule['do']}{rule.get('status', '')}",
)
def test_whatever_deposco_does_to_one_call_the_order_is_there_once(stage: Stage, rule: dict[str, Any]) -> None:
    planned = a_plan(lines=2)
    with faults(stage.deposco_url, {"name": "one call", **rule}), open_for_business(stage):
        place(stage, planned)
        assert settled(stage, planned, Fate.ACKNOWLEDGED).surplus_copies == 0


@pytest.mark.parametrize(
    "rule",
    [
        {"match": {"kind": "orders.update"}, "when": {"first": 1}, "do": "cut_after"},
        {"match": {"kind": "orders.update"}, "when": {"first": 1}, "do": "status_after_effect", "status": 500},
        {"match": {"kind": "orders.update"}, "when": {"first": 1}, "do": "status", "status": 503},
        {"match": {"kind": "orders.update"}, "when": {"first": 1}, "do": "expire_token"},
    ],
    ids=lambda rule: f"{rule['do']}{rule.get('status', '')}",
)
def test_whatever_the_shop_does_to_one_write_it_is_told_once(stage: Stage, rule: dict[str, Any]) -> None:
    planned = a_plan()
    with faults(stage.commercetools_url, {"name": "one write", **rule}), open_for_business(stage):
        place(stage, planned)
        assert settled(stage, planned, Fate.ACKNOWLEDGED).surplus_copies == 0


def test_every_message_delivered_three_times_makes_one_order(stage: Stage) -> None:
    planned = [a_plan() for _ in range(5)]
    rule = {"name": "thrice", "match": {"kind": "subscription.deliver"}, "do": "repeat", "times": 2}
    with faults(stage.commercetools_url, rule), open_for_business(stage):
        for order in planned:
            place(stage, order)
        for order in planned:
            assert settled(stage, order, Fate.ACKNOWLEDGED).surplus_copies == 0


def test_processes_killed_on_the_way_lose_and_double_nothing(stage: Stage) -> None:
    planned = [a_plan(lines=2) for _ in range(12)]
    with open_for_business(stage):
        for order in planned:
            place(stage, order)
            stage.cloud.kill_environments("PushOrdersFunction")
            stage.cloud.kill_environments("WriteBackOrdersFunction")
        for order in planned:
            assert settled(stage, order, Fate.ACKNOWLEDGED).surplus_copies == 0


def test_no_log_line_holds_anything_personal_or_secret(stage: Stage, log_lines: list[str]) -> None:
    """Looks at what the tests before it have made the functions say, failures included."""
    planned = a_plan()
    place(stage, planned)
    with open_for_business(stage):
        settled(stage, planned, Fate.ACKNOWLEDGED)
    assert any('"ending":"acknowledged"' in line for line in log_lines)
    planted = ("Long Street", "customer@example.com", "Robin", "demo-secret", "demo-refresh", "Bearer ")
    assert [line for line in log_lines if any(text in line for text in planted)] == []


def custom_fields(stage: Stage, order_id: str) -> dict[str, str]:
    orders = requests.get(f"{stage.commercetools_url}/_admin/state", params={"include": "orders"}, timeout=10).json()
    order = next(order for order in orders["orders"] if order["id"] == order_id)
    fields: dict[str, str] = order["custom"]["fields"]
    return fields


def send(stage: Stage, body: str) -> None:
    stage.cloud.client("sqs").send_message(
        QueueUrl=stage.cloud.physical_id("CommerceNotificationsQueue"), MessageBody=body
    )


def map_the_new_sku(stage: Stage) -> None:
    """What the catalogue owner does: an item in Deposco, and the SKU mapped to it."""
    stage.warehouse.stock_up((replace(UNMAPPED, item_number=NEW_ITEM),))
    sku_map = DynamoSkuMap(stage.cloud.client("dynamodb"), stage.cloud.physical_id("SkuMapTable"))
    sku_map.map_sku(BUSINESS_UNIT, MappedItem(sku=UNMAPPED.sku, item_number=NEW_ITEM))
    ITEM_OF_SKU[UNMAPPED.sku] = NEW_ITEM


def redrive(stage: Stage, order_id: str) -> None:
    """The message that docs/architecture.md tells people to send."""
    body = {"schema_version": 1, "cause": "redrive", "order_id": order_id, "message_id": f"redrive-{order_id}"}
    stage.cloud.client("sqs").send_message(
        QueueUrl=stage.cloud.physical_id("WarehouseOrdersQueue"),
        MessageBody=json.dumps(body),
        MessageGroupId=order_id,
        MessageDeduplicationId=f"redrive-{order_id}",
    )


def test_the_judge_knows_every_item() -> None:
    assert all(ITEM_OF_SKU[product.sku] for product in CATALOGUE)
