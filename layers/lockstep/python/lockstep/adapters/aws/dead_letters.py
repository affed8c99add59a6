"""The queue for bodies that nobody can read, in SQS."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lockstep.adapters.aws.failures import aws_failures_as_ours
from lockstep.adapters.aws.lanes import fifo_id

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import SendMessageRequestTypeDef

LONGEST_REASON = 500


@dataclass(frozen=True, slots=True)
class SqsDeadLetters:
    """Sets bodies aside in one dead-letter queue, standard or FIFO."""

    client: SQSClient
    queue_url: str

    def bury(self, body: str, group_id: str | None, reason: str) -> None:
        """Send the body with the message attribute `reason`.

        `group_id` is the message group on a FIFO queue and None on a standard one. On a FIFO queue the same
        body of the same group, buried again within five minutes because its first burial was not noticed,
        stays one message.
        """
        message: SendMessageRequestTypeDef = {
            "QueueUrl": self.queue_url,
            "MessageBody": body,
            "MessageAttributes": {"reason": {"DataType": "String", "StringValue": _printable(reason)}},
        }
        if group_id is not None:
            message["MessageGroupId"] = fifo_id(group_id)
            message["MessageDeduplicationId"] = hashlib.sha256(f"{group_id}\n{body}".encode()).hexdigest()
        with aws_failures_as_ours("burying a message that cannot be read"):
            self.client.send_message(**message)


def _printable(reason: str) -> str:
    """The reason as an attribute may hold it: never empty, no control characters, not long."""
    text = "".join(character if character.isprintable() else " " for character in reason)
    return text[:LONGEST_REASON].strip() or "unknown"
