"""`FlowSwitches`: a hand on the switch and a circuit, neither overwriting the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from lockstep.adapters.aws.flow_switches import SUSPECTS_NOTED, DynamoFlowSwitches
from lockstep.adapters.memory.flow_switches import MemoryFlowSwitches
from lockstep.domain.errors import ConfigurationError
from lockstep.domain.flow_switches import Circuit, Flow

from tests.support.builders import at

if TYPE_CHECKING:
    from tests.contract.conftest import Aws

    Switches = MemoryFlowSwitches | DynamoFlowSwitches

PUSH = Flow.PUSH_ORDERS


@pytest.fixture
def switches(side: str, request: pytest.FixtureRequest) -> Switches:
    if side == "memory":
        return MemoryFlowSwitches()
    aws: Aws = request.getfixturevalue("aws")
    return DynamoFlowSwitches(aws.dynamodb, aws.table)


def test_a_flow_without_a_switch_runs(switches: Switches) -> None:
    assert switches.circuit(PUSH) == Circuit()


def test_a_tripped_circuit_says_why_and_until_when(switches: Switches) -> None:
    switches.trip(PUSH, reason="Deposco is away", at=at(0), retry_at=at(1))

    assert switches.circuit(PUSH) == Circuit(reason="Deposco is away", open_until=at(1))


def test_a_second_trip_moves_the_time(switches: Switches) -> None:
    switches.trip(PUSH, reason="away", at=at(0), retry_at=at(1))
    switches.trip(PUSH, reason="still away", at=at(1), retry_at=at(3))

    assert switches.circuit(PUSH) == Circuit(reason="still away", open_until=at(3))


def test_closing_leaves_no_trace(switches: Switches) -> None:
    switches.trip(PUSH, reason="away", at=at(0), retry_at=at(1))
    switches.close(PUSH)

    assert switches.circuit(PUSH) == Circuit()


def test_closing_what_is_closed_changes_nothing(switches: Switches) -> None:
    switches.close(PUSH)

    assert switches.circuit(PUSH) == Circuit()


def test_suspects_are_noted_once_each_and_outlast_a_trip(switches: Switches) -> None:
    switches.suspect(PUSH, ["a"])
    switches.suspect(PUSH, ["a", "b"])
    switches.trip(PUSH, reason="away", at=at(0), retry_at=at(1))

    assert switches.circuit(PUSH).suspects == frozenset({"a", "b"})


def test_an_order_that_is_told_twice_at_once_counts_once(switches: Switches) -> None:
    switches.suspect(PUSH, ["a", "a"])

    assert switches.circuit(PUSH).suspects == frozenset({"a"})


def test_a_pause_and_the_suspects_leave_each_other_alone(switches: Switches) -> None:
    switches.pause(PUSH, by="Kim", reason="stocktaking")
    switches.suspect(PUSH, ["a"])
    paused = switches.circuit(PUSH)
    switches.resume(PUSH)

    assert paused == Circuit(paused_by="Kim", reason="stocktaking", suspects=frozenset({"a"}))
    assert switches.circuit(PUSH) == Circuit(suspects=frozenset({"a"}))


def test_a_flow_does_not_see_the_suspects_of_another(switches: Switches) -> None:
    switches.suspect(PUSH, ["a"])

    assert switches.circuit(Flow.WRITE_BACK_ORDERS) == Circuit()


def test_closing_forgets_the_suspects(switches: Switches) -> None:
    switches.suspect(PUSH, ["a"])
    switches.close(PUSH)

    assert switches.circuit(PUSH) == Circuit()


def test_noting_nobody_changes_nothing(switches: Switches) -> None:
    switches.suspect(PUSH, [])

    assert switches.circuit(PUSH) == Circuit()


def test_any_number_of_suspects_can_be_noted_and_two_are_always_seen(switches: Switches) -> None:
    for number in range(50):
        switches.suspect(PUSH, [f"order-{number}"])

    assert len(switches.circuit(PUSH).suspects) > 1


def test_the_flows_have_switches_of_their_own(switches: Switches) -> None:
    switches.trip(PUSH, reason="away", at=at(0), retry_at=at(1))

    assert switches.circuit(Flow.WRITE_BACK_ORDERS) == Circuit()


def test_a_paused_flow_says_who_and_why(switches: Switches) -> None:
    switches.pause(PUSH, by="Kim", reason="stocktaking")

    assert switches.circuit(PUSH) == Circuit(paused_by="Kim", reason="stocktaking")


def test_tripping_does_not_overwrite_a_pause(switches: Switches) -> None:
    switches.pause(PUSH, by="Kim", reason="stocktaking")
    switches.trip(PUSH, reason="away", at=at(0), retry_at=at(1))

    assert switches.circuit(PUSH) == Circuit(paused_by="Kim", reason="stocktaking", open_until=at(1))


def test_closing_does_not_end_a_pause(switches: Switches) -> None:
    switches.pause(PUSH, by="Kim", reason="stocktaking")
    switches.close(PUSH)

    assert switches.circuit(PUSH).paused_by == "Kim"


def test_a_resumed_flow_whose_circuit_is_open_waits_for_its_time(switches: Switches) -> None:
    switches.pause(PUSH, by="Kim", reason="stocktaking")
    switches.trip(PUSH, reason="away", at=at(0), retry_at=at(1))
    switches.resume(PUSH)

    assert switches.circuit(PUSH) == Circuit(reason="away", open_until=at(1))


# -- what is special about DynamoDB ------------------------------------------------------------------------


def test_the_stored_suspects_stay_few(aws: Aws) -> None:
    switches = DynamoFlowSwitches(aws.dynamodb, aws.table)
    switches.suspect(PUSH, [f"order-{number:02}" for number in range(30)])
    for number in range(30, 60):
        switches.suspect(PUSH, [f"order-{number}"])

    assert switches.circuit(PUSH).suspects == {f"order-{number:02}" for number in range(SUSPECTS_NOTED)}


def test_suspects_without_a_table_are_a_configuration_error(aws: Aws) -> None:
    with pytest.raises(ConfigurationError):
        DynamoFlowSwitches(aws.dynamodb, "gone").suspect(PUSH, ["a"])


def test_a_string_set_is_sent_without_repetition(aws: Aws) -> None:
    """DynamoDB refuses a set that holds a text twice; the stand-in for it does not."""
    sent: list[list[str]] = []

    def note(params: dict[str, Any], **_: Any) -> None:
        sent.append(params["ExpressionAttributeValues"][":noted"]["SS"])

    aws.dynamodb.meta.events.register("provide-client-params.dynamodb.UpdateItem", note)
    DynamoFlowSwitches(aws.dynamodb, aws.table).suspect(PUSH, ["b", "a", "b"])

    assert sent == [["a", "b"]]
