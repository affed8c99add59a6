"""Sending to real SQS queues with boto3."""

from __future__ import annotations

from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from local.commercetools_double.bodies import Json
from local.commercetools_double.notifications import DestinationError

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

_PASSING = frozenset({"InternalError", "InternalFailure", "ServiceUnavailable", "ThrottlingException"})


class SqsTransport:
    """Sends bodies to the queue a destination names, at one endpoint."""

    def __init__(self, endpoint_url: str | None) -> None:
        """`endpoint_url` is the local AWS; None has every destination refused, so that nothing leaves the machine."""
        self._endpoint_url = endpoint_url
        self._clients: dict[str, SQSClient] = {}

    def send(self, destination: Json, bodies: list[str]) -> None:
        """Send up to ten bodies; raises `DestinationError`."""
        if self._endpoint_url is None:
            raise DestinationError("the double was started without --aws-endpoint", configuration=True)
        try:
            answer = self._client(destination["region"]).send_message_batch(
                QueueUrl=destination["queueUrl"],
                Entries=[{"Id": str(number), "MessageBody": body} for number, body in enumerate(bodies)],
            )
        except ClientError as error:
            code = str(error.response["Error"]["Code"])
            raise DestinationError(str(error), configuration=code not in _PASSING) from error
        except BotoCoreError as error:
            raise DestinationError(str(error), configuration=False) from error
        if answer.get("Failed"):
            raise DestinationError(str(answer["Failed"]), configuration=False)

    def _client(self, region: str) -> SQSClient:
        if region not in self._clients:
            self._clients[region] = boto3.client(
                "sqs",
                region_name=region,
                endpoint_url=self._endpoint_url,
                aws_access_key_id="local",
                aws_secret_access_key="local",
                config=Config(connect_timeout=2, read_timeout=10, retries={"total_max_attempts": 1}),
            )
        return self._clients[region]
