"""The warehouse's access token: refresh-token grant, or client credentials (DEP-V2AUTH-01, DEP-V2AUTH-02)."""

from __future__ import annotations

from dataclasses import dataclass, field

import requests

from lockstep.adapters.http.oauth import request_token
from lockstep.adapters.http.tokens import AccessToken
from lockstep.adapters.secrets import Secrets
from lockstep.domain.errors import ConfigurationError, TransientError
from lockstep.flows.ports import Clock

SYSTEM = "Deposco"


@dataclass(slots=True, kw_only=True)
class DeposcoToken:
    """Fetches a token with the secret's credentials; one call at a time (`TokenCache` sees to that).

    A refresh token that came back changed is stored before the access token is used: the former one may be
    dead already (DEP-V2AUTH-06). When the store is away, the new content stays here and is used from here,
    and the next fetch begins with storing it. Another environment may have rotated the token meanwhile, so a
    refusal reads the secret again once.
    """

    auth_url: str
    secrets: Secrets
    session: requests.Session
    clock: Clock
    _unstored: dict[str, str] | None = field(default=None, repr=False)

    def fetch(self) -> AccessToken:
        """A new token.

        Raises `ConfigurationError` when the credentials are refused twice, or when the secret may not be written.
        """
        self._store_what_is_unstored()
        try:
            token, rotated = self._request(self._unstored or self.secrets.value())
        except ConfigurationError:
            token, rotated = self._request(self.secrets.refresh())
            self._unstored = None
        if rotated is not None:
            self._unstored = rotated
            self._store_what_is_unstored()
        return token

    def _store_what_is_unstored(self) -> None:
        if self._unstored is None:
            return
        try:
            self.secrets.store(self._unstored)
        except TransientError:
            return
        self._unstored = None

    def _request(self, secret: dict[str, str]) -> tuple[AccessToken, dict[str, str] | None]:
        """A token, and the secret's new content where its refresh token was rotated."""
        url = f"{self.auth_url}/oauth2/token"
        if secret.get("grant_type", "refresh_token") == "client_credentials":
            form = {name: secret[name] for name in ("scope", "env", "company") if secret.get(name)}
            basic = (secret.get("client_id", ""), secret.get("client_secret", ""))
            form["grant_type"] = "client_credentials"
            token, _ = request_token(SYSTEM, self.session, url, form, clock=self.clock, basic=basic)
            return token, None
        form = {name: secret.get(name, "") for name in ("refresh_token", "client_id", "client_secret")}
        form["grant_type"] = "refresh_token"
        token, answer = request_token(SYSTEM, self.session, url, form, clock=self.clock)
        rotated = answer.get("refresh_token")
        if isinstance(rotated, str) and rotated and rotated != secret.get("refresh_token"):
            return token, secret | {"refresh_token": rotated}
        return token, None
