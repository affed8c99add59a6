"""Reading a partial batch response the way Lambda's event source mappings do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection


def failed_items(answer: Any, delivered: Collection[str]) -> frozenset[str]:
    """The identifiers of the records that failed; every delivered one when the answer is malformed.

    No answer, an empty object, and an absent, null or empty list all mean that nothing failed. An answer that is not
    an object, a list of anything but ``{"itemIdentifier": ...}``, and an identifier that is null, empty or was not
    delivered mean that the whole batch failed.

    Args:
        answer: The handler's answer, parsed.
        delivered: The identifiers of all records in the batch: message ids, or a stream's sequence numbers.
    """
    everything = frozenset(delivered)
    if answer is None:
        return frozenset()
    if not isinstance(answer, dict):
        return everything
    failures = answer.get("batchItemFailures")
    if failures is None:
        return frozenset()
    if not isinstance(failures, list):
        return everything
    named = frozenset(str(failure.get("itemIdentifier")) if isinstance(failure, dict) else "" for failure in failures)
    unknown = named - everything
    return everything if unknown else named
