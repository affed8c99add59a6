"""Every sample event under `events/` is answered by its function, without a record that must come again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from lockstep.runtime.settings import SETTINGS_BY_FUNCTION

from local.aws.batch_response import failed_items
from local.processes import REPOSITORY_ROOT
from local.scenarios.sample import EVENTS, prepare
from local.scenarios.stage import Stage

# `write_back_orders` last: its preparation runs `push_orders`, which the others would notice.
FUNCTIONS = sorted(SETTINGS_BY_FUNCTION, key=lambda name: name == "write_back_orders")
SAMPLES = [event for function in FUNCTIONS for event in sorted((EVENTS / function).glob("*.json"))]


@pytest.fixture(scope="module")
def fresh_stage() -> Iterator[Stage]:
    """A stage of its own: the sample order must be the first."""
    with Stage() as stage:
        prepare(stage, "push_orders")
        yield stage


def test_every_function_has_a_sample() -> None:
    assert {event.parent.name for event in SAMPLES} == set(SETTINGS_BY_FUNCTION)


@pytest.mark.parametrize("event_path", SAMPLES, ids=lambda path: str(path.relative_to(EVENTS)))
def test_a_sample_event_is_answered(fresh_stage: Stage, event_path: Path) -> None:
    event = json.loads(event_path.read_text(encoding="utf-8"))
    logical_id = "".join(word.capitalize() for word in event_path.parent.name.split("_")) + "Function"
    result = fresh_stage.cloud.invoke(logical_id, event)
    assert result.ok, result.error
    ids = [record.get("messageId") or record["dynamodb"]["SequenceNumber"] for record in event.get("Records", [])]
    assert failed_items(result.payload, ids) == frozenset()


def test_the_samples_lie_where_the_readme_says() -> None:
    assert "events/push_orders/order-created.json" in (REPOSITORY_ROOT / "README.md").read_text(encoding="utf-8")
