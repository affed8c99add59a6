"""Records the sample events under `events/` from a running stage, so that none of them is made up.

What cannot be recorded, because no honest system sends it (a body that is not JSON), is derived from a recording.
"""

from __future__ import annotations

import copy
import json
from typing import Any

from local.scenarios.sample import EVENTS, SAMPLE, place_sample
from local.scenarios.stage import Stage

ANOTHER_MESSAGE = "00000000-0000-4000-8000-000000000002"
"""The id of the derived message: with the recorded one, the lane would drop it as a repetition."""

QUEUE_OF = {
    "receive_storefront_events": "CommerceNotificationsQueue",
    "push_orders": "WarehouseOrdersQueue",
    "write_back_orders": "StorefrontOrdersQueue",
}


def main() -> None:
    """Play the sample order by hand and write down every event that a function gets on the way."""
    with Stage() as stage:
        order = place_sample(stage)
        stage.shop.capture(order, SAMPLE.total_cents)
        stage.shop.change(order, {"action": "changeOrderState", "orderState": "Confirmed"})
        received = _receive(stage, "receive_storefront_events", least=4)
        by_type = {_type_of(record): record for record in received}
        names = {
            "ResourceCreated": "subscription-test",
            "OrderCreated": "order-created",
            "PaymentTransactionAdded": "payment-captured",
            "OrderStateChanged": "order-state-changed",
        }
        for message_type, name in names.items():
            _write("receive_storefront_events", name, [by_type[message_type]])
        _write("receive_storefront_events", "payload-not-included", [_without_payload(by_type["OrderCreated"])])
        _write(
            "receive_storefront_events", "unknown-type", [_with(by_type["OrderStateChanged"], type="OrderSungAbout")]
        )
        _write("receive_storefront_events", "not-json", [by_type["OrderCreated"] | {"body": "<order>1</order>"}])

        for name in ("order-created", "order-state-changed", "payload-not-included"):
            _invoke(stage, "ReceiveStorefrontEventsFunction", "receive_storefront_events", name)
            _write("push_orders", name, _receive(stage, "push_orders", least=1)[-1:])
        _invoke(stage, "PushOrdersFunction", "push_orders", "order-created")
        _invoke(stage, "ReceiveStorefrontEventsFunction", "receive_storefront_events", "payment-captured")
        _write("push_orders", "payment-captured", _receive(stage, "push_orders", least=1)[-1:])
        created = _read("push_orders", "order-created")["Records"][0]
        _write("push_orders", "unreadable-hint", [created | {"body": '{"schema_version": 99}'}])
        _write("write_back_orders", "order-proven", _receive(stage, "write_back_orders", least=1)[-1:])
        _write("project_orders", "order-proven", _stream_records(stage))
        _write_event("reconcile_orders", "tick", {})


def _receive(stage: Stage, function: str, *, least: int) -> list[dict[str, Any]]:
    """Take messages off a function's queue, as the records Lambda would make of them."""
    sqs = stage.cloud.client("sqs")
    queue_url = stage.cloud.physical_id(QUEUE_OF[function])
    arn = sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    records: list[dict[str, Any]] = []
    while len(records) < least:
        answer = sqs.receive_message(
            QueueUrl=queue_url, MaxNumberOfMessages=10, WaitTimeSeconds=5, AttributeNames=["All"]
        )
        for message in answer.get("Messages", []):
            records.append(
                {
                    "messageId": message["MessageId"],
                    "receiptHandle": message["ReceiptHandle"],
                    "body": message["Body"],
                    "attributes": message["Attributes"],
                    "messageAttributes": {},
                    "md5OfBody": message["MD5OfBody"],
                    "eventSource": "aws:sqs",
                    "eventSourceARN": arn,
                    "awsRegion": stage.cloud.region,
                }
            )
            sqs.delete_message(QueueUrl=queue_url, ReceiptHandle=message["ReceiptHandle"])
        if not answer.get("Messages"):
            raise RuntimeError(f"{QUEUE_OF[function]} holds {len(records)} messages, {least} were expected")
    return records


def _stream_records(stage: Stage) -> list[dict[str, Any]]:
    streams = stage.cloud.client("dynamodbstreams")
    table = stage.cloud.client("dynamodb").describe_table(TableName=stage.cloud.physical_id("OrderStateTable"))
    arn = table["Table"]["LatestStreamArn"]
    shard = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"][0]["ShardId"]
    iterator = streams.get_shard_iterator(StreamArn=arn, ShardId=shard, ShardIteratorType="TRIM_HORIZON")
    records = streams.get_records(ShardIterator=iterator["ShardIterator"])["Records"]
    return [json.loads(json.dumps(record, default=lambda moment: moment.timestamp())) for record in records]


def _type_of(record: dict[str, Any]) -> str:
    body = json.loads(record["body"])
    return str(body.get("type") or body["notificationType"])


def _with(record: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return record | {"body": json.dumps(json.loads(record["body"]) | changes)}


def _without_payload(record: dict[str, Any]) -> dict[str, Any]:
    body = json.loads(record["body"])
    body.pop("order")
    excluded = {"reason": "Content too large", "payloadType": body.pop("type")}
    return record | {"body": json.dumps(body | {"id": ANOTHER_MESSAGE, "payloadNotIncluded": excluded})}


def _invoke(stage: Stage, logical_id: str, function: str, name: str) -> None:
    result = stage.cloud.invoke(logical_id, copy.deepcopy(_read(function, name)))
    if not result.ok:
        raise RuntimeError(f"{function} failed on {name}: {result.error}")


def _read(function: str, name: str) -> dict[str, Any]:
    event: dict[str, Any] = json.loads((EVENTS / function / f"{name}.json").read_text(encoding="utf-8"))
    return event


def _write(function: str, name: str, records: list[dict[str, Any]]) -> None:
    _write_event(function, name, {"Records": records})


def _write_event(function: str, name: str, event: dict[str, Any]) -> None:
    path = EVENTS / function / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(event, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
