"""The embedded AWS as one object: start it, deploy a template to it, run its functions, look into it, stop it."""

from __future__ import annotations

import contextlib
import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from local.aws.clients import Clients
from local.aws.deploy import Stack, deploy
from local.aws.emulator import Emulator
from local.aws.event_sources import read_mappings
from local.aws.execution_environment import FunctionSpec
from local.aws.lambda_host import InvocationResult, LambdaHost, LogLine
from local.aws.observation import Observer, QueueDepth
from local.aws.queue_poller import QueuePoller
from local.aws.sam_template import SamTemplate
from local.aws.schedule_clock import Schedule, ScheduleClock, UnknownScheduleError, clocks, fire, read_schedules
from local.aws.stream_poller import StreamPoller
from local.processes import ChildProcesses

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import TracebackType

DEFAULT_REGION = "eu-central-1"
DEFAULT_STACK_NAME = "lockstep-local"
_BUILT_TEMPLATE = Path(".aws-sam/build/template.yaml")
_DEPTH_ATTRIBUTES = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
)


class UnknownResourceError(LookupError):
    """The stack has no resource of that logical id; the message names those of a similar kind."""


class LocalCloud:
    """One stack in an AWS of its own, on loopback, for as long as the ``with`` block lasts.

    Everything is empty at the start and gone at the end. Event sources stand still until they are started.
    """

    def __init__(
        self,
        *,
        template: Path,
        parameters: Mapping[str, str] | None = None,
        schedule_seconds: Mapping[str, float] | None = None,
        built: bool = False,
        interpreter: Path | None = None,
        stack_name: str = DEFAULT_STACK_NAME,
        region: str = DEFAULT_REGION,
    ) -> None:
        """Describe the cloud; entering the ``with`` block starts it.

        Args:
            template: The SAM template of the source tree.
            parameters: Values for its parameters. ``LocalEndpointUrl`` is filled in, and ``EventSourcesEnabled`` and
                ``SchedulesEnabled`` are "false" (this object runs them), where the template declares them.
            schedule_seconds: How often to fire the schedule of a function, by the function's logical id; a function
                that is not named is fired by ``fire_schedule`` alone.
            built: Run what ``sam build`` made (``.aws-sam/build`` beside the template) instead of the source.
            interpreter: The Python that runs the functions, ``awslambdaric`` included; by default this one.
            stack_name: The stack's name.
            region: The region everything believes to be in.
        """
        self.region = region
        self._template = SamTemplate(template.parent / _BUILT_TEMPLATE if built else template)
        self._parameters = dict(parameters or {})
        self._schedule_seconds = dict(schedule_seconds or {})
        self._interpreter = interpreter
        self._stack_name = stack_name
        self._opened = contextlib.ExitStack()
        self._log_listeners: list[Callable[[LogLine], None]] = []
        self._event_sources: list[QueuePoller | StreamPoller | ScheduleClock] = []

    def __enter__(self) -> Self:
        """Start everything and deploy the stack.

        Raises TemplateRejectedError, EmulatorFailedError, DeploymentFailedError or UnsupportedEventSourceError, having stopped
        what was started.
        """
        try:
            self._open()
        except BaseException:
            self._opened.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._opened.close()
