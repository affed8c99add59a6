"""The flows' switches in DynamoDB: table `Control`, `FLOW#<flow>` / `SWITCH`.

A pause by hand, a tripped circuit and its suspects are kept in attributes of their own, so that none overwrites
another.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from lockstep.adapters.aws.failures import aws_failures_as_ours, error_code
from lockstep.adapters.aws.stored_values import optional_time_of, plain_of, time_text
from lockstep.domain.flow_switches import Circuit

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import UpdateItemInputTypeDef

    from lockstep.domain.flow_switches import Flow

SUSPECTS_NOTED = 10
"""Once so many stand there, no more are added."""


@dataclass(frozen=True, slots=True)
class DynamoFlowSwitches:
    """`flows.ports.FlowSwitches` on the control table, and the hand on the switch."""

    client: DynamoDBClient
    table_name: str

    def circuit(self, flow: Flow) -> Circuit:
        """The switch as stored, strongly consistent; a flow without one runs."""
        with aws_failures_as_ours(f"reading the switch of {flow.value}"):
            answer = self.client.get_item(TableName=self.table_name, Key=_key(flow), ConsistentRead=True)
        plain = plain_of(answer.get("Item", {}))
        paused_by = plain.get("paused_by")
        return Circuit(
            paused_by=paused_by,
            reason=plain.get("pause_reason" if paused_by is not None else "trip_reason", ""),
            open_until=optional_time_of(plain.get("open_until")),
            suspects=frozenset(plain.get("suspects", ())),
        )

    def suspect(self, flow: Flow, order_ids: Iterable[str]) -> None:
        """Note orders that gave up; the worker asks only whether there are two, so a few are kept."""
        noted = sorted(set(order_ids))[:SUSPECTS_NOTED]
        if not noted:
            return
        with aws_failures_as_ours(f"noting suspects of {flow.value}"):
            try:
                self.client.update_item(
                    TableName=self.table_name,
                    Key=_key(flow),
                    UpdateExpression="ADD suspects :noted",
                    ConditionExpression="attribute_not_exists(suspects) OR size(suspects) < :enough",
                    ExpressionAttributeValues={":noted": {"SS": noted}, ":enough": {"N": str(SUSPECTS_NOTED)}},
                )
            except ClientError as error:
                if error_code(error) != "ConditionalCheckFailedException":
                    raise

    def trip(self, flow: Flow, *, reason: str, at: datetime, retry_at: datetime) -> None:
        """Open the circuit; a pause by hand stands beside it, and the suspects stay noted."""
        self._update(
            flow,
            "SET open_until = :until, trip_reason = :reason, tripped_at = :at",
            {":until": time_text(retry_at), ":reason": reason, ":at": time_text(at)},
        )

    def close(self, flow: Flow) -> None:
        """Close the circuit and forget the suspects; a pause by hand stays."""
        self._update(flow, "REMOVE open_until, trip_reason, tripped_at, suspects")

    def pause(self, flow: Flow, *, by: str, reason: str) -> None:
        """Stop the flow by hand: its orders are held until `resume`."""
        self._update(flow, "SET paused_by = :by, pause_reason = :reason", {":by": by, ":reason": reason})

    def resume(self, flow: Flow) -> None:
        """Let the flow run again; a circuit that is open stays open until its time."""
        self._update(flow, "REMOVE paused_by, pause_reason")

    def _update(self, flow: Flow, expression: str, values: Mapping[str, str] | None = None) -> None:
        update: UpdateItemInputTypeDef = {
            "TableName": self.table_name,
            "Key": _key(flow),
            "UpdateExpression": expression,
        }
        if values:
            update["ExpressionAttributeValues"] = {name: {"S": value} for name, value in values.items()}
        with aws_failures_as_ours(f"turning the switch of {flow.value}"):
            self.client.update_item(**update)


def _key(flow: Flow) -> dict[str, dict[str, str]]:
    return {"pk": {"S": f"FLOW#{flow.value}"}, "sk": {"S": "SWITCH"}}
