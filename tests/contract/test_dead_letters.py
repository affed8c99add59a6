"""Where bodies go that nobody can read."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from lockstep.adapters.aws.dead_letters import SqsDeadLetters
from lockstep.adapters.memory.dead_letters import BuriedMessage, MemoryDeadLetters
from lockstep.domain.errors import ConfigurationError

if TYPE_CHECKING:
    from tests.contract.conftest import Aws

    DeadLetters = MemoryDeadLetters | SqsDeadLetters
    Found = Callable[[], list[BuriedMessage]]


def graveyard(side: str, request: pytest.FixtureRequest, *, fifo: bool) -> tuple[DeadLetters, Found]:
    if side == "memory":
        memory = MemoryDeadLetters()
        return memory, lambda: memory.buried
    aws: Aws = request.getfixturevalue("aws")
    queue_url = aws.fifo_queue if fifo else aws.standard_queue

    def found() -> list[BuriedMessage]:
        return [
            BuriedMessage(
                body=message["Body"],
                group_id=message["Attributes"].get("MessageGroupId"),
                reason=message["MessageAttributes"]["reason"]["StringValue"],
            )
            for message in aws.received(queue_url)
        ]

    return SqsDeadLetters(aws.sqs, queue_url), found


@pytest.fixture
def standard(side: str, request: pytest.FixtureRequest) -> tuple[DeadLetters, Found]:
    return graveyard(side, request, fifo=False)


@pytest.fixture
def fifo(side: str, request: pytest.FixtureRequest) -> tuple[DeadLetters, Found]:
    return graveyard(side, request, fifo=True)


def test_a_body_is_set_aside_with_its_reason(standard: tuple[DeadLetters, Found]) -> None:
    letters, found = standard
    letters.bury("not json", None, "the body is not JSON")

    assert found() == [BuriedMessage(body="not json", group_id=None, reason="the body is not JSON")]


def test_a_body_of_an_order_keeps_its_group(fifo: tuple[DeadLetters, Found]) -> None:
    letters, found = fifo
    letters.bury("{}", "order-1", "schema version None")

    assert found() == [BuriedMessage(body="{}", group_id="order-1", reason="schema version None")]


def test_the_same_body_of_the_same_group_is_buried_once(fifo: tuple[DeadLetters, Found]) -> None:
    letters, found = fifo
    letters.bury("{}", "order-1", "no cause")
    letters.bury("{}", "order-1", "no cause")

    assert len(found()) == 1


def test_the_same_body_of_two_groups_is_buried_twice(fifo: tuple[DeadLetters, Found]) -> None:
    letters, found = fifo
    letters.bury("{}", "order-1", "no cause")
    letters.bury("{}", "order-2", "no cause")

    assert [message.group_id for message in found()] == ["order-1", "order-2"]


@pytest.mark.parametrize(("reason", "kept"), [("", "unknown"), ("a\x00b\nc", "a b c"), ("x" * 900, "x" * 500)])
def test_a_reason_is_made_fit_for_an_attribute(aws: Aws, reason: str, kept: str) -> None:
    SqsDeadLetters(aws.sqs, aws.standard_queue).bury("body", None, reason)

    (message,) = aws.received(aws.standard_queue)
    assert message["MessageAttributes"]["reason"]["StringValue"] == kept


def test_a_queue_that_is_not_there_is_a_configuration_error(aws: Aws) -> None:
    with pytest.raises(ConfigurationError):
        SqsDeadLetters(aws.sqs, f"{aws.standard_queue}-gone").bury("body", None, "why")
