"""The one composition root: what each function is made of.

Each builder imports what its function needs and no more, so that a function which only sorts messages starts
without the HTTP client and the wire models. What is built is kept for the execution environment's life.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Literal, Protocol

import boto3
from botocore.config import Config

from lockstep.adapters.system_clock import SystemClock
from lockstep.runtime.settings import (
    FunctionSettings,
    ProjectOrdersSettings,
    PushOrdersSettings,
    ReceiveStorefrontEventsSettings,
    ReconcileOrdersSettings,
    WriteBackOrdersSettings,
)

if TYPE_CHECKING:
    from lockstep.adapters.aws.settings_source import DynamoSettingsSource
    from lockstep.adapters.commercetools.orders import CommercetoolsOrders
    from lockstep.adapters.http.pacing import LanePace
    from lockstep.runtime.notification_worker import NotificationWorker
    from lockstep.runtime.queue_worker import QueueWorker
    from lockstep.runtime.stream_worker import StreamWorker
    from lockstep.runtime.sweep import Sweep

SETTINGS_SECONDS = 30
"""A change of the merchant's settings takes effect within this time."""

SECRET_SECONDS = 300
DEPOSCO_ACCOUNT = "deposco"
"""The budget's name: all that calls the same Deposco account shares it."""

WOKEN_PER_RUN = 500
"""Held orders that one sweep wakes in a lane at most."""


