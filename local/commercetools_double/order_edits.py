"""Order edits: staged actions, previewed, then applied to an order of inventory mode None (CT-ORD-10, CT-ORD-11)."""

from __future__ import annotations

import copy

from local.commercetools_double.bodies import Json, checked_key, needed, optional, read_object, without_nones
from local.commercetools_double.custom_fields import custom_of
from local.commercetools_double.endpoints import Api, ResourceEndpoints, json_answer
from local.commercetools_double.errors import ApiError, invalid_operation
from local.commercetools_double.line_items import custom_line, drafted_line
from local.commercetools_double.money import typed
from local.commercetools_double.order_drafts import retotal
from local.commercetools_double.order_line_actions import line_of
from local.commercetools_double.orders import ORDER
from local.commercetools_double.project import Action, Change, Kind, Project
from local.double import Answer, Call, Route


def edit_from(project: Project, draft: Json) -> Json:
    """The edit of an `OrderEditDraft`; refused when the order or one of its lines has an inventory mode."""
    order = project.referenced("order", needed(draft, "resource", dict))
    modes = {order.get("inventoryMode", "None"), *(line.get("inventoryMode", "None") for line in order["lineItems"])}
    if modes != {"None"}:
        raise invalid_operation(
            "An order can be edited only if its inventoryMode, and that of its line items, is None."
        )
    return without_nones(
        {
            "key": checked_key(draft.get("key")),
            "resource": {"typeId": "order", "id": order["id"]},
            "stagedActions": optional(draft, "stagedActions", list) or [],
            "comment": optional(draft, "comment", str),
            "custom": custom_of(project, draft.get("custom")),
            "result": {"type": "NotProcessed"},
        }
    )


def _set_staged(change: Change, action: Json) -> None:
    change.body["stagedActions"] = needed(action, "stagedActions", list)


def _add_staged(change: Change, action: Json) -> None:
    change.body["stagedActions"].append(needed(action, "stagedAction", dict))


def _add_line(change: Change, action: Json) -> None:
    line = drafted_line(change.project, action, change.body["totalPrice"]["currencyCode"])
    change.body["lineItems"].append(line)
    retotal(change.body)
    change.tell("OrderLineItemAdded", lineItem=line, addedQuantity=line["quantity"])


def _change_line(change: Change, action: Json) -> None:
    """Raise or lower a line's quantity; at 0 the line goes."""
    line, quantity = line_of(change.body, action), needed(action, "quantity", int)
    _resize(change, line, quantity, action)


def _remove_line(change: Change, action: Json) -> None:
    line = line_of(change.body, action)
    removed = optional(action, "quantity", int)
    _resize(change, line, max(0, line["quantity"] - (line["quantity"] if removed is None else removed)), action)


def _resize(change: Change, line: Json, quantity: int, action: Json) -> None:
    old = line["quantity"]
    line["quantity"] = quantity
    line["state"] = [{"quantity": quantity, "state": line["state"][0]["state"]}]
    line["discountedPricePerQuantity"] = []
    if action.get("externalPrice"):
        line["price"] = {**line["price"], "value": typed(action["externalPrice"])}
        line["priceMode"] = "ExternalPrice"
    if quantity == 0:
        change.body["lineItems"].remove(line)
    retotal(change.body)
    if quantity > old:
        change.tell("OrderLineItemAdded", lineItem=line, addedQuantity=quantity - old)
    elif quantity < old:
        change.tell(
            "OrderLineItemRemoved",
            lineItemId=line["id"],
            lineItemKey=line.get("key"),
            removedQuantity=old - quantity,
            newQuantity=quantity,
            newState=line["state"] if quantity else [],
            newTotalPrice=line["totalPrice"],
            newTaxedPrice=line.get("taxedPrice"),
            newPrice=line["price"],
            newShippingDetail=line.get("shippingDetails"),
        )


def _set_price(change: Change, action: Json) -> None:
    line = line_of(change.body, action)
    line["price"] = {**line["price"], "value": typed(needed(action, "externalPrice", dict))}
    line["priceMode"] = "ExternalPrice"
    line["discountedPricePerQuantity"] = []
    retotal(change.body)


def _add_custom_line(change: Change, action: Json) -> None:
    change.body["customLineItems"].append(custom_line(change.project, action))
    retotal(change.body)


def _remove_custom_line(change: Change, action: Json) -> None:
    left = [line for line in change.body["customLineItems"] if line["id"] != action.get("customLineItemId")]
    if len(left) == len(change.body["customLineItems"]):
        raise invalid_operation(f"The custom line item {action.get('customLineItemId')!r} was not found in the order.")
    change.body["customLineItems"] = left
    retotal(change.body)


