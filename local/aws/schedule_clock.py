"""The schedules of a stack, fired by a clock of ours at whatever pace a scenario needs."""

from __future__ import annotations

import json
import logging
import threading
import time
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from local.aws.emulator import ACCOUNT_ID
from local.aws.lambda_host import HostClosedError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from local.aws.clients import Clients
    from local.aws.deploy import Stack
    from local.aws.event_sources import Invoke
    from local.aws.lambda_host import InvocationResult

logger = logging.getLogger(__name__)

_SCHEDULED_TIME = "<aws.scheduler.scheduled-time>"


class UnknownScheduleError(LookupError):
    """No schedule targets that function."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """One schedule of the stack: the function it targets, and the input as the template has it (may be empty)."""

    function: str
    arn: str
    input_text: str

    def event(self, at: datetime, region: str) -> Any:
        """What the function is given when the schedule fires: its own input, or the service's standard event."""
        scheduled_time = at.strftime("%Y-%m-%dT%H:%M:%SZ")
        if self.input_text:
            return json.loads(self.input_text.replace(_SCHEDULED_TIME, scheduled_time))
        return {
            "version": "0",
            "id": str(uuid.uuid4()),
            "detail-type": "Scheduled Event",
            "source": "aws.scheduler",
            "account": ACCOUNT_ID,
            "time": scheduled_time,
            "region": region,
            "resources": [self.arn],
            "detail": "{}",
        }


def read_schedules(clients: Clients, stack: Stack) -> list[Schedule]:
    """The stack's schedules that target one of its functions."""
    functions = {resource.physical_id: resource.logical_id for resource in stack.of_type("AWS::Lambda::Function")}
    schedules = []
    for resource in stack.of_type("AWS::Scheduler::Schedule"):
        described = clients.get("scheduler").get_schedule(Name=resource.physical_id.rpartition("/")[2])
        target = described["Target"]
        function = functions.get(target["Arn"].rpartition(":function:")[2])
        if function is not None:
            schedules.append(Schedule(function=function, arn=described["Arn"], input_text=target.get("Input", "")))
    return schedules


class ScheduleClock:
    """Fires one schedule every so many seconds.

    A tick that comes while the previous run still goes on is left out. On AWS the runs would overlap - but there the
    pace is minutes, longer than the function's timeout, so in practice they do not; a scenario's pace is seconds.
    """

    def __init__(self, schedule: Schedule, *, every_seconds: float, invoke: Invoke, region: str) -> None:
        self.schedule = schedule
        self._every_seconds = every_seconds
        self._invoke = invoke
        self._region = region
        self._stopping = threading.Event()
        self._ticker: threading.Thread | None = None

    def start(self) -> None:
        """Begin to fire, the first time after one interval; does nothing when it fires already."""
        if self._ticker is not None:
            return
        self._stopping.clear()
        self._ticker = threading.Thread(target=self._tick, name=f"schedule-{self.schedule.function}", daemon=True)
        self._ticker.start()

    def ask_to_stop(self) -> None:
        """Fire no more."""
        self._stopping.set()

    def stop(self) -> None:
        """Fire no more and return when a run under way has ended."""
        self.ask_to_stop()
        if self._ticker is not None:
            self._ticker.join()
            self._ticker = None

    def _tick(self) -> None:
        due = time.monotonic() + self._every_seconds
        while not self._stopping.wait(max(0.0, due - time.monotonic())):
            try:
                fire(self.schedule, invoke=self._invoke, region=self._region)
            except HostClosedError:
                return
            missed = (time.monotonic() - due) // self._every_seconds
            due += (missed + 1) * self._every_seconds


def fire(schedule: Schedule, *, invoke: Invoke, region: str) -> InvocationResult:
    """Run the schedule's target now, as the schedule would; a failure is logged, not retried."""
    result = invoke(schedule.function, schedule.event(datetime.now(UTC), region))
    if not result.ok:
        logger.warning("The scheduled run of %s failed: %s", schedule.function, result.error)
    return result


def clocks(
    schedules: list[Schedule], *, every_seconds: Mapping[str, float], invoke: Invoke, region: str
) -> list[ScheduleClock]:
    """A clock for each schedule whose function has a pace in ``every_seconds``.

    Raises UnknownScheduleError when a pace is given for a function that no schedule targets.
    """
    unknown = sorted(set(every_seconds) - {schedule.function for schedule in schedules})
    if unknown:
        raise UnknownScheduleError(f"No schedule of the template targets {', '.join(unknown)}.")
    return [
        ScheduleClock(schedule, every_seconds=every_seconds[schedule.function], invoke=invoke, region=region)
        for schedule in schedules
        if schedule.function in every_seconds
    ]
