"""The PyPI package `commercetools`, a client nobody here wrote, drives the double and does not notice."""

from __future__ import annotations

from typing import Any

import pytest
from commercetools import CommercetoolsError
from commercetools.platform import Client
from commercetools.platform import models as ct

from tests.integration.commercetools_double.shop import Shop

# The client declares its own fields in a way its serialiser is about to drop.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


class NoTokens:
    """Keeps no token: the client's own saver would carry one over to the next test's double."""

    def get_token(self, client_id: str, scopes: Any) -> None:
        return None

    def add_token(self, client_id: str, scopes: Any, token: Any) -> None:
        pass


@pytest.fixture
def project(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    return project_of(shop)


def project_of(shop: Shop) -> Any:
    client = Client(
        client_id="demo-client",
        client_secret="demo-secret",
        scope=["manage_project:demo"],
        url=shop.url,
        token_url=f"{shop.url}/oauth/token",
        token_saver=NoTokens(),
    )
    return client.with_project_key("demo")


def usd(cents: int) -> Any:
    return ct.Money(cent_amount=cents, currency_code="USD")


def order_draft(number: str = "WEB-1") -> Any:
    return ct.OrderImportDraft(
        order_number=number,
        total_price=usd(2500),
        shipping_info=ct.ShippingInfoImportDraft(
            shipping_method_name="Ground", price=usd(500), shipping_rate=ct.ShippingRateDraft(price=usd(500))
        ),
        line_items=[
            ct.LineItemImportDraft(
                name={"en": "Shirt"},
                variant=ct.ProductVariantImportDraft(sku="SKU-1"),
                quantity=2,
                price=ct.PriceDraft(value=usd(1000)),
            )
        ],
    )


def test_an_order_is_imported_shipped_and_read_back(project: Any) -> None:
    order = project.orders().import_order().post(order_draft())
    delivery = ct.OrderAddDeliveryAction(
        delivery_key="SHIP-1",
        items=[ct.DeliveryItem(id=order.line_items[0].id, quantity=2)],
        parcels=[ct.ParcelDraft(key="PKG-1", tracking_data=ct.TrackingData(tracking_id="1Z"))],
    )
    state = ct.OrderChangeShipmentStateAction(shipment_state=ct.ShipmentState.SHIPPED)
    update = ct.OrderUpdate(version=order.version, actions=[delivery, state])
    project.orders().with_id(order.id).post(update)
    read = project.orders().with_order_number("WEB-1").get()
    assert read.shipment_state is ct.ShipmentState.SHIPPED
    assert read.shipping_info.deliveries[0].parcels[0].tracking_data.tracking_id == "1Z"


def test_a_conflict_reaches_the_client_as_its_own_error(project: Any) -> None:
    order = project.orders().import_order().post(order_draft())
    update = ct.OrderUpdate(version=9, actions=[ct.OrderChangeOrderStateAction(order_state=ct.OrderState.CONFIRMED)])
    with pytest.raises(CommercetoolsError) as raised:
        project.orders().with_id(order.id).post(update)
    assert raised.value.errors[0]["code"] == "ConcurrentModification"
    assert raised.value.errors[0]["currentVersion"] == 1


def test_orders_are_queried_in_pages(project: Any) -> None:
    for number in ("WEB-1", "WEB-2", "WEB-3"):
        project.orders().import_order().post(order_draft(number))
    page = project.orders().get(where='orderNumber in ("WEB-1", "WEB-3")', sort="orderNumber desc", limit=1)
    assert ([order.order_number for order in page.results], page.total) == (["WEB-3"], 2)


def test_an_order_is_marked_as_exported(project: Any) -> None:
    channel = project.channels().post(ct.ChannelDraft(key="wms", roles=[ct.ChannelRoleEnum.ORDER_EXPORT]))
    order = project.orders().import_order().post(order_draft())
    action = ct.OrderUpdateSyncInfoAction(channel=ct.ChannelResourceIdentifier(key="wms"), external_id="SO-1")
    order = project.orders().with_id(order.id).post(ct.OrderUpdate(version=order.version, actions=[action]))
    assert (order.sync_info[0].channel.id, order.sync_info[0].external_id) == (channel.id, "SO-1")


def test_stock_is_created_changed_and_found(project: Any) -> None:
    entry = project.inventory().post(ct.InventoryEntryDraft(sku="SKU-1", key="entry-1", quantity_on_stock=10))
    action = ct.InventoryEntryChangeQuantityAction(quantity=4)
    update = ct.InventoryEntryUpdate(version=entry.version, actions=[action])
    project.inventory().with_key("entry-1").post(update)
    (found,) = project.inventory().get(where='sku = "SKU-1"').results
    assert (found.quantity_on_stock, found.available_quantity) == (4, 4)


def test_a_payment_gets_a_charge_and_its_order_shows_it(project: Any) -> None:
    payment = project.payments().post(ct.PaymentDraft(amount_planned=usd(2500)))
    draft = order_draft()
    draft.payment_info = ct.PaymentInfo(payments=[ct.PaymentReference(id=payment.id)])
    order = project.orders().import_order().post(draft)
    charge = ct.TransactionDraft(type=ct.TransactionType.CHARGE, amount=usd(2500), state=ct.TransactionState.SUCCESS)
    action = ct.PaymentAddTransactionAction(transaction=charge)
    project.payments().with_id(payment.id).post(ct.PaymentUpdate(version=payment.version, actions=[action]))
    read = project.orders().with_id(order.id).get(expand="paymentInfo.payments[*]")
    assert read.payment_info.payments[0].obj.transactions[0].state is ct.TransactionState.SUCCESS


def test_more_than_a_thousand_orders_are_paged_to_the_end(
    unwatched_shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    unwatched_shop.admin("POST", "seed", {"orders": 1001})
    project = project_of(unwatched_shop)
    ids: list[str] = []
    while True:
        after = {"where": f'id > "{ids[-1]}"'} if ids else {}
        page = project.orders().get(sort="id asc", limit=500, with_total=False, **after)
        ids += [order.id for order in page.results]
        if page.count < 500:
            break
    assert (len(ids), len(set(ids))) == (1001, 1001)


def test_after_a_conflict_the_client_reads_again_and_gets_through(project: Any) -> None:
    order = project.orders().import_order().post(order_draft())
    confirm = [ct.OrderChangeOrderStateAction(order_state=ct.OrderState.CONFIRMED)]
    project.orders().with_id(order.id).post(ct.OrderUpdate(version=order.version, actions=confirm))
    complete = [ct.OrderChangeOrderStateAction(order_state=ct.OrderState.COMPLETE)]
    with pytest.raises(CommercetoolsError):
        project.orders().with_id(order.id).post(ct.OrderUpdate(version=order.version, actions=complete))
    fresh = project.orders().with_id(order.id).get()
    done = project.orders().with_id(order.id).post(ct.OrderUpdate(version=fresh.version, actions=complete))
    assert done.order_state is ct.OrderState.COMPLETE


def test_what_is_not_there_is_none_to_the_client(project: Any) -> None:
    assert project.orders().with_order_number("GONE").get() is None


def test_a_cart_becomes_an_order(project: Any) -> None:
    name, slug = ct.LocalizedString(en="Shirt"), ct.LocalizedString(en="shirt")
    variant = ct.ProductVariantDraft(sku="SKU-1", prices=[ct.PriceDraft(value=usd(1000))])
    product_type = ct.ProductTypeResourceIdentifier(key="main")
    project.products().post(
        ct.ProductDraft(product_type=product_type, name=name, slug=slug, master_variant=variant, publish=True)
    )
    line = ct.LineItemDraft(sku="SKU-1", quantity=2)
    address = ct.BaseAddress(country="US", city="Atlanta")
    cart = project.carts().post(ct.CartDraft(currency="USD", line_items=[line], shipping_address=address))
    draft = ct.OrderFromCartDraft(version=cart.version, cart=ct.CartResourceIdentifier(id=cart.id), order_number="W-1")
    order = project.orders().post(draft)
    assert (order.order_number, order.line_items[0].variant.sku, order.total_price.cent_amount) == (
        "W-1",
        "SKU-1",
        2000,
    )
