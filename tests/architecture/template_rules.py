"""What must hold of the expanded template, each rule a function that returns what breaks it.

The linter passes most of these mistakes, and AWS accepts them: they show in production only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from tests.architecture.emitted_metrics import emitted_metrics
from tests.architecture.template import Properties, Template, as_list, folder_of, referred

Rule = Callable[[Template], list[str]]

ONE_DAY_SECONDS = 24 * 60 * 60
FOURTEEN_DAYS_SECONDS = 14 * ONE_DAY_SECONDS
SHORTEST_TIMEOUT_SECONDS = 45
# Actions that AWS grants on every resource or not at all. None is needed so far.
GRANTED_ON_ALL_OR_NOTHING: frozenset[str] = frozenset()
OUR_NAMESPACE = "Lockstep"
STATEFUL_TYPES = ("AWS::DynamoDB::Table", "AWS::S3::Bucket", "AWS::SecretsManager::Secret")
NAMES_OF_STATEFUL = ("BucketName", "Name", "TableName")
QUEUE_READING_ACTIONS = {
    "sqs:ChangeMessageVisibility",
    "sqs:DeleteMessage",
    "sqs:GetQueueAttributes",
    "sqs:ReceiveMessage",
}


def visibility_outlasts_the_function(template: Template) -> list[str]:
    """A message stays hidden for six times as long as its function may run, as AWS asks for."""
    broken = []
    for mapping in template.queue_mappings().values():
        function_id, queue_id = referred(mapping["FunctionName"]), referred(mapping["EventSourceArn"])
        timeout = template.functions()[str(function_id)].get("Timeout", 3)
        visibility = template.queues()[str(queue_id)].get("VisibilityTimeout", 30)
        if visibility < 6 * timeout:
            broken.append(f"{queue_id} hides messages for {visibility} s, {function_id} may run for {timeout} s")
    return broken


def batches_have_time_for_a_slow_answer(template: Template) -> list[str]:
    """A function that reads a queue has the time for a token, a call that hangs, and the note of its outcome."""
    readers = {str(referred(mapping["FunctionName"])) for mapping in template.queue_mappings().values()}
    return [
        f"{function_id} may run for {timeout} s, less than {SHORTEST_TIMEOUT_SECONDS} s"
        for function_id in sorted(readers)
        if (timeout := template.functions()[function_id].get("Timeout", 3)) < SHORTEST_TIMEOUT_SECONDS
    ]


def every_queue_has_a_dead_letter_queue(template: Template) -> list[str]:
    """A queue that is read sets messages aside, after ten receives, in a queue of its own kind."""
    broken = []
    queues, aside = template.queues(), template.dead_letter_queues()
    for queue_id, queue in queues.items():
        if queue_id in aside:
            if queue.get("MessageRetentionPeriod") != FOURTEEN_DAYS_SECONDS:
                broken.append(f"{queue_id} does not keep dead letters for fourteen days")
            continue
        target = referred(queue.get("RedrivePolicy", {}).get("deadLetterTargetArn"))
        if target not in queues:
            broken.append(f"{queue_id} has no dead-letter queue")
        elif queues[target].get("FifoQueue", False) != queue.get("FifoQueue", False):
            broken.append(f"{queue_id} and its dead-letter queue are not of the same kind")
        elif queue["RedrivePolicy"].get("maxReceiveCount") != 10:
            broken.append(f"{queue_id} does not set messages aside at the tenth receive")
    return broken


def streams_outlast_an_outage(template: Template) -> list[str]:
    """A stream's change is tried for as long as the stream keeps it, and set aside in a queue only then.

    The function itself passes over what can never succeed, so nothing else blocks a shard.
    """
    wanted = {
        "MaximumRetryAttempts": -1,
        "MaximumRecordAgeInSeconds": ONE_DAY_SECONDS,
        "BisectBatchOnFunctionError": True,
    }
    broken = []
    for mapping_id, mapping in template.mappings().items():
        if mapping_id in template.queue_mappings():
            continue
        broken += [
            f"{mapping_id} should have {name}: {value}" for name, value in wanted.items() if mapping.get(name) != value
        ]
        aside = mapping.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination")
        if referred(aside) not in template.queues():
            broken.append(f"{mapping_id} drops what it gives up")
    return broken


def every_dead_letter_queue_has_an_alarm(template: Template) -> list[str]:
    """The first dead letter raises an alarm, which reaches the alarm topic when there is one."""
    watched = set()
    for alarm in template.of_type("AWS::CloudWatch::Alarm").values():
        if alarm.get("MetricName") == "ApproximateNumberOfMessagesVisible" and alarm.get("Threshold") == 1:
            watched |= {referred(dimension["Value"]) for dimension in alarm["Dimensions"]}
    return [f"{queue_id} has no alarm" for queue_id in sorted(template.dead_letter_queues() - watched)]


def alarms_reach_a_person(template: Template) -> list[str]:
    """Every alarm tells the alarm topic, when there is one."""
    told = {"Fn::If": ["HasAlarmEmail", [{"Ref": "AlarmTopic"}], {"Ref": "AWS::NoValue"}]}
    return [
        f"{alarm_id} tells nobody"
        for alarm_id, alarm in template.of_type("AWS::CloudWatch::Alarm").items()
        if alarm.get("AlarmActions") != told
    ]


def alarms_watch_what_is_emitted(template: Template) -> list[str]:
    """An alarm on a metric of ours names one that the code emits, and the function that emits it as `service`."""
    emitted = emitted_metrics()
    services = {folder_of(function_id) for function_id in template.functions()}
    broken = []
    for alarm_id, alarm in template.of_type("AWS::CloudWatch::Alarm").items():
        if alarm.get("Namespace") != OUR_NAMESPACE:
            continue
        if alarm["MetricName"] not in emitted:
            broken.append(f"{alarm_id} watches {alarm['MetricName']}, which nothing emits")
        [dimension] = alarm["Dimensions"]
        if dimension["Name"] != "service" or dimension["Value"] not in services:
            broken.append(f"{alarm_id} watches no function: {dimension}")
    return broken


def batches_report_their_failures(template: Template) -> list[str]:
    """Every batch answers for its records one by one."""
    return [
        f"{mapping_id} lacks ReportBatchItemFailures"
        for mapping_id, mapping in template.mappings().items()
        if mapping.get("FunctionResponseTypes") != ["ReportBatchItemFailures"]
    ]


def fifo_batches_are_legal(template: Template) -> list[str]:
    """A FIFO queue gives at most ten messages at once, and knows no batching window."""
    return [
        f"{mapping_id} asks a FIFO queue for what it cannot give"
        for mapping_id, mapping in template.queue_mappings().items()
        if template.queues()[str(referred(mapping["EventSourceArn"]))].get("FifoQueue")
        and (mapping.get("BatchSize", 10) > 10 or mapping.get("MaximumBatchingWindowInSeconds", 0))
    ]


def concurrency_is_bounded_by_the_mapping(template: Template) -> list[str]:
    """Each queue's mapping says how many may run at once, two or more; no function reserves concurrency."""
    broken = [
        f"{mapping_id} has no MaximumConcurrency of two or more"
        for mapping_id, mapping in template.queue_mappings().items()
        if mapping.get("ScalingConfig", {}).get("MaximumConcurrency", 0) < 2
    ]
    return broken + [
        f"{function_id} reserves concurrency, which fails to deploy in a small account"
        for function_id, function in template.functions().items()
        if "ReservedConcurrentExecutions" in function
    ]


