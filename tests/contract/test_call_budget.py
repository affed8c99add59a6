"""`CallSlots`: one process or many, the same budget."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from lockstep.adapters.aws.call_budget import ROUNDS, DynamoDbCallSlots
from lockstep.adapters.memory.call_budget import MemoryCallSlots
from lockstep.domain.call_budget import BudgetPolicy, CallLane, CallSlots, Generation
from lockstep.domain.errors import ConfigurationError, SystemBusyError
from moto import mock_aws

from tests.support.fake_clock import MONDAY_MORNING, FakeClock

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

TABLE = "control"
POLICY = BudgetPolicy()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def client() -> Iterator[DynamoDBClient]:
    with mock_aws():
        client = boto3.client("dynamodb")
        client.create_table(
            TableName=TABLE,
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[
                {"AttributeName": "pk", "KeyType": "HASH"},
                {"AttributeName": "sk", "KeyType": "RANGE"},
            ],
            AttributeDefinitions=[
                {"AttributeName": "pk", "AttributeType": "S"},
                {"AttributeName": "sk", "AttributeType": "S"},
            ],
        )
        yield client


@pytest.fixture(params=["memory", "aws"])
def slots(request: pytest.FixtureRequest, clock: FakeClock) -> CallSlots:
    if request.param == "memory":
        return MemoryCallSlots(lambda: POLICY, clock)
    return shared_slots(request.getfixturevalue("client"), clock)


def shared_slots(
    client: DynamoDBClient, clock: FakeClock, *, account: str = "demo", table: str = TABLE
) -> DynamoDbCallSlots:
    return DynamoDbCallSlots(client, table, account, lambda: POLICY, clock)


def counted(client: DynamoDBClient, operation: str) -> list[str]:
    """The names of the calls of one operation, as they are made from now on."""
    made = list[str]()

    def note(model: Any, **_: Any) -> None:
        made.append(model.name)

    client.meta.events.register(f"before-call.dynamodb.{operation}", note)
    return made


def before_write(client: DynamoDBClient, do: Callable[[], object], *, times: int) -> None:
    """Do something between the read and the write of the next `times` leases."""
    left = [times]

    def intervene(**_: Any) -> None:
        if left[0]:
            left[0] -= 1
            do()

    client.meta.events.register("before-call.dynamodb.PutItem", intervene)


def seconds_of(slots: tuple[datetime, ...]) -> list[float]:
    return [round((slot - MONDAY_MORNING).total_seconds(), 3) for slot in slots]


def test_the_first_lease_begins_now(slots: CallSlots) -> None:
    leased = slots.lease(CallLane.ORDERS, Generation.V2, 3)

    assert seconds_of(leased.slots) == [0.0, 0.333, 0.667]


def test_the_next_lease_begins_where_the_last_one_ended(slots: CallSlots) -> None:
    slots.lease(CallLane.ORDERS, Generation.V2, 3)

    leased = slots.lease(CallLane.SHIPMENTS, Generation.V2, 2)

    assert seconds_of(leased.slots) == [1.0, 1.333]


def test_what_v1_stepped_over_is_remembered_for_v2(slots: CallSlots) -> None:
    slots.lease(CallLane.STOCK, Generation.V1, 3)

    leased = slots.lease(CallLane.ORDERS, Generation.V2, 2)

    assert seconds_of(leased.slots) == [0.333, 1.333]


def test_a_lane_beyond_its_turn_is_told_when_to_ask_again(slots: CallSlots) -> None:
    slots.lease(CallLane.ORDERS, Generation.V2, 100)

    with pytest.raises(SystemBusyError) as refusal:
        slots.lease(CallLane.ORDERS, Generation.V2, 10)

    assert refusal.value.retry_after_seconds is not None
    assert refusal.value.retry_after_seconds > 0


def test_the_lane_that_asks_again_when_told_is_served(slots: CallSlots, clock: FakeClock) -> None:
    slots.lease(CallLane.ORDERS, Generation.V2, 100)
    with pytest.raises(SystemBusyError) as refusal:
        slots.lease(CallLane.ORDERS, Generation.V2, 10)
    clock.sleep(refusal.value.retry_after_seconds or 0)

    assert len(slots.lease(CallLane.ORDERS, Generation.V2, 10).slots) == 10


def test_a_429_pauses_and_slows_every_lane(slots: CallSlots) -> None:
    slots.throttled()

    leased = slots.lease(CallLane.STOCK, Generation.V2, 3)

    assert seconds_of(leased.slots) == [1.0, 1.667, 2.333]


def test_a_429_that_names_its_pause_is_obeyed(slots: CallSlots) -> None:
    slots.throttled(pause_seconds=3)

    assert seconds_of(slots.lease(CallLane.ORDERS, Generation.V2, 1).slots) == [3.0]


def test_some_time_after_a_429_the_full_rate_is_back(slots: CallSlots, clock: FakeClock) -> None:
    slots.throttled()
    clock.advance(120)

    leased = slots.lease(CallLane.ORDERS, Generation.V2, 2)

    assert seconds_of(leased.slots) == [120.0, 120.333]


def test_two_processes_share_one_budget(client: DynamoDBClient, clock: FakeClock) -> None:
    one, other = shared_slots(client, clock), shared_slots(client, clock)
    one.lease(CallLane.ORDERS, Generation.V2, 3)

    assert seconds_of(other.lease(CallLane.ORDERS, Generation.V2, 2).slots) == [1.0, 1.333]


def test_two_accounts_have_a_budget_each(client: DynamoDBClient, clock: FakeClock) -> None:
    shared_slots(client, clock, account="demo").lease(CallLane.ORDERS, Generation.V2, 3)

    leased = shared_slots(client, clock, account="other").lease(CallLane.ORDERS, Generation.V2, 1)

    assert seconds_of(leased.slots) == [0.0]


def test_a_lease_costs_one_write_however_many_calls_it_is_for(client: DynamoDBClient, clock: FakeClock) -> None:
    writes = counted(client, "PutItem")

    shared_slots(client, clock).lease(CallLane.ORDERS, Generation.V2, 10)

    assert len(writes) == 1


def test_a_refusal_writes_nothing(client: DynamoDBClient, clock: FakeClock) -> None:
    slots = shared_slots(client, clock)
    slots.lease(CallLane.ORDERS, Generation.V2, 100)
    writes = counted(client, "PutItem")

    with pytest.raises(SystemBusyError):
        slots.lease(CallLane.ORDERS, Generation.V2, 10)

    assert writes == []


def test_a_429_reported_by_ten_threads_is_written_once(client: DynamoDBClient, clock: FakeClock) -> None:
    slots = shared_slots(client, clock)
    writes = counted(client, "PutItem")

    for _ in range(10):
        slots.throttled()

    assert len(writes) == 1


def test_a_lease_that_another_process_overtook_is_made_again(client: DynamoDBClient, clock: FakeClock) -> None:
    other = shared_slots(client, clock)
    before_write(client, lambda: other.lease(CallLane.ORDERS, Generation.V2, 3), times=1)

    leased = shared_slots(client, clock).lease(CallLane.ORDERS, Generation.V2, 2)

    assert seconds_of(leased.slots) == [1.0, 1.333]


def test_an_overtaken_lease_of_a_known_account_is_made_again(client: DynamoDBClient, clock: FakeClock) -> None:
    other = shared_slots(client, clock)
    other.lease(CallLane.ORDERS, Generation.V2, 3)
    before_write(client, lambda: other.lease(CallLane.ORDERS, Generation.V2, 3), times=1)

    leased = shared_slots(client, clock).lease(CallLane.ORDERS, Generation.V2, 1)

    assert seconds_of(leased.slots) == [2.0]


def test_a_lease_that_is_always_overtaken_ends_without_slots(client: DynamoDBClient, clock: FakeClock) -> None:
    def overtake() -> None:
        client.update_item(
            TableName=TABLE,
            Key={"pk": {"S": "BUDGET#demo"}, "sk": {"S": "STATE"}},
            UpdateExpression="ADD revision :one",
            ExpressionAttributeValues={":one": {"N": "1"}},
        )

    slots = shared_slots(client, clock)
    slots.lease(CallLane.ORDERS, Generation.V2, 1)
    before_write(client, overtake, times=1000)
    writes = counted(client, "PutItem")

    with pytest.raises(SystemBusyError, match="lost to other processes"):
        slots.lease(CallLane.ORDERS, Generation.V2, 1)

    assert len(writes) == ROUNDS


@pytest.mark.parametrize("operation", ["lease", "throttled"])
def test_without_its_table_the_budget_leases_nothing(clock: FakeClock, operation: str) -> None:
    nobody_there = boto3.client(
        "dynamodb",
        endpoint_url="http://127.0.0.1:1",
        config=Config(retries={"total_max_attempts": 1}, connect_timeout=1, read_timeout=1),
    )
    slots = shared_slots(nobody_there, clock)

    with pytest.raises(SystemBusyError, match="without which no call is made") as failure:
        slots.throttled() if operation == "throttled" else slots.lease(CallLane.ORDERS, Generation.V2, 1)

    assert failure.value.retry_after_seconds is None


def test_a_failing_table_leases_nothing(client: DynamoDBClient, clock: FakeClock) -> None:
    def fail() -> None:
        raise ClientError({"Error": {"Code": "InternalServerError"}}, "PutItem")

    before_write(client, fail, times=1)

    with pytest.raises(SystemBusyError):
        shared_slots(client, clock).lease(CallLane.ORDERS, Generation.V2, 1)


def test_a_missing_table_is_for_engineering(client: DynamoDBClient, clock: FakeClock) -> None:
    with pytest.raises(ConfigurationError):
        shared_slots(client, clock, table="no-such-table").lease(CallLane.ORDERS, Generation.V2, 1)


def test_what_is_stored_is_one_item_that_a_person_can_find(client: DynamoDBClient, clock: FakeClock) -> None:
    shared_slots(client, clock).lease(CallLane.ORDERS, Generation.V2, 1)

    item = client.get_item(TableName=TABLE, Key={"pk": {"S": "BUDGET#demo"}, "sk": {"S": "STATE"}})["Item"]

    first_free = MONDAY_MORNING + timedelta(microseconds=333_334)
    assert item["revision"] == {"N": "1"}
    assert item["next_free_us"] == {"N": str(round(first_free.timestamp() * 1_000_000))}
