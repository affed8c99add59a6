"""`Secrets`: read late, kept for a while, never shown."""

from __future__ import annotations

import json
import traceback
from typing import TYPE_CHECKING

import pytest
from botocore.stub import Stubber
from lockstep.adapters.aws.secrets import SecretSource
from lockstep.adapters.memory.secrets import MemorySecretSource
from lockstep.domain.errors import ConfigurationError, SystemBusyError

if TYPE_CHECKING:
    from lockstep.adapters.secrets import Secrets

    from tests.contract.conftest import Aws
    from tests.support.fake_clock import FakeClock

CONTENT = {"client_id": "demo", "client_secret": "s3cr3t-value"}


@pytest.fixture
def secrets(side: str, request: pytest.FixtureRequest, clock: FakeClock) -> Secrets:
    if side == "memory":
        return MemorySecretSource(CONTENT)
    aws: Aws = request.getfixturevalue("aws")
    return aws_secret(aws, clock, json.dumps(CONTENT))


def aws_secret(aws: Aws, clock: FakeClock, text: str) -> SecretSource:
    aws.secretsmanager.create_secret(Name="deposco", SecretString=text)
    return SecretSource(aws.secretsmanager, "deposco", clock, cache_seconds=300)


def test_the_content_is_read(secrets: Secrets) -> None:
    assert secrets.value() == CONTENT


def test_what_is_stored_is_read_from_then_on(secrets: Secrets) -> None:
    secrets.store(CONTENT | {"refresh_token": "new"})

    assert secrets.value()["refresh_token"] == "new"
    assert secrets.refresh()["refresh_token"] == "new"


def test_changing_what_was_read_changes_nothing_that_is_kept(secrets: Secrets) -> None:
    secrets.value()["client_id"] = "from the store"
    secrets.value()["client_id"] = "from the cache"

    assert secrets.value() == CONTENT


def test_its_representation_shows_nothing(secrets: Secrets) -> None:
    secrets.value()

    assert "s3cr3t" not in repr(secrets)
    assert "demo" not in repr(secrets)


def test_a_memory_secret_that_was_never_filled_is_a_configuration_error() -> None:
    with pytest.raises(ConfigurationError):
        MemorySecretSource(None).value()


# -- what is special about Secrets Manager -------------------------------------------------------------------


def rotate(aws: Aws, token: str) -> None:
    aws.secretsmanager.put_secret_value(SecretId="deposco", SecretString=json.dumps({"token": token}))


def test_a_rotation_by_others_is_seen_once_the_cache_has_aged(aws: Aws, clock: FakeClock) -> None:
    secrets = aws_secret(aws, clock, '{"token": "old"}')
    secrets.value()
    rotate(aws, "new")

    clock.advance(299)
    before = secrets.value()
    clock.advance(1)

    assert (before, secrets.value()) == ({"token": "old"}, {"token": "new"})


def test_a_refresh_sees_a_rotation_by_others_at_once(aws: Aws, clock: FakeClock) -> None:
    secrets = aws_secret(aws, clock, '{"token": "old"}')
    secrets.value()
    rotate(aws, "new")

    assert secrets.refresh() == {"token": "new"}
    assert secrets.value() == {"token": "new"}


def test_a_secret_that_is_not_there_is_a_configuration_error_that_names_it(aws: Aws, clock: FakeClock) -> None:
    with pytest.raises(ConfigurationError, match="no-such-secret"):
        SecretSource(aws.secretsmanager, "no-such-secret", clock).value()


@pytest.mark.parametrize("text", ["s3cr3t-value", '{"a": "s3cr3t-value"', '["s3cr3t-value"]', '{"s3cr3t-value": 1}'])
def test_a_secret_that_cannot_be_read_is_not_quoted(aws: Aws, clock: FakeClock, text: str) -> None:
    secrets = aws_secret(aws, clock, text)

    with pytest.raises(ConfigurationError) as failure:
        secrets.value()

    assert "s3cr3t" not in "".join(traceback.format_exception(failure.value))


def test_a_binary_secret_is_a_configuration_error(aws: Aws, clock: FakeClock) -> None:
    aws.secretsmanager.create_secret(Name="binary", SecretBinary=b"{}")

    with pytest.raises(ConfigurationError):
        SecretSource(aws.secretsmanager, "binary", clock).value()


def test_a_store_that_fails_keeps_the_new_content_for_this_process(aws: Aws, clock: FakeClock) -> None:
    secrets = aws_secret(aws, clock, '{"token": "old"}')
    secrets.value()

    with Stubber(aws.secretsmanager) as stubber:
        stubber.add_client_error("put_secret_value", "ThrottlingException")
        with pytest.raises(SystemBusyError):
            secrets.store({"token": "new"})

    assert secrets.value() == {"token": "new"}
