"""A seed by the thousand gives what the API would have made."""

from __future__ import annotations

from collections import Counter

from tests.integration.deposco_double.caller import Caller, line, lines_of


def test_made_up_orders_are_like_orders_that_were_posted(caller: Caller) -> None:
    caller.admin("seed", {"items": 3, "orders": 5})
    page = caller.get("/orders/salesOrders")
    assert [row["number"] for row in page["data"]] == [f"SEED-{n:06}" for n in (5, 4, 3, 2, 1)]
    items = [lines_of(row)["1"]["item"] for row in page["data"]]
    assert [item["businessKey"]["number"][-1] for item in items] == ["2", "1", "3", "2", "1"]
    for row in page["data"]:
        (row_line,) = row["orderLines"]["data"]
        assert row_line["self"]["businessKey"]["orderHeader.number"] == row["number"]
        assert row_line["customerLineNumber"] == f"{row['number']}-1"
        item = caller.get(f"/items/{row_line['item']['id']}")
        assert item["number"] == row_line["item"]["businessKey"]["number"]
        assert [pack["self"]["id"] for pack in item["packs"]] == [row_line["pack"]["id"]]


def test_made_up_orders_owe_stock_each(caller: Caller) -> None:
    caller.admin("seed", {"items": 3, "orders": 5})
    owed: Counter[str] = Counter()
    for row in caller.state("stock")["stock"]:
        owed[row["item"]] += row["owed"]
    assert owed == {"SKU-000001": 2, "SKU-000002": 2, "SKU-000003": 1}


def test_seeding_again_adds_what_is_missing_and_leaves_the_rest(caller: Caller) -> None:
    caller.admin("seed", {"items": 3, "orders": 2})
    caller.warehouse("ship", order="SEED-000001")
    caller.admin("seed", {"items": 4, "orders": 3})
    statuses = {row["number"]: row["orderStatus"] for row in caller.get("/orders/salesOrders")["data"]}
    assert statuses == {"SEED-000001": "Ship Complete", "SEED-000002": "New", "SEED-000003": "New"}
    assert caller.state()["counts"]["items"] == 4


def test_orders_can_be_seeded_as_bodies(caller: Caller) -> None:
    body = {
        "number": "A-1",
        "shipToContact": {"firstName": "Ada"},
        "shipToAddress": {"line1": "1 Main Street"},
        "orderLines": {"data": [line("1")]},
    }
    caller.admin("seed", {"facilities": ["EAST"], "orders": [body]})
    assert [row["number"] for row in caller.get("/orders/salesOrders")["data"]] == ["A-1"]
