"""What every shop must do for both flows: the one in memory and commercetools (the double)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
import requests
from lockstep.adapters.commercetools.orders import CommercetoolsOrders
from lockstep.adapters.commercetools.tokens import CommercetoolsToken
from lockstep.adapters.http.system import HttpSystem, open_session
from lockstep.adapters.http.tokens import TokenCache
from lockstep.adapters.memory.secrets import MemorySecretSource
from lockstep.adapters.memory.shop_orders import MemoryShopOrders
from lockstep.adapters.system_clock import SystemClock
from lockstep.domain.errors import (
    ConcurrentChangeError,
    ConfigurationError,
    OutcomeUnknownError,
    PermanentError,
    SystemBusyError,
    TransientError,
)
from lockstep.domain.exception_codes import ExceptionCode
from lockstep.domain.money import Money
from lockstep.domain.orders import OrderStatus
from lockstep.domain.storefront_facts import ChangeStatus, SetFields, SetSyncInfo
from lockstep.flows.ports import ShopOrders

from local.commercetools_double.double import CommercetoolsDouble
from local.double_server import serving_in_thread
from local.scenarios.shop import CHANNEL_KEY, CREDENTIALS, PROJECT, TYPE_KEY, Shop, a_transaction
from local.scenarios.trading_day import CATALOGUE, SHIPPING_CENTS, PlannedLine, PlannedOrder, Story
from tests.integration.commercetools_double.shop import Queue
from tests.support.orders import STOREFRONT, an_order

PLANNED = PlannedOrder(
    number="WEB-1", story=Story.ORDINARY, lines=(PlannedLine(product=CATALOGUE[0], quantity=2),), city="Gent"
)
EVERYTHING = (
    SetSyncInfo(channel_key=CHANNEL_KEY, external_id="WEB-1"),
    ChangeStatus(status=OrderStatus.CONFIRMED),
    SetFields(type_key=TYPE_KEY, fields=(("lockstepStatus", "proven"), ("lockstepWarehouseOrder", "WEB-1"))),
)


@dataclass
class Commercetools:
    """The adapter, the double behind it, and the merchant's hand on it."""

    url: str
    orders: CommercetoolsOrders
    shop: Shop
    secrets: MemorySecretSource

    def fault(self, **rule: Any) -> None:
        body = {"seed": 1, "rules": [{"name": "fault", "match": {"kind": "orders.*"}, **rule}]}
        requests.post(f"{self.url}/_admin/faults", json=body, timeout=10).raise_for_status()

    def calls(self, kind: str) -> int:
        kinds: dict[str, int] = requests.get(f"{self.url}/_admin/calls", timeout=10).json()["kinds"]
        return kinds.get(kind, 0)

    def place(self, **changes: Any) -> dict[str, Any]:
        given = {"payment_state": "Paid", "transactions": [a_transaction("Charge", PLANNED.total_cents)]} | changes
        return self.shop.place(PLANNED, **given)


@pytest.fixture
def commercetools() -> Iterator[Commercetools]:
    clock = SystemClock()
    with serving_in_thread(CommercetoolsDouble(project_key=PROJECT, transport=Queue(), seed=1)) as url:
        session = open_session()
        secrets = MemorySecretSource(CREDENTIALS)
        token = CommercetoolsToken(auth_url=url, secrets=secrets, session=session, clock=clock)
        system = HttpSystem(
            name="commercetools",
            base_url=url,
            tokens=TokenCache(token.fetch, clock),
            session=session,
            answer_seconds=2,
        )
        orders = CommercetoolsOrders(system=system, project_key=PROJECT, policy=lambda: STOREFRONT, clock=clock)
        shop = Shop(url)
        shop.set_up(CATALOGUE)
        yield Commercetools(url=url, orders=orders, shop=shop, secrets=secrets)
        session.close()


@dataclass
class Side:
    """A shop with one order in it."""

    shop: ShopOrders
    order_id: str
    version: int


@pytest.fixture(params=["memory", "commercetools"])
def side(request: pytest.FixtureRequest) -> Side:
    if request.param == "memory":
        memory = MemoryShopOrders()
        memory.put(an_order("order-1"))
        return Side(shop=memory, order_id="order-1", version=1)
    commercetools: Commercetools = request.getfixturevalue("commercetools")
    placed = commercetools.place()
    return Side(shop=commercetools.orders, order_id=placed["id"], version=placed["version"])


def test_an_order_is_fetched_as_it_is(side: Side) -> None:
    order = side.shop.fetch(side.order_id)
    assert order is not None
    assert (order.order_id, order.version, order.status) == (side.order_id, side.version, OrderStatus.OPEN)


def test_an_order_that_is_not_there_is_none(side: Side) -> None:
    assert side.shop.fetch("11111111-1111-4111-8111-111111111111") is None


def test_one_write_changes_everything_and_returns_the_new_view(side: Side) -> None:
    view = side.shop.write(side.order_id, side.version, EVERYTHING)
    assert view.version > side.version
    assert (view.warehouse_number, view.status) == ("WEB-1", OrderStatus.CONFIRMED)
    assert dict(view.fields) == {"lockstepStatus": "proven", "lockstepWarehouseOrder": "WEB-1"}
    assert view.custom_type_id == side.shop.our_type_id()
    order = side.shop.fetch(side.order_id)
    assert order is not None
    assert order.view == view


def test_a_field_is_taken_away_again(side: Side) -> None:
    view = side.shop.write(side.order_id, side.version, EVERYTHING)
    emptied = SetFields(type_key=None, fields=(("lockstepStatus", ""),))
    assert dict(side.shop.write(side.order_id, view.version, [emptied]).fields) == {"lockstepWarehouseOrder": "WEB-1"}


