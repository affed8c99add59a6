"""A cloud with the small stack beside this file, what its functions said, and a way to wait for what must come."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from local.aws.lambda_host import LogLine
from local.aws.local_cloud import LocalCloud

STACK = Path(__file__).with_name("stack") / "template.yaml"
PATIENCE_SECONDS = 60.0


class Heard:
    """Every JSON line the functions of a cloud wrote, in the order it was passed on."""

    def __init__(self) -> None:
        self.facts: list[dict[str, Any]] = []

    def take(self, line: LogLine) -> None:
        if line.text.startswith("{"):
            self.facts.append(json.loads(line.text))

    def having(self, key: str) -> list[dict[str, Any]]:
        return [fact for fact in self.facts if key in fact]

    def values(self, key: str) -> list[Any]:
        return [fact[key] for fact in self.having(key)]


def wait_until(condition: Callable[[], bool], what: str) -> None:
    """Wait for something that must come; the patience decides only how long a failing test takes."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, f"still waiting: {what}"
        time.sleep(0.02)


def wait_until_idle(cloud: LocalCloud) -> None:
    wait_until(cloud.idle, f"queues and stream to be empty, {cloud.queue_depths()}")


@pytest.fixture(scope="module")
def shared_cloud() -> Iterator[LocalCloud]:
    with LocalCloud(template=STACK) as started:
        yield started


@pytest.fixture
def cloud(shared_cloud: LocalCloud) -> Iterator[LocalCloud]:
    """The module's cloud with its event sources at rest; afterwards they rest again, and the queues are empty."""
    yield shared_cloud
    shared_cloud.stop_event_sources()
    for queue in shared_cloud.queue_depths():
        shared_cloud.client("sqs").purge_queue(QueueUrl=shared_cloud.physical_id(queue))


@pytest.fixture
def heard(cloud: LocalCloud) -> Heard:
    heard = Heard()
    cloud.on_log_line(heard.take)
    return heard


@pytest.fixture
def send(cloud: LocalCloud) -> Callable[..., None]:
    """Send an order message: ``send("group", 3, fail=1)``."""
    sqs, queue_url = cloud.client("sqs"), cloud.physical_id("OrdersQueue")

    def send_message(group: str, seq: int, **rest: Any) -> None:
        sqs.send_message(
            QueueUrl=queue_url,
            MessageGroupId=group,
            MessageDeduplicationId=str(uuid.uuid4()),
            MessageBody=json.dumps({"seq": seq, **rest}),
        )

    return send_message


@pytest.fixture
def short_visibility(cloud: LocalCloud) -> Iterator[None]:
    """Messages come back by themselves after three seconds; a function must be done by then."""
    sqs, queue_url = cloud.client("sqs"), cloud.physical_id("OrdersQueue")
    sqs.set_queue_attributes(QueueUrl=queue_url, Attributes={"VisibilityTimeout": "3"})
    yield
    sqs.set_queue_attributes(QueueUrl=queue_url, Attributes={"VisibilityTimeout": "60"})
