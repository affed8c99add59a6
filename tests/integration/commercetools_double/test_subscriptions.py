from __future__ import annotations

import json
from collections.abc import Iterator

import boto3
import pytest
import requests
from moto import mock_aws

from local.commercetools_double.double import CommercetoolsDouble
from local.commercetools_double.notifications import DestinationError
from local.commercetools_double.sqs_transport import SqsTransport
from local.double_server import serving_in_thread
from tests.integration.commercetools_double.shop import DESTINATION, Queue, Shop, line_import

ORDERS = [{"resourceTypeId": "order"}]


def test_a_new_subscription_sends_a_test_notification(shop: Shop) -> None:
    subscription = shop.subscribe()
    (test,) = shop.queue.bodies
    assert (test["notificationType"], test["resource"]) == (
        "ResourceCreated",
        {"typeId": "subscription", "id": subscription["id"]},
    )


def test_a_subscription_whose_destination_fails_is_refused(shop: Shop, queue: Queue) -> None:
    queue.error = DestinationError("no such queue", configuration=True)
    error = shop.refused("subscriptions", {"destination": DESTINATION, "messages": ORDERS})
    assert error["code"] == "InvalidInput"
    assert shop.admin("GET", "state")["counts"]["subscriptions"] == 0


def test_a_fifo_queue_is_refused(shop: Shop) -> None:
    destination = {**DESTINATION, "queueUrl": "http://127.0.0.1/0/orders.fifo"}
    assert shop.refused("subscriptions", {"destination": destination, "messages": ORDERS})["code"] == "InvalidInput"


def test_a_subscription_to_nothing_is_refused(shop: Shop) -> None:
    assert shop.refused("subscriptions", {"destination": DESTINATION})["code"] == "InvalidInput"


def test_fifty_subscriptions_are_the_limit(shop: Shop) -> None:
    for _ in range(50):
        shop.subscribe()
    error = shop.refused("subscriptions", {"destination": DESTINATION, "messages": ORDERS})
    assert error["code"] == "MaxResourceLimitExceeded"


def test_types_narrow_what_is_told_and_leave_gaps_in_the_sequence(shop: Shop) -> None:
    shop.subscribe(messages=[{"resourceTypeId": "order", "types": ["OrderStateChanged"]}])
    order = shop.imported()
    order = shop.update("orders", order, {"action": "changePaymentState", "paymentState": "Paid"})
    shop.update("orders", order, {"action": "changeOrderState", "orderState": "Confirmed"})
    (message,) = shop.settled()
    assert (message["type"], message["sequenceNumber"]) == ("OrderStateChanged", 3)


def test_messages_of_other_resources_are_not_told(shop: Shop) -> None:
    shop.subscribe(messages=[{"resourceTypeId": "payment"}])
    shop.imported()
    assert shop.settled() == []


def test_changes_tell_versions_and_no_sequence(shop: Shop) -> None:
    shop.subscribe(changes=[{"resourceTypeId": "order"}])
    order = shop.imported()
    order = shop.update("orders", order, {"action": "changeOrderState", "orderState": "Confirmed"})
    shop.call("DELETE", f"orders/{order['id']}", version=order["version"])
    shop.settled()
    told = [(body["notificationType"], body["version"], body.get("oldVersion")) for body in shop.queue.bodies[1:]]
    assert told == [("ResourceCreated", 1, None), ("ResourceUpdated", 2, 1), ("ResourceDeleted", 2, None)]
    assert not any("sequenceNumber" in body or "id" in body for body in shop.queue.bodies)


def test_an_order_too_large_for_a_queue_is_told_without_its_payload(shop: Shop) -> None:
    shop.subscribe()
    lines = [line_import(f"SKU-{number}", name={"en": "x" * 2000}) for number in range(120)]
    order = shop.imported(lineItems=lines)
    (message,) = shop.settled()
    assert message["payloadNotIncluded"]["payloadType"] == "OrderImported"
    assert message["resource"]["id"] == order["id"]
    assert "order" not in message
    assert "type" not in message


def test_cloud_events_carry_the_notification_as_their_data(shop: Shop) -> None:
    shop.subscribe(messages=ORDERS, format={"type": "CloudEvents", "cloudEventsVersion": "1.0"})
    order = shop.imported()
    shop.settled()
    event = shop.queue.bodies[1]
    assert (event["type"], event["subject"], event["sequence"]) == (
        "com.commercetools.order.message.OrderImported",
        order["id"],
        "1",
    )
    assert event["data"]["order"] == order


def test_health_needs_no_token(shop: Shop) -> None:
    subscription = shop.subscribe()
    answer = requests.get(f"{shop.url}/demo/subscriptions/{subscription['id']}/health", timeout=5)
    assert answer.status_code == 200


def health(shop: Shop, subscription_id: str) -> int:
    return shop.call("GET", f"subscriptions/{subscription_id}/health").status_code


def test_a_passing_fault_of_the_queue_is_tried_again(shop: Shop, queue: Queue) -> None:
    subscription = shop.subscribe()
    queue.error = DestinationError("busy", configuration=False)
    shop.imported()
    assert shop.settled() == []
    assert health(shop, subscription["id"]) == 503
    queue.error = None
    shop.admin("POST", "clock", {"advance_seconds": 2})
    assert shop.types() == ["OrderImported"]
    assert health(shop, subscription["id"]) == 200