STAGED_ACTIONS: dict[str, Action] = {
    **ORDER.actions,
    "addLineItem": _add_line,
    "changeLineItemQuantity": _change_line,
    "removeLineItem": _remove_line,
    "setLineItemPrice": _set_price,
    "addCustomLineItem": _add_custom_line,
    "removeCustomLineItem": _remove_custom_line,
}
_STAGED_ORDER = Kind(type_id="order", path="orders", fields=ORDER.fields, actions=STAGED_ACTIONS)

ORDER_EDIT = Kind(
    type_id="order-edit",
    path="orders/edits",
    fields=frozenset({"resource", "stagedActions", "result", "comment", "custom"}),
    actions={"setStagedActions": _set_staged, "addStagedAction": _add_staged},
    manage="manage_order_edits",
)


class OrderEditEndpoints(ResourceEndpoints):
    """What order edits have beyond every other kind."""

    def __init__(self, api: Api) -> None:
        super().__init__(api, ORDER_EDIT, draft=edit_from)

    def routes(self) -> list[Route]:
        """Applying, before what every kind has."""
        apply = self._api.route(
            "POST", "orders/edits/{id}/apply", "order-edits.apply", self.apply, scopes=(ORDER_EDIT.manage,)
        )
        return [apply, *super().routes()]

    async def create(self, call: Call, client_id: str) -> Answer:
        """`POST` a draft; the answer shows the preview, and a dry run stores nothing."""
        draft = read_object(call.body)
        body = self._project.stamped(edit_from(self._project, draft), client_id)
        shown = await self._previewed(body)
        if not draft.get("dryRun"):
            await self._project.create(ORDER_EDIT, body)
        return json_answer(shown, 201)

    async def get(self, call: Call, _: str) -> Answer:
        """`GET`: with the preview, as long as the edit is not applied."""
        return json_answer(await self._previewed(self._project.load(ORDER_EDIT, self.address(call))))

    async def apply(self, call: Call, client_id: str) -> Answer:
        """`POST .../apply`: both versions are checked; told by `OrderEditApplied` and no change (CT-MSG-09)."""
        request = read_object(call.body)
        edit = self._project.load(ORDER_EDIT, call.parts["id"])
        self._project.check_version(edit, needed(request, "editVersion", int))
        if edit["result"]["type"] == "Applied":
            raise invalid_operation(f"The order edit '{edit['id']}' is already applied.")
        order = self._project.load(ORDER, edit["resource"]["id"])
        self._project.check_version(order, needed(request, "resourceVersion", int))
        try:
            change = await self._staged(edit, order)
        except ApiError as error:
            raise ApiError(
                400,
                "EditPreviewFailed",
                "The staged actions of the order edit cannot be applied.",
                result={"type": "PreviewFailure", "errors": error.objects},
            ) from error
        before = _excerpt(order)
        steps = max(1, len(edit["stagedActions"]))
        after = {**_excerpt(change.body), "version": order["version"] + steps}
        result = {
            "type": "Applied",
            "appliedAt": change.now,
            "excerptBeforeEdit": before,
            "excerptAfterEdit": after,
        }
        change.tell("OrderEditApplied", edit=edit, result=result)
        change.kind = ORDER
        self._project.store_change(change, order, steps=steps, client_id=client_id, silent=True)
        applied = Change(self._project, ORDER_EDIT, {**edit, "result": result})
        return json_answer(self._project.store_change(applied, edit, steps=1, client_id=client_id))

    async def _previewed(self, edit: Json) -> Json:
        if edit["result"]["type"] == "Applied":
            return edit
        try:
            change = await self._staged(edit, self._project.load(ORDER, edit["resource"]["id"]))
        except ApiError as error:
            return {**edit, "result": {"type": "PreviewFailure", "errors": error.objects}}
        payloads = [{"type": told.type, **told.fields} for told in change.told]
        return {**edit, "result": {"type": "PreviewSuccess", "preview": change.body, "messagePayloads": payloads}}

    async def _staged(self, edit: Json, order: Json) -> Change:
        """The order as the staged actions would leave it; extensions on orders are asked as well."""
        change = Change(self._project, _STAGED_ORDER, copy.deepcopy(order))
        change.apply(edit["stagedActions"])
        change.apply(await self._project.gatekeeper.review(ORDER, "Update", change.body, order))
        return change


def _excerpt(order: Json) -> Json:
    return without_nones(
        {"totalPrice": order["totalPrice"], "taxedPrice": order.get("taxedPrice"), "version": order["version"]}
    )
