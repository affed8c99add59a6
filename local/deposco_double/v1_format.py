"""V1's two formats over one shape: dicts in the order of the vendor's schemas, as XML or as its peculiar JSON.

The shape is the XML's: a collection is `{"orderLine": [...]}` under its wrapper, absent elements are left out, and
what is None is a null (DEP-V1FMT-01, DEP-V1FMT-02).
"""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs
from xml.etree import ElementTree as ET

from local.deposco_double.refusal import RefusalError
from local.deposco_double.store import Body
from local.double import Answer, Call

_NAMESPACE = "http://integration.deposco.com/"
_INSTANCE = "http://www.w3.org/2001/XMLSchema-instance"


def read_body(call: Call) -> Body:
    """The caller's body, JSON or XML, as a dict; raises `RefusalError` 400, flat, when it is neither."""
    try:
        if _speaks_json(call.headers.get("Content-Type", ""), call.body):
            parsed = json.loads(call.body)
        else:
            # The caller is this laptop's own; the parser of supported Pythons refuses entity bombs.
            parsed = _from_element(ET.fromstring(call.body))  # noqa: S314 - on loopback, from whoever plays the client
    except (ValueError, ET.ParseError) as error:
        raise RefusalError(400, "Bad Request") from error
    return parsed if isinstance(parsed, dict) else {}


def _speaks_json(content_type: str, body: bytes) -> bool:
    return "json" in content_type or ("xml" not in content_type and body.lstrip()[:1] in (b"{", b"["))


def _from_element(element: ET.Element) -> Any:
    if not len(element):
        if element.get(f"{{{_INSTANCE}}}nil") == "true":
            return None
        return (element.text or "").strip()
    members: dict[str, Any] = {}
    for child in element:
        name = child.tag.rpartition("}")[2]
        value = _from_element(child)
        if name in members:
            known = members[name]
            members[name] = [*known, value] if isinstance(known, list) else [known, value]
        else:
            members[name] = value
    return members


def listed(value: Any) -> list[Any]:
    """One element or a list of them, as a list; a null or an empty wrapper is none."""
    if value in (None, "", {"@nil": "true"}):
        return []
    return value if isinstance(value, list) else [value]


def only_one(body: Body, name: str) -> Body:
    """What a body holds that is sent for one entity: as it is, or as the first under its wrapper; 400 for neither."""
    members = listed(body.get(name)) if name in body else [body]
    if not members or not isinstance(members[0], dict):
        raise RefusalError(400, "Bad Request")
    first: Body = members[0]
    return first


def text_of(value: Any) -> str | None:
    """A scalar as text; None for a null in either spelling and for the empty text."""
    return None if value in (None, "", {"@nil": "true"}) else str(value)


def xml_answer(root: str, namespace: str, body: Body, status: int = 200) -> Answer:
    """`body` under a root element in the resource's namespace; the children carry none (DEP-V1FMT-02)."""
    element = ET.Element(f"{{{_NAMESPACE}{namespace}}}{root}")
    _fill(element, body)
    return Answer(
        status=status, body=ET.tostring(element, encoding="utf-8", xml_declaration=True), content_type="application/xml"
    )


def _fill(element: ET.Element, body: Any) -> None:
    for name, value in body.items():
        for member in value if isinstance(value, list) else [value]:
            child = ET.SubElement(element, name)
            if isinstance(member, dict):
                _fill(child, member)
            elif member is None:
                child.set(f"{{{_INSTANCE}}}nil", "true")
            else:
                child.text = _text(member)


def json_answer(body: Body, *, single_as_object: bool, status: int = 200) -> Answer:
    """`body` as V1's JSON: numbers as text, nulls as `{"@nil": "true"}`, a list of one as an object (DEP-V1FMT-01)."""
    return Answer.of_json(_peculiar(body, single_as_object), status)


def _peculiar(value: Any, single_as_object: bool) -> Any:
    if isinstance(value, dict):
        return {name: _peculiar(member, single_as_object) for name, member in value.items()}
    if isinstance(value, list):
        members = [_peculiar(member, single_as_object) for member in value]
        return members[0] if single_as_object and len(members) == 1 else members
    return {"@nil": "true"} if value is None else _text(value)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:g}" if isinstance(value, float) and value == int(value) else str(value)


def wants_json(call: Call) -> bool:
    """Whether the caller prefers JSON: by `Accept`, else by what it sent (DEP-V1FMT-04)."""
    accept = call.headers.get("Accept", "")
    if "json" in accept:
        return True
    return "xml" not in accept and bool(call.body) and _speaks_json(call.headers.get("Content-Type", ""), call.body)


def refuses_xml(call: Call) -> bool:
    """Whether the caller accepts JSON alone, which the XML-only reads answer with 400 (DEP-V1ORD-06)."""
    accept = call.headers.get("Accept", "*/*")
    return "json" in accept and "xml" not in accept and "*/*" not in accept


def plain(status: int, text: str) -> Answer:
    """An answer in plain text."""
    return Answer(status=status, body=text.encode(), content_type="text/plain")


def form_of(call: Call) -> Body:
    """The first value of each field of a form."""
    return {name: values[0] for name, values in parse_qs(call.body.decode("utf-8", "replace")).items()}


def outcome(
    call: Call,
    status: int,
    entity: tuple[str, str],
    *,
    errors: list[str] | None = None,
    warnings: list[str] | None = None,
) -> Body:
    """One response of a multistatus, about an entity of a type with a number (DEP-V1ORD-01)."""
    kind, number = entity
    body: Body = {
        "status": f"HTTP/1.1 {status} {HTTPStatus(status).phrase}",
        "href": "/".join([call.path.removesuffix("/updates"), *([] if kind == "Item" else [kind]), number]),
        "type": kind,
        "entity": number,
        "description": None,
    }
    if warnings:
        body["warnings"] = {"message": warnings}
    if errors:
        body["errors"] = {"message": errors}
    return body


def multistatus(call: Call, outcomes: list[Body], single_as_object: bool) -> Answer:
    """207 whatever happened inside, in the format the caller takes (DEP-V1ORD-01, DEP-V1FMT-04)."""
    body = {"response": outcomes}
    if wants_json(call):
        return json_answer(body, single_as_object=single_as_object, status=207)
    return xml_answer("multistatus", "multistatus", body, 207)
