from __future__ import annotations

import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from local.processes import REPOSITORY_ROOT, ChildProcesses, ChildProcessFailedError
from tests.integration.local_aws.conftest import STACK, wait_until

CLOUD_SCRIPT = f"""
import time
from pathlib import Path
from local.aws.local_cloud import LocalCloud

with LocalCloud(template=Path({str(STACK)!r})) as cloud:
    cloud.start_event_sources()
    cloud.invoke("ShowEnvironmentFunction", {{}})
    print("up", flush=True)
    time.sleep(600)
"""


def descendants(process_id: int) -> dict[int, str]:
    """The living children of a process and their children, with their command lines."""
    # Twice wide: under a test runner that sets COLUMNS, ps would cut the command lines.
    command = ["ps", "-A", "-ww", "-o", "pid=,ppid=,stat=,args="]
    listing = subprocess.run(command, capture_output=True, text=True, check=True)
    rows = [line.split(None, 3) for line in listing.stdout.splitlines()]
    found: dict[int, str] = {}
    parents = {process_id}
    while parents:
        children = {int(row[0]): row[3] for row in rows if int(row[1]) in parents and not row[2].startswith("Z")}
        parents = children.keys() - found.keys()
        found |= children
    return found


def living(process_ids: set[int]) -> set[int]:
    listing = subprocess.run(["ps", "-A", "-o", "pid=,stat="], capture_output=True, text=True, check=True)
    rows = [line.split() for line in listing.stdout.splitlines()]
    return {int(pid) for pid, stat in rows if not stat.startswith("Z")} & process_ids


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=lambda ending: ending.name)
def test_no_process_of_a_cloud_outlives_the_program_that_started_it(ending: signal.Signals) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", CLOUD_SCRIPT], cwd=REPOSITORY_ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as program:
        assert program.stdout is not None
        assert program.stdout.readline() == b"up\n"
        started = descendants(program.pid)
        program.send_signal(ending)
        program.wait()

    commands = " ".join(started.values())
    assert all(name in commands for name in ("ministack", "awslambdaric", "lifeline.py"))
    wait_until(lambda: not living(set(started)), "the children to end")


def test_a_child_that_ignores_the_request_to_stop_is_killed(tmp_path: Path) -> None:
    script = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(600)"
    )
    with ChildProcesses(tmp_path) as processes:
        child = processes.start("stubborn", [sys.executable, "-c", script])
        child.wait_for_output(re.compile("^up$", re.MULTILINE), timeout_seconds=60)
        child.stop(grace_seconds=0.1)

    assert child.wait() == -signal.SIGKILL


def test_a_child_that_ends_before_it_is_ready_is_reported_with_its_last_words(tmp_path: Path) -> None:
    with ChildProcesses(tmp_path) as processes:
        child = processes.start("unlucky", [sys.executable, "-c", "print('the port is taken'); raise SystemExit(4)"])
        with pytest.raises(ChildProcessFailedError, match=r"(?s)status 4.*the port is taken"):
            child.wait_for_output(re.compile("never"), timeout_seconds=60)


def test_leaving_the_block_stops_every_child() -> None:
    with ChildProcesses() as processes:
        children = [processes.start(name, [sys.executable, "-c", "import time; time.sleep(600)"]) for name in "ab"]

    assert [child.is_running() for child in children] == [False, False]
