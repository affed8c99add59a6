"""The environment is read whole, once, and every mistake is named."""

from __future__ import annotations

import pytest
from lockstep.domain.errors import ConfigurationError
from lockstep.runtime.settings import SETTINGS_BY_FUNCTION, FunctionSettings, ProjectOrdersSettings


def test_a_whole_environment_becomes_settings() -> None:
    settings = ProjectOrdersSettings.from_environment(
        {"LOCKSTEP_ORDER_VIEWS_TABLE": "views", "LOCKSTEP_TIMELINE_RETENTION_DAYS": "90"}
    )
    assert settings == ProjectOrdersSettings(order_views_table="views", timeline_retention_days=90)


def test_all_mistakes_are_named_at_once() -> None:
    with pytest.raises(ConfigurationError) as error:
        ProjectOrdersSettings.from_environment({"LOCKSTEP_TIMELINE_RETENTION_DAYS": "soon"})
    assert "LOCKSTEP_ORDER_VIEWS_TABLE is missing" in str(error.value)
    assert "LOCKSTEP_TIMELINE_RETENTION_DAYS is not a whole number" in str(error.value)


def test_an_empty_endpoint_is_no_endpoint() -> None:
    settings = ProjectOrdersSettings.from_environment(
        {
            "LOCKSTEP_ORDER_VIEWS_TABLE": "views",
            "LOCKSTEP_TIMELINE_RETENTION_DAYS": "90",
            "LOCKSTEP_AWS_ENDPOINT_URL": "",
        }
    )
    assert settings.aws_endpoint_url == ""


@pytest.mark.parametrize("settings_class", SETTINGS_BY_FUNCTION.values())
def test_every_variable_is_ours_or_powertools(settings_class: type[FunctionSettings]) -> None:
    assert all(name.startswith(("LOCKSTEP_", "POWERTOOLS_")) for name in settings_class.variables())
