"""Runs a batch of the shop's notifications: each is routed on its own, all hints go out together."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lockstep.domain.errors import TransientError
from lockstep.domain.hints import Hint
from lockstep.domain.storefront_messages import UnreadableNotificationError
from lockstep.flows.receive_storefront_events import ReceiveStorefrontEvents
from lockstep.runtime.observability import count, flush_metrics, logger
from lockstep.runtime.queue_worker import DeadLetters
from lockstep.runtime.records import QueueRecord, partial_failure, records_of


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationWorker:
    """Handles the events of the CommerceNotifications queue."""

    flow: ReceiveStorefrontEvents
    dead_letters: DeadLetters

    def handle(self, event: Mapping[str, Any]) -> dict[str, list[dict[str, str]]]:
        """Answer one SQS event. A body nobody can read is buried, never received again and again."""
        hints: list[Hint] = []
        carriers: list[QueueRecord] = []
        failed: list[str] = []
        for record in records_of(event):
            try:
                hint = self._hint(record)
            except TransientError as error:
                logger.warning("a notification must come again", extra={"why": str(error)})
                failed.append(record.message_id)
                continue
            if hint is not None:
                hints.append(hint)
                carriers.append(record)
        try:
            self.flow.queue(hints)
            count("NotificationsQueued", len(hints))
        except TransientError as error:
            logger.warning("the lane could not be reached", extra={"why": str(error)})
            failed.extend(record.message_id for record in carriers)
        finally:
            flush_metrics()
        return partial_failure(failed)

    def _hint(self, record: QueueRecord) -> Hint | None:
        try:
            notification = json.loads(record.body)
            if not isinstance(notification, dict):
                raise UnreadableNotificationError("the body is JSON but no object")
            routed = self.flow.hint_for(notification)
        except ValueError as error:
            reason = "the body is not JSON" if isinstance(error, json.JSONDecodeError) else str(error)
            self.dead_letters.bury(record.body, None, reason)
            count("MessagesBuried")
            logger.error(
                "a notification that cannot be read was buried",
                extra={"message_id": record.message_id, "why": reason},
            )
            return None
        if isinstance(routed, Hint):
            return routed
        count("NotificationsSkipped")
        logger.info("a notification was skipped", extra={"why": routed, "type": notification.get("type", "")})
        return None
