"""Child processes of the local stack: start, wait until ready, stop, and never outlive this process.

Every child gets a session of its own (so that Ctrl-C reaches only the parent, which then stops its children in order),
writes its output to a file, and is guarded by a lifeline (``local/lifeline.py``) that ends it when this process is gone
without having said goodbye.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

LISTENING_LINE = re.compile(r"^listening on (?P<url>http://\S+)", re.MULTILINE)
REPOSITORY_ROOT = Path(__file__).resolve().parent.parent
_LIFELINE_SCRIPT = Path(__file__).resolve().with_name("lifeline.py")
_POLL_SECONDS = 0.02


class ChildProcessFailedError(RuntimeError):
    """A child process did not become ready, or ended when it should not have; the message ends with its last output."""


class _Lifeline:
    """One lifeline process for all guarded children of this process, started with the first, ended with the last."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._guarded: set[int] = set()
        self._process: subprocess.Popen[str] | None = None

    def guard(self, process_id: int) -> None:
        with self._lock:
            if self._process is None or self._process.poll() is not None:
                self._start()
            self._guarded.add(process_id)
            self._tell(f"guard {process_id}")

    def release(self, process_id: int) -> None:
        with self._lock:
            if process_id not in self._guarded:
                return
            self._guarded.discard(process_id)
            self._tell(f"release {process_id}")
            if not self._guarded:
                self._end()

    def _start(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", str(_LIFELINE_SCRIPT)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
        )
        for process_id in self._guarded:
            self._tell(f"guard {process_id}")

    def _tell(self, command: str) -> None:
        if self._process is None or self._process.stdin is None:
            return
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(command + "\n")
            self._process.stdin.flush()

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None or process.stdin is None:
            return
        with contextlib.suppress(BrokenPipeError):
            process.stdin.close()
        process.wait()


_lifeline = _Lifeline()


class ChildProcess:
    """One running child: leader of its own process group, output in a file, guarded by the lifeline."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        log_path: Path,
        environment: Mapping[str, str] | None = None,
        working_directory: Path | None = None,
    ) -> None:
        """Start the child; with no ``environment`` it inherits this process's.

        Raises OSError when the program cannot be started at all.
        """
        self.name = name
        self.log_path = log_path
        self._reaping = threading.Lock()
        self._reaped = False
        with log_path.open("ab") as log:
            self._process = subprocess.Popen(
                list(command),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=working_directory,
                env=None if environment is None else dict(environment),
                start_new_session=True,
            )
        _lifeline.guard(self._process.pid)

    @property
    def pid(self) -> int:
        """The child's process id, which is also its process group's."""
        return self._process.pid

    def is_running(self) -> bool:
        """Whether the child has not ended yet."""
        return self._process.poll() is None

    def wait(self) -> int:
        """Wait until the child has ended and return its exit status (negative: the signal that ended it)."""
        return self._process.wait()

    def wait_for_output(self, pattern: re.Pattern[str], *, timeout_seconds: float) -> re.Match[str]:
        """Return the first match of ``pattern`` in the child's output.

        Raises ChildProcessFailedError when the child ends, or the time is over, before the pattern is seen.
        """
        deadline = time.monotonic() + timeout_seconds
        while True:
            ended = not self.is_running()
            match = pattern.search(self.log_path.read_text(errors="replace"))
            if match:
                return match
            if ended:
                raise ChildProcessFailedError(
                    f"{self.name} ended with status {self._process.returncode} before it was ready.\n{self.log_tail()}"
                )
            if time.monotonic() > deadline:
                raise ChildProcessFailedError(
                    f"{self.name} was not ready within {timeout_seconds:g} seconds.\n{self.log_tail()}"
                )
            time.sleep(_POLL_SECONDS)

    def log_tail(self, lines: int = 20) -> str:
        """The last lines the child wrote."""
        return "\n".join(self.log_path.read_text(errors="replace").splitlines()[-lines:])

    def stop(self, *, grace_seconds: float = 3.0) -> None:
        """Ask the child's process group to stop, kill it when it does not within the grace, and reap the child."""
        if self.is_running():
            self._signal_group(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(grace_seconds)
        self.kill()

    def kill(self) -> None:
        """Kill the child's process group at once and reap the child; a second call does nothing."""
        with self._reaping:
            if self._reaped:
                return
            self._signal_group(signal.SIGKILL)
            self._process.wait()
            self._reaped = True
        _lifeline.release(self._process.pid)

    def _signal_group(self, signal_number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal_number)


class ChildProcesses:
    """A set of children that are stopped, the youngest first, when the ``with`` block ends for whatever reason."""

    def __init__(self, log_directory: Path | None = None) -> None:
        """Keep the children's output in ``log_directory``; without one, in a temporary folder that is removed."""
        self._temporary = None if log_directory else tempfile.TemporaryDirectory(prefix="lockstep-local-")
        self._log_directory = log_directory or Path(self._temporary.name if self._temporary else "")
        self._children: list[ChildProcess] = []

    def __enter__(self) -> Self:
        self._log_directory.mkdir(parents=True, exist_ok=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop_all()

    def start(
        self,
        name: str,
        command: Sequence[str],
        *,
        environment: Mapping[str, str] | None = None,
        working_directory: Path | None = None,
    ) -> ChildProcess:
        """Start a child that will be stopped with the others."""
        child = ChildProcess(
            name,
            command,
            log_path=self._log_directory / f"{name}.log",
            environment=environment,
            working_directory=working_directory,
        )
        self._children.append(child)
        return child

    def start_server(self, module: str, *arguments: str, timeout_seconds: float = 20.0) -> str:
        """Run ``python -m MODULE ARGUMENTS`` from the repository root and return the address it says it listens on.

        Raises ChildProcessFailedError when no line ``listening on http://...`` is printed in time.
        """
        name = module.rpartition(".")[2]
        child = self.start(name, [sys.executable, "-m", module, *arguments], working_directory=REPOSITORY_ROOT)
        return child.wait_for_output(LISTENING_LINE, timeout_seconds=timeout_seconds)["url"]

    def stop_all(self) -> None:
        """Stop every child, the youngest first."""
        try:
            while self._children:
                self._children.pop().stop()
        finally:
            if self._temporary is not None:
                self._temporary.cleanup()
