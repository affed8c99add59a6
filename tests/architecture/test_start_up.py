"""What a function loads before its first event: every package costs a cold start."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from lockstep.runtime.settings import SETTINGS_BY_FUNCTION

from tests.architecture.repository import REPOSITORY

NEVER = {"aws_xray_sdk", "httpx", "local"}
NOT_WHERE_NOBODY_CALLS_OUT = NEVER | {"pydantic", "requests"}
BUILDERS = {
    "receive_storefront_events": "notification_worker",
    "push_orders": "push_orders_worker",
    "write_back_orders": "write_back_orders_worker",
    "project_orders": "stream_worker",
    "reconcile_orders": "reconcile_orders",
}
CALLS_OUT = {"push_orders", "write_back_orders"}
SCRIPT = """
import json, sys
sys.path[:0] = {paths!r}
import app
import lockstep.runtime.container as container
container.{builder}()
print(json.dumps(sorted({{name.partition(".")[0] for name in sys.modules}})))
"""


def modules_of(function: str) -> set[str]:
    """The top-level modules in a fresh process that has built what the function runs."""
    paths = [str(REPOSITORY / "functions" / function), str(REPOSITORY / "layers/lockstep/python")]
    variables = dict.fromkeys(SETTINGS_BY_FUNCTION[function].variables(), "1")
    environment = variables | {
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "LOCKSTEP_AWS_ENDPOINT_URL": "",
        "POWERTOOLS_LOG_LEVEL": "INFO",
        "PATH": os.environ.get("PATH", ""),
    }
    script = SCRIPT.format(paths=paths, builder=BUILDERS[function])
    run = subprocess.run(
        [sys.executable, "-I", "-c", script], env=environment, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    return set(json.loads(run.stdout.splitlines()[-1]))


def test_every_function_is_looked_at() -> None:
    assert set(BUILDERS) == set(SETTINGS_BY_FUNCTION)


@pytest.mark.parametrize("function", BUILDERS)
def test_a_function_loads_what_it_needs_and_no_more(function: str) -> None:
    unwanted = NEVER if function in CALLS_OUT else NOT_WHERE_NOBODY_CALLS_OUT
    assert modules_of(function) & unwanted == set()
