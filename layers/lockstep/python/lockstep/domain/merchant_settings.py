"""What a merchant decides: one document, versioned and changed without a deploy.

The document's wire form, with its validation, is in `adapters.settings_document`.
"""

from __future__ import annotations

import string
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from lockstep.domain.call_budget import BudgetPolicy
from lockstep.domain.release_gate import GatePolicy

NUMBER_ALPHABET = frozenset(string.ascii_letters + string.digits + "-_")
"""Characters a Deposco order number may safely hold; no period, no blank (DEP-V2CO-08)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StorePolicy:
    """How one store's orders are carried over.

    `number_prefix` keeps the numbers of several projects and environments apart in one Deposco account.
    `ship_via_map` leads from the shop's shipping method to the warehouse's ship-via; `fallback_ship_via` serves
    the rest, and None parks them. `leaves_out_custom_lines` says that custom line items (gift wrap, engraving)
    are nothing the warehouse does; otherwise an order with one is parked.
    """

    business_unit: str
    order_source: str
    number_prefix: str = ""
    number_max_length: int = 50
    number_alphabet: frozenset[str] = NUMBER_ALPHABET
    ship_via_map: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    fallback_ship_via: str | None = None
    leaves_out_custom_lines: bool = False
    gate: GatePolicy


@dataclass(frozen=True, slots=True, kw_only=True)
class StorefrontPolicy:
    """What Lockstep writes into the shop's orders.

    `channel_key` is the channel under which the warehouse's number stands in `syncInfo`; it needs the role
    OrderExport (CT-ORD-06). `confirm_orders` moves Open orders to Confirmed, which other systems may act on.
    """

    channel_key: str
    custom_type_key: str | None
    confirm_orders: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldPolicy:
    """Seconds after which a held order is looked at again though nothing woke it."""

    payment_recheck_seconds: int = 900
    sku_recheck_seconds: int = 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class MerchantSettings:
    """The whole document, at one `version`."""

    version: int
    default_store: StorePolicy
    stores: Mapping[str, StorePolicy]
    storefront: StorefrontPolicy
    holds: HoldPolicy
    call_budget: BudgetPolicy = field(default_factory=BudgetPolicy)

    def store(self, store_key: str | None) -> StorePolicy | None:
        """The policy of one store; the default for orders without a store, and where no store is named at all.

        None for a store that is not named among others: its orders would go to somebody else's business unit.
        """
        if store_key is None or not self.stores:
            return self.default_store
        return self.stores.get(store_key)
