"""Bad days by seed: whatever breaks, no order is lost and none is there twice."""

from __future__ import annotations

from typing import Any

import pytest

from local.scenarios.audit import dead_letters
from local.scenarios.books import Fate, counts
from local.scenarios.day import TradingDay
from local.scenarios.stage import Stage
from local.scenarios.trading_day import plan

SWEEPS = {"ReconcileOrdersFunction": 1.0}


def sometimes(kind: str, probability: float, **what: Any) -> dict[str, Any]:
    """A rule that strikes so often."""
    name = f"{what['do']} {kind}"
    return {"name": name, "match": {"kind": kind}, "when": {"probability": probability}, **what}


SHOP_FAULTS = (
    sometimes("orders.update", 0.1, do="cut_after"),
    sometimes("orders.update", 0.1, do="status_after_effect", status=500),
    sometimes("orders.get", 0.1, do="status", status=503),
    sometimes("subscription.deliver", 0.3, do="repeat", times=2),
    sometimes("subscription.deliver", 0.3, do="reorder"),
)
WAREHOUSE_FAULTS = (
    sometimes("sales_orders.upsert", 0.1, do="cut_after"),
    sometimes("sales_orders.upsert", 0.05, do="cut_before"),
    sometimes("sales_orders.upsert", 0.1, do="status_after_effect", status=502),
    sometimes("sales_orders.upsert", 0.1, do="status", status=409),
    sometimes("sales_orders.*", 0.05, do="status", status=429),
    sometimes("sales_orders.*", 0.05, do="expire_token"),
)


@pytest.mark.parametrize("seed", [1, 2])
def test_a_day_on_which_every_call_may_fail_loses_and_doubles_nothing(seed: int) -> None:
    with Stage(seed_number=seed, schedule_seconds=SWEEPS, visibility_seconds=15) as stage:
        day = TradingDay(
            stage, plan(30, seed), shop_faults=SHOP_FAULTS, warehouse_faults=WAREHOUSE_FAULTS, fault_seed=seed
        )
        verdicts = day.play(lambda *_: None)
        figures = counts(verdicts)
        assert (figures["lost"], figures["duplicated"], figures["held"]) == (0, 0, 0)
        assert figures["parked"] == {"FIELD_TOO_LONG": 1, "ORDER_NUMBER_NOT_EXPRESSIBLE": 1, "SKU_UNMAPPED": 1}
        assert dead_letters(stage) == 0


def test_an_outage_holds_the_orders_and_its_end_lets_them_go() -> None:
    """Deposco is away for the first half minute; nobody touches anything."""
    outage = {"name": "outage", "match": {"kind": "*"}, "when": {"between_seconds": [0, 25]}, "do": "down"}
    with Stage(seed_number=3, schedule_seconds=SWEEPS, visibility_seconds=30) as stage:
        day = TradingDay(stage, plan(20, 3), warehouse_faults=(outage,))
        verdicts = day.play(lambda *_: None)
        assert {verdict.fate for verdict in verdicts} == {Fate.ACKNOWLEDGED, Fate.PARKED, Fate.CANCELLED}
        assert counts(verdicts)["duplicated"] == 0
        assert dead_letters(stage) == 0
