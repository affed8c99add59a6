"""One rule of names: folder push_orders is PushOrdersFunction, PushOrdersLogGroup and events/push_orders/."""

from __future__ import annotations

import json

import pytest

from tests.architecture.repository import REPOSITORY, text_files
from tests.architecture.template import Template, folder_of

# Names that say nothing of what is inside.
MEANINGLESS = {"base", "common", "helper", "helpers", "manager", "misc", "util", "utils"}


def folders_in(place: str) -> set[str]:
    return {path.name for path in (REPOSITORY / place).iterdir() if path.is_dir() and path.name[0] not in "._"}


@pytest.mark.parametrize("place", ["functions", "events"])
def test_folders_and_functions_are_the_same(place: str, template: Template) -> None:
    assert folders_in(place) == {folder_of(function_id) for function_id in template.functions()}


def test_a_function_folder_holds_its_handler_alone(template: Template) -> None:
    # A sibling import works in Lambda and fails everywhere else; dependencies are in the layer.
    for function_id in template.functions():
        folder = REPOSITORY / "functions" / folder_of(function_id)
        assert {path.name for path in folder.iterdir()} - {"__pycache__"} == {"app.py"}


def test_every_function_has_a_sample_event_and_each_is_json(template: Template) -> None:
    events = [(path, json.loads(text)) for path, text in text_files(".json") if path.parts[0] == "events"]
    assert all(isinstance(event, dict) for _, event in events)
    sampled = {path.parts[1] for path, _ in events if len(path.parts) == 3}
    assert sampled == {folder_of(function_id) for function_id in template.functions()}


def test_no_module_has_a_meaningless_name() -> None:
    assert [path for path, _ in text_files(".py") if path.stem in MEANINGLESS] == []


@pytest.mark.parametrize(
    ("function_id", "folder"),
    [("PushOrdersFunction", "push_orders"), ("ReceiveStorefrontEventsFunction", "receive_storefront_events")],
)
def test_a_function_turns_into_its_folder(function_id: str, folder: str) -> None:
    assert folder_of(function_id) == folder
