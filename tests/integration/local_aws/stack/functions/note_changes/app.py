"""Notes every change of the state table; an item may ask to fail: ``break`` always, ``fail_once`` by a marker file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from words import say


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    for record in event["Records"]:
        item = record["dynamodb"]["NewImage"]
        number = record["dynamodb"]["SequenceNumber"]
        if "break" in item:
            raise RuntimeError(f"cannot note {item['pk']['S']}")
        if "fail_once" in item and not Path(item["fail_once"]["S"]).exists():
            Path(item["fail_once"]["S"]).touch()
            say(refused=item["pk"]["S"])
            return {"batchItemFailures": [{"itemIdentifier": number}]}
        say(noted=item["pk"]["S"])
    return {"batchItemFailures": []}
