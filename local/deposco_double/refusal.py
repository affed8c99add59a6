"""How Deposco says no."""

from __future__ import annotations

from local.double import Answer


class RefusalError(ValueError):
    """A request that is not carried out. `message` is None where Deposco answers an empty body."""

    def __init__(self, status: int, message: str | None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message

    def answer(self) -> Answer:
        """The documented error list, or an empty body (DEP-V2ERR-01)."""
        return Answer(status=self.status) if self.message is None else errors(self.status, [self.message])


def errors(status: int, messages: list[str]) -> Answer:
    """An answer in the documented error shape (DEP-V2ERR-01)."""
    return Answer.of_json({"errors": [{"errorMessage": message} for message in messages]}, status)
