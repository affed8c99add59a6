"""A DynamoDB stream event source mapping: every change in order, a failing batch before anything after it."""

from __future__ import annotations

import base64
import json
import logging
import threading
from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from local.aws.batch_response import failed_items
from local.aws.lambda_host import HostClosedError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mypy_boto3_sqs import SQSClient

    from local.aws.event_sources import Invoke, StreamMapping
    from local.aws.lambda_host import InvocationResult

logger = logging.getLogger(__name__)

_POLL_SECONDS = 0.2
_LONGEST_BACKOFF_SECONDS = 2.0
_DOUBLINGS_AT_MOST = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class _Batch:
    """Records to deliver together, and how often they have been delivered in vain."""

    records: Sequence[dict[str, Any]]
    failures: int = 0


class StreamPoller:
    """Feeds one function from one stream. It remembers how far it came, also over a stop and a new start."""

    def __init__(self, mapping: StreamMapping, *, streams: Any, sqs: SQSClient, invoke: Invoke) -> None:
        self.mapping = mapping
        self._streams = streams
        self._sqs = sqs
        self._invoke = invoke
        self._last_done = ""
        self._shard_id = ""
        self._stopping = threading.Event()
        self._reader: threading.Thread | None = None

    def start(self) -> None:
        """Begin to read; does nothing when it reads already."""
        if self._reader is not None:
            return
        self._stopping.clear()
        self._reader = threading.Thread(target=self._poll, name=f"stream-{self.mapping.function}", daemon=True)
        self._reader.start()

    def ask_to_stop(self) -> None:
        """Begin no further delivery."""
        self._stopping.set()

    def stop(self) -> None:
        """Begin no further delivery and return when the one under way has ended."""
        self.ask_to_stop()
        if self._reader is not None:
            self._reader.join()
            self._reader = None

    def is_read_up(self) -> bool:
        """Whether every record in the stream has been dealt with."""
        return not self._read(1)

    def _poll(self) -> None:
        while not self._stopping.is_set():
            try:
                records = self._read(self.mapping.batch_size)
                self._work_through(records)
            except HostClosedError:
                return
            except (BotoCoreError, ClientError):
                if not self._stopping.is_set():
                    logger.warning("Reading %s failed and goes on.", self.mapping.stream_arn, exc_info=True)
                records = []
            if not records:
                self._stopping.wait(_POLL_SECONDS)

    def _read(self, limit: int) -> list[dict[str, Any]]:
        """The records after the last one dealt with, as Lambda shows them to a handler."""
        if not self._shard_id:
            description = self._streams.describe_stream(StreamArn=self.mapping.stream_arn)["StreamDescription"]
            # The emulator keeps one shard per stream and never splits it.
            [shard] = description["Shards"]
            self._shard_id = shard["ShardId"]
        position = (
            {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "SequenceNumber": self._last_done}
            if self._last_done
            else {"ShardIteratorType": "TRIM_HORIZON"}
        )
        iterator = self._streams.get_shard_iterator(
            StreamArn=self.mapping.stream_arn, ShardId=self._shard_id, **position
        )["ShardIterator"]
        records = self._streams.get_records(ShardIterator=iterator, Limit=limit)["Records"]
        return [{**_as_json(record), "eventSourceARN": self.mapping.stream_arn} for record in records]

    def _work_through(self, records: Sequence[dict[str, Any]]) -> None:
        """Deliver until each record is done or given up, or the poller is to stop."""
        batches = deque([_Batch(records=records)] if records else [])
        while batches and not self._stopping.is_set():
            batch = batches.popleft()
            result = self._invoke(self.mapping.function, {"Records": list(batch.records)})
            done = self._count_done(batch.records, result)
            if done:
                self._last_done = _sequence_number(batch.records[done - 1])
            rest = batch.records[done:]
            if not rest:
                continue
            failures = 1 if done else batch.failures + 1
            if self.mapping.bisects and not done and len(rest) > 1:
                # Splitting is not counted as a retry.
                middle = len(rest) // 2
                batches.appendleft(_Batch(records=rest[middle:], failures=batch.failures))
                batches.appendleft(_Batch(records=rest[:middle], failures=batch.failures))
            elif 0 <= self.mapping.maximum_retries < failures:
                self._give_up(rest, result, deliveries=failures)
            else:
                batches.appendleft(_Batch(records=rest, failures=failures))
                self._stopping.wait(backoff_seconds(failures))

    def _count_done(self, records: Sequence[dict[str, Any]], result: InvocationResult) -> int:
        """How many records, from the first on, need not be delivered again."""
        if not result.ok:
            return 0
        if not self.mapping.reports_failures:
            return len(records)
        failed = failed_items(result.payload, {_sequence_number(record) for record in records})
        positions = (position for position, record in enumerate(records) if _sequence_number(record) in failed)
        return next(positions, len(records))

    def _give_up(self, records: Sequence[dict[str, Any]], result: InvocationResult, *, deliveries: int) -> None:
        """Describe the batch to the on-failure destination, as Lambda does (never its content), and pass over it."""
        if self.mapping.failure_queue_url:
            description = {
                "version": "1.0",
                "timestamp": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
                "requestContext": {
                    "requestId": result.request_id,
                    "functionArn": self.mapping.function_arn,
                    "condition": "RetryAttemptsExhausted",
                    "approximateInvokeCount": deliveries,
                },
                "responseContext": {
                    "statusCode": 200,
                    "executedVersion": "$LATEST",
                    "functionError": None if result.ok else "Unhandled",
                },
                "DDBStreamBatchInfo": {
                    "shardId": self._shard_id,
                    "startSequenceNumber": _sequence_number(records[0]),
                    "endSequenceNumber": _sequence_number(records[-1]),
                    "batchSize": len(records),
                    "streamArn": self.mapping.stream_arn,
                },
            }
            self._sqs.send_message(QueueUrl=self.mapping.failure_queue_url, MessageBody=json.dumps(description))
        self._last_done = _sequence_number(records[-1])


def backoff_seconds(failures: int) -> float:
    """The wait after so many failures on end: without a limit of retries there may be thousands."""
    return min(0.05 * 2.0 ** min(failures, _DOUBLINGS_AT_MOST), _LONGEST_BACKOFF_SECONDS)


def _sequence_number(record: dict[str, Any]) -> str:
    number: str = record["dynamodb"]["SequenceNumber"]
    return number


def _as_json(value: Any) -> Any:
    """What boto3 made of a record, back in the form of the wire: times as epoch seconds, bytes as base64."""
    if isinstance(value, dict):
        return {key: _as_json(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_as_json(inner) for inner in value]
    if isinstance(value, datetime):
        return value.timestamp()
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return value