def deduplication_is_explicit(template: Template) -> list[str]:
    """No FIFO queue deduplicates by content, which would drop a second, equal hint; ids count per group."""
    wanted = {
        "ContentBasedDeduplication": False,
        "DeduplicationScope": "messageGroup",
        "FifoThroughputLimit": "perMessageGroupId",
    }
    return [
        f"{queue_id} should have {name}: {value}"
        for queue_id, queue in template.queues().items()
        if queue.get("FifoQueue")
        for name, value in wanted.items()
        if queue.get(name) != value
    ]


def queues_are_encrypted(template: Template) -> list[str]:
    """Each queue encrypts what it holds, and refuses to be spoken to without TLS."""
    refusing = set()
    for policy in template.of_type("AWS::SQS::QueuePolicy").values():
        for statement in policy["PolicyDocument"]["Statement"]:
            insecure = statement.get("Condition") == {"Bool": {"aws:SecureTransport": "false"}}
            if insecure and (statement["Effect"], statement["Action"]) == ("Deny", "sqs:*"):
                refusing |= {referred(queue) for queue in policy["Queues"]} & {referred(statement["Resource"])}
    return [
        f"{queue_id} is not encrypted at rest and on the way"
        for queue_id, queue in template.queues().items()
        if queue.get("SqsManagedSseEnabled") is not True or queue_id not in refusing
    ]


