"""Inventory entries: the stock of a SKU in a supply channel, or in none (CT-INV-01, CT-INV-03, CT-INV-04)."""

from __future__ import annotations

from local.commercetools_double.bodies import (
    Json,
    checked_key,
    instant_of,
    needed,
    optional,
    set_or_remove,
    without_nones,
)
from local.commercetools_double.custom_fields import custom_actions, custom_of, whole_resource
from local.commercetools_double.errors import invalid_input
from local.commercetools_double.project import Action, Change, Kind, Project, Told
from local.commercetools_double.storage import Term, terms_of

_PAIR = "supplyChannel"


def entry_from(project: Project, draft: Json) -> Json:
    """The entry of an `InventoryEntryDraft`."""
    quantity = needed(draft, "quantityOnStock", int)
    channel = draft.get("supplyChannel")
    return without_nones(
        {
            "key": checked_key(draft.get("key")),
            "sku": needed(draft, "sku", str),
            "supplyChannel": None if channel is None else project.reference("channel", channel),
            "quantityOnStock": quantity,
            "availableQuantity": quantity,
            "minCartQuantity": optional(draft, "minCartQuantity", int),
            "maxCartQuantity": optional(draft, "maxCartQuantity", int),
            "restockableInDays": optional(draft, "restockableInDays", int),
            "expectedDelivery": instant_of(draft, "expectedDelivery"),
            "reservationExpirationInMinutes": optional(draft, "reservationExpirationInMinutes", int),
            "stockLevels": optional(draft, "stockLevels", dict),
            "custom": custom_of(project, draft.get("custom")),
        }
    )


def told_of_new(body: Json) -> list[Told]:
    """The message of a new entry."""
    return [Told("InventoryEntryCreated", {"inventoryEntry": body})]


def told_of_deleted(body: Json) -> list[Told]:
    """The message of an entry that is gone."""
    return [Told("InventoryEntryDeleted", _sku_and_channel(body))]


def entry_id(project: Project, sku: str, channel_id: str | None) -> str | None:
    """The id of the entry of a SKU in a channel (None: the one without a channel), or None."""
    found = project.storage.ids_of("inventory-entry", _PAIR, _pair(sku, channel_id))
    return found[0] if found else None


def lower_stock(body: Json, quantity: int) -> None:
    """Take what an order has sold, from both quantities (CT-INV-09)."""
    body["quantityOnStock"] -= quantity
    body["availableQuantity"] -= quantity


def _pair(sku: str, channel_id: str | None) -> str:
    return f"{sku}\n{channel_id or ''}"


def _terms(body: Json) -> list[Term]:
    channel = body.get("supplyChannel")
    pair = Term(name=_PAIR, value=_pair(body["sku"], channel["id"] if channel else None), unique=True)
    return [*terms_of(body, plain=("sku",)), pair]


def _sku_and_channel(body: Json) -> Json:
    return {name: body[name] for name in ("sku", "supplyChannel") if name in body}


def _set_quantity(change: Change, quantity: int) -> None:
    """Set the stock; what carts have reserved stays so. Tells of it and of levels reached (CT-MSG-08)."""
    body = change.body
    old_stock, old_available = body["quantityOnStock"], body["availableQuantity"]
    body["quantityOnStock"] = quantity
    body["availableQuantity"] = quantity - (old_stock - old_available)
    if quantity == old_stock:
        return
    change.tell(
        "InventoryEntryQuantitySet",
        oldQuantityOnStock=old_stock,
        newQuantityOnStock=quantity,
        oldAvailableQuantity=old_available,
        newAvailableQuantity=body["availableQuantity"],
        **_sku_and_channel(body),
    )
    if body["availableQuantity"] <= 0 < old_available:
        change.tell("InventoryEntryOutOfStock", **_sku_and_channel(body))
    levels = body.get("stockLevels", {})
    for level, message in (("safetyStock", "SafetyStock"), ("reorderPoint", "ReorderPoint")):
        if level in levels and quantity <= levels[level] < old_stock:
            change.tell(f"InventoryEntry{message}", quantityOnStock=quantity, **_sku_and_channel(body))


def _add_quantity(change: Change, action: Json) -> None:
    _set_quantity(change, change.body["quantityOnStock"] + needed(action, "quantity", int))


def _remove_quantity(change: Change, action: Json) -> None:
    _set_quantity(change, change.body["quantityOnStock"] - needed(action, "quantity", int))


def _change_quantity(change: Change, action: Json) -> None:
    _set_quantity(change, needed(action, "quantity", int))


def _set_supply_channel(change: Change, action: Json) -> None:
    channel = action.get("supplyChannel")
    set_or_remove(
        change.body, "supplyChannel", None if channel is None else change.project.reference("channel", channel)
    )


def _set_key(change: Change, action: Json) -> None:
    set_or_remove(change.body, "key", checked_key(action.get("key")))


def _set_expected_delivery(change: Change, action: Json) -> None:
    set_or_remove(change.body, "expectedDelivery", instant_of(action, "expectedDelivery"))


def _set_restockable(change: Change, action: Json) -> None:
    set_or_remove(change.body, "restockableInDays", optional(action, "restockableInDays", int))


def _set_limits(change: Change, action: Json) -> None:
    least, most = optional(action, "minCartQuantity", int), optional(action, "maxCartQuantity", int)
    if least is not None and most is not None and least > most:
        raise invalid_input(f"minCartQuantity {least} is greater than maxCartQuantity {most}.")
    set_or_remove(change.body, "minCartQuantity", least)
    set_or_remove(change.body, "maxCartQuantity", most)


def _set_reservation_expiration(change: Change, action: Json) -> None:
    name = "reservationExpirationInMinutes"
    old, new = change.body.get(name), optional(action, name, int)
    set_or_remove(change.body, name, new)
    if old != new:
        change.tell(
            "InventoryEntryReservationExpirationInMinutesSet",
            newReservationExpirationInMinutes=new,
            oldReservationExpirationInMinutes=old,
        )


def _stock_level(level: str) -> Action:
    def set_level(change: Change, action: Json) -> None:
        levels = {**change.body.get("stockLevels", {}), level: optional(action, "quantity", int)}
        set_or_remove(change.body, "stockLevels", without_nones(levels) or None)

    return set_level


_ACTIONS: dict[str, Action] = {
    "addQuantity": _add_quantity,
    "removeQuantity": _remove_quantity,
    "changeQuantity": _change_quantity,
    "setSupplyChannel": _set_supply_channel,
    "setKey": _set_key,
    "setExpectedDelivery": _set_expected_delivery,
    "setRestockableInDays": _set_restockable,
    "setInventoryLimits": _set_limits,
    "setReservationExpirationInMinutes": _set_reservation_expiration,
    "setSafetyStock": _stock_level("safetyStock"),
    "setReorderPoint": _stock_level("reorderPoint"),
    **custom_actions("", None, whole_resource),
}

INVENTORY_ENTRY = Kind(
    type_id="inventory-entry",
    path="inventory",
    fields=frozenset(
        {
            "sku",
            "supplyChannel",
            "quantityOnStock",
            "availableQuantity",
            "minCartQuantity",
            "maxCartQuantity",
            "restockableInDays",
            "expectedDelivery",
            "reservationExpirationInMinutes",
            "stockLevels",
            "custom",
        }
    ),
    terms=_terms,
    indexed=frozenset({"sku"}),
    identified_by=("key", "sku"),
    actions=_ACTIONS,
    manage="manage_products",
    view=("view_products",),
)
