"""What an HTTP answer, or its absence, means: one table for both systems.

| what came back                      | read            | write                  |
|-------------------------------------|-----------------|------------------------|
| 2xx with a body that can be read    | the answer      | the answer             |
| 2xx with no body or one that is not JSON | TransientError | OutcomeUnknownError |
| 2xx with JSON that lacks what was expected | the adapter's to judge | the adapter's |
| 400, 404, 409, 422                  | the adapter's to judge | the adapter's   |
| 401 (after one new token), 403      | ConfigurationError | ConfigurationError  |
| 429                                 | SystemBusyError | SystemBusyError: not processed (DEP-LIMIT-03) |
| 5xx                                 | TransientError  | OutcomeUnknownError: may have happened (CT-ERR-03) |
| no connection could be made         | TransientError  | TransientError: nothing was sent |
| timeout or cut after sending        | TransientError  | OutcomeUnknownError    |
| anything else                       | ConfigurationError | ConfigurationError  |
"""

from __future__ import annotations

from lockstep.domain.errors import (
    ConfigurationError,
    LockstepError,
    OutcomeUnknownError,
    SystemBusyError,
    TransientError,
)

JUDGED_BY_ADAPTER = frozenset({400, 404, 409, 422})
"""Refusals whose meaning depends on what was asked."""


def failure_of_status(
    system: str, kind: str, status: int, *, is_write: bool, retry_after_seconds: float | None
) -> LockstepError | None:
    """The error that a status stands for; None where the answer is the adapter's to judge."""
    if 200 <= status < 300 or status in JUDGED_BY_ADAPTER:
        return None
    what = f"{system} answered {status} to {kind}"
    if status == 429:
        return SystemBusyError(f"{what}: too many calls", retry_after_seconds=retry_after_seconds)
    if status >= 500 and is_write:
        return OutcomeUnknownError(f"{what}: it may have taken effect", retry_after_seconds=retry_after_seconds)
    if status >= 500 or status == 408:
        return TransientError(what, retry_after_seconds=retry_after_seconds)
    if status in (401, 403):
        return ConfigurationError(f"{what}: the credentials are refused or lack a permission")
    return ConfigurationError(f"{what}, which this call never should")


def failure_of_transport(system: str, kind: str, error: Exception, *, is_write: bool, was_sent: bool) -> LockstepError:
    """The error that a failed exchange stands for; `was_sent` tells whether the request may have arrived."""
    what = f"{system} did not answer {kind} ({type(error).__name__})"
    if is_write and was_sent:
        return OutcomeUnknownError(f"{what}: it may have taken effect")
    return TransientError(what)


def failure_of_body(system: str, kind: str, *, is_write: bool) -> LockstepError:
    """The error that an empty or unreadable success stands for."""
    what = f"{system} answered {kind} with success and a body that cannot be read"
    return OutcomeUnknownError(what) if is_write else TransientError(what)
