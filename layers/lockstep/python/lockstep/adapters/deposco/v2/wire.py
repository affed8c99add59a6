"""The warehouse's JSON, as far as Lockstep reads it; everything else is ignored (DEP-V2SO-02, DEP-V2LIST-01)."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from lockstep.adapters.wire import Wire


class WireRef(Wire):
    """A reference to another entity (DEP-V2ITEM-07)."""

    id: int | None = None
    business_key: dict[str, Any] = Field(default_factory=dict)


class WireLink(Wire):
    """A link of a page."""

    rel: str
    href: str


class WireOrderLine(Wire):
    """A line; `item` is None where the warehouse lost it."""

    line_number: str
    customer_line_number: str | None = None
    item: WireRef | None = None
    pack: WireRef | None = None
    order_pack_quantity: float = 0
    canceled_pack_quantity: float | None = None


class WireLinePage(Wire):
    """A page of lines; nested in an order it is cut at ten (DEP-V2SO-19)."""

    data: list[WireOrderLine] = Field(default_factory=list)
    links: list[WireLink] = Field(default_factory=list)
    complete: bool = True


class WireSalesOrder(Wire):
    """A sales order."""

    self: WireRef
    business_unit: WireRef
    number: str
    order_status: str = ""
    order_lines: WireLinePage | None = None


class WireSalesOrderPage(Wire):
    """A page of sales orders."""

    data: list[WireSalesOrder] = Field(default_factory=list)
    links: list[WireLink] = Field(default_factory=list)
    complete: bool = True
