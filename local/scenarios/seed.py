"""What must be there before the first order: secrets, settings, catalogue, items, the SKU map, the subscription."""

from __future__ import annotations

from lockstep.adapters.aws.settings_source import DynamoSettingsSource
from lockstep.adapters.aws.sku_map import DynamoSkuMap
from lockstep.adapters.settings_document import parse_settings, to_document
from lockstep.adapters.system_clock import SystemClock
from lockstep.domain.call_budget import BudgetPolicy
from lockstep.domain.merchant_settings import HoldPolicy, MerchantSettings, StorefrontPolicy, StorePolicy
from lockstep.domain.release_gate import GatePolicy
from lockstep.domain.warehouse_orders import MappedItem

from local.aws.local_cloud import LocalCloud
from local.scenarios.shop import CHANNEL_KEY, SHIPPING_METHOD, TYPE_KEY, Shop
from local.scenarios.shop import CREDENTIALS as SHOP_CREDENTIALS
from local.scenarios.trading_day import CATALOGUE, UNMAPPED
from local.scenarios.warehouse import BUSINESS_UNIT, ORDER_SOURCE, Warehouse
from local.scenarios.warehouse import CREDENTIALS as WAREHOUSE_CREDENTIALS

SETTINGS = MerchantSettings(
    version=1,
    default_store=StorePolicy(
        business_unit=BUSINESS_UNIT,
        order_source=ORDER_SOURCE,
        ship_via_map={SHIPPING_METHOD: "GROUND"},
        gate=GatePolicy(settled_payment_states=frozenset({"Paid"})),
    ),
    stores={},
    storefront=StorefrontPolicy(channel_key=CHANNEL_KEY, custom_type_key=TYPE_KEY, confirm_orders=True),
    holds=HoldPolicy(payment_recheck_seconds=600, sku_recheck_seconds=600),
    call_budget=BudgetPolicy(calls_per_second=3.0, v1_calls_per_second=2.0),
)
"""The merchant of the demo: one store, confirmed orders, Deposco's documented pace."""


def seed(cloud: LocalCloud, shop: Shop, warehouse: Warehouse) -> None:
    """Set up shop, warehouse and tables, and subscribe the queue."""
    cloud.put_secret("CommercetoolsSecret", SHOP_CREDENTIALS)
    cloud.put_secret("DeposcoSecret", WAREHOUSE_CREDENTIALS)
    publish_settings(cloud, SETTINGS)
    shop.set_up((*CATALOGUE, UNMAPPED))
    warehouse.stock_up((*CATALOGUE, UNMAPPED))
    sku_map = DynamoSkuMap(cloud.client("dynamodb"), cloud.physical_id("SkuMapTable"))
    for product in CATALOGUE:
        if product.item_number is not None:
            sku_map.map_sku(BUSINESS_UNIT, MappedItem(sku=product.sku, item_number=product.item_number))
    shop.subscribe(cloud.physical_id("CommerceNotificationsQueue"), cloud.region)


def publish_settings(cloud: LocalCloud, settings: MerchantSettings) -> None:
    """Put a settings document in force, as `lockstep settings apply` will."""
    clock = SystemClock()
    source = DynamoSettingsSource(
        cloud.client("dynamodb"), cloud.physical_id("ControlTable"), parse_settings, clock, cache_seconds=0
    )
    source.publish(to_document(settings), by="demo", note="the demo's merchant", at=clock.now())
