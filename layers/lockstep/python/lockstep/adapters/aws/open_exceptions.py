"""The exceptions people work on, in DynamoDB: table `Exceptions`, one item per order and code.

The index `by-owner` (`owner_state`, then `since`) lists a desk's exceptions by state, oldest first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from lockstep.adapters.aws.failures import aws_failures_as_ours, error_code
from lockstep.adapters.aws.paged_queries import query_items
from lockstep.adapters.aws.stored_values import item_of, money_of, money_plain, plain_of, time_of, time_text, word_of
from lockstep.domain.errors import ConcurrentChangeError
from lockstep.domain.exception_codes import EXCEPTION_KINDS, ExceptionCode, Owner, Severity
from lockstep.domain.open_exceptions import EVENTS_KEPT, ExceptionEvent, ExceptionRecord, ExceptionState

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import UpdateItemInputTypeDef

    from lockstep.adapters.aws.stored_values import StoredItem
    from lockstep.domain.money import Money

_ROUNDS = 3
_AMOUNT = ("amount_minor", "currency", "fraction_digits")


@dataclass(frozen=True, slots=True)
class DynamoOpenExceptions:
    """`flows.ports.OpenExceptions` on one table, and its readers."""

    client: DynamoDBClient
    table_name: str

    def open(
        self,
        code: ExceptionCode,
        *,
        order_id: str,
        reference: str,
        at: datetime,
        message: str,
        facts: Mapping[str, str],
        amount: Money | None,
    ) -> None:
        """Open it or note that it still stands, by one write; a resolved one takes a second write."""
        kind = EXCEPTION_KINDS[code]
        seen = {
            "code": code.value,
            "order_id": order_id,
            "severity": kind.severity.value,
            "last_seen": time_text(at),
            "reference": reference,
            "message": message,
            "facts": dict(facts),
            **(money_plain(amount) or {}),
        }
        opening = {
            "state": ExceptionState.OPEN.value,
            "owner": kind.owner.value,
            "owner_state": _owner_state(kind.owner, ExceptionState.OPEN),
            "since": time_text(at),
        }
        for _ in range(_ROUNDS):
            resolved = self._note(code, order_id, seen, opening)
            if resolved is None or self._reopen(resolved, seen, opening):
                return
        raise ConcurrentChangeError(f"The exception {code.value} of order {order_id} is being changed by others.")

    def resolve(self, code: ExceptionCode, *, order_id: str, at: datetime, by: str) -> None:
        """Close it by one write, conditional on its being open or acknowledged."""
        self._update_if(
            {
                "TableName": self.table_name,
                "Key": _key(order_id, code),
                "UpdateExpression": (
                    "SET #state = :resolved, owner_state = :owner_state, history = list_append(history, :event)"
                ),
                "ConditionExpression": "#state IN (:open, :acknowledged)",
                "ExpressionAttributeNames": {"#state": "state"},
                "ExpressionAttributeValues": item_of(
                    {
                        ":resolved": ExceptionState.RESOLVED.value,
                        ":owner_state": _owner_state(EXCEPTION_KINDS[code].owner, ExceptionState.RESOLVED),
                        ":event": [_event(at, "resolved", by)],
                        ":open": ExceptionState.OPEN.value,
                        ":acknowledged": ExceptionState.ACKNOWLEDGED.value,
                    }
                ),
            },
            f"resolving {code.value} of order {order_id}",
        )

    def of_order(self, order_id: str) -> tuple[ExceptionRecord, ...]:
        """All exceptions that an order ever had, by code, strongly consistent."""
        items = query_items(
            self.client,
            {
                "TableName": self.table_name,
                "KeyConditionExpression": "pk = :pk",
                "ExpressionAttributeValues": {":pk": {"S": f"ORDER#{order_id}"}},
                "ConsistentRead": True,
            },
            f"reading the exceptions of order {order_id}",
        )
        return tuple(_record(item) for item in items)

    def by_owner(self, owner: Owner, state: ExceptionState) -> tuple[ExceptionRecord, ...]:
        """A desk's exceptions in one state, oldest first; the index trails the table by a moment."""
        items = query_items(
            self.client,
            {
                "TableName": self.table_name,
                "IndexName": "by-owner",
                "KeyConditionExpression": "owner_state = :owner_state",
                "ExpressionAttributeValues": {":owner_state": {"S": _owner_state(owner, state)}},
            },
            f"reading the exceptions of {owner.value}",
        )
        return tuple(_record(item) for item in items)

    def all_open(self) -> tuple[ExceptionRecord, ...]:
        """Every desk's exceptions that are not resolved, oldest first."""
        records = [
            record
            for owner in Owner
            for state in (ExceptionState.OPEN, ExceptionState.ACKNOWLEDGED)
            for record in self.by_owner(owner, state)
        ]
        return tuple(sorted(records, key=lambda record: (record.since, record.order_id, record.code)))

    def _note(
        self, code: ExceptionCode, order_id: str, seen: Mapping[str, Any], opening: Mapping[str, Any]
    ) -> StoredItem | None:
        """Open it or refresh what is open; the stored item instead where that is resolved."""
        at = time_of(seen["last_seen"])
        first = {**opening, "history": [_event(at, "opened")]}
        sets = [f"#{name} = :{name}" for name in seen]
        sets.extend(f"#{name} = if_not_exists(#{name}, :{name})" for name in first)
        return self._update_if(
            self._counted(
                _key(order_id, code),
                sets,
                attributes={**seen, **first},
                operands={"resolved": ExceptionState.RESOLVED.value},
                condition="attribute_not_exists(pk) OR #state <> :resolved",
            ),
            f"opening {code.value} of order {order_id}",
        )

    def _reopen(self, resolved: StoredItem, seen: Mapping[str, Any], opening: Mapping[str, Any]) -> bool:
        """Open the resolved item anew; False when somebody changed it meanwhile."""
        old = plain_of(resolved)
        history = [*old.get("history", ()), _event(time_of(seen["last_seen"]), "reopened")][-EVENTS_KEPT:]
        written = {**seen, **opening, "history": history}
        key = {"pk": resolved["pk"], "sk": resolved["sk"]}
        moved = self._update_if(
            self._counted(
                key,
                [f"#{name} = :{name}" for name in written],
                attributes=written,
                operands={"resolved": ExceptionState.RESOLVED.value, "old_since": old["since"]},
                condition="#state = :resolved AND #since = :old_since",
            ),
            f"reopening {old['code']} of order {old['order_id']}",
        )
        return moved is None

    def _counted(
        self,
        key: Mapping[str, Any],
        sets: Sequence[str],
        *,
        attributes: Mapping[str, Any],
        operands: Mapping[str, Any],
        condition: str,
    ) -> UpdateItemInputTypeDef:
        """An update that sets the attributes, counts one more, and removes an amount that is not told."""
        removed = [name for name in _AMOUNT if name not in attributes]
        removal = f" REMOVE {', '.join(f'#{name}' for name in removed)}" if removed else ""
        values = {**attributes, **operands, "one": 1}
        return {
            "TableName": self.table_name,
            "Key": key,
            "UpdateExpression": f"SET {', '.join(sets)}{removal} ADD #count :one",
            "ConditionExpression": condition,
            "ExpressionAttributeNames": {f"#{name}": name for name in ("count", *removed, *attributes)},
            "ExpressionAttributeValues": item_of({f":{name}": value for name, value in values.items()}),
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }

    def _update_if(self, update: UpdateItemInputTypeDef, doing: str) -> StoredItem | None:
        """Update; what stands there instead where the condition does not hold."""
        with aws_failures_as_ours(doing):
            try:
                self.client.update_item(**update)
            except ClientError as error:
                if error_code(error) != "ConditionalCheckFailedException":
                    raise
                response: Mapping[str, Any] = error.response
                stored: StoredItem = response.get("Item", {})
                return stored
        return None


def _key(order_id: str, code: ExceptionCode) -> dict[str, dict[str, str]]:
    return {"pk": {"S": f"ORDER#{order_id}"}, "sk": {"S": code.value}}


def _owner_state(owner: Owner, state: ExceptionState) -> str:
    return f"{owner.value}#{state.value}"


def _event(at: datetime, what: str, by: str = "") -> dict[str, str]:
    return {"at": time_text(at), "what": what, "by": by}


def _record(item: StoredItem) -> ExceptionRecord:
    plain = plain_of(item)
    return ExceptionRecord(
        code=word_of(ExceptionCode, plain["code"]),
        order_id=plain["order_id"],
        reference=plain["reference"],
        state=word_of(ExceptionState, plain["state"]),
        owner=word_of(Owner, plain["owner"]),
        severity=word_of(Severity, plain["severity"]),
        since=time_of(plain["since"]),
        last_seen=time_of(plain["last_seen"]),
        count=int(plain["count"]),
        message=plain["message"],
        facts=plain["facts"],
        amount=money_of(plain if "amount_minor" in plain else None),
        history=tuple(
            ExceptionEvent(at=time_of(event["at"]), what=event["what"], by=event.get("by", ""))
            for event in plain.get("history", ())
        ),
    )
