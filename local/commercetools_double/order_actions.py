"""Update actions on an order's head: states, sync information, payments, addresses and the like."""

from __future__ import annotations

from collections.abc import Sequence

from local.commercetools_double.bodies import Json, given_name, instant_of, needed, one_of, optional, set_or_remove
from local.commercetools_double.custom_fields import custom_actions, whole_resource
from local.commercetools_double.errors import invalid_input, invalid_operation
from local.commercetools_double.order_drafts import ORDER_STATES, PAYMENT_STATES, SHIPMENT_STATES, store_of
from local.commercetools_double.project import Action, Change

_EXPORT_ROLES = frozenset({"OrderExport", "OrderImport"})


def _state_action(field: str, allowed: Sequence[str], message: str) -> Action:
    def change_state(change: Change, action: Json) -> None:
        old, new = change.body.get(field), one_of(action, field, allowed)
        change.body[field] = new
        if new != old:
            change.tell(message, **{field: new, "old" + field[0].upper() + field[1:]: old})

    return change_state


def _replaced(field: str, message: str | None, *, given: str | None = None, told: str | None = None) -> Action:
    """An action that sets or removes one field, `given` under another name perhaps, and tells new and old value."""
    given = given or field
    told = told or given

    def replace(change: Change, action: Json) -> None:
        old, new = change.body.get(field), optional(action, given, dict if given == "address" else (str, dict))
        set_or_remove(change.body, field, new)
        if message and new != old:
            change.tell(message, **{told: new, "old" + told[0].upper() + told[1:]: old})

    return replace


def transition_state(change: Change, action: Json) -> None:
    """Move to a state of a custom workflow; refused where the present state does not lead there (CT-ORD-05)."""
    reference = change.project.reference("state", needed(action, "state", dict))
    force = bool(action.get("force", False))
    old = change.body.get("state")
    if old and not force:
        transitions = change.project.referenced("state", old).get("transitions")
        if transitions is not None and reference["id"] not in [state["id"] for state in transitions]:
            raise invalid_operation(f"The transition from state '{old['id']}' to '{reference['id']}' is not allowed.")
    change.body["state"] = reference
    fields = {"state": reference, "force": force}
    if change.kind.type_id == "order":
        change.tell("OrderStateTransition", **fields, oldState=old)


def _update_sync_info(change: Change, action: Json) -> None:
    """Note that the order was exported to, or imported from, a channel (CT-ORD-06, CT-ORD-07)."""
    channel = change.project.referenced("channel", needed(action, "channel", dict))
    if not _EXPORT_ROLES & set(channel["roles"]):
        raise invalid_input(
            f"The channel '{channel['key']}' has neither the role OrderExport nor OrderImport, so it cannot be used in"
            " syncInfo."
        )
    entry: Json = {"channel": {"typeId": "channel", "id": channel["id"]}}
    set_or_remove(entry, "externalId", optional(action, "externalId", str))
    entry["syncedAt"] = instant_of(action, "syncedAt") or change.now
    entries: list[Json] = change.body["syncInfo"]
    if not change.project.settings.sync_info_appends:
        entries = [other for other in entries if other["channel"]["id"] != channel["id"]]
    change.body["syncInfo"] = [*entries, entry]


def _add_payment(change: Change, action: Json) -> None:
    reference = change.project.reference("payment", needed(action, "payment", dict))
    info = change.body.setdefault("paymentInfo", {"payments": []})
    if reference in info["payments"]:
        raise invalid_operation(f"The payment '{reference['id']}' is already added to the order.")
    info["payments"].append(reference)
    change.tell("OrderPaymentAdded", paymentRef=reference)


def _remove_payment(change: Change, action: Json) -> None:
    reference = change.project.reference("payment", needed(action, "payment", dict))
    payments = change.body.get("paymentInfo", {}).get("payments", [])
    if reference not in payments:
        raise invalid_operation(f"The payment '{reference['id']}' is not part of the order.")
    payments.remove(reference)
    if not payments:
        del change.body["paymentInfo"]
    change.tell("OrderPaymentRemoved", paymentRef=reference, removedPaymentInfo=not payments)


def _set_order_number(change: Change, action: Json) -> None:
    """Set once, never changed (CT-ORD-01)."""
    number = given_name(action, "orderNumber")
    if change.body.get("orderNumber") not in (None, number):
        raise invalid_operation("The orderNumber is already set and cannot be changed.")
    set_or_remove(change.body, "orderNumber", number)


def _set_store(change: Change, action: Json) -> None:
    old, new = change.body.get("store"), store_of(action.get("store"))
    set_or_remove(change.body, "store", new)
    if old != new:
        change.tell("OrderStoreSet", store=new)


def _item_address(change: Change, action: Json) -> None:
    address = needed(action, "address", dict)
    key = needed(address, "key", str)
    addresses: list[Json] = change.body.setdefault("itemShippingAddresses", [])
    known = [one for one in addresses if one.get("key") == key]
    if (action["action"] == "addItemShippingAddress") == bool(known):
        raise invalid_operation(f"The item shipping address '{key}' {'already exists' if known else 'does not exist'}.")
    change.body["itemShippingAddresses"] = [one for one in addresses if one.get("key") != key] + [address]


def _remove_item_address(change: Change, action: Json) -> None:
    key = needed(action, "addressKey", str)
    addresses: list[Json] = change.body.get("itemShippingAddresses", [])
    change.body["itemShippingAddresses"] = [one for one in addresses if one.get("key") != key]


HEAD_ACTIONS: dict[str, Action] = {
    "changeOrderState": _state_action("orderState", ORDER_STATES, "OrderStateChanged"),
    "changeShipmentState": _state_action("shipmentState", SHIPMENT_STATES, "OrderShipmentStateChanged"),
    "changePaymentState": _state_action("paymentState", PAYMENT_STATES, "OrderPaymentStateChanged"),
    "transitionState": transition_state,
    "updateSyncInfo": _update_sync_info,
    "addPayment": _add_payment,
    "removePayment": _remove_payment,
    "setOrderNumber": _set_order_number,
    "setStore": _set_store,
    "addItemShippingAddress": _item_address,
    "updateItemShippingAddress": _item_address,
    "removeItemShippingAddress": _remove_item_address,
    "setPurchaseOrderNumber": _replaced("purchaseOrderNumber", "OrderPurchaseOrderNumberSet"),
    "setCustomerEmail": _replaced("customerEmail", "OrderCustomerEmailSet", given="email"),
    "setCustomerId": _replaced("customerId", None),
    "setLocale": _replaced("locale", None),
    "setShippingAddress": _replaced("shippingAddress", "OrderShippingAddressSet", given="address"),
    "setBillingAddress": _replaced("billingAddress", "OrderBillingAddressSet", given="address"),
    **custom_actions("", "Order", whole_resource),
}
