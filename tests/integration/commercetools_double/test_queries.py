from __future__ import annotations

import pytest

from tests.integration.commercetools_double.shop import Shop


def numbers(shop: Shop, **parameters: object) -> list[str]:
    return [order["orderNumber"] for order in shop.get("orders", **parameters)["results"]]


@pytest.fixture
def three(shop: Shop) -> Shop:
    for minute, number in enumerate(("WEB-2", "WEB-1", "WEB-3")):
        shop.admin("POST", "clock", {"set": f"2026-03-01T10:0{minute}:00Z"})
        shop.imported(number)
    return shop


def test_orders_come_in_order_of_creation(three: Shop) -> None:
    assert numbers(three) == ["WEB-2", "WEB-1", "WEB-3"]


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("createdAt desc", ["WEB-3", "WEB-1", "WEB-2"]),
        ("orderNumber asc", ["WEB-1", "WEB-2", "WEB-3"]),
        (["totalPrice.centAmount", "orderNumber desc"], ["WEB-3", "WEB-2", "WEB-1"]),
    ],
)
def test_orders_are_sorted_as_asked(three: Shop, sort: object, expected: list[str]) -> None:
    assert numbers(three, sort=sort) == expected


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ('createdAt >= "2026-03-01T10:01:00Z"', ["WEB-1", "WEB-3"]),
        ('createdAt > "2026-03-01T11:01:00+01:00"', ["WEB-3"]),
        ('orderNumber in ("WEB-1", "WEB-3")', ["WEB-1", "WEB-3"]),
        ('orderNumber = "WEB-1" or orderNumber = "WEB-2"', ["WEB-2", "WEB-1"]),
        ("syncInfo is empty", ["WEB-2", "WEB-1", "WEB-3"]),
        ("customerId is defined", []),
        ('lineItems(variant(sku="SKU-1") and quantity > 1)', ["WEB-2", "WEB-1", "WEB-3"]),
        ('lineItems(variant(sku="SKU-2"))', []),
        (['createdAt >= "2026-03-01T10:01:00Z"', 'orderNumber <> "WEB-3"'], ["WEB-1"]),
        (
            '(lastModifiedAt > "2026-03-01T10:01:00Z") or (lastModifiedAt = "2026-03-01T10:01:00Z" and id > "0")',
            ["WEB-1", "WEB-3"],
        ),
    ],
)
def test_predicates_choose(three: Shop, where: object, expected: list[str]) -> None:
    assert numbers(three, where=where) == expected


def test_orders_without_my_channel_are_found(three: Shop) -> None:
    channel = three.channel("wms", "OrderExport")
    order = three.get("orders/order-number=WEB-1")
    three.update("orders", order, {"action": "updateSyncInfo", "channel": {"typeId": "channel", "id": channel["id"]}})
    assert numbers(three, where=f'syncInfo(channel(id="{channel["id"]}"))') == ["WEB-1"]
    assert numbers(three, where=f'not(syncInfo(channel(id="{channel["id"]}")))') == ["WEB-2", "WEB-3"]


def test_variables_stand_for_one_value_or_a_list(three: Shop) -> None:
    assert numbers(three, where="orderNumber = :number", **{"var.number": "WEB-3"}) == ["WEB-3"]
    assert numbers(three, where="orderNumber in :all", **{"var.all": ["WEB-3", "WEB-2"]}) == ["WEB-2", "WEB-3"]


def test_a_cursor_by_id_walks_through_everything_once(three: Shop) -> None:
    seen: list[str] = []
    last = ""
    while page := three.get("orders", where=f'id > "{last}"', sort="id asc", limit=1)["results"]:
        last = page[0]["id"]
        seen.append(page[0]["orderNumber"])
    assert sorted(seen) == ["WEB-1", "WEB-2", "WEB-3"]


def test_pages_have_limit_offset_count_and_total(three: Shop) -> None:
    page = three.get("orders", limit=2, offset=2)
    assert (page["limit"], page["offset"], page["count"], page["total"]) == (2, 2, 1, 3)


def test_a_total_counts_what_the_predicate_leaves(three: Shop) -> None:
    page = three.get("orders", limit=1, where='lineItems(variant(sku="SKU-1"))')
    assert (page["count"], page["total"]) == (1, 3)


def test_the_total_can_be_left_out(three: Shop) -> None:
    assert "total" not in three.get("orders", withTotal="false")


def test_an_empty_page_of_limit_zero_still_counts(three: Shop) -> None:
    assert three.get("orders", limit=0)["total"] == 3


@pytest.mark.parametrize(
    "parameters",
    [
        {"limit": 501},
        {"offset": 10_001},
        {"limit": "many"},
        {"where": "orderNumber ="},
        {"where": 'orderNumer = "WEB-1"'},
        {"where": "orderNumber = :missing"},
        {"sort": "createdAt sideways"},
    ],
)
def test_what_cannot_be_read_is_refused(shop: Shop, parameters: dict[str, object]) -> None:
    answer = shop.call("GET", "orders", **parameters)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "InvalidInput")


def test_entries_are_found_by_skus_and_channel(shop: Shop) -> None:
    channel = shop.channel("east")
    for sku in ("A", "B", "C"):
        shop.entry(sku)
        shop.entry(sku, supplyChannel={"typeId": "channel", "key": "east"})
    where = f'sku in ("A", "B") and supplyChannel(id="{channel["id"]}")'
    assert [entry["sku"] for entry in shop.get("inventory", where=where)["results"]] == ["A", "B"]
    without = shop.get("inventory", where="sku in :skus and supplyChannel is not defined", **{"var.skus": ["A", "C"]})
    assert [("supplyChannel" in entry, entry["sku"]) for entry in without["results"]] == [(False, "A"), (False, "C")]


def test_a_url_that_is_too_long_is_refused(shop: Shop) -> None:
    skus = ",".join(f'"SKU-{number:020}"' for number in range(600))
    assert shop.call("GET", "inventory", where=f"sku in ({skus})").status_code == 414


def test_an_expansion_that_leads_nowhere_is_ignored(three: Shop) -> None:
    order = three.get("orders/order-number=WEB-1")
    assert three.get(f"orders/{order['id']}", expand=["nothing.here[*]", "customerGroup"]) == order
