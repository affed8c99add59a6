from __future__ import annotations

import itertools
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.local_aws.conftest import Heard, wait_until, wait_until_idle

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from local.aws.local_cloud import LocalCloud


def overlaps(facts: list[dict[str, Any]]) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Deliveries of one group that were under way at the same time in two processes."""
    by_start = sorted(facts, key=lambda fact: fact["started"])
    return [(one, two) for one, two in itertools.pairwise(by_start) if two["started"] < one["ended"]]


def by_group(facts: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    groups = defaultdict(list)
    for fact in sorted(facts, key=lambda fact: fact["started"]):
        groups[fact["group"]].append(fact)
    return groups


def test_each_group_keeps_its_order_and_never_runs_twice_at_once_though_messages_fail(
    cloud: LocalCloud, heard: Heard, send: Callable[..., None]
) -> None:
    groups, length = [f"order-{number}" for number in range(12)], 6
    for seq, (position, group) in itertools.product(range(length), enumerate(groups)):
        send(group, seq, fail=1 if (seq + position) % 5 == 0 else 0)

    cloud.start_event_sources()
    wait_until_idle(cloud)

    delivered = by_group(heard.having("carried"))
    carried = {group: [fact["seq"] for fact in facts if fact["carried"]] for group, facts in delivered.items()}
    assert carried == {group: list(range(length)) for group in groups}
    assert [overlaps(facts) for facts in delivered.values() if overlaps(facts)] == []


@pytest.mark.usefixtures("short_visibility")
def test_a_killed_process_loses_no_message_and_no_order(
    cloud: LocalCloud, heard: Heard, send: Callable[..., None], tmp_path: Path
) -> None:
    started = tmp_path / "started"
    send("killed", 0, mark=str(started), wait_for=str(tmp_path / "never"))
    cloud.start_event_sources()
    wait_until(started.exists, "the first delivery")
    send("killed", 1)
    cloud.kill_environments("CarryOrdersFunction")
    (tmp_path / "never").touch()
    wait_until_idle(cloud)

    assert [fact["seq"] for fact in heard.having("carried")] == [0, 1]


@pytest.mark.usefixtures("short_visibility")
def test_a_process_that_exits_fails_the_whole_batch(
    cloud: LocalCloud, heard: Heard, send: Callable[..., None], tmp_path: Path
) -> None:
    send("one", 0)
    send("two", 0, die_unless=str(tmp_path / "died"))
    cloud.start_event_sources()
    wait_until_idle(cloud)

    carried = [fact["group"] for fact in heard.having("carried")]
    assert sorted(carried) == ["one", "one", "two"]


def test_groups_run_at_the_same_time(
    cloud: LocalCloud, heard: Heard, send: Callable[..., None], tmp_path: Path
) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    cloud.start_event_sources()
    send("one", 0, mark=str(first), wait_for=str(second))
    wait_until(first.exists, "the first group to start")
    send("two", 0, mark=str(second))
    wait_until_idle(cloud)

    assert len({fact["process"] for fact in heard.having("carried")}) == 2


def test_no_more_invocations_run_at_once_than_the_mapping_allows(
    cloud: LocalCloud, heard: Heard, send: Callable[..., None], tmp_path: Path
) -> None:
    gate = tmp_path / "gate"
    cloud.start_event_sources()
    for number in range(3):
        send(f"early-{number}", 0, mark=str(tmp_path / f"early-{number}"), wait_for=str(gate))
        wait_until((tmp_path / f"early-{number}").exists, f"group {number} to start")
    send("late", 0)
    depths = cloud.queue_depths()["OrdersQueue"]
    gate.touch()
    wait_until_idle(cloud)

    assert (depths.in_flight, depths.visible) == (3, 1)
    assert len({fact["process"] for fact in heard.having("carried")}) == 3


def test_one_batch_can_hold_several_groups(cloud: LocalCloud, heard: Heard, send: Callable[..., None]) -> None:
    for number in range(4):
        send(f"order-{number}", 0)
    cloud.start_event_sources()
    wait_until_idle(cloud)

    assert [len(batch) for batch in heard.values("batch")] == [4]


def test_a_malformed_answer_deletes_nothing(cloud: LocalCloud, heard: Heard, send: Callable[..., None]) -> None:
    send("one", 0, answer={"batchItemFailures": [{"itemIdentifier": "not-a-message"}]})
    send("two", 0)
    cloud.start_event_sources()
    wait_until(lambda: len(heard.having("carried")) == 2, "the delivery")
    cloud.stop_event_sources()

    assert cloud.queue_depths()["OrdersQueue"].in_flight == 2


def test_a_failed_message_keeps_its_group_waiting_until_its_visibility_ends(
    cloud: LocalCloud, heard: Heard, send: Callable[..., None]
) -> None:
    send("one", 0, answer="malformed")
    cloud.start_event_sources()
    wait_until(lambda: len(heard.having("batch")) == 1, "the delivery")
    send("one", 1)
    send("two", 0)
    wait_until(lambda: len(heard.having("batch")) == 2, "the delivery of the other group")
    cloud.stop_event_sources()

    assert [fact["group"] for fact in heard.having("carried")] == ["one", "two"]
    assert not cloud.idle()


def test_a_poison_message_ends_in_the_dead_letter_queue_and_the_others_pass(
    cloud: LocalCloud, heard: Heard, send: Callable[..., None]
) -> None:
    send("poisoned", 0, fail=99)
    for seq in range(3):
        send("healthy", seq)
    cloud.start_event_sources()
    wait_until(lambda: cloud.queue_depths()["OrdersDeadLetterQueue"].visible == 1, "the dead letter")
    wait_until_idle(cloud)

    carried = [fact["carried"] for fact in heard.having("carried") if fact["group"] == "poisoned"]
    assert carried == [False, False, False]
    assert [fact["seq"] for fact in heard.having("carried") if fact["group"] == "healthy"] == [0, 1, 2]


def test_stopped_event_sources_deliver_nothing_until_they_are_started_again(
    cloud: LocalCloud, heard: Heard, send: Callable[..., None]
) -> None:
    cloud.start_event_sources()
    cloud.stop_event_sources()
    send("one", 0)
    waiting = cloud.queue_depths()["OrdersQueue"].visible
    cloud.start_event_sources()
    wait_until_idle(cloud)

    assert waiting == 1
    assert [fact["seq"] for fact in heard.having("carried")] == [0]
