"""What an answer means, line by line of the table."""

from __future__ import annotations

import pytest
from lockstep.adapters.http.fates import failure_of_body, failure_of_status, failure_of_transport
from lockstep.domain.errors import (
    ConfigurationError,
    LockstepError,
    OutcomeUnknownError,
    SystemBusyError,
    TransientError,
)


def fate(status: int, *, is_write: bool) -> type[LockstepError] | None:
    failure = failure_of_status("Deposco", "a call", status, is_write=is_write, retry_after_seconds=7)
    return None if failure is None else type(failure)


@pytest.mark.parametrize("status", [200, 201, 204, 400, 404, 409, 422])
@pytest.mark.parametrize("is_write", [False, True])
def test_answers_and_refusals_of_the_order_are_the_adapters_to_judge(status: int, is_write: bool) -> None:
    assert fate(status, is_write=is_write) is None


@pytest.mark.parametrize(
    ("status", "of_a_read", "of_a_write"),
    [
        (301, ConfigurationError, ConfigurationError),
        (401, ConfigurationError, ConfigurationError),
        (403, ConfigurationError, ConfigurationError),
        (405, ConfigurationError, ConfigurationError),
        (408, TransientError, TransientError),
        (429, SystemBusyError, SystemBusyError),
        (500, TransientError, OutcomeUnknownError),
        (503, TransientError, OutcomeUnknownError),
        (504, TransientError, OutcomeUnknownError),
    ],
)
def test_every_other_status_has_its_fate(
    status: int, of_a_read: type[LockstepError], of_a_write: type[LockstepError]
) -> None:
    assert (fate(status, is_write=False), fate(status, is_write=True)) == (of_a_read, of_a_write)


def test_the_wish_of_a_busy_system_is_passed_on() -> None:
    failure = failure_of_status("Deposco", "a call", 429, is_write=True, retry_after_seconds=7)
    assert isinstance(failure, SystemBusyError)
    assert failure.retry_after_seconds == 7


@pytest.mark.parametrize(
    ("is_write", "was_sent", "expected"),
    [
        (False, False, TransientError),
        (False, True, TransientError),
        (True, False, TransientError),
        (True, True, OutcomeUnknownError),
    ],
)
def test_a_call_without_answer_is_in_doubt_only_if_a_write_was_sent(
    is_write: bool, was_sent: bool, expected: type[LockstepError]
) -> None:
    failure = failure_of_transport("Deposco", "a call", TimeoutError(), is_write=is_write, was_sent=was_sent)
    assert type(failure) is expected


@pytest.mark.parametrize(("is_write", "expected"), [(False, TransientError), (True, OutcomeUnknownError)])
def test_a_success_without_a_readable_body_is_in_doubt_only_for_a_write(
    is_write: bool, expected: type[LockstepError]
) -> None:
    assert type(failure_of_body("Deposco", "a call", is_write=is_write)) is expected
