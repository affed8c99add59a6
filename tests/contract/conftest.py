"""An AWS in this process, with the tables and queues that the adapters expect."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from moto import mock_aws

from tests.support.fake_clock import FakeClock

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.literals import QueueAttributeNameType

REGION = "eu-central-1"
BOTH_SIDES = ("memory", "aws")


@dataclass(frozen=True, kw_only=True)
class Aws:
    """The clients, and what they find."""

    dynamodb: DynamoDBClient
    sqs: SQSClient
    secretsmanager: SecretsManagerClient
    table: str
    exceptions_table: str
    standard_queue: str
    fifo_queue: str
    other_fifo_queue: str

    def received(self, queue_url: str) -> list[dict[str, Any]]:
        """All messages of a queue, taken out of it."""
        messages: list[dict[str, Any]] = []
        while True:
            answer = self.sqs.receive_message(
                QueueUrl=queue_url,
                MaxNumberOfMessages=10,
                MessageSystemAttributeNames=["All"],
                MessageAttributeNames=["All"],
            )
            if not answer.get("Messages"):
                return messages
            for message in answer["Messages"]:
                messages.append(dict(message))
                self.sqs.delete_message(QueueUrl=queue_url, ReceiptHandle=message["ReceiptHandle"])


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture(params=BOTH_SIDES)
def side(request: pytest.FixtureRequest) -> str:
    """Which implementation of its port a test is run against."""
    return str(request.param)


@pytest.fixture(scope="session")
def session() -> boto3.Session:
    """Shared, because it keeps the services' descriptions, which are slow to read."""
    return boto3.Session(region_name=REGION)


@pytest.fixture
def aws(session: boto3.Session) -> Iterator[Aws]:
    with mock_aws():
        dynamodb = session.client("dynamodb")
        sqs = session.client("sqs")
        fifo: dict[QueueAttributeNameType, str] = {"FifoQueue": "true", "ContentBasedDeduplication": "false"}
        _create_table(dynamodb, "plain")
        _create_table(dynamodb, "exceptions", has_owner_index=True)
        yield Aws(
            dynamodb=dynamodb,
            sqs=sqs,
            secretsmanager=session.client("secretsmanager"),
            table="plain",
            exceptions_table="exceptions",
            standard_queue=sqs.create_queue(QueueName="standard")["QueueUrl"],
            fifo_queue=sqs.create_queue(QueueName="one.fifo", Attributes=fifo)["QueueUrl"],
            other_fifo_queue=sqs.create_queue(QueueName="two.fifo", Attributes=fifo)["QueueUrl"],
        )


def _create_table(client: DynamoDBClient, name: str, *, has_owner_index: bool = False) -> None:
    definition: dict[str, Any] = {
        "TableName": name,
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [_text_attribute("pk"), _text_attribute("sk")],
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
    }
    if has_owner_index:
        definition["AttributeDefinitions"] += [_text_attribute("owner_state"), _text_attribute("since")]
        definition["GlobalSecondaryIndexes"] = [
            {
                "IndexName": "by-owner",
                "KeySchema": [
                    {"AttributeName": "owner_state", "KeyType": "HASH"},
                    {"AttributeName": "since", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "ALL"},
            }
        ]
    client.create_table(**definition)


def _text_attribute(name: str) -> dict[str, str]:
    return {"AttributeName": name, "AttributeType": "S"}
