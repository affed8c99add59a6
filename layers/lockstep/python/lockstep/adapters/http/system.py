"""One remote system over HTTP: its session, its token, its pace, and the fate of every answer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import requests
from requests.adapters import HTTPAdapter

from lockstep.adapters.http.fates import failure_of_body, failure_of_status, failure_of_transport
from lockstep.adapters.http.tokens import TokenCache

CONNECT_SECONDS = 3.05
ANSWER_SECONDS = 12.0
CONNECTIONS = 16
"""At most this many kept open; groups of one batch run side by side."""


class Pace(Protocol):
    """The account's call budget, as one client sees it."""

    def before_call(self) -> None:
        """Wait for the next free slot. Raises `SystemBusyError` or `OutOfTimeError` when there is none in time."""

    def was_throttled(self, pause_seconds: float | None) -> None:
        """The system answered 429, and maybe how long to pause: everybody slows down."""


class NoPace:
    """For a system without a budget."""

    def before_call(self) -> None:
        """Go ahead."""

    def was_throttled(self, pause_seconds: float | None) -> None:
        """Nobody shares this pace."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A success, or a refusal that is the adapter's to judge; `body` is parsed JSON."""

    status: int
    body: Any

    @property
    def is_success(self) -> bool:
        """Whether the system did what was asked."""
        return 200 <= self.status < 300


def open_session() -> requests.Session:
    """A session that keeps connections and never repeats anything by itself."""
    session = requests.Session()
    adapter = HTTPAdapter(pool_connections=4, pool_maxsize=CONNECTIONS, max_retries=0)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session


@dataclass(slots=True, kw_only=True)
class HttpSystem:
    """Calls to one system with bearer tokens and JSON bodies.

    `call` raises `TransientError` and its kin or `ConfigurationError` after the table in `fates`. Nothing is
    repeated here but once after a 401 with a new token: repeating is the queue's, looking first the flow's.

    `answer_seconds` bounds each wait for the next piece of an answer, not the whole answer. A system that sends
    its answer drop by drop can hold a call for longer; the end of the invocation then cuts it, the messages come
    again, and a write that was under way is looked for before it is repeated.
    """

    name: str
    base_url: str
    tokens: TokenCache
    session: requests.Session = field(default_factory=open_session)
    pace: Pace = field(default_factory=NoPace)
    answer_seconds: float = ANSWER_SECONDS

    def read(self, kind: str, path: str, params: Mapping[str, Any] | None = None) -> Answer:
        """A GET; `kind` names the call in messages, `params` are the query."""
        return self._call(kind, "GET", path, params, None, is_write=False)

    def write(self, kind: str, path: str, body: Mapping[str, Any], params: Mapping[str, Any] | None = None) -> Answer:
        """A POST that changes something."""
        return self._call(kind, "POST", path, params, body, is_write=True)

    def _call(
        self,
        kind: str,
        method: str,
        path: str,
        params: Mapping[str, Any] | None,
        body: Mapping[str, Any] | None,
        *,
        is_write: bool,
    ) -> Answer:
        token = self.tokens.token()
        response = self._exchange(kind, method, path, params, body, token, is_write=is_write)
        if response.status_code == 401:
            token = self.tokens.replace(token)
            response = self._exchange(kind, method, path, params, body, token, is_write=is_write)
        wished = _retry_after_seconds(response)
        if response.status_code == 429:
            self.pace.was_throttled(wished)
        failure = failure_of_status(
            self.name, kind, response.status_code, is_write=is_write, retry_after_seconds=wished
        )
        if failure is not None:
            raise failure
        return self._parsed(kind, response, is_write=is_write)

    def _exchange(
        self,
        kind: str,
        method: str,
        path: str,
        params: Mapping[str, Any] | None,
        body: Mapping[str, Any] | None,
        token: str,
        *,
        is_write: bool,
    ) -> requests.Response:
        self.pace.before_call()
        try:
            return self.session.request(
                method,
                self.base_url + path,
                params=params,
                data=None if body is None else json.dumps(body, separators=(",", ":")).encode(),
                headers={"Authorization": f"Bearer {token}", "Accept": "application/json"}
                | ({} if body is None else {"Content-Type": "application/json"}),
                timeout=(CONNECT_SECONDS, self.answer_seconds),
                allow_redirects=False,
            )
        except requests.RequestException as error:
            raise failure_of_transport(
                self.name, kind, error, is_write=is_write, was_sent=not _never_connected(error)
            ) from error

    def _parsed(self, kind: str, response: requests.Response, *, is_write: bool) -> Answer:
        try:
            body = json.loads(response.content)
        except ValueError:
            if 200 <= response.status_code < 300:
                raise failure_of_body(self.name, kind, is_write=is_write) from None
            body = None
        return Answer(response.status_code, body)


def _never_connected(error: requests.RequestException) -> bool:
    """Whether the request cannot have left: no connection was made (a refusal, an unknown host, a timeout)."""
    if isinstance(error, requests.ConnectTimeout):
        return True
    reason = getattr(error.args[0] if error.args else None, "reason", None)
    return type(reason).__name__ in ("NewConnectionError", "NameResolutionError", "ConnectTimeoutError")


def _retry_after_seconds(response: requests.Response) -> float | None:
    value = response.headers.get("Retry-After", "")
    return float(value) if value.isdecimal() else None
