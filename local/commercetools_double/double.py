"""The commercetools double: one project, put together, as the frame serves it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from local.commercetools_double.authorisation import Client, Tokens
from local.commercetools_double.bodies import Ids, Json, dump
from local.commercetools_double.carts import CART, cart_from
from local.commercetools_double.configuration import (
    CHANNEL,
    CUSTOM_OBJECT,
    STATE,
    TYPE,
    built_in_line_item_state,
    channel_from,
    state_from,
    type_from,
)
from local.commercetools_double.custom_objects import CustomObjectEndpoints
from local.commercetools_double.endpoints import Api, ResourceEndpoints
from local.commercetools_double.errors import ApiError, failure, query_timed_out
from local.commercetools_double.extensions import EXTENSION, Extensions, extension_from
from local.commercetools_double.graphql import GraphQL
from local.commercetools_double.import_api import ImportApi
from local.commercetools_double.inventory import INVENTORY_ENTRY, entry_from
from local.commercetools_double.inventory import told_of_deleted as told_of_deleted_entry
from local.commercetools_double.inventory import told_of_new as told_of_new_entry
from local.commercetools_double.line_items import INITIAL_LINE_ITEM_STATE
from local.commercetools_double.messages import MESSAGE, Messages
from local.commercetools_double.notifications import Sender, Transport
from local.commercetools_double.order_edits import ORDER_EDIT, OrderEditEndpoints
from local.commercetools_double.orders import ORDER, OrderEndpoints
from local.commercetools_double.payments import PAYMENT, payment_from
from local.commercetools_double.payments import told_of_new as told_of_new_payment
from local.commercetools_double.products import PRODUCT, PRODUCT_TYPE, product_from, product_type_from
from local.commercetools_double.products import told_of_deleted as told_of_deleted_product
from local.commercetools_double.products import told_of_new as told_of_new_product
from local.commercetools_double.project import Kind, Project, Settings
from local.commercetools_double.schema_watch import SchemaWatch, WatchedTransport
from local.commercetools_double.seeding import seed_inventory, seed_orders
from local.commercetools_double.stock import Stock
from local.commercetools_double.subscription_endpoints import SubscriptionEndpoints
from local.commercetools_double.subscriptions import SUBSCRIPTION, Subscriptions
from local.double import Answer, Call, Controls, Route

KINDS = (
    ORDER,
    ORDER_EDIT,
    CART,
    PAYMENT,
    INVENTORY_ENTRY,
    PRODUCT,
    PRODUCT_TYPE,
    CHANNEL,
    STATE,
    TYPE,
    CUSTOM_OBJECT,
    MESSAGE,
    SUBSCRIPTION,
    EXTENSION,
)
DEFAULT_CLIENTS = (Client(client_id="demo-client", secret="demo-secret", scopes=frozenset({"manage_project"})),)


class CommercetoolsDouble:
    """One project of commercetools, in memory and a temporary file."""

    def __init__(
        self,
        *,
        project_key: str = "demo",
        transport: Transport,
        clients: Sequence[Client] = DEFAULT_CLIENTS,
        settings: Settings | None = None,
        seed: int | None = None,
        aws_endpoint_url: str | None = None,
        watch: SchemaWatch | None = None,
    ) -> None:
        """`transport` carries notifications away; `seed` makes ids and lags repeat; `watch` checks every body."""
        self._controls = Controls()
        settings = settings or Settings()
        self.project = Project(project_key, self._controls, settings, Ids(seed), KINDS)
        self.tokens = Tokens(project_key, self._controls, clients, settings.token_seconds)
        self.sender = Sender(self._controls, WatchedTransport(transport, watch) if watch else transport)
        self.subscriptions = Subscriptions(self.project, self.sender)
        self.messages = Messages(self.project, self.subscriptions)
        self.stock = Stock(self.project, seed)
        self.extensions = Extensions(self.project, aws_endpoint_url, watch)
        self.project.outbox = self.messages
        self.project.gatekeeper = self.extensions
        self.watch = watch
        self._api = Api(project=self.project, tokens=self.tokens, watch=watch)
        self._orders = OrderEndpoints(self._api, self.stock)
        self._imports = ImportApi(self._api)
        self._set_up()

    @property
    def controls(self) -> Controls:
        """The clock, faults and counts."""
        return self._controls

    def routes(self) -> Sequence[Route]:
        """Everything imitated. Addresses with more fixed text stand before those that would swallow them."""
        api = self._api
        endpoints = [
            OrderEditEndpoints(api),
            self._orders,
            ResourceEndpoints(api, CART, draft=cart_from),
            ResourceEndpoints(api, PAYMENT, draft=payment_from, told_of_new=told_of_new_payment),
            ResourceEndpoints(
                api,
                INVENTORY_ENTRY,
                draft=entry_from,
                told_of_new=told_of_new_entry,
                told_of_deleted=told_of_deleted_entry,
            ),
            ResourceEndpoints(
                api,
                PRODUCT,
                draft=product_from,
                told_of_new=told_of_new_product,
                told_of_deleted=told_of_deleted_product,
            ),
            ResourceEndpoints(api, PRODUCT_TYPE, draft=product_type_from),
            ResourceEndpoints(api, CHANNEL, draft=channel_from),
            ResourceEndpoints(api, STATE, draft=state_from),
            ResourceEndpoints(api, TYPE, draft=type_from),
            CustomObjectEndpoints(api),
            ResourceEndpoints(api, MESSAGE, by=None),
            SubscriptionEndpoints(api, self.subscriptions),
            ResourceEndpoints(api, EXTENSION, draft=extension_from),
        ]
        return [
            Route(method="POST", path="/oauth/token", kind="oauth.token", handler=self._grant),
            *(route for each in endpoints for route in each.routes()),
            *self._imports.routes(),
            *GraphQL(api).routes(),
            Route(method="*", path="/{rest:.*}", kind="unknown", handler=self._unknown),
        ]

    def admin_routes(self) -> Sequence[Route]:
        """Placing orders whole, and seeding many at once."""
        return [
            Route(method="POST", path="/_admin/orders", kind="admin", handler=self._place),
            Route(method="POST", path="/_admin/seed", kind="admin", handler=self._seed),
        ]

    def failure(self, status: int, call: Call) -> Answer:
        """An injected failure in commercetools' own words."""
        return self._failed(failure(status), f"injected {status} at {call.path}")

    def timed_out(self, call: Call) -> Answer:
        """A query that took too long (CT-ERR-05, CT-ERR-06)."""
        return self._failed(query_timed_out(), call.path)

    def _failed(self, error: ApiError, where: str) -> Answer:
        answer = Answer(status=error.status, body=dump(error.body()))
        if self.watch is not None:
            self.watch.look_at_failure(answer, where)
        return answer

    def expire_tokens(self) -> None:
        """Make every token invalid."""
        self.tokens.forget()

    def counts(self) -> dict[str, int]:
        """How many resources of each kind there are, and what is on its way."""
        return {
            **{_named(kind): self.project.storage.count(kind.type_id) for kind in KINDS},
            "notifications_sent": self.sender.sent,
            "notifications_lost": self.sender.lost,
            "notifications_waiting": self.sender.waiting(),
            "deductions": sum(1 for _ in self.stock.coming()),
            **(
                {"schema_checks": self.watch.checked, "schema_violations": len(self.watch.violations)}
                if self.watch
                else {}
            ),
        }

    def bodies(self, name: str) -> list[Any]:
        """Everything of one kind; `deductions` are those on their way."""
        if name == "deductions":
            return list(self.stock.coming())
        if name == "schema_violations" and self.watch:
            return list(self.watch.violations)
        kinds = {_named(kind): kind for kind in KINDS}
        return [json.loads(raw) for raw in self.project.storage.bodies(kinds[name].type_id)]

    def catch_up(self) -> None:
        """Deductions, imports and notifications that are due, and messages that are kept no longer."""
        self.stock.catch_up()
        self._imports.catch_up()
        self.messages.forget_old()
        self.sender.catch_up()

    async def settle(self) -> None:
        """Return when every notification that is due has been sent."""
        self.catch_up()
        await self.sender.settle()

    def reset(self) -> None:
        """Forget everything but what every project has from the start."""
        self.project.clear()
        self.subscriptions.changed()
        self.stock.forget()
        self.sender.forget()
        self._imports.forget()
        self.tokens.forget()
        self._set_up()

    async def start(self) -> None:
        """Begin to send notifications."""
        await self.extensions.start()
        await self.sender.start()

    async def stop(self) -> None:
        """Stop sending and give the store back."""
        await self.sender.stop()
        await self.extensions.stop()
        self.project.storage.close()

    def _set_up(self) -> None:
        state = self.project.stamped(built_in_line_item_state(INITIAL_LINE_ITEM_STATE), "commercetools")
        self.project.store_new(STATE, state)
        product_type = product_type_from(self.project, {"key": "main", "name": "Main", "description": "Any product"})
        self.project.store_new(PRODUCT_TYPE, self.project.stamped(product_type, "commercetools"))

    async def _grant(self, call: Call) -> Answer:
        try:
            return Answer.of_json(self.tokens.grant(call))
        except ApiError as error:
            return Answer(status=error.status, body=dump(error.body()))

    async def _unknown(self, call: Call) -> Answer:
        return self._failed(ApiError(404, "ResourceNotFound", f"URI not found: {call.path}"), call.path)

    async def _place(self, call: Call) -> Answer:
        try:
            return await self._orders.place(call)
        except ApiError as error:
            return Answer(status=error.status, body=dump(error.body()))

    async def _seed(self, call: Call) -> Answer:
        wanted: Json = json.loads(call.body)
        seed_inventory(self.project, int(wanted.get("inventory", 0)))
        seed_orders(self.project, int(wanted.get("orders", 0)))
        return Answer.of_json({"counts": self.counts()})


def _named(kind: Kind) -> str:
    """The name of a kind in `/_admin/state`: its path, with `order-edits` for the one below orders."""
    return kind.path.replace("orders/edits", "order-edits")
