"""Every rule holds of template.yaml; and every rule can fail, which each mistake below proves."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from tests.architecture import template_rules as rules
from tests.architecture.template import Template
from tools.expand_template import expand_template

Path = tuple[str | int, ...]
GONE = object()


@pytest.mark.parametrize("rule", rules.RULES, ids=lambda rule: rule.__name__)
def test_the_template_keeps_the_rule(rule: rules.Rule, template: Template) -> None:
    assert rule(template) == []


# Each mistake: the rule that must notice it, and what is changed where in the expanded template.
MISTAKES: list[tuple[rules.Rule, Path, Any]] = [
    (rules.visibility_outlasts_the_function, ("WarehouseOrdersQueue", "VisibilityTimeout"), 359),
    (rules.visibility_outlasts_the_function, ("WarehouseOrdersQueue", "VisibilityTimeout"), GONE),
    (rules.visibility_outlasts_the_function, ("PushOrdersFunction", "Timeout"), 61),
    (rules.every_queue_has_a_dead_letter_queue, ("StorefrontOrdersQueue", "RedrivePolicy"), GONE),
    (rules.every_queue_has_a_dead_letter_queue, ("StorefrontOrdersDeadLetterQueue", "FifoQueue"), GONE),
    (
        rules.every_queue_has_a_dead_letter_queue,
        ("StorefrontOrdersQueue", "RedrivePolicy", "maxReceiveCount"),
        1,
    ),
    (
        rules.every_queue_has_a_dead_letter_queue,
        ("ProjectOrdersDeadLetterQueue", "MessageRetentionPeriod"),
        GONE,
    ),
    (rules.batches_have_time_for_a_slow_answer, ("WriteBackOrdersFunction", "Timeout"), 44),
    (rules.batches_have_time_for_a_slow_answer, ("ReceiveStorefrontEventsFunction", "Timeout"), GONE),
    (rules.streams_outlast_an_outage, ("ProjectOrdersFunctionOrderState", "DestinationConfig"), GONE),
    (rules.streams_outlast_an_outage, ("ProjectOrdersFunctionOrderState", "MaximumRetryAttempts"), 10),
    (rules.streams_outlast_an_outage, ("ProjectOrdersFunctionOrderState", "MaximumRecordAgeInSeconds"), 60),
    (rules.streams_outlast_an_outage, ("ProjectOrdersFunctionOrderState", "BisectBatchOnFunctionError"), GONE),
    (rules.every_dead_letter_queue_has_an_alarm, ("ProjectOrdersDeadLetterAlarm", "Threshold"), 100),
    (
        rules.every_dead_letter_queue_has_an_alarm,
        ("ProjectOrdersDeadLetterAlarm", "MetricName"),
        "SentMessageSize",
    ),
    (rules.alarms_reach_a_person, ("WarehouseOrdersAgeAlarm", "AlarmActions"), GONE),
    (rules.alarms_watch_what_is_emitted, ("PushOrdersConfigurationAlarm", "MetricName"), "OrdersSungAbout"),
    (
        rules.alarms_watch_what_is_emitted,
        ("PushOrdersConfigurationAlarm", "Dimensions"),
        [{"Name": "service", "Value": "export_orders"}],
    ),
    (rules.batches_report_their_failures, ("ProjectOrdersFunctionOrderState", "FunctionResponseTypes"), GONE),
    (rules.fifo_batches_are_legal, ("PushOrdersFunctionWarehouseOrders", "BatchSize"), 11),
    (
        rules.fifo_batches_are_legal,
        ("PushOrdersFunctionWarehouseOrders", "MaximumBatchingWindowInSeconds"),
        1,
    ),
    (
        rules.concurrency_is_bounded_by_the_mapping,
        ("PushOrdersFunctionWarehouseOrders", "ScalingConfig"),
        GONE,
    ),
    (
        rules.concurrency_is_bounded_by_the_mapping,
        ("PushOrdersFunctionWarehouseOrders", "ScalingConfig", "MaximumConcurrency"),
        1,
    ),
    (rules.concurrency_is_bounded_by_the_mapping, ("PushOrdersFunction", "ReservedConcurrentExecutions"), 2),
    (rules.deduplication_is_explicit, ("WarehouseOrdersQueue", "ContentBasedDeduplication"), True),
    (rules.deduplication_is_explicit, ("WarehouseOrdersQueue", "DeduplicationScope"), "queue"),
    (rules.queues_are_encrypted, ("WarehouseOrdersQueue", "SqsManagedSseEnabled"), GONE),
    (rules.queues_are_encrypted, ("WarehouseOrdersQueuePolicy", "PolicyDocument", "Statement"), []),
    (rules.logs_expire, ("PushOrdersLogGroup", "RetentionInDays"), GONE),
    (rules.logs_expire, ("PushOrdersFunction", "LoggingConfig"), GONE),
    (
        rules.roles_name_their_resources,
        ("PushOrdersRole", "ManagedPolicyArns"),
        ["arn:aws:iam::aws:policy/Any"],
    ),
    (
        rules.roles_name_their_resources,
        ("PushOrdersRole", "Policies", 0, "PolicyDocument", "Statement", 0, "Resource"),
        "*",
    ),
    (
        rules.roles_name_their_resources,
        ("PushOrdersRole", "Policies", 0, "PolicyDocument", "Statement", 0, "Resource"),
        {"Fn::Sub": "arn:aws:sqs:*:${AWS::AccountId}:*"},
    ),
    (
        rules.roles_name_their_resources,
        ("PushOrdersRole", "Policies", 0, "PolicyDocument", "Statement", 0, "Action"),
        "sqs:*",
    ),
    (
        rules.roles_belong_to_one_function,
        ("PushOrdersFunction", "Role"),
        {"Fn::GetAtt": ["WriteBackOrdersRole", "Arn"]},
    ),
    (
        rules.readers_may_set_the_wait,
        ("PushOrdersRole", "Policies", 0, "PolicyDocument", "Statement", 1, "Action"),
        ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"],
    ),
    (rules.schedules_do_not_retry, ("ReconcileOrdersFunctionSchedule", "Target", "RetryPolicy"), GONE),
    (
        rules.schedules_do_not_retry,
        ("ReconcileOrdersFunctionEventInvokeConfig", "MaximumRetryAttempts"),
        GONE,
    ),
    (rules.schedules_do_not_retry, ("ReconcileOrdersFunctionSchedule", "Name"), "reconcile-orders"),
    (rules.state_outlives_the_stack, ("OrderStateTable", "TableName"), "orders"),
    (rules.tables_can_be_restored, ("OrderStateTable", "PointInTimeRecoverySpecification"), GONE),
    (rules.tables_can_be_restored, ("OrderStateTable", "SSESpecification"), GONE),
    (rules.one_runtime_everywhere, ("PushOrdersFunction", "Runtime"), "python3.12"),
    (rules.one_runtime_everywhere, ("PushOrdersFunction", "Architectures"), ["x86_64"]),
    (
        rules.sources_can_be_switched_off,
        ("PushOrdersFunctionWarehouseOrders", "Enabled"),
        {"Ref": "EventSourcesEnabled"},
    ),
    (rules.sources_can_be_switched_off, ("ReconcileOrdersFunctionSchedule", "State"), GONE),
    (rules.names_follow_one_rule, ("PushOrdersFunction", "FunctionName"), GONE),
    (
        rules.names_follow_one_rule,
        ("PushOrdersFunction", "Environment", "Variables", "POWERTOOLS_SERVICE_NAME"),
        "push",
    ),
]


@pytest.mark.parametrize(
    ("rule", "where", "value"),
    MISTAKES,
    ids=[f"{rule.__name__}: {'.'.join(map(str, where))}" for rule, where, _ in MISTAKES],
)
def test_a_mistake_is_noticed(rule: rules.Rule, where: Path, value: Any, template: Template) -> None:
    mistaken = copy.deepcopy(template)
    logical_id, *inner, last = where
    place = mistaken.expanded["Resources"][logical_id]["Properties"]
    for key in inner:
        place = place[key]
    if value is GONE:
        del place[last]
    else:
        place[last] = value
    assert rule(mistaken) != []


def _delete_with_the_stack(template: Template) -> None:
    del template.expanded["Resources"]["OrderStateTable"]["DeletionPolicy"]


def _build_the_layer_for_another_runtime(template: Template) -> None:
    template.source["Resources"]["LockstepLayer"]["Metadata"]["BuildMethod"] = "python3.12"


def _build_the_layer_for_one_architecture(template: Template) -> None:
    template.source["Resources"]["LockstepLayer"]["Metadata"]["BuildArchitecture"] = "arm64"


def _move_a_function(template: Template) -> None:
    template.source["Resources"]["PushOrdersFunction"]["Properties"]["CodeUri"] = "functions/export_orders/"


@pytest.mark.parametrize(
    ("rule", "mistake"),
    [
        (rules.state_outlives_the_stack, _delete_with_the_stack),
        (rules.one_runtime_everywhere, _build_the_layer_for_another_runtime),
        (rules.one_runtime_everywhere, _build_the_layer_for_one_architecture),
        (rules.names_follow_one_rule, _move_a_function),
    ],
)
def test_a_mistake_beside_the_properties_is_noticed(
    rule: rules.Rule, mistake: Callable[[Template], None], template: Template
) -> None:
    mistaken = copy.deepcopy(template)
    mistake(mistaken)
    assert rule(mistaken) != []


def test_every_rule_is_proved_able_to_fail() -> None:
    assert {rule for rule, _, _ in MISTAKES} == set(rules.RULES)


def test_a_misspelt_sam_property_is_refused(template: Template) -> None:
    misspelt = copy.deepcopy(template.source)
    event = misspelt["Resources"]["PushOrdersFunction"]["Properties"]["Events"]["WarehouseOrders"]
    event["Properties"]["FunctionResponseType"] = event["Properties"].pop("FunctionResponseTypes")
    with pytest.raises(ValueError, match="FunctionResponseType"):
        expand_template(misspelt)
