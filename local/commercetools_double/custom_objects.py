"""Custom objects: written whole, addressed by container and key (CT-TYP-04, CT-TYP-05)."""

from __future__ import annotations

from local.commercetools_double.bodies import read_object
from local.commercetools_double.configuration import CUSTOM_OBJECT, custom_object_from, object_term
from local.commercetools_double.endpoints import Api, ResourceEndpoints, json_answer
from local.commercetools_double.errors import not_found
from local.commercetools_double.project import Change
from local.double import Answer, Call, Route

_READ = ("view_key_value_documents", "manage_key_value_documents")


class CustomObjectEndpoints(ResourceEndpoints):
    """The endpoints of custom objects."""

    def __init__(self, api: Api) -> None:
        super().__init__(api, CUSTOM_OBJECT, draft=custom_object_from, by=None)

    def routes(self) -> list[Route]:
        """Upsert, query, and by container and key."""
        write, path = (CUSTOM_OBJECT.manage,), CUSTOM_OBJECT.path
        one = f"{path}/{{container}}/{{key}}"
        return [
            self._api.route("GET", path, "custom-objects.query", self.query, scopes=_READ),
            self._api.route("POST", path, "custom-objects.create", self.create, scopes=write),
            self._api.route("GET", one, "custom-objects.get", self.get, scopes=_READ),
            self._api.route("HEAD", one, "custom-objects.head", self.head, scopes=_READ),
            self._api.route("DELETE", one, "custom-objects.delete", self.delete, scopes=write),
        ]

    async def create(self, call: Call, client_id: str) -> Answer:
        """`POST`: make the object, or replace its value; a version in the draft is checked."""
        draft = read_object(call.body)
        wanted = custom_object_from(self._project, draft)
        term = object_term(wanted["container"], wanted["key"])
        found = self._project.storage.ids_of(CUSTOM_OBJECT.type_id, "container/key", term)
        if not found:
            body = self._project.stamped(wanted, client_id)
            return json_answer(await self._project.create(CUSTOM_OBJECT, body), 201)
        old = self._project.load(CUSTOM_OBJECT, found[0])
        if "version" in draft:
            self._project.check_version(old, draft["version"])
        change = Change(self._project, CUSTOM_OBJECT, {**old, "value": wanted["value"]})
        return json_answer(self._project.store_change(change, old, steps=1, client_id=client_id))

    async def delete(self, call: Call, _: str) -> Answer:
        """`DELETE`: the version is optional here."""
        body = self._project.load(CUSTOM_OBJECT, self.address(call))
        version = int(call.query.get("version", body["version"]))
        return json_answer(self._project.delete(CUSTOM_OBJECT, body["id"], version, lambda _: ()))

    def address(self, call: Call) -> str:
        """The id of the object in a container under a key."""
        term = object_term(call.parts["container"], call.parts["key"])
        found = self._project.storage.ids_of(CUSTOM_OBJECT.type_id, "container/key", term)
        if not found:
            raise not_found(f"container '{call.parts['container']}' and key '{call.parts['key']}'")
        return found[0]
