"""A double on loopback with a small catalogue, its clock stopped at noon, and a caller with a token."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from local.deposco_double.double import DeposcoDouble
from local.deposco_double.settings import AccountSettings
from local.double_server import serving_in_thread
from tests.integration.deposco_double.caller import NOON, Caller


@pytest.fixture
def caller() -> Iterator[Caller]:
    with serving_in_thread(DeposcoDouble(AccountSettings(rate_per_second=0), seed=1)) as url:
        caller = Caller(url)
        caller.admin("clock", {"set": NOON})
        caller.admin("seed", {"items": 3, "facilities": ["EAST", "WEST"], "facility": "EAST"})
        caller.authorize()
        yield caller
        caller.session.close()