class LambdaContext(Protocol):
    """What the handlers use of Lambda's context."""

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until Lambda ends the invocation."""


def remaining_seconds(context: LambdaContext) -> float:
    """Seconds until Lambda ends the invocation."""
    return context.get_remaining_time_in_millis() / 1000


@cache
def notification_worker() -> NotificationWorker:
    """What `receive_storefront_events` runs."""
    from lockstep.adapters.aws.dead_letters import SqsDeadLetters
    from lockstep.adapters.aws.lanes import SqsLanes
    from lockstep.adapters.aws.order_states import DynamoOrderStates
    from lockstep.flows.receive_storefront_events import ReceiveStorefrontEvents
    from lockstep.runtime.notification_worker import NotificationWorker

    settings = ReceiveStorefrontEventsSettings.from_environment()
    sqs = _client("sqs", settings)
    return NotificationWorker(
        flow=ReceiveStorefrontEvents(
            states=DynamoOrderStates(_client("dynamodb", settings), settings.order_state_table),
            lanes=SqsLanes(sqs, settings.warehouse_orders_queue_url, None),
            project_key=settings.commercetools_project_key,
        ),
        dead_letters=SqsDeadLetters(sqs, settings.dead_letter_queue_url),
    )


@cache
def push_orders_worker() -> QueueWorker:
    """What `push_orders` runs."""
    from lockstep.adapters.aws.lanes import SqsLanes
    from lockstep.adapters.aws.open_exceptions import DynamoOpenExceptions
    from lockstep.adapters.aws.order_states import DynamoOrderStates
    from lockstep.adapters.aws.sku_map import DynamoSkuMap
    from lockstep.adapters.deposco.v2.orders import DeposcoSalesOrders
    from lockstep.domain.flow_switches import Flow
    from lockstep.flows.push_orders import PushOrders

    settings = PushOrdersSettings.from_environment()
    clock = SystemClock()
    dynamodb = _client("dynamodb", settings)
    source = _settings_source(settings, settings.control_table, clock)
    pace = _orders_pace(settings, source, clock)
    flow = PushOrders(
        states=DynamoOrderStates(dynamodb, settings.order_state_table),
        shop=_shop(settings, source, clock),
        warehouse=DeposcoSalesOrders(_deposco(settings, pace, clock)),
        sku_map=DynamoSkuMap(dynamodb, settings.sku_map_table),
        exceptions=DynamoOpenExceptions(dynamodb, settings.exceptions_table),
        lanes=SqsLanes(_client("sqs", settings), None, settings.storefront_orders_queue_url),
        settings=source,
        clock=clock,
    )
    return _queue_worker(Flow.PUSH_ORDERS, flow, settings, clock, pace)


@cache
def write_back_orders_worker() -> QueueWorker:
    """What `write_back_orders` runs."""
    from lockstep.adapters.aws.open_exceptions import DynamoOpenExceptions
    from lockstep.adapters.aws.order_states import DynamoOrderStates
    from lockstep.domain.flow_switches import Flow
    from lockstep.flows.write_back_orders import WriteBackOrders

    settings = WriteBackOrdersSettings.from_environment()
    clock = SystemClock()
    dynamodb = _client("dynamodb", settings)
    source = _settings_source(settings, settings.control_table, clock)
    flow = WriteBackOrders(
        states=DynamoOrderStates(dynamodb, settings.order_state_table),
        shop=_shop(settings, source, clock),
        exceptions=DynamoOpenExceptions(dynamodb, settings.exceptions_table),
        settings=source,
        clock=clock,
    )
    return _queue_worker(Flow.WRITE_BACK_ORDERS, flow, settings, clock, None)


@cache
def stream_worker() -> StreamWorker:
    """What `project_orders` runs."""
    from lockstep.adapters.aws.order_items import change_from_stream
    from lockstep.adapters.aws.order_views import DynamoOrderViews
    from lockstep.flows.project_orders import ProjectOrders
    from lockstep.runtime.stream_worker import StreamWorker

    settings = ProjectOrdersSettings.from_environment()
    views = DynamoOrderViews(
        _client("dynamodb", settings), settings.order_views_table, settings.timeline_retention_days
    )
    return StreamWorker(flow=ProjectOrders(views), change_from=change_from_stream)


@cache
def reconcile_orders() -> Sweep:
    """What `reconcile_orders` runs."""
    from lockstep.adapters.aws.flow_switches import DynamoFlowSwitches
    from lockstep.adapters.aws.lanes import SqsLanes
    from lockstep.adapters.aws.order_views import DynamoOrderViews
    from lockstep.flows.reconcile_orders import ReconcileOrders
    from lockstep.runtime.sweep import Sweep

    settings = ReconcileOrdersSettings.from_environment()
    dynamodb = _client("dynamodb", settings)
    flow = ReconcileOrders(
        views=DynamoOrderViews(dynamodb, settings.order_views_table),
        switches=DynamoFlowSwitches(dynamodb, settings.control_table),
        lanes=SqsLanes(
            _client("sqs", settings), settings.warehouse_orders_queue_url, settings.storefront_orders_queue_url
        ),
        clock=SystemClock(),
        orders_per_run=WOKEN_PER_RUN,
    )
    return Sweep(flow)


def _queue_worker(
    flow_name: Any,
    flow: Any,
    settings: PushOrdersSettings | WriteBackOrdersSettings,
    clock: SystemClock,
    pace: LanePace | None,
) -> QueueWorker:
    from lockstep.adapters.aws.dead_letters import SqsDeadLetters
    from lockstep.adapters.aws.flow_switches import DynamoFlowSwitches
    from lockstep.adapters.aws.message_visibility import SqsMessageVisibility
    from lockstep.adapters.chance import jitter
    from lockstep.adapters.hint_message import decode
    from lockstep.runtime.queue_worker import QueueWorker

    sqs = _client("sqs", settings)
    return QueueWorker(
        flow=flow_name,
        convergence=flow,
        decode=decode,
        switches=DynamoFlowSwitches(_client("dynamodb", settings), settings.control_table),
        visibility=SqsMessageVisibility(sqs),
        dead_letters=SqsDeadLetters(sqs, settings.dead_letter_queue_url),
        queue_url=settings.own_queue_url,
        clock=clock,
        jitter=jitter,
        pace=pace,
    )


def _settings_source(settings: FunctionSettings, control_table: str, clock: SystemClock) -> DynamoSettingsSource:
    from lockstep.adapters.aws.settings_source import DynamoSettingsSource
    from lockstep.adapters.settings_document import parse_settings

    return DynamoSettingsSource(
        _client("dynamodb", settings), control_table, parse_settings, clock, cache_seconds=SETTINGS_SECONDS
    )


def _shop(
    settings: PushOrdersSettings | WriteBackOrdersSettings, source: DynamoSettingsSource, clock: SystemClock
) -> CommercetoolsOrders:
    from lockstep.adapters.aws.secrets import SecretSource
    from lockstep.adapters.commercetools.orders import CommercetoolsOrders
    from lockstep.adapters.commercetools.tokens import CommercetoolsToken
    from lockstep.adapters.http.system import HttpSystem, open_session
    from lockstep.adapters.http.tokens import TokenCache

    session = open_session()
    secrets = SecretSource(
        _client("secretsmanager", settings), settings.commercetools_secret_id, clock, cache_seconds=SECRET_SECONDS
    )
    token = CommercetoolsToken(auth_url=settings.commercetools_auth_url, secrets=secrets, session=session, clock=clock)
    return CommercetoolsOrders(
        system=HttpSystem(
            name="commercetools",
            base_url=settings.commercetools_api_url,
            tokens=TokenCache(token.fetch, clock),
            session=session,
        ),
        project_key=settings.commercetools_project_key,
        policy=lambda: source.current().storefront,
        clock=clock,
    )


def _deposco(settings: PushOrdersSettings, pace: LanePace, clock: SystemClock) -> Any:
    from lockstep.adapters.aws.secrets import SecretSource
    from lockstep.adapters.deposco.v2.tokens import DeposcoToken
    from lockstep.adapters.http.system import HttpSystem, open_session
    from lockstep.adapters.http.tokens import TokenCache

    session = open_session()
    secrets = SecretSource(
        _client("secretsmanager", settings), settings.deposco_secret_id, clock, cache_seconds=SECRET_SECONDS
    )
    token = DeposcoToken(auth_url=settings.deposco_auth_url, secrets=secrets, session=session, clock=clock)
    return HttpSystem(
        name="Deposco",
        base_url=settings.deposco_api_url,
        tokens=TokenCache(token.fetch, clock),
        session=session,
        pace=pace,
    )


def _orders_pace(settings: PushOrdersSettings, source: DynamoSettingsSource, clock: SystemClock) -> LanePace:
    from lockstep.adapters.aws.call_budget import DynamoDbCallSlots
    from lockstep.adapters.http.pacing import LanePace, Pacer
    from lockstep.domain.call_budget import CallLane, Generation

    slots = DynamoDbCallSlots(
        _client("dynamodb", settings),
        settings.control_table,
        DEPOSCO_ACCOUNT,
        lambda: source.current().call_budget,
        clock,
    )
    return LanePace(Pacer(slots, CallLane.ORDERS, Generation.V2, clock))


@cache
def _client(service: Literal["dynamodb", "sqs", "secretsmanager"], settings: FunctionSettings) -> Any:
    """One client per service; `aws_endpoint_url` points it to a local stand-in."""
    return boto3.client(
        service,
        endpoint_url=settings.aws_endpoint_url or None,
        config=Config(
            connect_timeout=2,
            read_timeout=5,
            retries={"mode": "standard", "max_attempts": 3},
            max_pool_connections=20,
        ),
    )
