"""Items, packs, UPCs, and the other master data."""

from __future__ import annotations

from typing import Any

from tests.integration.deposco_double.caller import UNIT, Caller

UNIT_REFERENCE = {"businessKey": {"code": UNIT}}


def item(number: str, *upcs: str, **further: Any) -> dict[str, Any]:
    pack: dict[str, Any] = {"type": "Each", "quantity": 1}
    if upcs:
        pack["upcs"] = {"data": [{"value": value} for value in upcs]}
    return {"businessUnit": UNIT_REFERENCE, "number": number, "name": number, "packs": [pack], **further}


def test_an_item_is_created_once_and_updated_by_number(caller: Caller) -> None:
    first = caller.post("/items", item("TEE"))
    again = caller.post("/items", item("TEE", name="Shirt"))
    assert again["self"] == first["self"]
    assert again["name"] == "Shirt"


def test_packs_left_out_of_an_update_stay(caller: Caller) -> None:
    caller.post("/items", item("TEE"))
    body = item("TEE")
    body["packs"] = [{"type": "Case", "quantity": 12}]
    packs = caller.post("/items", body)["packs"]
    assert [(pack["type"], pack["quantity"]) for pack in packs] == [("Each", 1), ("Case", 12)]


def test_a_upc_belongs_to_one_item_and_the_refusal_names_it(caller: Caller) -> None:
    caller.post("/items", item("TEE", "0123"))
    assert "TEE" in caller.refused("/items", item("CAP", "0123"))
    caller.post("/items", item("TEE", "0123"))


def test_a_upc_that_is_deleted_is_free_again(caller: Caller) -> None:
    created = caller.post("/items", item("TEE", "0123"))
    pack = created["packs"][0]
    upc = pack["upcs"]["data"][0]
    path = f"/items/{created['self']['id']}/packs/{pack['self']['id']}/upcs"
    assert caller.v2("DELETE", f"{path}/{upc['self']['id']}").status_code == 204
    assert caller.get(path)["data"] == []
    caller.post("/items", item("CAP", "0123"))


def test_a_kit_header_is_kept_with_its_details(caller: Caller) -> None:
    detail = {
        "type": "Input",
        "businessUnit": UNIT_REFERENCE,
        "item": {"businessKey": {"number": "SKU-000001", "businessUnit.code": UNIT}},
        "quantity": 2,
    }
    body = {"name": "SET", "businessUnit": UNIT_REFERENCE, "kitDetails": {"data": [detail]}}
    created = caller.post("/kitHeaders", body)
    assert caller.get(f"/kitHeaders/{created['self']['id']}")["kitDetails"]["data"][0]["quantity"] == 2


def test_facilities_are_found_by_number(caller: Caller) -> None:
    assert [row["number"] for row in caller.get("/facilities", number="WEST")["data"]] == ["WEST"]


def test_a_reference_to_a_business_unit_that_does_not_exist_is_not_found(caller: Caller) -> None:
    body = item("TEE", businessUnit={"businessKey": {"code": "NONE"}})
    assert "NONE" in caller.refused("/items", body, status=404)
