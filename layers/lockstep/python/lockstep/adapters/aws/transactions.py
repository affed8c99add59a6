"""Writes to several items that happen together or not at all, and why they did not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from lockstep.adapters.aws.failures import aws_failures_as_ours, error_code

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef


class ConditionsFailedError(Exception):
    """Nothing was written because conditions did not hold.

    `held` maps the position of each such write to the item that stood in its way, where the write asked for
    it by `ReturnValuesOnConditionCheckFailure`; an empty mapping where it did not or there was none.
    """

    def __init__(self, held: Mapping[int, Mapping[str, Any]]) -> None:
        super().__init__(f"conditions failed at {sorted(held)}")
        self.held = held


def write_together(client: DynamoDBClient, writes: Sequence[TransactWriteItemTypeDef], doing: str) -> None:
    """All of the writes or none; a put that stands alone is made without a transaction, which costs twice as much.

    Raises `ConditionsFailedError` when a condition did not hold, `TransientError` when another transaction
    was at one of the items, and what `aws_failures_as_ours` makes of everything else.
    """
    with aws_failures_as_ours(doing):
        try:
            if len(writes) == 1 and "Put" in writes[0]:
                client.put_item(**writes[0]["Put"])
            else:
                client.transact_write_items(TransactItems=writes)
        except ClientError as error:
            held = _failed_conditions(error)
            if held:
                raise ConditionsFailedError(held) from None
            raise _cause_of_cancellation(error) from error


def _failed_conditions(error: ClientError) -> dict[int, Mapping[str, Any]]:
    response: Mapping[str, Any] = error.response
    if error_code(error) == "ConditionalCheckFailedException":
        return {0: response.get("Item", {})}
    return {
        position: reason.get("Item", {})
        for position, reason in enumerate(response.get("CancellationReasons", ()))
        if reason.get("Code") == "ConditionalCheckFailed"
    }


def _cause_of_cancellation(error: ClientError) -> ClientError:
    """The first reason of a cancelled transaction as an error of its own; any other error as it is.

    A cancellation that names no reason is taken for a conflict: like that, it may pass.
    """
    if error_code(error) != "TransactionCanceledException":
        return error
    response: Mapping[str, Any] = error.response
    codes = (reason.get("Code") for reason in response.get("CancellationReasons", ()))
    code = next((code for code in codes if code not in (None, "None")), "TransactionConflict")
    return ClientError({"Error": {"Code": code}}, error.operation_name)
