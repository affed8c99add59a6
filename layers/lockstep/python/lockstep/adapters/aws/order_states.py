"""The memory of every order in DynamoDB: table `OrderState`.

Under `ORDER#<id>` stand `WAREHOUSE` and `STOREFRONT`; under `NUMBER#<unit>/<number>` and `PAYMENT#<id>` the
aliases (`ALIAS`) that lead to the order, and under the latter also `ORPHAN`, the note that it spoke first.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from lockstep.adapters.aws.batch_reads import read_items
from lockstep.adapters.aws.failures import aws_failures_as_ours
from lockstep.adapters.aws.order_items import (
    STOREFRONT,
    WAREHOUSE,
    order_partition,
    storefront_item,
    storefront_record,
    warehouse_item,
    warehouse_record,
)
from lockstep.adapters.aws.paged_queries import query_items
from lockstep.adapters.aws.transactions import ConditionsFailedError, write_together
from lockstep.domain.errors import ConcurrentChangeError, PermanentError
from lockstep.domain.exception_codes import ExceptionCode
from lockstep.domain.order_state import OrderRecords, StorefrontRecord, WarehouseRecord

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import PutTypeDef, QueryInputTypeDef, TransactWriteItemTypeDef

    from lockstep.adapters.aws.stored_values import Item, StoredItem

_ALIAS = "ALIAS"
_ORPHAN = "ORPHAN"


@dataclass(frozen=True, slots=True)
class DynamoOrderStates:
    """`flows.ports.OrderStates` on one table."""

    client: DynamoDBClient
    table_name: str

    def load(self, order_id: str) -> OrderRecords:
        """Both records, by one strongly consistent query."""
        query: QueryInputTypeDef = {
            "TableName": self.table_name,
            "KeyConditionExpression": "pk = :pk",
            "ExpressionAttributeValues": {":pk": {"S": order_partition(order_id)}},
            "ConsistentRead": True,
        }
        stored = query_items(self.client, query, f"reading what is stored of order {order_id}")
        items = {item["sk"]["S"]: item for item in stored}
        warehouse, storefront = items.get(WAREHOUSE), items.get(STOREFRONT)
        return OrderRecords(
            warehouse=None if warehouse is None else warehouse_record(warehouse),
            storefront=None if storefront is None else storefront_record(storefront),
        )

    def save_warehouse(
        self, record: WarehouseRecord, *, number_alias: str | None = None, payment_aliases: Sequence[str] = ()
    ) -> WarehouseRecord:
        """Store the record, with the aliases in one transaction; a payment that another order named first stays its."""
        saved = replace(record, revision=record.revision + 1)
        writes: list[TransactWriteItemTypeDef] = [self._put_if_unmoved(warehouse_item(saved), record.revision)]
        if number_alias is not None:
            writes.append(self._number_claim(number_alias, record.order_id))
        writes.extend(self._payment_claim(payment_id, record.order_id) for payment_id in dict.fromkeys(payment_aliases))
        try:
            write_together(self.client, writes, f"storing the warehouse record of order {record.order_id}")
        except ConditionsFailedError as failure:
            if 0 in failure.held:
                raise _moved(record.order_id, "warehouse") from None
            raise _number_taken(record.order_id, number_alias or "", failure.held[1]) from None
        return saved

    def save_storefront(self, record: StorefrontRecord) -> StorefrontRecord:
        """Store the record by one conditional put."""
        saved = replace(record, revision=record.revision + 1)
        write = self._put_if_unmoved(storefront_item(saved), record.revision)
        try:
            write_together(self.client, [write], f"storing the storefront record of order {record.order_id}")
        except ConditionsFailedError:
            raise _moved(record.order_id, "storefront") from None
        return saved

    def order_of_payment(self, payment_id: str) -> str | None:
        """The order that first named the payment, strongly consistent."""
        with aws_failures_as_ours(f"looking for the order of payment {payment_id}"):
            answer = self.client.get_item(
                TableName=self.table_name,
                Key={"pk": {"S": _payment_partition(payment_id)}, "sk": {"S": _ALIAS}},
                ConsistentRead=True,
            )
        return answer["Item"]["order_id"]["S"] if "Item" in answer else None

    def keep_orphan_payment(self, payment_id: str, message_id: str) -> None:
        """Note that the payment spoke; noting it again replaces the note."""
        with aws_failures_as_ours(f"noting payment {payment_id}, whose order is not known yet"):
            self.client.put_item(
                TableName=self.table_name,
                Item={
                    "pk": {"S": _payment_partition(payment_id)},
                    "sk": {"S": _ORPHAN},
                    "message_id": {"S": message_id},
                },
            )

    def orphan_payments(self, payment_ids: Iterable[str]) -> frozenset[str]:
        """Those of the payments that have an orphan note, strongly consistent."""
        ids = {_payment_partition(payment_id): payment_id for payment_id in payment_ids}
        items = read_items(
            self.client,
            self.table_name,
            ((partition, _ORPHAN) for partition in ids),
            "looking for payments that spoke before their order was known",
        )
        return frozenset(ids[item["pk"]["S"]] for item in items)

    def _put_if_unmoved(self, item: Item, read_revision: int) -> TransactWriteItemTypeDef:
        put: PutTypeDef = {
            "TableName": self.table_name,
            "Item": item,
            "ConditionExpression": "attribute_not_exists(pk)",
        }
        if read_revision > 0:
            put["ConditionExpression"] = "revision = :read"
            put["ExpressionAttributeValues"] = {":read": {"N": str(read_revision)}}
        return {"Put": put}

    def _number_claim(self, number_alias: str, order_id: str) -> TransactWriteItemTypeDef:
        return {
            "Put": {
                "TableName": self.table_name,
                "Item": {"pk": {"S": f"NUMBER#{number_alias}"}, "sk": {"S": _ALIAS}, "order_id": {"S": order_id}},
                "ConditionExpression": "attribute_not_exists(pk) OR order_id = :order",
                "ExpressionAttributeValues": {":order": {"S": order_id}},
                "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
            }
        }

    def _payment_claim(self, payment_id: str, order_id: str) -> TransactWriteItemTypeDef:
        """Unconditional on purpose: a payment shared by two orders wakes the first and stops neither."""
        return {
            "Update": {
                "TableName": self.table_name,
                "Key": {"pk": {"S": _payment_partition(payment_id)}, "sk": {"S": _ALIAS}},
                "UpdateExpression": "SET order_id = if_not_exists(order_id, :order)",
                "ExpressionAttributeValues": {":order": {"S": order_id}},
            }
        }


def _payment_partition(payment_id: str) -> str:
    return f"PAYMENT#{payment_id}"


def _moved(order_id: str, side: str) -> ConcurrentChangeError:
    return ConcurrentChangeError(f"The {side} record of order {order_id} was changed since it was read.")


def _number_taken(order_id: str, number: str, holder: StoredItem) -> PermanentError:
    other = holder.get("order_id", {}).get("S", "another order")
    return PermanentError(
        ExceptionCode.ORDER_NUMBER_TAKEN,
        f"its warehouse number {number} already belongs to order {other}",
        facts={"number": number, "order_id": order_id, "held_by": other},
    )
