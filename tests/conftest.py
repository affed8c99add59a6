"""What every suite shares: no credentials, a marker for each folder, and how hard Hypothesis looks."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

SUITES = Path(__file__).parent

# The day's runs are quick; `make test-all` looks harder. Wall time decides nothing, on any machine.
settings.register_profile(
    "quick", max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.register_profile("thorough", settings.get_profile("quick"), max_examples=500)
settings.load_profile("quick")


def pytest_configure() -> None:
    """Take the developer's own AWS account and settings out of reach before any test module is imported."""
    for name in [*os.environ]:
        if name.startswith(("AWS_", "LOCKSTEP_", "POWERTOOLS_")) and name != "LOCKSTEP_CT_SCHEMA":
            del os.environ[name]
    os.environ.update(
        AWS_ACCESS_KEY_ID="testing",
        AWS_SECRET_ACCESS_KEY="testing",
        AWS_DEFAULT_REGION="eu-central-1",
        AWS_EC2_METADATA_DISABLED="true",
        # Powertools reads it when it is imported, as on Lambda.
        POWERTOOLS_METRICS_NAMESPACE="Lockstep",
    )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark each test with its folder, so that a suite can be chosen by `-m` or by path alike."""
    for item in items:
        if item.path.is_relative_to(SUITES):
            item.add_marker(item.path.relative_to(SUITES).parts[0])
