"""`OrderViews`: what is shown follows the newest revision, however often and in whatever order it is told."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from lockstep.adapters.aws.batch_writes import put_items
from lockstep.adapters.aws.order_views import DynamoOrderViews
from lockstep.adapters.memory.order_views import MemoryOrderViews
from lockstep.domain.errors import ConcurrentChangeError
from lockstep.domain.flow_switches import Flow
from lockstep.domain.order_state import HoldReason
from lockstep.domain.order_summaries import LaneSummary, TimelineEntry
from lockstep.domain.order_views import DueHold

from tests.support.builders import a_change, a_history, a_hold, at

if TYPE_CHECKING:
    from lockstep.adapters.aws.stored_values import Item
    from lockstep.domain.order_views import ViewChange

    from tests.contract.conftest import Aws

    Views = MemoryOrderViews | DynamoOrderViews

PUSH, WRITE_BACK = Flow.PUSH_ORDERS, Flow.WRITE_BACK_ORDERS
FAR_OFF = at(100_000)


@pytest.fixture
def views(side: str, request: pytest.FixtureRequest) -> Views:
    if side == "memory":
        return MemoryOrderViews()
    aws: Aws = request.getfixturevalue("aws")
    return DynamoOrderViews(aws.dynamodb, aws.table, retention_days=30)


def everything(views: Views, order_id: str = "order-1") -> tuple[object, ...]:
    return views.summary(order_id), views.timeline(order_id), views.holds(PUSH), views.holds(WRITE_BACK)


def test_an_order_that_nothing_was_told_of_has_no_views(views: Views) -> None:
    assert everything(views) == ((), (), (), ())


def test_a_change_is_shown_whole(views: Views) -> None:
    views.apply(a_change(revision=3))

    assert views.summary("order-1") == (
        LaneSummary(
            order_id="order-1",
            lane=PUSH,
            revision=3,
            reference="WEB-order-1",
            facts={"phase": "PLACED", "total": "49.98 EUR"},
            hold=a_hold(),
        ),
    )
    assert views.timeline("order-1") == tuple(TimelineEntry(lane=PUSH, entry=entry) for entry in a_history())
    assert views.holds(PUSH) == (DueHold(order_id="order-1", hold=a_hold()),)


def test_the_same_change_again_alters_nothing(views: Views) -> None:
    views.apply(a_change())
    shown = everything(views)
    views.apply(a_change())

    assert everything(views) == shown


def test_a_revision_is_shown_as_it_was_told_first(views: Views) -> None:
    views.apply(a_change(revision=2))
    shown = everything(views)
    views.apply(a_change(revision=2, summary=(("phase", "OTHER"),), hold=None, entries=a_history(3)))

    assert everything(views) == shown


def test_an_older_change_alters_nothing(views: Views) -> None:
    views.apply(a_change(revision=2, hold=None, entries=a_history(1)))
    shown = everything(views)
    views.apply(a_change(revision=1, summary=(("phase", "OLD"),), entries=a_history(3)))

    assert everything(views) == shown


def test_a_newer_change_replaces_the_summary(views: Views) -> None:
    views.apply(a_change(revision=1))
    views.apply(a_change(revision=2, summary=(("phase", "PROVEN"),), hold=None))

    (summary,) = views.summary("order-1")
    assert (summary.revision, summary.facts, summary.hold) == (2, {"phase": "PROVEN"}, None)


def test_a_hold_that_ended_is_not_shown_any_more(views: Views) -> None:
    views.apply(a_change(revision=1))
    views.apply(a_change(revision=2, hold=None))

    assert views.holds(PUSH) == ()


def test_a_hold_that_became_another_is_shown_once(views: Views) -> None:
    views.apply(a_change(revision=1))
    views.apply(a_change(revision=2, hold=a_hold(at(3), reason=HoldReason.SKU)))

    assert views.holds(PUSH) == (DueHold(order_id="order-1", hold=a_hold(at(3), reason=HoldReason.SKU)),)


def test_a_hold_that_is_prolonged_is_shown_once(views: Views) -> None:
    views.apply(a_change(revision=1))
    views.apply(a_change(revision=2, hold=a_hold(wake_after_minutes=99)))

    assert views.holds(PUSH) == (DueHold(order_id="order-1", hold=a_hold(wake_after_minutes=99)),)


def test_a_hold_may_come_back(views: Views) -> None:
    views.apply(a_change(revision=1))
    views.apply(a_change(revision=2, hold=None))
    views.apply(a_change(revision=3))

    assert views.holds(PUSH) == (DueHold(order_id="order-1", hold=a_hold()),)


def test_the_timeline_keeps_what_the_record_has_forgotten(views: Views) -> None:
    views.apply(a_change(revision=1, entries=a_history(3)))
    views.apply(a_change(revision=2, entries=a_history(2, first=3)))

    assert [shown.entry.sequence for shown in views.timeline("order-1")] == [1, 2, 3, 4]


def test_entries_of_revisions_that_were_never_told_are_caught_up(views: Views) -> None:
    views.apply(a_change(revision=1, entries=a_history(1)))
    views.apply(a_change(revision=5, entries=a_history(5)))

    assert [shown.entry.sequence for shown in views.timeline("order-1")] == [1, 2, 3, 4, 5]


def test_the_timeline_holds_both_lanes_in_the_order_of_time(views: Views) -> None:
    views.apply(a_change(lane=WRITE_BACK, entries=a_history(1, first=2)))
    views.apply(a_change(lane=PUSH, entries=(*a_history(1), *a_history(1, first=3))))

    assert [(shown.lane, shown.entry.sequence) for shown in views.timeline("order-1")] == [
        (PUSH, 1),
        (WRITE_BACK, 2),
        (PUSH, 3),
    ]


def test_the_lanes_of_an_order_have_revisions_of_their_own(views: Views) -> None:
    views.apply(a_change(lane=PUSH, revision=5))
    views.apply(a_change(lane=WRITE_BACK, revision=1, hold=a_hold(at(1))))

    assert [(summary.lane, summary.revision) for summary in views.summary("order-1")] == [(PUSH, 5), (WRITE_BACK, 1)]
    assert [due.hold.since for due in views.holds(WRITE_BACK)] == [at(1)]


def test_due_holds_are_those_whose_time_has_come_longest_due_first(views: Views) -> None:
    views.apply(a_change("order-1", hold=a_hold(at(2), wake_after_minutes=1)))
    views.apply(a_change("order-2", hold=a_hold(at(0), wake_after_minutes=60)))
    views.apply(a_change("order-3", hold=a_hold(at(1), wake_after_minutes=9)))

    assert [due.order_id for due in views.due_holds(PUSH, at(10), 10)] == ["order-1", "order-3"]


def test_a_hold_that_is_put_off_moves_to_its_new_time(views: Views) -> None:
    views.apply(a_change(revision=1, hold=a_hold(wake_after_minutes=5)))
    views.apply(a_change(revision=2, hold=a_hold(wake_after_minutes=50)))

    assert views.due_holds(PUSH, at(20), 10) == ()
    assert [due.order_id for due in views.due_holds(PUSH, at(50), 10)] == ["order-1"]


def test_only_holds_for_the_named_reasons_are_told(views: Views) -> None:
    for number, reason in enumerate((HoldReason.PAYMENT, HoldReason.SYSTEM_DOWN, HoldReason.SENDING)):
        views.apply(a_change(f"order-{number}", hold=replace(a_hold(), reason=reason)))

    due = views.due_holds(PUSH, FAR_OFF, 10, frozenset({HoldReason.SYSTEM_DOWN, HoldReason.SENDING}))
    assert [held.order_id for held in due] == ["order-1", "order-2"]


def test_named_reasons_are_found_behind_any_number_of_others(views: Views) -> None:
    for number in range(30):
        views.apply(a_change(f"unpaid-{number}", hold=replace(a_hold(), reason=HoldReason.PAYMENT)))
    views.apply(a_change("away", hold=replace(a_hold(at(1)), reason=HoldReason.SYSTEM_DOWN)))

    due = views.due_holds(PUSH, FAR_OFF, 1, frozenset({HoldReason.SYSTEM_DOWN}))
    assert [held.order_id for held in due] == ["away"]


def test_no_named_reason_is_no_hold(views: Views) -> None:
    views.apply(a_change())

    assert views.due_holds(PUSH, FAR_OFF, 10, frozenset()) == ()


def test_no_more_holds_for_the_named_reasons_are_told_than_asked_for(views: Views) -> None:
    for number in range(5):
        views.apply(a_change(f"order-{number}", hold=a_hold(at(number), reason=HoldReason.SENDING)))

    due = views.due_holds(PUSH, FAR_OFF, 2, frozenset({HoldReason.SENDING}))
    assert [held.order_id for held in due] == ["order-0", "order-1"]


def test_all_holds_of_a_lane_are_told_in_the_order_in_which_they_are_due(views: Views) -> None:
    views.apply(a_change("order-1", hold=a_hold(at(0), wake_after_minutes=60)))
    views.apply(a_change("order-2", hold=a_hold(at(2), wake_after_minutes=1)))
    views.apply(a_change("order-3", hold=a_hold(at(1), wake_after_minutes=9)))

    assert [held.order_id for held in views.holds(PUSH)] == ["order-2", "order-3", "order-1"]


def test_a_hold_is_due_at_its_very_moment(views: Views) -> None:
    views.apply(a_change(hold=a_hold(wake_after_minutes=5)))

    assert [due.order_id for due in views.due_holds(PUSH, at(5), 10)] == ["order-1"]


def test_a_hold_is_not_due_a_microsecond_earlier(views: Views) -> None:
    views.apply(a_change(hold=a_hold(wake_after_minutes=5)))

    assert views.due_holds(PUSH, at(5) - timedelta(microseconds=1), 10) == ()


def test_no_more_holds_are_told_than_asked_for(views: Views) -> None:
    for number in range(5):
        views.apply(a_change(f"order-{number}", hold=a_hold(at(number))))

    assert [due.order_id for due in views.due_holds(PUSH, FAR_OFF, 2)] == ["order-0", "order-1"]


def test_holds_of_another_lane_are_not_told(views: Views) -> None:
    views.apply(a_change())

    assert views.due_holds(WRITE_BACK, FAR_OFF, 10) == ()


# -- what is special about DynamoDB ------------------------------------------------------------------------


def test_a_timeline_entry_expires_after_its_retention(aws: Aws) -> None:
    DynamoOrderViews(aws.dynamodb, aws.table, retention_days=30).apply(a_change(entries=a_history(1)))

    items = aws.dynamodb.scan(TableName=aws.table)["Items"]
    expiries = {item["pk"]["S"]: int(item["expires_at"]["N"]) for item in items if "expires_at" in item}
    assert expiries == {"TIMELINE#order-1": int(at(1).timestamp()) + 30 * 86_400}


def counted_reads(aws: Aws) -> list[int]:
    """How many items each query reads from now on, whether a filter lets them through or not."""
    read: list[int] = []
    aws.dynamodb.meta.events.register(
        "after-call.dynamodb.Query", lambda parsed, **_: read.append(parsed["ScannedCount"])
    )
    return read


def repeat_the_hold(aws: Aws, times: int) -> None:
    """Store the one hold item that is there for so many further orders: a change each would take minutes."""
    (stored,) = (
        item for item in aws.dynamodb.scan(TableName=aws.table)["Items"] if item["pk"]["S"].startswith("HOLDS#")
    )
    copies: list[Item] = [
        {**stored, "sk": {"S": f"{stored['sk']['S']}-{number}"}, "order_id": {"S": f"unpaid-{number}"}}
        for number in range(times)
    ]
    put_items(aws.dynamodb, aws.table, copies, "repeating a hold")


@pytest.mark.parametrize("reasons", [None, frozenset({HoldReason.PAYMENT})])
def test_five_due_holds_among_1600_others_are_one_query_of_five_items(
    aws: Aws, reasons: frozenset[HoldReason] | None
) -> None:
    views = DynamoOrderViews(aws.dynamodb, aws.table)
    views.apply(a_change("unpaid", hold=a_hold(wake_after_minutes=10_000)))
    repeat_the_hold(aws, times=1599)
    for number in range(5):
        views.apply(a_change(f"due-{number}", hold=a_hold(at(number))))
    read = counted_reads(aws)

    due = views.due_holds(PUSH, at(60), 10, reasons)

    assert [held.order_id for held in due] == [f"due-{number}" for number in range(5)]
    assert read == [5]


def test_no_more_due_holds_are_read_than_asked_for(aws: Aws) -> None:
    views = DynamoOrderViews(aws.dynamodb, aws.table)
    for number in range(20):
        views.apply(a_change(f"order-{number}", hold=a_hold(at(number))))
    read = counted_reads(aws)
    views.due_holds(PUSH, FAR_OFF, 3)

    assert read == [3]


def test_due_holds_beyond_the_first_page_are_found(aws: Aws) -> None:
    """A page is a megabyte before the filter."""
    views = DynamoOrderViews(aws.dynamodb, aws.table)
    for number in range(4):
        wide = replace(a_hold(at(number), detail="x" * 350_000), reason=HoldReason.PAYMENT)
        views.apply(a_change(f"order-{number}", hold=wide, summary=(), entries=()))
    views.apply(a_change("order-9", hold=replace(a_hold(at(9)), reason=HoldReason.SYSTEM_DOWN)))

    due = views.due_holds(PUSH, at(60), 1, frozenset({HoldReason.SYSTEM_DOWN}))
    assert [held.order_id for held in due] == ["order-9"]


def test_only_the_entries_that_are_new_are_written(aws: Aws) -> None:
    views = DynamoOrderViews(aws.dynamodb, aws.table)
    views.apply(a_change(revision=1, entries=a_history(11)))
    written: list[int] = []

    def note(params: dict[str, Any], **_: Any) -> None:
        written.append(len(params["RequestItems"][aws.table]))

    aws.dynamodb.meta.events.register("provide-client-params.dynamodb.BatchWriteItem", note)
    views.apply(a_change(revision=2, entries=a_history(12)))
    views.apply(a_change(revision=2, entries=a_history(12)))

    assert written == [1]


class Overtaken(DynamoOrderViews):
    """Lets another projector apply `newer` between this one's reading and its writing."""

    newer: tuple[ViewChange, ...] = ()

    def _replace_summary(self, change: ViewChange, stored: dict[str, Any] | None) -> None:
        while self.newer:
            overtaking, Overtaken.newer = self.newer[0], self.newer[1:]
            DynamoOrderViews(self.client, self.table_name).apply(overtaking)
        super()._replace_summary(change, stored)


