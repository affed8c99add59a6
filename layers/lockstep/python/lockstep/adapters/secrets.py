"""What an adapter needs of a secret store: read late, read again, and write back a rotated token."""

from __future__ import annotations

from typing import Protocol


class Secrets(Protocol):
    """One secret: a small JSON object of strings. Its content appears in no log, error or `repr`."""

    def value(self) -> dict[str, str]:
        """The content, cached for a while. Raises `ConfigurationError` when there is none."""

    def refresh(self) -> dict[str, str]:
        """The content, read now."""

    def store(self, content: dict[str, str]) -> None:
        """Replace the content."""
