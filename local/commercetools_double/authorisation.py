"""Access tokens and what they allow (CT-AUTH-01 to CT-AUTH-07)."""

from __future__ import annotations

import base64
import binascii
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import parse_qs

from local.commercetools_double.bodies import Json
from local.commercetools_double.errors import AuthError
from local.double import Call, Controls


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """An API client: who it is and what it may do at most."""

    client_id: str
    secret: str
    scopes: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Token:
    client_id: str
    scopes: frozenset[str]
    until: datetime


class Tokens:
    """The access tokens given out."""

    def __init__(self, project_key: str, controls: Controls, clients: Iterable[Client], lifetime_seconds: int) -> None:
        """Scopes of clients are given without the project key."""
        self._project_key = project_key
        self._controls = controls
        self._clients = {client.client_id: client for client in clients}
        self._lifetime_seconds = lifetime_seconds
        self._tokens: dict[str, _Token] = {}

    def grant(self, call: Call) -> Json:
        """Answer `POST /oauth/token`; raises `AuthError`."""
        client = self._clients.get((credentials := _basic(call.headers))[0])
        if client is None or client.secret != credentials[1]:
            raise AuthError(
                401, "invalid_client", "Please provide valid client credentials using HTTP Basic Authentication."
            )
        form = {**parse_qs(call.body.decode()), **{name: call.query.getall(name) for name in call.query}}
        if form.get("grant_type") != ["client_credentials"]:
            raise AuthError(400, "unsupported_grant_type", "Only client_credentials is supported.")
        wanted = self._wanted(" ".join(form.get("scope", [])).split(), client)
        token = secrets.token_urlsafe(24)
        until = self._controls.now() + timedelta(seconds=self._lifetime_seconds)
        self._tokens[token] = _Token(client_id=client.client_id, scopes=wanted, until=until)
        return {
            "access_token": token,
            "token_type": "Bearer",
            "expires_in": self._lifetime_seconds,
            "scope": " ".join(f"{scope}:{self._project_key}" for scope in sorted(wanted)),
        }

    def check(self, call: Call, allowed: Iterable[str]) -> str:
        """The client a call comes from; raises `AuthError` unless its token has one of the `allowed` scopes."""
        scheme, _, text = call.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not text:
            raise AuthError(401, "invalid_token", "This endpoint requires an access token.")
        token = self._tokens.get(text)
        if token is None or token.until <= self._controls.now():
            raise AuthError(401, "invalid_token", "invalid_token")
        if "manage_project" not in token.scopes and not token.scopes.intersection(allowed):
            raise AuthError(
                403,
                "insufficient_scope",
                f"Insufficient scope. One of the following scopes is missing: {', '.join(allowed)}.",
            )
        return token.client_id

    def forget(self) -> None:
        """Make every token invalid."""
        self._tokens.clear()

    def _wanted(self, scopes: list[str], client: Client) -> frozenset[str]:
        suffix = f":{self._project_key}"
        wanted = frozenset(scope.removesuffix(suffix) for scope in scopes)
        foreign = [scope for scope in scopes if not scope.endswith(suffix)]
        beyond = () if "manage_project" in client.scopes else wanted - client.scopes
        if foreign or beyond:
            raise AuthError(
                400, "invalid_scope", f"The scope is malformed or not granted: {' '.join([*foreign, *beyond])}"
            )
        return wanted or client.scopes


def _basic(headers: Mapping[str, str]) -> tuple[str, str]:
    scheme, _, encoded = headers.get("Authorization", "").partition(" ")
    try:
        text = base64.b64decode(encoded, validate=True).decode() if scheme.lower() == "basic" else ""
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    name, _, secret = text.partition(":")
    return name, secret
