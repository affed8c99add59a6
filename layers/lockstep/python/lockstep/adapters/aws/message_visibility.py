"""How long received messages stay hidden before they come again, in SQS."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lockstep.adapters.aws.failures import aws_failures_as_ours
from lockstep.domain.errors import TransientError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mypy_boto3_sqs import SQSClient

ENTRIES_PER_CALL = 10
LONGEST_WAIT_SECONDS = 43_200
"""SQS's own limit; a call that asks for more is refused."""


@dataclass(frozen=True, slots=True)
class SqsMessageVisibility:
    """Sets the wait of messages that must come again."""

    client: SQSClient

    def set_wait(self, queue_url: str, receipt_handles: Sequence[str], seconds: int) -> None:
        """Hide the messages for `seconds` from now, `LONGEST_WAIT_SECONDS` at most, ten a call.

        Raises `TransientError` when some keep the queue's own wait: they come again all the same, sooner or later
        than was meant.
        """
        wait_seconds = min(seconds, LONGEST_WAIT_SECONDS)
        refused = 0
        for start in range(0, len(receipt_handles), ENTRIES_PER_CALL):
            handles = receipt_handles[start : start + ENTRIES_PER_CALL]
            with aws_failures_as_ours(f"setting the wait of {len(handles)} messages"):
                answer = self.client.change_message_visibility_batch(
                    QueueUrl=queue_url,
                    Entries=[
                        {"Id": str(position), "ReceiptHandle": handle, "VisibilityTimeout": wait_seconds}
                        for position, handle in enumerate(handles)
                    ],
                )
            refused += len(answer.get("Failed", ()))
        if refused:
            raise TransientError(f"SQS did not set the wait of {refused} of {len(receipt_handles)} messages.")
