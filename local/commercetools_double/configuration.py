"""What a project is set up with: channels, states, types and custom objects."""

from __future__ import annotations

import re
from typing import Any

from local.commercetools_double.bodies import Json, checked_key, needed, one_of, optional, set_or_remove, without_nones
from local.commercetools_double.custom_fields import custom_actions, custom_of, whole_resource
from local.commercetools_double.errors import invalid_input, invalid_operation
from local.commercetools_double.project import Action, Change, Kind, Project
from local.commercetools_double.storage import Term

_OBJECT_NAME = re.compile(r"[-_~.A-Za-z0-9]{1,256}")
CHANNEL_ROLES = ("InventorySupply", "ProductDistribution", "OrderExport", "OrderImport", "Primary")
STATE_TYPES = (
    "OrderState",
    "LineItemState",
    "ProductState",
    "ReviewState",
    "PaymentState",
    "QuoteRequestState",
    "StagedQuoteState",
    "QuoteState",
    "RecurringOrderState",
)


def channel_from(project: Project, draft: Json) -> Json:
    """The channel of a `ChannelDraft`; without roles it supplies inventory."""
    return without_nones(
        {
            "key": checked_key(needed(draft, "key", str)),
            "roles": _roles(optional(draft, "roles", list) or ["InventorySupply"]),
            "name": optional(draft, "name", dict),
            "description": optional(draft, "description", dict),
            "address": optional(draft, "address", dict),
            "custom": custom_of(project, draft.get("custom")),
        }
    )


def state_from(project: Project, draft: Json) -> Json:
    """The state of a `StateDraft`."""
    return without_nones(
        {
            "key": needed(draft, "key", str),
            "type": one_of(draft, "type", STATE_TYPES),
            "name": optional(draft, "name", dict),
            "description": optional(draft, "description", dict),
            "initial": bool(draft.get("initial", True)),
            "builtIn": False,
            "roles": draft.get("roles"),
            "transitions": _transitions(project, draft.get("transitions")),
        }
    )


def built_in_line_item_state(key: str) -> Json:
    """The state every new line item is in, which every project has."""
    return {"key": key, "type": "LineItemState", "name": {"en": key}, "initial": True, "builtIn": True}


def type_from(_: Project, draft: Json) -> Json:
    """The type of a `TypeDraft`."""
    return without_nones(
        {
            "key": checked_key(needed(draft, "key", str)),
            "name": needed(draft, "name", dict),
            "description": optional(draft, "description", dict),
            "resourceTypeIds": needed(draft, "resourceTypeIds", list),
            "fieldDefinitions": [_definition(one) for one in optional(draft, "fieldDefinitions", list) or []],
        }
    )


def custom_object_from(_: Project, draft: Json) -> Json:
    """The custom object of a `CustomObjectDraft`, less its version (CT-TYP-06)."""
    container, key = needed(draft, "container", str), needed(draft, "key", str)
    if not _OBJECT_NAME.fullmatch(container) or not _OBJECT_NAME.fullmatch(key):
        raise invalid_input("The container and key of a custom object consist of letters, digits and - _ ~ . only.")
    if "value" not in draft:
        needed(draft, "value")
    return {"container": container, "key": key, "value": draft["value"]}


def object_term(container: str, key: str) -> str:
    """The value under which a custom object is unique and found."""
    return f"{container}/{key}"


def _roles(roles: list[Any]) -> list[str]:
    return [one_of({"roles": role}, "roles", CHANNEL_ROLES) for role in roles]


def _transitions(project: Project, drafts: Any) -> list[Json] | None:
    return None if drafts is None else [project.reference("state", draft) for draft in drafts]


def _definition(draft: Any) -> Json:
    return {
        "type": needed(draft, "type", dict),
        "name": needed(draft, "name", str),
        "label": needed(draft, "label", dict),
        "required": bool(draft.get("required", False)),
        "inputHint": draft.get("inputHint", "SingleLine"),
    }


def _set_roles(change: Change, action: Json) -> None:
    change.body["roles"] = _roles(needed(action, "roles", list))


def _add_roles(change: Change, action: Json) -> None:
    given = _roles(needed(action, "roles", list))
    change.body["roles"] += [role for role in given if role not in change.body["roles"]]


def _remove_roles(change: Change, action: Json) -> None:
    given = _roles(needed(action, "roles", list))
    change.body["roles"] = [role for role in change.body["roles"] if role not in given]


def _change_key(change: Change, action: Json) -> None:
    change.body["key"] = checked_key(needed(action, "key", str))


def _change_name(change: Change, action: Json) -> None:
    change.body["name"] = needed(action, "name", dict)


def _set_address(change: Change, action: Json) -> None:
    set_or_remove(change.body, "address", optional(action, "address", dict))


def _set_transitions(change: Change, action: Json) -> None:
    set_or_remove(change.body, "transitions", _transitions(change.project, action.get("transitions")))


def _add_definition(change: Change, action: Json) -> None:
    definition = _definition(needed(action, "fieldDefinition", dict))
    if any(one["name"] == definition["name"] for one in change.body["fieldDefinitions"]):
        raise invalid_input(f"The field '{definition['name']}' is already defined.")
    change.body["fieldDefinitions"].append(definition)


def _remove_definition(change: Change, action: Json) -> None:
    name = needed(action, "fieldName", str)
    left = [one for one in change.body["fieldDefinitions"] if one["name"] != name]
    if len(left) == len(change.body["fieldDefinitions"]):
        raise invalid_operation(f"The field '{name}' is not defined.")
    change.body["fieldDefinitions"] = left


_CHANNEL_ACTIONS: dict[str, Action] = {
    "setRoles": _set_roles,
    "addRoles": _add_roles,
    "removeRoles": _remove_roles,
    "changeKey": _change_key,
    "changeName": _change_name,
    "setAddress": _set_address,
    **custom_actions("", None, whole_resource),
}

CHANNEL = Kind(
    type_id="channel",
    path="channels",
    fields=frozenset({"roles", "name", "description", "address", "custom", "geoLocation", "reviewRatingStatistics"}),
    actions=_CHANNEL_ACTIONS,
    manage="manage_channels",
    view=("view_channels", "view_products", "manage_products"),
)
STATE = Kind(
    type_id="state",
    path="states",
    fields=frozenset({"type", "name", "description", "initial", "builtIn", "roles", "transitions"}),
    actions={"changeKey": _change_key, "setTransitions": _set_transitions},
    manage="manage_states",
)
TYPE = Kind(
    type_id="type",
    path="types",
    fields=frozenset({"name", "description", "resourceTypeIds", "fieldDefinitions"}),
    actions={
        "changeKey": _change_key,
        "changeName": _change_name,
        "addFieldDefinition": _add_definition,
        "removeFieldDefinition": _remove_definition,
    },
    manage="manage_types",
)
CUSTOM_OBJECT = Kind(
    type_id="key-value-document",
    path="custom-objects",
    fields=frozenset({"container", "key", "value"}),
    unique=(),
    terms=lambda body: [Term(name="container/key", value=object_term(body["container"], body["key"]), unique=True)],
    identified_by=(),
    manage="manage_key_value_documents",
)
