"""Tells what its schedule gave it."""

from __future__ import annotations

from typing import Any

from words import say


def handler(event: dict[str, Any], _context: object) -> None:
    say(**event)
