from __future__ import annotations

import re

import pytest

from local.aws.local_cloud import LocalCloud
from local.aws.schedule_clock import UnknownScheduleError
from tests.integration.local_aws.conftest import STACK, Heard, wait_until


def test_a_schedule_fires_again_and_again_with_the_input_of_the_template() -> None:
    with LocalCloud(template=STACK, schedule_seconds={"KeepTimeFunction": 0.1}) as cloud:
        heard = Heard()
        cloud.on_log_line(heard.take)
        cloud.start_event_sources()
        wait_until(lambda: len(heard.facts) >= 3, "three runs")

    assert {fact["asked"] for fact in heard.facts} == {"sweep"}
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", fact["at"]) for fact in heard.facts)


def test_a_schedule_without_a_pace_fires_only_when_told(cloud: LocalCloud, heard: Heard) -> None:
    cloud.start_event_sources()
    result = cloud.fire_schedule("KeepTimeFunction")

    assert result.ok
    assert heard.values("asked") == ["sweep"]


def test_a_function_without_a_schedule_cannot_be_given_a_pace() -> None:
    with (
        pytest.raises(UnknownScheduleError, match="CarryOrdersFunction"),
        LocalCloud(template=STACK, schedule_seconds={"CarryOrdersFunction": 1.0}),
    ):
        pass
