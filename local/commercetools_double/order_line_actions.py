"""Update actions on the lines of an order: their states, returns and custom fields."""

from __future__ import annotations

from local.commercetools_double.bodies import (
    Json,
    checked_key,
    instant_of,
    needed,
    objects,
    one_of,
    optional,
    without_nones,
)
from local.commercetools_double.custom_fields import custom_actions, custom_of
from local.commercetools_double.errors import duplicate_field, invalid_input, invalid_operation
from local.commercetools_double.line_items import shipping_details
from local.commercetools_double.project import Action, Change

RETURN_SHIPMENT_STATES = ("Advised", "Returned", "BackInStock", "Unusable")
RETURN_PAYMENT_STATES = ("NonRefundable", "Initial", "Refunded", "NotRefunded")


def line_of(body: Json, action: Json) -> Json:
    """The line item an action names by id or key; raises `InvalidOperation`."""
    wanted_id, wanted_key = action.get("lineItemId"), action.get("lineItemKey")
    for line in body["lineItems"]:
        if line["id"] == wanted_id or (wanted_key and line.get("key") == wanted_key):
            found: Json = line
            return found
    raise invalid_operation(f"The line item with id {wanted_id!r} or key {wanted_key!r} was not found in the order.")


def _transition(change: Change, action: Json) -> None:
    """Move a quantity of a line from one state to another (CT-ORD-15)."""
    line = line_of(change.body, action)
    source = change.project.referenced("state", needed(action, "fromState", dict))
    target = change.project.reference("state", needed(action, "toState", dict))
    quantity = needed(action, "quantity", int)
    transitions = source.get("transitions")
    if transitions is not None and target["id"] not in [state["id"] for state in transitions]:
        raise invalid_operation(f"The transition from state '{source['key']}' to '{target['id']}' is not allowed.")
    held = {item["state"]["id"]: item["quantity"] for item in line["state"]}
    if held.get(source["id"], 0) < quantity:
        raise invalid_operation(
            f"Only {held.get(source['id'], 0)} of the line item '{line['id']}' are in the state '{source['key']}',"
            f" not {quantity}."
        )
    held[source["id"]] -= quantity
    held[target["id"]] = held.get(target["id"], 0) + quantity
    line["state"] = [
        {"quantity": count, "state": {"typeId": "state", "id": state}} for state, count in held.items() if count
    ]
    change.tell(
        "LineItemStateTransition",
        lineItemId=line["id"],
        lineItemKey=line.get("key"),
        transitionDate=instant_of(action, "actualTransitionDate") or change.now,
        quantity=quantity,
        fromState={"typeId": "state", "id": source["id"]},
        toState=target,
    )


def _import_states(change: Change, action: Json) -> None:
    """Set all states of a line, where its present ones define no transitions (CT-ORD-15)."""
    line = line_of(change.body, action)
    for item in line["state"]:
        if change.project.referenced("state", item["state"]).get("transitions"):
            raise invalid_operation("The line item's states define transitions: use transitionLineItemState.")
    states = [
        {
            "quantity": needed(item, "quantity", int),
            "state": change.project.reference("state", needed(item, "state", dict)),
        }
        for item in needed(action, "state", list)
    ]
    if sum(item["quantity"] for item in states) != line["quantity"]:
        raise invalid_input(f"The quantities of the states do not add up to {line['quantity']}.")
    line["state"] = states


