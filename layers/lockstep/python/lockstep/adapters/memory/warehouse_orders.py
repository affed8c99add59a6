"""Orders in a warehouse that lives within one process."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from lockstep.domain.errors import PermanentError
from lockstep.domain.exception_codes import ExceptionCode
from lockstep.domain.warehouse_orders import CopyLine, WarehouseCopy, WarehouseOrder


@dataclass(slots=True)
class MemoryWarehouseOrders:
    """`flows.ports.WarehouseOrders` in a list: upserts by business unit and number, refuses unknown items.

    `placed` and `found` count the calls. `copies` may be changed from outside: people do that too.
    """

    items: set[str] = field(default_factory=set)
    copies: list[WarehouseCopy] = field(default_factory=list)
    placed: int = 0
    found: int = 0

    def stock(self, item_numbers: Iterable[str]) -> None:
        """Make these items known."""
        self.items.update(item_numbers)

    def require_expressible(self, order: WarehouseOrder) -> None:
        """Anything can be expressed here."""

    def place(self, order: WarehouseOrder) -> WarehouseCopy:
        """Create or update; lines that are not named stay."""
        self.placed += 1
        unknown = [line.item_number for line in order.lines if line.item_number not in self.items]
        if unknown:
            raise PermanentError(
                ExceptionCode.WAREHOUSE_ITEM_UNKNOWN, "the warehouse refused it", facts={"reason": unknown[0]}
            )
        present = next((copy for copy in self.copies if _is_filed_as(copy, order.business_unit, order.number)), None)
        lines = {line.line_number: line for line in (present.lines if present else ())}
        for line in order.lines:
            lines[line.line_number] = CopyLine(
                line_number=line.line_number,
                shop_line_id=line.shop_line_id,
                item_number=line.item_number,
                quantity=line.quantity,
            )
        copy = WarehouseCopy(
            warehouse_id=present.warehouse_id if present else str(len(self.copies) + 1),
            number=order.number,
            business_unit=order.business_unit,
            status=present.status if present else "New",
            lines=tuple(lines.values()),
        )
        self.copies = [copy if one is present else one for one in self.copies]
        if present is None:
            self.copies.append(copy)
        return copy

    def find(self, business_unit: str, number: str) -> tuple[WarehouseCopy, ...]:
        """Every copy under this number, oldest first."""
        self.found += 1
        return tuple(copy for copy in self.copies if _is_filed_as(copy, business_unit, number))

    def cancel(self, number: str) -> None:
        """People in the warehouse cancel an order."""
        self.copies = [replace(copy, status="Canceled") if copy.number == number else copy for copy in self.copies]


def _is_filed_as(copy: WarehouseCopy, business_unit: str, number: str) -> bool:
    return (copy.business_unit, copy.number) == (business_unit, number)
