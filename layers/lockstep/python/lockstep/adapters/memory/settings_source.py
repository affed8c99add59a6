"""The merchant's settings within one process."""

from __future__ import annotations

import json
from threading import Lock
from typing import TYPE_CHECKING, Any

from lockstep.domain.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from lockstep.domain.merchant_settings import MerchantSettings


class MemorySettingsSource:
    """`flows.ports.SettingsSource` over a list of published documents; nothing needs to be cached.

    `parse` is `adapters.settings_document.parse_settings`. `settings` may be given at once, for whoever has no
    document to publish.
    """

    def __init__(self, parse: Callable[[str, int], MerchantSettings], settings: MerchantSettings | None = None) -> None:
        self._parse = parse
        self._settings = settings
        self._lock = Lock()

    def current(self) -> MerchantSettings:
        """The version in force."""
        with self._lock:
            if self._settings is None:
                raise ConfigurationError("No merchant settings are published yet. Publish a settings document first.")
            return self._settings

    def publish(
        self,
        document: str | Mapping[str, Any],
        *,
        by: str,
        note: str,
        at: datetime,
    ) -> MerchantSettings:
        """Put a document in force as the next version. Raises `ConfigurationError` naming all its mistakes."""
        text = document if isinstance(document, str) else json.dumps(document)
        with self._lock:
            version = self._settings.version + 1 if self._settings is not None else 1
            self._settings = self._parse(text, version)
            return self._settings