def test_a_change_overtaken_by_a_newer_one_gives_way(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    views = Overtaken(aws.dynamodb, aws.table)
    monkeypatch.setattr(Overtaken, "newer", (a_change(revision=4, hold=None),))
    views.apply(a_change(revision=3))

    (summary,) = views.summary("order-1")
    assert (summary.revision, summary.hold, views.holds(PUSH)) == (4, None, ())


def test_a_change_overtaken_by_an_older_one_still_wins(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    views = Overtaken(aws.dynamodb, aws.table)
    monkeypatch.setattr(Overtaken, "newer", (a_change(revision=2, hold=a_hold(at(-5))),))
    views.apply(a_change(revision=3))

    assert views.holds(PUSH) == (DueHold(order_id="order-1", hold=a_hold()),)


class AlwaysOvertaken(DynamoOrderViews):
    """Reads what is never current."""

    def _stored_summary(self, order_id: str, lane: Flow) -> dict[str, Any] | None:
        return None


def test_a_change_overtaken_again_and_again_is_told(aws: Aws) -> None:
    DynamoOrderViews(aws.dynamodb, aws.table).apply(a_change(revision=1))

    with pytest.raises(ConcurrentChangeError, match="order-1"):
        AlwaysOvertaken(aws.dynamodb, aws.table).apply(a_change(revision=2))
