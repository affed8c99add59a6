"""Habits of a warehouse, and settings of an account, as a scenario writes them."""

from __future__ import annotations

import pytest

from local.deposco_double.settings import AccountSettings
from local.deposco_double.shipping import dealt
from local.deposco_double.working_day import Habits


def test_a_habit_that_does_not_exist_is_named_with_those_that_do() -> None:
    with pytest.raises(ValueError, match=r"spilt.*split"):
        Habits.read({"spilt": 0.5})


def test_a_setting_that_does_not_exist_is_named_with_those_that_do() -> None:
    with pytest.raises(ValueError, match=r"rate.*rate_per_second"):
        AccountSettings().changed({"rate": 5})


def test_a_setting_that_is_changed_leaves_the_others() -> None:
    changed = AccountSettings().changed({"largest_page": 10})
    assert (changed.largest_page, changed.rate_per_second) == (10, 4.0)


def test_packs_are_dealt_over_parcels_one_by_one() -> None:
    assert dealt({"1": 3, "2": 1}, 2) == [{"1": 2.0}, {"1": 1.0, "2": 1.0}]


def test_a_parcel_that_would_be_empty_is_not_packed() -> None:
    assert dealt({"1": 1}, 3) == [{"1": 1.0}]
