"""`SkuMap`: one SKU, one item; and who waits for one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from lockstep.adapters.aws.sku_map import DynamoSkuMap
from lockstep.adapters.memory.sku_map import MemorySkuMap
from lockstep.domain.errors import ConcurrentChangeError
from lockstep.domain.warehouse_orders import MappedItem

from tests.support.builders import at

if TYPE_CHECKING:
    from lockstep.flows.ports import SkuMap

    from tests.contract.conftest import Aws

TEE = MappedItem(sku="TEE-M", item_number="100")


@pytest.fixture
def sku_map(side: str, request: pytest.FixtureRequest) -> SkuMap:
    if side == "memory":
        return MemorySkuMap()
    aws: Aws = request.getfixturevalue("aws")
    return DynamoSkuMap(aws.dynamodb, aws.table)


def test_only_the_mapped_ones_are_resolved(sku_map: SkuMap) -> None:
    sku_map.map_sku("ACME", TEE)

    assert sku_map.resolve("ACME", ["TEE-M", "MUG"]) == {"TEE-M": TEE}


def test_more_skus_than_one_call_can_ask_for_are_resolved(sku_map: SkuMap) -> None:
    items = [MappedItem(sku=f"SKU-{number}", item_number=f"ITEM-{number}") for number in range(101)]
    for item in items:
        sku_map.map_sku("ACME", item)

    assert sku_map.resolve("ACME", (item.sku for item in items)) == {item.sku: item for item in items}


def test_a_sku_asked_for_twice_is_one_answer(sku_map: SkuMap) -> None:
    sku_map.map_sku("ACME", TEE)

    assert sku_map.resolve("ACME", ["TEE-M", "TEE-M"]) == {"TEE-M": TEE}


def test_no_skus_are_no_items(sku_map: SkuMap) -> None:
    assert sku_map.resolve("ACME", []) == {}


def test_mapping_the_same_pair_again_changes_nothing(sku_map: SkuMap) -> None:
    sku_map.map_sku("ACME", TEE)
    sku_map.map_sku("ACME", TEE)

    assert sku_map.resolve("ACME", ["TEE-M"]) == {"TEE-M": TEE}


def test_a_sku_cannot_become_a_second_item(sku_map: SkuMap) -> None:
    sku_map.map_sku("ACME", TEE)

    with pytest.raises(ConcurrentChangeError, match="100"):
        sku_map.map_sku("ACME", MappedItem(sku="TEE-M", item_number="200"))

    assert sku_map.resolve("ACME", ["TEE-M"]) == {"TEE-M": TEE}


def test_an_item_cannot_be_a_second_sku(sku_map: SkuMap) -> None:
    sku_map.map_sku("ACME", TEE)

    with pytest.raises(ConcurrentChangeError, match="TEE-M"):
        sku_map.map_sku("ACME", MappedItem(sku="TEE-L", item_number="100"))

    assert sku_map.resolve("ACME", ["TEE-L"]) == {}


def test_a_refused_claim_leaves_neither_half_behind(sku_map: SkuMap) -> None:
    sku_map.map_sku("ACME", TEE)
    with pytest.raises(ConcurrentChangeError):
        sku_map.map_sku("ACME", MappedItem(sku="TEE-M", item_number="200"))

    sku_map.map_sku("ACME", MappedItem(sku="TEE-L", item_number="200"))

    assert sku_map.resolve("ACME", ["TEE-L"])["TEE-L"].item_number == "200"


def test_business_units_have_maps_of_their_own(sku_map: SkuMap) -> None:
    sku_map.map_sku("ACME", TEE)
    sku_map.map_sku("OUTLET", MappedItem(sku="TEE-M", item_number="900"))

    assert sku_map.resolve("OUTLET", ["TEE-M"])["TEE-M"].item_number == "900"


def test_orders_wait_for_a_sku_oldest_first(sku_map: SkuMap) -> None:
    sku_map.wait_for("ACME", ["TEE-M", "MUG"], "order-b", at(1))
    sku_map.wait_for("ACME", ["TEE-M"], "order-c", at(0))
    sku_map.wait_for("ACME", ["TEE-M"], "order-a", at(2))

    assert sku_map.waiting_orders("ACME", "TEE-M") == ("order-c", "order-b", "order-a")
    assert sku_map.waiting_orders("ACME", "MUG") == ("order-b",)


def test_noting_a_wait_again_changes_nothing(sku_map: SkuMap) -> None:
    sku_map.wait_for("ACME", ["TEE-M"], "order-a", at(0))
    sku_map.wait_for("ACME", ["TEE-M"], "order-b", at(1))
    sku_map.wait_for("ACME", ["TEE-M"], "order-a", at(2))

    assert sku_map.waiting_orders("ACME", "TEE-M") == ("order-a", "order-b")


def test_nobody_waits_for_a_sku_of_another_business_unit(sku_map: SkuMap) -> None:
    sku_map.wait_for("ACME", ["TEE-M"], "order-a", at(0))

    assert sku_map.waiting_orders("OUTLET", "TEE-M") == ()
