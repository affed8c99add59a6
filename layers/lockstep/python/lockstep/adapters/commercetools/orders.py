"""Orders in commercetools (port `ShopOrders`)."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from lockstep.adapters.commercetools.mapping import actions_from, order_from, view_from
from lockstep.adapters.http.system import Answer, HttpSystem
from lockstep.domain.errors import ConcurrentChangeError, ConfigurationError, PermanentError
from lockstep.domain.exception_codes import ExceptionCode
from lockstep.domain.merchant_settings import StorefrontPolicy
from lockstep.domain.orders import ShopOrder, ShopView
from lockstep.domain.storefront_facts import ShopChange
from lockstep.flows.ports import Clock

WITH_PAYMENTS = {"expand": "paymentInfo.payments[*]"}


@dataclass(slots=True, kw_only=True)
class CommercetoolsOrders:
    """Reads and writes orders; ids of our channel and type are looked up once per execution environment."""

    system: HttpSystem
    project_key: str
    policy: Callable[[], StorefrontPolicy]
    clock: Clock
    _found: dict[str, str | None] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def read_document(self, document: Mapping[str, Any]) -> ShopOrder:
        """The order in a message's body."""
        return order_from(document, self._our_channel_id)

    def fetch(self, order_id: str) -> ShopOrder | None:
        """The order as it is now, payments expanded."""
        answer = self.system.read("read an order", f"/{self.project_key}/orders/{order_id}", WITH_PAYMENTS)
        if answer.status == 404:
            return None
        if not answer.is_success:
            raise ConfigurationError(f"commercetools refused to read an order: {_reason(answer)}")
        return order_from(answer.body, self._our_channel_id)

    def write(self, order_id: str, version: int, changes: Sequence[ShopChange]) -> ShopView:
        """One update with all the actions, or none of them (CT-ORD-02, CT-ERR-01)."""
        actions = actions_from(changes, self.clock.now())
        body = {"version": version, "actions": actions}
        answer = self.system.write("update an order", f"/{self.project_key}/orders/{order_id}", body)
        if answer.is_success:
            return view_from(answer.body, self._our_channel_id)
        if answer.status == 409:
            raise ConcurrentChangeError(
                "the order changed in commercetools meanwhile", current_version=_current_version(answer)
            )
        if answer.status == 404:
            raise PermanentError(ExceptionCode.ORDER_NOT_IN_SHOP, "commercetools does not know it any more")
        if "ReferencedResourceNotFound" in _error_codes(answer):
            raise ConfigurationError(f"commercetools lacks what setup makes there: {_reason(answer)}")
        raise PermanentError(
            ExceptionCode.SHOP_REJECTED_WRITE,
            "commercetools refused the update",
            facts={"reason": _reason(answer), "actions": ", ".join(action["action"] for action in actions)},
        )

    def our_type_id(self) -> str | None:
        """The id of the custom type named in the settings."""
        key = self.policy().custom_type_key
        return None if key is None else self._id_by_key("types", key)

    def _our_channel_id(self) -> str | None:
        return self._id_by_key("channels", self.policy().channel_key)

    def _id_by_key(self, collection: str, key: str) -> str | None:
        with self._lock:
            if (known := self._found.get(f"{collection}/{key}")) is not None:
                return known
        answer = self.system.read(
            f"look up one of the {collection}",
            f"/{self.project_key}/{collection}",
            {"where": "key = :key", "var.key": key, "limit": 1, "withTotal": "false"},
        )
        if not answer.is_success:
            raise ConfigurationError(f"commercetools refused to list {collection}: {_reason(answer)}")
        results = answer.body.get("results", [])
        found = str(results[0]["id"]) if results else None
        with self._lock:
            self._found[f"{collection}/{key}"] = found
        return found


def _errors(answer: Answer) -> list[dict[str, Any]]:
    errors = answer.body.get("errors") if isinstance(answer.body, dict) else None
    return [error for error in errors or [] if isinstance(error, dict)]


def _error_codes(answer: Answer) -> frozenset[str]:
    return frozenset(str(error.get("code")) for error in _errors(answer))


def _reason(answer: Answer) -> str:
    """Code and text of each error, as the shop words them, cut to a readable length."""
    named = "; ".join(f"{error.get('code')}: {error.get('message')}" for error in _errors(answer))
    return (named or f"status {answer.status}")[:500]


def _current_version(answer: Answer) -> int | None:
    versions = [error["currentVersion"] for error in _errors(answer) if isinstance(error.get("currentVersion"), int)]
    return versions[0] if versions else None
