"""The account the double plays: what it holds, its clock, its chance, and what it has promised to do later."""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from local.deposco_double.kinds import FACILITY, KINDS, SALES_ORDER, Kind, unit_of
from local.deposco_double.refusal import RefusalError
from local.deposco_double.schema import conform, entities
from local.deposco_double.settings import AccountSettings
from local.deposco_double.stock import Stock
from local.deposco_double.store import Body, Record, Store, View
from local.double import Controls

OrderListener = Callable[[Record], None]


class Account:
    """Everything the imitated account holds. One event loop works on it, so nothing is locked."""

    def __init__(self, settings: AccountSettings, *, seed: int = 0) -> None:
        """`seed` decides every draw of chance; the same seed, calls and clock repeat the same day."""
        self.settings = settings
        self.seed = seed
        self.controls = Controls()
        self.on_order_change: list[OrderListener] = []
        self.on_shipment_change: list[OrderListener] = []
        self.on_stock_change: list[Callable[[str, str, str], None]] = []
        self._open()

    def _open(self) -> None:
        self.store = Store()
        self.stock = Stock(self.store)
        self.chance = random.Random(f"deposco:{self.seed}")
        self._agenda: list[tuple[float, int, Callable[[], None]]] = []
        self._promises = 0

    def reset(self) -> None:
        """Forget all entities, stock and promises; settings and listeners stay."""
        self.store.close()
        self._open()

    def now(self) -> float:
        """Seconds since the epoch by the double's clock."""
        return self.controls.now().timestamp()

    def view(self, stale_seconds: float = 0.0) -> View:
        """What a read sees now, or saw `stale_seconds` ago."""
        now = self.now()
        return View(now=now, as_of=now - stale_seconds if stale_seconds else None)

    def later(self, seconds: float, work: Callable[[], None]) -> None:
        """Do `work` once the clock has moved on by `seconds`."""
        self._promises += 1
        heapq.heappush(self._agenda, (self.now() + seconds, self._promises, work))

    def catch_up(self) -> None:
        """Do what is due, in the order in which it became due."""
        now = self.now()
        while self._agenda and self._agenda[0][0] <= now:
            heapq.heappop(self._agenda)[2]()

    def write_time(self, seconds: float) -> str:
        """An instant as V2 writes it: the account's offset, no fraction of a second (DEP-V2LIST-08)."""
        zone = timezone(timedelta(hours=self.settings.utc_offset_hours))
        return datetime.fromtimestamp(int(seconds), zone).isoformat()

    def rewrite_time(self, text: str) -> str:
        """A caller's instant as V2 writes it."""
        return self.write_time(datetime.fromisoformat(text).timestamp())

    def conform(self, type_name: str, body: Any) -> Any:
        """A caller's body as it is stored."""
        return conform(type_name, body, self.rewrite_time)

    def new_self(self, business_key: Body) -> Body:
        """The `self` of something that has its own id but lives inside another entity."""
        return {"id": self.store.new_id(), "businessKey": business_key}

    def create(
        self,
        kind: Kind,
        body: Body,
        *,
        number: str | None = None,
        visible_in_seconds: float = 0.0,
        complete: Callable[[Record], None] | None = None,
    ) -> Record:
        """Keep a new entity; `body` gets its `self`, `createdDate` and `updatedDate`.

        `number` is what it is found by where that is not the first part of its business key; `complete` is called with
        the record once it has its id and before it is kept.
        """
        now = self.now()
        entity_id = self.store.new_id()
        body["self"] = {"id": entity_id}
        body["self"]["businessKey"] = dict(kind.business_key(body))
        body["createdDate"] = self.write_time(now)
        if "updatedDate" in entities()[kind.name]:
            body["updatedDate"] = body["createdDate"]
        record = Record(
            id=entity_id,
            kind=kind.name,
            unit=unit_of(body) if "businessUnit" in body else body.get("_unit", ""),
            number=number if number is not None else str(next(iter(kind.business_key(body).values()))),
            body=body,
            created=now,
            updated=now,
            visible=now + visible_in_seconds if visible_in_seconds else 0.0,
        )
        if complete:
            complete(record)
        self.store.insert(
            record, status=body.get(kind.status_field), shipped=body.get("_shipped"), facets=kind.facets(body)
        )
        self._changed(kind, record)
        return record

    def save(self, record: Record) -> None:
        """Keep a changed entity and move its `updatedDate`."""
        kind = KINDS[record.kind]
        record.updated = self.now()
        record.body["updatedDate"] = self.write_time(record.updated)
        self.store.update(
            record,
            status=record.body.get(kind.status_field),
            shipped=record.body.get("_shipped"),
            facets=kind.facets(record.body),
        )
        self._changed(kind, record)

    def _changed(self, kind: Kind, record: Record) -> None:
        if kind is SALES_ORDER:
            for listener in self.on_order_change:
                listener(record)
        elif kind.name == "OutboundShipment":
            for listener in self.on_shipment_change:
                listener(record)

    def move_stock(self, unit: str, item: str, facility: str, units: float) -> None:
        """Add `units` (negative: take away) to what lies in a facility."""
        self.stock.move(unit, item, facility, units, at=self.now())
        self.stock_changed(unit, item, facility)

    def stock_changed(self, unit: str, item: str, facility: str) -> None:
        """Tell whoever listens that a stock row moved."""
        for listener in self.on_stock_change:
            listener(unit, item, facility)

    def resolve(self, kind: Kind, reference: Body, *, unit: str | None = None) -> Record:
        """The entity a reference names by id or business key; 404 with the key when there is none.

        (DEP-V2SO-06, DEP-V2ITEM-07, DEP-FAC-03)
        """
        record: Record | None
        if reference.get("id") is not None:
            record = self.store.get(kind.name, int(reference["id"]))
            named: Any = f"id {reference['id']}"
        else:
            key = reference["businessKey"]
            number = key.get("number", key.get("code", key.get("name")))
            within = key.get("businessUnit.code", unit) if kind not in (FACILITY, KINDS["Company"]) else None
            record = self.store.find(kind.name, str(number), within)
            named = "business key " + ", ".join(f"{name}={value}" for name, value in sorted(key.items()))
        if record is None:
            raise RefusalError(404, f"{kind.name} with {named} was not found.")
        return record

    def facilities(self) -> list[str]:
        """Numbers of the facilities, in the order in which they were made; each serves every business unit."""
        return [body["number"] for body in self.store.bodies(FACILITY.name)]


def reference_to(record: Record) -> Body:
    """A reference to an entity: id and business key."""
    return {"id": record.id, "businessKey": record.body["self"]["businessKey"]}


def utc(seconds: float) -> datetime:
    """Seconds since the epoch as an aware datetime."""
    return datetime.fromtimestamp(seconds, UTC)
