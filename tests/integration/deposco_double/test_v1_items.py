"""V1's items: the same that V2 serves, in V1's words."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree as ET

from tests.integration.deposco_double.caller import Caller


def item(number: str, **further: Any) -> dict[str, Any]:
    packs = [{"type": "Each", "quantity": "1", "upcs": {"upc": [{"value": f"UPC-{number}"}]}}]
    return {"businessUnit": "DEMO", "number": number, "name": "Shirt", "packs": {"pack": packs}, **further}


def statuses(answer: Any) -> list[str]:
    assert answer.status_code == 207
    rows = answer.json()["response"]
    return [row["status"].split()[1] for row in (rows if isinstance(rows, list) else [rows])]


def held(caller: Caller, number: str) -> Any:
    (found,) = caller.get("/items", number=number)["data"]
    return found


def test_an_item_is_created_and_is_the_same_item_in_v2(caller: Caller) -> None:
    assert statuses(caller.v1("POST", "items", json={"item": [item("A-1", unitPrice="19.90", shippable="true")]})) == [
        "201"
    ]
    found = held(caller, "A-1")
    assert (found["name"], found["unitPrice"], found["shippable"]) == ("Shirt", 19.9, True)
    assert found["packs"][0]["upcs"]["data"][0]["value"] == "UPC-A-1"


def test_creating_never_overwrites(caller: Caller) -> None:
    caller.v1("POST", "items", json={"item": item("A-1")})
    assert statuses(caller.v1("POST", "items", json={"item": item("A-1", name="Coat")})) == ["409"]
    assert held(caller, "A-1")["name"] == "Shirt"


def test_updates_create_or_update_and_keep_what_is_absent(caller: Caller) -> None:
    assert statuses(caller.v1("POST", "items/updates", json={"item": item("A-1", size="M")})) == ["201"]
    assert statuses(caller.v1("POST", "items/updates", json={"item": item("A-1", name="Coat")})) == ["200"]
    assert (held(caller, "A-1")["name"], held(caller, "A-1")["size"]) == ("Coat", "M")


def test_each_item_of_a_batch_has_its_own_outcome(caller: Caller) -> None:
    taken = item("A-2", packs={"pack": {"type": "Each", "quantity": "1", "upcs": {"upc": {"value": "UPC-A-1"}}}})
    answer = caller.v1("POST", "items/updates", json={"item": [item("A-1"), taken, {"number": "A-3"}, "A-4"]})
    assert statuses(answer) == ["201", "400", "400", "400"]
    assert "A-1" in answer.json()["response"][1]["errors"]["message"]


def test_put_creates_and_then_replaces_the_whole_item(caller: Caller) -> None:
    created = caller.v1("PUT", "items/A-1", json=item("A-1", size="M"))
    pack = held(caller, "A-1")["packs"][0]["self"]["id"]
    replaced = caller.v1("PUT", "items/A-1", json=item("A-1"))
    assert (created.status_code, replaced.status_code) == (201, 200)
    assert replaced.headers["Location"].endswith("/items/A-1")
    assert "size" not in held(caller, "A-1")
    assert held(caller, "A-1")["packs"][0]["self"]["id"] == pack


def test_a_pack_and_a_upc_that_a_put_leaves_out_are_gone(caller: Caller) -> None:
    case = {"type": "Case", "quantity": "12"}
    caller.v1("PUT", "items/A-1", json=item("A-1", packs={"pack": [{"type": "Each", "quantity": "1"}, case]}))
    caller.v1("PUT", "items/A-1", json=item("A-1", packs={"pack": case}))
    assert [pack["type"] for pack in held(caller, "A-1")["packs"]] == ["Case"]


def test_a_upc_that_a_put_gave_up_is_free_for_another_item(caller: Caller) -> None:
    caller.v1("PUT", "items/A-1", json=item("A-1"))
    caller.v1("PUT", "items/A-1", json=item("A-1", packs={"pack": {"type": "Each", "quantity": "1"}}))
    upcs = {"upcs": {"upc": "UPC-A-1"}}
    answer = caller.v1("PUT", "items/A-2", json=item("A-2", packs={"pack": {"type": "Each", "quantity": "1", **upcs}}))
    assert answer.status_code == 201


def test_a_form_changes_simple_fields_and_keeps_the_rest(caller: Caller) -> None:
    caller.v1("PUT", "items/A-1", json=item("A-1", size="M"))
    assert caller.v1("POST", "items/A-1", data={"name": "Coat", "unitPrice": "25"}).status_code == 200
    found = held(caller, "A-1")
    assert (found["name"], found["unitPrice"], found["size"]) == ("Coat", 25, "M")


def test_an_item_is_read_as_xml(caller: Caller) -> None:
    caller.v1("PUT", "items/A-1", json=item("A-1"))
    for path in ("items/A-1", "items/DEMO/A-1"):
        root = ET.fromstring(caller.v1("GET", path).content)
        assert (root.tag, root.findtext("number")) == ("{http://integration.deposco.com/item}item", "A-1")
        assert root.findtext("packs/pack/upcs/upc/value") == "UPC-A-1"


def test_reading_an_item_as_json_is_refused(caller: Caller) -> None:
    assert caller.v1("GET", "items/SKU-000001", headers={"Accept": "application/json"}).status_code == 400


def test_an_item_that_is_absent_is_404_in_plain_text(caller: Caller) -> None:
    for method in ("GET", "POST"):
        answer = caller.v1(method, "items/GONE")
        assert (answer.status_code, answer.headers["Content-Type"]) == (404, "text/plain")


def test_what_xml_reads_a_put_takes_back(caller: Caller) -> None:
    caller.v1("PUT", "items/A-1", json=item("A-1", size="M"))
    read = caller.v1("GET", "items/A-1").content
    headers = {"Content-Type": "application/xml"}
    assert caller.v1("PUT", "items/A-1", data=read, headers=headers).status_code == 200
    assert caller.v1("GET", "items/A-1").content == read
