"""One secret within one process."""

from __future__ import annotations

from threading import Lock

from lockstep.domain.errors import ConfigurationError


class MemorySecretSource:
    """`adapters.secrets.Secrets` over a dictionary; None stands for a secret that was never filled."""

    def __init__(self, content: dict[str, str] | None) -> None:
        self._content = None if content is None else dict(content)
        self._lock = Lock()

    def __repr__(self) -> str:
        return "MemorySecretSource(content not shown)"

    def value(self) -> dict[str, str]:
        """The content."""
        with self._lock:
            if self._content is None:
                raise ConfigurationError("The secret is empty. Fill it as the operating manual says.")
            return dict(self._content)

    def refresh(self) -> dict[str, str]:
        """The content, which is never older than now."""
        return self.value()

    def store(self, content: dict[str, str]) -> None:
        """Replace the content."""
        with self._lock:
            self._content = dict(content)