def test_what_a_misconfigured_queue_missed_within_a_day_is_delivered(shop: Shop, queue: Queue) -> None:
    subscription = shop.subscribe()
    queue.error = DestinationError("access denied", configuration=True)
    shop.imported()
    shop.settled()
    shop.admin("POST", "clock", {"advance_seconds": 23 * 3600})
    shop.settled()
    assert health(shop, subscription["id"]) == 400
    queue.error = None
    shop.admin("POST", "clock", {"advance_seconds": 2})
    assert shop.types() == ["OrderImported"]


def test_after_a_day_of_errors_delivery_stops_until_the_destination_is_changed(shop: Shop, queue: Queue) -> None:
    subscription = shop.subscribe()
    queue.error = DestinationError("access denied", configuration=True)
    shop.imported("WEB-1")
    shop.settled()
    shop.admin("POST", "clock", {"advance_seconds": 24 * 3600 + 2})
    shop.settled()
    stopped = shop.get(f"subscriptions/{subscription['id']}")
    assert stopped["status"] == "ConfigurationErrorDeliveryStopped"
    queue.error = None
    shop.imported("WEB-2")
    assert shop.settled() == []
    shop.update("subscriptions", stopped, {"action": "changeDestination", "destination": DESTINATION})
    shop.imported("WEB-3")
    assert [message["order"]["orderNumber"] for message in shop.settled()] == ["WEB-3"]


@pytest.mark.parametrize(
    ("rule", "numbers"),
    [
        ({"do": "lose", "when": {"nth": [2]}}, ["WEB-1", "WEB-3"]),
        ({"do": "repeat", "times": 2, "when": {"nth": [2]}}, ["WEB-1", "WEB-2", "WEB-2", "WEB-2", "WEB-3"]),
        ({"do": "reorder", "when": {"nth": [1]}}, ["WEB-2", "WEB-1", "WEB-3"]),
        ({"do": "reorder", "when": {"nth": [3]}}, ["WEB-1", "WEB-2", "WEB-3"]),
    ],
)
def test_deliveries_fail_as_told(shop: Shop, rule: dict[str, object], numbers: list[str]) -> None:
    shop.subscribe()
    shop.admin("POST", "faults", {"rules": [{"match": {"kind": "subscription.deliver"}, **rule}]})
    for number in ("WEB-1", "WEB-2", "WEB-3"):
        shop.imported(number)
    assert [message["order"]["orderNumber"] for message in shop.settled()] == numbers


def test_a_delayed_delivery_arrives_by_the_clock(shop: Shop) -> None:
    shop.subscribe()
    shop.admin("POST", "clock", {"set": "2026-03-01T10:00:00Z"})
    rule = {"match": {"kind": "subscription.deliver"}, "do": "delay", "seconds": 60}
    shop.admin("POST", "faults", {"rules": [rule]})
    shop.imported()
    assert shop.settled() == []
    shop.admin("POST", "clock", {"advance_seconds": 60})
    assert shop.types() == ["OrderImported"]


def test_messages_are_read_back_in_their_order(shop: Shop) -> None:
    order = shop.imported()
    shop.imported("WEB-2")
    shop.update("orders", order, {"action": "changeOrderState", "orderState": "Confirmed"})
    where = f'resource(typeId="order" and id="{order["id"]}")'
    found = shop.get("messages", where=where, sort="sequenceNumber asc")
    assert [message["type"] for message in found["results"]] == ["OrderImported", "OrderStateChanged"]
    by_type = shop.get("messages", where='type = "OrderStateChanged" and createdAt > "2020-01-01T00:00:00Z"')
    assert by_type["count"] == 1


def test_messages_are_kept_for_their_days_only(shop: Shop) -> None:
    shop.admin("POST", "clock", {"set": "2026-03-01T10:00:00Z"})
    shop.imported("WEB-1")
    shop.admin("POST", "clock", {"set": "2026-03-15T10:00:00Z"})
    shop.imported("WEB-2")
    shop.admin("POST", "clock", {"set": "2026-03-17T10:00:00Z"})
    assert [message["order"]["orderNumber"] for message in shop.get("messages")["results"]] == ["WEB-2"]


class TestRealSqs:
    @pytest.fixture
    def queue_url(self) -> Iterator[str]:
        with mock_aws():
            yield boto3.client("sqs", region_name="us-east-1").create_queue(QueueName="notifications")["QueueUrl"]

    @pytest.fixture
    def live(self, queue_url: str) -> Iterator[Shop]:
        double = CommercetoolsDouble(transport=SqsTransport("https://sqs.us-east-1.amazonaws.com"))
        with serving_in_thread(double) as url:
            yield Shop(url, double, Queue())

    def test_notifications_arrive_in_the_queue(self, live: Shop, queue_url: str) -> None:
        live.post("subscriptions", {"destination": {**DESTINATION, "queueUrl": queue_url}, "messages": ORDERS})
        live.imported()
        live.settled()
        client = boto3.client("sqs", region_name="us-east-1")
        received = client.receive_message(QueueUrl=queue_url, MaxNumberOfMessages=10)["Messages"]
        types = sorted(json.loads(message["Body"])["notificationType"] for message in received)
        assert types == ["Message", "ResourceCreated"]

    def test_a_queue_that_is_not_there_is_refused(self, live: Shop, queue_url: str) -> None:
        destination = {**DESTINATION, "queueUrl": queue_url + "-elsewhere"}
        assert live.refused("subscriptions", {"destination": destination, "messages": ORDERS})["code"] == "InvalidInput"


def test_without_a_local_aws_no_destination_is_reached() -> None:
    with pytest.raises(DestinationError):
        SqsTransport(None).send(DESTINATION, ["{}"])
