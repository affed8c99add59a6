"""What every warehouse must do for `push_orders`: the one in memory and Deposco's sales orders (the double)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
import requests
from lockstep.adapters.deposco.v2.mapping import body_of
from lockstep.adapters.deposco.v2.orders import DeposcoSalesOrders
from lockstep.adapters.deposco.v2.tokens import DeposcoToken
from lockstep.adapters.http.system import HttpSystem, open_session
from lockstep.adapters.http.tokens import TokenCache
from lockstep.adapters.memory.secrets import MemorySecretSource
from lockstep.adapters.memory.warehouse_orders import MemoryWarehouseOrders
from lockstep.adapters.system_clock import SystemClock
from lockstep.domain.errors import (
    ConcurrentChangeError,
    ConfigurationError,
    OutcomeUnknownError,
    PermanentError,
    SystemBusyError,
    TransientError,
)
from lockstep.domain.exception_codes import EXCEPTION_KINDS, ExceptionCode, Severity
from lockstep.domain.warehouse_orders import MappedItem, WarehouseOrder, compose, differences
from lockstep.flows.ports import WarehouseOrders

from local.deposco_double.double import DeposcoDouble
from local.deposco_double.schema import violations
from local.deposco_double.settings import AccountSettings
from local.double_server import serving_in_thread
from tests.support.orders import HOME, STORE, a_line, an_order

ITEMS = [f"ITM-{number}" for number in range(1, 151)]
CREDENTIALS = {"client_id": "demo-client", "client_secret": "demo-secret", "refresh_token": "demo-refresh"}


@dataclass
class Deposco:
    """The adapter, and the double behind it."""

    url: str
    orders: DeposcoSalesOrders
    secrets: MemorySecretSource

    def fault(self, **rule: Any) -> None:
        body = {"seed": 1, "rules": [{"name": "fault", "match": {"kind": "sales_orders.*"}, **rule}]}
        requests.post(f"{self.url}/_admin/faults", json=body, timeout=10).raise_for_status()

    def calls(self) -> dict[str, int]:
        kinds: dict[str, int] = requests.get(f"{self.url}/_admin/calls", timeout=10).json()["kinds"]
        return kinds


@pytest.fixture
def deposco() -> Iterator[Deposco]:
    clock = SystemClock()
    with serving_in_thread(DeposcoDouble(AccountSettings(rate_per_second=0))) as url:
        requests.post(f"{url}/_admin/seed", json={"items": ITEMS}, timeout=10).raise_for_status()
        session = open_session()
        secrets = MemorySecretSource(CREDENTIALS)
        token = DeposcoToken(auth_url=url, secrets=secrets, session=session, clock=clock)
        system = HttpSystem(
            name="Deposco",
            base_url=f"{url}/latest",
            tokens=TokenCache(token.fetch, clock),
            session=session,
            answer_seconds=2,
        )
        yield Deposco(url=url, orders=DeposcoSalesOrders(system), secrets=secrets)
        session.close()


@pytest.fixture(params=["memory", "deposco"])
def warehouse(request: pytest.FixtureRequest) -> WarehouseOrders:
    if request.param == "memory":
        memory = MemoryWarehouseOrders()
        memory.stock(ITEMS)
        return memory
    deposco: Deposco = request.getfixturevalue("deposco")
    return deposco.orders


def an_order_of(lines: int, *, number: str = "WEB-1", quantity: int = 2) -> WarehouseOrder:
    order = an_order(lines=tuple(a_line(n, quantity=quantity) for n in range(1, lines + 1)))
    items = {f"SKU-{n}": MappedItem(sku=f"SKU-{n}", item_number=f"ITM-{n}") for n in range(1, lines + 1)}
    return compose(order, number=number, items=items, policy=STORE, line_numbers={})


@pytest.mark.parametrize("lines", [1, 10, 11, 100, 150])
def test_an_order_is_placed_and_returned_whole(warehouse: WarehouseOrders, lines: int) -> None:
    wanted = an_order_of(lines)
    assert differences(wanted, warehouse.place(wanted)) == ()


@pytest.mark.parametrize("lines", [1, 11, 150])
def test_it_is_found_whole_by_its_number(warehouse: WarehouseOrders, lines: int) -> None:
    wanted = an_order_of(lines)
    placed = warehouse.place(wanted)
    (found,) = warehouse.find("DEMO", "WEB-1")
    assert found.warehouse_id == placed.warehouse_id
    assert differences(wanted, found) == ()


def test_placing_again_changes_the_one_order_there_is(warehouse: WarehouseOrders) -> None:
    warehouse.place(an_order_of(2))
    more = an_order_of(2, quantity=5)
    assert differences(more, warehouse.place(more)) == ()
    assert len(warehouse.find("DEMO", "WEB-1")) == 1


def test_an_ordinary_order_can_be_expressed(warehouse: WarehouseOrders) -> None:
    warehouse.require_expressible(an_order_of(2))
    assert warehouse.find("DEMO", "WEB-1") == ()


def test_what_is_not_there_is_not_found(warehouse: WarehouseOrders) -> None:
    warehouse.place(an_order_of(1))
    assert warehouse.find("DEMO", "WEB-2") == ()


def test_an_unknown_item_is_refused_by_name_and_leaves_nothing(warehouse: WarehouseOrders) -> None:
    wanted = an_order_of(1)
    unknown = replace(wanted, lines=(replace(wanted.lines[0], item_number="ITM-NOWHERE"),))
    with pytest.raises(PermanentError) as error:
        warehouse.place(unknown)
    assert error.value.code is ExceptionCode.WAREHOUSE_ITEM_UNKNOWN
    assert "ITM-NOWHERE" in error.value.facts["reason"]
    assert warehouse.find("DEMO", "WEB-1") == ()


# Deposco alone


def test_one_call_places_and_proves_an_order_of_ten_lines(deposco: Deposco) -> None:
    deposco.orders.place(an_order_of(10))
    assert deposco.calls() == {"oauth.token": 1, "sales_orders.upsert": 1}


def test_our_request_passes_deposcos_own_field_list() -> None:
    wanted = replace(an_order_of(3), bill_to=HOME)
    assert violations("SalesOrder", body_of(wanted, wanted.lines)) == []


@pytest.mark.parametrize(
    ("address", "named"),
    [
        (replace(HOME, city="x" * 31), "shipToAddress.city"),
        (replace(HOME, street="x" * 65), "shipToAddress.line1"),
        (replace(HOME, last_name="x" * 31), "shipToContact.lastName"),
        (replace(HOME, email="x" * 51), "shipToContact.email"),
    ],
)
def test_a_field_that_does_not_fit_is_named_but_not_quoted(deposco: Deposco, address: Any, named: str) -> None:
    with pytest.raises(PermanentError) as error:
        deposco.orders.require_expressible(replace(an_order_of(1), ship_to=address))
    assert error.value.code is ExceptionCode.FIELD_TOO_LONG
    assert named in error.value.facts["fields"]
    assert "xxx" not in str(error.value) + str(error.value.facts)
    assert deposco.calls() == {}


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ({"do": "status", "status": 429}, SystemBusyError),
        ({"do": "status", "status": 409}, ConcurrentChangeError),
        ({"do": "status", "status": 500}, OutcomeUnknownError),
        ({"do": "status_after_effect", "status": 502}, OutcomeUnknownError),
        ({"do": "cut_after"}, OutcomeUnknownError),
        ({"do": "cut_before"}, OutcomeUnknownError),
        ({"do": "empty_200"}, OutcomeUnknownError),
        ({"do": "status", "status": 403}, ConfigurationError),
    ],
    ids=lambda value: str(value["do"]) + str(value.get("status", "")) if isinstance(value, dict) else "",
)
def test_each_failure_of_a_write_has_its_fate(
    deposco: Deposco, fault: dict[str, Any], expected: type[Exception]
) -> None:
    deposco.fault(when={"first": 1}, **fault)
    with pytest.raises(expected):
        deposco.orders.place(an_order_of(1))


@pytest.mark.parametrize("fault", [{"do": "status", "status": 500}, {"do": "cut_before"}, {"do": "empty_200"}])
def test_a_failed_read_is_never_in_doubt(deposco: Deposco, fault: dict[str, Any]) -> None:
    deposco.fault(when={"first": 1}, **fault)
    with pytest.raises(TransientError) as error:
        deposco.orders.find("DEMO", "WEB-1")
    assert not isinstance(error.value, OutcomeUnknownError)


def test_a_token_that_ran_out_is_replaced_on_the_way(deposco: Deposco) -> None:
    deposco.orders.place(an_order_of(1))
    deposco.fault(when={"first": 1}, do="expire_token")
    deposco.orders.place(an_order_of(1, number="WEB-2"))
    assert deposco.calls()["oauth.token"] == 2


def test_a_part_that_was_taken_is_told_when_a_later_part_is_refused(deposco: Deposco) -> None:
    wanted = an_order_of(120)
    unknown = replace(wanted.lines[104], item_number="ITM-NOWHERE")
    with pytest.raises(PermanentError) as error:
        deposco.orders.place(replace(wanted, lines=(*wanted.lines[:104], unknown, *wanted.lines[105:])))
    assert error.value.code is ExceptionCode.WAREHOUSE_COPY_DIFFERS
    assert EXCEPTION_KINDS[error.value.code].severity is Severity.CRITICAL
    assert error.value.facts["lines_in_deposco"] == ", ".join(str(number) for number in range(1, 101))
    assert error.value.facts["lines_not_in_deposco"] == ", ".join(str(number) for number in range(101, 121))
    assert "ITM-NOWHERE" in error.value.facts["reason"]
    (copy,) = deposco.orders.find("DEMO", "WEB-1")
    assert len(copy.lines) == 100


def test_a_first_part_that_is_refused_leaves_nothing_behind(deposco: Deposco) -> None:
    wanted = an_order_of(120)
    unknown = replace(wanted.lines[0], item_number="ITM-NOWHERE")
    with pytest.raises(PermanentError) as error:
        deposco.orders.place(replace(wanted, lines=(unknown, *wanted.lines[1:])))
    assert error.value.code is ExceptionCode.WAREHOUSE_ITEM_UNKNOWN
    assert deposco.orders.find("DEMO", "WEB-1") == ()


def test_an_unknown_business_unit_is_a_configuration_error(deposco: Deposco) -> None:
    with pytest.raises(ConfigurationError) as error:
        deposco.orders.place(replace(an_order_of(1), business_unit="NOBODY"))
    assert "business unit NOBODY" in str(error.value)


def test_a_wrong_base_address_is_a_configuration_error(deposco: Deposco) -> None:
    elsewhere = DeposcoSalesOrders(replace(deposco.orders.system, base_url=f"{deposco.url}/beta"))
    with pytest.raises(ConfigurationError):
        elsewhere.place(an_order_of(1))


STRANGE = {"data": [{"number": "WEB-1", "self": {"id": 1}}]}


def test_a_read_in_a_shape_nobody_knows_names_the_fields(deposco: Deposco) -> None:
    deposco.fault(when={"first": 1}, do="status", status=200, body=STRANGE)
    with pytest.raises(ConfigurationError) as error:
        deposco.orders.find("DEMO", "WEB-1")
    assert "data.0.businessUnit" in str(error.value)


def test_a_write_answered_in_a_shape_nobody_knows_is_in_doubt(deposco: Deposco) -> None:
    deposco.fault(when={"first": 1}, do="status", status=200, body=STRANGE)
    with pytest.raises(OutcomeUnknownError):
        deposco.orders.place(an_order_of(1))


def test_refused_credentials_are_a_configuration_error_that_shows_none_of_them(deposco: Deposco) -> None:
    deposco.secrets.store(CREDENTIALS | {"client_secret": "wrong-secret"})
    with pytest.raises(ConfigurationError) as error:
        deposco.orders.place(an_order_of(1))
    assert "secret" not in str(error.value)


def test_nobody_listening_means_nothing_was_sent() -> None:
    clock = SystemClock()
    session = open_session()
    token = DeposcoToken(
        auth_url="http://127.0.0.1:9", secrets=MemorySecretSource(CREDENTIALS), session=session, clock=clock
    )
    system = HttpSystem(
        name="Deposco", base_url="http://127.0.0.1:9", tokens=TokenCache(token.fetch, clock), session=session
    )
    with pytest.raises(TransientError) as error:
        DeposcoSalesOrders(system).place(an_order_of(1))
    assert not isinstance(error.value, OutcomeUnknownError)
    session.close()
