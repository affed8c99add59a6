"""One commercetools project: its resources, how they change, and who hears of it."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from local.commercetools_double.bodies import Ids, Json, dump, needed, stamp
from local.commercetools_double.errors import (
    concurrent_modification,
    invalid_input,
    invalid_json,
    not_found,
    reference_not_found,
)
from local.commercetools_double.storage import Storage, Term, terms_of
from local.double import Controls

MOST_ACTIONS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What differs between projects, or is not publicly known of commercetools and so can be set."""

    sync_info_appends: bool = False
    """Whether `updateSyncInfo` for a channel already there adds a second entry (CT-ORD-07)."""
    deduction_lag_seconds: float = 10.0
    """The longest an order's stock deduction takes to show (CT-INV-08)."""
    production: bool = True
    """Production projects keep undeliverable notifications 24 h, others 1 h (CT-SUB-09)."""
    message_retention_days: int = 15
    """How long the Messages API keeps a message (CT-MSG-07)."""
    token_seconds: int = 172_800
    """How long an access token lives (CT-AUTH-02)."""
    query_limit_seconds: float = 20.0
    """How long a query may take before it is cut (CT-ERR-05)."""
    import_seconds: float = 2.0
    """How long the Import API takes to work an operation off."""


@dataclass(frozen=True, slots=True)
class Told:
    """A message in the making: its type and the fields of that type."""

    type: str
    fields: Json


