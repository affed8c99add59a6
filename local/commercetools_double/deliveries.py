"""Deliveries and parcels: the update actions that tell an order what has left the warehouse."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from local.commercetools_double.bodies import Json, checked_key, needed, objects, optional, set_or_remove, without_nones
from local.commercetools_double.custom_fields import custom_actions, custom_of
from local.commercetools_double.errors import duplicate_field, invalid_input, invalid_operation
from local.commercetools_double.project import Action, Change

_MEASUREMENTS = ("heightInMillimeter", "lengthInMillimeter", "widthInMillimeter", "weightInGram")
_TRACKING = ("trackingId", "carrier", "provider", "providerTransaction")


def _add_delivery(change: Change, action: Json) -> None:
    """A new delivery; its parcels are told one by one after it (CT-DLV-01, CT-DLV-04, CT-MSG-05)."""
    info, shipping_key = _target(change.body, action)
    key = checked_key(action.get("deliveryKey"))
    if key and any(delivery.get("key") == key for delivery, _ in _deliveries(change.body)):
        raise duplicate_field("deliveryKey", key)
    delivery = without_nones(
        {
            "id": change.project.ids.new(),
            "key": key,
            "createdAt": change.now,
            "items": _items(change.body, action.get("items")),
            "parcels": [],
            "address": optional(action, "address", dict),
            "custom": custom_of(change.project, action.get("custom")),
        }
    )
    info.setdefault("deliveries", []).append(delivery)
    change.tell("DeliveryAdded", delivery={**delivery, "parcels": []}, shippingKey=shipping_key)
    for draft in objects(action, "parcels"):
        _put_parcel(change, delivery, shipping_key, draft, draft.get("key"))


def _add_parcel(change: Change, action: Json) -> None:
    delivery, shipping_key = _delivery(change.body, action)
    _put_parcel(change, delivery, shipping_key, action, action.get("parcelKey"))


def _put_parcel(change: Change, delivery: Json, shipping_key: str | None, draft: Json, raw_key: Any) -> None:
    key = checked_key(raw_key)
    if key and any(parcel.get("key") == key for parcel, _, _ in _parcels(change.body)):
        raise duplicate_field("parcelKey", key)
    parcel = without_nones(
        {
            "id": change.project.ids.new(),
            "key": key,
            "createdAt": change.now,
            "measurements": _measurements(draft.get("measurements")),
            "trackingData": _tracking(draft.get("trackingData")),
            "items": _items(change.body, draft.get("items")),
            "custom": custom_of(change.project, draft.get("custom")),
        }
    )
    delivery["parcels"].append(parcel)
    told = {**delivery, "parcels": list(delivery["parcels"])}
    change.tell("ParcelAddedToDelivery", delivery=told, parcel=parcel, shippingKey=shipping_key)


def _remove_delivery(change: Change, action: Json) -> None:
    delivery, shipping_key = _delivery(change.body, action)
    for info, _ in _shipping_infos(change.body):
        info["deliveries"] = [other for other in info.get("deliveries", []) if other["id"] != delivery["id"]]
    change.tell("DeliveryRemoved", delivery=delivery, shippingKey=shipping_key)


def _remove_parcel(change: Change, action: Json) -> None:
    parcel, delivery, shipping_key = _parcel(change.body, action)
    delivery["parcels"].remove(parcel)
    change.tell("ParcelRemovedFromDelivery", deliveryId=delivery["id"], parcel=parcel, shippingKey=shipping_key)


def _set_delivery_items(change: Change, action: Json) -> None:
    delivery, shipping_key = _delivery(change.body, action)
    old, new = delivery["items"], _items(change.body, needed(action, "items", list))
    delivery["items"] = new
    if new != old:
        change.tell(
            "DeliveryItemsUpdated", deliveryId=delivery["id"], items=new, oldItems=old, shippingKey=shipping_key
        )


def _set_delivery_address(change: Change, action: Json) -> None:
    delivery, shipping_key = _delivery(change.body, action)
    old, new = delivery.get("address"), optional(action, "address", dict)
    set_or_remove(delivery, "address", new)
    if new != old:
        change.tell(
            "DeliveryAddressSet", deliveryId=delivery["id"], address=new, oldAddress=old, shippingKey=shipping_key
        )


def _set_parcel_items(change: Change, action: Json) -> None:
    parcel, delivery, shipping_key = _parcel(change.body, action)
    old, new = parcel["items"], _items(change.body, needed(action, "items", list))
    parcel["items"] = new
    if new != old:
        change.tell(
            "ParcelItemsUpdated",
            parcelId=parcel["id"],
            deliveryId=delivery["id"],
            items=new,
            oldItems=old,
            shippingKey=shipping_key,
        )


def _set_parcel_tracking(change: Change, action: Json) -> None:
    _set_on_parcel(change, action, "trackingData", _tracking(action.get("trackingData")), "ParcelTrackingDataUpdated")


def _set_parcel_measurements(change: Change, action: Json) -> None:
    _set_on_parcel(
        change, action, "measurements", _measurements(action.get("measurements")), "ParcelMeasurementsUpdated"
    )


def _set_on_parcel(change: Change, action: Json, field: str, value: Json | None, message: str) -> None:
    """Set a field of a parcel, or remove it when left out (CT-DLV-06); the message names ids only (CT-MSG-06)."""
    parcel, delivery, shipping_key = _parcel(change.body, action)
    if parcel.get(field) == value:
        return
    set_or_remove(parcel, field, value)
    change.tell(message, deliveryId=delivery["id"], parcelId=parcel["id"], **{field: value}, shippingKey=shipping_key)


def _shipping_infos(body: Json) -> Iterator[tuple[Json, str | None]]:
    if body["shippingMode"] == "Multiple":
        for shipping in body["shipping"]:
            yield shipping["shippingInfo"], shipping["shippingKey"]
    elif body.get("shippingInfo"):
        yield body["shippingInfo"], None


def _deliveries(body: Json) -> Iterator[tuple[Json, str | None]]:
    for info, shipping_key in _shipping_infos(body):
        for delivery in info.get("deliveries", []):
            yield delivery, shipping_key


def _parcels(body: Json) -> Iterator[tuple[Json, Json, str | None]]:
    for delivery, shipping_key in _deliveries(body):
        for parcel in delivery["parcels"]:
            yield parcel, delivery, shipping_key


def _target(body: Json, action: Json) -> tuple[Json, str | None]:
    """The shipping information a new delivery belongs to."""
    if body["shippingMode"] == "Single":
        if not body.get("shippingInfo"):
            raise invalid_operation("A delivery cannot be added to an order without shippingInfo.")
        return body["shippingInfo"], None
    wanted = needed(action, "shippingKey", str)
    for info, shipping_key in _shipping_infos(body):
        if shipping_key == wanted:
            return info, shipping_key
    raise invalid_input(f"The shippingKey '{wanted}' is not one of the order's shipping methods.")


def _delivery(body: Json, action: Json) -> tuple[Json, str | None]:
    wanted_id, wanted_key = action.get("deliveryId"), action.get("deliveryKey")
    for delivery, shipping_key in _deliveries(body):
        if _is_meant(delivery, wanted_id, wanted_key):
            return delivery, shipping_key
    raise invalid_operation(f"The delivery with id {wanted_id!r} or key {wanted_key!r} was not found in the order.")


def _parcel(body: Json, action: Json) -> tuple[Json, Json, str | None]:
    wanted_id, wanted_key = action.get("parcelId"), action.get("parcelKey")
    for parcel, delivery, shipping_key in _parcels(body):
        if _is_meant(parcel, wanted_id, wanted_key):
            return parcel, delivery, shipping_key
    raise invalid_operation(f"The parcel with id {wanted_id!r} or key {wanted_key!r} was not found in the order.")


def _is_meant(thing: Json, wanted_id: Any, wanted_key: Any) -> bool:
    return bool(thing["id"] == wanted_id) if wanted_id else bool(wanted_key) and thing.get("key") == wanted_key


def _items(body: Json, drafts: Any) -> list[Json]:
    """Items of a delivery or parcel: lines of the order, in any quantity (CT-DLV-02, CT-DLV-09)."""
    known = {line["id"] for line in (*body["lineItems"], *body["customLineItems"])}
    items: list[Json] = []
    for draft in drafts or []:
        item = {"id": needed(draft, "id", str), "quantity": needed(draft, "quantity", int)}
        if item["id"] not in known:
            raise invalid_operation(f"The line item '{item['id']}' was not found in the order.")
        items.append(item)
    return items


def _measurements(draft: Any) -> Json | None:
    if draft is None:
        return None
    return without_nones({name: optional(draft, name, int) for name in _MEASUREMENTS})


def _tracking(draft: Any) -> Json | None:
    if draft is None:
        return None
    texts = without_nones({name: optional(draft, name, str) for name in _TRACKING})
    return {**texts, "isReturn": bool(draft.get("isReturn", False))}


def _custom_of_delivery(change: Change, action: Json) -> tuple[Json, Json]:
    delivery, _ = _delivery(change.body, action)
    return delivery, {"deliveryId": delivery["id"]}


def _custom_of_parcel(change: Change, action: Json) -> tuple[Json, Json]:
    parcel, _, _ = _parcel(change.body, action)
    return parcel, {}


DELIVERY_ACTIONS: dict[str, Action] = {
    "addDelivery": _add_delivery,
    "removeDelivery": _remove_delivery,
    "setDeliveryItems": _set_delivery_items,
    "setDeliveryAddress": _set_delivery_address,
    "addParcelToDelivery": _add_parcel,
    "removeParcelFromDelivery": _remove_parcel,
    "setParcelItems": _set_parcel_items,
    "setParcelTrackingData": _set_parcel_tracking,
    "setParcelMeasurements": _set_parcel_measurements,
    **custom_actions("Delivery", "Delivery", _custom_of_delivery),
    **custom_actions("Parcel", None, _custom_of_parcel),
}
