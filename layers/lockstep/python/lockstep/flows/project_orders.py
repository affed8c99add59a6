"""Derives what people and sweeps see from the stored records; may be repeated at will."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from lockstep.domain.order_views import ViewChange
from lockstep.flows.ports import OrderViews


@dataclass(frozen=True, slots=True)
class ProjectOrders:
    """Brings the views to each change, in the stream's order."""

    views: OrderViews

    def project(self, changes: Iterable[ViewChange]) -> int:
        """Apply the changes; returns how many. Raises `TransientError`: the rest comes again."""
        count = 0
        for change in changes:
            self.views.apply(change)
            count += 1
        return count
