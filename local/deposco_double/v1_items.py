"""V1's items: read in XML, replaced whole, changed in part by a form, or sent in batches with an outcome each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from local.deposco_double.account import Account
from local.deposco_double.items import Items
from local.deposco_double.kinds import ITEM, unit_of
from local.deposco_double.refusal import RefusalError
from local.deposco_double.store import Body, Record
from local.deposco_double.v1_documents import number_of
from local.deposco_double.v1_format import (
    form_of,
    listed,
    multistatus,
    only_one,
    outcome,
    plain,
    read_body,
    refuses_xml,
    text_of,
    xml_answer,
)
from local.double import Answer, Call

_TEXTS = (
    *("name", "classType", "shortDescription", "longDescription", "abcCategory", "productCode", "originCountry"),
    *("styleNumber", "styleName", "colorName", "colorCode", "size"),
    *(f"customAttribute{n}" for n in range(1, 6)),
    *("brandName", "externalImageUrl"),
)
_NUMBERS = ("purchaseCost", "unitPrice")
_FLAGS = (
    *("hazmat", "inventoryTrackingEnabled", "lotTrackingEnabled", "serialTrackingEnabled", "shippable"),
    *("kitOrderOnly", "kitStockOnly", "taxable", "salesEnabledFlag"),
)


class V1Items:
    """The items of an account as V1 takes and shows them; the same ones that V2 serves."""

    def __init__(self, account: Account, items: Items) -> None:
        self._account = account
        self._items = items

    def create(self, call: Call) -> Answer:
        """`POST /items`: creates only, like its sister for orders (DEP-V1ITEM-02)."""
        return self._batch(call, may_update=False)

    def update(self, call: Call) -> Answer:
        """`POST /items/updates`: creates or updates (DEP-V1ITEM-02)."""
        return self._batch(call, may_update=True)

    def _batch(self, call: Call, *, may_update: bool) -> Answer:
        sent = listed(read_body(call).get("item"))
        outcomes = [self._one(item, call, may_update=may_update) for item in sent]
        return multistatus(call, outcomes, self._account.settings.single_as_object)

    def _one(self, item: Any, call: Call, *, may_update: bool) -> Body:
        number = (text_of(item.get("number")) if isinstance(item, dict) else None) or ""
        try:
            body = item_of(item)
            existing = self._find(number, body["businessUnit"]["businessKey"]["code"])
            if existing and not may_update:
                raise RefusalError(409, f"Item {number} already exists")
            self._items.upsert(body)
        except RefusalError as refusal:
            return outcome(call, refusal.status, ("Item", number), errors=[refusal.message or "refused"])
        return outcome(call, 200 if existing else 201, ("Item", number))

    def put(self, call: Call) -> Answer:
        """`PUT /items/{number}`: creates, or replaces the whole item (DEP-V1ITEM-01)."""
        sent = read_body(call)
        body = item_of({**only_one(sent, "item"), "number": call.parts["number"]})
        existing = self._find(body["number"], body["businessUnit"]["businessKey"]["code"])
        record = self._items.upsert(body, replacing=True)
        word, status = ("replaced", 200) if existing else ("created", 201)
        return Answer(
            status=status,
            body=f"Item {record.number} {word}".encode(),
            content_type="text/plain",
            headers={"Location": call.raw_path},
        )

    def change(self, call: Call) -> Answer:
        """`POST /items/{number}`: some simple fields from a form, the rest stays (DEP-V1ITEM-01)."""
        item = self._find(call.parts["number"], None)
        if item is None:
            return plain(404, f"Item {call.parts['number']} not found")
        kept = {"businessUnit": item.body["businessUnit"], "number": item.number, "packs": []}
        self._items.upsert({**kept, **_simple_fields(form_of(call))})
        return plain(200, f"Item {item.number} updated")

    def get(self, call: Call) -> Answer:
        """`GET /items/{number}` and `/items/{bu}/{number}`: XML; plain text when it is absent (DEP-V1ITEM-03)."""
        if refuses_xml(call):
            return plain(400, "Bad Request")
        item = self._find(call.parts["number"], call.parts.get("unit"))
        if item is None:
            return plain(404, f"Item {call.parts['number']} not found")
        return xml_answer("item", "item", item_document(item.body))

    def _find(self, number: str, unit: str | None) -> Record | None:
        return self._account.store.find(ITEM.name, number, unit)


def item_of(item: Any) -> Body:
    """A V1 item as a V2 body; raises `RefusalError` 400 for what cannot be read."""
    if not isinstance(item, dict):
        raise RefusalError(400, "an item is expected")
    unit, number = text_of(item.get("businessUnit")), text_of(item.get("number"))
    if not unit or not number:
        raise RefusalError(400, "number and businessUnit are required")
    wrapper = item.get("packs")
    packs = listed(wrapper.get("pack")) if isinstance(wrapper, dict) else []
    return {
        "businessUnit": {"businessKey": {"code": unit}},
        "number": number,
        **_simple_fields(item),
        **_upcs_of(item),
        "packs": [_pack_of(pack) for pack in packs],
    }


def _simple_fields(source: Mapping[str, Any]) -> Body:
    fields: Body = {name: text for name in _TEXTS if (text := text_of(source.get(name)))}
    fields |= {name: value for name in _NUMBERS if (value := number_of(source, name)) is not None}
    fields |= {name: flag.lower() == "true" for name in _FLAGS if (flag := text_of(source.get(name)))}
    return fields


def _pack_of(pack: Any) -> Body:
    if not isinstance(pack, dict) or not text_of(pack.get("type")):
        raise RefusalError(400, "a pack needs a type and a quantity")
    return {"type": str(pack["type"]), "quantity": int(number_of(pack, "quantity") or 1), **_upcs_of(pack)}


def _upcs_of(source: Mapping[str, Any]) -> Body:
    """The UPCs of an item or a pack; how V1 writes one is not published (DEP-V1ITEM-04)."""
    wrapper = source.get("upcs")
    if not isinstance(wrapper, dict) or wrapper == {"@nil": "true"}:
        return {}
    values = [upc.get("value") if isinstance(upc, dict) else upc for upc in listed(wrapper.get("upc"))]
    return {"upcs": {"data": [{"value": str(value)} for value in values if text_of(value)]}}


def item_document(item: Body) -> Body:
    """An item in V1's words."""
    simple = {name: item[name] for name in (*_TEXTS, *_NUMBERS, *_FLAGS) if item.get(name) is not None}
    return {
        "businessUnit": unit_of(item),
        "number": item["number"],
        **simple,
        "packs": {
            "pack": [
                {"itemNumber": item["number"], "type": pack["type"], "quantity": pack["quantity"], **_upcs(pack)}
                for pack in item["packs"]
            ]
        },
        **_upcs(item),
        "createdDate": item["createdDate"],
        "updatedDate": item["updatedDate"],
    }


def _upcs(source: Body) -> Body:
    rows = (source.get("upcs") or {"data": []})["data"]
    return {"upcs": {"upc": [{"value": row["value"]} for row in rows]}} if rows else {}
