"""API extensions: asked after a request is worked out and before anything is stored (CT-EXT-01 to CT-EXT-07)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from typing import Any

import aiohttp
import boto3
from botocore.exceptions import BotoCoreError, ClientError

from local.commercetools_double.bodies import Json, checked_key, needed, one_of, optional, set_or_remove, without_nones
from local.commercetools_double.errors import ApiError, invalid_input
from local.commercetools_double.predicates import holds
from local.commercetools_double.project import Action, Change, Kind, Project
from local.commercetools_double.queries import read_predicate
from local.commercetools_double.schema_watch import SchemaWatch

MOST_EXTENSIONS = 25
MOST_ACTIONS_OF_EXTENSION = 100
DEFAULT_TIMEOUT_MS = 2_000
HIGHEST_TIMEOUT_MS = 10_000


def extension_from(project: Project, draft: Json) -> Json:
    """The extension of an `ExtensionDraft`."""
    if project.storage.count(EXTENSION.type_id) >= MOST_EXTENSIONS:
        raise ApiError(
            400,
            "MaxResourceLimitExceeded",
            f"A project has at most {MOST_EXTENSIONS} extensions.",
            exceededResource="extension",
        )
    return without_nones(
        {
            "key": checked_key(draft.get("key")),
            "destination": _destination(needed(draft, "destination", dict)),
            "triggers": [_trigger(project, one) for one in needed(draft, "triggers", list)],
            "timeoutInMs": _timeout(optional(draft, "timeoutInMs", int)),
            "additionalContext": optional(draft, "additionalContext", dict),
        }
    )


def _destination(draft: Json) -> Json:
    kind = one_of(draft, "type", ("HTTP", "AWSLambda"))
    needed(draft, "url" if kind == "HTTP" else "arn", str)
    return draft


def _trigger(project: Project, draft: Any) -> Json:
    kind = project.kinds.get(needed(draft, "resourceTypeId", str))
    if kind is None:
        raise invalid_input(f"Extensions of {draft['resourceTypeId']!r} are not supported.")
    if draft.get("condition"):
        read_predicate(kind, [draft["condition"]], {})
    needed(draft, "actions", list)
    trigger: Json = draft
    return trigger


def _timeout(milliseconds: int | None) -> int | None:
    if milliseconds is not None and not 0 < milliseconds <= HIGHEST_TIMEOUT_MS:
        raise invalid_input(f"timeoutInMs must be between 1 and {HIGHEST_TIMEOUT_MS}, not {milliseconds}.")
    return milliseconds


def _change_destination(change: Change, action: Json) -> None:
    change.body["destination"] = _destination(needed(action, "destination", dict))


def _change_triggers(change: Change, action: Json) -> None:
    change.body["triggers"] = [_trigger(change.project, one) for one in needed(action, "triggers", list)]


def _set_timeout(change: Change, action: Json) -> None:
    set_or_remove(change.body, "timeoutInMs", _timeout(optional(action, "timeoutInMs", int)))


def _set_key(change: Change, action: Json) -> None:
    set_or_remove(change.body, "key", checked_key(action.get("key")))


_ACTIONS: dict[str, Action] = {
    "changeDestination": _change_destination,
    "changeTriggers": _change_triggers,
    "setTimeoutInMs": _set_timeout,
    "setKey": _set_key,
}

EXTENSION = Kind(
    type_id="extension",
    path="extensions",
    fields=frozenset({"destination", "triggers", "timeoutInMs", "additionalContext"}),
    actions=_ACTIONS,
    manage="manage_extensions",
)


class Extensions:
    """Asks the extensions of one project."""

    def __init__(self, project: Project, aws_endpoint_url: str | None, watch: SchemaWatch | None = None) -> None:
        """`aws_endpoint_url` is where AWSLambda destinations are invoked; `watch` checks what they are asked."""
        self._watch = watch
        self._project = project
        self._aws_endpoint_url = aws_endpoint_url
        self._session: aiohttp.ClientSession | None = None

    async def start(self) -> None:
        """Open the HTTP session."""
        self._session = aiohttp.ClientSession()

    async def stop(self) -> None:
        """Close the HTTP session."""
        if self._session is not None:
            await self._session.close()

    async def review(self, kind: Kind, action: str, body: Json, old: Json | None) -> Sequence[Json]:
        """The update actions all triggered extensions ask for; raises what one of them refuses with."""
        if not self._project.storage.count(EXTENSION.type_id, most=1):
            return ()
        extensions = [json.loads(raw) for raw in self._project.storage.bodies(EXTENSION.type_id)]
        triggered = [one for one in extensions if self._is_triggered(one, kind, action, body)]
        answers = await asyncio.gather(*(self._ask(one, kind, action, body, old) for one in triggered))
        return [further for actions in answers for further in actions]

    def _is_triggered(self, extension: Json, kind: Kind, action: str, body: Json) -> bool:
        return any(
            trigger["resourceTypeId"] == kind.type_id
            and action in trigger["actions"]
            and (not trigger.get("condition") or holds(read_predicate(kind, [trigger["condition"]], {}), body))
            for trigger in extension["triggers"]
        )

    async def _ask(self, extension: Json, kind: Kind, action: str, body: Json, old: Json | None) -> list[Json]:
        request: Json = {"action": action, "resource": {"typeId": kind.type_id, "id": body["id"], "obj": body}}
        if old is not None and extension.get("additionalContext", {}).get("includeOldResource"):
            request["oldResource"] = {"typeId": kind.type_id, "id": old["id"], "obj": old}
        if self._watch is not None:
            self._watch.look_at_extension_request(request)
        timeout_seconds = extension.get("timeoutInMs", DEFAULT_TIMEOUT_MS) / 1000
        destination = extension["destination"]
        call = (
            self._invoke(destination, request)
            if destination["type"] == "AWSLambda"
            else self._post(destination, request)
        )
        try:
            async with asyncio.timeout(timeout_seconds):
                status, text = await call
        except (TimeoutError, aiohttp.ClientError, BotoCoreError, ClientError) as error:
            raise _refusal(
                "ExtensionNoResponse", 504, f"Extension did not respond in time. {error}", extension
            ) from error
        return _read_answer(extension, status, text)

    async def _post(self, destination: Json, request: Json) -> tuple[int, str]:
        if self._session is None:
            raise aiohttp.ClientConnectionError("the double is not started")
        authentication = destination.get("authentication") or {}
        headers = {"Authorization": authentication["headerValue"]} if "headerValue" in authentication else {}
        async with self._session.post(destination["url"], json=request, headers=headers) as answer:
            return answer.status, await answer.text()

    async def _invoke(self, destination: Json, request: Json) -> tuple[int, str]:
        def invoke() -> str:
            client = boto3.client(
                "lambda",
                region_name=destination["arn"].split(":")[3],
                endpoint_url=self._aws_endpoint_url,
                aws_access_key_id=destination["accessKey"],
                aws_secret_access_key=destination["accessSecret"],
            )
            answer = client.invoke(FunctionName=destination["arn"], Payload=json.dumps(request).encode())
            payload: bytes = answer["Payload"].read()
            return payload.decode()

        text = await asyncio.to_thread(invoke)
        failed = text and json.loads(text) and json.loads(text).get("responseType") == "FailedValidation"
        return (400 if failed else 200), text


def _read_answer(extension: Json, status: int, text: str) -> list[Json]:
    """Update actions, or the refusal the answer means."""
    if status not in (200, 201, 400):
        raise _refusal(
            "ExtensionBadResponse", 504, f"Extension answered with status {status}.", extension, text, status
        )
    try:
        answer: Json = json.loads(text) if text.strip() and text.strip() != "null" else {}
        actions, errors = list(answer.get("actions", [])), list(answer.get("errors", []))
    except (ValueError, AttributeError, TypeError) as error:
        message = f"Extension's answer cannot be read: {error}"
        raise _refusal("ExtensionBadResponse", 504, message, extension, text, status) from error
    if status == 400:
        if not errors:
            raise _refusal("ExtensionBadResponse", 504, "Extension refused without errors.", extension, text, status)
        refusal = ApiError(400, errors[0]["code"], errors[0]["message"])
        refusal.objects = errors
        raise refusal
    if len(actions) > MOST_ACTIONS_OF_EXTENSION:
        message = f"Extension answered with more than {MOST_ACTIONS_OF_EXTENSION} actions."
        raise _refusal("ExtensionBadResponse", 504, message, extension, text, status)
    return actions


def _refusal(
    code: str, status: int, message: str, extension: Json, text: str | None = None, answered: int | None = None
) -> ApiError:
    return ApiError(
        status,
        code,
        message,
        extensionId=extension["id"],
        extensionKey=extension.get("key"),
        extensionErrors=[] if code == "ExtensionBadResponse" else None,
        extensionBody=text,
        extensionStatusCode=answered,
    )
