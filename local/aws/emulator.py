"""The state services (SQS, DynamoDB, CloudFormation, ...): ministack as a child process on 127.0.0.1."""

from __future__ import annotations

import http.client
import socket
import sys
import time
from typing import TYPE_CHECKING

from local.aws.clients import ACCESS_KEY_ID, SECRET_ACCESS_KEY

if TYPE_CHECKING:
    from pathlib import Path

    from local.processes import ChildProcess, ChildProcesses

LOOPBACK = "127.0.0.1"
ACCOUNT_ID = "000000000000"
READY_TIMEOUT_SECONDS = 30.0
_START_ATTEMPTS = 3
_HEALTH_PATH = "/_ministack/health"
_POLL_SECONDS = 0.03


class EmulatorFailedError(RuntimeError):
    """The emulator did not answer; the message ends with its last output."""


class Emulator:
    """One emulator process with empty state; everything it knows is gone when it stops."""

    def __init__(self, *, processes: ChildProcesses, directory: Path, region: str) -> None:
        """Start the emulator in the background; its files go under ``directory``. Call ``wait_until_ready`` next."""
        self.region = region
        self._processes = processes
        self._directory = directory
        self._attempt = 0
        self._port, self._process = self._start()

    @property
    def endpoint_url(self) -> str:
        """The address that serves every service."""
        return f"http://{LOOPBACK}:{self._port}"

    def wait_until_ready(self) -> None:
        """Return when the emulator answers.

        Raises EmulatorFailedError when it keeps ending (its port may have been taken meanwhile) or stays silent.
        """
        deadline = time.monotonic() + READY_TIMEOUT_SECONDS
        while not self._answers():
            if not self._process.is_running():
                if self._attempt >= _START_ATTEMPTS:
                    raise EmulatorFailedError(f"The AWS emulator ended at once.\n{self._process.log_tail()}")
                self._port, self._process = self._start()
            if time.monotonic() > deadline:
                raise EmulatorFailedError(
                    f"The AWS emulator did not answer within {READY_TIMEOUT_SECONDS:g} seconds.\n"
                    f"{self._process.log_tail()}"
                )
            time.sleep(_POLL_SECONDS)

    def _start(self) -> tuple[int, ChildProcess]:
        self._attempt += 1
        port = _free_port()
        process = self._processes.start(
            f"ministack-{self._attempt}",
            [sys.executable, "-m", "ministack"],
            environment=self._environment(port),
            working_directory=self._directory,
        )
        return port, process

    def _environment(self, port: int) -> dict[str, str]:
        scratch = str(self._directory)
        return {
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "HOME": scratch,
            "TMPDIR": scratch,
            "PYTHONUNBUFFERED": "1",
            "LOG_LEVEL": "WARNING",
            "GATEWAY_PORT": str(port),
            # All three are needed to stay on loopback: its defaults listen on every interface, and the IoT
            # listener on port 8883 does so whatever the bind host says.
            "BIND_HOST": LOOPBACK,
            "MINISTACK_HOST": LOOPBACK,
            "IOT_MTLS_ENABLED": "0",
            "SFTP_ENABLED": "0",
            # A socket that does not exist keeps it from looking for a container engine.
            "DOCKER_HOST": f"unix://{scratch}/no-container-engine",
            "MINISTACK_ACCOUNT_ID": ACCOUNT_ID,
            "MINISTACK_REGION": self.region,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_ACCESS_KEY_ID": ACCESS_KEY_ID,
            "AWS_SECRET_ACCESS_KEY": SECRET_ACCESS_KEY,
            "STATE_DIR": f"{scratch}/state",
            "S3_DATA_DIR": f"{scratch}/s3",
        }

    def _answers(self) -> bool:
        connection = http.client.HTTPConnection(LOOPBACK, self._port, timeout=2)
        try:
            connection.request("GET", _HEALTH_PATH)
            return connection.getresponse().status == http.client.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port
