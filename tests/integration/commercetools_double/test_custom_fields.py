from __future__ import annotations

import pytest

from local.commercetools_double.bodies import Json
from tests.integration.commercetools_double.shop import Shop

TYPE = {"typeId": "type", "key": "lockstep"}


def field(name: str, type_name: str, *, required: bool = False, **fields: object) -> Json:
    return {"name": name, "label": {"en": name}, "required": required, "type": {"name": type_name, **fields}}


@pytest.fixture(autouse=True)
def declared(shop: Shop) -> None:
    definitions = [field("status", "String"), field("locked", "Boolean"), field("until", "DateTime")]
    shop.post(
        "types",
        {"key": "lockstep", "name": {"en": "x"}, "resourceTypeIds": ["order"], "fieldDefinitions": definitions},
    )


def typed(shop: Shop) -> Json:
    return shop.update(
        "orders", shop.imported(), {"action": "setCustomType", "type": TYPE, "fields": {"status": "New"}}
    )


def test_a_type_is_set_with_its_fields_and_told(shop: Shop) -> None:
    shop.subscribe(messages=[{"resourceTypeId": "order", "types": ["OrderCustomTypeSet"]}])
    order = typed(shop)
    assert order["custom"]["fields"] == {"status": "New"}
    assert shop.types() == ["OrderCustomTypeSet"]


def test_fields_are_added_changed_and_removed_and_told(shop: Shop) -> None:
    order = typed(shop)
    shop.subscribe()
    for value in (True, False, None):
        order = shop.update("orders", order, {"action": "setCustomField", "name": "locked", "value": value})
    assert order["custom"]["fields"] == {"status": "New"}
    assert shop.types() == ["OrderCustomFieldAdded", "OrderCustomFieldChanged", "OrderCustomFieldRemoved"]


def test_a_field_that_is_not_set_cannot_be_removed(shop: Shop) -> None:
    error = shop.update_refused("orders", typed(shop), {"action": "setCustomField", "name": "locked"})
    assert error["code"] == "InvalidOperation"


def test_a_field_without_a_type_is_refused(shop: Shop) -> None:
    error = shop.update_refused(
        "orders", shop.imported(), {"action": "setCustomField", "name": "locked", "value": True}
    )
    assert error["code"] == "InvalidOperation"


@pytest.mark.parametrize(("name", "value"), [("unknown", "x"), ("locked", "yes"), ("status", 5), ("until", "tomorrow")])
def test_a_field_or_value_the_type_does_not_allow_is_refused(shop: Shop, name: str, value: object) -> None:
    error = shop.update_refused("orders", typed(shop), {"action": "setCustomField", "name": name, "value": value})
    assert (error["code"], error["field"]) == ("InvalidField", name)


def test_a_type_left_out_is_removed_with_its_fields(shop: Shop) -> None:
    assert "custom" not in shop.update("orders", typed(shop), {"action": "setCustomType"})


def test_a_type_that_does_not_exist_is_refused(shop: Shop) -> None:
    action = {"action": "setCustomType", "type": {"typeId": "type", "key": "other"}}
    assert shop.update_refused("orders", shop.imported(), action)["code"] == "ReferencedResourceNotFound"


def test_orders_are_found_by_a_custom_field(shop: Shop) -> None:
    order = typed(shop)
    shop.imported("WEB-2")
    assert shop.get("orders", where='custom(fields(status="New"))')["results"] == [order]


def test_a_custom_object_is_made_replaced_and_read_by_container_and_key(shop: Shop) -> None:
    draft = {"container": "lockstep", "key": "WEB-1.a", "value": {"status": "New"}}
    made = shop.post("custom-objects", draft)
    replaced = shop.post("custom-objects", {**draft, "value": {"status": "Sent"}})
    assert (made["version"], replaced["version"], replaced["id"]) == (1, 2, made["id"])
    assert shop.get("custom-objects/lockstep/WEB-1.a")["value"] == {"status": "Sent"}
    assert shop.refused("custom-objects", {**draft, "version": 1})["code"] == "ConcurrentModification"
    assert shop.call("DELETE", "custom-objects/lockstep/WEB-1.a").status_code == 200
    assert shop.call("GET", "custom-objects/lockstep/WEB-1.a").status_code == 404
