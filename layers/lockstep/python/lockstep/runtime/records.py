"""An SQS event's records, as the workers see them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueRecord:
    """One received message; `group_id` is empty on a standard queue."""

    message_id: str
    receipt_handle: str
    body: str
    group_id: str
    receive_count: int


def records_of(event: Mapping[str, Any]) -> tuple[QueueRecord, ...]:
    """The records in the order in which they were received."""
    return tuple(_record(record) for record in event.get("Records", ()))


def by_group(records: Sequence[QueueRecord]) -> dict[str, tuple[QueueRecord, ...]]:
    """The records of each message group, order kept."""
    groups: dict[str, tuple[QueueRecord, ...]] = {}
    for record in records:
        groups[record.group_id] = (*groups.get(record.group_id, ()), record)
    return groups


def partial_failure(message_ids: Sequence[str]) -> dict[str, list[dict[str, str]]]:
    """The answer that names the messages which must come again."""
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in message_ids]}


def _record(record: Mapping[str, Any]) -> QueueRecord:
    attributes = record.get("attributes", {})
    return QueueRecord(
        message_id=record["messageId"],
        receipt_handle=record["receiptHandle"],
        body=record["body"],
        group_id=attributes.get("MessageGroupId", ""),
        receive_count=int(attributes.get("ApproximateReceiveCount", "1")),
    )
