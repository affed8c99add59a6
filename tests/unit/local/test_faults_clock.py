from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from local.double_clock import Clock

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_a_frozen_clock_stands_still_and_moves_when_told() -> None:
    clock = Clock()
    clock.freeze(NOON)
    clock.advance(90)
    assert clock.now() == clock.now() == NOON + timedelta(seconds=90)


def test_an_instant_of_another_zone_is_kept_in_utc() -> None:
    clock = Clock()
    clock.freeze(datetime(2026, 3, 1, 13, tzinfo=timezone(timedelta(hours=1))))
    assert clock.now().isoformat() == NOON.isoformat()


def test_a_running_clock_goes_on_from_where_it_was_moved() -> None:
    clock, untouched = Clock(), Clock()
    clock.advance(3600)
    assert timedelta(minutes=59) < clock.now() - untouched.now() < timedelta(minutes=61)


def test_a_clock_runs_with_real_time_again() -> None:
    clock, untouched = Clock(), Clock()
    clock.freeze(NOON)
    clock.run()
    assert abs(clock.now() - untouched.now()) < timedelta(minutes=1)


def test_an_instant_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        Clock().freeze(datetime(2026, 3, 1))  # noqa: DTZ001 - what is refused here
