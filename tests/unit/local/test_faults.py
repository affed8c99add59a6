from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from local.faults import Do, FaultError, FaultPlan

START = datetime(2026, 3, 1, 10, tzinfo=UTC)


def fired(plan: FaultPlan, calls: int, kind: str = "orders.update") -> list[int]:
    """The ordinals (from 1) of the calls that a plan decided on."""
    return [n for n in range(1, calls + 1) if plan.decide(kind, "/demo/orders/1", START).rule]


def one(**rule: Any) -> FaultPlan:
    return FaultPlan([{"do": "status", **rule}], seed=7, started_at=START)


def test_no_rules_let_every_call_through() -> None:
    assert fired(FaultPlan(), 3) == []


def test_a_rule_without_conditions_always_fires() -> None:
    assert fired(one(), 3) == [1, 2, 3]


def test_nth_fires_on_the_named_calls_only() -> None:
    assert fired(one(when={"nth": [2, 5]}), 6) == [2, 5]


def test_every_fires_at_regular_intervals() -> None:
    assert fired(one(when={"every": 3}), 7) == [3, 6]


def test_first_fires_on_the_beginning_only() -> None:
    assert fired(one(when={"first": 2}), 4) == [1, 2]


def test_limit_bounds_how_often_a_rule_fires() -> None:
    assert fired(one(when={"every": 2}, limit=2), 10) == [2, 4]


def test_all_conditions_must_hold_together() -> None:
    assert fired(one(when={"every": 2, "first": 4}), 10) == [2, 4]


def test_a_kind_pattern_covers_its_family_only() -> None:
    plan = one(match={"kind": "orders.*"})
    assert plan.decide("orders.get", "/", START).do is Do.STATUS
    assert plan.decide("payments.get", "/", START).do is None


def test_a_path_must_be_contained() -> None:
    plan = one(match={"path": "/orders/42"})
    assert plan.decide("orders.get", "/demo/orders/42", START).do is Do.STATUS
    assert plan.decide("orders.get", "/demo/orders/7", START).do is None


def test_a_rule_counts_matching_calls_only() -> None:
    plan = one(match={"kind": "orders.update"}, when={"nth": [2]})
    plan.decide("payments.get", "/", START)
    assert fired(plan, 3) == [2]


def test_between_seconds_is_counted_from_the_start_of_the_plan_and_excludes_its_end() -> None:
    plan = one(when={"between_seconds": [10, 20]})
    fates = [plan.decide("orders.get", "/", START + timedelta(seconds=s)).do for s in (9, 10, 19, 20)]
    assert fates == [None, Do.STATUS, Do.STATUS, None]


def test_the_same_seed_repeats_the_same_day() -> None:
    rule = {"do": "cut_after", "when": {"probability": 0.3}}
    days = [fired(FaultPlan([rule], seed=11, started_at=START), 200) for _ in range(2)]
    assert days[0] == days[1]
    assert 30 < len(days[0]) < 90


def test_another_seed_gives_another_day() -> None:
    rule = {"do": "cut_after", "when": {"probability": 0.3}}
    assert fired(FaultPlan([rule], seed=1), 200) != fired(FaultPlan([rule], seed=2), 200)


def test_a_rule_added_behind_does_not_shift_the_days_of_the_one_before() -> None:
    rule = {"do": "cut_after", "when": {"probability": 0.3}}
    alone = fired(FaultPlan([rule], seed=5), 100)
    together = FaultPlan([rule, {"do": "delay", "seconds": 1, "when": {"probability": 0.5}}], seed=5)
    assert fired(together, 100) == alone


def test_delays_add_up_and_go_before_the_deciding_rule() -> None:
    plan = FaultPlan([{"do": "delay", "seconds": 2}, {"do": "cut_after"}, {"do": "delay", "seconds": 0.5}])
    decision = plan.decide("orders.update", "/", START)
    assert (decision.delay_seconds, decision.do) == (2.5, Do.CUT_AFTER)


def test_a_delay_can_be_drawn_from_a_span() -> None:
    plan = FaultPlan([{"do": "delay", "seconds": [1, 2]}], seed=3)
    delays = {plan.decide("orders.get", "/", START).delay_seconds for _ in range(20)}
    assert len(delays) > 10
    assert all(1 <= seconds <= 2 for seconds in delays)


def test_the_first_firing_rule_decides() -> None:
    plan = FaultPlan([{"do": "status", "status": 502}, {"do": "down"}])
    decision = plan.decide("orders.get", "/", START)
    assert decision.rule is not None
    assert decision.rule.status == 502


def test_the_report_tells_what_each_rule_saw_and_did() -> None:
    plan = FaultPlan([{"name": "blink", "do": "cut_before", "when": {"every": 2}}])
    fired(plan, 5)
    assert plan.report() == [{"name": "blink", "do": "cut_before", "seen": 5, "fired": 2}]


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ({"do": "explode"}, "explode"),
        ({}, "do"),
        ({"do": "delay"}, "needs seconds"),
        ({"do": "status", "wen": {}}, "unknown field wen"),
        ({"do": "status", "when": {"evry": 2}}, "unknown condition evry"),
        ({"do": "status", "match": {"knd": "x"}}, "unknown match knd"),
        ({"do": "status", "when": {"every": 0}}, "at least 1"),
        ({"do": "status", "status": "many"}, "many"),
        ({"do": "status", "when": 5}, "cannot be read"),
        ({"do": "lose", "match": {"kind": "orders.*"}}, "for deliveries"),
        ({"do": "down", "match": {"kind": "webhook.deliver"}}, "for calls"),
        ({"do": "status", "when": {"probability": 5}}, "between 0 and 1"),
    ],
)
def test_a_rule_that_cannot_be_read_is_refused_with_its_reason(rule: dict[str, Any], words: str) -> None:
    with pytest.raises(FaultError, match=words):
        FaultPlan([rule])


@pytest.mark.parametrize("do", ["status", "down", "cut_after", "expire_token"])
def test_a_rule_for_calls_never_looks_at_deliveries(do: str) -> None:
    plan = FaultPlan([{"do": do, "match": {"kind": "*"}, "limit": 1}], started_at=START)
    assert plan.decide("subscription.deliver", "order/OrderCreated", START).do is None
    assert plan.decide("orders.get", "/", START).do is Do(do)


@pytest.mark.parametrize("do", ["lose", "repeat", "reorder"])
def test_a_rule_for_deliveries_never_looks_at_calls(do: str) -> None:
    plan = FaultPlan([{"do": do, "match": {"kind": "*"}, "limit": 1}], started_at=START)
    assert plan.decide("orders.get", "/", START).do is None
    assert plan.decide("webhook.deliver", "order.status", START).do is Do(do)


def test_a_delay_is_for_calls_and_deliveries() -> None:
    plan = FaultPlan([{"do": "delay", "seconds": 2}], started_at=START)
    delays = [plan.decide(kind, "/", START).delay_seconds for kind in ("orders.get", "webhook.deliver")]
    assert delays == [2, 2]


def test_rules_must_be_a_list() -> None:
    with pytest.raises(FaultError, match="list"):
        FaultPlan.read({"rules": {"do": "down"}}, START)
