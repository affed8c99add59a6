"""The token endpoint of V2, and what a bearer token opens."""

from __future__ import annotations

import base64
import binascii
import random
from urllib.parse import parse_qs

from local.deposco_double.account import Account
from local.deposco_double.refusal import RefusalError
from local.double import Answer, Call


class Tokens:
    """Access tokens given out and not yet expired."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._expiry: dict[str, float] = {}
        self._scopes: dict[str, frozenset[str] | None] = {}
        self._chance = random.Random(f"tokens:{account.seed}")
        self._refresh_token = account.settings.refresh_token

    def forget(self) -> None:
        """Back to the first installation: no token given out, the first refresh token taken."""
        self.expire_all()
        self._refresh_token = self._account.settings.refresh_token

    def expire_all(self) -> None:
        """Every token given out so far is worth nothing."""
        self._expiry.clear()

    def revoke_installation(self, refresh_token: str) -> None:
        """The app's configuration changed: from now on only `refresh_token` is taken (DEP-V2AUTH-05)."""
        self._refresh_token = refresh_token

    async def grant(self, call: Call) -> Answer:
        """`POST /oauth2/token` with either grant (DEP-V2AUTH-01, DEP-V2AUTH-02)."""
        form = {name: values[0] for name, values in parse_qs(call.body.decode("utf-8", "replace")).items()}
        settings = self._account.settings
        client = self._client(call, form)
        if client != (settings.client_id, settings.client_secret):
            return _refused(401, "invalid_client", "Client authentication failed.")
        grant_type = form.get("grant_type")
        if grant_type == "refresh_token":
            if form.get("refresh_token") != self._refresh_token:
                return _refused(400, "invalid_grant", "The refresh token is not valid.")
            return self._issue(None)
        if grant_type == "client_credentials":
            if "businessUnitId" in form:
                return _refused(400, "invalid_request", "Invalid business unit.")
            if not (form.get("env") and form.get("company")):
                return _refused(400, "invalid_request", "env and company are required.")
            return self._issue(frozenset(form.get("scope", "").split()))
        return _refused(400, "unsupported_grant_type", f"Grant type {grant_type} is not supported.")

    def _client(self, call: Call, form: dict[str, str]) -> tuple[str, str]:
        basic = credentials_of(call.headers.get("Authorization", ""))
        return basic or (form.get("client_id", ""), form.get("client_secret", ""))

    def _issue(self, scopes: frozenset[str] | None) -> Answer:
        settings = self._account.settings
        token = f"access-{self._chance.getrandbits(128):032x}"
        self._expiry[token] = self._account.now() + settings.token_lifetime_seconds
        self._scopes[token] = scopes
        body: dict[str, object] = {
            "access_token": token,
            "token_type": "Bearer",
            "expires_in": int(settings.token_lifetime_seconds),
        }
        if settings.rotate_refresh_token and scopes is None:
            # Whether the former refresh token dies is not known (DEP-V2AUTH-06): here it does.
            self._refresh_token = body["refresh_token"] = f"refresh-{self._chance.getrandbits(128):032x}"
        return Answer.of_json(body)

    def refuse(self, call: Call, resource: str) -> None:
        """Raise 401 without a living token, 403 when its scope lacks the resource (DEP-V2AUTH-03, DEP-V2AUTH-04)."""
        scheme, _, token = call.headers.get("Authorization", "").partition(" ")
        if scheme != "Bearer" or self._expiry.get(token, 0.0) <= self._account.now():
            raise RefusalError(401, "Unauthorized: the access token is missing, unknown or expired.")
        scopes = self._scopes[token]
        needed = f"{resource}/{'read' if call.method == 'GET' else 'write'}"
        if scopes is not None and needed not in scopes:
            raise RefusalError(403, f"Forbidden: the scope {needed} is required.")


def credentials_of(authorization: str) -> tuple[str, str] | None:
    """User and password of a Basic header; None for anything else."""
    scheme, _, encoded = authorization.partition(" ")
    if scheme != "Basic":
        return None
    try:
        user, _, password = base64.b64decode(encoded).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return user, password


def _refused(status: int, error: str, description: str) -> Answer:
    """A refusal in the form of the OAuth standard (DEP-V2AUTH-10)."""
    return Answer.of_json({"error": error, "error_description": description}, status)