def test_a_write_to_a_version_that_moved_on_changes_nothing_and_names_the_present_one(side: Side) -> None:
    view = side.shop.write(side.order_id, side.version, EVERYTHING[:1])
    with pytest.raises(ConcurrentChangeError) as error:
        side.shop.write(side.order_id, side.version, EVERYTHING)
    assert error.value.current_version == view.version
    order = side.shop.fetch(side.order_id)
    assert order is not None
    assert order.view == view


def test_a_write_to_an_order_that_is_gone_is_named_so(side: Side) -> None:
    with pytest.raises(PermanentError) as error:
        side.shop.write("11111111-1111-4111-8111-111111111111", 1, EVERYTHING)
    assert error.value.code is ExceptionCode.ORDER_NOT_IN_SHOP


# commercetools alone


def test_a_fetched_order_tells_all_that_the_warehouse_needs(commercetools: Commercetools) -> None:
    placed = commercetools.place()
    order = commercetools.orders.fetch(placed["id"])
    assert order is not None
    assert order.order_number == "WEB-1"
    assert [(line.sku, line.quantity) for line in order.lines] == [(CATALOGUE[0].sku, 2)]
    assert order.total == Money(PLANNED.total_cents, "EUR")
    assert order.shipping == Money(SHIPPING_CENTS, "EUR")
    assert order.shipping_method == "Standard"
    assert order.shipping_address is not None
    assert (order.shipping_address.street, order.shipping_address.city) == ("Long Street 1", "Gent")
    assert order.payments is not None
    assert order.payments[0].transactions[0].amount == Money(PLANNED.total_cents, "EUR")


def test_an_order_as_a_message_carries_it_names_its_payments_without_telling_them(
    commercetools: Commercetools,
) -> None:
    placed = commercetools.place()
    order = commercetools.orders.read_document(placed)
    assert len(order.payment_ids) == 1
    assert order.payments is None


@pytest.mark.parametrize("absent", ["id", "version", "totalPrice", "orderState"])
def test_an_unreadable_order_names_the_field_and_quotes_nothing(commercetools: Commercetools, absent: str) -> None:
    document = commercetools.place()
    del document[absent]
    with pytest.raises(PermanentError) as error:
        commercetools.orders.read_document(document)
    assert error.value.code is ExceptionCode.ORDER_UNREADABLE
    assert absent in error.value.facts["fields"]
    assert "Long Street" not in str(error.value) + str(error.value.facts)


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ({"do": "status", "status": 429}, SystemBusyError),
        ({"do": "status", "status": 500}, OutcomeUnknownError),
        ({"do": "status_after_effect", "status": 500}, OutcomeUnknownError),
        ({"do": "status", "status": 503}, OutcomeUnknownError),
        ({"do": "cut_after"}, OutcomeUnknownError),
        ({"do": "status", "status": 403}, ConfigurationError),
    ],
    ids=lambda value: str(value["do"]) + str(value.get("status", "")) if isinstance(value, dict) else "",
)
def test_each_failure_of_a_write_has_its_fate(
    commercetools: Commercetools, fault: dict[str, Any], expected: type[Exception]
) -> None:
    placed = commercetools.place()
    commercetools.fault(when={"first": 1}, **fault)
    with pytest.raises(expected):
        commercetools.orders.write(placed["id"], placed["version"], EVERYTHING)


def test_a_failed_read_is_never_in_doubt(commercetools: Commercetools) -> None:
    commercetools.fault(when={"first": 1}, do="status", status=502)
    with pytest.raises(TransientError) as error:
        commercetools.orders.fetch("11111111-1111-4111-8111-111111111111")
    assert not isinstance(error.value, OutcomeUnknownError)


def test_a_token_that_ran_out_is_replaced_on_the_way(commercetools: Commercetools) -> None:
    placed = commercetools.place()
    commercetools.fault(when={"first": 1}, do="expire_token")
    assert commercetools.orders.fetch(placed["id"]) is not None


def test_a_channel_that_setup_never_made_is_a_configuration_error(commercetools: Commercetools) -> None:
    placed = commercetools.place()
    nowhere = SetSyncInfo(channel_key="nowhere", external_id="WEB-1")
    with pytest.raises(ConfigurationError):
        commercetools.orders.write(placed["id"], placed["version"], [nowhere])


def test_a_field_that_the_type_lacks_is_a_refusal_with_its_reason(commercetools: Commercetools) -> None:
    placed = commercetools.place()
    unknown = SetFields(type_key=TYPE_KEY, fields=(("noSuchField", "x"),))
    with pytest.raises(PermanentError) as error:
        commercetools.orders.write(placed["id"], placed["version"], [unknown])
    assert error.value.code is ExceptionCode.SHOP_REJECTED_WRITE
    assert "noSuchField" in error.value.facts["reason"]


def test_the_channel_is_looked_up_only_when_an_order_carries_sync_info_and_then_once(
    commercetools: Commercetools,
) -> None:
    placed = commercetools.place()
    commercetools.orders.fetch(placed["id"])
    assert commercetools.calls("channels.query") == 0
    commercetools.orders.write(placed["id"], placed["version"], EVERYTHING)
    commercetools.orders.fetch(placed["id"])
    assert commercetools.calls("channels.query") == 1


def test_another_systems_sync_info_is_not_taken_for_ours(commercetools: Commercetools) -> None:
    placed = commercetools.place()
    view = commercetools.orders.write(placed["id"], placed["version"], EVERYTHING[:1])
    assert view.warehouse_number == "WEB-1"
    elsewhere = replace(STOREFRONT, channel_key="somebody-elses")
    commercetools.orders = replace(commercetools.orders, policy=lambda: elsewhere)
    order = commercetools.orders.fetch(placed["id"])
    assert order is not None
    assert order.view.warehouse_number is None
