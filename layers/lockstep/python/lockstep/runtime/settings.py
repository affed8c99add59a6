"""Each function's environment, read in one place into one frozen dataclass.

A field `order_state_table` is the variable `LOCKSTEP_ORDER_STATE_TABLE`. All that is missing or wrong is
reported at once, by name. What a merchant decides is not here: see `domain.merchant_settings`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from typing import Any, Self

from lockstep.domain.errors import ConfigurationError

PREFIX = "LOCKSTEP_"
POWERTOOLS_VARIABLES = ("POWERTOOLS_SERVICE_NAME", "POWERTOOLS_METRICS_NAMESPACE", "POWERTOOLS_LOG_LEVEL")
"""Read by Powertools itself, for every function."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionSettings:
    """What every function has.

    `aws_endpoint_url` points to a local stand-in for AWS; empty means AWS itself.
    """

    aws_endpoint_url: str = ""

    @classmethod
    def variables(cls) -> tuple[str, ...]:
        """The names of all environment variables that this function uses."""
        return (*(_variable(field.name) for field in fields(cls)), *POWERTOOLS_VARIABLES)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Self:
        """Read the settings. Raises `ConfigurationError` naming every variable at fault."""
        source = os.environ if environment is None else environment
        values: dict[str, Any] = {}
        faults = []
        for field in fields(cls):
            variable = _variable(field.name)
            text = source.get(variable, "")
            if not text:
                if field.default is MISSING:
                    faults.append(f"{variable} is missing")
                continue
            try:
                values[field.name] = int(text) if field.type == "int" else text
            except ValueError:
                faults.append(f"{variable} is not a whole number")
        if faults:
            raise ConfigurationError("; ".join(faults))
        return cls(**values)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiveStorefrontEventsSettings(FunctionSettings):
    """`receive_storefront_events`."""

    order_state_table: str
    warehouse_orders_queue_url: str
    own_queue_url: str
    dead_letter_queue_url: str
    commercetools_project_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PushOrdersSettings(FunctionSettings):
    """`push_orders`."""

    order_state_table: str
    sku_map_table: str
    exceptions_table: str
    control_table: str
    storefront_orders_queue_url: str
    own_queue_url: str
    dead_letter_queue_url: str
    commercetools_api_url: str
    commercetools_auth_url: str
    commercetools_project_key: str
    commercetools_secret_id: str
    deposco_api_url: str
    deposco_auth_url: str
    deposco_secret_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteBackOrdersSettings(FunctionSettings):
    """`write_back_orders`."""

    order_state_table: str
    exceptions_table: str
    control_table: str
    own_queue_url: str
    dead_letter_queue_url: str
    commercetools_api_url: str
    commercetools_auth_url: str
    commercetools_project_key: str
    commercetools_secret_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectOrdersSettings(FunctionSettings):
    """`project_orders`."""

    order_views_table: str
    timeline_retention_days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReconcileOrdersSettings(FunctionSettings):
    """`reconcile_orders`."""

    order_views_table: str
    control_table: str
    warehouse_orders_queue_url: str
    storefront_orders_queue_url: str


SETTINGS_BY_FUNCTION: dict[str, type[FunctionSettings]] = {
    "receive_storefront_events": ReceiveStorefrontEventsSettings,
    "push_orders": PushOrdersSettings,
    "write_back_orders": WriteBackOrdersSettings,
    "project_orders": ProjectOrdersSettings,
    "reconcile_orders": ReconcileOrdersSettings,
}
"""Every function's settings, by folder name; the template must agree (architecture tests)."""


def _variable(field_name: str) -> str:
    return PREFIX + field_name.upper()
