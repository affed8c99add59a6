"""The names of our own metrics, as the code that emits them spells them."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tests.architecture.repository import text_files

EMITTERS = {"count", "gauge"}


def emitted_metrics() -> set[str]:
    """Return every name that is counted or gauged in the package, and those of the endings."""
    return {name for path, text in text_files(".py") if path.parts[0] == "layers" for name in metrics_in(text)}


def metrics_in(source: str) -> Iterator[str]:
    """Yield the names in calls of `count` and `gauge`, and in the table of endings."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Call(func=ast.Name(id=called), args=[ast.Constant(value=str(name)), *_]) if called in EMITTERS:
                yield name
            case ast.AnnAssign(target=ast.Name(id="METRIC_OF_ENDING"), value=ast.Dict(values=values)):
                yield from (str(value.value) for value in values if isinstance(value, ast.Constant))
            case _:
                pass
