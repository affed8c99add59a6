"""The warehouse's access token: refresh-token grant, or client credentials (DEP-V2AUTH-01, DEP-V2AUTH-02)."""

from __future__ import annotations

from dataclasses import dataclass

import requests

from lockstep.adapters.http.oauth import request_token
from lockstep.adapters.http.tokens import AccessToken
from lockstep.adapters.secrets import Secrets
from lockstep.domain.errors import ConfigurationError
from lockstep.flows.ports import Clock

SYSTEM = "Deposco"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeposcoToken:
    """Fetches a token with the secret's credentials.

    A refresh token that came back changed is stored before the access token is used: the former one may be
    dead already (DEP-V2AUTH-06). Another environment may have rotated it meanwhile, so a refusal reads the
    secret again once.
    """

    auth_url: str
    secrets: Secrets
    session: requests.Session
    clock: Clock

    def fetch(self) -> AccessToken:
        """A new token. Raises `ConfigurationError` when the credentials are refused twice."""
        try:
            return self._request(self.secrets.value())
        except ConfigurationError:
            return self._request(self.secrets.refresh())

    def _request(self, secret: dict[str, str]) -> AccessToken:
        url = f"{self.auth_url}/oauth2/token"
        if secret.get("grant_type", "refresh_token") == "client_credentials":
            form = {name: secret[name] for name in ("scope", "env", "company") if secret.get(name)}
            basic = (secret.get("client_id", ""), secret.get("client_secret", ""))
            form["grant_type"] = "client_credentials"
            token, _ = request_token(SYSTEM, self.session, url, form, clock=self.clock, basic=basic)
            return token
        form = {name: secret.get(name, "") for name in ("refresh_token", "client_id", "client_secret")}
        form["grant_type"] = "refresh_token"
        token, answer = request_token(SYSTEM, self.session, url, form, clock=self.clock)
        rotated = answer.get("refresh_token")
        if isinstance(rotated, str) and rotated and rotated != secret.get("refresh_token"):
            self.secrets.store(secret | {"refresh_token": rotated})
        return token
