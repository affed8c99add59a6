"""One Lambda execution environment: a process of AWS's own runtime client and the Runtime API it talks to.

The process is ``python -m awslambdaric HANDLER``, by the Python that runs this. It asks its Runtime API - a loopback
port of its own - for the next invocation, runs the handler and posts the answer, exactly as on Lambda. All methods of
this module's class run on the event loop of the Lambda host; nothing here is shared between threads.
"""

from __future__ import annotations

import asyncio
import json
import sys
import threading
import time
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aiohttp import web

from local.aws.clients import ACCESS_KEY_ID, SECRET_ACCESS_KEY
from local.processes import ChildProcess

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

LOOPBACK = "127.0.0.1"
# Lambda allows ten seconds before it counts the import against the function; a loaded laptop needs more.
INIT_TIMEOUT_SECONDS = 60.0
_API = "/2018-06-01/runtime"


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionSpec:
    """A deployed function: its configuration as CloudFormation resolved it, and where its code lies on this disk."""

    logical_id: str
    name: str
    arn: str
    handler: str
    timeout_seconds: int
    memory_megabytes: int
    runtime: str
    environment: Mapping[str, str]
    code_directory: Path
    layer_directories: tuple[Path, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What one invocation came to: the handler's answer, or Lambda's description of the error, as JSON text."""

    ok: bool
    payload: bytes


@dataclass(slots=True, kw_only=True)
class _Invocation:
    request_id: str
    payload: bytes
    taken: asyncio.Future[None]
    outcome: asyncio.Future[Outcome]


class ExecutionEnvironment:
    """One process, one invocation at a time; once its process has ended it is spent and a new one takes its place."""

    def __init__(
        self,
        function: FunctionSpec,
        *,
        region: str,
        directory: Path,
    ) -> None:
        """Describe the environment; ``start`` brings it up.

        Args:
            function: What it runs.
            region: The AWS region the function is told.
            directory: Where its output file and home folder go.
        """
        self.id = uuid.uuid4().hex
        self.function = function
        self.alive = True
        self.cold = True
        self._region = region
        self._home = directory / self.id
        self._output_read = 0
        self._current: _Invocation | None = None
        self._offered: asyncio.Queue[_Invocation | None] = asyncio.Queue()
        self._server: asyncio.Server | None = None
        self._process: ChildProcess | None = None

    async def start(self) -> None:
        """Open the Runtime API and start the process, unless the environment was killed meanwhile."""
        loop = asyncio.get_running_loop()
        self._home.mkdir(parents=True)
        self._server = await loop.create_server(web.Server(self._answer, access_log=None), LOOPBACK, 0)
        if not self.alive:
            self._server.close()
            return
        port = self._server.sockets[0].getsockname()[1]
        self._process = ChildProcess(
            f"{self.function.name}-{self.id[:8]}",
            [sys.executable, "-u", "-m", "awslambdaric", self.function.handler],
            log_path=self._home / "output.log",
            environment=self._process_environment(port),
            working_directory=self.function.code_directory,
        )
        process = self._process

        def report_end() -> None:
            status = process.wait()
            process.kill()  # whatever it started must not outlive it
            # The loop may be closed by then: the host is going away and nobody waits for the news.
            if not loop.is_closed():
                loop.call_soon_threadsafe(self._ended, status)

        threading.Thread(target=report_end, name=f"wait-{process.name}", daemon=True).start()

    async def invoke(self, payload: bytes, request_id: str, *, on_output: Callable[[str], object]) -> Outcome:
        """Run the handler once and pass on every line the process wrote, the lines of a cold start included.

        After a time-out, or when the process ends, the environment is spent.
        """
        if self._process is None:
            return _failure("Runtime.ExitError", f"RequestId: {request_id} Error: Runtime was never started")
        loop = asyncio.get_running_loop()
        invocation = _Invocation(
            request_id=request_id, payload=payload, taken=loop.create_future(), outcome=loop.create_future()
        )
        self._current = invocation
        self._offered.put_nowait(invocation)
        try:
            return await self._await_outcome(invocation)
        finally:
            self._current = None
            self.cold = False
            for line in self._read_output():
                on_output(line)

    def kill(self) -> None:
        """End the process at once, as a crash would; an invocation under way fails."""
        if self._process is not None:
            self._process.kill()
        self._ended(-9)

    async def _await_outcome(self, invocation: _Invocation) -> Outcome:
        taken_or_failed: set[asyncio.Future[Any]] = {invocation.taken, invocation.outcome}
        await asyncio.wait(taken_or_failed, timeout=INIT_TIMEOUT_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        timeout_seconds = self.function.timeout_seconds if invocation.taken.done() else 0
        done, _ = await asyncio.wait({invocation.outcome}, timeout=timeout_seconds)
        if done:
            return invocation.outcome.result()
        self.kill()
        what = (
            f"Task timed out after {self.function.timeout_seconds:.2f} seconds"
            if invocation.taken.done()
            else f"Init did not finish within {INIT_TIMEOUT_SECONDS:.0f} seconds"
        )
        return _failure("Sandbox.Timedout", f"RequestId: {invocation.request_id} Error: {what}")

    def _ended(self, status: int) -> None:
        """Settle what waits for a process that is gone; harmless when called twice."""
        if not self.alive:
            return
        self.alive = False
        self._offered.put_nowait(None)
        if self._server is not None:
            self._server.close()
        if self._current is not None and not self._current.outcome.done():
            message = f"RequestId: {self._current.request_id} Error: Runtime exited with status {status}"
            self._current.outcome.set_result(_failure("Runtime.ExitError", message))

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        if request.method == "GET" and request.path == f"{_API}/invocation/next":
            return await self._hand_out_next()
        body = await request.content.read()
        if request.path == f"{_API}/init/error":
            self._settle(ok=False, payload=body)
            self._ended(1)
        elif self._current is not None and request.path.startswith(f"{_API}/invocation/{self._current.request_id}/"):
            self._settle(ok=request.path.endswith("/response"), payload=body)
        else:
            return web.json_response({"errorMessage": "no such invocation"}, status=400)
        return web.json_response({"status": "OK"}, status=202)

    async def _hand_out_next(self) -> web.Response:
        invocation = await self._offered.get()
        if invocation is None:
            return web.Response(status=410)
        invocation.taken.set_result(None)
        deadline_milliseconds = int((time.time() + self.function.timeout_seconds) * 1000)
        return web.Response(
            body=invocation.payload,
            content_type="application/json",
            headers={
                "Lambda-Runtime-Aws-Request-Id": invocation.request_id,
                "Lambda-Runtime-Deadline-Ms": str(deadline_milliseconds),
                "Lambda-Runtime-Invoked-Function-Arn": self.function.arn,
                "Lambda-Runtime-Trace-Id": f"Root=1-{int(time.time()):08x}-{uuid.uuid4().hex[:24]};Sampled=0",
            },
        )

    def _settle(self, *, ok: bool, payload: bytes) -> None:
        if self._current is not None and not self._current.outcome.done():
            self._current.outcome.set_result(Outcome(ok=ok, payload=payload))

    def _read_output(self) -> list[str]:
        """The lines written since the last time; only the end of the process completes a line that was cut short."""
        if self._process is None:
            return []
        with self._process.log_path.open("rb") as log:
            log.seek(self._output_read)
            text = log.read()
        complete = len(text) if not self.alive else text.rfind(b"\n") + 1
        self._output_read += complete
        lines = text[:complete].decode("utf-8", "replace").removesuffix("\n").split("\n") if complete else []
        # The runtime client joins the lines of a traceback by carriage returns, so that they stay one log event.
        return [line.replace("\r", "\n") for line in lines]

    def _process_environment(self, port: int) -> dict[str, str]:
        """What Lambda sets, then what the template sets; nothing of the host but a neutral PATH."""
        function = self.function
        import_path = [function.code_directory, *function.layer_directories]
        return {
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "HOME": str(self._home),
            "LANG": "en_US.UTF-8",
            "TZ": ":UTC",
            "PYTHONPATH": ":".join(str(directory) for directory in import_path),
            "AWS_REGION": self._region,
            "AWS_DEFAULT_REGION": self._region,
            "AWS_ACCESS_KEY_ID": ACCESS_KEY_ID,
            "AWS_SECRET_ACCESS_KEY": SECRET_ACCESS_KEY,
            "AWS_EXECUTION_ENV": f"AWS_Lambda_{function.runtime}",
            "AWS_LAMBDA_FUNCTION_NAME": function.name,
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory_megabytes),
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{function.name}",
            "AWS_LAMBDA_LOG_STREAM_NAME": self.id,
            "AWS_LAMBDA_RUNTIME_API": f"{LOOPBACK}:{port}",
            "LAMBDA_TASK_ROOT": str(function.code_directory),
            "_HANDLER": function.handler,
            **function.environment,
        }


def _failure(error_type: str, message: str) -> Outcome:
    description: dict[str, Any] = {"errorType": error_type, "errorMessage": message}
    return Outcome(ok=False, payload=json.dumps(description).encode())
