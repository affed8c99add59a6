"""Orders to test with: whole and ordinary unless told otherwise."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from lockstep.domain.merchant_settings import HoldPolicy, MerchantSettings, StorefrontPolicy, StorePolicy
from lockstep.domain.money import Money
from lockstep.domain.orders import (
    Address,
    OrderStatus,
    Payment,
    ShopLine,
    ShopOrder,
    ShopView,
    Transaction,
    TransactionKind,
)
from lockstep.domain.release_gate import GatePolicy
from lockstep.domain.warehouse_orders import CopyLine, WarehouseCopy, WarehouseOrder

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
HOME = Address(
    first_name="Ada",
    last_name="Example",
    street="Long Street 1",
    city="Gent",
    postal_code="9000",
    country="BE",
    email="ada@example.com",
)


def euros(minor: int) -> Money:
    """So many cents."""
    return Money(minor, "EUR")


def a_line(number: int = 1, *, sku: str | None = None, quantity: int = 1, cents: int = 1000) -> ShopLine:
    """Line `number`, of the SKU `SKU-<number>` unless another is named (an empty one means none)."""
    return ShopLine(
        line_id=f"line-{number}",
        sku=f"SKU-{number}" if sku is None else (sku or None),
        quantity=quantity,
        unit_price=euros(cents),
        total=euros(cents * quantity),
    )


def an_order(order_id: str = "order-1", **changes: Any) -> ShopOrder:
    """A paid order of one line; `changes` are fields of `ShopOrder`."""
    version = changes.pop("version", 1)
    status = changes.pop("status", OrderStatus.OPEN)
    fields: dict[str, Any] = {
        "order_id": order_id,
        "version": version,
        "order_number": f"WEB-{order_id}",
        "store_key": None,
        "placed_at": NOON,
        "status": status,
        "customer_email": "ada@example.com",
        "shipping_address": HOME,
        "billing_address": None,
        "lines": (a_line(1),),
        "custom_line_total": None,
        "total": euros(1000),
        "shipping": None,
        "tax": None,
        "shipping_method": "Standard",
        "has_several_addresses": False,
        "payment_state": "Paid",
        "payment_ids": (),
        "payments": (),
        "view": ShopView(version=version, status=status),
    }
    return ShopOrder(**(fields | changes))


def a_payment(payment_id: str = "payment-1", /, **minor_by_kind: int) -> Payment:
    """A payment whose successful transactions are named: `a_payment(charge=1000, refund=200)`."""
    return Payment(
        payment_id=payment_id,
        transactions=tuple(
            Transaction(kind=TransactionKind[kind.upper()], succeeded=True, amount=euros(minor))
            for kind, minor in minor_by_kind.items()
        ),
    )


GATE = GatePolicy(settled_payment_states=frozenset({"Paid"}))
STORE = StorePolicy(
    business_unit="DEMO", order_source="shop", ship_via_map={"Standard": "GROUND"}, fallback_ship_via=None, gate=GATE
)
STOREFRONT = StorefrontPolicy(channel_key="lockstep-warehouse", custom_type_key="lockstep-order", confirm_orders=True)
SETTINGS = MerchantSettings(version=1, default_store=STORE, stores={}, storefront=STOREFRONT, holds=HoldPolicy())


def a_faithful_copy(wanted: WarehouseOrder, warehouse_id: str = "10001") -> WarehouseCopy:
    """The copy of a warehouse that took the order as it was sent."""
    return WarehouseCopy(
        warehouse_id=warehouse_id,
        number=wanted.number,
        business_unit=wanted.business_unit,
        status="New",
        lines=tuple(
            CopyLine(
                line_number=line.line_number,
                shop_line_id=line.shop_line_id,
                item_number=line.item_number,
                quantity=line.quantity,
            )
            for line in wanted.lines
        ),
    )
