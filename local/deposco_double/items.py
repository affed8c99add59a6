"""Items, their packs and their UPCs, and the other master data V2 lets a caller create."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from local.deposco_double.account import Account, reference_to
from local.deposco_double.kinds import COMPANY, ITEM, KIT, Kind
from local.deposco_double.refusal import RefusalError
from local.deposco_double.sales_orders import refuse_violations
from local.deposco_double.store import Body, Record

_BY_SYSTEM_ONLY = frozenset({"self", "createdDate", "updatedDate", "createdBy", "updatedBy"})


class Items:
    """The items of an account, with one owner per UPC and business unit."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def upsert(self, body: Any, *, replacing: bool = False) -> Record:
        """Create or update by business unit and number (DEP-V2ITEM-01).

        `replacing` clears what the body does not name, packs and UPCs included (DEP-V1ITEM-01).
        """
        refuse_violations("Item", body)
        unit = self._account.resolve(COMPANY, body["businessUnit"])
        sent = self._account.conform("Item", body)
        sent["businessUnit"] = reference_to(unit)
        for component in sent.get("components") or []:
            component["subComponent"] = reference_to(
                self._account.resolve(ITEM, component["subComponent"], unit=unit.number)
            )
        existing = self._account.store.find(ITEM.name, sent["number"], unit.number)
        self._refuse_taken_upcs(unit.number, sent, existing)
        before = existing.body if existing else {}
        if replacing:
            before = _emptied(before, sent)
        changes = {key: value for key, value in sent.items() if key not in _BY_SYSTEM_ONLY}
        packs = [dict(pack) for pack in before.get("packs", [])]
        self._merge_packs(packs, changes.pop("packs"), sent)
        changes["packs"] = packs
        if "upcs" in changes:
            changes["upcs"] = {"data": self._merge_upcs(before.get("upcs", {}).get("data", []), changes["upcs"])}
        after = {key: value for key, value in {**before, **changes}.items() if value is not None}
        if existing is None:
            record = self._account.create(ITEM, after)
        else:
            record = existing
            if after != existing.body:
                record.body = after
                self._account.save(record)
        self._own_upcs(record)
        return record

    def delete_upc(self, item: Record, upc_id: int, pack_id: int | None = None) -> None:
        """Take a UPC off the item or one of its packs (DEP-V2ITEM-04); 404 when it is not there."""
        for pack, page in _upc_pages(item.body):
            for upc in page["data"]:
                if upc["self"]["id"] == upc_id and (pack["self"]["id"] if pack else None) == pack_id:
                    page["data"].remove(upc)
                    self._account.save(item)
                    self._own_upcs(item)
                    return
        raise RefusalError(404, f"UPC {upc_id} of item {item.number} was not found.")

    def _merge_packs(self, packs: list[Body], sent: list[Body], item: Body) -> None:
        for wanted in sent:
            known = next((p for p in packs if (p["type"], p["quantity"]) == (wanted["type"], wanted["quantity"])), None)
            if known is None:
                key = {
                    "item.number": item["number"],
                    "quantity": wanted["quantity"],
                    "item.businessUnit.code": item["businessUnit"]["businessKey"]["code"],
                }
                known = {"self": self._account.new_self(key)}
                packs.append(known)
            changes = {name: value for name, value in wanted.items() if name not in _BY_SYSTEM_ONLY}
            if "upcs" in changes:
                changes["upcs"] = {"data": self._merge_upcs(known.get("upcs", {}).get("data", []), changes["upcs"])}
            known.update(changes)

    def _merge_upcs(self, known: list[Body], sent: Body | None) -> list[Body]:
        values = {upc["value"] for upc in known}
        wanted = dict.fromkeys(row["value"] for row in (sent or {}).get("data", []))
        fresh = [value for value in wanted if value not in values]
        return known + [{"self": self._account.new_self({"value": value}), "value": value} for value in fresh]

    def _refuse_taken_upcs(self, unit: str, sent: Body, existing: Record | None) -> None:
        for _, page in _upc_pages(sent):
            for upc in page.get("data") or []:
                row = self._account.store.database.execute(
                    "SELECT item FROM upc WHERE unit = ? AND value = ?", (unit, upc["value"])
                ).fetchone()
                if row and (existing is None or row[0] != existing.id):
                    owner = self._account.store.get(ITEM.name, row[0])
                    number = owner.number if owner else row[0]
                    raise RefusalError(400, f"UPC {upc['value']} already exists on item {number}.")

    def _own_upcs(self, item: Record) -> None:
        database = self._account.store.database
        database.execute("DELETE FROM upc WHERE item = ?", (item.id,))
        database.executemany(
            "INSERT OR REPLACE INTO upc VALUES (?, ?, ?)",
            [(item.unit, upc["value"], item.id) for _, page in _upc_pages(item.body) for upc in page["data"]],
        )


def _emptied(item: Body, sent: Body) -> Body:
    """What stays of an item that is replaced: its identity, and that of the packs that are named again."""
    named = {(pack["type"], pack["quantity"]) for pack in sent["packs"]}
    packs = [
        {name: value for name, value in pack.items() if name in ("self", "type", "quantity")}
        for pack in item.get("packs", [])
        if (pack["type"], pack["quantity"]) in named
    ]
    return {**{name: value for name, value in item.items() if name in _BY_SYSTEM_ONLY}, "packs": packs}


class MasterData:
    """Companies (business units), facilities and kits, created or updated by their key."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def upsert(self, kind: Kind, body: Any) -> Record:
        """Create or update a company, facility or kit (DEP-FAC-01, DEP-FAC-02)."""
        refuse_violations(kind.name, body)
        sent = self._account.conform(kind.name, body)
        unit: str | None = None
        if kind is not COMPANY:
            owner = self._account.resolve(COMPANY, body["businessUnit"])
            sent["businessUnit"] = reference_to(owner)
            unit = owner.number if kind is KIT else None
        for detail in (sent.get("kitDetails") or {}).get("data", []):
            detail["item"] = reference_to(self._account.resolve(ITEM, detail["item"], unit=unit))
            detail.setdefault("self", self._account.new_self({"item.number": detail["item"]["businessKey"]["number"]}))
        changes = {key: value for key, value in sent.items() if key not in _BY_SYSTEM_ONLY}
        number = str(next(iter(kind.business_key({**sent}).values())))
        existing = self._account.store.find(kind.name, number, unit)
        if existing is None:
            return self._account.create(kind, {key: value for key, value in changes.items() if value is not None})
        after = {key: value for key, value in {**existing.body, **changes}.items() if value is not None}
        if after != existing.body:
            existing.body = after
            self._account.save(existing)
        return existing


def _upc_pages(item: Body) -> Iterator[tuple[Body | None, Body]]:
    """Every page of UPCs an item body holds, with the pack it belongs to."""
    if item.get("upcs"):
        yield None, item["upcs"]
    for pack in item.get("packs") or []:
        if pack.get("upcs"):
            yield pack, pack["upcs"]
