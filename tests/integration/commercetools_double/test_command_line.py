from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import requests

from local.commercetools_double.double import CommercetoolsDouble
from local.double_server import serving_in_thread
from tests.integration.commercetools_double.shop import Queue, Shop

REPOSITORY = Path(__file__).resolve().parents[3]


def test_the_command_says_where_it_listens_and_stops_when_asked() -> None:
    command = [sys.executable, "-m", "local.commercetools_double", "--project", "other", "--seed", "1"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=REPOSITORY) as process:
        assert process.stdout is not None
        line = process.stdout.readline().strip()
        url = line.removeprefix("listening on ")
        assert requests.get(f"{url}/_admin/calls", timeout=5).json()["total"] == 0
        assert requests.get(f"{url}/other/orders", timeout=5).status_code == 401
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=10) == 0
    assert line.startswith("listening on http://127.0.0.1:")


def test_a_seed_makes_the_same_ids_again() -> None:
    made = []
    for seed in (1, 1, 2):
        double = CommercetoolsDouble(transport=Queue(), seed=seed)
        with serving_in_thread(double) as url:
            made.append(Shop(url, double, Queue()).imported()["id"])
    assert made[0] == made[1] != made[2]
