"""Carrying notifications to their queues: at least once, with the faults a scenario asks for."""

from __future__ import annotations

import asyncio
import heapq
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from local.commercetools_double.bodies import Json
from local.double import Controls
from local.faults import Do

DELIVER = "subscription.deliver"
_MOST_PER_CALL = 10
_MOST_BYTES_PER_CALL = 256 * 1024
_RETRY_SECONDS = 1.0
_LONGEST_HELD_SECONDS = 30.0


class DestinationError(Exception):
    """A destination did not take a notification; `configuration` when only a person can mend that."""

    def __init__(self, message: str, *, configuration: bool) -> None:
        super().__init__(message)
        self.configuration = configuration


class Transport(Protocol):
    """Takes notifications to a destination."""

    def send(self, destination: Json, bodies: list[str]) -> None:
        """Send up to ten bodies, blocking; raises `DestinationError`."""


class Reports(Protocol):
    """Hears how deliveries went, and knows where they go."""

    def record(self, subscription_id: str, error: DestinationError | None) -> bool:
        """Note a delivery; True when it is to be tried again."""

    def destination(self, subscription_id: str) -> Json | None:
        """The present destination; None when the subscription is gone."""


@dataclass(frozen=True, slots=True)
class Notification:
    """One notification for one subscription, as the text to send."""

    subscription_id: str
    body: str


@dataclass(frozen=True, slots=True, order=True)
class _Due:
    at: datetime
    number: int
    notification: Notification


class Sender:
    """Sends what is due by the double's clock, in the order it became due."""

    def __init__(self, controls: Controls, transport: Transport) -> None:
        """Faults of the kind `subscription.deliver` are decided when a notification is enqueued."""
        self._controls = controls
        self._transport = transport
        self._reports: Reports
        self._waiting: list[_Due] = []
        self._held: dict[str, _Due] = {}
        self._number = 0
        self._busy = False
        self._wake = asyncio.Event()
        self._idle = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self.sent = 0
        self.lost = 0

    def report_to(self, reports: Reports) -> None:
        """Have deliveries reported."""
        self._reports = reports

    def enqueue(self, notification: Notification, path: str) -> None:
        """Send a notification when its fate allows: at once, late, more than once, behind the next, or never."""
        now = self._controls.now()
        decision = self._controls.faults.decide(DELIVER, path, now)
        if decision.do is Do.LOSE:
            self.lost += 1
            return
        due = self._due(now + timedelta(seconds=decision.delay_seconds), notification)
        overtaken = self._held.pop(notification.subscription_id, None)
        if decision.do is Do.REORDER and overtaken is None:
            self._held[notification.subscription_id] = due
            return
        heapq.heappush(self._waiting, due)
        for _ in range(decision.rule.times if decision.rule and decision.do is Do.REPEAT else 0):
            heapq.heappush(self._waiting, self._due(due.at, notification))
        if overtaken is not None:
            heapq.heappush(self._waiting, self._due(due.at, overtaken.notification))
        self._wake.set()

    async def send_now(self, destination: Json, body: bytes) -> None:
        """Send one body past the queue; raises `DestinationError`."""
        await asyncio.to_thread(self._transport.send, destination, [body.decode()])
        self.sent += 1

    def catch_up(self) -> None:
        """Let go what is due, and what waited too long to be overtaken."""
        now = self._controls.now()
        for subscription_id, held in list(self._held.items()):
            if held.at <= now - timedelta(seconds=_LONGEST_HELD_SECONDS):
                heapq.heappush(self._waiting, self._held.pop(subscription_id))
        if self._is_due():
            self._wake.set()

    async def settle(self) -> None:
        """Return when nothing is due any more; what is held to be overtaken is let go."""
        for subscription_id in list(self._held):
            heapq.heappush(self._waiting, self._held.pop(subscription_id))
        while self._busy or self._is_due():
            self._idle.clear()
            self._wake.set()
            await self._idle.wait()

    def forget(self) -> None:
        """Drop everything on its way."""
        self._waiting.clear()
        self._held.clear()
        self.sent = self.lost = 0

    def waiting(self) -> int:
        """How many notifications are on their way."""
        return len(self._waiting) + len(self._held)

    async def start(self) -> None:
        """Begin to send."""
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Stop sending; what is on its way is not sent."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            while batch := self._next_batch():
                self._busy = True
                try:
                    await self._send(batch)
                finally:
                    self._busy = False
            self._idle.set()

    def _is_due(self) -> bool:
        return bool(self._waiting) and self._waiting[0].at <= self._controls.now()

    def _next_batch(self) -> list[Notification]:
        """The next notifications that are due for one and the same subscription, as many as fit into one call."""
        batch: list[Notification] = []
        size = 0
        while self._is_due() and len(batch) < _MOST_PER_CALL:
            notification = self._waiting[0].notification
            size += len(notification.body.encode())
            if batch and (notification.subscription_id != batch[0].subscription_id or size > _MOST_BYTES_PER_CALL):
                break
            batch.append(heapq.heappop(self._waiting).notification)
        return batch

    async def _send(self, batch: list[Notification]) -> None:
        subscription_id = batch[0].subscription_id
        destination = self._reports.destination(subscription_id)
        if destination is None:
            return
        try:
            await asyncio.to_thread(self._transport.send, destination, [one.body for one in batch])
        except DestinationError as error:
            if self._reports.record(subscription_id, error):
                again = self._controls.now() + timedelta(seconds=_RETRY_SECONDS)
                for notification in batch:
                    heapq.heappush(self._waiting, self._due(again, notification))
            else:
                self.lost += len(batch)
            return
        self.sent += len(batch)
        self._reports.record(subscription_id, None)

    def _due(self, at: datetime, notification: Notification) -> _Due:
        self._number += 1
        return _Due(at, self._number, notification)
