"""Custom fields: one type per holder, its fields checked against the type (CT-TYP-01, CT-TYP-02)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from local.commercetools_double.bodies import Json, as_stamp, needed
from local.commercetools_double.errors import ApiError, invalid_operation
from local.commercetools_double.project import Action, Change, Project

Holder = Callable[[Change, Json], tuple[Json, Json]]
"""Finds what an action's custom fields belong to, and the fields that identify it in messages."""


def custom_of(project: Project, draft: Any) -> Json | None:
    """The `CustomFields` of a draft; raises for a type that does not exist or fields it does not define."""
    if draft is None:
        return None
    definition = project.referenced("type", needed(draft, "type", dict))
    fields: Json = draft.get("fields") or {}
    for name, value in fields.items():
        _check(definition, name, value)
    for field in definition["fieldDefinitions"]:
        if field["required"] and field["name"] not in fields:
            raise ApiError(
                400, "RequiredField", f"A value is required for field '{field['name']}'.", field=field["name"]
            )
    return {"type": {"typeId": "type", "id": definition["id"]}, "fields": dict(fields)}


def custom_actions(prefix: str, told_as: str | None, holder: Holder) -> dict[str, Action]:
    """`set{prefix}CustomType` and `set{prefix}CustomField` for what `holder` finds.

    `told_as` begins the names of the messages (`OrderCustomFieldAdded` ...); None tells nothing.
    """

    def set_type(change: Change, action: Json) -> None:
        body, identified = holder(change, action)
        before = body.get("custom")
        draft = {"type": action["type"], "fields": action.get("fields")} if action.get("type") else None
        after = custom_of(change.project, draft)
        previous = before["type"]["id"] if before else None
        if after is None:
            body.pop("custom", None)
            if told_as and before:
                change.tell(f"{told_as}CustomTypeRemoved", **identified, previousTypeId=previous)
            return
        body["custom"] = after
        if told_as and after != before:
            change.tell(f"{told_as}CustomTypeSet", **identified, customFields=after, previousTypeId=previous)

    def set_field(change: Change, action: Json) -> None:
        body, identified = holder(change, action)
        name, value = needed(action, "name", str), action.get("value")
        if "custom" not in body:
            raise invalid_operation("The resource has no custom type set, so no custom field can be set.")
        fields: Json = body["custom"]["fields"]
        before = fields.get(name)
        if value is None:
            if name not in fields:
                raise invalid_operation(f"The custom field '{name}' is not set and cannot be removed.")
            del fields[name]
        else:
            _check(change.project.referenced("type", body["custom"]["type"]), name, value)
            fields[name] = value
        if told_as:
            _tell_field(change, told_as, {**identified, "name": name}, before, value)

    return {f"set{prefix}CustomType": set_type, f"set{prefix}CustomField": set_field}


def _tell_field(change: Change, told_as: str, identified: Json, before: Any, value: Any) -> None:
    if value == before:
        return
    if value is None:
        change.tell(f"{told_as}CustomFieldRemoved", **identified)
    elif before is None:
        change.tell(f"{told_as}CustomFieldAdded", **identified, value=value)
    else:
        change.tell(f"{told_as}CustomFieldChanged", **identified, value=value, previousValue=before)


def whole_resource(change: Change, _: Json) -> tuple[Json, Json]:
    """The holder of a resource's own custom fields."""
    return change.body, {}


def _check(definition: Json, name: str, value: Any) -> None:
    for field in definition["fieldDefinitions"]:
        if field["name"] == name:
            if not _fits(field["type"], value):
                raise ApiError(
                    400,
                    "InvalidField",
                    f"The value {value!r} is not valid for field '{name}'.",
                    field=name,
                    invalidValue=value,
                )
            return
    raise ApiError(
        400,
        "InvalidField",
        f"The field '{name}' is not defined for type '{definition['key']}'.",
        field=name,
        invalidValue=value,
    )


def _fits(field_type: Mapping[str, Any], value: Any) -> bool:
    name = field_type["name"]
    if name == "Set":
        return isinstance(value, list) and all(_fits(field_type["elementType"], element) for element in value)
    if name == "Boolean":
        return isinstance(value, bool)
    if name == "Number":
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    if name in ("Enum", "LocalizedEnum"):
        return value in [choice["key"] for choice in field_type["values"]]
    if name == "DateTime":
        return isinstance(value, str) and as_stamp(value) is not None
    if name in ("String", "Date", "Time"):
        return isinstance(value, str)
    return isinstance(value, dict)
