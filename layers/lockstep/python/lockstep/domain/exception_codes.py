"""Every exception Lockstep can raise: who owns it, how urgent it is, what it means, what to do.

A code is stable: dashboards, runbook and redrive filter by it. Declared once, here.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Owner(StrEnum):
    """The desk that must act."""

    OPERATIONS = "operations"
    FINANCE = "finance"
    CUSTOMER_CARE = "customer-care"
    CATALOGUE = "catalogue"
    ENGINEERING = "engineering"


class Severity(StrEnum):
    """How loudly an exception speaks."""

    WARNING = "warning"
    ERROR = "error"
    CRITICAL = "critical"


class ExceptionCode(StrEnum):
    """The stable names."""

    SKU_UNMAPPED = "SKU_UNMAPPED"
    SKU_MISSING = "SKU_MISSING"
    ADDRESS_INCOMPLETE = "ADDRESS_INCOMPLETE"
    FIELD_TOO_LONG = "FIELD_TOO_LONG"
    ORDER_NUMBER_NOT_EXPRESSIBLE = "ORDER_NUMBER_NOT_EXPRESSIBLE"
    ORDER_NUMBER_TAKEN = "ORDER_NUMBER_TAKEN"
    ORDER_UNSUPPORTED = "ORDER_UNSUPPORTED"
    ORDER_UNREADABLE = "ORDER_UNREADABLE"
    STORE_UNKNOWN = "STORE_UNKNOWN"
    WAITS_TOO_LONG = "WAITS_TOO_LONG"
    ORDER_NOT_IN_SHOP = "ORDER_NOT_IN_SHOP"
    SHIPPING_METHOD_UNMAPPED = "SHIPPING_METHOD_UNMAPPED"
    WAREHOUSE_REJECTED = "WAREHOUSE_REJECTED"
    WAREHOUSE_ITEM_UNKNOWN = "WAREHOUSE_ITEM_UNKNOWN"
    WAREHOUSE_COPY_DIFFERS = "WAREHOUSE_COPY_DIFFERS"
    WAREHOUSE_COPY_CANCELLED = "WAREHOUSE_COPY_CANCELLED"
    WAREHOUSE_COPY_DOUBLED = "WAREHOUSE_COPY_DOUBLED"
    CHANGED_AFTER_SENDING = "CHANGED_AFTER_SENDING"
    CANCELLED_AFTER_SENDING = "CANCELLED_AFTER_SENDING"
    SHOP_REJECTED_WRITE = "SHOP_REJECTED_WRITE"
    UNEXPECTED_ERROR = "UNEXPECTED_ERROR"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExceptionKind:
    """What every exception of one code has in common.

    `meaning` and `next_step` are sentences for the owner; `deadline_hours` is when it starts to cost a promise.
    """

    code: ExceptionCode
    owner: Owner
    severity: Severity
    deadline_hours: int
    meaning: str
    next_step: str

    @property
    def runbook_anchor(self) -> str:
        """The heading of its entry in the runbook, as a Markdown anchor."""
        return self.code.value.lower().replace("_", "-")


def _kind(
    code: ExceptionCode, owner: Owner, severity: Severity, deadline_hours: int, meaning: str, next_step: str
) -> ExceptionKind:
    return ExceptionKind(
        code=code,
        owner=owner,
        severity=severity,
        deadline_hours=deadline_hours,
        meaning=meaning,
        next_step=next_step,
    )


_KINDS = (
    _kind(
        ExceptionCode.SKU_UNMAPPED,
        Owner.CATALOGUE,
        Severity.ERROR,
        4,
        "A line's SKU has no Deposco item, so the warehouse would refuse the order. Nothing was sent.",
        "Map the SKU to its Deposco item; the order leaves when it is looked at next, within the hour.",
    ),
    _kind(
        ExceptionCode.SKU_MISSING,
        Owner.CATALOGUE,
        Severity.ERROR,
        4,
        "A line was sold from a product variant that has no SKU. Nothing was sent.",
        "Give the variant a SKU for the next orders, agree with customer care how this one is fulfilled, redrive.",
    ),
    _kind(
        ExceptionCode.ADDRESS_INCOMPLETE,
        Owner.CUSTOMER_CARE,
        Severity.ERROR,
        4,
        "The delivery address lacks a part without which no parcel can be sent. Nothing was sent.",
        "Complete the shipping address in commercetools; the change wakes the order.",
    ),
    _kind(
        ExceptionCode.FIELD_TOO_LONG,
        Owner.CUSTOMER_CARE,
        Severity.ERROR,
        4,
        "A field of the order is longer than Deposco can hold and must not be cut. Nothing was sent.",
        "Shorten the named field in commercetools; the change wakes the order.",
    ),
    _kind(
        ExceptionCode.ORDER_NUMBER_NOT_EXPRESSIBLE,
        Owner.ENGINEERING,
        Severity.ERROR,
        4,
        "The order number holds characters, or is of a length, that Deposco's order number cannot take.",
        "Correct the shop's order-number pattern or the prefix in the settings, then redrive.",
    ),
    _kind(
        ExceptionCode.ORDER_NUMBER_TAKEN,
        Owner.ENGINEERING,
        Severity.CRITICAL,
        2,
        "Two shop orders lead to the same Deposco number; sending the second would overwrite the first.",
        "Make the number prefixes of the stores distinct in the settings, then redrive.",
    ),
    _kind(
        ExceptionCode.ORDER_UNSUPPORTED,
        Owner.ENGINEERING,
        Severity.ERROR,
        8,
        "The order uses something this installation does not carry over, which the facts name.",
        "Enter the order in Deposco by hand, or change the shop so that such orders do not arise.",
    ),
    _kind(
        ExceptionCode.ORDER_UNREADABLE,
        Owner.ENGINEERING,
        Severity.ERROR,
        4,
        "commercetools sent an order in a shape Lockstep cannot read. Nothing was sent.",
        "Compare the named field with the API's documentation, upgrade Lockstep, redrive.",
    ),
    _kind(
        ExceptionCode.STORE_UNKNOWN,
        Owner.ENGINEERING,
        Severity.ERROR,
        4,
        "The settings name stores, and this order's is not among them. Nothing was sent.",
        "Add the store with its business unit to the settings, then redrive.",
    ),
    _kind(
        ExceptionCode.WAITS_TOO_LONG,
        Owner.ENGINEERING,
        Severity.ERROR,
        2,
        "The order has been tried for hours and a system refused or failed every time.",
        "Find the order's log lines for what the system answered; if other orders pass, the order itself is why.",
    ),
    _kind(
        ExceptionCode.ORDER_NOT_IN_SHOP,
        Owner.ENGINEERING,
        Severity.ERROR,
        8,
        "A message named an order that commercetools does not return; it may have been deleted.",
        "Look whether the order was deleted on purpose; if it had been sent, cancel it in Deposco.",
    ),
    _kind(
        ExceptionCode.SHIPPING_METHOD_UNMAPPED,
        Owner.OPERATIONS,
        Severity.ERROR,
        4,
        "The order's shipping method has no ship-via in the settings. Nothing was sent.",
        "Add the method to the ship-via map, then redrive.",
    ),
    _kind(
        ExceptionCode.WAREHOUSE_REJECTED,
        Owner.OPERATIONS,
        Severity.ERROR,
        4,
        "Deposco refused the order; its reason is in the facts.",
        "Correct what Deposco names, in the shop or the settings, then redrive.",
    ),
    _kind(
        ExceptionCode.WAREHOUSE_ITEM_UNKNOWN,
        Owner.CATALOGUE,
        Severity.ERROR,
        4,
        "The SKU map names an item that Deposco does not know.",
        "Create the item in Deposco or correct the map, then redrive.",
    ),
    _kind(
        ExceptionCode.WAREHOUSE_COPY_DIFFERS,
        Owner.OPERATIONS,
        Severity.CRITICAL,
        2,
        "Deposco's copy of the order is not what was sent: lines, items or quantities differ.",
        "Compare the lines in the facts with Deposco before anything is picked, correct it there, redrive.",
    ),
    _kind(
        ExceptionCode.WAREHOUSE_COPY_CANCELLED,
        Owner.OPERATIONS,
        Severity.ERROR,
        4,
        "Deposco holds this number as cancelled, so the order is not on its way.",
        "Find out who cancelled it; restore it in Deposco or cancel the order in commercetools.",
    ),
    _kind(
        ExceptionCode.WAREHOUSE_COPY_DOUBLED,
        Owner.OPERATIONS,
        Severity.CRITICAL,
        1,
        "Deposco holds more than one live order under this number: the customer might be sent two parcels.",
        "Cancel all but the oldest in Deposco, then redrive.",
    ),
    _kind(
        ExceptionCode.CHANGED_AFTER_SENDING,
        Owner.CUSTOMER_CARE,
        Severity.ERROR,
        2,
        "The order was changed in commercetools after the warehouse had received it; the change was not carried over.",
        "Make the change in Deposco while its status still allows it, then acknowledge.",
    ),
    _kind(
        ExceptionCode.CANCELLED_AFTER_SENDING,
        Owner.CUSTOMER_CARE,
        Severity.CRITICAL,
        1,
        "The order was cancelled in commercetools after the warehouse had received it; it may still be shipped.",
        "Cancel it in Deposco while its status still allows it, or arrange an intercept; then acknowledge.",
    ),
    _kind(
        ExceptionCode.SHOP_REJECTED_WRITE,
        Owner.ENGINEERING,
        Severity.ERROR,
        4,
        "commercetools refused what Lockstep wanted to tell it about the order; the reason is in the facts.",
        "Correct what commercetools names (channel, custom type, permissions), then redrive.",
    ),
    _kind(
        ExceptionCode.UNEXPECTED_ERROR,
        Owner.ENGINEERING,
        Severity.CRITICAL,
        2,
        "Lockstep failed three times on this order in a way it does not know.",
        "Find the log lines by the order id, report the defect, redrive once it is mended.",
    ),
)

EXCEPTION_KINDS: dict[ExceptionCode, ExceptionKind] = {kind.code: kind for kind in _KINDS}
"""Every code's kind; complete by test."""
