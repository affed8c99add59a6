"""Holding every request and answer against the official schema, when its folder is at hand.

The folder holds `schema_check.py` and the pruned OpenAPI descriptions of the HTTP API and of the Import API.
"""

from __future__ import annotations

import importlib.util
import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from local.commercetools_double.bodies import Json
from local.commercetools_double.notifications import Transport
from local.commercetools_double.schema_map import (
    ACTIONS,
    ANY_PAGE,
    IMPORT_ANSWERS,
    IMPORT_PAGES,
    IMPORT_REQUESTS,
    PAGES,
    REQUESTS,
    RESOURCES,
)
from local.double import Answer, Call

HTTP_API = "ct-api-pruned.json"
IMPORT_API = "ct-import-pruned.json"

# The published description has every custom field as a string, though a type may define booleans, numbers and more.
_CUSTOM_FIELD_VALUE = r"(^|/)fields/[^/]+: .* is not of type 'string'"
# Pruning took every member named `description` out of the file, those that are fields of a resource among them.
_DESCRIPTION = r"/description: not a field of "
_NO_VIOLATION = re.compile(f"{_CUSTOM_FIELD_VALUE}|{_DESCRIPTION}")


class Checker(Protocol):
    """What `schema_check.py` offers."""

    def errors(self, schema_name: str, body: Any) -> list[str]:
        """What is wrong with a body."""


@dataclass(slots=True)
class SchemaWatch:
    """Collects what breaks the schema; `violations` is empty as long as all is well."""

    http_api: Checker
    import_api: Checker
    violations: list[str] = field(default_factory=list)
    checked: int = 0

    @classmethod
    def load(cls, folder: Path) -> SchemaWatch:
        """Load the checker from its folder; raises FileNotFoundError when it is not there."""
        script = folder / "schema_check.py"
        if not script.is_file():
            raise FileNotFoundError(f"no schema_check.py in {folder}")
        spec = importlib.util.spec_from_file_location("commercetools_schema_check", script)
        if spec is None or spec.loader is None:
            raise FileNotFoundError(f"{script} cannot be loaded")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return cls(http_api=module.Checker(str(folder / HTTP_API)), import_api=module.Checker(str(folder / IMPORT_API)))

    def look(self, call: Call, answer: Answer) -> None:
        """Check one answer, and its request unless it was refused for what it says: that one may well be wrong."""
        where = f"{call.method} {call.path} ({call.kind})"
        if answer.status < 400 or answer.status == 409:
            self._look_at_request(call, answer, where)
        if not answer.body or call.method == "HEAD":
            return
        if answer.status >= 400:
            # A health check's 400 is no error, and GraphQL has errors of its own; its 401 and 403 are as everywhere.
            if call.kind.endswith(".health") and answer.status != 404:
                self._look_at_health(answer, where)
            elif call.kind != "graphql" or answer.status in (401, 403):
                self.look_at_failure(answer, where)
            return
        group, _, what = call.kind.partition(".")
        if call.kind in IMPORT_ANSWERS:
            self._check(self.import_api, IMPORT_ANSWERS[call.kind], json.loads(answer.body), where)
        elif call.kind in IMPORT_PAGES:
            self._check_page(self.import_api, IMPORT_PAGES[call.kind], None, json.loads(answer.body), where)
        elif what == "query":
            self._check_page(self.http_api, RESOURCES[group], PAGES.get(group), json.loads(answer.body), where)
        elif what == "health":
            self._look_at_health(answer, where)
        elif group in RESOURCES:
            self._check(self.http_api, RESOURCES[group], json.loads(answer.body), where)

    def _look_at_request(self, call: Call, answer: Answer, where: str) -> None:
        where = f"request of {where}"
        if call.kind in IMPORT_REQUESTS:
            if b'"validationFailed"' not in answer.body:
                self._check(self.import_api, IMPORT_REQUESTS[call.kind], json.loads(call.body), where)
        elif call.kind in REQUESTS:
            self._check(self.http_api, REQUESTS[call.kind], json.loads(call.body), where)
        elif call.kind in ACTIONS:
            for action in json.loads(call.body)["actions"]:
                self._check(self.http_api, ACTIONS[call.kind], action, where)

    def _look_at_health(self, answer: Answer, where: str) -> None:
        self._check(self.http_api, "SubscriptionHealthStatus", json.loads(answer.body)["status"], where)

    def look_at_failure(self, answer: Answer, where: str) -> None:
        """Check the body of an error."""
        schema = "AuthErrorResponse" if answer.status in (401, 403) else "ErrorResponse"
        self._check(self.http_api, schema, json.loads(answer.body), where)

    def look_at_notification(self, body: Any) -> None:
        """Check a notification of a subscription, whatever its envelope."""
        notification = body["data"] if "specversion" in body else body
        if notification["resource"]["typeId"] == "subscription":
            # Seen in the wild (CT-SUB-03); no type of reference is published for the test notification's resource.
            notification = {**notification, "resource": {**notification["resource"], "typeId": "order"}}
        if notification["notificationType"] != "Message":
            schema = f"{notification['notificationType']}DeliveryPayload"
        elif "payloadNotIncluded" in notification:
            schema = "MessageDeliveryPayload"
        else:
            schema = "Message"
            notification = {
                name: value for name, value in notification.items() if name not in ("notificationType", "projectKey")
            }
        self._check(self.http_api, schema, notification, "notification")

    def look_at_extension_request(self, body: Any) -> None:
        """Check what an API extension is asked."""
        self._check(self.http_api, "ExtensionInput", body, "request to an extension")

    def _check_page(self, checker: Checker, schema: str, page_schema: str | None, body: Any, where: str) -> None:
        """Check a page by its own schema, or else its frame and each result."""
        if page_schema:
            self._check(self.http_api, page_schema, body, where)
            return
        self._check(self.http_api, ANY_PAGE, {**body, "results": []}, where)
        for result in body["results"]:
            self._check(checker, schema, result, where)

    def _check(self, checker: Checker, schema: str, body: Any, where: str) -> None:
        if schema == "OrderEdit" and "messagePayloads" in body["result"]:
            # The published description knows no payload of any order message, though every edit previews them.
            body["result"]["messagePayloads"] = []
        self._note(checker.errors(schema, body), f"{where} as {schema}")

    def _note(self, errors: list[str], where: str) -> None:
        self.checked += 1
        self.violations += [f"{where}: {error}" for error in errors if not _NO_VIOLATION.search(error)]


@dataclass(frozen=True, slots=True)
class WatchedTransport:
    """A transport that has every notification checked before it leaves."""

    transport: Transport
    watch: SchemaWatch

    def send(self, destination: Json, bodies: list[str]) -> None:
        """Check, then send; raises `DestinationError`."""
        for body in bodies:
            self.watch.look_at_notification(json.loads(body))
        self.transport.send(destination, bodies)
