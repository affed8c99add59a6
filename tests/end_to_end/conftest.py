"""One local stack for the whole suite: real handlers, the resources of template.yaml, both doubles."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from local.scenarios.stage import Stage


@pytest.fixture(scope="session")
def log_lines() -> list[str]:
    """Every line that a function has written in this session."""
    return []


@pytest.fixture(scope="session")
def stage(log_lines: list[str]) -> Iterator[Stage]:
    """The stack, seeded; its event sources stand still until a test starts them."""
    with Stage(deposco_rate=0, schedule_seconds={"ReconcileOrdersFunction": 1.0}, visibility_seconds=10) as running:
        running.cloud.on_log_line(lambda line: log_lines.append(line.text))
        yield running
