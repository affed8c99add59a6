"""The Import API for inventories: containers, requests of up to 20 resources, operations worked off later.

It creates or updates by key, without a version (CT-INV-12).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from local.commercetools_double.bodies import Json, checked_key, needed, optional, read_object, stamp, without_nones
from local.commercetools_double.endpoints import Api, json_answer
from local.commercetools_double.errors import ApiError, duplicate_field, invalid_input, not_found
from local.commercetools_double.inventory import INVENTORY_ENTRY, entry_from, told_of_new
from local.commercetools_double.project import Change
from local.double import Answer, Call, Route

MOST_RESOURCES = 20
_CONTAINER_HOURS = 72
_OPERATION_HOURS = 48
_STATES = (
    "processing",
    "validationFailed",
    "unresolved",
    "waitForMasterVariant",
    "imported",
    "rejected",
    "canceled",
    "partiallyImported",
)


@dataclass(slots=True)
class _Operation:
    body: Json
    draft: Json
    due: datetime


@dataclass(slots=True)
class ImportApi:
    """The containers and operations of one project."""

    api: Api
    _containers: dict[str, Json] = field(default_factory=dict)
    _operations: dict[str, _Operation] = field(default_factory=dict)

    def routes(self) -> list[Route]:
        """Containers, the inventory request, summaries and operations."""
        containers, products = ("manage_import_containers",), ("manage_products",)
        read = (*containers, "view_import_containers", *products)
        return [
            self.api.route("POST", "import-containers", "import-containers.create", self.create, scopes=containers),
            self.api.route("GET", "import-containers/{key}", "import-containers.get", self.get, scopes=read),
            self.api.route(
                "DELETE", "import-containers/{key}", "import-containers.delete", self.delete, scopes=containers
            ),
            self.api.route(
                "GET",
                "import-containers/{key}/import-summaries",
                "import-containers.summary",
                self.summarise,
                scopes=read,
            ),
            self.api.route(
                "GET",
                "import-containers/{key}/import-operations",
                "import-operations.query",
                self.list_operations,
                scopes=read,
            ),
            self.api.route("GET", "import-operations/{id}", "import-operations.get", self.operation, scopes=read),
            self.api.route(
                "POST",
                "inventories/import-containers/{key}",
                "import.inventories",
                self.import_entries,
                scopes=products,
            ),
        ]

    async def create(self, call: Call, _: str) -> Answer:
        """`POST` a container; it expires after 72 h (CT-INV-13)."""
        draft = read_object(call.body)
        key = checked_key(needed(draft, "key", str)) or ""
        if key in self._containers:
            raise duplicate_field("key", key)
        now = self.api.project.controls.now()
        self._containers[key] = without_nones(
            {
                "key": key,
                "version": 1,
                "resourceType": draft.get("resourceType"),
                "retentionPolicy": draft.get("retentionPolicy"),
                "createdAt": stamp(now),
                "lastModifiedAt": stamp(now),
                "expiresAt": stamp(now + timedelta(hours=_CONTAINER_HOURS)),
            }
        )
        return json_answer(self._containers[key], 201)

    async def get(self, call: Call, _: str) -> Answer:
        """`GET` a container."""
        return json_answer(self._container(call))

    async def delete(self, call: Call, _: str) -> Answer:
        """`DELETE` a container with its operations."""
        container = self._container(call)
        del self._containers[container["key"]]
        for operation in self._of(container["key"]):
            del self._operations[operation.body["id"]]
        return json_answer(container)

    async def import_entries(self, call: Call, _: str) -> Answer:
        """`POST` up to 20 inventories; each becomes an operation."""
        container = self._container(call)
        request = read_object(call.body)
        resources = needed(request, "resources", list)
        if request.get("type", "inventory") != "inventory":
            raise invalid_input("The type of the request must be inventory.")
        if not 1 <= len(resources) <= MOST_RESOURCES:
            raise invalid_input(f"A request has 1 to {MOST_RESOURCES} resources, not {len(resources)}.")
        return json_answer({"operationStatus": [self._accept(container, one) for one in resources]}, 201)

    async def summarise(self, call: Call, _: str) -> Answer:
        """How many operations of a container are in which state."""
        states = Counter(operation.body["state"] for operation in self._of(self._container(call)["key"]))
        return json_answer({"states": {name: states[name] for name in _STATES}, "total": states.total()})

    async def list_operations(self, call: Call, _: str) -> Answer:
        """The operations of a container."""
        results = [operation.body for operation in self._of(self._container(call)["key"])]
        page = results[: int(call.query.get("limit", "20"))]
        return json_answer({"limit": 20, "offset": 0, "count": len(page), "total": len(results), "results": page})

    async def operation(self, call: Call, _: str) -> Answer:
        """`GET` one operation."""
        found = self._operations.get(call.parts["id"])
        if found is None:
            raise not_found(f"ID '{call.parts['id']}'")
        return json_answer(found.body)

    def catch_up(self) -> None:
        """Work off the operations that are due, and forget what has expired."""
        if not self._operations:
            return
        now = self.api.project.controls.now()
        for operation in list(self._operations.values()):
            if operation.body["expiresAt"] <= stamp(now):
                del self._operations[operation.body["id"]]
            elif operation.body["state"] in ("processing", "unresolved") and operation.due <= now:
                self._work_off(operation, now)

    def forget(self) -> None:
        """Drop everything."""
        self._containers.clear()
        self._operations.clear()

    def _container(self, call: Call) -> Json:
        found = self._containers.get(call.parts["key"])
        if found is None or found["expiresAt"] <= self.api.project.now():
            raise not_found(f"key '{call.parts['key']}'")
        return found

    def _of(self, container_key: str) -> list[_Operation]:
        return [one for one in self._operations.values() if one.body["importContainerKey"] == container_key]

    def _accept(self, container: Json, draft: Json) -> Json:
        project = self.api.project
        try:
            key = checked_key(needed(draft, "key", str))
            needed(draft, "sku", str)
            needed(draft, "quantityOnStock", int)
            state, errors = "processing", None
        except ApiError as error:
            key, state, errors = str(draft.get("key", "")), "validationFailed", _errors(error)
        now = project.controls.now()
        body = without_nones(
            {
                "id": project.ids.new(),
                "version": 1,
                "importContainerKey": container["key"],
                "resourceKey": key,
                "state": state,
                "errors": errors,
                "createdAt": stamp(now),
                "lastModifiedAt": stamp(now),
                "expiresAt": stamp(now + timedelta(hours=_OPERATION_HOURS)),
            }
        )
        due = now + timedelta(seconds=project.settings.import_seconds)
        self._operations[body["id"]] = _Operation(body, draft, due)
        return without_nones({"operationId": body["id"], "state": state, "errors": errors})

    def _work_off(self, operation: _Operation, now: datetime) -> None:
        project, draft, body = self.api.project, operation.draft, operation.body
        body["lastModifiedAt"] = stamp(now)
        channel = draft.get("supplyChannel")
        if channel and not project.storage.ids_of("channel", "key", str(channel["key"])):
            body["state"] = "unresolved"
            body["unresolvedReferences"] = [{"key": channel["key"], "typeId": "channel"}]
            return
        body.pop("unresolvedReferences", None)
        try:
            body["resourceVersion"] = self._upsert(draft)
            body["state"] = "imported"
        except ApiError as error:
            body["state"] = "rejected"
            body["errors"] = _errors(error)

    def _upsert(self, draft: Json) -> int:
        project = self.api.project
        found = project.storage.ids_of(INVENTORY_ENTRY.type_id, "key", draft["key"])
        if not found:
            body = project.stamped(entry_from(project, draft), "import-api")
            project.store_new(INVENTORY_ENTRY, body, told_of_new(body))
            return int(body["version"])
        old = project.load(INVENTORY_ENTRY, found[0])
        change = Change(project, INVENTORY_ENTRY, project.load(INVENTORY_ENTRY, found[0]))
        change.apply(
            [
                {"action": "changeQuantity", "quantity": draft["quantityOnStock"]},
                {"action": "setRestockableInDays", "restockableInDays": optional(draft, "restockableInDays", int)},
                {"action": "setExpectedDelivery", "expectedDelivery": draft.get("expectedDelivery")},
            ]
        )
        stored = project.store_change(change, old, steps=1, client_id="import-api")
        return int(stored["version"])


def _errors(error: ApiError) -> list[Json]:
    """The Import API's error objects, of its own few codes."""
    return [{"code": "InvalidInput", "message": str(one.get("detailedErrorMessage", error))} for one in error.objects]
