"""Stock that comes and goes outside of orders: receipts, counts and losses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from local.deposco_double.account import Account, reference_to
from local.deposco_double.kinds import ADJUSTMENT, COMPANY, FACILITY, ITEM, RECEIPT
from local.deposco_double.store import Body, Record


class StockMovements:
    """Books receipts and adjustments, each with its record in V2. Quantities are single pieces."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def receive(self, command: Mapping[str, Any]) -> list[Record]:
        """Goods arrive: a receipt, and more on hand (DEP-V2INV-03)."""
        body = self._movement(command)
        receipt = {
            "number": f"RCT-{self._account.store.new_id()}",
            "status": "Received",
            "receivedItem": body["item"],
            "receivedPack": body["pack"],
            "receivedPackQuantity": body["quantity"],
            "_unit": body["businessUnit"]["businessKey"]["code"],
        }
        record = self._account.create(RECEIPT, receipt)
        self._account.move_stock(record.unit, command["item"], command["facility"], body["quantity"])
        return [record]

    def adjust(self, command: Mapping[str, Any]) -> list[Record]:
        """A count or a loss: an adjustment, and more or less on hand (DEP-V2INV-02)."""
        unit = self._movement(command)["businessUnit"]["businessKey"]["code"]
        units = float(command["quantity"])
        return [self.write_off(unit, command["item"], command["facility"], units, command.get("reason", "COUNT"))]

    def write_off(self, unit: str, item: str, facility: str, units: float, reason: str) -> Record:
        """Add `units` (negative: take away) to what is on hand, with an adjustment that says why."""
        body = self._movement({"item": item, "facility": facility, "quantity": units, "business_unit": unit})
        record = self._account.create(
            ADJUSTMENT, {**body, "actionType": "Adjustment", "reasonCode": reason, "inventoryStatus": "Available"}
        )
        self._account.move_stock(unit, item, facility, units)
        return record

    def _movement(self, command: Mapping[str, Any]) -> Body:
        item = self._account.store.find(ITEM.name, command["item"], command.get("business_unit"))
        if item is None:
            raise ValueError(f"there is no item {command['item']}")
        facility = self._account.resolve(FACILITY, {"businessKey": {"number": command["facility"]}})
        unit = self._account.resolve(COMPANY, {"businessKey": {"code": item.unit}})
        pack = item.body["packs"][0]["self"]
        return {
            "businessUnit": reference_to(unit),
            "facility": reference_to(facility),
            "item": reference_to(item),
            "pack": {"id": pack["id"], "businessKey": pack["businessKey"]},
            "quantity": int(command["quantity"]),
        }
