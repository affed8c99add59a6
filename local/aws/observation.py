"""What CloudWatch would know: log lines of functions, their embedded metrics, and the depth of every queue."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from local.aws.clients import Clients
    from local.aws.lambda_host import InvocationResult, LogLine

logger = logging.getLogger(__name__)

FLUSH_SECONDS = 1.0
QUEUE_DEPTH_SECONDS = 5.0
_DATA_PER_CALL = 500
_EMBEDDED_METRICS_MARK = '"_aws"'


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueDepth:
    """How many messages a queue holds: ready to be received, in flight, and not yet due."""

    visible: int
    in_flight: int
    delayed: int

    @property
    def total(self) -> int:
        """All messages of the queue."""
        return self.visible + self.in_flight + self.delayed


class Observer:
    """Collects what functions write and passes it on to the emulator's CloudWatch, once a second, in the background."""

    def __init__(
        self,
        clients: Clients,
        *,
        function_names: Mapping[str, str],
        queue_depths: Callable[[], Mapping[str, QueueDepth]],
    ) -> None:
        """Start observing.

        Args:
            clients: The emulator's clients.
            function_names: The deployed name of each function, by logical id.
            queue_depths: Reads the depth of every queue, by the queue's own name.
        """
        self._clients = clients
        self._function_names = function_names
        self._queue_depths = queue_depths
        self._lock = threading.Lock()
        self._lines: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
        self._data: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self._known_streams: set[tuple[str, str]] = set()
        self._stopping = threading.Event()
        self._flusher = threading.Thread(target=self._run, name="observer", daemon=True)
        self._flusher.start()

    def take_line(self, line: LogLine) -> None:
        """Keep a log line, and the metrics in it when it is in the embedded metric format."""
        stream = (f"/aws/lambda/{self._function_names[line.function]}", line.environment_id)
        with self._lock:
            self._lines[stream].append({"timestamp": int(time.time() * 1000), "message": line.text or " "})
        if _EMBEDDED_METRICS_MARK in line.text:
            for namespace, datum in embedded_metrics(line.text):
                self._add(namespace, datum)

    def take_result(self, result: InvocationResult) -> None:
        """Keep Lambda's own metrics of one invocation."""
        dimensions = {"FunctionName": self._function_names[result.function]}
        now = datetime.now(UTC)
        self._add("AWS/Lambda", _datum("Invocations", 1, "Count", dimensions, now))
        self._add("AWS/Lambda", _datum("Errors", 0 if result.ok else 1, "Count", dimensions, now))
        milliseconds = result.duration_seconds * 1000
        self._add("AWS/Lambda", _datum("Duration", milliseconds, "Milliseconds", dimensions, now))

    def flush(self) -> None:
        """Pass on everything kept so far."""
        with self._lock:
            lines, self._lines = self._lines, defaultdict(list)
            data, self._data = self._data, defaultdict(list)
        for stream, events in lines.items():
            self._put_events(stream, events)
        for namespace, datums in data.items():
            for start in range(0, len(datums), _DATA_PER_CALL):
                self._clients.get("cloudwatch").put_metric_data(
                    Namespace=namespace, MetricData=datums[start : start + _DATA_PER_CALL]
                )

    def ask_to_stop(self) -> None:
        """Pass on nothing further."""
        self._stopping.set()

    def stop(self) -> None:
        """Stop; what was not passed on yet is dropped with the emulator."""
        self.ask_to_stop()
        self._flusher.join()

    def _run(self) -> None:
        depths_due = time.monotonic()
        while not self._stopping.wait(FLUSH_SECONDS):
            try:
                if time.monotonic() >= depths_due:
                    depths_due = time.monotonic() + QUEUE_DEPTH_SECONDS
                    self._observe_depths()
                self.flush()
            except (BotoCoreError, ClientError):
                if not self._stopping.is_set():
                    logger.warning("CloudWatch missed some lines or metrics.", exc_info=True)

    def _observe_depths(self) -> None:
        now = datetime.now(UTC)
        for queue_name, depth in self._queue_depths().items():
            dimensions = {"QueueName": queue_name}
            for metric, value in (
                ("ApproximateNumberOfMessagesVisible", depth.visible),
                ("ApproximateNumberOfMessagesNotVisible", depth.in_flight),
                ("ApproximateNumberOfMessagesDelayed", depth.delayed),
            ):
                self._add("AWS/SQS", _datum(metric, value, "Count", dimensions, now))

    def _add(self, namespace: str, datum: dict[str, Any]) -> None:
        with self._lock:
            self._data[namespace].append(datum)

    def _put_events(self, stream: tuple[str, str], events: list[dict[str, Any]]) -> None:
        logs = self._clients.get("logs")
        group_name, stream_name = stream
        if stream not in self._known_streams:
            _create_if_absent(logs.create_log_group, logGroupName=group_name)
            _create_if_absent(logs.create_log_stream, logGroupName=group_name, logStreamName=stream_name)
            self._known_streams.add(stream)
        logs.put_log_events(logGroupName=group_name, logStreamName=stream_name, logEvents=events)


def embedded_metrics(line: str) -> Iterable[tuple[str, dict[str, Any]]]:
    """The metrics in a line of the embedded metric format, as namespace and datum; none in any other line."""
    try:
        document = json.loads(line)
        directives = document["_aws"]["CloudWatchMetrics"]
        at = datetime.fromtimestamp(document["_aws"]["Timestamp"] / 1000, UTC)
    except (ValueError, KeyError, TypeError):
        return
    for directive in directives:
        for names in directive.get("Dimensions") or [[]]:
            dimensions = {name: str(document[name]) for name in names if name in document}
            for metric in directive.get("Metrics", []):
                values = document.get(metric["Name"], [])
                for value in values if isinstance(values, list) else [values]:
                    unit = metric.get("Unit", "None")
                    yield directive["Namespace"], _datum(metric["Name"], value, unit, dimensions, at)


def _datum(name: str, value: float, unit: str, dimensions: Mapping[str, str], at: datetime) -> dict[str, Any]:
    return {
        "MetricName": name,
        "Value": float(value),
        "Unit": unit,
        "Timestamp": at,
        "Dimensions": [{"Name": key, "Value": text} for key, text in dimensions.items()],
    }


def _create_if_absent(create: Callable[..., object], **arguments: str) -> None:
    try:
        create(**arguments)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceAlreadyExistsException":
            raise
