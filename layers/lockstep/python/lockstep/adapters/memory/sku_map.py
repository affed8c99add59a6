"""Which SKU is which item, within one process."""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING

from lockstep.domain.errors import ConcurrentChangeError
from lockstep.domain.warehouse_orders import MappedItem

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime


@dataclass(slots=True)
class MemorySkuMap:
    """`flows.ports.SkuMap` in dictionaries, keyed by business unit and SKU or item number."""

    _lock: Lock = field(default_factory=Lock)
    _item_of_sku: dict[tuple[str, str], str] = field(default_factory=dict)
    _sku_of_item: dict[tuple[str, str], str] = field(default_factory=dict)
    _waits: dict[tuple[str, str], dict[str, datetime]] = field(default_factory=dict)

    def resolve(self, business_unit: str, skus: Iterable[str]) -> Mapping[str, MappedItem]:
        """The mapped ones of these SKUs."""
        with self._lock:
            return {
                sku: MappedItem(sku=sku, item_number=self._item_of_sku[business_unit, sku])
                for sku in skus
                if (business_unit, sku) in self._item_of_sku
            }

    def map_sku(self, business_unit: str, item: MappedItem) -> None:
        """Claim both; a pair that is mapped to each other already stays as it is."""
        with self._lock:
            mapped_item = self._item_of_sku.get((business_unit, item.sku), item.item_number)
            mapped_sku = self._sku_of_item.get((business_unit, item.item_number), item.sku)
            if (mapped_sku, mapped_item) != (item.sku, item.item_number):
                raise ConcurrentChangeError(
                    f"SKU {item.sku} is item {mapped_item} and item {item.item_number} is SKU {mapped_sku} already."
                )
            self._item_of_sku[business_unit, item.sku] = item.item_number
            self._sku_of_item[business_unit, item.item_number] = item.sku

    def wait_for(self, business_unit: str, skus: Iterable[str], order_id: str, since: datetime) -> None:
        """Note the wait once for each SKU; `since` is the first time that was told."""
        with self._lock:
            for sku in skus:
                self._waits.setdefault((business_unit, sku), {}).setdefault(order_id, since)

    def waiting_orders(self, business_unit: str, sku: str) -> tuple[str, ...]:
        """The orders that wait for the SKU, oldest first."""
        with self._lock:
            waits = self._waits.get((business_unit, sku), {})
            return tuple(sorted(waits, key=lambda order_id: (waits[order_id], order_id)))
