"""The endpoints every kind of resource has: create, read, query, update, delete, by id and by key."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from local.commercetools_double.authorisation import Tokens
from local.commercetools_double.bodies import Json, dump, needed, read_object, stamp
from local.commercetools_double.errors import ApiError, invalid_input, invalid_json, not_found
from local.commercetools_double.expansion import expand
from local.commercetools_double.project import Kind, Project, Told
from local.commercetools_double.queries import answer_query, read_query
from local.commercetools_double.schema_watch import SchemaWatch
from local.double import Answer, Call, Route

MOST_URL_AND_HEADER_BYTES = 15 * 1024
MOST_BODY_BYTES = 16 * 1024 * 1024

Answered = Callable[[Call, str], Awaitable[Answer]]
"""Answers a call of a client (its id), or raises `ApiError`."""
Drafted = Callable[[Project, Json], Json]
Telling = Callable[[Json], Sequence[Told]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Api:
    """What endpoints are made of: authorisation and error bodies around what a handler does."""

    project: Project
    tokens: Tokens
    watch: SchemaWatch | None = None

    def route(
        self,
        method: str,
        path: str,
        kind: str,
        answered: Answered,
        *,
        scopes: Sequence[str],
        limit_seconds: float | None = None,
    ) -> Route:
        """A route under the project's key, for clients with one of `scopes`."""

        async def handle(call: Call) -> Answer:
            try:
                _check_size(call)
                answer = await answered(call, self.tokens.check(call, scopes))
            except ApiError as error:
                answer = Answer(status=error.status, body=dump(error.body()))
            return self.watched(call, answer)

        return Route(
            method=method,
            path=f"/{self.project.key}/{path}",
            kind=kind,
            handler=handle,
            limit_seconds=limit_seconds,
        )

    def watched(self, call: Call, answer: Answer) -> Answer:
        """The answer itself, after it was held against the schema if somebody watches."""
        if self.watch is not None:
            self.watch.look(call, answer)
        return answer


def _check_size(call: Call) -> None:
    """Refuse a URL with headers that real infrastructure blocks, and a body beyond the limit (CT-ERR-07, CT-ERR-13)."""
    headers = sum(len(name) + len(value) + 4 for name, value in call.headers.items())
    if len(call.target) + headers > MOST_URL_AND_HEADER_BYTES:
        raise ApiError(414, "InvalidInput", "The URL and headers of the request are too long.")
    if len(call.body) > MOST_BODY_BYTES:
        raise ApiError(400, "ResourceSizeLimitExceeded", f"The request has more than {MOST_BODY_BYTES} bytes.")


def json_answer(body: Json, status: int = 200) -> Answer:
    """An answer with a JSON body."""
    return Answer(status=status, body=dump(body))


