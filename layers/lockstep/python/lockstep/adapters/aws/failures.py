"""AWS's own errors in the words of `domain.errors`, so that no flow needs to know a library."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    NoCredentialsError,
    NoRegionError,
    ParamValidationError,
    PartialCredentialsError,
    ProfileNotFound,
    UnknownServiceError,
)
from botocore.parsers import ResponseParserError

from lockstep.domain.errors import ConfigurationError, LockstepError, PermanentError, SystemBusyError, TransientError
from lockstep.domain.exception_codes import ExceptionCode

if TYPE_CHECKING:
    from collections.abc import Iterator

_BUSY = frozenset(
    {
        "KMSThrottlingException",
        "KmsThrottled",
        "LimitExceededException",
        "OverLimit",
        "ProvisionedThroughputExceeded",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "SlowDown",
        "Throttling",
        "ThrottlingError",
        "ThrottlingException",
        "ThrottledException",
        "TooManyRequestsException",
    }
)
_PASSING = frozenset(
    {
        "IDPCommunicationError",
        "InternalFailure",
        "InternalServerError",
        "InternalServiceError",
        "RequestTimeout",
        "RequestTimeoutException",
        "ServiceUnavailable",
        "TransactionConflict",
        "TransactionConflictException",
        "TransactionInProgressException",
    }
)
_SET_UP_WRONGLY = frozenset(
    {
        "AWS.SimpleQueueService.NonExistentQueue",
        "AccessDenied",
        "AccessDeniedException",
        "DecryptionFailure",
        "ExpiredToken",
        "ExpiredTokenException",
        "IncompleteSignature",
        "InvalidAddress",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "KMSAccessDeniedException",
        "KMSDisabledException",
        "KMSInvalidStateException",
        "KMSNotFoundException",
        "KmsAccessDenied",
        "KmsDisabled",
        "KmsInvalidState",
        "KmsNotFound",
        "MissingAuthenticationToken",
        "NotAuthorized",
        "OptInRequired",
        "QueueDoesNotExist",
        "ResourceNotFoundException",
        "SignatureDoesNotMatch",
        "UnauthorizedOperation",
        "UnrecognizedClientException",
    }
)
_BOTOCORE_SET_UP_WRONGLY = (
    NoCredentialsError,
    PartialCredentialsError,
    NoRegionError,
    ProfileNotFound,
    UnknownServiceError,
)


@contextmanager
def aws_failures_as_ours(doing: str) -> Iterator[None]:
    """Run a block that calls AWS; whatever botocore raises leaves it as a `LockstepError`.

    `doing` completes "While ..." for the operator: what was attempted, with the order's or queue's name.
    What needs the original error (a failed condition) catches it inside the block.
    """
    try:
        yield
    except ClientError as error:
        raise translated(error, doing) from error
    except ParamValidationError:
        # Its text quotes the parameters, which may be secret: neither the text nor the cause goes on.
        raise _refused(doing, "the request is malformed", "ParamValidation") from None
    except _BOTOCORE_SET_UP_WRONGLY as error:
        raise ConfigurationError(f"While {doing}: {error}. Check the function's role and region.") from error
    except (BotoCoreError, ResponseParserError) as error:
        raise TransientError(f"While {doing}: no usable answer from AWS ({type(error).__name__}).") from error


def translated(error: ClientError, doing: str) -> LockstepError:
    """AWS's refusal as one of ours: busy, passing, set up wrongly, or a defect in what was asked."""
    code = error_code(error)
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if code in _BUSY or status == 429:
        return SystemBusyError(f"While {doing}: AWS throttled the call ({code}).")
    if code in _SET_UP_WRONGLY or status in (401, 403):
        return ConfigurationError(
            f"While {doing}: AWS refused the call ({code}). Check the function's role, and that what it names exists."
        )
    if code in _PASSING or status >= 500:
        return TransientError(f"While {doing}: AWS failed ({code}).")
    return _refused(doing, f"AWS refused the request ({code})", code)


def error_code(error: ClientError) -> str:
    """AWS's name of the error, empty where it gave none."""
    return error.response.get("Error", {}).get("Code", "")


def _refused(doing: str, why: str, code: str) -> PermanentError:
    return PermanentError(ExceptionCode.UNEXPECTED_ERROR, f"While {doing}: {why}", facts={"aws_error": code})
