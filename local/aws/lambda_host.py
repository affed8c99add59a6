"""The Lambda host: runs every deployed function in processes of its own and hands out their answers.

As on Lambda, a free execution environment is reused, one more is started when all are busy, and one that timed out or
died is replaced. Callers are ordinary threads; everything behind ``invoke`` lives on one event loop.
"""

from __future__ import annotations

import asyncio
import json
import threading
import time
import uuid
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from local.aws.execution_environment import ExecutionEnvironment

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping
    from pathlib import Path

    from local.aws.execution_environment import FunctionSpec

Answer = TypeVar("Answer")
_SHUTDOWN_SECONDS = 2.0


class UnknownFunctionError(LookupError):
    """No function of that logical id is deployed; the message names those that are."""


class HostClosedError(RuntimeError):
    """The host is closed or closing and runs nothing any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLine:
    """One line a function wrote to standard output or standard error."""

    function: str
    environment_id: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InvocationResult:
    """What one invocation came to.

    Attributes:
        function: Logical id of the function.
        request_id: The AWS request id the function saw.
        ok: False when the handler raised, timed out, or its process ended.
        payload: The handler's answer, or ``{"errorType": ..., "errorMessage": ..., "stackTrace": [...]}``;
            an answer that is not JSON is kept as its text.
        log_lines: What the function wrote while it ran; a cold start includes the import.
        duration_seconds: From the hand-over to the answer, cold start included.
        cold_start: Whether a new process was started for it.
    """

    function: str
    request_id: str
    ok: bool
    payload: Any
    log_lines: tuple[str, ...]
    duration_seconds: float
    cold_start: bool

    @property
    def error(self) -> str:
        """The error in one line; empty when there was none."""
        if self.ok:
            return ""
        description = self.payload if isinstance(self.payload, dict) else {}
        return f"{description.get('errorType', 'Error')}: {description.get('errorMessage', self.payload)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """How many invocations were ever started, and how many of them are running now."""

    started: int
    running: int


class LambdaHost:
    """Runs functions by logical id, in as many environments as there are invocations at once."""

    def __init__(
        self,
        *,
        region: str,
        directory: Path,
        on_log_line: Callable[[LogLine], None] = lambda _line: None,
        on_result: Callable[[InvocationResult], None] = lambda _result: None,
    ) -> None:
        """Start with no functions; see ``deploy``.

        Args:
            region: The AWS region functions are told.
            directory: Where the environments keep their files.
            on_log_line: Called with each line functions write, on the host's own thread: it must be quick.
            on_result: Called with each result, on the host's own thread: it must be quick.
        """
        self._region = region
        self._directory = directory
        self._on_log_line = on_log_line
        self._on_result = on_result
        self._functions: dict[str, FunctionSpec] = {}
        self._free: dict[str, list[ExecutionEnvironment]] = defaultdict(list)
        self._environments: set[ExecutionEnvironment] = set()
        self._started = 0
        self._running = 0
        self._submitting = threading.Lock()
        self._closing = False
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="lambda-host", daemon=True)
        self._thread.start()

    def deploy(self, functions: Mapping[str, FunctionSpec]) -> None:
        """Take these functions instead of the present ones; environments of the old configuration finish and end."""
        self._on_loop(self._replace_functions(dict(functions)))

    def invoke(self, function: str, event: object) -> InvocationResult:
        """Run the function with ``event`` (anything JSON can hold) and wait for its answer.

        Raises UnknownFunctionError for a logical id that is not deployed, and HostClosedError after ``close``.
        """
        if function not in self._functions:
            known = ", ".join(sorted(self._functions)) or "none"
            raise UnknownFunctionError(f"No function {function} is deployed. Deployed functions: {known}.")
        payload = json.dumps(event).encode()
        return self._on_loop(self._invoke(self._functions[function], payload))

    def activity(self) -> Activity:
        """How busy the host is; equal answers mean that nothing was run in between."""
        return Activity(started=self._started, running=self._running)

    def kill_environments(self, function: str) -> int:
        """Kill every process of the function at once, as a crash of its machine would; returns how many there were."""
        return self._on_loop(self._kill_environments(function))

    def close(self) -> None:
        """Kill every environment and end the host; invocations under way fail."""
        with self._submitting:
            if self._closing:
                return
            self._closing = True
            ended = asyncio.run_coroutine_threadsafe(self._shut_down(), self._loop)
        ended.result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _on_loop(self, coroutine: Coroutine[Any, Any, Answer]) -> Answer:
        # Under the lock, so that whatever was handed to the loop before ``close`` also ends before it does.
        with self._submitting:
            if self._closing:
                coroutine.close()
                raise HostClosedError("The Lambda host is closed.")
            answer = asyncio.run_coroutine_threadsafe(coroutine, self._loop)
        return answer.result()

    async def _invoke(self, function: FunctionSpec, payload: bytes) -> InvocationResult:
        self._started += 1
        self._running += 1
        try:
            request_id = str(uuid.uuid4())
            started_at = time.monotonic()
            lines: list[str] = []
            environment = await self._free_environment(function)
            cold_start = environment.cold
            outcome = await environment.invoke(payload, request_id, on_output=lines.append)
            self._give_back(environment)
            result = InvocationResult(
                function=function.logical_id,
                request_id=request_id,
                ok=outcome.ok,
                payload=_parsed(outcome.payload),
                log_lines=tuple(lines),
                duration_seconds=time.monotonic() - started_at,
                cold_start=cold_start,
            )
            for line in lines:
                self._on_log_line(LogLine(function=function.logical_id, environment_id=environment.id, text=line))
            self._on_result(result)
            return result
        finally:
            self._running -= 1

    async def _free_environment(self, function: FunctionSpec) -> ExecutionEnvironment:
        free = self._free[function.logical_id]
        while free:
            environment = free.pop()
            if environment.alive:
                return environment
            self._environments.discard(environment)
        environment = ExecutionEnvironment(function, region=self._region, directory=self._directory)
        self._environments.add(environment)
        if not self._closing:
            await environment.start()
        return environment

    def _give_back(self, environment: ExecutionEnvironment) -> None:
        current = self._functions.get(environment.function.logical_id)
        if environment.alive and environment.function is current:
            self._free[environment.function.logical_id].append(environment)
        else:
            environment.kill()
            self._environments.discard(environment)

    async def _replace_functions(self, functions: dict[str, FunctionSpec]) -> None:
        self._functions = functions
        for free in self._free.values():
            for environment in free:
                environment.kill()
                self._environments.discard(environment)
        self._free.clear()

    async def _kill_environments(self, function: str) -> int:
        doomed = [
            environment
            for environment in self._environments
            if environment.function.logical_id == function and environment.alive
        ]
        for environment in doomed:
            environment.kill()
        return len(doomed)

    async def _shut_down(self) -> None:
        for environment in self._environments:
            environment.kill()
        # Whoever still waits for an answer hears that its process is gone before the loop ends.
        others = asyncio.all_tasks() - {asyncio.current_task()}
        if others:
            _, pending = await asyncio.wait(others, timeout=_SHUTDOWN_SECONDS)
            for task in pending:
                task.cancel()


def _parsed(answer: bytes) -> Any:
    try:
        return json.loads(answer)
    except ValueError:
        return answer.decode("utf-8", "replace")
