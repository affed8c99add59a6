"""A whole day of the demo against a double that checks: what shop, functions and customers really send."""

from __future__ import annotations

from collections import Counter

import pytest
import requests

from local.scenarios.day import TradingDay
from local.scenarios.stage import Stage
from local.scenarios.trading_day import SPECIAL, plan
from tests.integration.commercetools_double.conftest import needs_schema, schema_folder


@needs_schema
def test_everything_sent_and_answered_on_a_trading_day_passes_the_official_schema(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LOCKSTEP_CHECK_SCHEMA", str(schema_folder()))
    with Stage(seed_number=1, deposco_rate=0, schedule_seconds={"ReconcileOrdersFunction": 1.0}) as stage:
        TradingDay(stage, plan(len(SPECIAL) + 2, 1)).play(lambda *_: None)
        shown = requests.get(
            f"{stage.commercetools_url}/_admin/state", params={"include": "schema_violations"}, timeout=10
        ).json()
        called = Counter(requests.get(f"{stage.commercetools_url}/_admin/calls", timeout=10).json()["kinds"])
    assert shown["schema_violations"] == []
    assert shown["counts"]["schema_checks"] > called.total()
    assert {"orders.create", "orders.update", "orders.get", "payments.update", "subscriptions.create"} <= called.keys()
