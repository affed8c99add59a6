"""Access tokens: asked for once, failures shared, a rotated refresh token never lost."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, cast

import pytest
import requests
from lockstep.adapters.deposco.v2.tokens import DeposcoToken
from lockstep.adapters.http.tokens import AccessToken, TokenCache
from lockstep.adapters.memory.secrets import MemorySecretSource
from lockstep.domain.errors import ConfigurationError, TransientError

from tests.support.fake_clock import FakeClock


@dataclass
class Endpoint:
    """Counts what it is asked; answers with tokens that live an hour, or with what `instead` raises."""

    clock: FakeClock
    asked: int = 0
    instead: Callable[[], Exception] | None = None

    def fetch(self) -> AccessToken:
        self.asked += 1
        if self.instead is not None:
            raise self.instead()
        return AccessToken(f"token-{self.asked}", self.clock.now() + timedelta(hours=1))


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def endpoint(clock: FakeClock) -> Endpoint:
    return Endpoint(clock)


@pytest.fixture
def cache(endpoint: Endpoint, clock: FakeClock) -> TokenCache:
    return TokenCache(endpoint.fetch, clock)


def away() -> TransientError:
    return TransientError("the token endpoint is away")


def test_a_token_is_fetched_once_and_kept_until_shortly_before_its_end(
    cache: TokenCache, endpoint: Endpoint, clock: FakeClock
) -> None:
    assert [cache.token(), cache.token()] == ["token-1", "token-1"]
    clock.advance(3540)
    assert cache.token() == "token-2"
    assert endpoint.asked == 2


def test_of_many_refused_at_once_only_the_first_fetches(cache: TokenCache, endpoint: Endpoint) -> None:
    refused = cache.token()
    with ThreadPoolExecutor(10) as pool:
        renewed = list(pool.map(cache.replace, [refused] * 10))
    assert renewed == ["token-2"] * 10
    assert endpoint.asked == 2


def test_a_hanging_endpoint_is_waited_for_once_by_all(clock: FakeClock) -> None:
    asked: list[int] = []
    is_asked, may_fail = threading.Event(), threading.Event()

    def hanging() -> AccessToken:
        asked.append(1)
        is_asked.set()
        may_fail.wait(10)
        clock.advance(12)
        raise away()

    cache = TokenCache(hanging, clock)
    with ThreadPoolExecutor(10) as pool:
        calls = [pool.submit(cache.token) for _ in range(10)]
        assert is_asked.wait(10)
        may_fail.set()
        failures = [call.exception() for call in calls]
    assert len(asked) == 1
    assert {str(failure) for failure in failures} == {"the token endpoint is away"}


@pytest.mark.parametrize("failure", [away, lambda: ConfigurationError("refused")])
def test_whoever_asks_within_five_seconds_gets_the_same_failure(
    cache: TokenCache, endpoint: Endpoint, clock: FakeClock, failure: Callable[[], Exception]
) -> None:
    endpoint.instead = failure
    with pytest.raises(type(failure())) as first:
        cache.token()
    clock.advance(4.9)
    with pytest.raises(type(failure())) as second:
        cache.token()
    assert second.value is first.value
    assert endpoint.asked == 1


def test_after_five_seconds_it_is_asked_for_anew(cache: TokenCache, endpoint: Endpoint, clock: FakeClock) -> None:
    endpoint.instead = away
    with pytest.raises(TransientError):
        cache.token()
    endpoint.instead = None
    clock.advance(5)
    assert cache.token() == "token-2"


def test_a_refused_token_is_not_given_out_again_when_no_other_can_be_had(cache: TokenCache, endpoint: Endpoint) -> None:
    refused = cache.token()
    endpoint.instead = away
    with pytest.raises(TransientError):
        cache.replace(refused)
    with pytest.raises(TransientError):
        cache.token()
    assert endpoint.asked == 2


def test_a_defect_is_not_shared(cache: TokenCache, endpoint: Endpoint) -> None:
    endpoint.instead = lambda: KeyError("a defect")
    for _ in range(2):
        with pytest.raises(KeyError):
            cache.token()
    assert endpoint.asked == 2


# Deposco's refresh token


@dataclass
class RotatingServer:
    """Plays the session: each refresh token works once and is answered with the next one."""

    living: str = "refresh-0"
    log: list[str] = field(default_factory=list)

    def post(self, url: str, *, data: Mapping[str, str], **_: Any) -> requests.Response:
        self.log.append(f"used {data['refresh_token']}")
        response = requests.Response()
        response.status_code = 200 if data["refresh_token"] == self.living else 400
        if response.status_code == 200:
            turn = int(self.living.partition("-")[2]) + 1
            self.living = f"refresh-{turn}"
            answer = {"access_token": f"access-{turn}", "expires_in": 3600, "refresh_token": self.living}
            response._content = json.dumps(answer).encode()
        return response


class UnsteadySecrets(MemorySecretSource):
    """Refuses to store as often as told."""

    def __init__(self, log: list[str]) -> None:
        super().__init__({"client_id": "us", "client_secret": "secret", "refresh_token": "refresh-0"})
        self.log = log
        self.failures: list[Exception] = []

    def store(self, content: dict[str, str]) -> None:
        if self.failures:
            self.log.append("could not store")
            raise self.failures.pop()
        self.log.append(f"stored {content['refresh_token']}")
        super().store(content)


@dataclass
class Tenant:
    server: RotatingServer
    secrets: UnsteadySecrets
    token: DeposcoToken


@pytest.fixture
def tenant(clock: FakeClock) -> Tenant:
    server = RotatingServer()
    secrets = UnsteadySecrets(server.log)
    session = cast("requests.Session", server)
    token = DeposcoToken(auth_url="https://auth.invalid", secrets=secrets, session=session, clock=clock)
    return Tenant(server=server, secrets=secrets, token=token)


def test_a_rotated_refresh_token_is_stored_and_used_next(tenant: Tenant) -> None:
    assert [tenant.token.fetch().text, tenant.token.fetch().text] == ["access-1", "access-2"]
    assert tenant.server.log == ["used refresh-0", "stored refresh-1", "used refresh-1", "stored refresh-2"]


def test_the_access_token_is_good_although_the_rotated_one_could_not_be_stored(tenant: Tenant) -> None:
    tenant.secrets.failures = [away()]
    assert tenant.token.fetch().text == "access-1"


def test_what_could_not_be_stored_is_stored_before_anything_else(tenant: Tenant) -> None:
    tenant.secrets.failures = [away()]
    tenant.token.fetch()
    tenant.server.log.clear()
    assert tenant.token.fetch().text == "access-2"
    assert tenant.server.log == ["stored refresh-1", "used refresh-1", "stored refresh-2"]


def test_while_the_store_is_away_the_rotated_token_is_used_from_memory(tenant: Tenant) -> None:
    tenant.secrets.failures = [away(), away(), away()]
    tenant.token.fetch()
    assert tenant.token.fetch().text == "access-2"
    assert tenant.secrets.value()["refresh_token"] == "refresh-0"
    tenant.token.fetch()
    assert tenant.secrets.value()["refresh_token"] == tenant.server.living


def test_a_secret_that_may_not_be_written_is_a_configuration_error_and_loses_no_token(tenant: Tenant) -> None:
    tenant.secrets.failures = [ConfigurationError("PutSecretValue is denied")]
    with pytest.raises(ConfigurationError):
        tenant.token.fetch()
    assert tenant.token.fetch().text == "access-2"
    assert tenant.secrets.value()["refresh_token"] == tenant.server.living


def test_a_token_that_another_process_rotated_is_read_again(tenant: Tenant) -> None:
    tenant.secrets.failures = [away()]
    tenant.token.fetch()
    tenant.server.living = "refresh-7"
    MemorySecretSource.store(tenant.secrets, tenant.secrets.value() | {"refresh_token": "refresh-7"})
    tenant.secrets.failures = [away()]
    assert tenant.token.fetch().text == "access-8"
    assert tenant.secrets.value()["refresh_token"] == "refresh-8"
    assert "client_secret" not in repr(tenant.token)
