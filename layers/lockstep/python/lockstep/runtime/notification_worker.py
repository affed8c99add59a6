"""Runs a batch of the shop's notifications: each is routed on its own, all hints go out together.

Whatever goes wrong with one notification brings back that one alone; what goes wrong with the lane brings back
those that were to go there. No failure leaves the handler, since that would bring back the whole batch.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lockstep.domain.errors import ConfigurationError, LockstepError
from lockstep.domain.hints import Hint
from lockstep.domain.storefront_messages import UnreadableNotificationError
from lockstep.flows.receive_storefront_events import ReceiveStorefrontEvents
from lockstep.runtime.observability import count, flush_metrics, logger, trace_of
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
            except Exception as error:  # noqa: BLE001 - whatever it is, it must not take the others along
                _note("a notification must come again", error, message_id=record.message_id)
                failed.append(record.message_id)
                continue
            if hint is not None:
                hints.append(hint)
                carriers.append(record)
        try:
            self.flow.queue(hints)
            count("NotificationsQueued", len(hints))
        except Exception as error:  # noqa: BLE001 - what was skipped or buried is done and must not come again
            _note("the lane could not be reached", error)
            failed.extend(record.message_id for record in carriers)
        finally:
            flush_metrics()
        return partial_failure(failed)

    def _hint(self, record: QueueRecord) -> Hint | None:
        try:
            notification = _notification(record.body)
            routed = self.flow.hint_for(notification)
        except UnreadableNotificationError as error:
            reason = str(error)
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


def _notification(body: str) -> dict[str, Any]:
    try:
        notification = json.loads(body)
    except RecursionError:
        raise UnreadableNotificationError("the body is nested too deeply") from None
    except ValueError:
        raise UnreadableNotificationError("the body is not JSON") from None
    if not isinstance(notification, dict):
        raise UnreadableNotificationError("the body is JSON but no object")
    return notification


def _note(what: str, error: Exception, **about: str) -> None:
    """Log a failure as loudly as it needs to be acted on."""
    if isinstance(error, ConfigurationError):
        logger.critical(what, extra={"why": str(error), **about})
        count("ConfigurationFailures")
    elif isinstance(error, LockstepError):
        logger.warning(what, extra={"why": str(error), **about})
    else:
        logger.error(what, extra={**trace_of(error), **about})
        count("UnexpectedErrors")
