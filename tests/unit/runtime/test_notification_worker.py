"""A batch of the shop's notifications: what is queued, skipped, buried, or comes again."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import pytest
from lockstep.adapters.memory.dead_letters import MemoryDeadLetters
from lockstep.adapters.memory.lanes import MemoryLanes
from lockstep.adapters.memory.order_states import MemoryOrderStates
from lockstep.domain.errors import ConfigurationError, PermanentError, TransientError
from lockstep.domain.exception_codes import ExceptionCode
from lockstep.domain.order_state import WarehouseRecord
from lockstep.flows.receive_storefront_events import ReceiveStorefrontEvents
from lockstep.runtime import notification_worker
from lockstep.runtime.notification_worker import NotificationWorker
from lockstep.runtime.observability import logger


@dataclass
class Bench:
    states: Any = field(default_factory=MemoryOrderStates)
    lanes: Any = field(default_factory=MemoryLanes)
    dead_letters: Any = field(default_factory=MemoryDeadLetters)

    def handle(self, *bodies: object) -> list[str]:
        worker = NotificationWorker(
            flow=ReceiveStorefrontEvents(self.states, self.lanes, "demo"), dead_letters=self.dead_letters
        )
        records = [
            {
                "messageId": f"record-{number}",
                "receiptHandle": f"handle-{number}",
                "body": body if isinstance(body, str) else json.dumps(body),
                "attributes": {"ApproximateReceiveCount": "1"},
            }
            for number, body in enumerate(bodies, start=1)
        ]
        answer = worker.handle({"Records": records})
        return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


@pytest.fixture
def bench() -> Bench:
    return Bench()


def a_message(number: int, **changes: Any) -> dict[str, Any]:
    return {
        "notificationType": "Message",
        "projectKey": "demo",
        "resource": {"typeId": "order", "id": f"order-{number}"},
        "id": f"message-{number}",
        "type": "OrderCreated",
        "resourceVersion": 1,
    } | changes


def a_payment_message(payment_id: str) -> dict[str, Any]:
    return a_message(9, resource={"typeId": "payment", "id": payment_id}, type="PaymentTransactionAdded")


def test_every_order_goes_to_its_own_lane(bench: Bench) -> None:
    assert bench.handle(a_message(1), a_message(2)) == []
    assert [hint.order_id for hint in bench.lanes.warehouse] == ["order-1", "order-2"]


TOO_DEEP = "[" * 100_000


@pytest.mark.parametrize(
    "body",
    [*("<order/>", "", "null", "[1]", '"text"', "{}", '{"notificationType":"Message"}'), TOO_DEEP],
    ids=lambda body: body[:20],
)
def test_rubbish_is_buried_once_and_the_rest_goes_on(bench: Bench, body: str) -> None:
    assert bench.handle(body, a_message(1)) == []
    assert [buried.body for buried in bench.dead_letters.buried] == [body]
    assert [hint.order_id for hint in bench.lanes.warehouse] == ["order-1"]


def test_a_skipped_message_is_done_and_leads_nowhere(bench: Bench) -> None:
    assert bench.handle(a_message(1, type="OrderSungAbout")) == []
    assert bench.lanes.warehouse == []
    assert bench.dead_letters.buried == []


def test_a_payment_finds_its_order_through_the_alias(bench: Bench) -> None:
    bench.states.save_warehouse(WarehouseRecord(order_id="order-1"), payment_aliases=["payment-1"])
    bench.handle(a_payment_message("payment-1"))
    assert [hint.order_id for hint in bench.lanes.warehouse] == ["order-1"]


def test_a_payment_without_order_is_kept_as_an_orphan(bench: Bench) -> None:
    assert bench.handle(a_payment_message("payment-1")) == []
    assert bench.states.orphan_payments(["payment-1"]) == frozenset({"payment-1"})


def test_when_the_lane_is_away_exactly_what_it_would_have_got_comes_again(bench: Bench) -> None:
    class Away:
        def to_warehouse(self, hints: object) -> None:
            raise TransientError("SQS is away")

    bench.lanes = Away()
    assert bench.handle(a_message(1), a_message(2, type="OrderSungAbout"), a_message(3)) == ["record-1", "record-3"]


def test_when_the_memory_is_away_only_the_payment_comes_again(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    class Away(MemoryOrderStates):
        def order_of_payment(self, payment_id: str) -> str | None:
            raise TransientError("DynamoDB is away")

    bench.states = Away()
    assert bench.handle(a_payment_message("payment-1"), a_message(2)) == ["record-1"]
    assert [hint.order_id for hint in bench.lanes.warehouse] == ["order-2"]


class Failing:
    """Stands in for anything that fails, whatever it is asked."""

    def __init__(self, failure: Exception) -> None:
        self.failure = failure

    def __getattr__(self, _: str) -> Any:
        def fail(*_: object) -> None:
            raise self.failure

        return fail


FAILURES: list[tuple[Exception, list[str]]] = [
    (TransientError("away"), []),
    (ConfigurationError("the role may not read"), ["ConfigurationFailures"]),
    (PermanentError(ExceptionCode.UNEXPECTED_ERROR, "refused"), []),
    (KeyError("a defect"), ["UnexpectedErrors"]),
]


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    names: list[str] = []
    monkeypatch.setattr(notification_worker, "count", lambda name, value=1: names.append(name))
    return names


@pytest.mark.parametrize(("failure", "metrics"), FAILURES)
def test_a_failed_look_up_brings_back_its_own_record_alone(
    bench: Bench, counted: list[str], failure: Exception, metrics: list[str]
) -> None:
    bench.states = Failing(failure)
    assert bench.handle(a_message(1), a_payment_message("payment-1"), a_message(3)) == ["record-2"]
    assert [hint.order_id for hint in bench.lanes.warehouse] == ["order-1", "order-3"]
    assert [name for name in counted if name != "NotificationsQueued"] == metrics


@pytest.mark.parametrize(("failure", "metrics"), FAILURES)
def test_rubbish_that_cannot_be_buried_comes_back_alone(
    bench: Bench, counted: list[str], failure: Exception, metrics: list[str]
) -> None:
    bench.dead_letters = Failing(failure)
    assert bench.handle("<order/>", a_message(2)) == ["record-1"]
    assert [name for name in counted if name != "NotificationsQueued"] == metrics


@pytest.mark.parametrize(("failure", "metrics"), FAILURES)
def test_a_lane_that_fails_brings_back_what_it_would_have_got(
    bench: Bench, counted: list[str], failure: Exception, metrics: list[str]
) -> None:
    bench.lanes = Failing(failure)
    assert bench.handle(a_message(1), "<order/>", a_message(3)) == ["record-1", "record-3"]
    assert [name for name in counted if name != "MessagesBuried"] == metrics


def test_a_configuration_error_is_told_as_critical(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[dict[str, str]] = []
    monkeypatch.setattr(logger, "critical", lambda what, extra: told.append(extra))
    bench.states = Failing(ConfigurationError("the role may not read"))
    bench.handle(a_payment_message("payment-1"))
    assert told == [{"why": "the role may not read", "message_id": "record-1"}]
