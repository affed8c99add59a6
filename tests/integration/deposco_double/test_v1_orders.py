"""V1's orders: outcomes inside a 207, XML reads, and the peculiarities of its JSON."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree as ET

import pytest

from tests.integration.deposco_double.caller import Caller

JSON_ONLY = {"Accept": "application/json"}


def order(number: str, item: str = "SKU-000001", **further: Any) -> dict[str, Any]:
    return {
        "businessUnit": "DEMO",
        "number": number,
        "type": "Sales Order",
        "status": "New",
        "shipVia": "GROUND",
        "shipToAddress": {"name": "Ada Byron", "addressLine1": "1 Main Street", "city": "Springfield"},
        "orderLines": {
            "orderLine": [
                {
                    "lineNumber": "1",
                    "itemNumber": item,
                    "pack": {"type": "Each", "quantity": "1"},
                    "orderPackQuantity": "2",
                }
            ]
        },
        **further,
    }


def outcomes(answer: Any) -> list[str]:
    assert answer.status_code == 207
    rows = answer.json()["response"]
    return [row["status"].split()[1] for row in (rows if isinstance(rows, list) else [rows])]


def post(caller: Caller, path: str, *orders: dict[str, Any]) -> Any:
    return caller.v1("POST", path, json={"order": list(orders)})


def test_an_order_is_created_and_is_the_same_order_in_v2(caller: Caller) -> None:
    assert outcomes(post(caller, "orders", order("V-1"))) == ["201"]
    (found,) = caller.get("/orders/salesOrders", number="V-1")["data"]
    assert found["orderLines"]["data"][0]["orderPackQuantity"] == 2
    assert found["shipToContact"] == {"firstName": "Ada", "lastName": "Byron"}


def test_creating_never_overwrites_and_shows_the_unique_key(caller: Caller) -> None:
    post(caller, "orders", order("V-1"))
    answer = post(caller, "orders", order("V-1", shipVia="AIR"))
    assert outcomes(answer) == ["409"]
    assert "V-1" in answer.json()["response"]["errors"]["message"]
    (found,) = caller.get("/orders/salesOrders", number="V-1")["data"]
    assert found["shipVia"] == "GROUND"


def test_updates_create_or_update(caller: Caller) -> None:
    assert outcomes(post(caller, "orders/updates", order("V-1"))) == ["201"]
    assert outcomes(post(caller, "orders/updates", order("V-1", shipVia="AIR"))) == ["200"]
    (found,) = caller.get("/orders/salesOrders", number="V-1")["data"]
    assert found["shipVia"] == "AIR"


def test_each_order_of_a_batch_has_its_own_outcome(caller: Caller) -> None:
    answer = post(caller, "orders", order("V-1", "GONE"), order("V-2"))
    assert outcomes(answer) == ["400", "201"]
    assert "GONE" in answer.json()["response"][0]["errors"]["message"]


def test_everything_failed_is_still_207(caller: Caller) -> None:
    assert outcomes(post(caller, "orders", order("V-1", "GONE"))) == ["400"]


def test_a_ship_via_that_cannot_be_mapped_is_a_warning(caller: Caller) -> None:
    caller.admin("settings", {"known_ship_vias": ["AIR"]})
    answer = post(caller, "orders", order("V-1"))
    assert outcomes(answer) == ["201"]
    assert "GROUND" in answer.json()["response"]["warnings"]["message"]


def test_put_replaces_what_it_does_not_name(caller: Caller) -> None:
    post(caller, "orders", order("V-1", orderSource="SHOP"))
    body = order("V-1", "SKU-000002")
    body["orderLines"]["orderLine"][0]["lineNumber"] = "7"
    answer = caller.v1("PUT", "orders/Sales Order/V-1", json=body)
    assert (answer.status_code, "Location" in answer.headers) == (200, True)
    (found,) = caller.get("/orders/salesOrders", number="V-1")["data"]
    assert "orderSource" not in found
    assert [row["lineNumber"] for row in found["orderLines"]["data"]] == ["7"]


def test_put_creates_what_is_not_there(caller: Caller) -> None:
    assert caller.v1("PUT", "orders/Sales Order/V-1", json=order("V-1")).status_code == 201


def test_an_order_is_taken_as_xml(caller: Caller) -> None:
    body = (
        '<orders xmlns="http://integration.deposco.com/order"><order><businessUnit>DEMO</businessUnit>'
        "<number>V-1</number><shipToAddress><addressLine1>1 Main</addressLine1></shipToAddress><orderLines>"
        "<orderLine><lineNumber>1</lineNumber><itemNumber>SKU-000001</itemNumber>"
        "<pack><type>Each</type><quantity>1</quantity></pack><orderPackQuantity>2</orderPackQuantity></orderLine>"
        "</orderLines></order></orders>"
    )
    answer = caller.v1("POST", "orders", data=body, headers={"Content-Type": "application/xml"})
    document = ET.fromstring(answer.content)
    assert document.tag == "{http://integration.deposco.com/multistatus}multistatus"
    assert document.findtext("response/status") == "HTTP/1.1 201 Created"


def test_an_order_is_read_as_xml_only(caller: Caller) -> None:
    post(caller, "orders", order("V-1"))
    document = ET.fromstring(caller.v1("GET", "orders/Sales Order/V-1").content)
    assert document.tag == "{http://integration.deposco.com/order}order"
    assert document.findtext("orderLines/orderLine/itemNumber") == "SKU-000001"
    assert caller.v1("GET", "orders/Sales Order/V-1", headers=JSON_ONLY).status_code == 400


def test_an_absent_order_is_a_404_in_plain_text(caller: Caller) -> None:
    answer = caller.v1("GET", "orders/Sales Order/V-9")
    assert (answer.status_code, answer.headers["Content-Type"].split(";")[0]) == (404, "text/plain")


def test_a_space_in_the_path_is_refused_where_the_account_refuses_it(caller: Caller) -> None:
    post(caller, "orders", order("V-1"))
    caller.admin("settings", {"spaces_in_path": False})
    assert caller.v1("GET", "orders/Sales Order/V-1").status_code == 400
    found = caller.v1("GET", "status/order/search", params={"type": "Sales Order", "number": "V-1"})
    assert found.status_code == 200


def test_the_status_search_may_not_heed_the_number(caller: Caller) -> None:
    post(caller, "orders", order("V-1"), order("V-2"))
    for heeded, expected in ((True, 1), (False, 2)):
        caller.admin("settings", {"status_search_by_number": heeded})
        answer = caller.v1("GET", "status/order/search", params={"number": "V-1"})
        assert len(ET.fromstring(answer.content).findall("orderStatus")) == expected


def test_search_knows_configured_fields_only(caller: Caller) -> None:
    post(caller, "orders", order("V-1"))
    assert caller.v1("GET", "search/Order", params={"number": "V-1"}).status_code == 200
    assert caller.v1("GET", "search/Order", params={"shipVia": "GROUND"}).status_code == 400


def test_json_has_nulls_as_objects_numbers_as_text_and_single_rows_as_objects(caller: Caller) -> None:
    post(caller, "orders", order("V-1"))
    found = caller.v1("GET", "search/Order", params={"number": "V-1"}, headers=JSON_ONLY).json()["order"]
    assert found["otherReferenceNumber"] == {"@nil": "true"}
    assert found["orderLines"]["orderLine"]["orderPackQuantity"] == "2"
    caller.admin("settings", {"single_as_object": False})
    found = caller.v1("GET", "search/Order", params={"number": "V-1"}, headers=JSON_ONLY).json()["order"]
    assert found[0]["orderLines"]["orderLine"][0]["lineNumber"] == "1"


def test_shipments_of_an_order_are_searched_by_its_number(caller: Caller) -> None:
    post(caller, "orders", order("V-1"), order("V-2"))
    caller.warehouse("ship", order="V-1")
    found = caller.v1("GET", "search/shipment", params={"orderHeaders.number": "V-1"}, headers=JSON_ONLY).json()
    assert found["shipment"]["orders"]["order"]["orderNumber"] == "V-1"
    assert found["shipment"]["orders"]["order"]["lines"]["line"]["shippedPackQuantity"] == "2"


def test_statuses_are_set_from_a_form_with_an_outcome_each(caller: Caller) -> None:
    post(caller, "orders", order("V-1"))
    form = {"status": "Hold", "type": "Sales Order", "number": ["V-1", "V-9"]}
    answer = caller.v1("POST", "orders/statusUpdates", data=form, headers=JSON_ONLY)
    assert outcomes(answer) == ["200", "404"]


@pytest.mark.parametrize("auth", [None, ("demo-user", "wrong")])
def test_without_the_right_password_nothing_is_answered(caller: Caller, auth: Any) -> None:
    assert caller.v1("GET", "shipments", auth=auth).status_code == 401


def test_an_endpoint_that_was_not_granted_is_forbidden(caller: Caller) -> None:
    caller.admin("settings", {"refused_grants": ["GET enterpriseinventory"]})
    assert caller.v1("GET", "enterpriseinventory/DEMO/availability").status_code == 403
    assert caller.v1("GET", "inventory/full").status_code == 200


def test_a_blank_200_can_be_injected(caller: Caller) -> None:
    caller.admin("faults", {"rules": [{"match": {"kind": "v1.orders.create"}, "do": "empty_200"}]})
    answer = post(caller, "orders", order("V-1"))
    assert (answer.status_code, answer.content) == (200, b"")
    assert caller.state()["counts"]["orders"] == 0


def test_a_form_changes_simple_header_fields_and_keeps_the_rest(caller: Caller) -> None:
    post(caller, "orders", order("V-1", otherReferenceNumber="REF"))
    assert caller.v1("POST", "orders/Sales Order/V-1", data={"shipVia": "AIR", "orderTotal": "12.5"}).status_code == 200
    (found,) = caller.get("/orders/salesOrders", number="V-1")["data"]
    assert (found["shipVia"], found["orderTotal"], found["otherReferenceNumber"]) == ("AIR", 12.5, "REF")
    assert found["orderLines"]["data"][0]["orderPackQuantity"] == 2


def test_a_form_for_an_order_that_is_absent_is_404(caller: Caller) -> None:
    assert caller.v1("POST", "orders/Sales Order/GONE", data={"shipVia": "AIR"}).status_code == 404