def logs_expire(template: Template) -> list[str]:
    """Each function writes to its own log group, which forgets."""
    groups = template.of_type("AWS::Logs::LogGroup")
    broken = []
    for function_id, function in template.functions().items():
        group_id = function_id.removesuffix("Function") + "LogGroup"
        if referred(function.get("LoggingConfig", {}).get("LogGroup")) != group_id:
            broken.append(f"{function_id} does not write to {group_id}")
        elif "RetentionInDays" not in groups.get(group_id, {}):
            broken.append(f"{group_id} keeps everything for ever")
    return broken


def roles_name_their_resources(template: Template) -> list[str]:
    """No role may do everything, or anything to what is not of this stack; none is managed by AWS."""
    broken = []
    for role_id, role in template.of_type("AWS::IAM::Role").items():
        if role.get("ManagedPolicyArns"):
            broken.append(f"{role_id} takes a managed policy, which names all resources")
        for statement in _allowances(role):
            actions = as_list(statement["Action"])
            broken += [f"{role_id} allows {action}" for action in actions if "*" in action]
            if GRANTED_ON_ALL_OR_NOTHING.issuperset(actions):
                continue
            broken += [
                f"{role_id} allows {', '.join(actions)} on {resource}"
                for resource in as_list(statement["Resource"])
                if referred(resource) not in template.expanded["Resources"]
            ]
    return broken


def roles_belong_to_one_function(template: Template) -> list[str]:
    """Each function runs as its own role, and as nobody else's."""
    return [
        f"{function_id} does not run as its own role"
        for function_id, function in template.functions().items()
        if referred(function["Role"]) != function_id.removesuffix("Function") + "Role"
    ]


def readers_may_set_the_wait(template: Template) -> list[str]:
    """Who reads a queue may also change the visibility of its messages: SAM's own role may not."""
    broken = []
    roles = template.of_type("AWS::IAM::Role")
    for mapping in template.queue_mappings().values():
        function_id, queue_id = referred(mapping["FunctionName"]), referred(mapping["EventSourceArn"])
        role = roles.get(str(referred(template.functions()[str(function_id)]["Role"])), {})
        allowed = {
            action
            for statement in _allowances(role)
            if queue_id in {referred(resource) for resource in as_list(statement["Resource"])}
            for action in as_list(statement["Action"])
        }
        broken += [f"{function_id} may not {action} on {queue_id}" for action in QUEUE_READING_ACTIONS - allowed]
    return broken


def schedules_do_not_retry(template: Template) -> list[str]:
    """The next tick recovers: neither the scheduler nor Lambda's own queue tries a tick again."""
    patient = {
        referred(config["FunctionName"])
        for config in template.of_type("AWS::Lambda::EventInvokeConfig").values()
        if config.get("MaximumRetryAttempts") == 0
    }
    broken = []
    for schedule_id, schedule in template.of_type("AWS::Scheduler::Schedule").items():
        if schedule["Target"].get("RetryPolicy", {}).get("MaximumRetryAttempts") != 0:
            broken.append(f"{schedule_id} retries for a day")
        if referred(schedule["Target"]["Arn"]) not in patient:
            broken.append(f"the function of {schedule_id} is tried twice more by Lambda")
        if "AWS::StackName" not in str(schedule.get("Name")):
            broken.append(f"{schedule_id} has a name that a second stack in the account cannot have")
    return broken


def state_outlives_the_stack(template: Template) -> list[str]:
    """What cannot be made anew is retained, and unnamed, so that it does not block the next stack."""
    broken = []
    for logical_id, resource in template.expanded["Resources"].items():
        if resource["Type"] not in STATEFUL_TYPES:
            continue
        if {resource.get("DeletionPolicy"), resource.get("UpdateReplacePolicy")} != {"Retain"}:
            broken.append(f"{logical_id} is deleted with the stack")
        broken += [f"{logical_id} has a fixed {name}" for name in NAMES_OF_STATEFUL if name in resource["Properties"]]
    return broken


