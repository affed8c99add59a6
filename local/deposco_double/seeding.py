"""A catalogue, facilities, stock and orders to begin with, named by a person or by the thousand."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from local.deposco_double.account import Account
from local.deposco_double.items import Items, MasterData
from local.deposco_double.kinds import COMPANY, FACILITY, ITEM, KIT, SALES_ORDER
from local.deposco_double.sales_orders import SalesOrders
from local.deposco_double.store import Body

_UNIT = "DEMO"
_FACILITY = "MAIN"


class Seeding:
    """Fills an account the way its own API would."""

    def __init__(self, account: Account, orders: SalesOrders, items: Items, data: MasterData) -> None:
        self._account = account
        self._orders = orders
        self._items = items
        self._data = data

    def plant(self, wanted: Mapping[str, Any]) -> dict[str, int]:
        """Create what is wanted, in the order companies, facilities, items, kits, stock, orders.

        `companies`, `facilities`: codes or whole bodies. `items`: how many to make up, item numbers, or bodies.
        `kits`: bodies of kit headers. `stock`: `[{"item", "facility", "quantity"}]`, added to what is there. `orders`:
        how many to make up, or bodies. `business_unit`, `facility`: what short forms belong to (DEMO, and the
        first facility there is; MAIN is made where there is none). Returns how many of each were planted.
        """
        unit = str(wanted.get("business_unit", _UNIT))
        companies = _listed(wanted.get("companies"), lambda code: {"code": code})
        if not any(company["code"] == unit for company in companies):
            companies.insert(0, {"code": unit, "name": unit})
        for company in companies:
            self._data.upsert(COMPANY, company)
        reference = {"businessKey": {"code": unit}}
        none_yet = [] if self._account.facilities() else [str(wanted.get("facility", _FACILITY))]
        facilities = _listed(wanted.get("facilities", none_yet), _distribution_center)
        for facility in facilities:
            self._data.upsert(FACILITY, {"businessUnit": reference, **facility})
        place = str(wanted.get("facility") or self._account.facilities()[0])
        items = wanted.get("items") or []
        if isinstance(items, int):
            self._make_up_items(unit, items)
        else:
            for item in _listed(items, _simple_item):
                self._items.upsert({"businessUnit": reference, **item})
        for kit in wanted.get("kits", []):
            self._data.upsert(KIT, {"businessUnit": reference, **kit})
        for row in wanted.get("stock", []):
            self._account.move_stock(
                row.get("business_unit", unit), row["item"], row.get("facility", place), float(row["quantity"])
            )
        orders = wanted.get("orders") or []
        if isinstance(orders, int):
            self._make_up_orders(unit, orders, items if isinstance(items, int) and items else 1)
        else:
            for order in orders:
                self._orders.upsert({"businessUnit": reference, **order})
        return {
            "companies": len(companies),
            "facilities": len(facilities),
            "items": items if isinstance(items, int) else len(items),
            "stock": len(wanted.get("stock", [])),
            "orders": orders if isinstance(orders, int) else len(orders),
        }

    def _make_up_items(self, unit: str, count: int) -> None:
        """SKU-000001 and so on: the first by the API's rules, the rest as its copies, which is much quicker."""
        first, text = "", ""
        for number in map(_item_number, range(1, count + 1)):
            if self._account.store.find(ITEM.name, number, unit):
                continue
            if not first:
                made = self._items.upsert({"businessUnit": {"businessKey": {"code": unit}}, **_simple_item(number)})
                first, text = number, json.dumps(made.body)
                continue
            body = json.loads(text.replace(first, number))
            body["packs"][0]["self"]["id"] = self._account.store.new_id()
            self._account.create(ITEM, body)

    def _make_up_orders(self, unit: str, count: int, items: int) -> None:
        """SEED-000001 and so on, one line each, going round over that many items; copied like the items."""
        first, first_item, text = "", "", ""
        for n in range(count):
            number, item_number = f"SEED-{n + 1:06}", _item_number(n % items + 1)
            if self._account.store.find(SALES_ORDER.name, number, unit):
                continue
            if not first:
                made = self._orders.upsert(_simple_order({"businessKey": {"code": unit}}, number, item_number, unit))
                first, first_item, text = number, item_number, json.dumps(made.body)
                continue
            item = self._account.resolve(ITEM, {"businessKey": {"number": item_number}}, unit=unit)
            body = json.loads(text.replace(first, number).replace(first_item, item_number))
            line = body["orderLines"]["data"][0]
            line["self"]["id"] = self._account.store.new_id()
            line["item"]["id"] = item.id
            line["pack"]["id"] = item.body["packs"][0]["self"]["id"]
            del line["_components"]
            self._orders.keep_new(body, [line])


def _item_number(n: int) -> str:
    return f"SKU-{n:06}"


def _listed(wanted: Any, body_of: Any) -> list[Body]:
    return [body_of(entry) if isinstance(entry, str) else dict(entry) for entry in wanted or []]


def _distribution_center(number: str) -> Body:
    return {"number": number, "type": "Distribution Center"}


def _simple_item(number: str) -> Body:
    return {"number": number, "name": number, "packs": [{"type": "Each", "quantity": 1}]}


def _simple_order(unit_reference: Body, number: str, item: str, unit: str) -> Body:
    return {
        "businessUnit": unit_reference,
        "number": number,
        "orderSource": "seed",
        "shipVia": "GROUND",
        "shipToContact": {"firstName": "Ada", "lastName": "Byron", "email": "ada@example.com"},
        "shipToAddress": {
            "line1": "1 Main Street",
            "city": "Springfield",
            "stateProvince": "IL",
            "postalCode": "62701",
            "country": "US",
        },
        "orderLines": {
            "data": [
                {
                    "lineNumber": "1",
                    "customerLineNumber": f"{number}-1",
                    "item": {"businessKey": {"number": item, "businessUnit.code": unit}},
                    "pack": {"businessKey": {"item.number": item, "quantity": 1, "item.businessUnit.code": unit}},
                    "orderPackQuantity": 1,
                }
            ]
        },
    }
