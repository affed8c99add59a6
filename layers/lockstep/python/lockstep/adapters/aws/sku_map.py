"""Which SKU is which item, in DynamoDB: table `SkuMap`.

`SKU#<unit>#<sku>` and `ITEM#<unit>#<number>` (both `CLAIM`) name each other and are written in one
transaction, so that the map is one to one by construction. `WAIT#<unit>#<sku>` holds one item per order that
waits for the SKU. A business unit holds no `#` (`adapters.settings_document`), so the keys are unambiguous.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lockstep.adapters.aws.batch_reads import read_items
from lockstep.adapters.aws.failures import aws_failures_as_ours
from lockstep.adapters.aws.paged_queries import query_items
from lockstep.adapters.aws.stored_values import time_text
from lockstep.adapters.aws.transactions import ConditionsFailedError, write_together
from lockstep.domain.errors import ConcurrentChangeError
from lockstep.domain.warehouse_orders import MappedItem

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

_CLAIM = "CLAIM"


@dataclass(frozen=True, slots=True)
class DynamoSkuMap:
    """`flows.ports.SkuMap` on one table."""

    client: DynamoDBClient
    table_name: str

    def resolve(self, business_unit: str, skus: Iterable[str]) -> Mapping[str, MappedItem]:
        """The mapped ones of these SKUs, strongly consistent, by a hundred a call."""
        sku_of = {_sku_partition(business_unit, sku): sku for sku in skus}
        items = read_items(
            self.client,
            self.table_name,
            ((partition, _CLAIM) for partition in sku_of),
            f"looking up {len(sku_of)} SKUs of business unit {business_unit}",
        )
        mapped = ((sku_of[item["pk"]["S"]], item["item_number"]["S"]) for item in items)
        return {sku: MappedItem(sku=sku, item_number=number) for sku, number in mapped}

    def map_sku(self, business_unit: str, item: MappedItem) -> None:
        """Claim both in one transaction; a pair that is mapped to each other already stays as it is."""
        sku_partition = _sku_partition(business_unit, item.sku)
        item_partition = f"ITEM#{business_unit}#{item.item_number}"
        doing = f"mapping SKU {item.sku} to item {item.item_number} in business unit {business_unit}"
        try:
            write_together(
                self.client,
                [
                    self._claim(sku_partition, "item_number", item.item_number),
                    self._claim(item_partition, "sku", item.sku),
                ],
                doing,
            )
        except ConditionsFailedError as failure:
            taken = " and ".join(
                f"the SKU is item {held.get('item_number', {}).get('S', '?')}"
                if position == 0
                else f"the item is SKU {held.get('sku', {}).get('S', '?')}"
                for position, held in sorted(failure.held.items())
            )
            raise ConcurrentChangeError(f"While {doing}: {taken} already.") from None

    def wait_for(self, business_unit: str, skus: Iterable[str], order_id: str, since: datetime) -> None:
        """Note the wait once for each SKU; `since` is the first time that was told."""
        for sku in dict.fromkeys(skus):
            with aws_failures_as_ours(f"noting that order {order_id} waits for SKU {sku}"):
                self.client.update_item(
                    TableName=self.table_name,
                    Key={"pk": {"S": _wait_partition(business_unit, sku)}, "sk": {"S": order_id}},
                    UpdateExpression="SET since = if_not_exists(since, :since)",
                    ExpressionAttributeValues={":since": {"S": time_text(since)}},
                )

    def waiting_orders(self, business_unit: str, sku: str) -> tuple[str, ...]:
        """The orders that wait for the SKU, oldest first, strongly consistent."""
        items = query_items(
            self.client,
            {
                "TableName": self.table_name,
                "KeyConditionExpression": "pk = :pk",
                "ExpressionAttributeValues": {":pk": {"S": _wait_partition(business_unit, sku)}},
                "ConsistentRead": True,
            },
            f"looking for orders that wait for SKU {sku}",
        )
        return tuple(order_id for _, order_id in sorted((item["since"]["S"], item["sk"]["S"]) for item in items))

    def _claim(self, partition: str, attribute: str, value: str) -> TransactWriteItemTypeDef:
        return {
            "Put": {
                "TableName": self.table_name,
                "Item": {"pk": {"S": partition}, "sk": {"S": _CLAIM}, attribute: {"S": value}},
                "ConditionExpression": "attribute_not_exists(pk) OR #claimed = :claimed",
                "ExpressionAttributeNames": {"#claimed": attribute},
                "ExpressionAttributeValues": {":claimed": {"S": value}},
                "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
            }
        }


def _sku_partition(business_unit: str, sku: str) -> str:
    return f"SKU#{business_unit}#{sku}"


def _wait_partition(business_unit: str, sku: str) -> str:
    return f"WAIT#{business_unit}#{sku}"
