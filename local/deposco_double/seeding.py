"""A catalogue, facilities, stock and orders to begin with, named by a person or by the thousand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from local.deposco_double.account import Account
from local.deposco_double.items import Items, MasterData
from local.deposco_double.kinds import COMPANY, FACILITY, KIT
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
        how many to make up, or bodies. `business_unit`, `facility`: what short forms belong to (DEMO, MAIN).
        Returns how many of each were planted.
        """
        unit = str(wanted.get("business_unit", _UNIT))
        main = str(wanted.get("facility", _FACILITY))
        companies = _listed(wanted.get("companies"), lambda code: {"code": code})
        if not any(company["code"] == unit for company in companies):
            companies.insert(0, {"code": unit, "name": unit})
        for company in companies:
            self._data.upsert(COMPANY, company)
        reference = {"businessKey": {"code": unit}}
        facilities = _listed(
            wanted.get("facilities", [main]), lambda number: {"number": number, "type": "Distribution Center"}
        )
        for facility in facilities:
            self._data.upsert(FACILITY, {"businessUnit": reference, **facility})
        items = _made_up(wanted.get("items"), lambda n: f"SKU-{n:06}")
        for item in _listed(items, _simple_item):
            self._items.upsert({"businessUnit": reference, **item})
        for kit in wanted.get("kits", []):
            self._data.upsert(KIT, {"businessUnit": reference, **kit})
        for row in wanted.get("stock", []):
            self._account.move_stock(
                row.get("business_unit", unit), row["item"], row.get("facility", main), float(row["quantity"])
            )
        orders = wanted.get("orders")
        made_up = orders if isinstance(orders, int) else 0
        numbers = max(len(items), 1)
        for n in range(made_up):
            self._orders.upsert(_simple_order(reference, f"SEED-{n + 1:06}", f"SKU-{n % numbers + 1:06}", unit))
        for order in orders if isinstance(orders, list) else []:
            self._orders.upsert({"businessUnit": reference, **order})
        return {
            "companies": len(companies),
            "facilities": len(facilities),
            "items": len(items),
            "stock": len(wanted.get("stock", [])),
            "orders": made_up or len(orders or []),
        }


def _made_up(wanted: Any, name: Any) -> list[Any]:
    if isinstance(wanted, int):
        return [name(n + 1) for n in range(wanted)]
    return list(wanted or [])


def _listed(wanted: Any, body_of: Any) -> list[Body]:
    return [body_of(entry) if isinstance(entry, str) else dict(entry) for entry in wanted or []]


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
