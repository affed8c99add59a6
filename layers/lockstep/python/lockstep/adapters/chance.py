"""The one source of chance; nothing that must be repeatable uses it."""

from __future__ import annotations

import random


def jitter() -> float:
    """A factor between 0.75 and 1.25 that spreads retries, so that a crowd does not come back as one."""
    return random.uniform(0.75, 1.25)
