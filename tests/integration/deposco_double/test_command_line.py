"""The double as a program of its own."""

from __future__ import annotations

import signal
import subprocess
import sys

import requests


def test_it_prints_its_address_first_and_stops_when_asked() -> None:
    command = [sys.executable, "-m", "local.deposco_double", "--port", "0", "--rate", "0", "--seed", "5"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        first_line = process.stdout.readline()
        assert first_line.startswith("listening on http://127.0.0.1:")
        state = requests.get(f"{first_line.split()[-1]}/_admin/state", timeout=10).json()
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=10) == 0
    assert state["counts"]["orders"] == 0


def test_a_reset_forgets_everything_but_the_settings() -> None:
    command = [sys.executable, "-m", "local.deposco_double", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().split()[-1]
        requests.post(f"{url}/_admin/settings", json={"rate_per_second": 9}, timeout=10)
        requests.post(f"{url}/_admin/seed", json={"items": 2, "orders": 2}, timeout=10)
        requests.post(f"{url}/_admin/reset", timeout=10)
        state = requests.get(f"{url}/_admin/state", timeout=10).json()
        settings = requests.get(f"{url}/_admin/settings", timeout=10).json()
        process.terminate()
    assert set(state["counts"].values()) == {0}
    assert settings["rate_per_second"] == 9
