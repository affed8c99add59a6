"""Reading many items of one table by their keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockstep.adapters.aws.failures import aws_failures_as_ours
from lockstep.domain.errors import SystemBusyError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import KeysAndAttributesTypeDef

    from lockstep.adapters.aws.stored_values import StoredItem

KEYS_PER_CALL = 100
"""DynamoDB's own limit for BatchGetItem."""

_ATTEMPTS = 4


def read_items(
    client: DynamoDBClient, table_name: str, keys: Iterable[tuple[str, str]], doing: str
) -> list[StoredItem]:
    """The items that exist under these (partition, sort) keys, strongly consistent, in no order.

    Keys that DynamoDB left unprocessed for load are asked for again at once, a few times; then
    `SystemBusyError` is raised, and whoever called waits in its own way.
    """
    distinct = list(dict.fromkeys(keys))
    found: list[StoredItem] = []
    for start in range(0, len(distinct), KEYS_PER_CALL):
        asked: KeysAndAttributesTypeDef = {
            "ConsistentRead": True,
            "Keys": [{"pk": {"S": pk}, "sk": {"S": sk}} for pk, sk in distinct[start : start + KEYS_PER_CALL]],
        }
        found.extend(_read_call(client, table_name, asked, doing))
    return found


def _read_call(
    client: DynamoDBClient, table_name: str, asked: KeysAndAttributesTypeDef, doing: str
) -> list[StoredItem]:
    found: list[StoredItem] = []
    for _ in range(_ATTEMPTS):
        with aws_failures_as_ours(doing):
            answer = client.batch_get_item(RequestItems={table_name: asked})
        found.extend(answer["Responses"].get(table_name, ()))
        unprocessed = answer.get("UnprocessedKeys", {}).get(table_name)
        if not unprocessed:
            return found
        asked = {"ConsistentRead": True, "Keys": unprocessed["Keys"]}
    raise SystemBusyError(f"While {doing}: DynamoDB left keys unread {_ATTEMPTS} times.")
