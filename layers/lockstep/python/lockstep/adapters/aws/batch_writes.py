"""Putting many items into one table, unconditionally."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockstep.adapters.aws.failures import aws_failures_as_ours
from lockstep.domain.errors import SystemBusyError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import WriteRequestOutputTypeDef, WriteRequestTypeDef

    from lockstep.adapters.aws.stored_values import Item

ITEMS_PER_CALL = 25
"""DynamoDB's own limit for BatchWriteItem."""

_ATTEMPTS = 4


def put_items(client: DynamoDBClient, table_name: str, items: Sequence[Item], doing: str) -> None:
    """Put the items; some may be there and others not while it fails, so putting them again must be harmless.

    Items that DynamoDB left unprocessed for load are put again at once, a few times; then `SystemBusyError` is
    raised, and whoever called waits in its own way.
    """
    for start in range(0, len(items), ITEMS_PER_CALL):
        _put_call(client, table_name, items[start : start + ITEMS_PER_CALL], doing)


def _put_call(client: DynamoDBClient, table_name: str, items: Sequence[Item], doing: str) -> None:
    requests: Sequence[WriteRequestTypeDef | WriteRequestOutputTypeDef] = [
        {"PutRequest": {"Item": item}} for item in items
    ]
    for _ in range(_ATTEMPTS):
        with aws_failures_as_ours(doing):
            answer = client.batch_write_item(RequestItems={table_name: requests})
        requests = answer.get("UnprocessedItems", {}).get(table_name, [])
        if not requests:
            return
    raise SystemBusyError(f"While {doing}: DynamoDB left items unwritten {_ATTEMPTS} times.")
