"""The event source mappings of a deployed stack, as read back from the emulator."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from local.aws.clients import Clients
    from local.aws.deploy import Stack
    from local.aws.lambda_host import InvocationResult

DEFAULT_STREAM_RETRIES = -1
"""A stream mapping retries for ever (until the record expires) unless the template says how often."""


class UnsupportedEventSourceError(ValueError):
    """The template asks for something of an event source that the local pollers do not do; they refuse, not guess."""


class Invoke(Protocol):
    """Runs a function by logical id; ``LambdaHost.invoke`` is one."""

    def __call__(self, function: str, event: object) -> InvocationResult:
        """Run ``function`` with ``event`` and wait for the answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueMapping:
    """An SQS queue that feeds a function.

    Attributes:
        batch_size: Most records in one invocation.
        batching_window_seconds: How long a batch may be gathered; 0 sends what one receive returns.
        maximum_concurrency: Most invocations at once; None where the template sets no limit.
        reports_failures: Whether the function answers with ``batchItemFailures``.
    """

    function: str
    queue_arn: str
    queue_url: str
    batch_size: int
    batching_window_seconds: int
    maximum_concurrency: int | None
    reports_failures: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamMapping:
    """A DynamoDB stream that feeds a function.

    The starting position is of no account here: a stack is always new, so its stream is empty when it is deployed.

    Attributes:
        maximum_retries: Retries of a failing batch before it is given up; negative means for ever.
        bisects: Whether a failing batch is halved to find the record that fails.
        failure_queue_url: Where the description of a batch given up is sent; empty for nowhere.
    """

    function: str
    function_arn: str
    stream_arn: str
    batch_size: int
    maximum_retries: int
    bisects: bool
    reports_failures: bool
    failure_queue_url: str


def read_mappings(clients: Clients, stack: Stack) -> tuple[list[QueueMapping], list[StreamMapping]]:
    """The stack's event source mappings, queues and streams apart.

    Raises UnsupportedEventSourceError for a source or a setting the local pollers do not know.
    """
    queue_mappings: list[QueueMapping] = []
    stream_mappings: list[StreamMapping] = []
    functions = {resource.physical_id: resource.logical_id for resource in stack.of_type("AWS::Lambda::Function")}
    for resource in stack.of_type("AWS::Lambda::EventSourceMapping"):
        mapping = clients.get("lambda").get_event_source_mapping(UUID=resource.physical_id)
        function = functions[mapping["FunctionArn"].rpartition(":function:")[2].partition(":")[0]]
        source_arn = mapping["EventSourceArn"]
        if (mapping.get("FilterCriteria") or {}).get("Filters"):
            raise UnsupportedEventSourceError(f"{resource.logical_id}: the local pollers know no FilterCriteria.")
        if ":sqs:" in source_arn:
            queue_mappings.append(_queue_mapping(clients, function, mapping))
        elif "/stream/" in source_arn:
            stream_mappings.append(_stream_mapping(clients, function, mapping))
        else:
            raise UnsupportedEventSourceError(f"{resource.logical_id}: the local pollers cannot read {source_arn}.")
    return queue_mappings, stream_mappings


def _queue_mapping(clients: Clients, function: str, mapping: Mapping[str, Any]) -> QueueMapping:
    source_arn = mapping["EventSourceArn"]
    return QueueMapping(
        function=function,
        queue_arn=source_arn,
        queue_url=_queue_url(clients, source_arn),
        batch_size=int(mapping.get("BatchSize", 10)),
        batching_window_seconds=int(mapping.get("MaximumBatchingWindowInSeconds") or 0),
        maximum_concurrency=(mapping.get("ScalingConfig") or {}).get("MaximumConcurrency"),
        reports_failures=_reports_failures(mapping),
    )


def _stream_mapping(clients: Clients, function: str, mapping: Mapping[str, Any]) -> StreamMapping:
    destination = ((mapping.get("DestinationConfig") or {}).get("OnFailure") or {}).get("Destination", "")
    if destination and ":sqs:" not in destination:
        raise UnsupportedEventSourceError(f"{function}: a failed stream batch can only go to a queue here.")
    retries = mapping.get("MaximumRetryAttempts")
    return StreamMapping(
        function=function,
        function_arn=mapping["FunctionArn"],
        stream_arn=mapping["EventSourceArn"],
        batch_size=int(mapping.get("BatchSize", 100)),
        maximum_retries=DEFAULT_STREAM_RETRIES if retries is None else int(retries),
        bisects=bool(mapping.get("BisectBatchOnFunctionError")),
        reports_failures=_reports_failures(mapping),
        failure_queue_url=_queue_url(clients, destination) if destination else "",
    )


def _reports_failures(mapping: Mapping[str, Any]) -> bool:
    return "ReportBatchItemFailures" in (mapping.get("FunctionResponseTypes") or [])


def _queue_url(clients: Clients, queue_arn: str) -> str:
    url: str = clients.get("sqs").get_queue_url(QueueName=queue_arn.rpartition(":")[2])["QueueUrl"]
    return url
