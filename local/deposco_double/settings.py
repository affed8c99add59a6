"""What differs from one Deposco account to the next, and what is not publicly known: set, not coded."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountSettings:
    """The account the double plays. Changed at run time by `POST /_admin/settings` with any of these names.

    rate_per_second: calls taken in any second before 429; 0 takes all (DEP-LIMIT-01).
    utc_offset_hours: offset in which V2 writes its times (DEP-V2LIST-08).
    largest_page: rows a V2 page holds at most (DEP-V2LIST-05).
    visibility_delay_seconds: span from which a customer order's delay is drawn (DEP-V2CO-06).
    order_management: whether customer orders are subscribed to (DEP-V2CO-12).
    nets_from_status: first sales-order status whose open quantity lowers `atpQty`, for orders that change from then
        on (DEP-V1INV-05).
    refused_grants: what the V1 user may not call, as method and first path segment, such as
        `GET enterpriseinventory` (DEP-V1AUTH-02).
    search_fields: V1 search fields the account configured, per entity (DEP-V1ORD-07).
    spaces_in_path: whether V1 accepts a space in the path (DEP-V1ORD-08).
    status_search_by_number: whether the V1 status search heeds `number` (DEP-V1ORD-09).
    known_ship_vias: ship-via texts V1 maps without a warning; None maps all (DEP-V1ORD-05).
    single_as_object: whether V1's JSON gives a list of one as an object (DEP-V1FMT-01).
    inventory_page: rows of a page of V1's inventory reads where the caller names none.
    missing_measures: `item|facility|measure` patterns whose measure the availability leaves out (DEP-V1INV-03).
    availability_lag_seconds: how old the stock is that V1's inventory reads show (DEP-V1INV-05).
    """

    client_id: str = "demo-client"
    client_secret: str = "demo-secret"
    refresh_token: str = "demo-refresh"
    v1_user: str = "demo-user"
    v1_password: str = "demo-password"
    company_code: str = "demo"
    token_lifetime_seconds: float = 3600.0
    rotate_refresh_token: bool = False
    rate_per_second: float = 4.0
    utc_offset_hours: float = -6.0
    largest_page: int = 100
    visibility_delay_seconds: tuple[float, float] = (0.0, 10.0)
    order_management: bool = True
    nets_from_status: str = "New"
    refused_grants: tuple[str, ...] = ()
    search_fields: dict[str, tuple[str, ...]] = field(
        default_factory=lambda: {
            "Order": ("number", "otherReferenceNumber"),
            "CoHeader": ("externalOrderNumber",),
            "shipment": ("orderHeaders.number", "orderHeaders.customerOrderNumber", "actualShipDate"),
        }
    )
    spaces_in_path: bool = True
    status_search_by_number: bool = True
    known_ship_vias: tuple[str, ...] | None = None
    single_as_object: bool = True
    inventory_page: int = 100
    missing_measures: tuple[str, ...] = ()
    availability_lag_seconds: float = 0.0

    def changed(self, changes: dict[str, Any]) -> AccountSettings:
        """The same settings with `changes`; raises ValueError for a name that does not exist."""
        known = {setting.name for setting in fields(self)}
        if unknown := sorted(changes.keys() - known):
            raise ValueError(f"no such setting: {', '.join(unknown)}; there are {', '.join(sorted(known))}")
        return replace(self, **{name: _frozen(value) for name, value in changes.items()})


def _frozen(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _frozen(member) for key, member in value.items()}
    return tuple(value) if isinstance(value, list) else value
