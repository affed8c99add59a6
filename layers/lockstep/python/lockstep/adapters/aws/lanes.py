"""The two FIFO lanes as SQS queues."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lockstep.adapters.aws.failures import aws_failures_as_ours
from lockstep.adapters.hint_message import encode
from lockstep.domain.errors import TransientError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import SendMessageBatchRequestEntryTypeDef

    from lockstep.domain.hints import Hint

ENTRIES_PER_CALL = 10
BYTES_PER_CALL = 250_000
"""Under the 256 KiB that one SendMessageBatch may carry where the queue keeps the older limit."""

_FIFO_ID = re.compile(r"[A-Za-z0-9!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~]{1,128}")


@dataclass(frozen=True, slots=True)
class SqsLanes:
    """`flows.ports.Lanes` on two queues; a lane that a function never feeds has no URL there."""

    client: SQSClient
    warehouse_queue_url: str | None
    storefront_queue_url: str | None

    def to_warehouse(self, hints: Sequence[Hint]) -> None:
        """Queue the hints for `push_orders`, in as few calls as the limits allow."""
        self._send(self.warehouse_queue_url, hints, "warehouse")

    def to_storefront(self, hints: Sequence[Hint]) -> None:
        """Queue the hints for `write_back_orders`, in as few calls as the limits allow."""
        self._send(self.storefront_queue_url, hints, "storefront")
