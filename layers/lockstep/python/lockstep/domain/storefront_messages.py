"""Which of the shop's messages matter, and to whose lane they go.

Subscribed are only types that others cause, so that our own writes do not come back (CT-SUB-13); order state
is caused by both and filtered later by version.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from lockstep.domain.hints import Cause, Hint

ORDER_MESSAGES = frozenset(
    {
        "OrderCreated",
        "OrderImported",
        "OrderCreatedFromRecurringOrder",
        "OrderDeleted",
        "OrderStateChanged",
        "OrderStateTransition",
        "OrderPaymentStateChanged",
        "OrderPaymentAdded",
        "OrderEditApplied",
        "OrderLineItemAdded",
        "OrderLineItemRemoved",
        "OrderShippingAddressSet",
        "OrderBillingAddressSet",
        "OrderCustomerEmailSet",
        "OrderShippingInfoSet",
        "LineItemStateTransition",
    }
)
PAYMENT_MESSAGES = frozenset(
    {
        "PaymentCreated",
        "PaymentTransactionAdded",
        "PaymentTransactionStateChanged",
        "PaymentStatusStateTransition",
    }
)


class Skip(StrEnum):
    """Why a message leads nowhere; each is counted, none is an error."""

    SUBSCRIPTION_TEST = "subscription-test"
    OTHER_PROJECT = "other-project"
    NOT_OURS = "not-ours"


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentNews:
    """Something happened on a payment; the order is found through its alias."""

    payment_id: str
    message_id: str
    message_type: str


class UnreadableNotificationError(ValueError):
    """The body is no notification of the shop: it goes to the dead letters as it is."""


def route(notification: Mapping[str, Any], *, project_key: str) -> Hint | PaymentNews | Skip:
    """Where one notification leads (Platform format, CT-SUB-04).

    Raises `UnreadableNotificationError` when it lacks what every notification has.
    """
    resource = notification.get("resource")
    kind = notification.get("notificationType")
    if not isinstance(resource, Mapping) or not isinstance(kind, str):
        raise UnreadableNotificationError("neither notificationType nor resource")
    resource_type, resource_id = resource.get("typeId"), resource.get("id")
    if not isinstance(resource_type, str) or not isinstance(resource_id, str) or not resource_id:
        raise UnreadableNotificationError("a resource without type or id")
    if resource_type == "subscription":
        return Skip.SUBSCRIPTION_TEST
    if notification.get("projectKey", project_key) != project_key:
        return Skip.OTHER_PROJECT
    if kind == "Message":
        return _route_message(notification, resource_type, resource_id)
    if kind in ("ResourceCreated", "ResourceUpdated") and resource_type == "order":
        version = _whole_number(notification.get("version"))
        return Hint(
            cause=Cause.ORDER_MESSAGE,
            order_id=resource_id,
            message_id=f"{kind}-{resource_id}-{version or 0}",
            message_type=kind,
            shop_version=version,
        )
    return Skip.NOT_OURS


def _route_message(notification: Mapping[str, Any], resource_type: str, resource_id: str) -> Hint | PaymentNews | Skip:
    message_id, message_type = notification.get("id"), notification.get("type")
    if not isinstance(message_id, str) or not message_id:
        raise UnreadableNotificationError("a message without id")
    if message_type is None:
        excluded = notification.get("payloadNotIncluded")
        message_type = excluded.get("payloadType") if isinstance(excluded, Mapping) else None
    if not isinstance(message_type, str):
        raise UnreadableNotificationError("a message without type")
    if resource_type == "order" and message_type in ORDER_MESSAGES:
        document = notification.get("order")
        return Hint(
            cause=Cause.ORDER_MESSAGE,
            order_id=resource_id,
            message_id=message_id,
            message_type=message_type,
            shop_version=_whole_number(notification.get("resourceVersion")),
            document=document if isinstance(document, Mapping) else None,
        )
    if resource_type == "payment" and message_type in PAYMENT_MESSAGES:
        return PaymentNews(payment_id=resource_id, message_id=message_id, message_type=message_type)
    return Skip.NOT_OURS


def _whole_number(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
