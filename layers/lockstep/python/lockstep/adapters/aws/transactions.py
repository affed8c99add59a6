"""DynamoDB transactions, with the reason why one was cancelled in our words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from lockstep.adapters.aws.failures import aws_failures_as_ours, error_code, translated

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

CONDITION_FAILED = "ConditionalCheckFailed"


class ConditionsFailedError(Exception):
    """The transaction did nothing because conditions did not hold.

    `held` maps the position of each such write to the item that stood in its way, where the write asked for
    it by `ReturnValuesOnConditionCheckFailure`; an empty mapping where it did not or there was none.
    """

    def __init__(self, held: Mapping[int, Mapping[str, Any]]) -> None:
        super().__init__(f"conditions failed at {sorted(held)}")
        self.held = held


def write_together(client: DynamoDBClient, writes: Sequence[TransactWriteItemTypeDef], doing: str) -> None:
    """All of the writes or none.

    Raises `ConditionsFailedError` when a condition did not hold, `TransientError` when another transaction
    was at one of the items, and what `aws_failures_as_ours` makes of everything else.
    """
    with aws_failures_as_ours(doing):
        try:
            client.transact_write_items(TransactItems=writes)
        except ClientError as error:
            if error_code(error) != "TransactionCanceledException":
                raise
            _explain(error, doing)


def _explain(error: ClientError, doing: str) -> None:
    response: Mapping[str, Any] = error.response
    reasons: Sequence[Mapping[str, Any]] = response.get("CancellationReasons", ())
    failed = {
        position: reason.get("Item") or {}
        for position, reason in enumerate(reasons)
        if reason.get("Code") == CONDITION_FAILED
    }
    if failed:
        raise ConditionsFailedError(failed) from None
    code = next((reason["Code"] for reason in reasons if reason.get("Code") not in (None, "None")), None)
    # A cancellation that names no reason is nobody's fault that we could name: like a conflict, it may pass.
    cause = ClientError({"Error": {"Code": code or "TransactionConflict"}}, "TransactWriteItems")
    raise translated(cause, doing) from error
