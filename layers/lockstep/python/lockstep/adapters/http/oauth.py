"""Token requests: form in, bearer out; both systems speak the same OAuth."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import requests

from lockstep.adapters.http.fates import failure_of_status, failure_of_transport
from lockstep.adapters.http.system import ANSWER_SECONDS, CONNECT_SECONDS
from lockstep.adapters.http.tokens import AccessToken
from lockstep.domain.errors import ConfigurationError
from lockstep.flows.ports import Clock

DEFAULT_LIFE_SECONDS = 3600


def request_token(
    system: str,
    session: requests.Session,
    url: str,
    form: Mapping[str, str],
    *,
    clock: Clock,
    basic: tuple[str, str] | None = None,
) -> tuple[AccessToken, Mapping[str, Any]]:
    """Ask for a token; returns it with the whole answer, which may hold a rotated refresh token.

    Raises `ConfigurationError` when the credentials are refused, `TransientError` when nobody answers.
    """
    kind = "the token request"
    asked_at = clock.now()
    try:
        response = session.post(url, data=dict(form), auth=basic, timeout=(CONNECT_SECONDS, ANSWER_SECONDS))
    except requests.RequestException as error:
        raise failure_of_transport(system, kind, error, is_write=False, was_sent=True) from error
    if response.status_code in (400, 401, 403):
        raise ConfigurationError(f"{system} refuses our credentials (status {response.status_code})")
    failure = failure_of_status(system, kind, response.status_code, is_write=False, retry_after_seconds=None)
    if failure is not None:
        raise failure
    answer = _object_in(response)
    text = answer.get("access_token")
    if not isinstance(text, str) or not text:
        raise ConfigurationError(f"{system} answered the token request without a token")
    return AccessToken(text, asked_at + timedelta(seconds=_life_seconds(answer))), answer


def _object_in(response: requests.Response) -> Mapping[str, Any]:
    try:
        answer = response.json()
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}


def _life_seconds(answer: Mapping[str, Any]) -> int:
    try:
        return int(answer.get("expires_in") or DEFAULT_LIFE_SECONDS)
    except (TypeError, ValueError):
        return DEFAULT_LIFE_SECONDS
