"""Webhooks: hints to whoever registered, at least once and in no particular order (DEP-WHOOK-01 and following).

Event names, body and headers are ours (DEP-WHOOK-03): `shipment.shipped`, `order.status`, `inventory.changed`, and
a JSON body such as

    {"event": "shipment.shipped", "eventId": "...", "occurredAt": "...", "businessUnit": "DEMO",
     "shipment": {"number": "SHP-1", "status": "Shipped"}, "order": {"number": "A-1", "status": "Ship Complete"}}

The fault language loses, repeats, delays and reorders them under the kind `webhook.deliver`.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import json
import logging
from collections import deque
from dataclasses import dataclass
from typing import Any

import aiohttp

from local.deposco_double.account import Account, utc
from local.deposco_double.store import Body, Record
from local.faults import Do

EVENTS = ("shipment.shipped", "order.status", "inventory.changed")
SIGNATURE_HEADER = "X-Deposco-Signature"
KIND = "webhook.deliver"
_ATTEMPTS = 4
_RETRY_SECONDS = 5.0
_LONGEST_HELD_SECONDS = 30.0
_TIMEOUT_SECONDS = 5.0

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """Whom to tell of what. Deliveries are signed when `secret_key` is set (DEP-WHOOK-04)."""

    id: int
    events: tuple[str, ...]
    callback_url: str
    secret_key: str | None
    include_business_units: bool

    def shown(self) -> Body:
        """The registration as V1 shows it; the secret is not shown."""
        return {
            "id": self.id,
            "events": {"event": list(self.events)},
            "callbackUrl": self.callback_url,
            "includeBusinessUnits": self.include_business_units,
        }


@dataclass(slots=True, kw_only=True)
class _Delivery:
    registration: Registration
    path: str
    body: bytes
    due: float
    attempts: int = 0


class Webhooks:
    """Registrations of an account and what is still to be delivered to them."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._session: aiohttp.ClientSession | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        account.on_order_change.append(self._order_changed)
        account.on_shipment_change.append(self._shipment_changed)
        account.on_stock_change.append(self._stock_changed)
        self._forget()

    def _forget(self) -> None:
        self.registrations: dict[int, Registration] = {}
        self._waiting: list[_Delivery] = []
        self._held_back: deque[_Delivery] = deque()
        self._told: dict[int, str] = {}
        self._events = 0
        self.delivered = 0
        self.lost = 0

    def forget(self) -> None:
        """No registration, nothing to deliver."""
        self._forget()

    def register(self, body: Body) -> Registration:
        """Keep a registration; raises ValueError for an event that does not exist."""
        events = body.get("events") or {}
        names = events.get("event", []) if isinstance(events, dict) else events
        names = [names] if isinstance(names, str) else list(names)
        if unknown := [name for name in names if name not in EVENTS]:
            raise ValueError(f"no such event: {', '.join(unknown)}; there are {', '.join(EVENTS)}")
        registration = Registration(
            id=self._account.store.new_id(),
            events=tuple(names or EVENTS),
            callback_url=body["callbackUrl"],
            secret_key=body.get("secretKey") or None,
            include_business_units=bool(body.get("includeBusinessUnits", True)),
        )
        self.registrations[registration.id] = registration
        return registration

    def _order_changed(self, order: Record) -> None:
        status = order.body["orderStatus"]
        if self._told.get(order.id) == status or not self.registrations:
            return
        self._told[order.id] = status
        self._tell("order.status", order.unit, {"order": {"number": order.number, "status": status}})

    def _shipment_changed(self, shipment: Record) -> None:
        numbers = [order["number"] for order in shipment.body["_orders"]]
        subject = {"number": shipment.number, "status": shipment.body["status"]}
        self._tell("shipment.shipped", shipment.unit, {"shipment": subject, "order": {"number": numbers[0]}})

    def _stock_changed(self, unit: str, item: str, facility: str) -> None:
        if self.registrations:
            self._tell("inventory.changed", unit, {"item": {"number": item}, "facility": {"number": facility}})

    def _tell(self, event: str, unit: str, subject: Body) -> None:
        for registration in self.registrations.values():
            if event in registration.events:
                self._events += 1
                body: dict[str, Any] = {
                    "event": event,
                    "eventId": f"{self._account.seed}-{self._events}",
                    "occurredAt": utc(self._account.now()).isoformat(),
                    **({"businessUnit": unit} if registration.include_business_units else {}),
                    **subject,
                }
                self._queue(registration, event, json.dumps(body, separators=(",", ":")).encode())

    def _queue(self, registration: Registration, event: str, body: bytes) -> None:
        decision = self._account.controls.faults.decide(KIND, event, self._account.controls.now())
        if decision.do is Do.LOSE:
            self.lost += 1
            return
        copies = 1 + (decision.rule.times if decision.rule and decision.rule.do is Do.REPEAT else 0)
        for _ in range(copies):
            delivery = _Delivery(
                registration=registration, path=event, body=body, due=self._account.now() + decision.delay_seconds
            )
            if decision.do is Do.REORDER:
                self._held_back.append(delivery)
            else:
                self._waiting.append(delivery)
        if decision.do is not Do.REORDER:
            self._waiting.extend(self._held_back)
            self._held_back.clear()

    def send_due(self) -> None:
        """Start sending what is due; called by the clock's tick inside the running loop.

        What was held back for the next hint goes at the latest when it has waited for long.
        """
        while self._held_back and self._held_back[0].due + _LONGEST_HELD_SECONDS <= self._account.now():
            self._waiting.append(self._held_back.popleft())
        if not self._waiting or self._session is None:
            return
        now = self._account.now()
        due = [delivery for delivery in self._waiting if delivery.due <= now]
        if due:
            self._waiting = [delivery for delivery in self._waiting if delivery.due > now]
            task = asyncio.create_task(self._send_in_turn(due))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _send_in_turn(self, due: list[_Delivery]) -> None:
        for delivery in due:
            if not await self._send(delivery) and delivery.attempts < _ATTEMPTS:
                delivery.due = self._account.now() + _RETRY_SECONDS * delivery.attempts
                self._waiting.append(delivery)

    async def _send(self, delivery: _Delivery) -> bool:
        """Post one delivery; whether a 2xx came back. A refused one is tried again a few times (DEP-WHOOK-05)."""
        if self._session is None:
            return True
        delivery.attempts += 1
        headers = {"Content-Type": "application/json"}
        secret = delivery.registration.secret_key
        if secret:
            headers[SIGNATURE_HEADER] = hmac.new(secret.encode(), delivery.body, hashlib.sha256).hexdigest()
        try:
            async with self._session.post(
                delivery.registration.callback_url, data=delivery.body, headers=headers
            ) as answer:
                taken = answer.status < 300
        except (aiohttp.ClientError, TimeoutError) as error:
            _log.info("webhook to %s failed: %r", delivery.registration.callback_url, error)
            return False
        self.delivered += taken
        return taken

    async def settle(self) -> None:
        """Return once everything that is due has been sent; what is held back for reordering goes too."""
        self._waiting.extend(self._held_back)
        self._held_back.clear()
        self.send_due()
        while self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def start(self) -> None:
        """Open the client."""
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=_TIMEOUT_SECONDS))

    async def stop(self) -> None:
        """Close the client; what is under way is dropped."""
        for task in list(self._tasks):
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        if self._session:
            await self._session.close()
            self._session = None
