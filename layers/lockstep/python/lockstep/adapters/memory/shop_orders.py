"""Orders in a shop that lives within one process."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from lockstep.domain.errors import ConcurrentChangeError, PermanentError
from lockstep.domain.exception_codes import ExceptionCode
from lockstep.domain.orders import ShopOrder, ShopView
from lockstep.domain.storefront_facts import ChangeStatus, SetFields, SetSyncInfo, ShopChange

OUR_TYPE = "our-type"
"""The id of the custom type that holds our fields."""


@dataclass(slots=True)
class MemoryShopOrders:
    """`flows.ports.ShopOrders` in a dictionary.

    A document of this shop is `{"id": ..., "version": ...}` and stands for the order as it was then, its
    payments named but not told, as in a message. `fetched` and `written` count the calls.
    """

    fetched: int = 0
    written: int = 0
    _now: dict[str, ShopOrder] = field(default_factory=dict)
    _then: dict[tuple[str, int], ShopOrder] = field(default_factory=dict)

    def put(self, order: ShopOrder) -> dict[str, Any]:
        """The order as it is from now on; returns the document that a message about it would carry."""
        self._now[order.order_id] = order
        self._then[(order.order_id, order.version)] = order
        return {"id": order.order_id, "version": order.version}

    def remove(self, order_id: str) -> None:
        """The order is deleted."""
        del self._now[order_id]

    def read_document(self, document: Mapping[str, Any]) -> ShopOrder:
        """The order at the document's version."""
        order = self._then.get((document.get("id", ""), document.get("version", 0)))
        if order is None:
            raise PermanentError(ExceptionCode.ORDER_UNREADABLE, "cannot read id, version")
        return replace(order, payments=None) if order.payment_ids else order

    def fetch(self, order_id: str) -> ShopOrder | None:
        """The order as it is now."""
        self.fetched += 1
        return self._now.get(order_id)

    def our_type_id(self) -> str | None:
        """The one type there is."""
        return OUR_TYPE

    def write(self, order_id: str, version: int, changes: Sequence[ShopChange]) -> ShopView:
        """Apply the changes to exactly this version."""
        self.written += 1
        order = self._now.get(order_id)
        if order is None:
            raise PermanentError(ExceptionCode.ORDER_NOT_IN_SHOP, "the shop does not know it any more")
        if order.version != version:
            raise ConcurrentChangeError("the order changed meanwhile", current_version=order.version)
        view = order.view
        for change in changes:
            view = _applied(view, change)
        view = replace(view, version=version + 1)
        self.put(replace(order, version=view.version, status=view.status, view=view))
        return view


def _applied(view: ShopView, change: ShopChange) -> ShopView:
    match change:
        case SetSyncInfo():
            return replace(view, warehouse_number=change.external_id)
        case ChangeStatus():
            return replace(view, status=change.status)
        case SetFields():
            held = dict(view.fields) | dict(change.fields)
            fields = tuple((name, value) for name, value in held.items() if value)
            return replace(view, custom_type_id=OUR_TYPE if change.type_key else view.custom_type_id, fields=fields)
