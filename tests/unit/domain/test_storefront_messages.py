"""Where the shop's notifications lead."""

from __future__ import annotations

from typing import Any

import pytest
from lockstep.domain.hints import Cause, Hint
from lockstep.domain.storefront_messages import PaymentNews, Skip, UnreadableNotificationError, route


def a_message(**changes: Any) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "notificationType": "Message",
        "projectKey": "demo",
        "resource": {"typeId": "order", "id": "order-1"},
        "id": "message-1",
        "type": "OrderCreated",
        "resourceVersion": 3,
        "sequenceNumber": 1,
        "order": {"id": "order-1", "version": 3},
    }
    return {name: value for name, value in (fields | changes).items() if value is not ...}


def routed(**changes: Any) -> Hint | PaymentNews | Skip:
    return route(a_message(**changes), project_key="demo")


def test_a_new_order_is_hinted_with_the_order_it_carries() -> None:
    hint = routed()
    assert isinstance(hint, Hint)
    assert (hint.order_id, hint.message_id, hint.shop_version) == ("order-1", "message-1", 3)
    assert hint.cause is Cause.ORDER_MESSAGE
    assert hint.document == {"id": "order-1", "version": 3}


def test_a_payload_without_its_order_is_a_hint_without_document() -> None:
    excluded = {"reason": "Too large", "payloadType": "OrderCreated"}
    hint = routed(order=..., type=..., payloadNotIncluded=excluded)
    assert isinstance(hint, Hint)
    assert hint.message_type == "OrderCreated"
    assert hint.document is None


def test_a_payment_message_leads_to_its_payment() -> None:
    news = routed(resource={"typeId": "payment", "id": "pay-1"}, type="PaymentTransactionAdded")
    assert news == PaymentNews(payment_id="pay-1", message_id="message-1", message_type="PaymentTransactionAdded")


def test_a_change_notification_is_a_hint_deduplicated_by_version() -> None:
    change = {
        "notificationType": "ResourceUpdated",
        "projectKey": "demo",
        "resource": {"typeId": "order", "id": "order-1"},
        "version": 4,
        "oldVersion": 3,
    }
    hint = route(change, project_key="demo")
    assert isinstance(hint, Hint)
    assert hint.message_id == "ResourceUpdated-order-1-4"


@pytest.mark.parametrize(
    ("changes", "skip"),
    [
        (
            {"resource": {"typeId": "subscription", "id": "s"}, "notificationType": "ResourceCreated"},
            Skip.SUBSCRIPTION_TEST,
        ),
        ({"projectKey": "other"}, Skip.OTHER_PROJECT),
        ({"type": "DeliveryAdded"}, Skip.NOT_OURS),
        ({"type": "SomethingNewOf2027"}, Skip.NOT_OURS),
        ({"resource": {"typeId": "product", "id": "p"}, "type": "ProductPublished"}, Skip.NOT_OURS),
        ({"resource": {"typeId": "review", "id": "r"}, "notificationType": "ResourceDeleted"}, Skip.NOT_OURS),
    ],
)
def test_what_does_not_concern_us_is_skipped_by_name(changes: dict[str, Any], skip: Skip) -> None:
    assert routed(**changes) is skip


@pytest.mark.parametrize(
    "changes",
    [
        {"resource": ...},
        {"resource": "order-1"},
        {"resource": {"typeId": "order"}},
        {"resource": {"typeId": "order", "id": ""}},
        {"notificationType": ...},
        {"notificationType": 7},
        {"id": ...},
        {"id": 12},
        {"type": ...},
        {"type": ["OrderCreated"]},
    ],
)
def test_what_is_no_notification_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(UnreadableNotificationError):
        routed(**changes)


@pytest.mark.parametrize("version", ["3", None, True, 3.5])
def test_a_version_that_is_no_number_is_no_version(version: object) -> None:
    hint = routed(resourceVersion=version)
    assert isinstance(hint, Hint)
    assert hint.shop_version is None
