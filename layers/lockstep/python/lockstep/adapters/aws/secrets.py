"""One secret in AWS Secrets Manager."""

from __future__ import annotations

import json
from datetime import timedelta
from threading import Lock
from typing import TYPE_CHECKING

from lockstep.adapters.aws.failures import aws_failures_as_ours
from lockstep.domain.errors import ConfigurationError

if TYPE_CHECKING:
    from datetime import datetime

    from mypy_boto3_secretsmanager import SecretsManagerClient

    from lockstep.flows.ports import Clock


class SecretSource:
    """`adapters.secrets.Secrets`: read when first asked for, kept for `cache_seconds`."""

    def __init__(self, client: SecretsManagerClient, secret_id: str, clock: Clock, cache_seconds: float = 300) -> None:
        self._client = client
        self._secret_id = secret_id
        self._clock = clock
        self._keep = timedelta(seconds=cache_seconds)
        self._lock = Lock()
        self._content: dict[str, str] | None = None
        self._read_at: datetime | None = None

    def __repr__(self) -> str:
        return "SecretSource(content not shown)"

    def value(self) -> dict[str, str]:
        """The content, at most `cache_seconds` old."""
        with self._lock:
            if self._content is None or self._read_at is None or self._clock.now() - self._read_at >= self._keep:
                return self._read()
            return dict(self._content)

    def refresh(self) -> dict[str, str]:
        """The content, read now: another process may have rotated it."""
        with self._lock:
            return self._read()

    def store(self, content: dict[str, str]) -> None:
        """Keep the content, then write it as the secret's current version.

        Kept first: what it replaces may be dead already, so it must outlive a write that fails.
        """
        with self._lock:
            self._keep_content(content)
            with aws_failures_as_ours(f"storing the rotated secret {self._secret_id}"):
                self._client.put_secret_value(SecretId=self._secret_id, SecretString=json.dumps(content))

    def _read(self) -> dict[str, str]:
        with aws_failures_as_ours(f"reading the secret {self._secret_id}"):
            answer = self._client.get_secret_value(SecretId=self._secret_id)
        content = _parsed(answer.get("SecretString", ""))
        if content is None:
            raise ConfigurationError(
                f"The secret {self._secret_id} is no JSON object of texts. Fill it as the operating manual says."
            )
        self._keep_content(content)
        return dict(content)

    def _keep_content(self, content: dict[str, str]) -> None:
        self._content = dict(content)
        self._read_at = self._clock.now()


def _parsed(text: str) -> dict[str, str] | None:
    """The object of texts, or None. No error is passed on: the parser's own would quote the secret."""
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(content, dict) or not all(isinstance(value, str) for value in content.values()):
        return None
    return content
