"""Whatever a caller and the warehouse do, in whatever order, quantities and stock add up."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from local.deposco_double import statuses
from local.deposco_double.account import Account
from local.deposco_double.items import Items, MasterData
from local.deposco_double.order_lines import facility_of, remaining
from local.deposco_double.sales_orders import SalesOrders
from local.deposco_double.seeding import Seeding
from local.deposco_double.settings import AccountSettings
from local.deposco_double.store import Body
from local.deposco_double.warehouse import Warehouse

SKU = ("SKU-000001", "SKU-000002")
STARTING_UNITS = 6
ORDERS = st.sampled_from(["A", "B"])
LINES = st.sampled_from(["1", "2"])
PACKS = st.integers(1, 4)

DEEDS = st.one_of(
    st.fixed_dictionaries({"do": st.just("place"), "order": ORDERS, "packs": PACKS}),
    st.fixed_dictionaries({"do": st.just("cancel by caller"), "order": ORDERS}),
    st.fixed_dictionaries({"do": st.sampled_from(["release", "pick", "ship", "roll_back", "cancel"]), "order": ORDERS}),
    st.builds(
        lambda do, order, line, packs: {"do": do, "order": order, "lines": {line: packs}},
        st.sampled_from(["ship", "short", "cancel", "backorder"]),
        ORDERS,
        LINES,
        PACKS,
    ),
    st.fixed_dictionaries({"do": st.just("receive"), "item": st.sampled_from(SKU), "quantity": PACKS}),
    st.fixed_dictionaries({"do": st.just("label"), "order": ORDERS}),
)


class Place:
    """An account with two items in two facilities and one order, and all that can be done to it."""

    def __init__(self) -> None:
        self.account = Account(AccountSettings())
        self.orders = SalesOrders(self.account)
        self.warehouse = Warehouse(self.account, self.orders)
        items, data = Items(self.account), MasterData(self.account)
        stock = [{"item": SKU[0], "facility": "EAST", "quantity": STARTING_UNITS}]
        stock.append({"item": SKU[1], "facility": "WEST", "quantity": STARTING_UNITS})
        wanted = {"items": 2, "facilities": ["EAST", "WEST"], "stock": stock}
        Seeding(self.account, self.orders, items, data).plant(wanted)
        self.do({"do": "place", "order": "A", "packs": 2})

    def do(self, deed: dict[str, Any]) -> None:
        try:
            if deed["do"] == "place":
                self.orders.upsert(_order(deed["order"], deed["packs"]))
            elif deed["do"] == "cancel by caller":
                (order,) = self.warehouse.named(deed)
                self.orders.cancel(order, None)
            else:
                self.warehouse.obey({"facility": "EAST", **deed} if deed["do"] == "receive" else deed)
        except ValueError:
            """A deed that is refused must leave everything adding up as well."""

    def stored(self, kind: str) -> list[Body]:
        return list(self.account.store.bodies(kind))


def _order(number: str, packs: int) -> Body:
    rows = [
        {
            "lineNumber": str(n + 1),
            "item": {"businessKey": {"number": sku}},
            "pack": {"businessKey": {"quantity": 1}},
            "orderPackQuantity": packs,
        }
        for n, sku in enumerate(SKU)
    ]
    return {
        "businessUnit": {"businessKey": {"code": "DEMO"}},
        "number": number,
        "shipToContact": {"firstName": "Ada"},
        "shipToAddress": {"line1": "1 Main Street"},
        "orderLines": {"data": rows},
    }


@given(st.lists(DEEDS, min_size=5, max_size=25))
def test_quantities_and_stock_add_up(deeds: list[dict[str, Any]]) -> None:
    place = Place()
    for deed in deeds:
        place.do(deed)
    owed: dict[tuple[str, str], float] = defaultdict(float)
    allocated: dict[tuple[str, str], float] = defaultdict(float)
    shipped: dict[str, float] = defaultdict(float)
    for order in place.stored("SalesOrder"):
        for line in order["orderLines"]["data"]:
            assert remaining(line) >= 0
            assert 0 <= line["_released"] <= remaining(line)
            sku = line["item"]["businessKey"]["number"]
            shipped[sku] += line["shippedPackQuantity"]
            if order["orderStatus"] not in statuses.FINISHED:
                owed[sku, facility_of(line)] += remaining(line)
                allocated[sku, facility_of(line)] += line["_released"]
    on_hand: dict[str, float] = defaultdict(float)
    for _, row in place.account.stock.rows():
        assert row.owed == owed[row.item, row.facility]
        assert row.allocated == allocated[row.item, row.facility]
        on_hand[row.item] += row.on_hand
    moved: dict[str, float] = defaultdict(float)
    for receipt in place.stored("Receipt"):
        moved[receipt["receivedItem"]["businessKey"]["number"]] += receipt["receivedPackQuantity"]
    for adjustment in place.stored("InventoryAdjustment"):
        moved[adjustment["item"]["businessKey"]["number"]] += adjustment["quantity"]
    for sku in SKU:
        assert on_hand[sku] == STARTING_UNITS + moved[sku] - shipped[sku]


@given(st.lists(DEEDS, min_size=5, max_size=25))
def test_an_order_is_finished_exactly_when_nothing_is_left_of_it(deeds: list[dict[str, Any]]) -> None:
    place = Place()
    for deed in deeds:
        place.do(deed)
    for order in place.stored("SalesOrder"):
        left = sum(remaining(line) for line in order["orderLines"]["data"])
        assert (order["orderStatus"] in statuses.FINISHED) == (left == 0)
