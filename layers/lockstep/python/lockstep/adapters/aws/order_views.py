"""What is derived from the orders' records, in DynamoDB: table `OrderViews`.

| pk | sk | holds |
|---|---|---|
| `TIMELINE#<order>` | `<at>#<lane>#<sequence>` | one thing that happened; expires by TTL |
| `ORDER#<order>` | `<lane>` | the summary at one revision, and which hold item and timeline entries belong to it |
| `HOLDS#<lane>` | `<wake_at>#<order>` | an order that waits, the one that is due first at the head |

Timeline entries are written first and the summary last, so that a summary's revision says that all the rest
is there.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from lockstep.adapters.aws.batch_writes import put_items
from lockstep.adapters.aws.failures import aws_failures_as_ours
from lockstep.adapters.aws.order_items import entry_of, entry_plain, hold_of, hold_plain
from lockstep.adapters.aws.paged_queries import query_items
from lockstep.adapters.aws.stored_values import item_of, plain_of, time_text, word_of
from lockstep.adapters.aws.transactions import ConditionsFailedError, write_together
from lockstep.domain.errors import ConcurrentChangeError
from lockstep.domain.flow_switches import Flow
from lockstep.domain.order_summaries import LaneSummary, TimelineEntry
from lockstep.domain.order_views import DueHold

if TYPE_CHECKING:
    from datetime import datetime

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import QueryInputTypeDef, TransactWriteItemTypeDef

    from lockstep.adapters.aws.stored_values import Item
    from lockstep.domain.order_state import HistoryEntry, Hold, HoldReason
    from lockstep.domain.order_views import ViewChange

_ROUNDS = 3
_SECONDS_A_DAY = 86_400
_AFTER_THE_SEPARATOR = chr(ord("#") + 1)
"""Behind a time, it sorts after the keys of all orders at that time."""


@dataclass(frozen=True, slots=True)
class DynamoOrderViews:
    """`flows.ports.OrderViews` on one table, and its readers; timelines live for `retention_days`."""

    client: DynamoDBClient
    table_name: str
    retention_days: int = 90

    def apply(self, change: ViewChange) -> None:
        """Bring timeline, summary and hold to the change, unless they are there or beyond already."""
        for _ in range(_ROUNDS):
            stored = self._stored_summary(change.order_id, change.lane)
            if stored is not None and int(stored["revision"]) >= change.revision:
                return
            known = int(stored["timeline_sequence"]) if stored is not None else 0
            entries = [entry for entry in change.entries if entry.sequence > known]
            put_items(
                self.client,
                self.table_name,
                [self._timeline_item(change, entry) for entry in entries],
                f"writing the timeline of order {change.order_id}",
            )
            try:
                self._replace_summary(change, stored)
            except ConditionsFailedError:
                continue
            return
        raise ConcurrentChangeError(f"The views of order {change.order_id} are being changed by others.")

    def due_holds(
        self, lane: Flow, now: datetime, limit: int, reasons: frozenset[HoldReason] | None = None
    ) -> tuple[DueHold, ...]:
        """Up to `limit` held orders whose time has come, longest due first; what is not due yet is not read.

        Due holds for other reasons are read and left out, since no key tells them apart.
        """
        if reasons is not None and not reasons:
            return ()
        query: QueryInputTypeDef = {
            "TableName": self.table_name,
            "KeyConditionExpression": "pk = :pk AND sk < :after_now",
            "ExpressionAttributeValues": {
                ":pk": {"S": _holds_partition(lane)},
                ":after_now": {"S": f"{time_text(now)}{_AFTER_THE_SEPARATOR}"},
            },
        }
        if reasons is None:
            query["Limit"] = max(1, limit)
        else:
            named = {f":reason{number}": {"S": reason.value} for number, reason in enumerate(sorted(reasons))}
            query["FilterExpression"] = f"#reason IN ({', '.join(named)})"
            query["ExpressionAttributeNames"] = {"#reason": "reason"}
            query["ExpressionAttributeValues"] = {**query["ExpressionAttributeValues"], **named}
        items = query_items(self.client, query, f"looking for due holds of {lane.value}")
        return tuple(_due_hold(plain_of(item)) for item in islice(items, limit))

    def holds(self, lane: Flow) -> tuple[DueHold, ...]:
        """All held orders of a lane, the one that is due first at the head."""
        return tuple(_due_hold(plain) for plain in self._partition(_holds_partition(lane)))

    def summary(self, order_id: str) -> tuple[LaneSummary, ...]:
        """The order's summaries, one for each lane that has stored anything of it."""
        return tuple(_lane_summary(plain) for plain in self._partition(_order_partition(order_id)))

    def timeline(self, order_id: str) -> tuple[TimelineEntry, ...]:
        """All that happened to the order and has not expired, oldest first."""
        return tuple(
            TimelineEntry(lane=word_of(Flow, plain["lane"]), entry=entry_of(plain))
            for plain in self._partition(f"TIMELINE#{order_id}")
        )

    def _stored_summary(self, order_id: str, lane: Flow) -> dict[str, Any] | None:
        with aws_failures_as_ours(f"reading the summary of order {order_id}"):
            answer = self.client.get_item(
                TableName=self.table_name,
                Key={"pk": {"S": _order_partition(order_id)}, "sk": {"S": lane.value}},
                ConsistentRead=True,
            )
        return plain_of(answer["Item"]) if "Item" in answer else None

    def _replace_summary(self, change: ViewChange, stored: dict[str, Any] | None) -> None:
        """Summary and hold in one transaction, on the condition that the summary is still the one read.

        Raises `ConditionsFailedError` where it is not.
        """
        summary: TransactWriteItemTypeDef = {
            "Put": {
                "TableName": self.table_name,
                "Item": _summary_item(change),
                "ConditionExpression": "attribute_not_exists(pk)",
            }
        }
        if stored is not None:
            summary["Put"]["ConditionExpression"] = "revision = :read"
            summary["Put"]["ExpressionAttributeValues"] = {":read": {"N": str(stored["revision"])}}
        writes = [summary]
        old_key = stored.get("hold_key") if stored is not None else None
        if change.hold is not None:
            writes.append({"Put": {"TableName": self.table_name, "Item": _hold_item(change, change.hold)}})
        if old_key is not None and old_key != _hold_key(change):
            key = {"pk": {"S": _holds_partition(change.lane)}, "sk": {"S": old_key}}
            writes.append({"Delete": {"TableName": self.table_name, "Key": key}})
        write_together(self.client, writes, f"writing the summary of order {change.order_id}")

    def _timeline_item(self, change: ViewChange, entry: HistoryEntry) -> Item:
        return item_of(
            {
                "pk": f"TIMELINE#{change.order_id}",
                "sk": f"{time_text(entry.at)}#{change.lane.value}#{entry.sequence:06d}",
                "lane": change.lane.value,
                "expires_at": int(entry.at.timestamp()) + self.retention_days * _SECONDS_A_DAY,
                **entry_plain(entry),
            }
        )

    def _partition(self, partition: str) -> list[dict[str, Any]]:
        query: QueryInputTypeDef = {
            "TableName": self.table_name,
            "KeyConditionExpression": "pk = :pk",
            "ExpressionAttributeValues": {":pk": {"S": partition}},
        }
        return [plain_of(item) for item in query_items(self.client, query, f"reading the view {partition}")]


