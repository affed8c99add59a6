"""boto3 clients for the emulator, independent of the AWS profile, region and proxy of the person at the keyboard."""

from __future__ import annotations

import os
import threading
from typing import Any

import boto3
import botocore.config
import botocore.session

ACCESS_KEY_ID = "local"
SECRET_ACCESS_KEY = "local"


def isolated_session(region: str) -> boto3.Session:
    """A boto3 session that reads nothing of ``~/.aws`` and no ``AWS_PROFILE``, whose lack would stop boto3."""
    return boto3.Session(
        aws_access_key_id=ACCESS_KEY_ID,
        aws_secret_access_key=SECRET_ACCESS_KEY,
        region_name=region,
        botocore_session=botocore.session.Session(
            session_vars={
                "profile": (None, None, None, None),
                "config_file": (None, None, os.devnull, None),
                "credentials_file": (None, None, os.devnull, None),
            }
        ),
    )


class Clients:
    """Thread-safe clients of one emulator, one per service, made when first asked for."""

    def __init__(self, *, endpoint_url: str, region: str) -> None:
        self.endpoint_url = endpoint_url
        self.region = region
        self._session = isolated_session(region)
        # An empty mapping (not None) keeps a proxy of the host out of loopback traffic. The read timeout stays above
        # the longest long poll. Loopback needs no retries; they would only hide what the emulator does.
        self._config = botocore.config.Config(
            connect_timeout=5,
            read_timeout=60,
            max_pool_connections=64,
            proxies={},
            retries={"mode": "standard", "total_max_attempts": 1},
        )
        self._lock = threading.Lock()
        self._clients: dict[str, Any] = {}

    def get(self, service: str) -> Any:
        """The boto3 client for ``service``, by boto3's name for it (``"sqs"``, ``"dynamodbstreams"``)."""
        with self._lock:
            if service not in self._clients:
                self._clients[service] = self._session.client(
                    service,
                    endpoint_url=self.endpoint_url,
                    config=self._config,  # type: ignore[call-overload]
                )
            return self._clients[service]

    def close(self) -> None:
        """Close every connection."""
        with self._lock:
            for client in self._clients.values():
                client.close()
            self._clients.clear()
