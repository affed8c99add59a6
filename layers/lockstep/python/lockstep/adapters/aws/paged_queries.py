"""Reading a query's answer to its end, page by page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockstep.adapters.aws.failures import aws_failures_as_ours

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import QueryInputTypeDef

    from lockstep.adapters.aws.stored_values import StoredItem


def query_items(client: DynamoDBClient, query: QueryInputTypeDef, doing: str) -> Iterator[StoredItem]:
    """The items of all pages, in the key's order; a page is read when its first item is asked for.

    A filter is applied by DynamoDB after a page is cut, so a page may be empty and not be the last.
    """
    page_query = query
    while True:
        with aws_failures_as_ours(doing):
            page = client.query(**page_query)
        yield from page["Items"]
        last_key = page.get("LastEvaluatedKey")
        if not last_key:
            return
        page_query = {**query, "ExclusiveStartKey": last_key}