Action = Callable[["Change", Json], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of resource: where it lies, what it is found by, and how it can be changed."""

    type_id: str
    path: str
    fields: frozenset[str]
    """The fields a predicate may name; what every resource has is added by `known_fields`."""
    unique: tuple[str, ...] = ("key",)
    """Fields of unique value; a resource can be addressed by the key when it is among them."""
    terms: Callable[[Json], list[Term]] = lambda _: []
    """Further terms, beyond those of the unique fields."""
    indexed: frozenset[str] = frozenset()
    """The names of these terms that a query can be narrowed by: each must be given whenever the field is there."""
    identified_by: tuple[str, ...] = ("key",)
    """Fields told as `resourceUserProvidedIdentifiers` (CT-SUB-04)."""
    actions: Mapping[str, Action] = field(default_factory=dict)
    manage: str = "manage_project"
    """The scope to write it; a `view_` scope of the same name, or those in `view`, reads it."""
    view: tuple[str, ...] = ()

    def all_terms(self, body: Json) -> list[Term]:
        """Every term of a body."""
        return [*terms_of(body, unique=self.unique), *self.terms(body)]

    def known_fields(self) -> frozenset[str]:
        """Every field of the outermost body."""
        return self.fields | {
            "id",
            "version",
            "createdAt",
            "lastModifiedAt",
            "createdBy",
            "lastModifiedBy",
            *self.unique,
        }


class Change:
    """One update in the making: actions alter `body` and tell messages; nothing is stored before all have succeeded."""

    def __init__(self, project: Project, kind: Kind, body: Json) -> None:
        """`body` is this change's own copy of the resource."""
        self.project = project
        self.kind = kind
        self.body = body
        self.told: list[Told] = []
        self.now = stamp(project.controls.now())

    def tell(self, message_type: str, **fields: Any) -> None:
        """Have a message sent once the change is stored; fields that are None are left out."""
        self.told.append(Told(message_type, {name: value for name, value in fields.items() if value is not None}))

    def apply(self, actions: Sequence[Any]) -> None:
        """Apply update actions in order; raises the error of the first that fails."""
        if len(actions) > MOST_ACTIONS:
            raise invalid_input(f"{len(actions)} update actions are more than the {MOST_ACTIONS} allowed.")
        for position, action in enumerate(actions):
            if not isinstance(action, dict):
                raise invalid_json(f"actions[{position}]: an object is expected")
            name = needed(action, "action", str)
            apply = self.kind.actions.get(name)
            if apply is None:
                raise invalid_json(f"actions[{position}].action: unknown update action '{name}'")
            apply(self, action)


class Outbox(Protocol):
    """Hears of what happened to resources."""

    def send_messages(self, kind: Kind, body: Json, told: Sequence[Told]) -> None:
        """Messages of one change, in order; `body` is the resource after it."""

    def send_change(self, kind: Kind, body: Json, what: str, old_version: int | None) -> None:
        """`what` is ResourceCreated, ResourceUpdated or ResourceDeleted."""


class Gatekeeper(Protocol):
    """Is asked before a change is stored: the API extensions."""

    async def review(self, kind: Kind, action: str, body: Json, old: Json | None) -> Sequence[Json]:
        """Further update actions, or raises what the extension refuses with (CT-EXT-01)."""


class Project:
    """The resources of one project."""

    def __init__(self, key: str, controls: Controls, settings: Settings, ids: Ids, kinds: Sequence[Kind]) -> None:
        """`outbox` and `gatekeeper` are set by the double, which makes them of this project."""
        self.key = key
        self.controls = controls
        self.settings = settings
        self.ids = ids
        self.kinds = {kind.type_id: kind for kind in kinds}
        self.storage = Storage()
        self.outbox: Outbox
        self.gatekeeper: Gatekeeper

    def clear(self) -> None:
        """Forget every resource."""
        self.storage.close()
        self.storage = Storage()

    def now(self) -> str:
        """The present instant as commercetools writes it."""
        return stamp(self.controls.now())

    def load(self, kind: Kind, resource_id: str) -> Json:
        """A resource by id; raises `ResourceNotFound`."""
        body = self.storage.load(kind.type_id, resource_id)
        if body is None:
            raise not_found(f"ID '{resource_id}'")
        return body

    def id_of(self, kind: Kind, field_name: str, value: str) -> str:
        """The id of the resource with a unique field; raises `ResourceNotFound`."""
        found = self.storage.ids_of(kind.type_id, field_name, value)
        if not found:
            raise not_found(f"{field_name} '{value}'")
        return found[0]

    def reference(self, type_id: str, identifier: Any) -> Json:
        """The reference for a resource identifier by id or key; raises `ReferencedResourceNotFound` (CT-ERR-08).

        Of kinds the double does not hold (customers, tax categories ...) every identifier is taken as given.
        """
        if not isinstance(identifier, dict):
            raise invalid_json(f"a resource identifier of type {type_id} is expected, not {identifier!r}")
        resource_id, key = identifier.get("id"), identifier.get("key")
        if not resource_id and not key:
            raise invalid_json(f"the resource identifier of type {type_id} needs an id or a key")
        if type_id not in self.kinds:
            return {
                "typeId": type_id,
                "id": resource_id or str(uuid.uuid5(uuid.NAMESPACE_URL, f"{type_id}/{key}")),
            }
        if resource_id:
            if self.storage.raw(type_id, resource_id) is None:
                raise reference_not_found(type_id, resource_id=resource_id)
            return {"typeId": type_id, "id": resource_id}
        found = self.storage.ids_of(type_id, "key", str(key))
        if not found:
            raise reference_not_found(type_id, key=str(key))
        return {"typeId": type_id, "id": found[0]}

    def referenced(self, type_id: str, identifier: Any) -> Json:
        """The resource an identifier points to; raises `ReferencedResourceNotFound`."""
        reference = self.reference(type_id, identifier)
        body = self.storage.load(type_id, reference["id"])
        if body is None:
            raise reference_not_found(type_id, resource_id=reference["id"])
        return body

    def stamped(self, fields: Json, client_id: str) -> Json:
        """A new body: id, version 1 and the instants before the given fields."""
        now = self.now()
        return {
            "id": self.ids.new(),
            "version": 1,
            "createdAt": now,
            "lastModifiedAt": now,
            "createdBy": {"clientId": client_id},
            "lastModifiedBy": {"clientId": client_id},
            **fields,
        }

    async def create(
        self, kind: Kind, body: Json, told: Sequence[Told] = (), *, claim: Callable[[], None] | None = None
    ) -> Json:
        """Store a new resource and tell of it. Extensions are asked first.

        `claim` checks what the resource needs, in the same step as it is stored: nobody can come between.
        """
        change = Change(self, kind, body)
        change.apply(await self.gatekeeper.review(kind, "Create", body, None))
        if claim is not None:
            claim()
        self.store_new(kind, change.body, (*told, *change.told))
        return change.body

    def store_new(self, kind: Kind, body: Json, told: Sequence[Told] = ()) -> None:
        """Store a new resource and tell of it, without asking any extension."""
        self.storage.insert(kind.type_id, body, kind.all_terms(body))
        self.outbox.send_change(kind, body, "ResourceCreated", None)
        self.outbox.send_messages(kind, body, told)

    async def update(self, kind: Kind, resource_id: str, version: int, actions: Sequence[Any], client_id: str) -> Json:
        """Apply update actions, all or none (CT-ORD-02); raises `ConcurrentModification` for another version.

        An update without effect keeps the version and is not told (CT-ORD-17).
        """
        old = self.load(kind, resource_id)
        self.check_version(old, version)
        change = Change(self, kind, self.load(kind, resource_id))
        change.apply(actions)
        further = await self.gatekeeper.review(kind, "Update", change.body, old)
        change.apply(further)
        return self.store_change(change, old, steps=len(actions) + len(further), client_id=client_id)

    def store_change(self, change: Change, old: Json, *, steps: int, client_id: str, silent: bool = False) -> Json:
        """Store what a change has made of `old`; the version grows by `steps` (CT-ORD-18).

        `silent` leaves out the change notification (CT-MSG-09). Raises `ConcurrentModification` when somebody else was
        faster while an extension was asked.
        """
        kind, body = change.kind, change.body
        if dump(body) == dump(old):
            return old
        present = self.storage.load(kind.type_id, body["id"])
        if present is None or present["version"] != old["version"]:
            raise concurrent_modification(body["id"], old["version"], present["version"] if present else 0)
        body["version"] = old["version"] + max(1, steps)
        body["lastModifiedAt"] = change.now
        body["lastModifiedBy"] = {"clientId": client_id}
        self.storage.replace(kind.type_id, body, kind.all_terms(old), kind.all_terms(body))
        if not silent:
            self.outbox.send_change(kind, body, "ResourceUpdated", old["version"])
        self.outbox.send_messages(kind, body, change.told)
        return body

    def delete(self, kind: Kind, resource_id: str, version: int, told: Callable[[Json], Sequence[Told]]) -> Json:
        """Take a resource away and tell of it."""
        body = self.load(kind, resource_id)
        self.check_version(body, version)
        self.storage.delete(kind.type_id, body, kind.all_terms(body), self.now())
        self.outbox.send_change(kind, body, "ResourceDeleted", None)
        self.outbox.send_messages(kind, body, told(body))
        return body

    @staticmethod
    def check_version(body: Json, version: Any) -> None:
        """Raise `ConcurrentModification` unless `version` is the body's (CT-ERR-01)."""
        if not isinstance(version, int) or isinstance(version, bool):
            raise invalid_json(f"version: unexpected value {version!r}")
        if version != body["version"]:
            raise concurrent_modification(body["id"], version, body["version"])
