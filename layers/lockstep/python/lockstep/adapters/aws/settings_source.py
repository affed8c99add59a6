"""The merchant's settings in DynamoDB: table `Control`, partition `SETTINGS`.

`VERSION#000001` and following hold each document as it was published, with who, when and why; `CURRENT` says
which is in force.
"""

from __future__ import annotations

import json
from datetime import timedelta
from threading import Lock
from typing import TYPE_CHECKING, Any

from lockstep.adapters.aws.failures import aws_failures_as_ours
from lockstep.adapters.aws.stored_values import time_text
from lockstep.adapters.aws.transactions import ConditionsFailedError, write_together
from lockstep.domain.errors import ConcurrentChangeError, ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import PutTypeDef

    from lockstep.adapters.aws.stored_values import StoredItem
    from lockstep.domain.merchant_settings import MerchantSettings
    from lockstep.flows.ports import Clock

_PARTITION = "SETTINGS"
_CURRENT = "CURRENT"


class DynamoSettingsSource:
    """`flows.ports.SettingsSource` on the control table, kept for `cache_seconds`.

    `parse` is `adapters.settings_document.parse_settings`; it is handed in so that a function which needs no
    settings loads no wire models.
    """

    def __init__(
        self,
        client: DynamoDBClient,
        table_name: str,
        parse: Callable[[str, int], MerchantSettings],
        clock: Clock,
        *,
        cache_seconds: float,
    ) -> None:
        self._client = client
        self._table_name = table_name
        self._parse = parse
        self._clock = clock
        self._keep = timedelta(seconds=cache_seconds)
        self._lock = Lock()
        self._settings: MerchantSettings | None = None
        self._read_at: datetime | None = None

    def current(self) -> MerchantSettings:
        """The version in force, at most `cache_seconds` ago. The document is read only when the version moved."""
        with self._lock:
            now = self._clock.now()
            if self._settings is not None and self._read_at is not None and now - self._read_at < self._keep:
                return self._settings
            version = self._version_in_force()
            if version is None:
                raise ConfigurationError("No merchant settings are published yet. Publish a settings document first.")
            if self._settings is None or self._settings.version != version:
                self._settings = self._read(version)
            self._read_at = now
            return self._settings

    def publish(self, document: str | Mapping[str, Any], *, by: str, note: str, at: datetime) -> MerchantSettings:
        """Put a document in force as the next version, after validating it as a whole.

        Raises `ConfigurationError` naming all its mistakes, `ConcurrentChangeError` when somebody else published
        meanwhile: look at theirs first.
        """
        in_force = self._version_in_force()
        version = (in_force or 0) + 1
        text = document if isinstance(document, str) else json.dumps(document, ensure_ascii=False)
        settings = self._parse(text, version)
        saved: PutTypeDef = {
            "TableName": self._table_name,
            "Item": {
                "pk": {"S": _PARTITION},
                "sk": {"S": _version_key(version)},
                "document": {"S": text},
                "saved_at": {"S": time_text(at)},
                "saved_by": {"S": by},
                "note": {"S": note},
            },
            "ConditionExpression": "attribute_not_exists(pk)",
        }
        pointer: PutTypeDef = {
            "TableName": self._table_name,
            "Item": {"pk": {"S": _PARTITION}, "sk": {"S": _CURRENT}, "version": {"N": str(version)}},
            "ConditionExpression": "attribute_not_exists(pk)",
        }
        if in_force is not None:
            pointer["ConditionExpression"] = "version = :in_force"
            pointer["ExpressionAttributeValues"] = {":in_force": {"N": str(in_force)}}
        try:
            write_together(self._client, [{"Put": saved}, {"Put": pointer}], f"publishing settings version {version}")
        except ConditionsFailedError:
            raise ConcurrentChangeError(f"Settings version {version} was published by somebody else.") from None
        with self._lock:
            self._settings, self._read_at = settings, self._clock.now()
        return settings

    def _version_in_force(self) -> int | None:
        item = self._item(_CURRENT)
        return None if item is None else int(item["version"]["N"])

    def _read(self, version: int) -> MerchantSettings:
        item = self._item(_version_key(version))
        if item is None:
            raise ConfigurationError(f"Settings version {version} is in force but not stored. Publish a document anew.")
        return self._parse(item["document"]["S"], version)

    def _item(self, sort_key: str) -> StoredItem | None:
        with aws_failures_as_ours("reading the merchant settings"):
            answer = self._client.get_item(
                TableName=self._table_name,
                Key={"pk": {"S": _PARTITION}, "sk": {"S": sort_key}},
                ConsistentRead=True,
            )
        return answer.get("Item")


def _version_key(version: int) -> str:
    return f"VERSION#{version:06d}"