class ResourceEndpoints:
    """The endpoints of one kind."""

    def __init__(
        self,
        api: Api,
        kind: Kind,
        *,
        draft: Drafted | None = None,
        told_of_new: Telling = lambda _: (),
        told_of_deleted: Telling = lambda _: (),
        by: str | None = "key",
    ) -> None:
        """`draft` makes a new body of a draft (None: not created here); `by` is the unique field of the address."""
        self._api = api
        self._project = api.project
        self._kind = kind
        self._draft = draft
        self._told_of_new = told_of_new
        self._told_of_deleted = told_of_deleted
        self._by = by

    def routes(self) -> list[Route]:
        """Every endpoint of the kind. Routes with more text in their path stand first."""
        write: tuple[str, ...] = (self._kind.manage,)
        read = (*write, *(self._kind.view or (self._kind.manage.replace("manage_", "view_"),)))
        name = _counted_as(self._kind)
        path = self._kind.path
        limit = self._project.settings.query_limit_seconds
        routes: list[Route] = []

        def add(method: str, under: str, what: str, answered: Answered, limit_seconds: float | None = None) -> None:
            scopes = read if method in ("GET", "HEAD") else write
            routes.append(
                self._api.route(
                    method, path + under, f"{name}.{what}", answered, scopes=scopes, limit_seconds=limit_seconds
                )
            )

        add("GET", "", "query", self.query, limit)
        add("HEAD", "", "head", self.head_query, limit)
        if self._draft is not None:
            add("POST", "", "create", self.create)
        addresses = ([f"/{address_name(self._by)}={{key}}"] if self._by else []) + ["/{id}"]
        for address in addresses:
            add("GET", address, "get", self.get)
            add("HEAD", address, "head", self.head)
            if self._kind.actions:
                add("POST", address, "update", self.update)
            if self._draft is not None:
                add("DELETE", address, "delete", self.delete)
        return routes

    async def query(self, call: Call, _: str) -> Answer:
        """`GET` on the collection."""
        query = read_query(self._kind, call.query)
        return Answer(body=answer_query(self._project, self._kind, query, call.stale_seconds))

    async def head_query(self, call: Call, _: str) -> Answer:
        """`HEAD` on the collection: is there any match (CT-ORD-14)."""
        found = json.loads(answer_query(self._project, self._kind, read_query(self._kind, call.query)))
        return Answer(status=200 if found["count"] else 404)

    async def get(self, call: Call, _: str) -> Answer:
        """`GET` on one resource, straight from the store unless something is to be expanded."""
        resource_id = self.address(call)
        if call.stale_seconds:
            instant = stamp(self._project.controls.now() - timedelta(seconds=call.stale_seconds))
            raw = self._project.storage.raw_as_of(self._kind.type_id, resource_id, instant)
        else:
            raw = self._project.storage.raw(self._kind.type_id, resource_id)
        if raw is None:
            raise not_found(f"ID '{resource_id}'")
        return self._expanded(call, raw)

    async def head(self, call: Call, _: str) -> Answer:
        """`HEAD` on one resource (CT-ORD-14)."""
        found = self._project.storage.raw(self._kind.type_id, self.address(call)) is not None
        return Answer(status=200 if found else 404)

    async def create(self, call: Call, client_id: str) -> Answer:
        """`POST` a draft to the collection."""
        if self._draft is None:
            raise invalid_input(f"A {self._kind.type_id} cannot be created here.")
        body = self._project.stamped(self._draft(self._project, read_object(call.body)), client_id)
        created = await self._project.create(self._kind, body, self._told_of_new(body))
        return self._expanded(call, dump(created), 201)

    async def update(self, call: Call, client_id: str) -> Answer:
        """`POST` update actions to one resource."""
        request = read_object(call.body)
        version = needed(request, "version", int)
        actions = needed(request, "actions", list)
        body = await self._project.update(self._kind, self.address(call), version, actions, client_id)
        return self._expanded(call, dump(body))

    async def delete(self, call: Call, _: str) -> Answer:
        """`DELETE` one resource; its version is a query parameter."""
        text = call.query.get("version", "")
        if not text.isdigit():
            raise invalid_json("version: Missing required value")
        return json_answer(self._project.delete(self._kind, self.address(call), int(text), self._told_of_deleted))

    def address(self, call: Call) -> str:
        """The id a call's path points to; raises `ResourceNotFound` for an unknown key."""
        if "id" in call.parts:
            return call.parts["id"]
        return self._project.id_of(self._kind, str(self._by), call.parts["key"])

    def _expanded(self, call: Call, raw: bytes, status: int = 200) -> Answer:
        paths = call.query.getall("expand", [])
        if paths:
            raw = dump(expand(self._project, json.loads(raw), paths))
        return Answer(status=status, body=raw)


def address_name(field: str | None) -> str:
    """How a unique field is written in a path: `orderNumber` becomes `order-number`."""
    return "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in field or "")


def _counted_as(kind: Kind) -> str:
    return kind.path.replace("orders/edits", "order-edits")
