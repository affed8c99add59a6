"""What a sales order's status allows (DEP-STAT-01, DEP-STAT-02)."""

from __future__ import annotations

from collections.abc import Mapping

DRAFT = "Draft"
NEW = "New"
HOLD = "Hold"
READY = "Ready for Fulfillment"
WAVE_BUILT = "Wave Built"
BACK_ORDERED = "Back Ordered"
PARTIALLY_RELEASED = "Partially Released"
RELEASED = "Released"
PICKING = "Picking"
PICK_COMPLETE = "Pick Complete"
STAGED = "Staged"
LOADED = "Loaded"
PARTIALLY_SHIPPED = "Partially Shipped"
SHIP_COMPLETE = "Ship Complete"
CANCELED = "Canceled"

IN_ORDER = (
    DRAFT,
    NEW,
    HOLD,
    READY,
    WAVE_BUILT,
    BACK_ORDERED,
    PARTIALLY_RELEASED,
    RELEASED,
    PICKING,
    PICK_COMPLETE,
    "Partially Staged",
    STAGED,
    "Partially Loaded",
    LOADED,
    PARTIALLY_SHIPPED,
    SHIP_COMPLETE,
    CANCELED,
)
"""Every status, earliest first; the side states Hold and Back Ordered stand where they are left from."""

FIRST = frozenset({DRAFT, NEW, HOLD})
"""Accepted in the creating request (DEP-V2SO-21)."""

EDITABLE = frozenset({DRAFT, NEW, HOLD, READY, WAVE_BUILT, BACK_ORDERED})
"""Attributes, lines and growing quantities are taken (DEP-V2SO-08)."""

GROWABLE = frozenset({PARTIALLY_RELEASED, RELEASED})
"""Only what is not released yet can grow (DEP-V2SO-09)."""

CANCELABLE = frozenset({NEW, HOLD, READY, WAVE_BUILT, BACK_ORDERED})
"""The whole order or single lines (DEP-V2SO-11)."""

OPEN_LINES = frozenset({NEW, BACK_ORDERED})
"""Line statuses in which a line can still be changed (DEP-V2SO-08)."""

TRANSITIONS: Mapping[str, frozenset[str]] = {
    DRAFT: frozenset({NEW, HOLD, CANCELED}),
    NEW: frozenset({HOLD, CANCELED}),
    HOLD: frozenset({NEW, CANCELED}),
    READY: frozenset({NEW, HOLD, CANCELED}),
    WAVE_BUILT: frozenset({NEW, HOLD, CANCELED}),
    BACK_ORDERED: frozenset({NEW, HOLD, CANCELED}),
}
"""What the status call may do (DEP-V2SO-16)."""

FINISHED = frozenset({SHIP_COMPLETE, CANCELED})
