from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest

from local.aws.lambda_host import UnknownFunctionError
from local.aws.local_cloud import LocalCloud
from tests.integration.local_aws.conftest import STACK

SHOW = "ShowEnvironmentFunction"
SET_BY_LAMBDA = {
    "AWS_ACCESS_KEY_ID",
    "AWS_DEFAULT_REGION",
    "AWS_EXECUTION_ENV",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_VERSION",
    "AWS_LAMBDA_INITIALIZATION_TYPE",
    "AWS_LAMBDA_LOG_GROUP_NAME",
    "AWS_LAMBDA_LOG_STREAM_NAME",
    "AWS_LAMBDA_RUNTIME_API",
    "AWS_REGION",
    "AWS_SECRET_ACCESS_KEY",
    "HOME",
    "LAMBDA_TASK_ROOT",
    "LANG",
    "PATH",
    "PYTHONPATH",
    "TZ",
    "_HANDLER",
    "_X_AMZN_TRACE_ID",
}
SET_BY_THE_TEMPLATE = {"ENDPOINT_URL", "GREETING", "ORDERS_QUEUE_URL"}


@pytest.fixture(scope="module", autouse=True)
def secret_of_the_host() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ONLY_ON_THE_HOST", "secret")
        yield


def test_a_function_sees_what_lambda_and_the_template_set_and_nothing_of_the_host(shared_cloud: LocalCloud) -> None:
    environment = shared_cloud.invoke(SHOW, {}).payload["environment"]

    # The interpreter adds LC_CTYPE by itself where the machine lacks the locale.
    assert set(environment) - {"LC_CTYPE"} == SET_BY_LAMBDA | SET_BY_THE_TEMPLATE
    assert environment["GREETING"] == "hello from lockstep-local"
    assert environment["ENDPOINT_URL"] == shared_cloud.endpoint_url
    assert environment["ORDERS_QUEUE_URL"] == shared_cloud.physical_id("OrdersQueue")


def test_its_own_folder_is_searched_before_its_layer(shared_cloud: LocalCloud) -> None:
    path = shared_cloud.invoke(SHOW, {}).payload["path"]

    function_folder, layer_folder = STACK.parent / "functions" / "show_environment", STACK.parent / "layer" / "python"
    assert path.index(str(function_folder)) < path.index(str(layer_folder)) < path.index(boto3_folder())


def boto3_folder() -> str:
    return str(Path(boto3.__file__).parent.parent)


def test_an_answer_comes_with_what_the_function_wrote(shared_cloud: LocalCloud) -> None:
    result = shared_cloud.invoke(SHOW, {"b": 1, "a": 2})

    assert result.ok
    assert result.payload["request_id"] == result.request_id
    assert 0 < result.payload["remaining_milliseconds"] <= 2000
    assert result.log_lines == ('{"asked": ["a", "b"]}',)


def test_a_process_is_used_again_also_after_a_handler_raised(shared_cloud: LocalCloud) -> None:
    first = shared_cloud.invoke(SHOW, {})
    failed = shared_cloud.invoke(SHOW, {"raise": "no such order"})
    second = shared_cloud.invoke(SHOW, {})

    assert failed.error == "ValueError: no such order"
    assert "Traceback" in "\n".join(failed.log_lines)
    assert (failed.cold_start, second.cold_start) == (False, False)
    assert first.payload["process"] == second.payload["process"]


@pytest.mark.parametrize(
    ("event", "error"),
    [
        ({"exit": 3}, "Runtime exited with status 3"),
        ({"hang": True}, "Task timed out after 2.00 seconds"),
    ],
    ids=["exit", "time-out"],
)
def test_a_process_that_ends_or_hangs_is_replaced(
    shared_cloud: LocalCloud, event: dict[str, object], error: str
) -> None:
    failed = shared_cloud.invoke(SHOW, event)
    next_result = shared_cloud.invoke(SHOW, {})

    assert not failed.ok
    assert error in failed.error
    assert failed.log_lines[-1] == f'{{"asked": ["{next(iter(event))}"]}}'
    assert next_result.ok
    assert next_result.cold_start


def test_an_import_that_fails_says_so(tmp_path: Path) -> None:
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "app.py").write_text("import no_such_module\n")
    template = tmp_path / "template.yaml"
    template.write_text(
        "Transform: AWS::Serverless-2016-10-31\n"
        "Resources:\n"
        "  BrokenFunction:\n"
        "    Type: AWS::Serverless::Function\n"
        "    Properties: {CodeUri: broken/, Handler: app.handler, Runtime: python3.13}\n"
    )
    with LocalCloud(template=template) as cloud:
        results = [cloud.invoke("BrokenFunction", {}) for _ in range(2)]

    assert ["No module named 'no_such_module'" in result.error for result in results] == [True, True]


def test_a_changed_parameter_reaches_the_function_at_the_next_start(shared_cloud: LocalCloud) -> None:
    greetings = []
    for greeting in ("goodbye", "hello"):
        shared_cloud.update_stack({"Greeting": greeting})
        greetings.append(shared_cloud.invoke(SHOW, {}).payload["environment"]["GREETING"])

    assert greetings == ["goodbye from lockstep-local", "hello from lockstep-local"]


def test_an_unknown_function_is_answered_with_the_known_ones(shared_cloud: LocalCloud) -> None:
    with pytest.raises(UnknownFunctionError, match=r"No function push_orders.*CarryOrdersFunction"):
        shared_cloud.invoke("push_orders", {})