def _return_item(change: Change, draft: Json) -> Json:
    line = line_of(change.body, draft) if draft.get("lineItemId") else None
    if line is None and not draft.get("customLineItemId"):
        raise invalid_input("A return item needs a lineItemId or a customLineItemId.")
    state = one_of(draft, "shipmentState", RETURN_SHIPMENT_STATES)
    key = checked_key(draft.get("key"))
    if key and any(item.get("key") == key for info in change.body["returnInfo"] for item in info["items"]):
        raise duplicate_field("key", key)
    return without_nones(
        {
            "id": change.project.ids.new(),
            "key": key,
            "type": "LineItemReturnItem" if line else "CustomLineItemReturnItem",
            "quantity": needed(draft, "quantity", int),
            "lineItemId": line["id"] if line else None,
            "customLineItemId": None if line else draft["customLineItemId"],
            "comment": optional(draft, "comment", str),
            "shipmentState": state,
            "paymentState": "NonRefundable" if state == "Advised" else "Initial",
            "custom": custom_of(change.project, draft.get("custom")),
            "createdAt": change.now,
            "lastModifiedAt": change.now,
        }
    )


def _return_info(change: Change, draft: Json) -> Json:
    items = objects(draft, "items")
    if not items:
        raise invalid_input("A return needs at least one item.")
    return without_nones(
        {
            "items": [_return_item(change, item) for item in items],
            "returnTrackingId": optional(draft, "returnTrackingId", str),
            "returnDate": instant_of(draft, "returnDate"),
        }
    )


def _add_return(change: Change, action: Json) -> None:
    """A return of at least one item (CT-ORD-16)."""
    info = _return_info(change, action)
    change.body["returnInfo"].append(info)
    change.tell("ReturnInfoAdded", returnInfo=info)


def _set_return(change: Change, action: Json) -> None:
    change.body["returnInfo"] = []
    change.body["returnInfo"] = [_return_info(change, draft) for draft in objects(action, "items")]
    change.tell("ReturnInfoSet", returnInfo=change.body["returnInfo"])


def _return_item_of(body: Json, action: Json) -> Json:
    wanted_id, wanted_key = action.get("returnItemId"), action.get("returnItemKey")
    for info in body["returnInfo"]:
        for item in info["items"]:
            if item["id"] == wanted_id or (wanted_key and item.get("key") == wanted_key):
                found: Json = item
                return found
    raise invalid_operation(f"The return item with id {wanted_id!r} or key {wanted_key!r} was not found in the order.")


def _set_return_shipment_state(change: Change, action: Json) -> None:
    item = _return_item_of(change.body, action)
    item["shipmentState"] = one_of(action, "shipmentState", RETURN_SHIPMENT_STATES)
    if item["paymentState"] == "NonRefundable" and item["shipmentState"] in ("Returned", "BackInStock", "Unusable"):
        item["paymentState"] = "Initial"
    item["lastModifiedAt"] = change.now
    change.tell("OrderReturnShipmentStateChanged", returnItemId=item["id"], returnShipmentState=item["shipmentState"])


def _set_return_payment_state(change: Change, action: Json) -> None:
    item = _return_item_of(change.body, action)
    item["paymentState"] = one_of(action, "paymentState", RETURN_PAYMENT_STATES)
    item["lastModifiedAt"] = change.now


def _set_shipping_details(change: Change, action: Json) -> None:
    line = line_of(change.body, action)
    details = shipping_details(action.get("shippingDetails"), line["quantity"])
    if details is None:
        line.pop("shippingDetails", None)
    else:
        line["shippingDetails"] = details


def _custom_of_line(change: Change, action: Json) -> tuple[Json, Json]:
    return line_of(change.body, action), {}


def _custom_of_return_item(change: Change, action: Json) -> tuple[Json, Json]:
    return _return_item_of(change.body, action), {}


LINE_ACTIONS: dict[str, Action] = {
    "transitionLineItemState": _transition,
    "importLineItemState": _import_states,
    "addReturnInfo": _add_return,
    "setReturnInfo": _set_return,
    "setReturnShipmentState": _set_return_shipment_state,
    "setReturnPaymentState": _set_return_payment_state,
    "setLineItemShippingDetails": _set_shipping_details,
    **custom_actions("LineItem", None, _custom_of_line),
    **custom_actions("ReturnItem", None, _custom_of_return_item),
}
