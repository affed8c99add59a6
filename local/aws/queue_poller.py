"""An SQS event source mapping: receive a batch, run the function, delete what it dealt with.

Order within a message group is SQS's own doing: it hands out nothing of a group of which anything is in flight. The
poller keeps out of its way: it deletes what succeeded and leaves alone what failed, so that a failed message comes
back when its visibility timeout ends - the queue's, or a shorter one that the function itself has set.
"""

from __future__ import annotations

import base64
import logging
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from local.aws.batch_response import failed_items
from local.aws.lambda_host import HostClosedError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import MessageAttributeValueOutputTypeDef, MessageTypeDef

    from local.aws.event_sources import Invoke, QueueMapping

logger = logging.getLogger(__name__)

UNLIMITED_CONCURRENCY = 5
"""Where the template sets no limit, Lambda starts with five pollers; more would only crowd a laptop."""

_RECEIVE_LIMIT = 10
_LONG_POLL_SECONDS = 1
_PAUSE_AFTER_ERROR_SECONDS = 0.5


class QueuePoller:
    """Feeds one function from one queue, with as many invocations at once as the mapping allows."""

    def __init__(self, mapping: QueueMapping, *, sqs: SQSClient, invoke: Invoke, region: str) -> None:
        self.mapping = mapping
        self._sqs = sqs
        self._invoke = invoke
        self._region = region
        self._concurrency = mapping.maximum_concurrency or UNLIMITED_CONCURRENCY
        self._stopping = threading.Event()
        self._receiver: threading.Thread | None = None

    def start(self) -> None:
        """Begin to poll; does nothing when it polls already."""
        if self._receiver is not None:
            return
        self._stopping.clear()
        self._receiver = threading.Thread(target=self._poll, name=f"queue-{self.mapping.function}", daemon=True)
        self._receiver.start()

    def ask_to_stop(self) -> None:
        """Take no further batch."""
        self._stopping.set()

    def stop(self) -> None:
        """Take no further batch and return when those in hand have been dealt with."""
        self.ask_to_stop()
        if self._receiver is not None:
            self._receiver.join()
            self._receiver = None

    def _poll(self) -> None:
        """Receive only while an invocation is free to take the batch, so that nothing in flight waits its turn here."""
        free = threading.BoundedSemaphore(self._concurrency)
        name = f"batch-{self.mapping.function}"
        with ThreadPoolExecutor(max_workers=self._concurrency, thread_name_prefix=name) as executor:
            while not self._stopping.is_set():
                if not free.acquire(timeout=_LONG_POLL_SECONDS):
                    continue
                batch = self._receive_batch()
                if batch:
                    executor.submit(self._deliver_and_release, batch, free)
                else:
                    free.release()

    def _receive_batch(self) -> list[MessageTypeDef]:
        batch = self._receive(self.mapping.batch_size)
        window_ends = time.monotonic() + self.mapping.batching_window_seconds
        while batch and len(batch) < self.mapping.batch_size and time.monotonic() < window_ends:
            batch += self._receive(self.mapping.batch_size - len(batch))
        return batch

    def _receive(self, limit: int) -> list[MessageTypeDef]:
        try:
            answer = self._sqs.receive_message(
                QueueUrl=self.mapping.queue_url,
                MaxNumberOfMessages=min(limit, _RECEIVE_LIMIT),
                WaitTimeSeconds=_LONG_POLL_SECONDS,
                MessageSystemAttributeNames=["All"],
                MessageAttributeNames=["All"],
            )
        except (BotoCoreError, ClientError):
            if not self._stopping.wait(_PAUSE_AFTER_ERROR_SECONDS):
                logger.warning("Polling %s failed and goes on.", self.mapping.queue_arn, exc_info=True)
            return []
        return answer.get("Messages", [])

    def _deliver_and_release(self, batch: Sequence[MessageTypeDef], free: threading.BoundedSemaphore) -> None:
        try:
            self._deliver(batch)
        except HostClosedError:
            logger.debug("The host closed; a batch of %s comes back later.", self.mapping.queue_arn)
        except Exception:  # a batch that cannot be delivered must not end the poller: its messages come back
            logger.exception("A batch of %s was not delivered.", self.mapping.queue_arn)
        finally:
            free.release()

    def _deliver(self, batch: Sequence[MessageTypeDef]) -> None:
        event = {"Records": [self._record(message) for message in batch]}
        result = self._invoke(self.mapping.function, event)
        if not result.ok:
            return
        message_ids = {message["MessageId"] for message in batch}
        failed = failed_items(result.payload, message_ids) if self.mapping.reports_failures else frozenset()
        self._delete([message for message in batch if message["MessageId"] not in failed])

    def _delete(self, messages: Sequence[MessageTypeDef]) -> None:
        for start in range(0, len(messages), _RECEIVE_LIMIT):
            answer = self._sqs.delete_message_batch(
                QueueUrl=self.mapping.queue_url,
                Entries=[
                    {"Id": str(position), "ReceiptHandle": message["ReceiptHandle"]}
                    for position, message in enumerate(messages[start : start + _RECEIVE_LIMIT])
                ],
            )
            for refused in answer.get("Failed", []):
                logger.warning("%s did not delete a message: %s", self.mapping.queue_arn, refused)

    def _record(self, message: MessageTypeDef) -> dict[str, Any]:
        """The message as Lambda shows it to a handler."""
        record: dict[str, Any] = {
            "messageId": message["MessageId"],
            "receiptHandle": message["ReceiptHandle"],
            "body": message["Body"],
            "attributes": message.get("Attributes", {}),
            "messageAttributes": {
                name: _message_attribute(attribute) for name, attribute in message.get("MessageAttributes", {}).items()
            },
            "md5OfBody": message["MD5OfBody"],
            "eventSource": "aws:sqs",
            "eventSourceARN": self.mapping.queue_arn,
            "awsRegion": self._region,
        }
        if "MD5OfMessageAttributes" in message:
            record["md5OfMessageAttributes"] = message["MD5OfMessageAttributes"]
        return record


def _message_attribute(attribute: MessageAttributeValueOutputTypeDef) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "dataType": attribute["DataType"],
        "stringListValues": [],
        "binaryListValues": [],
    }
    if "StringValue" in attribute:
        shown["stringValue"] = attribute["StringValue"]
    if "BinaryValue" in attribute:
        shown["binaryValue"] = base64.b64encode(attribute["BinaryValue"]).decode()
    return shown
