"""The wait of received messages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.stub import Stubber
from lockstep.adapters.aws.message_visibility import SqsMessageVisibility
from lockstep.adapters.memory.message_visibility import MemoryMessageVisibility
from lockstep.domain.errors import ConfigurationError, TransientError

if TYPE_CHECKING:
    from tests.contract.conftest import Aws


def test_memory_notes_each_wait_in_order() -> None:
    visibility = MemoryMessageVisibility()
    visibility.set_wait("queue", ["handle-1", "handle-2"], 30)

    assert visibility.waits == [("queue", "handle-1", 30), ("queue", "handle-2", 30)]


def test_a_message_without_wait_comes_again_at_once(aws: Aws) -> None:
    aws.sqs.send_message(QueueUrl=aws.standard_queue, MessageBody="body")
    (message,) = aws.sqs.receive_message(QueueUrl=aws.standard_queue)["Messages"]
    hidden = aws.sqs.receive_message(QueueUrl=aws.standard_queue)

    SqsMessageVisibility(aws.sqs).set_wait(aws.standard_queue, [message["ReceiptHandle"]], 0)

    assert not hidden.get("Messages")
    assert aws.sqs.receive_message(QueueUrl=aws.standard_queue)["Messages"][0]["Body"] == "body"


def test_waits_are_set_ten_a_call(aws: Aws) -> None:
    calls: list[list[tuple[str, int]]] = []

    def note(params: dict[str, Any], **_: Any) -> None:
        calls.append([(entry["ReceiptHandle"], entry["VisibilityTimeout"]) for entry in params["Entries"]])

    aws.sqs.meta.events.register("provide-client-params.sqs.ChangeMessageVisibilityBatch", note)
    handles = [f"handle-{number}" for number in range(23)]
    with Stubber(aws.sqs) as stubber:
        for _ in range(3):
            stubber.add_response("change_message_visibility_batch", {"Successful": [], "Failed": []})
        SqsMessageVisibility(aws.sqs).set_wait(aws.standard_queue, handles, 40)

    assert [len(call) for call in calls] == [10, 10, 3]
    assert [pair for call in calls for pair in call] == [(handle, 40) for handle in handles]


def test_a_wait_beyond_the_limit_of_sqs_is_cut_to_it(aws: Aws) -> None:
    waits: list[int] = []

    def note(params: dict[str, Any], **_: Any) -> None:
        waits.extend(entry["VisibilityTimeout"] for entry in params["Entries"])

    aws.sqs.meta.events.register("provide-client-params.sqs.ChangeMessageVisibilityBatch", note)
    with Stubber(aws.sqs) as stubber:
        stubber.add_response("change_message_visibility_batch", {"Successful": [], "Failed": []})
        SqsMessageVisibility(aws.sqs).set_wait(aws.standard_queue, ["handle"], 90_000)

    assert waits == [43_200]


def test_no_messages_are_no_call(aws: Aws) -> None:
    with Stubber(aws.sqs):
        SqsMessageVisibility(aws.sqs).set_wait(aws.standard_queue, [], 40)


def test_a_wait_that_sqs_did_not_set_is_told_after_the_others_were_tried(aws: Aws) -> None:
    failed = {"Id": "0", "SenderFault": True, "Code": "ReceiptHandleIsInvalid"}
    with Stubber(aws.sqs) as stubber:
        stubber.add_response("change_message_visibility_batch", {"Successful": [], "Failed": [failed]})
        stubber.add_response("change_message_visibility_batch", {"Successful": [], "Failed": []})
        with pytest.raises(TransientError, match="1 of 11"):
            SqsMessageVisibility(aws.sqs).set_wait(aws.standard_queue, ["handle"] * 11, 40)
        stubber.assert_no_pending_responses()


def test_a_queue_that_is_not_there_is_a_configuration_error(aws: Aws) -> None:
    with pytest.raises(ConfigurationError):
        SqsMessageVisibility(aws.sqs).set_wait(f"{aws.standard_queue}-gone", ["handle"], 40)
