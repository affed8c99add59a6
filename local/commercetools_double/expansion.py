"""Reference expansion: `expand=paymentInfo.payments[*]` puts the referenced object under `obj` (CT-QRY-07)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from local.commercetools_double.bodies import Json
from local.commercetools_double.project import Project


def expand(project: Project, body: Json, paths: Sequence[str]) -> Json:
    """Expand `body` in place along each path; a path that leads nowhere is ignored. Gives `body` back."""
    for path in paths:
        for reference in _found(project, [body], path.split(".")):
            _fill(project, reference)
    return body


def _found(project: Project, nodes: Sequence[Any], steps: Sequence[str]) -> Iterator[Json]:
    for step in steps:
        name, _, index = step.partition("[")
        following: list[Any] = []
        for node in nodes:
            # A path goes on through a reference into what it refers to, whether or not `obj` is written out.
            inside = _fill(project, node) if _is_reference(node) and name != "obj" else node
            under = inside.get(name) if isinstance(inside, dict) else None
            if isinstance(under, list):
                following += under if index in ("", "*]") else under[int(index[:-1]) : int(index[:-1]) + 1]
            elif under is not None:
                following.append(under)
        nodes = following
    return (node for node in nodes if _is_reference(node))


def _is_reference(node: Any) -> bool:
    return isinstance(node, dict) and "typeId" in node and "id" in node


def _fill(project: Project, reference: Json) -> Json | None:
    if "obj" not in reference:
        body = project.storage.load(reference["typeId"], reference["id"])
        if body is None:
            return None
        reference["obj"] = body
    found: Json = reference["obj"]
    return found
