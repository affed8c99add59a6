from __future__ import annotations

import json
import re
import sys
import urllib.parse
from pathlib import Path
from typing import Any

import pytest

from local.aws.built_tree import BuiltForAnotherMachineError
from local.aws.deploy import DeploymentFailedError
from local.aws.event_sources import UnsupportedEventSourceError
from local.aws.local_cloud import LocalCloud, UnknownResourceError
from local.aws.sam_template import SamTemplate, TemplateRejectedError
from tests.integration.local_aws.conftest import STACK

HEADER = "Transform: AWS::Serverless-2016-10-31\nResources:\n"


def start(template: Path, **options: Any) -> None:
    with LocalCloud(template=template, **options):
        pass


def template_of(folder: Path, resources: str) -> Path:
    path = folder / "template.yaml"
    path.write_text(HEADER + resources)
    return path


def template_of_function(folder: Path, code_uri: str, runtime_property: str = "Runtime") -> Path:
    properties = f"{{CodeUri: {code_uri}, Handler: app.handler, {runtime_property}: python3.13}}"
    return template_of(folder, f"  F: {{Type: 'AWS::Serverless::Function', Properties: {properties}}}\n")


def test_a_secret_is_filled_by_its_logical_id(shared_cloud: LocalCloud) -> None:
    shared_cloud.put_secret("SettingsSecret", {"client_id": "demo"})

    answer = shared_cloud.client("secretsmanager").get_secret_value(SecretId=shared_cloud.physical_id("SettingsSecret"))
    assert json.loads(answer["SecretString"]) == {"client_id": "demo"}


def test_an_unknown_resource_is_answered_with_similar_ones(shared_cloud: LocalCloud) -> None:
    with pytest.raises(UnknownResourceError, match="Did you mean OrdersQueue"):
        shared_cloud.physical_id("OrderQueue")


def test_depths_count_waiting_messages_by_logical_id(shared_cloud: LocalCloud) -> None:
    queue_url = shared_cloud.physical_id("ChangesDeadLetterQueue")
    shared_cloud.client("sqs").send_message(QueueUrl=queue_url, MessageBody="now")
    shared_cloud.client("sqs").send_message(QueueUrl=queue_url, MessageBody="later", DelaySeconds=600)

    depths = shared_cloud.queue_depths()
    assert (depths["ChangesDeadLetterQueue"].visible, depths["ChangesDeadLetterQueue"].delayed) == (1, 1)
    assert depths["OrdersQueue"].total == 0


def test_dead_letters_do_not_keep_the_cloud_busy(shared_cloud: LocalCloud) -> None:
    shared_cloud.client("sqs").send_message(
        QueueUrl=shared_cloud.physical_id("ChangesDeadLetterQueue"), MessageBody="dead"
    )

    assert shared_cloud.idle()


def test_profile_and_proxy_of_the_person_at_the_keyboard_are_of_no_account(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "no-such-profile")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    with LocalCloud(template=STACK) as cloud:
        assert cloud.queue_depths()["OrdersQueue"].total == 0


@pytest.mark.skipif(sys.platform != "linux", reason="reads the kernel's table of sockets")
def test_the_cloud_listens_on_loopback_only(shared_cloud: LocalCloud) -> None:
    shared_cloud.invoke("ShowEnvironmentFunction", {})
    port = urllib.parse.urlsplit(shared_cloud.endpoint_url).port
    # Columns of the table: number, local address (hexadecimal, bytes reversed), remote address, state (0A: listening).
    rows = [line.split() for name in ("tcp", "tcp6") for line in Path(f"/proc/net/{name}").read_text().splitlines()[1:]]
    listening = {tuple(row[1].split(":")) for row in rows if row[3] == "0A"}

    assert ("0100007F", f"{port:04X}") in listening
    assert "22B3" not in {port for _, port in listening}  # 8883, the emulator's IoT listener


def test_no_mapping_or_schedule_of_the_template_is_switched_on_in_the_emulator() -> None:
    expanded = SamTemplate(STACK).expand(parameters={}, region="eu-central-1")

    switches = {
        name: resource["Properties"].get("Enabled", resource["Properties"].get("State"))
        for name, resource in expanded["Resources"].items()
        if resource["Type"] in {"AWS::Lambda::EventSourceMapping", "AWS::Scheduler::Schedule"}
    }
    assert sorted(switches.values(), key=str) == ["DISABLED", False, False]


def test_a_resource_that_fails_is_named_with_its_reason(tmp_path: Path) -> None:
    template = template_of(
        tmp_path,
        "  PatientQueue: {Type: 'AWS::SQS::Queue', Properties: {VisibilityTimeout: 999999}}\n",
    )
    with pytest.raises(DeploymentFailedError, match=r"PatientQueue \(AWS::SQS::Queue\): .+"):
        start(template)


def test_a_misspelt_property_is_rejected_before_anything_is_deployed(tmp_path: Path) -> None:
    (tmp_path / "code").mkdir()
    template = template_of_function(tmp_path, "code", "Runtim")
    with pytest.raises(TemplateRejectedError, match="Runtim"):
        start(template)


def test_a_parameter_that_the_template_does_not_have_is_rejected() -> None:
    with pytest.raises(TemplateRejectedError, match="no parameter Colour"):
        start(STACK, parameters={"Colour": "blue"})


def test_a_missing_code_folder_is_named(tmp_path: Path) -> None:
    template = template_of_function(tmp_path, "nowhere")
    with pytest.raises(TemplateRejectedError, match="its code folder nowhere does not exist"):
        start(template)


def test_a_filter_on_an_event_source_is_refused_rather_than_ignored(tmp_path: Path) -> None:
    filtered = "FilterCriteria: {Filters: [{Pattern: '{}'}]}"
    text = STACK.read_text().replace("BisectBatchOnFunctionError: true", filtered)
    template = tmp_path / "template.yaml"
    template.write_text(re.sub(r"(CodeUri|ContentUri): ", rf"\1: {STACK.parent}/", text))
    with pytest.raises(UnsupportedEventSourceError, match="FilterCriteria"):
        start(template)


def test_code_built_for_another_processor_is_refused_with_what_to_do(tmp_path: Path) -> None:
    build = tmp_path / ".aws-sam" / "build"
    (build / "F").mkdir(parents=True)
    (build / "F" / "_core.cpython-313-riscv64-linux-gnu.so").touch()
    template_of_function(build, "F")
    with pytest.raises(BuiltForAnotherMachineError, match="ARCHITECTURE=host"):
        start(tmp_path / "template.yaml", built=True)


def test_the_built_tree_runs_from_its_own_template(tmp_path: Path) -> None:
    build = tmp_path / ".aws-sam" / "build"
    (build / "F").mkdir(parents=True)
    (build / "F" / "app.py").write_text("def handler(event, context):\n    return __file__\n")
    template_of_function(build, "F")
    with LocalCloud(template=tmp_path / "template.yaml", built=True) as cloud:
        result = cloud.invoke("F", {})

    assert result.payload == str(build / "F" / "app.py")
