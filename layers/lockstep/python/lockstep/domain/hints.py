"""A hint says that something may have changed; what is true is read, never believed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Cause(StrEnum):
    """What made somebody hint."""

    ORDER_MESSAGE = "order-message"
    PAYMENT_MESSAGE = "payment-message"
    WAREHOUSE_CHANGED = "warehouse-changed"
    SWEEP = "sweep"
    REDRIVE = "redrive"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hint:
    """One message of an order's lane.

    `message_id` is the cause's own id and the lane's deduplication id. `shop_version` is the order's version
    that caused it, where the cause knows it. `document` is the shop's order as the message carried it, in the
    shop's own form, or None where it carried none: read then. `receive_count` counts deliveries of this
    message, from 1.
    """

    cause: Cause
    order_id: str
    message_id: str
    message_type: str = ""
    shop_version: int | None = None
    document: Mapping[str, Any] | None = None
    receive_count: int = 1
