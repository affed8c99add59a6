"""Every way a piece of work can fail, grouped by what happens to it next.

    LockstepError
    ├── TransientError               the same work may succeed later
    │   ├── SystemBusyError          429, throttling: nothing was done, slow down
    │   ├── OutOfTimeError           the invocation is about to end: nothing was done
    │   ├── OutcomeUnknownError      a write was sent and its answer lost: look before writing again
    │   └── ConcurrentChangeError    somebody else wrote first: read, recompute, write again
    ├── PermanentError               this order will never work as it is: a person must act
    └── ConfigurationError           no order will work: credentials, a missing channel, a wrong setting

"Not ready" (payment pending, SKU unmapped) is no error: it is a hold, see `holds`.
Messages name ids and rules, never people, addresses or secrets, because they reach logs and screens.
"""

from __future__ import annotations

from lockstep.domain.exception_codes import ExceptionCode


class LockstepError(Exception):
    """Root of all expected failures; `str(error)` is fit for an operator."""


class TransientError(LockstepError):
    """The same work may succeed later; `retry_after_seconds` is the other side's wish, if it told one."""

    def __init__(self, message: str, *, retry_after_seconds: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class SystemBusyError(TransientError):
    """The other system refused for load; the request had no effect."""


class OutOfTimeError(TransientError):
    """The invocation would end before the next step could; the step was not begun."""


class OutcomeUnknownError(TransientError):
    """A write was sent and may have taken effect: whoever tries again looks first."""


class ConcurrentChangeError(TransientError):
    """The stored or remote version moved on; `current_version` is the other side's, if it told it."""

    def __init__(self, message: str, *, current_version: int | None = None) -> None:
        super().__init__(message)
        self.current_version = current_version


class PermanentError(LockstepError):
    """The work cannot succeed until a person changes something; `code` says who and what."""

    def __init__(self, code: ExceptionCode, message: str, *, facts: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.facts = dict(facts or {})


class ConfigurationError(LockstepError):
    """Lockstep itself is set up wrongly: nothing can succeed until engineering has acted."""
