"""Does with each order message what its body says, message group by message group, and tells what it did.

A body is ``{"seq": 1, "fail": 2, ...}``: fail the first two deliveries. See ``_carry`` for what else it can say.
"""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

import boto3
from words import say

_sqs = boto3.client("sqs", endpoint_url=os.environ["ENDPOINT_URL"])


def handler(event: dict[str, Any], _context: object) -> Any:
    failed: list[dict[str, Any]] = []
    say(batch=[record["messageId"] for record in event["Records"]])
    for record in event["Records"]:
        group = record["attributes"]["MessageGroupId"]
        blocked = group in {other["attributes"]["MessageGroupId"] for other in failed}
        if blocked or not _carry(json.loads(record["body"]), record["attributes"]):
            failed.append(record)
    for record in failed:
        _sqs.change_message_visibility(
            QueueUrl=_sqs.get_queue_url(QueueName=record["eventSourceARN"].rpartition(":")[2])["QueueUrl"],
            ReceiptHandle=record["receiptHandle"],
            VisibilityTimeout=0,
        )
    for record in event["Records"]:
        if "answer" in json.loads(record["body"]):
            return json.loads(record["body"])["answer"]
    return {"batchItemFailures": [{"itemIdentifier": record["messageId"]} for record in failed]}


def _carry(body: dict[str, Any], attributes: dict[str, str]) -> bool:
    started = time.monotonic_ns()
    delivery = int(attributes["ApproximateReceiveCount"])
    if "mark" in body:
        Path(body["mark"]).touch()
    if "die_unless" in body and not Path(body["die_unless"]).exists():
        Path(body["die_unless"]).touch()
        os._exit(7)
    if "wait_for" in body:
        while not Path(body["wait_for"]).exists():
            time.sleep(0.01)
    carried = delivery > int(body.get("fail", 0))
    say(
        group=attributes["MessageGroupId"],
        seq=body["seq"],
        carried=carried,
        started=started,
        ended=time.monotonic_ns(),
        process=os.getpid(),
    )
    return carried
