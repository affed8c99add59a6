"""The lines of a sales order: how a caller's line becomes a stored one, and what is still owed on it."""

from __future__ import annotations

from typing import Any

from local.deposco_double import statuses
from local.deposco_double.account import Account, reference_to
from local.deposco_double.kinds import FACILITY, ITEM
from local.deposco_double.refusal import RefusalError
from local.deposco_double.store import Body, Record

_BY_WAREHOUSE_ONLY = frozenset(
    {
        "self",
        "orderHeader",
        "businessUnit",
        "orderLineStatus",
        "canceledPackQuantity",
        "allocatedQuantity",
        "unallocatedQuantity",
        "pickedPackQuantity",
        "shortagePackQuantity",
        "shippedPackQuantity",
        "returnedPackQuantity",
        "preallocated",
        "isBackOrdered",
        "coLine",
        "createdDate",
        "updatedDate",
        "createdBy",
        "updatedBy",
    }
)


def remaining(line: Body) -> float:
    """Packs of a line that are neither canceled, short nor shipped (DEP-V2SO-24)."""
    gone: float = line["canceledPackQuantity"] + line["shortagePackQuantity"] + line["shippedPackQuantity"]
    return float(line["orderPackQuantity"] - gone)


def unreleased(line: Body) -> float:
    """Packs of a line that no wave has released."""
    return float(remaining(line) - line["_released"])


def units_per_pack(line: Body) -> int:
    """Single pieces in one pack of the line."""
    return int(line["pack"]["businessKey"]["quantity"])


def facility_of(line: Body) -> str:
    """The facility the line is to leave from: pinned, or chosen by the warehouse."""
    return str(line["_facility"])


class CallersLine:
    """A line as a caller sent it, with its item, pack and facility looked up.

    Raises `RefusalError` 404 for an item, pack or facility that does not exist (DEP-V2SO-06).
    """

    def __init__(self, account: Account, unit: str, body: Body) -> None:
        self._account = account
        sent = account.conform("SalesOrderLine", body)
        self.number: str = sent["lineNumber"]
        self.sent: Body = {key: value for key, value in sent.items() if key not in _BY_WAREHOUSE_ONLY}
        item: Record | None = None
        if self.sent.get("item") is not None:
            item = account.resolve(ITEM, self.sent["item"], unit=unit)
            self.sent["item"] = reference_to(item)
        if self.sent.get("pack") is not None:
            self.sent["pack"] = _pack_reference(item, self.sent["pack"])
        if self.sent.get("shipFromFacility") is not None:
            self.sent["shipFromFacility"] = reference_to(account.resolve(FACILITY, self.sent["shipFromFacility"]))

    def differs_from(self, line: Body) -> bool:
        """Whether storing it would change anything."""
        return any(line.get(key) != value for key, value in self.sent.items())

    def grows_only(self, line: Body) -> bool:
        """Whether the quantity alone differs, upwards."""
        changed = {key for key, value in self.sent.items() if line.get(key) != value}
        return changed == {"orderPackQuantity"} and self.sent["orderPackQuantity"] > line["orderPackQuantity"]

    def refuse_change(self, order: Record, line: Body) -> None:
        """Raise if the line may not be changed this way (DEP-V2SO-08, -09, -10, -27)."""
        where = f"Line {self.number} of order {order.number}"
        partly_released = order.body["orderStatus"] in statuses.GROWABLE and unreleased(line) > 0
        if line["orderLineStatus"] not in statuses.OPEN_LINES and not partly_released:
            raise RefusalError(400, f"{where} cannot be updated in status {line['orderLineStatus']}.")
        if (self.sent.get("item") or line["item"])["id"] != line["item"]["id"]:
            raise RefusalError(400, f"{where}: the item of a line cannot be changed.")
        quantity = self.sent.get("orderPackQuantity", line["orderPackQuantity"])
        if quantity is None or quantity < line["orderPackQuantity"]:
            raise RefusalError(400, f"{where}: a quantity cannot be decreased, cancel the line or a part of it.")

    def apply(self, line: Body) -> None:
        """Change a stored line (DEP-V2SO-20)."""
        line.update(self.sent)
        line["unallocatedQuantity"] = remaining(line) * units_per_pack(line) - line["allocatedQuantity"]
        line["updatedDate"] = self._account.write_time(self._account.now())

    def stored(self, order: Body) -> Body:
        """The line as it is first stored."""
        for needed in ("item", "pack", "orderPackQuantity"):
            if self.sent.get(needed) is None:
                raise RefusalError(400, f"orderLines.data[lineNumber={self.number}].{needed}: must not be null")
        if self.sent["orderPackQuantity"] <= 0:
            raise RefusalError(400, f"orderLines.data[lineNumber={self.number}].orderPackQuantity: must be above 0")
        key = {
            "orderHeader.number": order["number"],
            "lineNumber": self.number,
            "orderHeader.businessUnit.code": order["businessUnit"]["businessKey"]["code"],
        }
        now = self._account.write_time(self._account.now())
        line: Body = {
            "self": self._account.new_self(key),
            "businessUnit": order["businessUnit"],
            **self.sent,
            "orderLineStatus": statuses.NEW,
            "canceledPackQuantity": 0.0,
            "allocatedQuantity": 0.0,
            "pickedPackQuantity": 0.0,
            "shortagePackQuantity": 0.0,
            "shippedPackQuantity": 0.0,
            "returnedPackQuantity": 0.0,
            "isBackOrdered": "Not Back Ordered",
            "createdDate": now,
            "updatedDate": now,
            "_released": 0.0,
        }
        line["unallocatedQuantity"] = line["orderPackQuantity"] * units_per_pack(line)
        return line


def _pack_reference(item: Record | None, reference: Body) -> Body:
    packs: list[Any] = item.body["packs"] if item else []
    for pack in packs:
        known: Body = pack["self"]
        if reference.get("id") == known["id"] or _same_pack(reference.get("businessKey"), pack):
            return {"id": known["id"], "businessKey": known["businessKey"]}
    named = reference.get("businessKey") or {"id": reference.get("id")}
    text = ", ".join(f"{key}={value}" for key, value in sorted(named.items()))
    raise RefusalError(404, f"Pack with business key {text} was not found.")


def _same_pack(key: Body | None, pack: Body) -> bool:
    if key is None:
        return False
    wanted_type = key.get("type", pack["type"])
    return bool(int(key.get("quantity", 0)) == pack["quantity"] and wanted_type == pack["type"])
