"""Messages: numbered per resource, kept for the Messages API, and handed on to the subscriptions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from local.commercetools_double.bodies import Json, dump, stamp
from local.commercetools_double.project import Kind, Project, Told
from local.commercetools_double.storage import Term
from local.commercetools_double.subscriptions import Subscriptions

MESSAGE = Kind(
    type_id="message",
    path="messages",
    fields=frozenset({"sequenceNumber", "resource", "resourceVersion", "type", "resourceUserProvidedIdentifiers"}),
    unique=(),
    terms=lambda body: [Term(name="resource.id", value=body["resource"]["id"]), Term(name="type", value=body["type"])],
    indexed=frozenset({"resource.id", "type"}),
    identified_by=(),
    view=("view_messages", "view_orders"),
)


class Messages:
    """Makes the messages of one project (CT-MSG-01, CT-MSG-02)."""

    def __init__(self, project: Project, subscriptions: Subscriptions) -> None:
        """Everything told goes on to `subscriptions`, whether or not the Messages API keeps it (CT-SUB-15)."""
        self._project = project
        self._subscriptions = subscriptions
        self._tidy_at = project.controls.now()

    def send_messages(self, kind: Kind, body: Json, told: Sequence[Told]) -> None:
        """Number, keep and hand on the messages of one change; all carry the version it ended with (CT-MSG-10)."""
        for one in told:
            now = self._project.now()
            message = {
                "id": self._project.ids.new(),
                "version": 1,
                "createdAt": now,
                "lastModifiedAt": now,
                "sequenceNumber": self._project.storage.next_sequence(body["id"]),
                "resource": {"typeId": kind.type_id, "id": body["id"]},
                "resourceVersion": body["version"],
                **identifiers(kind, body),
                "type": one.type,
                **one.fields,
            }
            self._project.storage.insert(MESSAGE.type_id, message, MESSAGE.all_terms(message))
            self._subscriptions.hear_message(message, len(dump(message)))

    def send_change(self, kind: Kind, body: Json, what: str, old_version: int | None) -> None:
        """Hand on that a resource was created, updated or deleted (CT-SUB-06)."""
        change = {
            "notificationType": what,
            "projectKey": self._project.key,
            "resource": {"typeId": kind.type_id, "id": body["id"]},
            **identifiers(kind, body),
            "version": body["version"],
            **({"oldVersion": old_version} if old_version is not None else {}),
            "modifiedAt": body["lastModifiedAt"],
        }
        self._subscriptions.hear_change(change)

    def forget_old(self) -> None:
        """Drop what the Messages API keeps no longer (CT-MSG-07); looks once an hour."""
        now, interval = self._project.controls.now(), timedelta(hours=1)
        # A clock that was set back must not put the next look off for ever.
        if now < self._tidy_at <= now + interval:
            return
        self._tidy_at = now + interval
        kept = timedelta(days=self._project.settings.message_retention_days)
        self._project.storage.forget_before(MESSAGE.type_id, stamp(now - kept))


def identifiers(kind: Kind, body: Json) -> Json:
    """`resourceUserProvidedIdentifiers`, when the resource has any."""
    given = {name: body[name] for name in kind.identified_by if body.get(name) is not None}
    return {"resourceUserProvidedIdentifiers": given} if given else {}
