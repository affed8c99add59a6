"""The lifeline: a tiny process that kills what its parent left behind.

It is started by ``local.processes`` and told the process ids of the other children over its standard input, one
command a line (``guard PID`` or ``release PID``). When that input ends - because the parent closed it, crashed or was
killed outright - the process groups still guarded are asked to stop and, a moment later, killed. This works the same
on Linux and macOS, which the kernel's own parent-death signal does not.

It is run as a file with ``python -I -S`` so that it starts within milliseconds; it imports the standard library only.
"""

from __future__ import annotations

import os
import signal
import sys
import time

GRACE_SECONDS = 2.0
POLL_SECONDS = 0.05


def _signal_group(process_id: int, signal_number: int) -> bool:
    """Send a signal (0: none, just look) to a process group; False when nothing is left of it."""
    try:
        os.killpg(process_id, signal_number)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def _end_all(process_ids: set[int]) -> None:
    remaining = {process_id for process_id in process_ids if _signal_group(process_id, signal.SIGTERM)}
    deadline = time.monotonic() + GRACE_SECONDS
    while remaining and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS)
        remaining = {process_id for process_id in remaining if _signal_group(process_id, 0)}
    for process_id in remaining:
        _signal_group(process_id, signal.SIGKILL)


def main() -> None:
    """Follow the commands on standard input until it ends, then end every process group still guarded."""
    guarded: set[int] = set()
    for line in sys.stdin:
        command, _, argument = line.strip().partition(" ")
        if command == "guard":
            guarded.add(int(argument))
        elif command == "release":
            guarded.discard(int(argument))
    _end_all(guarded)


if __name__ == "__main__":
    main()
