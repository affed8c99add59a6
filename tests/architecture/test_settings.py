"""What the template gives a function is what its settings read, neither more nor less."""

from __future__ import annotations

import json

import pytest
from lockstep.runtime.settings import SETTINGS_BY_FUNCTION

from tests.architecture.repository import REPOSITORY
from tests.architecture.template import Template, folder_of

# Read by Powertools itself.
POWERTOOLS = {"POWERTOOLS_LOG_LEVEL", "POWERTOOLS_METRICS_NAMESPACE", "POWERTOOLS_SERVICE_NAME"}
# Values, not addresses: `sam local` takes them from the template's parameters.
LEFT_TO_DEFAULTS = {"LOCKSTEP_TIMELINE_RETENTION_DAYS"}


def test_every_function_has_settings(template: Template) -> None:
    assert set(SETTINGS_BY_FUNCTION) == {folder_of(function_id) for function_id in template.functions()}


@pytest.mark.parametrize("folder", SETTINGS_BY_FUNCTION)
def test_variables_and_settings_agree(folder: str, template: Template) -> None:
    function_id = next(name for name in template.functions() if folder_of(name) == folder)
    assert template.variables(function_id) - POWERTOOLS == set(SETTINGS_BY_FUNCTION[folder].variables()) - POWERTOOLS


@pytest.mark.parametrize("folder", SETTINGS_BY_FUNCTION)
def test_every_function_tells_powertools_who_it_is(folder: str, template: Template) -> None:
    function_id = next(name for name in template.functions() if folder_of(name) == folder)
    assert template.variables(function_id) >= POWERTOOLS


def test_the_environment_of_sam_local_holds_every_address_and_no_more(template: Template) -> None:
    # `sam local invoke` passes on nothing but what the template declares, and says nothing about the rest.
    given = json.loads((REPOSITORY / "events/local-environment.json").read_text(encoding="utf-8"))
    shared = set(given.pop("Parameters"))
    assert given.keys() <= template.functions().keys()
    declared = {name: template.variables(name) - POWERTOOLS - LEFT_TO_DEFAULTS for name in template.functions()}
    assert shared <= set.union(*declared.values())
    for function_id, variables in declared.items():
        assert variables <= shared | given.get(function_id, {}).keys()
        assert given.get(function_id, {}).keys() <= variables