def _order_partition(order_id: str) -> str:
    return f"ORDER#{order_id}"


def _holds_partition(lane: Flow) -> str:
    return f"HOLDS#{lane.value}"


def _hold_key(change: ViewChange) -> str | None:
    return None if change.hold is None else f"{time_text(change.hold.wake_at)}#{change.order_id}"


def _summary_item(change: ViewChange) -> Item:
    return item_of(
        {
            "pk": _order_partition(change.order_id),
            "sk": change.lane.value,
            "order_id": change.order_id,
            "revision": change.revision,
            "reference": change.reference,
            "summary": dict(change.summary),
            "hold": None if change.hold is None else hold_plain(change.hold),
            "hold_key": _hold_key(change),
            "timeline_sequence": change.entries[-1].sequence if change.entries else 0,
        }
    )


def _hold_item(change: ViewChange, hold: Hold) -> Item:
    return item_of(
        {
            "pk": _holds_partition(change.lane),
            "sk": _hold_key(change),
            "order_id": change.order_id,
            **hold_plain(hold),
        }
    )


def _due_hold(plain: dict[str, Any]) -> DueHold:
    return DueHold(order_id=plain["order_id"], hold=hold_of(plain))


def _lane_summary(plain: dict[str, Any]) -> LaneSummary:
    return LaneSummary(
        order_id=plain["order_id"],
        lane=word_of(Flow, plain["sk"]),
        revision=int(plain["revision"]),
        reference=plain["reference"],
        facts=plain["summary"],
        hold=hold_of(plain["hold"]) if "hold" in plain else None,
    )
