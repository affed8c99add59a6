"""GraphQL and the Import API, the two ways past one entry per request."""

from __future__ import annotations

from typing import Any

from local.commercetools_double.bodies import Json
from tests.integration.commercetools_double.shop import Shop


def graphql(shop: Shop, query: str, **variables: Any) -> Json:
    return shop.post("graphql", {"query": query, "variables": variables})


def test_several_entries_are_updated_in_one_request(shop: Shop) -> None:
    first, second = shop.entry("A", key="entry-a"), shop.entry("B")
    answer = graphql(
        shop,
        """mutation ($id: String!, $actions: [InventoryEntryUpdateAction!]!) {
            a: updateInventoryEntry(key: "entry-a", version: 1, actions: [{changeQuantity: {quantity: 5}}]) {
                version quantityOnStock
            }
            b: updateInventoryEntry(id: $id, version: 1, actions: $actions) { sku availableQuantity }
        }""",
        id=second["id"],
        actions=[{"addQuantity": {"quantity": 2}}],
    )
    assert answer["data"] == {"a": {"version": 2, "quantityOnStock": 5}, "b": {"sku": "B", "availableQuantity": 12}}
    assert shop.get(f"inventory/{first['id']}")["quantityOnStock"] == 5


def test_one_that_fails_leaves_the_others_done(shop: Shop) -> None:
    shop.entry("A", key="entry-a")
    shop.entry("B", key="entry-b")
    answer = graphql(
        shop,
        """mutation {
            a: updateInventoryEntry(key: "entry-a", version: 7, actions: [{changeQuantity: {quantity: 5}}]) { version }
            b: updateInventoryEntry(key: "entry-b", version: 1, actions: [{changeQuantity: {quantity: 5}}]) { version }
        }""",
    )
    assert answer["data"] == {"a": None, "b": {"version": 2}}
    (error,) = answer["errors"]
    assert (error["path"], error["extensions"]) == (["a"], {"code": "ConcurrentModification", "currentVersion": 1})


def test_an_entry_is_created_and_queried_with_its_channel(shop: Shop) -> None:
    shop.channel("east")
    graphql(
        shop,
        """mutation ($draft: CreateInventoryEntryDraft!) { createInventoryEntry(draft: $draft) { id } }""",
        draft={"sku": "A", "quantityOnStock": 3, "supplyChannel": {"typeId": "channel", "key": "east"}},
    )
    where = 'sku in ("A")'
    answer = graphql(
        shop,
        """query ($where: String) {
            inventoryEntries(where: $where, limit: 10) { total results { sku supplyChannel { key } } }
        }""",
        where=where,
    )
    assert answer["data"]["inventoryEntries"] == {
        "total": 1,
        "results": [{"sku": "A", "supplyChannel": {"key": "east"}}],
    }


def test_a_mutation_needs_the_scope_to_write(shop: Shop) -> None:
    shop.entry("A", key="entry-a")
    shop.http.headers["Authorization"] = f"Bearer {shop.token(scope='view_products:demo')}"
    query = 'mutation { updateInventoryEntry(key: "entry-a", version: 1, actions: []) { version } }'
    assert shop.call("POST", "graphql", {"query": query}).status_code == 403
    query = 'query { inventoryEntry(key: "entry-a") { version } }'
    assert shop.call("POST", "graphql", {"query": query}).json() == {"data": {"inventoryEntry": {"version": 1}}}


def test_a_query_that_cannot_be_read_is_refused(shop: Shop) -> None:
    assert shop.call("POST", "graphql", {"query": "query {"}).status_code == 400


def imported(shop: Shop, *resources: Json) -> list[Json]:
    request = {"type": "inventory", "resources": list(resources)}
    statuses: list[Json] = shop.post("inventories/import-containers/stock", request)["operationStatus"]
    return statuses


def operation(shop: Shop, status: Json) -> Json:
    return shop.get(f"import-operations/{status['operationId']}")


def test_imported_inventories_are_created_and_later_updated_by_key(shop: Shop) -> None:
    shop.post("import-containers", {"key": "stock"})
    for quantity in (5, 7):
        (status,) = imported(shop, {"key": "entry-a", "sku": "A", "quantityOnStock": quantity})
        assert operation(shop, status)["state"] == "processing"
        shop.admin("POST", "clock", {"advance_seconds": 3})
        assert operation(shop, status)["state"] == "imported"
        assert shop.get("inventory/key=entry-a")["quantityOnStock"] == quantity


def test_a_channel_that_does_not_exist_is_waited_for(shop: Shop) -> None:
    shop.post("import-containers", {"key": "stock"})
    channel = {"typeId": "channel", "key": "east"}
    (status,) = imported(shop, {"key": "entry-a", "sku": "A", "quantityOnStock": 5, "supplyChannel": channel})
    shop.admin("POST", "clock", {"advance_seconds": 3})
    assert operation(shop, status)["state"] == "unresolved"
    shop.channel("east")
    shop.admin("POST", "clock", {"advance_seconds": 3})
    assert operation(shop, status)["state"] == "imported"


def test_a_resource_that_is_not_valid_fails_by_itself(shop: Shop) -> None:
    shop.post("import-containers", {"key": "stock"})
    request = {
        "type": "inventory",
        "resources": [{"key": "entry-a", "quantityOnStock": 5}, {"key": "entry-b", "sku": "B", "quantityOnStock": 5}],
    }
    answer = shop.call("POST", "inventories/import-containers/stock", request).json()
    assert [status["state"] for status in answer["operationStatus"]] == ["validationFailed", "processing"]
    assert shop.get("import-containers/stock/import-summaries")["states"]["validationFailed"] == 1


def test_more_than_twenty_resources_are_refused(shop: Shop) -> None:
    shop.post("import-containers", {"key": "stock"})
    resources = [{"key": f"entry-{number}", "sku": str(number), "quantityOnStock": 1} for number in range(21)]
    error = shop.refused("inventories/import-containers/stock", {"type": "inventory", "resources": resources})
    assert error["code"] == "InvalidInput"


def test_a_container_expires(shop: Shop) -> None:
    shop.post("import-containers", {"key": "stock"})
    shop.admin("POST", "clock", {"advance_seconds": 73 * 3600})
    shop.http.headers["Authorization"] = f"Bearer {shop.token()}"
    assert shop.call("GET", "import-containers/stock").status_code == 404