def tables_can_be_restored(template: Template) -> list[str]:
    """Each table can be taken back to any second, is encrypted, and is paid by use."""
    wanted = {
        "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
        "SSESpecification": {"SSEEnabled": True},
        "BillingMode": "PAY_PER_REQUEST",
    }
    return [
        f"{table_id} should have {name}: {value}"
        for table_id, table in template.of_type("AWS::DynamoDB::Table").items()
        for name, value in wanted.items()
        if table.get(name) != value
    ]


def one_runtime_everywhere(template: Template) -> list[str]:
    """Functions and layer name one runtime and one architecture, and the layer is built for both."""
    wanted = template.source["Globals"]["Function"]["Runtime"]
    architecture = {"Ref": "Architecture"}
    broken = [
        f"{function_id} runs on another runtime or architecture"
        for function_id, function in template.functions().items()
        if function.get("Runtime") != wanted or function.get("Architectures") != [architecture]
    ]
    for logical_id, resource in template.source["Resources"].items():
        if resource["Type"] != "AWS::Serverless::LayerVersion":
            continue
        built = resource.get("Metadata", {})
        if (built.get("BuildMethod"), resource["Properties"].get("CompatibleRuntimes")) != (wanted, [wanted]):
            broken.append(f"{logical_id} is not built for {wanted}")
        if built.get("BuildArchitecture") != architecture:
            broken.append(f"{logical_id} is not built for the functions' architecture")
    return broken


def sources_can_be_switched_off(template: Template) -> list[str]:
    """Every mapping and schedule has a switch that really switches: a text "false" would count as true."""
    mapped = {"Fn::If": ["ReadsEvents", True, False]}
    scheduled = {"Fn::If": ["RunsSchedules", "ENABLED", "DISABLED"]}
    broken = [name for name, mapping in template.mappings().items() if mapping.get("Enabled") != mapped]
    schedules = template.of_type("AWS::Scheduler::Schedule")
    broken += [name for name, schedule in schedules.items() if schedule.get("State") != scheduled]
    return [f"{name} cannot be switched off by parameter" for name in broken]


def names_follow_one_rule(template: Template) -> list[str]:
    """Folder push_orders is PushOrdersFunction, named ...-push-orders, with the service name push_orders."""
    broken = []
    for function_id, function in template.functions().items():
        folder = folder_of(function_id)
        source = template.source["Resources"][function_id]["Properties"]
        found = (
            source["CodeUri"],
            function.get("FunctionName"),
            function["Environment"]["Variables"].get("POWERTOOLS_SERVICE_NAME"),
            function.get("Handler"),
        )
        stack_name = "${AWS::StackName}-" + folder.replace("_", "-")
        if found != (f"functions/{folder}/", {"Fn::Sub": stack_name}, folder, "app.handler"):
            broken.append(f"{function_id} should be folder functions/{folder}/ and name ...-{folder}: {found}")
    return broken


def _allowances(role: Properties) -> Iterator[Properties]:
    for policy in role.get("Policies", []):
        for statement in policy["PolicyDocument"]["Statement"]:
            if statement["Effect"] == "Allow":
                yield statement


RULES: tuple[Rule, ...] = (
    visibility_outlasts_the_function,
    batches_have_time_for_a_slow_answer,
    every_queue_has_a_dead_letter_queue,
    streams_outlast_an_outage,
    every_dead_letter_queue_has_an_alarm,
    alarms_reach_a_person,
    alarms_watch_what_is_emitted,
    batches_report_their_failures,
    fifo_batches_are_legal,
    concurrency_is_bounded_by_the_mapping,
    deduplication_is_explicit,
    queues_are_encrypted,
    logs_expire,
    roles_name_their_resources,
    roles_belong_to_one_function,
    readers_may_set_the_wait,
    schedules_do_not_retry,
    state_outlives_the_stack,
    tables_can_be_restored,
    one_runtime_everywhere,
    sources_can_be_switched_off,
    names_follow_one_rule,
)
