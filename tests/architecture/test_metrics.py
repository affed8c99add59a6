"""Each metric of ours costs money every month, so their number is bounded, and an alarm watches only what exists."""

from __future__ import annotations

from lockstep.runtime.observability import METRIC_OF_ENDING

from tests.architecture.emitted_metrics import emitted_metrics, metrics_in

MOST_METRICS = 20


def test_there_are_few_metrics() -> None:
    assert len(emitted_metrics()) <= MOST_METRICS


def test_the_metrics_of_all_endings_are_among_them() -> None:
    assert set(METRIC_OF_ENDING.values()) <= emitted_metrics()


def test_a_metric_is_found_where_it_is_counted_or_gauged_and_nowhere_else() -> None:
    source = 'count("Counted", 2)\ngauge("Gauged", 1.0)\nlogger.info("Logged")\ntext.count("Letters")\n'
    assert set(metrics_in(source)) == {"Counted", "Gauged"}
