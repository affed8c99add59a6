"""The embedded AWS as one object: start it, deploy a template to it, run its functions, look into it, stop it."""

from __future__ import annotations

import contextlib
import difflib
import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from local.aws.built_tree import check_native_files
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
            stack_name: The stack's name.
            region: The region everything believes to be in.
        """
        self.region = region
        self._template = SamTemplate(template.parent / _BUILT_TEMPLATE if built else template)
        self._built = built
        self._parameters = dict(parameters or {})
        self._schedule_seconds = dict(schedule_seconds or {})
        self.stack_name = stack_name
        self._opened = contextlib.ExitStack()
        self._log_listeners: list[Callable[[LogLine], None]] = []
        self._event_sources: list[QueuePoller | StreamPoller | ScheduleClock] = []

    def __enter__(self) -> Self:
        """Start everything and deploy the stack.

        Raises BuiltForAnotherMachineError, TemplateRejectedError, EmulatorFailedError, DeploymentFailedError,
        UnsupportedEventSourceError or UnknownScheduleError, having stopped what was started.
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

    @property
    def endpoint_url(self) -> str:
        """The address that serves every AWS service."""
        return self._clients.endpoint_url

    def client(self, service: str) -> Any:
        """A boto3 client of this cloud, by boto3's name for the service; safe to share between threads."""
        return self._clients.get(service)

    def physical_id(self, logical_id: str) -> str:
        """What ``!Ref`` gives for a resource of the template: a queue's address, a table's or a function's name.

        Raises UnknownResourceError when the stack has no such resource.
        """
        resource = self._stack.resources.get(logical_id)
        if resource is None:
            similar = difflib.get_close_matches(logical_id, self._stack.resources, n=3)
            hint = f" Did you mean {' or '.join(similar)}?" if similar else ""
            raise UnknownResourceError(f"The stack has no resource {logical_id}.{hint}")
        return resource.physical_id

    def put_secret(self, logical_id: str, value: Mapping[str, Any]) -> None:
        """Fill a secret of the template with a JSON object, as a person does after a deployment."""
        self.client("secretsmanager").put_secret_value(
            SecretId=self.physical_id(logical_id), SecretString=json.dumps(value)
        )

    def invoke(self, function: str, event: object) -> InvocationResult:
        """Run a function, by logical id, with an event of one's own and wait for its answer.

        Raises UnknownFunctionError when the template has no such function.
        """
        return self._host.invoke(function, event)

    def fire_schedule(self, function: str) -> InvocationResult:
        """Run a function as its schedule would, now.

        Raises UnknownScheduleError when no schedule targets the function.
        """
        for schedule in self._schedules:
            if schedule.function == function:
                return fire(schedule, invoke=self._host.invoke, region=self.region)
        raise UnknownScheduleError(f"No schedule of the template targets {function}.")

    def start_event_sources(self) -> None:
        """Begin to poll every queue and stream that feeds a function, and to fire the schedules that have a pace."""
        for source in self._event_sources:
            source.start()

    def stop_event_sources(self) -> None:
        """Stop polling and firing; return when what is under way has ended. They can be started again."""
        self._ask_event_sources_to_stop()
        self._wait_for_event_sources()

    def kill_environments(self, function: str) -> int:
        """Kill every process of a function at once, as a crash would; returns how many there were."""
        return self._host.kill_environments(function)

    def update_stack(self, parameters: Mapping[str, str]) -> None:
        """Deploy again with these parameters changed; functions see it from their next start on, which comes at once.

        Event sources and schedules keep the settings they had.
        """
        self._parameters.update(parameters)
        self._deploy()
        self._host.deploy(self._function_specs())

    def on_log_line(self, listener: Callable[[LogLine], None]) -> None:
        """Call ``listener`` with every line that functions write from now on, in order per process.

        Lines are passed on when the invocation that wrote them ends, on a thread of the cloud: the listener must be
        quick, and must not invoke functions.
        """
        self._log_listeners.append(listener)

    def queue_depths(self) -> dict[str, QueueDepth]:
        """The depth of every queue of the stack, dead-letter queues included, by logical id."""
        return {
            queue.logical_id: self._queue_depth(queue.physical_id) for queue in self._stack.of_type("AWS::SQS::Queue")
        }

    def idle(self) -> bool:
        """Whether nothing is left to do: no function runs, the queues that feed functions hold no message of any kind
        (also none in flight or delayed), and every stream is read to its end. Dead letters do not count.
        """
        before = self._host.activity()
        if before.running:
            return False
        for source in self._event_sources:
            if isinstance(source, QueuePoller) and self._queue_depth(source.mapping.queue_url).total:
                return False
            if isinstance(source, StreamPoller) and not source.is_read_up():
                return False
        # A function that ran meanwhile may have moved a message from a queue not yet read to one already read.
        return self._host.activity() == before

    def _open(self) -> None:
        if self._built:
            check_native_files(
                {
                    directory
                    for source in self._template.function_sources().values()
                    for directory in (source.code_directory, *source.layer_directories)
                }
            )
        directory = Path(self._opened.enter_context(tempfile.TemporaryDirectory(prefix="lockstep-aws-")))
        processes = self._opened.enter_context(ChildProcesses(directory))
        emulator = Emulator(processes=processes, directory=directory, region=self.region)
        emulator.wait_until_ready()
        self._clients = Clients(endpoint_url=emulator.endpoint_url, region=self.region)
        self._opened.callback(self._clients.close)
        self._deploy()
        observer = Observer(
            self._clients,
            function_names={
                function.logical_id: function.physical_id for function in self._stack.of_type("AWS::Lambda::Function")
            },
            queue_depths=self._queue_depths_by_name,
        )
        self._opened.callback(observer.stop)
        self._log_listeners.append(observer.take_line)
        self._host = LambdaHost(
            region=self.region,
            directory=directory / "environments",
            on_log_line=self._publish_log_line,
            on_result=observer.take_result,
        )
        # In this order from the last: begin nothing new, fail what runs, cut the long polls short by ending the
        # emulator, and only then wait for the threads.
        self._opened.callback(self._wait_for_event_sources)
        self._opened.callback(processes.stop_all)
        self._opened.callback(self._host.close)
        self._opened.callback(observer.ask_to_stop)
        self._opened.callback(self._ask_event_sources_to_stop)
        self._host.deploy(self._function_specs())
        self._prepare_event_sources()

    def _deploy(self) -> None:
        parameters = {
            name: value
            for name, value in {
                "LocalEndpointUrl": self.endpoint_url,
                "EventSourcesEnabled": "false",
                "SchedulesEnabled": "false",
            }.items()
            if name in self._template.parameter_names
        } | self._parameters
        self._stack: Stack = deploy(
            self._clients,
            stack_name=self.stack_name,
            expanded=self._template.expand(parameters=parameters, region=self.region),
            parameters=parameters,
        )

    def _function_specs(self) -> dict[str, FunctionSpec]:
        specs = {}
        for logical_id, source in self._template.function_sources().items():
            deployed = self.client("lambda").get_function_configuration(FunctionName=self.physical_id(logical_id))
            specs[logical_id] = FunctionSpec(
                logical_id=logical_id,
                name=deployed["FunctionName"],
                arn=deployed["FunctionArn"],
                handler=deployed["Handler"],
                timeout_seconds=int(deployed["Timeout"]),
                memory_megabytes=int(deployed["MemorySize"]),
                runtime=deployed["Runtime"],
                environment=deployed.get("Environment", {}).get("Variables", {}),
                code_directory=source.code_directory,
                layer_directories=source.layer_directories,
            )
        return specs

    def _prepare_event_sources(self) -> None:
        sqs, invoke = self.client("sqs"), self._host.invoke
        queue_mappings, stream_mappings = read_mappings(self._clients, self._stack)
        self._event_sources += [
            QueuePoller(mapping, sqs=sqs, invoke=invoke, region=self.region) for mapping in queue_mappings
        ]
        self._event_sources += [
            StreamPoller(mapping, streams=self.client("dynamodbstreams"), sqs=sqs, invoke=invoke)
            for mapping in stream_mappings
        ]
        self._schedules: list[Schedule] = read_schedules(self._clients, self._stack)
        self._event_sources += clocks(
            self._schedules, every_seconds=self._schedule_seconds, invoke=invoke, region=self.region
        )

    def _publish_log_line(self, line: LogLine) -> None:
        for listener in self._log_listeners:
            listener(line)

    def _ask_event_sources_to_stop(self) -> None:
        for source in self._event_sources:
            source.ask_to_stop()

    def _wait_for_event_sources(self) -> None:
        for source in self._event_sources:
            source.stop()

    def _queue_depth(self, queue_url: str) -> QueueDepth:
        attributes = self.client("sqs").get_queue_attributes(
            QueueUrl=queue_url, AttributeNames=list(_DEPTH_ATTRIBUTES)
        )["Attributes"]
        visible, in_flight, delayed = (int(attributes.get(name, 0)) for name in _DEPTH_ATTRIBUTES)
        return QueueDepth(visible=visible, in_flight=in_flight, delayed=delayed)

    def _queue_depths_by_name(self) -> dict[str, QueueDepth]:
        return {
            queue.physical_id.rpartition("/")[2]: self._queue_depth(queue.physical_id)
            for queue in self._stack.of_type("AWS::SQS::Queue")
        }
