"""`FlowSwitches`: a hand on the switch and a circuit, neither overwriting the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from lockstep.adapters.aws.flow_switches import DynamoFlowSwitches
from lockstep.adapters.memory.flow_switches import MemoryFlowSwitches
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
