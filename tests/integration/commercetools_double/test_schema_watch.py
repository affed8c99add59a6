from __future__ import annotations

import os

import pytest
from multidict import MultiDict

from local.commercetools_double.schema_watch import SchemaWatch
from local.double import Answer, Call
from tests.integration.commercetools_double.conftest import schema_folder
from tests.integration.commercetools_double.shop import Shop


@pytest.fixture
def watch() -> SchemaWatch:
    if not (schema_folder() / "schema_check.py").is_file() and not os.environ.get("CI_REQUIRE_CT_SCHEMA"):
        pytest.skip(f"no official schema in {schema_folder()}: set LOCKSTEP_CT_SCHEMA to its folder")
    return SchemaWatch.load(schema_folder())


def call(kind: str, body: bytes) -> Call:
    return Call(kind=kind, method="POST", path="/demo/orders/1", query=MultiDict(), headers={}, body=body)


def test_an_answer_that_breaks_the_schema_is_noted(watch: SchemaWatch) -> None:
    watch.look(call("channels.get", b""), Answer(body=b'{"id": "1"}'))
    assert any("'key' is a required property" in violation for violation in watch.violations)


def test_a_misspelt_field_of_an_accepted_request_is_noted(watch: SchemaWatch) -> None:
    refused = Answer(status=409, body=b'{"statusCode": 409, "message": "m", "errors": []}')
    request = call("orders.update", b'{"version": 1, "actions": [{"action": "addDelivery", "key": "S"}]}')
    watch.look(request, refused)
    assert watch.violations == []
    watch.look(request, Answer(body=b"{}"))
    assert any("/key: not a field" in violation for violation in watch.violations)


def test_a_notification_that_breaks_the_schema_is_noted(watch: SchemaWatch) -> None:
    resource = {"typeId": "order", "id": "1"}
    watch.look_at_notification({"notificationType": "Message", "type": "OrderNothing", "resource": resource})
    assert watch.violations


def test_the_double_shows_what_was_checked(watch: SchemaWatch, shop: Shop) -> None:
    shop.imported()
    assert shop.admin("GET", "state?include=schema_violations")["schema_violations"] == []
    assert shop.double.watch is not None
    assert shop.double.watch.checked >= 2
