"""The V1 API under `/integration/{code}`: what each address answers, behind Basic auth and per-endpoint permissions."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from local.deposco_double.account import Account
from local.deposco_double.call_rate import CallRate
from local.deposco_double.items import Items
from local.deposco_double.refusal import RefusalError
from local.deposco_double.sales_orders import SalesOrders
from local.deposco_double.v1_format import plain, read_body
from local.deposco_double.v1_inventory import V1Inventory
from local.deposco_double.v1_items import V1Items
from local.deposco_double.v1_orders import V1Orders
from local.deposco_double.v2_tokens import credentials_of
from local.deposco_double.webhooks import Webhooks
from local.double import Answer, Call, Route

Served = Callable[[Call], Answer]
_CHALLENGE = {"WWW-Authenticate": 'Basic realm="Deposco"'}


class V1Routes:
    """All of V1 that the double serves."""

    def __init__(self, account: Account, rate: CallRate, orders: SalesOrders, items: Items, webhooks: Webhooks) -> None:
        self._account = account
        self._rate = rate
        self._orders = V1Orders(account, orders)
        self._items = V1Items(account, items)
        self._inventory = V1Inventory(account)
        self._webhooks = webhooks

    def routes(self) -> list[Route]:
        """Every address; a more special one stands before the one that would swallow it."""
        orders, items, inventory = self._orders, self._items, self._inventory
        listed: list[tuple[str, str, str, Served]] = [
            ("POST", "orders", "v1.orders.create", orders.create),
            ("POST", "orders/updates", "v1.orders.update", orders.update),
            ("POST", "orders/statusUpdates", "v1.orders.set_statuses", orders.set_statuses),
            ("GET", "orders/{type}/{number}", "v1.orders.get", orders.get),
            ("GET", "orders/{unit}/{type}/{number}", "v1.orders.get", orders.get),
            ("PUT", "orders/{type}/{number}", "v1.orders.put", orders.put),
            ("POST", "orders/{type}/{number}", "v1.orders.change_header", orders.change_header),
            ("POST", "items", "v1.items.create", items.create),
            ("POST", "items/updates", "v1.items.update", items.update),
            ("GET", "items/{number}", "v1.items.get", items.get),
            ("GET", "items/{unit}/{number}", "v1.items.get", items.get),
            ("PUT", "items/{number}", "v1.items.put", items.put),
            ("POST", "items/{number}", "v1.items.change", items.change),
            ("GET", "status/order/search", "v1.status.search", orders.search_statuses),
            ("GET", "status/order/{type}/{number}", "v1.status.get", orders.status),
            ("GET", "search/{entity}", "v1.search", orders.search),
            ("GET", "shipments", "v1.shipments", orders.shipments),
            ("GET", "shipments/{unit}", "v1.shipments", orders.shipments),
            ("GET", "shipments/{unit}/{number}", "v1.shipments", orders.shipments),
            ("GET", "enterpriseinventory/{unit}/availability", "v1.availability", inventory.availability),
            ("GET", "inventory/full", "v1.inventory", inventory.full),
            ("GET", "ctrl/getRestfulATP", "v1.available_to_promise", inventory.available_to_promise),
            ("POST", "ctrl/reserveInventoryAPI", "v1.reserve", inventory.reserve),
            ("GET", "webhooks", "v1.webhooks.list", self._list_webhooks),
            ("POST", "webhooks", "v1.webhooks.register", self._register_webhook),
            ("DELETE", "webhooks/{id}", "v1.webhooks.delete", self._delete_webhook),
        ]
        base = f"/integration/{self._account.settings.company_code}"
        routes = [
            Route(method=method, path=f"{base}/{path}", kind=kind, handler=self._behind(method, path, served))
            for method, path, kind, served in listed
        ]
        unknown = Route(method="*", path=f"{base}/{{tail:.*}}", kind="v1.unknown", handler=self._unknown)
        return [*routes, unknown]

    def _behind(self, method: str, path: str, served: Served) -> Callable[[Call], Awaitable[Answer]]:
        grant = f"{method} {path.partition('/')[0]}"

        async def handle(call: Call) -> Answer:
            refused = self._refused(call, grant)
            if refused:
                return refused
            try:
                return served(call)
            except RefusalError as refusal:
                return plain(refusal.status, refusal.message or "")

        return handle

    def _refused(self, call: Call, grant: str) -> Answer | None:
        """What stops a call before it is looked at (DEP-LIMIT-04, DEP-V1AUTH-01, DEP-V1AUTH-02, DEP-V1ORD-08)."""
        settings = self._account.settings
        if not self._rate.takes(settings.rate_per_second):
            return Answer(status=429)
        if not settings.spaces_in_path and "%20" in call.raw_path.partition("?")[0]:
            return plain(400, "Bad Request")
        user = credentials_of(call.headers.get("Authorization", ""))
        if user != (settings.v1_user, settings.v1_password):
            return Answer(status=401, body=b"Unauthorized", content_type="text/plain", headers=_CHALLENGE)
        if grant in settings.refused_grants:
            return plain(403, "Forbidden")
        return None

    async def _unknown(self, call: Call) -> Answer:
        return plain(404, "Not Found")

    def _list_webhooks(self, call: Call) -> Answer:
        """The path is ours (DEP-WHOOK-01)."""
        return Answer.of_json({"webhook": [known.shown() for known in self._webhooks.registrations.values()]})

    def _register_webhook(self, call: Call) -> Answer:
        try:
            return Answer.of_json(self._webhooks.register(read_body(call)).shown(), 201)
        except (ValueError, KeyError) as error:
            return plain(400, str(error))

    def _delete_webhook(self, call: Call) -> Answer:
        text = call.parts["id"]
        known = self._webhooks.registrations.pop(int(text), None) if text.isdecimal() else None
        return Answer(status=204) if known else plain(404, "Not Found")
