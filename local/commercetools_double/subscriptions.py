"""Subscriptions: who is told what, in which envelope, and how well that goes (CT-SUB-01 to CT-SUB-16)."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from local.commercetools_double.bodies import (
    Json,
    checked_key,
    dump,
    needed,
    one_of,
    optional,
    set_or_remove,
    stamp,
    without_nones,
)
from local.commercetools_double.errors import ApiError, invalid_input
from local.commercetools_double.notifications import DestinationError, Notification, Sender
from local.commercetools_double.project import Action, Change, Kind, Project

MOST_SUBSCRIPTIONS = 50
MOST_NOTIFICATION_BYTES = 256 * 1024
_ENVELOPE_BYTES = 1024
HEALTHY = "Healthy"
CONFIGURATION_ERROR = "ConfigurationError"
STOPPED = "ConfigurationErrorDeliveryStopped"
TEMPORARY_ERROR = "TemporaryError"


def subscription_from(project: Project, draft: Json) -> Json:
    """The subscription of a `SubscriptionDraft`, not yet tested."""
    if project.storage.count(SUBSCRIPTION.type_id) >= MOST_SUBSCRIPTIONS:
        raise ApiError(
            400,
            "MaxResourceLimitExceeded",
            f"A project has at most {MOST_SUBSCRIPTIONS} subscriptions.",
            exceededResource="subscription",
        )
    wanted = {name: optional(draft, name, list) or [] for name in ("messages", "changes", "events")}
    if not any(wanted.values()):
        raise invalid_input("A subscription needs at least one of messages, changes and events.")
    return without_nones(
        {
            "key": checked_key(draft.get("key")),
            "destination": _destination(needed(draft, "destination", dict)),
            "messages": [_message_subscription(one) for one in wanted["messages"]],
            "changes": wanted["changes"],
            "events": wanted["events"],
            "format": optional(draft, "format", dict) or {"type": "Platform"},
            "status": HEALTHY,
        }
    )


def _destination(draft: Json) -> Json:
    if one_of(draft, "type", ("SQS",)) == "SQS":
        if needed(draft, "queueUrl", str).endswith(".fifo"):
            raise invalid_input("An SQS destination must be a standard queue; FIFO queues are not supported.")
        needed(draft, "region", str)
    mode = draft.get("authenticationMode", "Credentials")
    if mode == "Credentials" and not (draft.get("accessKey") and draft.get("accessSecret")):
        raise invalid_input("The authenticationMode Credentials needs accessKey and accessSecret.")
    return {"authenticationMode": "Credentials", **draft}


def _message_subscription(draft: Any) -> Json:
    return {"resourceTypeId": needed(draft, "resourceTypeId", str), "types": optional(draft, "types", list) or []}


def _change_destination(change: Change, action: Json) -> None:
    change.body["destination"] = _destination(needed(action, "destination", dict))
    change.body["status"] = HEALTHY


def _set_messages(change: Change, action: Json) -> None:
    change.body["messages"] = [_message_subscription(one) for one in optional(action, "messages", list) or []]


def _set_changes(change: Change, action: Json) -> None:
    change.body["changes"] = optional(action, "changes", list) or []


def _set_key(change: Change, action: Json) -> None:
    set_or_remove(change.body, "key", checked_key(action.get("key")))


_ACTIONS: dict[str, Action] = {
    "changeDestination": _change_destination,
    "setMessages": _set_messages,
    "setChanges": _set_changes,
    "setKey": _set_key,
}

SUBSCRIPTION = Kind(
    type_id="subscription",
    path="subscriptions",
    fields=frozenset({"destination", "messages", "changes", "events", "format", "status"}),
    actions=_ACTIONS,
    manage="manage_subscriptions",
)


class Subscriptions:
    """The subscriptions of one project, and the notifications on their way."""

    def __init__(self, project: Project, sender: Sender) -> None:
        """`sender` carries notifications away and reports what became of them to `record`."""
        self._project = project
        self._sender = sender
        self._failing_since: dict[str, str] = {}
        self._all: list[Json] | None = None
        sender.report_to(self)

    def changed(self) -> None:
        """Look the subscriptions up again before the next notification."""
        self._all = None

    async def test(self, body: Json) -> None:
        """Send the test notification; raises `InvalidInput` when it cannot be delivered (CT-SUB-02, CT-SUB-03)."""
        notification = {
            "notificationType": "ResourceCreated",
            "projectKey": self._project.key,
            "resource": {"typeId": "subscription", "id": body["id"]},
            "version": 1,
            "modifiedAt": body["lastModifiedAt"],
        }
        try:
            await self._sender.send_now(body["destination"], dump(self._enveloped(body, notification, notification)))
        except DestinationError as error:
            raise invalid_input(f"A test message could not be delivered to the destination: {error}") from error

    def hear_message(self, message: Json, size: int) -> None:
        """Tell a message to every subscription that wants its type; without its payload when it is too large."""
        type_id = message["resource"]["typeId"]
        for subscription in self._subscribed():
            if not any(
                wanted["resourceTypeId"] == type_id and (not wanted["types"] or message["type"] in wanted["types"])
                for wanted in subscription["messages"]
            ):
                continue
            whole = {"notificationType": "Message", "projectKey": self._project.key, **message}
            if size > MOST_NOTIFICATION_BYTES - _ENVELOPE_BYTES:
                whole = _without_payload(whole)
            self._enqueue(
                subscription, dump(self._enveloped(subscription, whole, message)), f"{type_id}/{message['type']}"
            )

    def hear_change(self, change: Json) -> None:
        """Tell a change to every subscription that wants its kind of resource."""
        type_id = change["resource"]["typeId"]
        for subscription in self._subscribed():
            if any(wanted["resourceTypeId"] == type_id for wanted in subscription["changes"]):
                body = dump(self._enveloped(subscription, change, change))
                self._enqueue(subscription, body, f"{type_id}/{change['notificationType']}")

    def record(self, subscription_id: str, error: DestinationError | None) -> bool:
        """Note how a delivery went; True when it is to be tried again (CT-SUB-09)."""
        body = self._project.storage.load(SUBSCRIPTION.type_id, subscription_id)
        if body is None or body["status"] == STOPPED:
            return False
        if error is None:
            self._failing_since.pop(subscription_id, None)
            self._set_status(body, HEALTHY)
            return False
        since = self._failing_since.setdefault(subscription_id, self._project.now())
        kept = timedelta(hours=24 if self._project.settings.production else 1)
        too_long = since <= stamp(self._project.controls.now() - kept)
        status = (STOPPED if too_long else CONFIGURATION_ERROR) if error.configuration else TEMPORARY_ERROR
        self._set_status(body, status)
        return status != STOPPED

    def destination(self, subscription_id: str) -> Json | None:
        """Where a subscription's notifications go at present; None when it is gone."""
        body = self._project.storage.load(SUBSCRIPTION.type_id, subscription_id)
        return body["destination"] if body else None

    def _subscribed(self) -> list[Json]:
        if self._all is None:
            self._all = [json.loads(raw) for raw in self._project.storage.bodies(SUBSCRIPTION.type_id)]
        return [one for one in self._all if one["status"] != STOPPED]

    def _set_status(self, body: Json, status: str) -> None:
        if body["status"] != status:
            body["status"] = status
            self._project.storage.replace(
                SUBSCRIPTION.type_id, body, SUBSCRIPTION.all_terms(body), SUBSCRIPTION.all_terms(body)
            )
            self.changed()

    def _enqueue(self, subscription: Json, body: bytes, path: str) -> None:
        self._sender.enqueue(Notification(subscription["id"], body.decode()), path)

    def _enveloped(self, subscription: Json, notification: Json, source: Json) -> Json:
        """The notification as it travels: bare, or inside a CloudEvents envelope (CT-SUB-12)."""
        if subscription["format"]["type"] != "CloudEvents":
            return notification
        type_id, resource_id = source["resource"]["typeId"], source["resource"]["id"]
        is_message = notification["notificationType"] == "Message"
        what = f"message.{source['type']}" if is_message else f"change.{notification['notificationType']}"
        envelope = {
            "specversion": "1.0",
            "id": source["id"] if is_message else self._project.ids.new(),
            "type": f"com.commercetools.{type_id}.{what}",
            "source": f"/{self._project.key}/{type_id}s",
            "subject": resource_id,
            "time": source["createdAt"] if is_message else notification["modifiedAt"],
        }
        if is_message:
            envelope["sequence"] = str(source["sequenceNumber"])
            envelope["sequencetype"] = "Integer"
            envelope["dataref"] = f"/{self._project.key}/messages/{source['id']}"
        return {**envelope, "data": notification}


_ENVELOPE = (
    "notificationType",
    "projectKey",
    "id",
    "version",
    "createdAt",
    "lastModifiedAt",
    "sequenceNumber",
    "resource",
    "resourceVersion",
    "resourceUserProvidedIdentifiers",
)


def _without_payload(notification: Json) -> Json:
    """The notification with `payloadNotIncluded` instead of the type's own fields (CT-SUB-05)."""
    return {
        **{name: notification[name] for name in _ENVELOPE if name in notification},
        "payloadNotIncluded": {"reason": "Payload too large.", "payloadType": notification["type"]},
    }
