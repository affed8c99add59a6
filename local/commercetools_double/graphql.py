"""GraphQL, as far as inventory goes: queries of entries, and mutations that run one after the other (CT-INV-14)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from graphql import GraphQLError, parse
from graphql.language import (
    FieldNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
)
from graphql.utilities import value_from_ast_untyped
from multidict import MultiDict

from local.commercetools_double.bodies import Json, needed, read_object
from local.commercetools_double.endpoints import Api, json_answer
from local.commercetools_double.errors import ApiError, invalid_input
from local.commercetools_double.expansion import expand
from local.commercetools_double.inventory import INVENTORY_ENTRY, entry_from, told_of_new
from local.commercetools_double.queries import answer_query, read_query
from local.double import Answer, Call, Route


class GraphQL:
    """The GraphQL endpoint of one project."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._project = api.project

    def routes(self) -> list[Route]:
        """The one endpoint."""
        return [self._api.route("POST", "graphql", "graphql", self.answer, scopes=("manage_products", "view_products"))]

    async def answer(self, call: Call, client_id: str) -> Answer:
        """`POST /graphql`: each field at the top answers for itself; one that fails is null beside an error."""
        request = read_object(call.body)
        variables: Json = request.get("variables") or {}
        try:
            operation = _operation(needed(request, "query", str), request.get("operationName"))
        except GraphQLError as error:
            return json_answer({"errors": [{"message": error.message, "extensions": {"code": "InvalidInput"}}]}, 400)
        if operation.operation is not OperationType.QUERY:
            self._api.tokens.check(call, ("manage_products",))
        data: Json = {}
        errors: list[Json] = []
        for selection in operation.selection_set.selections:
            if not isinstance(selection, FieldNode):
                raise invalid_input("Fragments are not supported by the double.")
            name = selection.alias.value if selection.alias else selection.name.value
            try:
                found = await self._field(operation.operation, selection, variables, client_id)
                data[name] = _selected(self._with_channels(found), selection.selection_set)
            except ApiError as error:
                data[name] = None
                extensions = {key: value for key, value in error.objects[0].items() if key != "message"}
                errors.append({"message": str(error), "path": [name], "extensions": extensions})
        return json_answer({"data": data, **({"errors": errors} if errors else {})})

    async def _field(self, operation: OperationType, field: FieldNode, variables: Json, client_id: str) -> Json | None:
        arguments = {
            argument.name.value: value_from_ast_untyped(argument.value, variables) for argument in field.arguments
        }
        if operation is OperationType.QUERY:
            if field.name.value == "inventoryEntry":
                return self._project.load(INVENTORY_ENTRY, self._entry_id(arguments))
            if field.name.value == "inventoryEntries":
                return self._query(arguments)
        elif field.name.value == "updateInventoryEntry":
            actions = [_unwrapped(one) for one in needed(arguments, "actions", list)]
            version = needed(arguments, "version", int)
            return await self._project.update(INVENTORY_ENTRY, self._entry_id(arguments), version, actions, client_id)
        elif field.name.value == "createInventoryEntry":
            draft = needed(arguments, "draft", dict)
            body = self._project.stamped(entry_from(self._project, draft), client_id)
            return await self._project.create(INVENTORY_ENTRY, body, told_of_new(body))
        raise invalid_input(f"The double's GraphQL has no field '{field.name.value}' in a {operation.value}.")

    def _entry_id(self, arguments: Json) -> str:
        if arguments.get("id"):
            return str(arguments["id"])
        return self._project.id_of(INVENTORY_ENTRY, "key", needed(arguments, "key", str))

    def _query(self, arguments: Json) -> Json:
        parameters: MultiDict[str] = MultiDict()
        for name in ("where", "limit", "offset"):
            if arguments.get(name) is not None:
                parameters.add(name, str(arguments[name]))
        sort = arguments.get("sort") or []
        for text in sort if isinstance(sort, list) else [sort]:
            parameters.add("sort", text)
        found: Json = json.loads(answer_query(self._project, INVENTORY_ENTRY, read_query(INVENTORY_ENTRY, parameters)))
        return found

    def _with_channels(self, found: Json | None) -> Json | None:
        """With the supply channel's fields at hand, as GraphQL has no `expand`."""
        if found is None:
            return None
        for entry in found.get("results", [found]):
            expand(self._project, entry, ["supplyChannel"])
            if "supplyChannel" in entry:
                reference = entry["supplyChannel"]
                entry["supplyChannelRef"] = {"typeId": "channel", "id": reference["id"]}
                entry["supplyChannel"] = {**reference.get("obj", {}), "typeId": "channel", "id": reference["id"]}
        return found


def _operation(text: str, name: str | None) -> OperationDefinitionNode:
    operations = [node for node in parse(text).definitions if isinstance(node, OperationDefinitionNode)]
    for operation in operations:
        if name is None or (operation.name and operation.name.value == name):
            return operation
    raise GraphQLError(f"There is no operation {name!r}.")


def _unwrapped(action: Any) -> Json:
    """`{changeQuantity: {quantity: 5}}` as the action the HTTP API knows."""
    if not isinstance(action, dict) or len(action) != 1:
        raise invalid_input("Each update action has exactly one field, its name.")
    ((name, fields),) = action.items()
    return {"action": name, **(fields or {})}


def _selected(found: Any, selection: SelectionSetNode | None) -> Any:
    """The fields asked for; one that is not there is null."""
    if selection is None or found is None:
        return found
    if isinstance(found, list):
        return [_selected(one, selection) for one in found]
    fields: Sequence[FieldNode] = [one for one in selection.selections if isinstance(one, FieldNode)]
    return {
        (field.alias or field.name).value: _selected(found.get(field.name.value), field.selection_set)
        for field in fields
    }
