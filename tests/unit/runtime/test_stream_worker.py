"""A batch of the OrderState stream: what comes again, what is passed over, and that the order is kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

import pytest
from lockstep.domain.errors import ConfigurationError, LockstepError, PermanentError, SystemBusyError, TransientError
from lockstep.domain.exception_codes import ExceptionCode
from lockstep.domain.order_state import WarehouseRecord
from lockstep.domain.order_views import ViewChange, view_of_warehouse
from lockstep.flows.project_orders import ProjectOrders
from lockstep.runtime import stream_worker
from lockstep.runtime.observability import logger
from lockstep.runtime.stream_worker import StreamWorker


@dataclass
class Bench:
    """A worker whose views fail, for the orders named, as told."""

    failures: dict[str, Exception] = field(default_factory=dict)
    shown: list[str] = field(default_factory=list)
    counted: list[str] = field(default_factory=list)

    def project(self, changes: Iterable[ViewChange]) -> int:
        for change in changes:
            if change.order_id in self.failures:
                raise self.failures[change.order_id]
            self.shown.append(change.order_id)
        return 1

    def change_from(self, image: Mapping[str, Any]) -> ViewChange | None:
        if "alias" in image:
            return None
        return view_of_warehouse(WarehouseRecord(order_id=image["order_id"]["S"]))

    def handle(self, *images: dict[str, Any] | None) -> list[str]:
        worker = StreamWorker(flow=cast("ProjectOrders", self), change_from=self.change_from)
        records = [
            {"dynamodb": {"SequenceNumber": str(number)} | ({"NewImage": image} if image is not None else {})}
            for number, image in enumerate(images, start=1)
        ]
        answer = worker.handle({"Records": records})
        return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Bench:
    bench = Bench()
    monkeypatch.setattr(stream_worker, "count", bench.counted.append)
    return bench


def of(order_id: str) -> dict[str, Any]:
    return {"order_id": {"S": order_id}}


def test_every_change_is_shown_in_order(bench: Bench) -> None:
    assert bench.handle(of("a"), of("b"), of("a")) == []
    assert bench.shown == ["a", "b", "a"]


def test_deletions_and_aliases_are_passed_over(bench: Bench) -> None:
    assert bench.handle(None, {"alias": {"S": "payment-1"}}, of("b")) == []
    assert bench.shown == ["b"]
    assert bench.counted == []


@pytest.mark.parametrize(
    "failure", [TransientError("away"), SystemBusyError("busy"), ConfigurationError("the role may not write")]
)
def test_what_may_pass_comes_again_from_that_change_on(bench: Bench, failure: LockstepError) -> None:
    bench.failures = {"b": failure}
    assert bench.handle(of("a"), of("b"), of("c")) == ["2"]
    assert bench.shown == ["a"]


def test_a_configuration_error_is_counted_for_the_alarm(bench: Bench) -> None:
    bench.failures = {"a": ConfigurationError("the role may not write")}
    bench.handle(of("a"))
    assert bench.counted == ["ConfigurationFailures"]


@pytest.mark.parametrize(
    "failure",
    [
        ValueError("Ada Example, Long Street 1"),
        PermanentError(ExceptionCode.UNEXPECTED_ERROR, "AWS refused the request (ValidationException)"),
    ],
)
def test_a_change_that_can_never_be_shown_blocks_nobody(bench: Bench, failure: Exception) -> None:
    bench.failures = {"a": failure}
    assert bench.handle(of("a"), of("b")) == []
    assert bench.shown == ["b"]
    assert bench.counted == ["ViewsSkipped"]


def test_a_stored_form_that_nobody_can_read_blocks_nobody(bench: Bench) -> None:
    assert bench.handle({"nonsense": {"S": "x"}}, of("b")) == []
    assert bench.shown == ["b"]


def test_a_defect_is_logged_with_its_place_and_without_its_text(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    logged: list[dict[str, Any]] = []
    monkeypatch.setattr(logger, "error", lambda what, extra: logged.append(extra))
    bench.failures = {"a": ValueError("Ada Example, Long Street 1")}
    bench.handle(of("a"))
    assert logged[0]["sequence_number"] == "1"
    assert logged[0]["error"] == "ValueError"
    assert "project" in "".join(logged[0]["stack"])
    assert "Ada" not in str(logged)
