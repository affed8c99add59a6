"""Sales orders in Deposco's current API (port `WarehouseOrders`)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import parse_qsl, urlsplit

from pydantic import BaseModel, ValidationError

from lockstep.adapters.deposco.v2.mapping import body_of, copy_from
from lockstep.adapters.deposco.v2.wire import (
    WireLinePage,
    WireLink,
    WireOrderLine,
    WireSalesOrder,
    WireSalesOrderPage,
)
from lockstep.adapters.http.system import Answer, HttpSystem
from lockstep.domain.errors import (
    ConcurrentChangeError,
    ConfigurationError,
    OutcomeUnknownError,
    PermanentError,
    TransientError,
)
from lockstep.domain.exception_codes import ExceptionCode
from lockstep.domain.warehouse_orders import WarehouseCopy, WarehouseOrder

LINES_PER_REQUEST = 100
"""More are refused; the same header is sent again with the next hundred (DEP-V2SO-04, DEP-V2SO-05)."""

PAGE_SIZE = 100
PAGES_AT_MOST = 1000
SALES_ORDERS = "/orders/salesOrders"

Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class DeposcoSalesOrders:
    """Writes and reads sales orders; `system` speaks to `/latest`, never to `/beta` (DEP-V2AUTH-08)."""

    system: HttpSystem

    def require_expressible(self, order: WarehouseOrder) -> None:
        """Hold every field against Deposco's lengths."""
        body_of(order, ())

    def place(self, order: WarehouseOrder) -> WarehouseCopy:
        """Upsert by business unit and number, a hundred lines at a time; synchronous (DEP-V2SO-02).

        Raises `PermanentError(WAREHOUSE_COPY_DIFFERS)` when a later hundred is refused: the lines before it are
        in Deposco and would be picked without the rest.
        """
        placed = None
        for start in range(0, len(order.lines), LINES_PER_REQUEST):
            try:
                placed = self._place(order, start)
            except PermanentError as refusal:
                raise (refusal if placed is None else _only_in_part(order, start, refusal)) from None
        if placed is None:
            raise PermanentError(ExceptionCode.WAREHOUSE_REJECTED, "it has no lines")
        return self._whole(placed)

    def find(self, business_unit: str, number: str) -> tuple[WarehouseCopy, ...]:
        """Every sales order under this number, oldest first.

        Deposco ignores parameters it does not know and returns everything (DEP-V2LIST-04), so what came back
        is held against what was asked.
        """
        params = {"businessUnit": business_unit, "number": number, "pageSize": PAGE_SIZE}
        answer = self.system.read("find a sales order", SALES_ORDERS, params)
        page = _parsed(WireSalesOrderPage, _judged(answer, "find a sales order"))
        if any(found.number != number for found in page.data):
            raise ConfigurationError("Deposco ignored the number filter of the sales-order list: the API has changed")
        mine = [found for found in page.data if found.business_unit.business_key.get("code") == business_unit]
        return tuple(self._whole(found) for found in sorted(mine, key=lambda found: found.self.id or 0))

    def _place(self, order: WarehouseOrder, start: int) -> WireSalesOrder:
        body = body_of(order, order.lines[start : start + LINES_PER_REQUEST])
        answer = self.system.write("place a sales order", SALES_ORDERS, body)
        if answer.is_success:
            try:
                return _parsed(WireSalesOrder, answer.body)
            except ConfigurationError as error:
                raise OutcomeUnknownError(str(error)) from None
        if answer.status == 409:
            raise ConcurrentChangeError("Deposco asks to try again: somebody changed the order at the same moment")
        reason = _reason(answer, body)
        code = ExceptionCode.WAREHOUSE_REJECTED
        if answer.status == 404:
            if not any(line.item_number in reason for line in order.lines):
                raise ConfigurationError(
                    f"Deposco answered 404 to an order and named none of its items ({reason}): "
                    f"look at its base address and at business unit {order.business_unit}"
                )
            code = ExceptionCode.WAREHOUSE_ITEM_UNKNOWN
        raise PermanentError(code, f"Deposco refused it with status {answer.status}", facts={"reason": reason})

    def _whole(self, order: WireSalesOrder) -> WarehouseCopy:
        """The copy with every line; nested lines are cut at ten (DEP-V2SO-19)."""
        nested = order.order_lines
        if nested is not None and nested.complete:
            return copy_from(order, nested.data)
        return copy_from(order, list(self._lines(order)))

    def _lines(self, order: WireSalesOrder) -> Iterator[WireOrderLine]:
        path = f"{SALES_ORDERS}/{order.self.id}/orderLines"
        params: dict[str, Any] = {"pageSize": PAGE_SIZE}
        for _ in range(PAGES_AT_MOST):
            answer = self.system.read("read a sales order's lines", path, params)
            page = _parsed(WireLinePage, _judged(answer, "read a sales order's lines"))
            yield from page.data
            following = _next_page(page.links)
            if page.complete or following is None:
                return
            params = following
        raise ConfigurationError("Deposco's line pages do not end")


def _only_in_part(order: WarehouseOrder, start: int, refusal: PermanentError) -> PermanentError:
    """What a refusal means after the lines before `start` were taken."""
    taken, left = order.lines[:start], order.lines[start:]
    return PermanentError(
        ExceptionCode.WAREHOUSE_COPY_DIFFERS,
        f"only a part of it is in Deposco: {len(taken)} of {len(order.lines)} lines were taken, then {refusal}",
        facts={
            "lines_in_deposco": ", ".join(line.line_number for line in taken),
            "lines_not_in_deposco": ", ".join(line.line_number for line in left),
            **refusal.facts,
        },
    )


def _next_page(links: list[WireLink]) -> dict[str, Any] | None:
    """The query of the next page; it carries everything, so our own parameters are dropped (DEP-V2LIST-02)."""
    href = next((link.href for link in links if link.rel == "next"), None)
    return dict(parse_qsl(urlsplit(href).query)) if href else None


def _judged(answer: Answer, kind: str) -> Any:
    if answer.is_success:
        return answer.body
    raise TransientError(f"Deposco answered {answer.status} to a call to {kind}")


def _parsed(model: type[Model], body: Any) -> Model:
    try:
        return model.model_validate(body)
    except ValidationError as error:
        fields = sorted({".".join(map(str, fault["loc"])) for fault in error.errors()})
        raise ConfigurationError(f"Deposco's answer cannot be read at {', '.join(fields[:5])}") from None


def _reason(answer: Answer, sent: dict[str, Any]) -> str:
    """Deposco's own words, without anything personal that it quotes back from the request."""
    errors = answer.body.get("errors") if isinstance(answer.body, dict) else None
    texts = [str(error.get("errorMessage", "")) for error in errors or [] if isinstance(error, dict)]
    text = "; ".join(filter(None, texts)) or "no reason given"
    for part in ("shipToContact", "shipToAddress", "billToContact", "billToAddress"):
        for value in sent.get(part, {}).values():
            if len(value) > 2:
                text = text.replace(value, "***")
    return text[:500]
