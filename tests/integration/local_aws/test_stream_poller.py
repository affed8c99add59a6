from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.integration.local_aws.conftest import Heard, wait_until_idle

if TYPE_CHECKING:
    from pathlib import Path

    from local.aws.local_cloud import LocalCloud


def write(cloud: LocalCloud, pk: str, **attributes: str) -> None:
    item = {name: {"S": value} for name, value in {"pk": pk, **attributes}.items()}
    cloud.client("dynamodb").put_item(TableName=cloud.physical_id("StateTable"), Item=item)


def dead_batches(cloud: LocalCloud) -> list[dict[str, Any]]:
    answer = cloud.client("sqs").receive_message(
        QueueUrl=cloud.physical_id("ChangesDeadLetterQueue"), MaxNumberOfMessages=10
    )
    return [json.loads(message["Body"]) for message in answer.get("Messages", [])]


def test_every_change_is_noted_once_and_in_order_though_one_is_refused_at_first(
    cloud: LocalCloud, heard: Heard, tmp_path: Path
) -> None:
    for number in range(8):
        write(cloud, str(number), **({"fail_once": str(tmp_path / "refused")} if number == 3 else {}))
    cloud.start_event_sources()
    wait_until_idle(cloud)

    assert heard.values("refused") == ["3"]
    assert heard.values("noted") == [str(number) for number in range(8)]


def test_reading_goes_on_behind_the_last_change_after_a_stop(cloud: LocalCloud, heard: Heard) -> None:
    write(cloud, "before")
    cloud.start_event_sources()
    wait_until_idle(cloud)
    cloud.stop_event_sources()
    write(cloud, "meanwhile")
    idle_while_stopped = cloud.idle()
    cloud.start_event_sources()
    wait_until_idle(cloud)

    assert not idle_while_stopped
    assert heard.values("noted") == ["before", "meanwhile"]


def test_a_change_that_always_fails_is_given_up_alone_and_described_to_the_failure_queue(
    cloud: LocalCloud, heard: Heard
) -> None:
    for number in range(6):
        write(cloud, f"broken-{number}", **({"break": "yes"} if number == 2 else {}))
    cloud.start_event_sources()
    wait_until_idle(cloud)

    [dead] = dead_batches(cloud)
    assert dead["DDBStreamBatchInfo"]["batchSize"] == 1
    assert dead["requestContext"]["condition"] == "RetryAttemptsExhausted"
    assert dead["requestContext"]["approximateInvokeCount"] == 3
    assert sorted(set(heard.values("noted"))) == [f"broken-{number}" for number in (0, 1, 3, 4, 5)]
