"""Runs a batch of a FIFO lane: one convergence per message group, groups side by side.

A message group is one order. All its messages in the batch are answered by one convergence, because state
decides and messages are only hints. What a failure means for the group's messages is decided here, once:

| raised                | first tries                              | then                                   |
|-----------------------|------------------------------------------|----------------------------------------|
| TransientError        | all the group's messages wait and return | held; the sweep hints the order again  |
| ConfigurationError    | held at once                             |                                        |
| anything else (a bug) | all the group's messages wait and return | parked as UNEXPECTED_ERROR             |

Two orders that give up without a success between them open the flow's circuit for a while.
So no message ever dies of a system that is away: the order's record keeps the work, not the queue.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from lockstep.domain.errors import (
    ConcurrentChangeError,
    ConfigurationError,
    LockstepError,
    OutOfTimeError,
    SystemBusyError,
    TransientError,
)
from lockstep.domain.flow_switches import Circuit, Flow
from lockstep.domain.hints import Hint
from lockstep.domain.order_state import HoldReason
from lockstep.flows.deadline import Deadline
from lockstep.flows.outcomes import Ending, Outcome
from lockstep.flows.ports import Clock, FlowSwitches
from lockstep.runtime.observability import METRIC_OF_ENDING, count, flush_metrics, logger, trace_of
from lockstep.runtime.records import QueueRecord, by_group, partial_failure, records_of

TRIES = 3
"""Deliveries of a message before its order is held (or, after a bug, parked)."""

FIRST_WAIT_SECONDS = 5
LONGEST_WAIT_SECONDS = 300
CIRCUIT_SECONDS = 30
"""How long a system that is away is left alone before one order tries again."""

WROTE_TO_THE_SYSTEM = frozenset({Ending.PROVEN, Ending.ACKNOWLEDGED, Ending.TOLD})
"""Endings that show that the lane's system answers again."""

ANSWER_ALLOWANCE = timedelta(seconds=20)
"""A call must begin so long before the invocation ends, so that its answer can still be noted."""

MARGIN_SECONDS = 3.0
"""Kept at the end of the invocation for setting waits and writing logs."""


class Convergence(Protocol):
    """A flow that brings one order to what it should be."""

    def converge(self, order_id: str, hints: Sequence[Hint], deadline: Deadline) -> Outcome:
        """Do what is due."""

    def hold(self, order_id: str, hints: Sequence[Hint], reason: HoldReason, detail: str, wake_at: datetime) -> Outcome:
        """Keep the work in the order's record."""

    def park(self, order_id: str, detail: str) -> Outcome:
        """Set the order aside for engineering."""


class MessageVisibility(Protocol):
    """The wait of messages that must come again."""

    def set_wait(self, queue_url: str, receipt_handles: Sequence[str], seconds: int) -> None:
        """Hide the messages for so long. Raises `TransientError`."""


class DeadLetters(Protocol):
    """Where a body goes that nobody can read."""

    def bury(self, body: str, group_id: str | None, reason: str) -> None:
        """Set the body aside, with an alarm. Raises `TransientError`."""


class BatchPace(Protocol):
    """The call budget, as a batch sees it."""

    def begin_run(self, calls: int, latest: datetime) -> None:
        """Tell how many calls are coming and by when they must have begun."""


@dataclass(frozen=True, slots=True)
class _GroupResult:
    """Whether the group's messages are done; if not, how long they wait.

    `gave_up_because` says why the order waits for a system now, where it does.
    """

    wait_seconds: int | None = None
    reached_the_system: bool = False
    gave_up_because: str = ""


