"""What a failure means for a message group, and that one order's trouble is nobody else's."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast

import pytest
from lockstep.adapters.hint_message import decode, encode
from lockstep.adapters.memory.dead_letters import MemoryDeadLetters
from lockstep.adapters.memory.flow_switches import MemoryFlowSwitches
from lockstep.adapters.memory.message_visibility import MemoryMessageVisibility
from lockstep.domain.errors import (
    ConcurrentChangeError,
    ConfigurationError,
    OutcomeUnknownError,
    OutOfTimeError,
    SystemBusyError,
    TransientError,
)
from lockstep.domain.flow_switches import Flow
from lockstep.domain.hints import Cause, Hint
from lockstep.domain.order_state import HoldReason
from lockstep.flows.deadline import Deadline
from lockstep.flows.outcomes import Ending, Outcome
from lockstep.runtime.observability import logger
from lockstep.runtime.queue_worker import CIRCUIT_SECONDS, TRIES, QueueWorker

from tests.support.fake_clock import FakeClock

FLOW = Flow.PUSH_ORDERS


@dataclass
class Script:
    """A convergence that does what the test says, by order id, and notes what was asked of it."""

    acts: dict[str, Callable[[], None]] = field(default_factory=dict)
    converged: list[tuple[str, int]] = field(default_factory=list)
    held: list[tuple[str, HoldReason, datetime]] = field(default_factory=list)
    parked: list[tuple[str, str]] = field(default_factory=list)

    def converge(self, order_id: str, hints: Sequence[Hint], deadline: Deadline) -> Outcome:
        self.converged.append((order_id, len(hints)))
        self.acts.get(order_id, lambda: None)()
        return Outcome(ending=Ending.PROVEN, order_id=order_id)

    def hold(self, order_id: str, hints: Sequence[Hint], reason: HoldReason, detail: str, wake_at: datetime) -> Outcome:
        self.held.append((order_id, reason, wake_at))
        return Outcome(ending=Ending.HELD, order_id=order_id)

    def park(self, order_id: str, detail: str) -> Outcome:
        self.parked.append((order_id, detail))
        return Outcome(ending=Ending.PARKED, order_id=order_id)


@dataclass
class Bench:
    """A worker with everything around it to look at."""

    script: Script = field(default_factory=Script)
    clock: FakeClock = field(default_factory=FakeClock)
    switches: MemoryFlowSwitches = field(default_factory=MemoryFlowSwitches)
    visibility: MemoryMessageVisibility = field(default_factory=MemoryMessageVisibility)
    dead_letters: MemoryDeadLetters = field(default_factory=MemoryDeadLetters)

    def handle(self, *records: dict[str, Any]) -> list[str]:
        """Run a batch; returns the ids of the messages that must come again."""
        worker = QueueWorker(
            flow=FLOW,
            convergence=self.script,
            decode=decode,
            switches=self.switches,
            visibility=self.visibility,
            dead_letters=self.dead_letters,
            queue_url="queue",
            clock=self.clock,
            jitter=lambda: 1.0,
        )
        answer = worker.handle({"Records": list(records)}, remaining_seconds=60)
        return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


@pytest.fixture
def bench() -> Bench:
    return Bench()


def a_record(order_id: str, number: int = 1, *, receives: int = 1, body: str | None = None) -> dict[str, Any]:
    hint = Hint(cause=Cause.SWEEP, order_id=order_id, message_id=f"{order_id}-{number}")
    return {
        "messageId": f"{order_id}-{number}",
        "receiptHandle": f"handle-{order_id}-{number}",
        "body": encode(hint) if body is None else body,
        "attributes": {"MessageGroupId": order_id, "ApproximateReceiveCount": str(receives)},
    }


def raising(error: Exception) -> Callable[[], None]:
    def act() -> None:
        raise error

    return act


def test_a_group_is_one_convergence_however_many_messages_it_has(bench: Bench) -> None:
    assert bench.handle(a_record("a", 1), a_record("b", 1), a_record("a", 2)) == []
    assert sorted(bench.script.converged) == [("a", 2), ("b", 1)]


def test_a_failing_group_comes_again_whole_and_takes_nobody_along(bench: Bench) -> None:
    bench.script.acts["a"] = raising(TransientError("away"))
    failed = bench.handle(a_record("a", 1), a_record("b", 1), a_record("a", 2))
    assert failed == ["a-1", "a-2"]
    assert [wait[1] for wait in bench.visibility.waits] == ["handle-a-1", "handle-a-2"]


def test_the_wait_grows_with_each_delivery_and_respects_a_wish_within_reason(bench: Bench) -> None:
    bench.script.acts["a"] = raising(TransientError("away"))
    bench.handle(a_record("a", receives=1))
    bench.handle(a_record("a", receives=2))
    for wish in (77, 86_400):
        bench.script.acts["a"] = raising(SystemBusyError("429", retry_after_seconds=wish))
        bench.handle(a_record("a", receives=1))
    assert [wait[2] for wait in bench.visibility.waits] == [5, 10, 77, 300]


@pytest.mark.parametrize("error", [TransientError("away"), OutcomeUnknownError("no answer")])
def test_the_third_failure_holds_the_order_and_lets_the_message_go(bench: Bench, error: TransientError) -> None:
    bench.script.acts["a"] = raising(error)
    assert bench.handle(a_record("a", receives=TRIES)) == []
    wake_at = bench.clock.now() + timedelta(seconds=CIRCUIT_SECONDS)
    assert bench.script.held == [("a", HoldReason.SYSTEM_DOWN, wake_at)]


def test_a_configuration_error_holds_the_order_at_the_first_try(bench: Bench) -> None:
    bench.script.acts["a"] = raising(ConfigurationError("credentials refused"))
    assert bench.handle(a_record("a")) == []
    assert [held[0] for held in bench.script.held] == ["a"]


@pytest.mark.parametrize("error", [TransientError("away"), ConfigurationError("credentials refused")])
def test_one_order_that_gives_up_again_and_again_never_stops_the_others(bench: Bench, error: Exception) -> None:
    bench.script.acts["a"] = raising(error)
    for _ in range(5):
        bench.handle(a_record("a", receives=TRIES))
    assert not bench.switches.circuit(FLOW).was_tripped


@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize("error", [TransientError("away"), ConfigurationError("credentials refused")])
def test_two_orders_that_give_up_open_the_circuit(bench: Bench, error: Exception, *, together: bool) -> None:
    bench.script.acts = {"a": raising(error), "b": raising(error)}
    records = [a_record("a", receives=TRIES), a_record("b", receives=TRIES)]
    for batch in [records] if together else [[record] for record in records]:
        assert bench.handle(*batch) == []
    assert bench.switches.circuit(FLOW).stops(bench.clock.now())


def test_a_success_between_two_that_give_up_keeps_the_circuit_closed(bench: Bench) -> None:
    bench.script.acts = {"a": raising(TransientError("away")), "b": raising(TransientError("away"))}
    for order_id in ("a", "c", "b"):
        bench.handle(a_record(order_id, receives=TRIES))
    assert not bench.switches.circuit(FLOW).was_tripped


@pytest.mark.parametrize("error", [SystemBusyError("429"), ConcurrentChangeError("moved"), OutOfTimeError("late")])
def test_a_system_that_merely_is_busy_does_not_open_the_circuit(bench: Bench, error: TransientError) -> None:
    bench.script.acts = {"a": raising(error), "b": raising(error)}
    assert bench.handle(a_record("a", receives=TRIES), a_record("b", receives=TRIES)) == []
    assert sorted(held[0] for held in bench.script.held) == ["a", "b"]
    assert not bench.switches.circuit(FLOW).was_tripped


def test_while_the_circuit_is_open_orders_are_held_untried(bench: Bench) -> None:
    retry_at = bench.clock.now() + timedelta(seconds=20)
    bench.switches.trip(FLOW, reason="away", at=bench.clock.now(), retry_at=retry_at)
    assert bench.handle(a_record("a"), a_record("b")) == []
    assert bench.script.converged == []
    assert sorted(held[0] for held in bench.script.held) == ["a", "b"]


def test_the_first_success_after_an_outage_closes_the_circuit(bench: Bench) -> None:
    bench.switches.trip(FLOW, reason="away", at=bench.clock.now(), retry_at=bench.clock.now())
    bench.clock.advance(1)
    bench.handle(a_record("a"))
    assert not bench.switches.circuit(FLOW).was_tripped


def test_a_paused_flow_holds_everything_and_says_why(bench: Bench) -> None:
    bench.switches.pause(FLOW, by="ops", reason="stocktaking")
    assert bench.handle(a_record("a")) == []
    assert [held[:2] for held in bench.script.held] == [("a", HoldReason.PAUSED)]


def test_a_defect_is_tried_again_and_then_parked_without_its_text(bench: Bench) -> None:
    bench.script.acts["a"] = raising(KeyError("Ada Example, Long Street 1"))
    assert bench.handle(a_record("a", receives=1)) == ["a-1"]
    assert bench.handle(a_record("a", receives=TRIES)) == []
    ((order_id, detail),) = bench.script.parked
    assert order_id == "a"
    assert "KeyError" in detail
    assert "Long Street" not in detail


@pytest.mark.parametrize("body", ["not json", "[]", '{"schema_version": 99}', '{"schema_version": 1}'])
def test_a_body_nobody_can_read_is_buried_once_and_its_group_goes_on(bench: Bench, body: str) -> None:
    assert bench.handle(a_record("a", 1, body=body), a_record("a", 2)) == []
    assert [(buried.body, buried.group_id) for buried in bench.dead_letters.buried] == [(body, "a")]
    assert bench.script.converged == [("a", 1)]


def test_when_even_the_hold_cannot_be_stored_the_messages_come_again(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.script.acts["a"] = raising(TransientError("Deposco is away"))
    monkeypatch.setattr(bench.script, "hold", lambda *_: raising(TransientError("our table is away"))())
    assert bench.handle(a_record("a", receives=TRIES), a_record("b")) == ["a-1"]


@contextmanager
def the_log() -> Iterator[list[dict[str, Any]]]:
    """The entries logged while the block runs."""
    logged, entries = io.StringIO(), list[dict[str, Any]]()
    handler = cast("logging.StreamHandler[Any]", logger.registered_handler)
    former = handler.setStream(logged)
    try:
        yield entries
    finally:
        handler.setStream(former)
        entries.extend(json.loads(line) for line in logged.getvalue().splitlines())


def test_the_log_of_a_convergence_names_the_order_and_one_metric_counts_it(
    bench: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    with the_log() as entries:
        bench.handle(a_record("a"))
    (entry,) = entries
    assert (entry["message"], entry["order_id"], entry["ending"]) == ("order converged", "a", "proven")
    assert json.loads(capsys.readouterr().out)["OrdersProven"] == [1.0]


def test_a_wait_or_a_switch_that_cannot_be_set_does_not_bring_the_whole_batch_back(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse = raising(ConfigurationError("not allowed"))
    monkeypatch.setattr(MemoryMessageVisibility, "set_wait", lambda *_: refuse())
    monkeypatch.setattr(MemoryFlowSwitches, "suspect", lambda *_: refuse())
    bench.script.acts = {"a": raising(TransientError("away")), "b": raising(TransientError("away"))}
    assert bench.handle(a_record("a", receives=1), a_record("b", receives=TRIES)) == ["a-1"]


def test_the_log_of_a_defect_has_its_place_and_not_its_text(bench: Bench) -> None:
    bench.script.acts["a"] = raising(KeyError("Ada Example, Long Street 1"))
    with the_log() as entries:
        bench.handle(a_record("a"))
    (entry,) = entries
    assert entry["error"] == "KeyError"
    assert any("test_queue_worker.py" in frame for frame in entry["stack"])
    assert "Long Street" not in json.dumps(entry)
