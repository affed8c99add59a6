"""What the template gives a function is what its settings read, neither more nor less."""

from __future__ import annotations

import pytest
from lockstep.runtime.settings import SETTINGS_BY_FUNCTION

from tests.architecture.template import Template, folder_of

# Read by Powertools itself.
POWERTOOLS = {"POWERTOOLS_LOG_LEVEL", "POWERTOOLS_METRICS_NAMESPACE", "POWERTOOLS_SERVICE_NAME"}


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
