"""The two FIFO lanes as SQS queues."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lockstep.adapters.aws.failures import aws_failures_as_ours
from lockstep.adapters.hint_message import encode
from lockstep.domain.errors import ConfigurationError, TransientError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import SendMessageBatchRequestEntryTypeDef

    from lockstep.domain.hints import Hint

ENTRIES_PER_CALL = 10
BYTES_PER_CALL = 250_000
"""Under the 256 KiB that one SendMessageBatch may carry where a queue keeps that limit."""

_FIFO_ID = re.compile(r"[A-Za-z0-9!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~]{1,128}")


@dataclass(frozen=True, slots=True)
class SqsLanes:
    """`flows.ports.Lanes` on two queues; the URL of a lane that the function never feeds is None."""

    client: SQSClient
    warehouse_queue_url: str | None
    storefront_queue_url: str | None

    def to_warehouse(self, hints: Sequence[Hint]) -> None:
        """Queue the hints for `push_orders`, in as few calls as the limits allow."""
        self._send(self.warehouse_queue_url, hints, "warehouse")

    def to_storefront(self, hints: Sequence[Hint]) -> None:
        """Queue the hints for `write_back_orders`, in as few calls as the limits allow."""
        self._send(self.storefront_queue_url, hints, "storefront")

    def _send(self, queue_url: str | None, hints: Sequence[Hint], lane: str) -> None:
        if not hints:
            return
        if queue_url is None:
            raise ConfigurationError(f"This function has no queue for the {lane} lane, yet feeds it.")
        entries = [_entry(hint, position) for position, hint in enumerate(hints)]
        for call in _calls(entries):
            # One order's hints keep their order only if none overtakes one that has to be sent again; that is
            # allowed to happen, because state decides and never position.
            refused = self._send_call(queue_url, call, lane)
            if refused:
                refused = self._send_call(queue_url, refused, lane)
            if refused:
                raise TransientError(
                    f"SQS did not take {len(refused)} of {len(call)} messages of the {lane} lane, "
                    f"the first for order {refused[0].get('MessageGroupId', '')}."
                )

    def _send_call(
        self, queue_url: str, entries: Sequence[SendMessageBatchRequestEntryTypeDef], lane: str
    ) -> list[SendMessageBatchRequestEntryTypeDef]:
        """Send; returns the entries that SQS refused."""
        with aws_failures_as_ours(f"queueing {len(entries)} messages in the {lane} lane"):
            answer = self.client.send_message_batch(QueueUrl=queue_url, Entries=entries)
        refused = {failure["Id"] for failure in answer.get("Failed", ())}
        return [entry for entry in entries if entry["Id"] in refused]


def fifo_id(text: str) -> str:
    """The text as a group or deduplication id of SQS; hashed where it is too long or holds other characters."""
    return text if _FIFO_ID.fullmatch(text) else hashlib.sha256(text.encode()).hexdigest()


def _entry(hint: Hint, position: int) -> SendMessageBatchRequestEntryTypeDef:
    return {
        "Id": str(position),
        "MessageBody": encode(hint),
        "MessageGroupId": fifo_id(hint.order_id),
        "MessageDeduplicationId": fifo_id(hint.message_id),
    }


def _calls(
    entries: Sequence[SendMessageBatchRequestEntryTypeDef],
) -> Iterator[list[SendMessageBatchRequestEntryTypeDef]]:
    """The entries in their order, cut where a call would hold too many of them or too many bytes."""
    call: list[SendMessageBatchRequestEntryTypeDef] = []
    size = 0
    for entry in entries:
        entry_size = len(entry["MessageBody"])  # the body is ASCII: characters are bytes
        if call and (len(call) == ENTRIES_PER_CALL or size + entry_size > BYTES_PER_CALL):
            yield call
            call, size = [], 0
        call.append(entry)
        size += entry_size
    if call:
        yield call
