"""The shop's access token: client credentials (CT-AUTH-01)."""

from __future__ import annotations

from dataclasses import dataclass

import requests

from lockstep.adapters.http.oauth import request_token
from lockstep.adapters.http.tokens import AccessToken
from lockstep.adapters.secrets import Secrets
from lockstep.domain.errors import ConfigurationError
from lockstep.flows.ports import Clock

SYSTEM = "commercetools"


@dataclass(frozen=True, slots=True, kw_only=True)
class CommercetoolsToken:
    """Fetches a token with the secret's `client_id` and `client_secret` (and `scope`, if it holds one)."""

    auth_url: str
    secrets: Secrets
    session: requests.Session
    clock: Clock

    def fetch(self) -> AccessToken:
        """A new token; a secret that was rotated meanwhile is read again once."""
        try:
            return self._request(self.secrets.value())
        except ConfigurationError:
            return self._request(self.secrets.refresh())

    def _request(self, secret: dict[str, str]) -> AccessToken:
        form = {"grant_type": "client_credentials"}
        if secret.get("scope"):
            form["scope"] = secret["scope"]
        basic = (secret.get("client_id", ""), secret.get("client_secret", ""))
        url = f"{self.auth_url}/oauth/token"
        token, _ = request_token(SYSTEM, self.session, url, form, clock=self.clock, basic=basic)
        return token
