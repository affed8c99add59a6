"""Payments: an amount planned, and the transactions that say what happened (CT-PAY-01, CT-PAY-02)."""

from __future__ import annotations

from typing import Any

from local.commercetools_double.bodies import Json, instant_of, needed, one_of, optional, set_or_remove, without_nones
from local.commercetools_double.custom_fields import custom_actions, custom_of, whole_resource
from local.commercetools_double.errors import invalid_operation
from local.commercetools_double.money import typed
from local.commercetools_double.order_actions import transition_state
from local.commercetools_double.project import Action, Change, Kind, Project, Told
from local.commercetools_double.storage import Term, terms_of

TRANSACTION_TYPES = ("Authorization", "CancelAuthorization", "Charge", "Refund", "Chargeback")
TRANSACTION_STATES = ("Initial", "Pending", "Success", "Failure")


def payment_from(project: Project, draft: Json) -> Json:
    """The payment of a `PaymentDraft`."""
    info = optional(draft, "paymentMethodInfo", dict) or {}
    status = optional(draft, "paymentStatus", dict) or {}
    return without_nones(
        {
            "key": optional(draft, "key", str),
            "interfaceId": optional(draft, "interfaceId", str),
            "customer": project.reference("customer", draft["customer"]) if draft.get("customer") else None,
            "anonymousId": optional(draft, "anonymousId", str),
            "amountPlanned": typed(needed(draft, "amountPlanned", dict)),
            "paymentMethodInfo": without_nones({**info, "custom": custom_of(project, info.get("custom"))}),
            "paymentStatus": without_nones(
                {**status, "state": project.reference("state", status["state"]) if status.get("state") else None}
            ),
            "transactions": [_transaction(project, one) for one in optional(draft, "transactions", list) or []],
            "interfaceInteractions": [
                custom_of(project, one) for one in optional(draft, "interfaceInteractions", list) or []
            ],
            "custom": custom_of(project, draft.get("custom")),
        }
    )


def told_of_new(body: Json) -> list[Told]:
    """The message of a new payment."""
    return [Told("PaymentCreated", {"payment": body})]


def _transaction(project: Project, draft: Any) -> Json:
    return without_nones(
        {
            "id": project.ids.new(),
            "timestamp": instant_of(draft, "timestamp"),
            "type": one_of(draft, "type", TRANSACTION_TYPES),
            "amount": typed(needed(draft, "amount", dict)),
            "interactionId": optional(draft, "interactionId", str),
            "interfaceId": optional(draft, "interfaceId", str),
            "state": one_of({"state": "Initial", **draft}, "state", TRANSACTION_STATES),
            "custom": custom_of(project, draft.get("custom")),
        }
    )


def _transaction_of(change: Change, action: Json) -> Json:
    wanted = needed(action, "transactionId", str)
    for transaction in change.body["transactions"]:
        if transaction["id"] == wanted:
            found: Json = transaction
            return found
    raise invalid_operation(f"The transaction '{wanted}' was not found in the payment.")


def _add_transaction(change: Change, action: Json) -> None:
    transaction = _transaction(change.project, needed(action, "transaction", dict))
    change.body["transactions"].append(transaction)
    change.tell("PaymentTransactionAdded", transaction=transaction)


def _change_transaction_state(change: Change, action: Json) -> None:
    transaction = _transaction_of(change, action)
    old, new = transaction["state"], one_of(action, "state", TRANSACTION_STATES)
    transaction["state"] = new
    if new != old:
        change.tell("PaymentTransactionStateChanged", transactionId=transaction["id"], state=new)


def _change_transaction_timestamp(change: Change, action: Json) -> None:
    _transaction_of(change, action)["timestamp"] = instant_of(
        {**action, "timestamp": needed(action, "timestamp")}, "timestamp"
    )


def _change_interaction_id(change: Change, action: Json) -> None:
    _transaction_of(change, action)["interactionId"] = needed(action, "interactionId", str)


def _change_amount_planned(change: Change, action: Json) -> None:
    change.body["amountPlanned"] = typed(needed(action, "amount", dict))


def _set_interface_id(change: Change, action: Json) -> None:
    old, new = change.body.get("interfaceId"), needed(action, "interfaceId", str)
    if old not in (None, new):
        raise invalid_operation("The interfaceId is already set and cannot be changed.")
    change.body["interfaceId"] = new
    if old is None:
        change.tell("PaymentInterfaceIdSet", interfaceId=new)


def _set_key(change: Change, action: Json) -> None:
    set_or_remove(change.body, "key", optional(action, "key", str))


def _set_status_code(change: Change, action: Json) -> None:
    code = optional(action, "interfaceCode", str)
    if change.body["paymentStatus"].get("interfaceCode") != code:
        set_or_remove(change.body["paymentStatus"], "interfaceCode", code)
        change.tell("PaymentStatusInterfaceCodeSet", paymentId=change.body["id"], interfaceCode=code)


def _set_status_text(change: Change, action: Json) -> None:
    change.body["paymentStatus"]["interfaceText"] = needed(action, "interfaceText", str)


def _transition(change: Change, action: Json) -> None:
    holder = Change(change.project, change.kind, change.body["paymentStatus"])
    transition_state(holder, action)
    state = change.body["paymentStatus"]["state"]
    change.tell("PaymentStatusStateTransition", state=state, force=bool(action.get("force", False)))


def _add_interaction(change: Change, action: Json) -> None:
    interaction = custom_of(change.project, action)
    change.body["interfaceInteractions"].append(interaction)
    change.tell("PaymentInteractionAdded", interaction=interaction)


def _terms(body: Json) -> list[Term]:
    if not body.get("interfaceId"):
        return []
    interface = body["paymentMethodInfo"].get("paymentInterface", "")
    # Unique together with the payment interface (CT-PAY-05), and found by itself in queries.
    pair = Term(name="interfaceId and paymentInterface", value=f"{body['interfaceId']} {interface}", unique=True)
    return [*terms_of(body, plain=("interfaceId",)), pair]


_ACTIONS: dict[str, Action] = {
    "addTransaction": _add_transaction,
    "changeTransactionState": _change_transaction_state,
    "changeTransactionTimestamp": _change_transaction_timestamp,
    "changeTransactionInteractionId": _change_interaction_id,
    "changeAmountPlanned": _change_amount_planned,
    "setInterfaceId": _set_interface_id,
    "setKey": _set_key,
    "setStatusInterfaceCode": _set_status_code,
    "setStatusInterfaceText": _set_status_text,
    "transitionState": _transition,
    "addInterfaceInteraction": _add_interaction,
    **custom_actions("", None, whole_resource),
}

PAYMENT = Kind(
    type_id="payment",
    path="payments",
    fields=frozenset(
        {
            "interfaceId",
            "customer",
            "anonymousId",
            "amountPlanned",
            "paymentMethodInfo",
            "paymentStatus",
            "transactions",
            "interfaceInteractions",
            "custom",
        }
    ),
    terms=_terms,
    indexed=frozenset({"interfaceId"}),
    actions=_ACTIONS,
    manage="manage_payments",
)
