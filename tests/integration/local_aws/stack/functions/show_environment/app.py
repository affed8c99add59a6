"""Shows what a function can see of its process, and fails in every way a function can, when asked."""

from __future__ import annotations

import os
import sys
import time
from typing import Any

from words import say


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    say(asked=sorted(event))
    if "raise" in event:
        raise ValueError(event["raise"])
    if "exit" in event:
        os._exit(event["exit"])
    if "hang" in event:
        time.sleep(60)
    return {
        "environment": dict(os.environ),
        "path": sys.path,
        "process": os.getpid(),
        "request_id": context.aws_request_id,
        "remaining_milliseconds": context.get_remaining_time_in_millis(),
    }
