from __future__ import annotations

import json

import pytest
from multidict import MultiDict

from local.commercetools_double.double import CommercetoolsDouble
from local.commercetools_double.schema_map import NO_ANSWER_SCHEMA, NO_REQUEST_SCHEMA, PAGES, not_covered
from local.commercetools_double.schema_watch import HTTP_API, SchemaWatch
from local.double import Answer, Call
from tests.integration.commercetools_double.conftest import needs_schema, schema_folder
from tests.integration.commercetools_double.shop import Queue, Shop

pytestmark = needs_schema


@pytest.fixture
def watch() -> SchemaWatch:
    return SchemaWatch.load(schema_folder())


def call(kind: str, body: bytes) -> Call:
    return Call(kind=kind, method="POST", path="/demo/orders/1", query=MultiDict(), headers={}, body=body)


def test_an_answer_that_breaks_the_schema_is_noted(watch: SchemaWatch) -> None:
    watch.look(call("channels.get", b""), Answer(body=b'{"id": "1"}'))
    assert any("'key' is a required property" in violation for violation in watch.violations)


def test_a_misspelt_field_of_an_accepted_request_is_noted(watch: SchemaWatch) -> None:
    refused = Answer(status=400, body=b'{"statusCode": 400, "message": "m", "errors": []}')
    request = call("orders.update", b'{"version": 1, "actions": [{"action": "addDelivery", "key": "S"}]}')
    watch.look(request, refused)
    assert watch.violations == []
    watch.look(request, Answer(body=b"{}"))
    assert any("/key: not a field" in violation for violation in watch.violations)


def test_a_request_that_lost_a_race_is_checked_like_an_accepted_one(watch: SchemaWatch) -> None:
    raced = Answer(status=409, body=b'{"statusCode": 409, "message": "m", "errors": []}')
    watch.look(call("orders.update", b'{"version": 1, "actions": [{"action": "addShipment"}]}'), raced)
    assert any("'addShipment' is not one of" in violation for violation in watch.violations)


def test_every_result_of_a_list_without_a_schema_of_its_own_is_checked(watch: SchemaWatch) -> None:
    page = b'{"limit": 20, "offset": 0, "count": 1, "results": [{"id": "1"}]}'
    watch.look(call("payments.query", b""), Answer(body=page))
    assert any("'amountPlanned' is a required property" in violation for violation in watch.violations)


def test_the_frame_of_a_list_without_a_schema_of_its_own_is_checked(watch: SchemaWatch) -> None:
    watch.look(call("types.query", b""), Answer(body=b'{"limit": 20, "offset": 0, "results": []}'))
    assert any("'count' is a required property" in violation for violation in watch.violations)


def test_an_action_on_a_cart_is_held_against_the_staged_action_of_its_name(watch: SchemaWatch) -> None:
    request = call("carts.update", b'{"version": 1, "actions": [{"action": "addLineItem", "amount": 1}]}')
    watch.look(request, Answer(status=409, body=b'{"statusCode": 409, "message": "m", "errors": []}'))
    assert any("/amount: not a field" in violation for violation in watch.violations)


def test_a_test_notification_that_breaks_the_schema_is_noted(watch: SchemaWatch) -> None:
    resource = {"typeId": "subscription", "id": "1"}
    watch.look_at_notification({"notificationType": "ResourceCreated", "projectKey": "demo", "resource": resource})
    assert any("'modifiedAt' is a required property" in violation for violation in watch.violations)


def test_a_request_to_an_extension_that_breaks_the_schema_is_noted(watch: SchemaWatch) -> None:
    watch.look_at_extension_request({"action": "Create"})
    assert any("'resource' is a required property" in violation for violation in watch.violations)


def kinds_of_the_double() -> set[str]:
    return {route.kind for route in CommercetoolsDouble(transport=Queue()).routes()}


def test_only_these_bodies_are_beyond_checking() -> None:
    gaps = {gap for gap in not_covered(kinds_of_the_double()) if not gap.endswith(".head answers")}
    assert gaps == {
        "carts.create requests",
        "channels.update requests",
        "extensions.update requests",
        "graphql answers",
        "graphql requests",
        "oauth.token answers",
        "order-edits.update requests",
        "product-types.create requests",
        "products.create requests",
        "products.update requests",
        "states.update requests",
        "subscriptions.update requests",
        "types.update requests",
        "unknown answers",
    }


@pytest.mark.parametrize("kind", ["quotes.create", "orders.split"])
def test_a_new_kind_of_call_must_be_checked_or_excused(kind: str) -> None:
    with pytest.raises(LookupError, match=kind):
        not_covered([kind])


def test_what_is_excused_for_want_of_a_schema_has_none(watch: SchemaWatch) -> None:
    excused = {*NO_REQUEST_SCHEMA.values(), *NO_ANSWER_SCHEMA.values()}
    assert excused & set(published_schemas()) == set()


def published_schemas() -> list[str]:
    return list(json.loads((schema_folder() / HTTP_API).read_text())["components"]["schemas"])


def test_a_list_is_held_against_its_own_schema_wherever_there_is_one(watch: SchemaWatch) -> None:
    pages = {schema for schema in published_schemas() if schema.endswith("PagedQueryResponse")}
    assert pages == set(PAGES.values())


def test_a_notification_that_breaks_the_schema_is_noted(watch: SchemaWatch) -> None:
    resource = {"typeId": "order", "id": "1"}
    watch.look_at_notification({"notificationType": "Message", "type": "OrderNothing", "resource": resource})
    assert watch.violations


def test_the_double_shows_what_was_checked(watch: SchemaWatch, shop: Shop) -> None:
    shop.imported()
    assert shop.admin("GET", "state?include=schema_violations")["schema_violations"] == []
    assert shop.double.watch is not None
    assert shop.double.watch.checked >= 2
