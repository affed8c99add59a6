"""The call budget across processes: one item of the control table, replaced under its revision."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final, TypeVar

from lockstep.adapters.aws.failures import aws_failures_as_ours
from lockstep.domain import call_budget
from lockstep.domain.call_budget import LONG_AGO, BudgetPolicy, BudgetState, CallLane, LaneUse
from lockstep.domain.errors import SystemBusyError, TransientError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

    from lockstep.domain.call_budget import Generation, Lease
    from lockstep.flows.ports import Clock

# Somebody wins every round, so this many lost ones mean far more processes than the account has calls for.
ROUNDS: Final = 12

Answer = TypeVar("Answer")


class DynamoDbCallSlots:
    """`CallSlots` for every process that uses the same table: one consistent read and one write per lease.

    The item is `BUDGET#<account>` / `STATE`. A lost answer to the write wastes the slots it leased; no slot
    is ever leased twice. Beside `SystemBusyError`, both methods raise `ConfigurationError` when the table
    refuses us. The clocks of the processes are taken to agree to well under a slot's length.
    """

    def __init__(
        self, client: DynamoDBClient, table_name: str, account: str, policy: Callable[[], BudgetPolicy], clock: Clock
    ) -> None:
        self._client = client
        self._table_name = table_name
        self._key: dict[str, AttributeValueTypeDef] = {
            "pk": {"S": f"BUDGET#{account}"},
            "sk": {"S": "STATE"},
        }
        self._policy = policy
        self._clock = clock

    def lease(self, lane: CallLane, generation: Generation, calls: int) -> Lease:
        """See `CallSlots`."""
        return self._replace(lambda state, now: call_budget.lease(state, self._policy(), lane, generation, calls, now))

    def throttled(self, *, pause_seconds: float | None = None) -> None:
        """See `CallSlots`; the second to report the same pause writes nothing."""
        self._replace(
            lambda state, now: (
                call_budget.throttled(state, self._policy(), now, pause_seconds=pause_seconds),
                None,
            )
        )

    def _replace(self, change: Callable[[BudgetState, datetime], tuple[BudgetState, Answer]]) -> Answer:
        """Apply a change to what is stored now, again if another process was faster."""
        try:
            with aws_failures_as_ours(f"using the call budget in {self._table_name}, without which no call is made"):
                for _ in range(ROUNDS):
                    state = self._load()
                    changed, answer = change(state, self._clock.now())
                    if changed is state or self._store(changed, state.revision):
                        return answer
        except SystemBusyError:
            raise
        except TransientError as error:
            # Nothing was sent to the warehouse, and only this class of failure says so.
            raise SystemBusyError(str(error)) from error
        raise SystemBusyError(f"the call budget in {self._table_name} was lost to other processes {ROUNDS} times")

    def _load(self) -> BudgetState:
        answer = self._client.get_item(TableName=self._table_name, Key=self._key, ConsistentRead=True)
        item = answer.get("Item")
        return _state_of(item) if item else BudgetState()

    def _store(self, state: BudgetState, seen_revision: int) -> bool:
        """Whether nobody was faster."""
        try:
            if seen_revision:
                self._client.put_item(
                    TableName=self._table_name,
                    Item={**self._key, **_attributes_of(state)},
                    ConditionExpression="revision = :seen",
                    ExpressionAttributeValues={":seen": {"N": str(seen_revision)}},
                )
            else:
                self._client.put_item(
                    TableName=self._table_name,
                    Item={**self._key, **_attributes_of(state)},
                    ConditionExpression="attribute_not_exists(pk)",
                )
        except self._client.exceptions.ConditionalCheckFailedException:
            return False
        return True


def _attributes_of(state: BudgetState) -> dict[str, AttributeValueTypeDef]:
    return {
        "revision": {"N": str(state.revision)},
        "next_free_us": _number(state.next_free),
        "v1_next_free_us": _number(state.v1_next_free),
        "gaps_us": {"L": [_number(gap) for gap in state.gaps]},
        "lanes": {
            "M": {
                lane.value: {
                    "M": {
                        "spent_until_us": _number(use.spent_until),
                        "v1_leased_at_us": _number(use.v1_leased_at),
                    }
                }
                for lane, use in state.lanes.items()
            }
        },
        "share": {"N": str(state.share)},
        "share_since_us": _number(state.share_since),
        "blocked_until_us": _number(state.blocked_until),
        "settled_at_us": _number(state.settled_at),
    }


def _state_of(item: Mapping[str, AttributeValueTypeDef]) -> BudgetState:
    stored_lanes = item["lanes"]["M"]
    return BudgetState(
        revision=int(item["revision"]["N"]),
        next_free=_moment(item["next_free_us"]),
        v1_next_free=_moment(item["v1_next_free_us"]),
        gaps=tuple(_moment(gap) for gap in item["gaps_us"]["L"]),
        lanes={
            lane: LaneUse(
                spent_until=_moment(stored_lanes[lane.value]["M"]["spent_until_us"]),
                v1_leased_at=_moment(stored_lanes[lane.value]["M"]["v1_leased_at_us"]),
            )
            for lane in CallLane
            if lane.value in stored_lanes
        },
        share=float(item["share"]["N"]),
        share_since=_moment(item["share_since_us"]),
        blocked_until=_moment(item["blocked_until_us"]),
        settled_at=_moment(item["settled_at_us"]),
    )


def _number(moment: datetime) -> AttributeValueTypeDef:
    """Whole microseconds since 1970, which is as fine as a datetime is."""
    return {"N": str((moment - LONG_AGO) // timedelta(microseconds=1))}


def _moment(number: AttributeValueTypeDef) -> datetime:
    return LONG_AGO + timedelta(microseconds=int(number["N"]))
