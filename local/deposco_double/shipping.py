"""Shipments: what leaves a facility in which containers, its tracking, and its way back when rolled back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from local.deposco_double import statuses
from local.deposco_double.account import Account, reference_to
from local.deposco_double.kinds import FACILITY, ITEM, SALES_ORDER, SHIPMENT
from local.deposco_double.order_lines import facility_of, remaining, units_per_pack
from local.deposco_double.sales_orders import SalesOrders
from local.deposco_double.sourcing import components_of
from local.deposco_double.store import Body, Record

_TRACKING_URL = "https://tracking.example/parcel?number="
SHIPPED = "Shipped"
ROLLED_BACK = "Rolled Back"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """One container to be packed: packs by line number, and its tracking number if it is known yet."""

    packs: Mapping[str, float]
    tracking: str | None


class Shipping:
    """Sends parcels off and takes them back."""

    def __init__(self, account: Account, orders: SalesOrders) -> None:
        self._account = account
        self._orders = orders

    def new_tracking(self) -> str:
        """A made-up tracking number."""
        return f"1Z{self._account.chance.randrange(10**10):010}"

    def ship(
        self, order: Record, facility: str, parcels: Sequence[Parcel], serials: Mapping[str, list[str]] | None = None
    ) -> Record:
        """Ship the parcels from one facility: one shipment with a container each (DEP-V2SHIP-04, DEP-V2SHIP-10).

        Packs may be empty: a label without units. `serials` are serial numbers by line number. Moves stock, the order's
        quantities and its status.
        """
        packs = _sum_of(parcels)
        lines = {line["lineNumber"]: line for line in order.body["orderLines"]["data"] if line["lineNumber"] in packs}
        body = self._header(order, facility, parcels)
        body["shipmentLines"] = {"data": self._lines(order, lines, packs, serials or {})}
        body["shippedContainers"] = {
            "data": [self._container(order, lines, parcel, n + 1, len(parcels)) for n, parcel in enumerate(parcels)]
        }
        body["_packs"] = packs
        shipment = self._account.create(SHIPMENT, body)
        for line_number, quantity in packs.items():
            self._leave(order, lines[line_number], facility, quantity)
        shipments = order.body.setdefault("shipments", {"data": []})["data"]
        shipments.append(reference_to(shipment))
        order.body["actualShipDate"] = body["shipmentDates"]["actualShipDate"]
        if packs:
            order.body["orderStatus"] = statuses.PARTIALLY_SHIPPED
            self._orders.finish_if_nothing_is_left(order)
        self._orders.save(order)
        return shipment

    def track(self, shipment: Record, tracking: Sequence[str], cost: float | None) -> None:
        """Tracking or the final freight arrives late and moves `updatedDate` (DEP-V2SHIP-06)."""
        containers = shipment.body["shippedContainers"]["data"]
        for container, number in zip(containers, tracking, strict=False):
            container["trackingNumber"] = number
        if tracking:
            shipment.body["trackingNumber"] = tracking[0]
        if cost is not None:
            shipment.body["shippingCosts"]["shippingCost"] = float(cost)
        self._account.save(shipment)

    def roll_back(self, shipment: Record) -> None:
        """Take a shipment back: its units are on hand and owed again (DEP-V2SHIP-07, DEP-V2SHIP-13)."""
        if shipment.body["status"] == ROLLED_BACK:
            raise ValueError(f"shipment {shipment.number} is rolled back already")
        shipment.body["status"] = ROLLED_BACK
        for container in shipment.body["shippedContainers"]["data"]:
            container["status"] = ROLLED_BACK
        self._account.save(shipment)
        if not shipment.body["_packs"]:
            return
        order = self._account.resolve(SALES_ORDER, shipment.body["orderHeaders"]["data"][0])
        facility = shipment.body["shipFromFacility"]["businessKey"]["number"]
        lines = {line["lineNumber"]: line for line in order.body["orderLines"]["data"]}
        for line_number, quantity in shipment.body["_packs"].items():
            self._leave(order, lines[line_number], facility, -quantity)
        standing = any(line["shippedPackQuantity"] for line in lines.values())
        order.body["orderStatus"] = statuses.PARTIALLY_SHIPPED if standing else statuses.PICK_COMPLETE
        if not standing:
            order.body.pop("actualShipDate", None)
        self._orders.save(order)

    def _leave(self, order: Record, line: Body, facility: str, packs: float) -> None:
        """`packs` of a line leave the building, or come back when negative."""
        line["shippedPackQuantity"] += packs
        line["_released"] = max(0.0, line["_released"] - packs)
        line["pickedPackQuantity"] = max(line["pickedPackQuantity"], line["shippedPackQuantity"])
        line["allocatedQuantity"] = line["_released"] * units_per_pack(line)
        line["orderLineStatus"] = "Complete" if remaining(line) <= 0 else "Released"
        line["updatedDate"] = self._account.write_time(self._account.now())
        for item, units in components_of(self._account, line).items():
            self._account.move_stock(order.unit, item, facility, -packs * units)

    def _header(self, order: Record, facility: str, parcels: Sequence[Parcel]) -> Body:
        now = self._account.now()
        place = self._account.resolve(FACILITY, {"businessKey": {"number": facility}})
        kept: Body = {
            name: order.body[name]
            for name in ("businessUnit", "shipVia", "shipMethod", "shipToContact", "shipToAddress")
            if name in order.body
        }
        body: Body = {
            **kept,
            "number": f"SHP-{self._account.store.new_id()}",
            "type": "Outbound Shipment",
            "status": SHIPPED,
            "shipVendor": order.body.get("shipVendor", "UPS"),
            "trackingUrl": _TRACKING_URL,
            "orderHeaders": {"data": [reference_to(order)]},
            "shipFromFacility": reference_to(place),
            "shipmentDates": {"actualShipDate": self._account.write_time(now)},
            "shippingCosts": {"shippingCost": 0.0, "currencyCode": "USD"},
            "totalPackages": len(parcels),
            "totalPieces": float(sum(_sum_of(parcels).values())),
            "_shipped": now,
            "_orders": [{"number": order.number, "customerOrderNumber": order.body.get("customerOrderNumber")}],
        }
        if parcels and parcels[0].tracking:
            body["trackingNumber"] = parcels[0].tracking
        return body

    def _lines(
        self,
        order: Record,
        lines: Mapping[str, Body],
        packs: Mapping[str, float],
        serials: Mapping[str, list[str]],
    ) -> list[Body]:
        rows: list[Body] = []
        for line_number, quantity in packs.items():
            line = lines[line_number]
            for shipped in self._shipped_items(order, line, quantity):
                row: Body = {
                    "self": self._account.new_self({"number": str(len(rows) + 1)}),
                    "number": str(len(rows) + 1),
                    "businessUnit": order.body["businessUnit"],
                    "orderLine": {"id": line["self"]["id"], "businessKey": line["self"]["businessKey"]},
                    "orderLineDetails": {
                        "customerLineNumber": line.get("customerLineNumber"),
                        "pack": line["pack"],
                    },
                    **shipped,
                    "externalLineNumber": "",
                    "createdDate": self._account.write_time(self._account.now()),
                    "updatedDate": self._account.write_time(self._account.now()),
                }
                if line.get("lotNumber"):
                    row["lotNumber"] = line["lotNumber"]
                if line_number in serials:
                    row["lineSerialNumbers"] = [{"serialNumber": serial} for serial in serials[line_number]]
                rows.append(row)
        return rows

    def _shipped_items(self, order: Record, line: Body, packs: float) -> list[Body]:
        """The items that leave for `packs` of a line: a kit built to order leaves as components (DEP-V2SHIP-08)."""
        components = components_of(self._account, line)
        if not line["_components"]:
            return [
                {
                    "item": line["item"],
                    "pack": line["pack"],
                    "orderPackQuantity": line["orderPackQuantity"],
                    "shippedPackQuantity": packs,
                }
            ]
        rows = []
        for number, units in components.items():
            item = self._account.resolve(ITEM, {"businessKey": {"number": number}}, unit=order.unit)
            single = item.body["packs"][0]["self"]
            rows.append(
                {
                    "item": reference_to(item),
                    "pack": {"id": single["id"], "businessKey": single["businessKey"]},
                    "orderPackQuantity": line["orderPackQuantity"] * units,
                    "shippedPackQuantity": packs * units,
                }
            )
        return rows

    def _container(self, order: Record, lines: Mapping[str, Body], parcel: Parcel, n: int, total: int) -> Body:
        number = f"CTN-{self._account.store.new_id()}"
        now = self._account.write_time(self._account.now())
        rows = [
            {"item": row["item"], "pack": row["pack"], "shippedPackQuantity": row["shippedPackQuantity"]}
            for line_number, quantity in parcel.packs.items()
            if quantity
            for row in self._shipped_items(order, lines[line_number], quantity)
        ]
        container: Body = {
            "self": self._account.new_self({"number": number}),
            "businessUnit": order.body["businessUnit"],
            "number": number,
            "lpnNumber": number,
            "type": "Carton",
            "status": SHIPPED,
            "sequence": n,
            "sequenceTotal": total,
            "shippedContainerLines": rows,
            "createdDate": now,
            "updatedDate": now,
        }
        if parcel.tracking:
            container["trackingNumber"] = parcel.tracking
        return container


def by_facility(order: Record, packs: Mapping[str, float]) -> dict[str, dict[str, float]]:
    """Packs by line number, grouped by the facility each line is to leave from."""
    grouped: dict[str, dict[str, float]] = {}
    for line in order.body["orderLines"]["data"]:
        if packs.get(line["lineNumber"]):
            grouped.setdefault(facility_of(line), {})[line["lineNumber"]] = packs[line["lineNumber"]]
    return grouped


def dealt(packs: Mapping[str, float], parcels: int) -> list[dict[str, float]]:
    """Packs dealt out one by one over so many parcels; empty ones are left out."""
    dealt_out: list[dict[str, float]] = [{} for _ in range(max(parcels, 1))]
    turn = 0
    for line_number, quantity in packs.items():
        left = quantity
        while left > 0:
            piece = min(1.0, left)
            parcel = dealt_out[turn % len(dealt_out)]
            parcel[line_number] = parcel.get(line_number, 0.0) + piece
            left -= piece
            turn += 1
    return [parcel for parcel in dealt_out if parcel]


def _sum_of(parcels: Sequence[Parcel]) -> dict[str, float]:
    total: dict[str, float] = {}
    for parcel in parcels:
        for line_number, quantity in parcel.packs.items():
            if quantity:
                total[line_number] = total.get(line_number, 0.0) + quantity
    return total


def read_parcels(wanted: Sequence[Mapping[str, Any]]) -> list[Parcel]:
    """Containers as a scenario writes them: `{"lines": {"1": 2}, "tracking": "1Z..."}`."""
    return [
        Parcel(
            packs={str(number): float(quantity) for number, quantity in container.get("lines", {}).items()},
            tracking=container.get("tracking"),
        )
        for container in wanted
    ]
