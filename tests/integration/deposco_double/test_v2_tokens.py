"""Tokens, and how often one may call."""

from __future__ import annotations

import pytest
import requests

from tests.integration.deposco_double.caller import Caller


def test_a_refresh_token_buys_an_access_token_for_an_hour(caller: Caller) -> None:
    answer = caller.authorize()
    assert answer.json()["expires_in"] == 3600
    assert caller.v2("GET", "/items").status_code == 200


def test_a_token_that_ran_out_is_refused(caller: Caller) -> None:
    caller.pass_time(3601)
    answer = caller.v2("GET", "/items")
    assert (answer.status_code, "errors" in answer.json()) == (401, True)


def test_tokens_can_be_made_to_expire_in_mid_run(caller: Caller) -> None:
    caller.admin("faults", {"rules": [{"do": "expire_token", "when": {"nth": [1]}}]})
    assert caller.v2("GET", "/items").status_code == 401
    caller.authorize()
    assert caller.v2("GET", "/items").status_code == 200


@pytest.mark.parametrize("wrong", [{"refresh_token": "stolen"}, {"client_secret": "guessed"}])
def test_a_wrong_refresh_token_or_secret_buys_nothing(caller: Caller, wrong: dict[str, str]) -> None:
    form = {
        "grant_type": "refresh_token",
        "refresh_token": "demo-refresh",
        "client_id": "demo-client",
        "client_secret": "demo-secret",
    }
    assert caller.authorize(**{**form, **wrong}).status_code in (400, 401)


def test_client_credentials_open_only_what_their_scope_names(caller: Caller) -> None:
    answer = requests.post(
        f"{caller.url}/oauth2/token",
        auth=("demo-client", "demo-secret"),
        data={"grant_type": "client_credentials", "scope": "items/read", "env": "prod", "company": "demo"},
        timeout=10,
    )
    caller.token = answer.json()["access_token"]
    assert caller.v2("GET", "/items").status_code == 200
    assert caller.v2("GET", "/orders/salesOrders").status_code == 403


def test_a_refresh_token_that_rotates_replaces_the_former(caller: Caller) -> None:
    caller.admin("settings", {"rotate_refresh_token": True})
    rotated = caller.authorize().json()["refresh_token"]
    assert caller.authorize().status_code == 400
    form = {"grant_type": "refresh_token", "client_id": "demo-client", "client_secret": "demo-secret"}
    assert caller.authorize(refresh_token=rotated, **form).status_code == 200


def test_calls_above_the_rate_get_429_without_a_body_and_change_nothing(caller: Caller) -> None:
    caller.admin("settings", {"rate_per_second": 1})
    answers = [caller.v2("GET", "/items") for _ in range(2)]
    assert [(answer.status_code, len(answer.content) > 0) for answer in answers] == [(200, True), (429, False)]
    assert "Retry-After" not in answers[1].headers


def test_both_generations_share_the_rate(caller: Caller) -> None:
    caller.admin("settings", {"rate_per_second": 1})
    assert caller.v1("GET", "shipments").status_code == 200
    assert caller.v2("GET", "/items").status_code == 429
