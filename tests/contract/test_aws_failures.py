"""Every way AWS fails has one of our names, and no library's exception gets through."""

from __future__ import annotations

import pytest
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    NoRegionError,
    ParamValidationError,
    ReadTimeoutError,
)
from botocore.parsers import ResponseParserError
from lockstep.adapters.aws.failures import aws_failures_as_ours
from lockstep.domain.errors import (
    ConfigurationError,
    LockstepError,
    PermanentError,
    SystemBusyError,
    TransientError,
)
from lockstep.domain.exception_codes import ExceptionCode


def outcome(error: Exception) -> LockstepError:
    with pytest.raises(LockstepError) as failure, aws_failures_as_ours("storing order order-1"):
        raise error
    return failure.value


def refusal(code: str, status: int = 400) -> ClientError:
    return ClientError(
        {"Error": {"Code": code, "Message": "words of AWS"}, "ResponseMetadata": {"HTTPStatusCode": status}},  # type: ignore[typeddict-item]
        "PutItem",
    )


@pytest.mark.parametrize(
    "code",
    ["ThrottlingException", "ProvisionedThroughputExceededException", "RequestThrottled", "TooManyRequestsException"],
)
def test_throttling_means_busy(code: str) -> None:
    assert type(outcome(refusal(code))) is SystemBusyError


def test_an_unknown_error_with_status_429_means_busy() -> None:
    assert type(outcome(refusal("SomethingNew", 429))) is SystemBusyError


@pytest.mark.parametrize(
    "code", ["InternalServerError", "TransactionConflictException", "TransactionInProgressException"]
)
def test_what_passes_is_transient(code: str) -> None:
    assert type(outcome(refusal(code))) is TransientError


def test_an_unknown_error_of_the_server_is_transient() -> None:
    assert type(outcome(refusal("SomethingNew", 503))) is TransientError


@pytest.mark.parametrize(
    "code",
    [
        "AccessDeniedException",
        "ResourceNotFoundException",
        "UnrecognizedClientException",
        "AWS.SimpleQueueService.NonExistentQueue",
        "KmsAccessDenied",
    ],
)
def test_what_engineering_must_set_right_is_a_configuration_error(code: str) -> None:
    assert type(outcome(refusal(code))) is ConfigurationError


def test_an_unknown_refusal_of_permission_is_a_configuration_error() -> None:
    assert type(outcome(refusal("SomethingNew", 403))) is ConfigurationError


def test_throttling_that_comes_with_status_403_still_means_busy() -> None:
    assert type(outcome(refusal("RequestThrottled", 403))) is SystemBusyError


def test_a_refused_request_is_a_defect_that_concerns_one_order_only() -> None:
    error = outcome(refusal("ValidationException"))

    assert isinstance(error, PermanentError)
    assert (error.code, error.facts) == (ExceptionCode.UNEXPECTED_ERROR, {"aws_error": "ValidationException"})


@pytest.mark.parametrize(
    "error",
    [
        ConnectTimeoutError(endpoint_url="https://dynamodb"),
        ReadTimeoutError(endpoint_url="https://dynamodb"),
        EndpointConnectionError(endpoint_url="https://dynamodb"),
        ResponseParserError("no XML"),
        BotoCoreError(),
    ],
)
def test_no_answer_is_transient(error: Exception) -> None:
    assert type(outcome(error)) is TransientError


@pytest.mark.parametrize("error", [NoCredentialsError(), NoRegionError()])
def test_missing_credentials_are_a_configuration_error(error: Exception) -> None:
    assert type(outcome(error)) is ConfigurationError


def test_a_malformed_request_is_not_quoted() -> None:
    error = outcome(ParamValidationError(report="Invalid type for SecretString, value: s3cr3t"))

    assert isinstance(error, PermanentError)
    assert "s3cr3t" not in str(error)
    assert error.__cause__ is None


def test_the_operator_is_told_what_was_being_done() -> None:
    assert str(outcome(refusal("InternalServerError"))).startswith("While storing order order-1:")


def test_an_error_of_ours_passes_unchanged() -> None:
    ours = TransientError("ours")

    assert outcome(ours) is ours
