"""`Lanes`: hints by order, each message id once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from botocore.stub import ANY, Stubber
from lockstep.adapters.aws.lanes import SqsLanes, fifo_id
from lockstep.adapters.hint_message import decode
from lockstep.adapters.memory.lanes import MemoryLanes
from lockstep.domain.errors import ConfigurationError, SystemBusyError, TransientError

from tests.support.builders import a_hint

if TYPE_CHECKING:
    from lockstep.domain.hints import Hint
    from lockstep.flows.ports import Lanes

    from tests.contract.conftest import Aws

    Take = Callable[[], list[Hint]]


@pytest.fixture
def lanes_and_take(side: str, request: pytest.FixtureRequest) -> tuple[Lanes, Take, Take]:
    """The lanes, and what takes all out of the warehouse's and the storefront's."""
    if side == "memory":
        memory = MemoryLanes()
        return memory, lambda: list(memory.warehouse), lambda: list(memory.storefront)
    aws: Aws = request.getfixturevalue("aws")

    def taken(queue_url: str) -> list[Hint]:
        return [decode(message["Body"], 1) for message in aws.received(queue_url)]

    lanes = SqsLanes(aws.sqs, aws.fifo_queue, aws.other_fifo_queue)
    return lanes, lambda: taken(aws.fifo_queue), lambda: taken(aws.other_fifo_queue)


def test_a_hint_arrives_whole_and_in_its_own_lane(lanes_and_take: tuple[Lanes, Take, Take]) -> None:
    lanes, warehouse, storefront = lanes_and_take
    lanes.to_warehouse([a_hint("order-1")])
    lanes.to_storefront([a_hint("order-2", document=None, shop_version=None)])

    assert warehouse() == [a_hint("order-1")]
    assert storefront() == [a_hint("order-2", document=None, shop_version=None)]


def test_no_hints_are_no_messages(lanes_and_take: tuple[Lanes, Take, Take]) -> None:
    lanes, warehouse, _ = lanes_and_take
    lanes.to_warehouse([])

    assert warehouse() == []


def test_a_message_id_is_taken_once(lanes_and_take: tuple[Lanes, Take, Take]) -> None:
    lanes, warehouse, _ = lanes_and_take
    lanes.to_warehouse([a_hint(message_id="message-1"), a_hint(message_id="message-2")])
    lanes.to_warehouse([a_hint(message_id="message-1")])

    assert [hint.message_id for hint in warehouse()] == ["message-1", "message-2"]


def test_the_lanes_deduplicate_apart(lanes_and_take: tuple[Lanes, Take, Take]) -> None:
    lanes, _, storefront = lanes_and_take
    lanes.to_warehouse([a_hint()])
    lanes.to_storefront([a_hint()])

    assert storefront() == [a_hint()]


def test_more_hints_than_one_call_can_carry_arrive_in_order(lanes_and_take: tuple[Lanes, Take, Take]) -> None:
    lanes, warehouse, _ = lanes_and_take
    ids = [f"message-{number:02}" for number in range(23)]
    lanes.to_warehouse([a_hint(message_id=message_id) for message_id in ids])

    assert [hint.message_id for hint in warehouse()] == ids


def test_a_hint_too_large_for_a_queue_leaves_its_document_behind(
    lanes_and_take: tuple[Lanes, Take, Take],
) -> None:
    lanes, warehouse, _ = lanes_and_take
    large = a_hint(document={"note": "x" * 200_001})
    lanes.to_warehouse([large])

    assert warehouse() == [replace(large, document=None)]


def test_hints_whose_bodies_together_exceed_a_call_all_arrive(lanes_and_take: tuple[Lanes, Take, Take]) -> None:
    lanes, warehouse, _ = lanes_and_take
    hints = [a_hint(message_id=f"message-{number}", document={"note": "x" * 90_000}) for number in range(7)]
    lanes.to_warehouse(hints)

    assert warehouse() == hints


# -- what is special about SQS ---------------------------------------------------------------------------


class Calls:
    """Every SendMessageBatch that left the client."""

    def __init__(self, aws: Aws) -> None:
        self.entries: list[list[dict[str, Any]]] = []
        aws.sqs.meta.events.register("provide-client-params.sqs.SendMessageBatch", self._note)

    def _note(self, params: dict[str, Any], **_: Any) -> None:
        self.entries.append(params["Entries"])


def test_the_order_is_the_message_group_and_the_message_id_deduplicates(aws: Aws) -> None:
    calls = Calls(aws)
    SqsLanes(aws.sqs, aws.fifo_queue, None).to_warehouse([a_hint("order-1", message_id="message-1")])

    entry = calls.entries[0][0]
    assert (entry["MessageGroupId"], entry["MessageDeduplicationId"]) == ("order-1", "message-1")


def test_a_call_carries_ten_messages_at_most(aws: Aws) -> None:
    calls = Calls(aws)
    hints = [a_hint(message_id=f"message-{number}") for number in range(23)]
    SqsLanes(aws.sqs, aws.fifo_queue, None).to_warehouse(hints)

    assert [len(entries) for entries in calls.entries] == [10, 10, 3]


def test_a_call_carries_250000_bytes_at_most(aws: Aws) -> None:
    calls = Calls(aws)
    hints = [a_hint(message_id=f"message-{number}", document={"note": "x" * 90_000}) for number in range(5)]
    SqsLanes(aws.sqs, aws.fifo_queue, None).to_warehouse(hints)

    assert [len(entries) for entries in calls.entries] == [2, 2, 1]


@pytest.mark.parametrize("text", ["two words", "ünïcode", "x" * 129, ""])
def test_an_id_that_sqs_would_refuse_is_hashed(text: str) -> None:
    assert fifo_id(text) != text
    assert fifo_id(fifo_id(text)) == fifo_id(text)


def test_an_id_of_128_allowed_characters_stays(aws: Aws) -> None:
    text = "aZ09-_.:/~" * 12 + "12345678"

    assert fifo_id(text) == text


def test_feeding_a_lane_that_the_function_does_not_have_is_a_configuration_error(aws: Aws) -> None:
    with pytest.raises(ConfigurationError, match="storefront"):
        SqsLanes(aws.sqs, aws.fifo_queue, None).to_storefront([a_hint()])


def test_a_queue_that_is_not_there_is_a_configuration_error(aws: Aws) -> None:
    lanes = SqsLanes(aws.sqs, aws.fifo_queue.replace("one", "none"), None)

    with pytest.raises(ConfigurationError):
        lanes.to_warehouse([a_hint()])


@pytest.fixture
def stubbed(aws: Aws) -> Iterator[tuple[SqsLanes, Stubber]]:
    with Stubber(aws.sqs) as stubber:
        yield SqsLanes(aws.sqs, aws.fifo_queue, None), stubber
        stubber.assert_no_pending_responses()


def _answer(*failed: str) -> dict[str, Any]:
    return {
        "Successful": [],
        "Failed": [{"Id": name, "SenderFault": False, "Code": "InternalError"} for name in failed],
    }


def test_messages_that_sqs_refused_are_sent_once_more(stubbed: tuple[SqsLanes, Stubber]) -> None:
    lanes, stubber = stubbed
    second = {"Id": "1", "MessageBody": ANY, "MessageGroupId": "order-1", "MessageDeduplicationId": "message-2"}
    stubber.add_response("send_message_batch", _answer("1"))
    stubber.add_response("send_message_batch", _answer(), {"QueueUrl": ANY, "Entries": [second]})

    lanes.to_warehouse([a_hint(message_id="message-1"), a_hint(message_id="message-2")])


def test_messages_refused_twice_are_a_transient_error(stubbed: tuple[SqsLanes, Stubber]) -> None:
    lanes, stubber = stubbed
    stubber.add_response("send_message_batch", _answer("0"))
    stubber.add_response("send_message_batch", _answer("0"))

    with pytest.raises(TransientError, match="order-1"):
        lanes.to_warehouse([a_hint()])


def test_a_throttled_queue_is_busy(stubbed: tuple[SqsLanes, Stubber]) -> None:
    lanes, stubber = stubbed
    stubber.add_client_error("send_message_batch", "RequestThrottled", http_status_code=403)

    with pytest.raises(SystemBusyError):
        lanes.to_warehouse([a_hint()])