@dataclass(slots=True, kw_only=True)
class QueueWorker:
    """Handles the events of one lane."""

    flow: Flow
    convergence: Convergence
    decode: Callable[[str, int], Hint]
    switches: FlowSwitches
    visibility: MessageVisibility
    dead_letters: DeadLetters
    queue_url: str
    clock: Clock
    jitter: Callable[[], float]
    pace: BatchPace | None = None

    def handle(self, event: Mapping[str, Any], remaining_seconds: float) -> dict[str, list[dict[str, str]]]:
        """Answer one SQS event: names every message of every group that must come again."""
        groups = by_group(records_of(event))
        ends_at = self.clock.now() + timedelta(seconds=remaining_seconds - MARGIN_SECONDS)
        deadline = Deadline(ends_at, self.clock)
        if self.pace is not None:
            self.pace.begin_run(len(groups), ends_at - ANSWER_ALLOWANCE)
        try:
            circuit = self.switches.circuit(self.flow)
            with ThreadPoolExecutor(max_workers=max(1, len(groups))) as pool:
                running = {
                    group_id: pool.submit(self._run_group, group_id, records, circuit, deadline)
                    for group_id, records in groups.items()
                }
            results = {group_id: future.result() for group_id, future in running.items()}
            self._turn_the_switch(circuit, results)
            return self._answer(groups, results)
        finally:
            flush_metrics()

    def _turn_the_switch(self, circuit: Circuit, results: Mapping[str, _GroupResult]) -> None:
        """Open the circuit when two orders gave up with no success between them, close it after a success.

        One order alone may have a trouble of its own and must not stop the others.
        """
        gave_up = {order_id: result.gave_up_because for order_id, result in results.items() if result.gave_up_because}
        try:
            if any(result.reached_the_system for result in results.values()):
                if circuit.awaits_a_success:
                    self.switches.close(self.flow)
            elif gave_up:
                self.switches.suspect(self.flow, gave_up)
                if len(circuit.suspects | gave_up.keys()) > 1:
                    now = self.clock.now()
                    retry_at = now + timedelta(seconds=CIRCUIT_SECONDS)
                    self.switches.trip(self.flow, reason=next(iter(gave_up.values())), at=now, retry_at=retry_at)
        except LockstepError as error:
            logger.warning("the flow's switch could not be turned", extra={"why": str(error)})

    def _answer(
        self, groups: Mapping[str, tuple[QueueRecord, ...]], results: Mapping[str, _GroupResult]
    ) -> dict[str, list[dict[str, str]]]:
        failed: list[str] = []
        for group_id, result in results.items():
            if result.wait_seconds is None:
                continue
            failed.extend(record.message_id for record in groups[group_id])
            handles = [record.receipt_handle for record in groups[group_id]]
            try:
                self.visibility.set_wait(self.queue_url, handles, result.wait_seconds)
            except LockstepError as error:
                logger.warning("the wait could not be set; the queue's own applies", extra={"why": str(error)})
        return partial_failure(failed)

    def _run_group(
        self, group_id: str, records: tuple[QueueRecord, ...], circuit: Circuit, deadline: Deadline
    ) -> _GroupResult:
        receive_count = max(record.receive_count for record in records)
        try:
            hints = self._hints(group_id, records)
            if not hints:
                return _GroupResult()
            return self._converge(group_id, hints, receive_count, circuit, deadline)
        except (TransientError, ConfigurationError) as error:
            logger.warning("the order's record could not be reached", extra={"order_id": group_id, "why": str(error)})
            return _GroupResult(wait_seconds=self._wait_seconds(receive_count, None))
        except Exception as error:  # noqa: BLE001 - whatever it is, it must not take the other groups along
            logger.error("a defect while noting a failure", extra={"order_id": group_id, **trace_of(error)})
            return _GroupResult(wait_seconds=self._wait_seconds(receive_count, None))

    def _hints(self, group_id: str, records: tuple[QueueRecord, ...]) -> list[Hint]:
        hints = []
        for record in records:
            try:
                hints.append(self.decode(record.body, record.receive_count))
            except ValueError as error:
                self.dead_letters.bury(record.body, group_id, str(error))
                count("MessagesBuried")
                logger.error("a message that cannot be read was buried", extra={"message_id": record.message_id})
        return hints

    def _converge(
        self, order_id: str, hints: list[Hint], receive_count: int, circuit: Circuit, deadline: Deadline
    ) -> _GroupResult:
        now = self.clock.now()
        if circuit.stops(now):
            reason = HoldReason.PAUSED if circuit.paused_by else HoldReason.SYSTEM_DOWN
            wake_at = max(circuit.open_until or now, now + timedelta(seconds=CIRCUIT_SECONDS))
            self._conclude(self.convergence.hold(order_id, hints, reason, circuit.reason, wake_at))
            return _GroupResult()
        try:
            outcome = self.convergence.converge(order_id, hints, deadline)
            self._conclude(outcome)
            return _GroupResult(reached_the_system=outcome.ending in WROTE_TO_THE_SYSTEM)
        except ConfigurationError as error:
            logger.critical("a configuration error stops the flow", extra={"order_id": order_id, "why": str(error)})
            count("ConfigurationFailures")
            return self._hold_for_system(order_id, hints, error, is_away=True)
        except TransientError as error:
            logger.warning(
                "a try failed",
                extra={"order_id": order_id, "why": str(error), "receive_count": receive_count},
            )
            count("TriesFailed")
            if receive_count < TRIES:
                return _GroupResult(wait_seconds=self._wait_seconds(receive_count, error.retry_after_seconds))
            is_away = not isinstance(error, (ConcurrentChangeError, OutOfTimeError, SystemBusyError))
            return self._hold_for_system(order_id, hints, error, is_away=is_away)
        except Exception as error:  # noqa: BLE001 - a defect parks its own order, not the batch
            logger.error("a defect", extra={"order_id": order_id, "receive_count": receive_count, **trace_of(error)})
            count("UnexpectedErrors")
            if receive_count < TRIES:
                return _GroupResult(wait_seconds=self._wait_seconds(receive_count, None))
            self._conclude(self.convergence.park(order_id, _whereabouts(error)))
            return _GroupResult()

    def _hold_for_system(self, order_id: str, hints: list[Hint], error: Exception, *, is_away: bool) -> _GroupResult:
        wake_at = self.clock.now() + timedelta(seconds=CIRCUIT_SECONDS)
        self._conclude(self.convergence.hold(order_id, hints, HoldReason.SYSTEM_DOWN, str(error), wake_at))
        return _GroupResult(gave_up_because=str(error) if is_away else "")

    def _conclude(self, outcome: Outcome) -> None:
        count(METRIC_OF_ENDING[outcome.ending])
        logger.info(
            "order converged",
            extra={
                "order_id": outcome.order_id,
                "reference": outcome.reference,
                "ending": outcome.ending.value,
                **outcome.notes,
            },
        )

    def _wait_seconds(self, receive_count: int, wished: float | None) -> int:
        """Doubling, spread by the jitter, and not shorter than the other side wished, within reason."""
        wait = min(LONGEST_WAIT_SECONDS, FIRST_WAIT_SECONDS << (receive_count - 1))
        return max(1, round(wait * self.jitter()), min(round(wished or 0), LONGEST_WAIT_SECONDS))


def _whereabouts(error: Exception) -> str:
    """Type and place of a defect; its text stays unsaid, since it may quote an address."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f"{frames[-1].name} line {frames[-1].lineno}" if frames else "an unknown place"
    return f"an unexpected {type(error).__name__} in {place} stopped it {TRIES} times"
