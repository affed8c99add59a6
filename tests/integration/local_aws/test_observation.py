from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from local.aws.observation import embedded_metrics
from tests.integration.local_aws.conftest import wait_until

if TYPE_CHECKING:
    from local.aws.local_cloud import LocalCloud

LINE = json.dumps(
    {
        "_aws": {
            "Timestamp": 1_700_000_000_000,
            "CloudWatchMetrics": [
                {
                    "Namespace": "Lockstep",
                    "Dimensions": [["service"]],
                    "Metrics": [{"Name": "OrdersHeld", "Unit": "Count"}, {"Name": "Waited"}],
                }
            ],
        },
        "service": "push_orders",
        "OrdersHeld": [2, 1],
        "Waited": 0.5,
    }
)


def test_every_value_of_an_embedded_metric_is_taken_with_its_dimensions() -> None:
    taken = [
        (namespace, datum["MetricName"], datum["Value"], datum["Unit"]) for namespace, datum in embedded_metrics(LINE)
    ]
    dimensions = [datum["Dimensions"] for _, datum in embedded_metrics(LINE)]

    assert taken == [
        ("Lockstep", "OrdersHeld", 2.0, "Count"),
        ("Lockstep", "OrdersHeld", 1.0, "Count"),
        ("Lockstep", "Waited", 0.5, "None"),
    ]
    assert dimensions == [[{"Name": "service", "Value": "push_orders"}]] * 3


def test_any_other_line_holds_no_metrics() -> None:
    assert [list(embedded_metrics(line)) for line in ("plain", '{"_aws": 1}', "[]")] == [[], [], []]


def test_what_a_function_writes_and_how_often_it_fails_reach_cloudwatch(shared_cloud: LocalCloud) -> None:
    function_name = shared_cloud.physical_id("ShowEnvironmentFunction")
    group_name = f"/aws/lambda/{function_name}"
    shared_cloud.invoke("ShowEnvironmentFunction", {"raise": "no such order"})

    def messages() -> list[Any]:
        groups = shared_cloud.client("logs").describe_log_groups(logGroupNamePrefix=group_name)["logGroups"]
        if not groups:
            return []
        events = shared_cloud.client("logs").filter_log_events(logGroupName=group_name)["events"]
        return [event["message"] for event in events]

    def functions_with_errors_metric() -> list[str]:
        metrics = shared_cloud.client("cloudwatch").list_metrics(Namespace="AWS/Lambda", MetricName="Errors")
        return [metric["Dimensions"][0]["Value"] for metric in metrics["Metrics"]]

    wait_until(lambda: '{"asked": ["raise"]}' in messages(), "the log line")
    wait_until(lambda: functions_with_errors_metric() == [function_name], "the metric")
