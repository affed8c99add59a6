"""Access tokens: fetched late, kept until shortly before they end, replaced once when refused."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from lockstep.domain.errors import LockstepError
from lockstep.flows.ports import Clock

MARGIN = timedelta(seconds=60)
"""A token this close to its end is not used any more."""

FAILURE_SHARED = timedelta(seconds=5)
"""For so long a failed fetch answers for whoever asks next, so that a token endpoint that hangs is waited for
once and not by every order of a batch in turn."""


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A bearer token and when it ends. Its text appears in no `repr`."""

    text: str = field(repr=False)
    ends_at: datetime


@dataclass(slots=True)
class TokenCache:
    """One system's token for this execution environment; groups side by side share it, and share its failures."""

    fetch: Callable[[], AccessToken]
    clock: Clock
    _current: AccessToken | None = field(default=None, repr=False)
    _failure: LockstepError | None = field(default=None, repr=False)
    _failure_ends_at: datetime | None = field(default=None, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def token(self) -> str:
        """A token that is good for a while. Raises what `fetch` raises, or raised a moment ago."""
        with self._lock:
            if self._current is None or self._current.ends_at - MARGIN <= self.clock.now():
                return self._fetched()
            return self._current.text

    def replace(self, refused: str) -> str:
        """A token other than the refused one; of several threads refused at once only the first fetches."""
        with self._lock:
            if self._current is None or self._current.text == refused:
                self._current = None
                return self._fetched()
            return self._current.text

    def _fetched(self) -> str:
        if self._failure is not None and self._failure_ends_at is not None:
            if self.clock.now() < self._failure_ends_at:
                raise self._failure.with_traceback(None)
            self._failure = None
        try:
            self._current = self.fetch()
        except LockstepError as error:
            self._failure = error
            self._failure_ends_at = self.clock.now() + FAILURE_SHARED
            raise
        return self._current.text
