"""The environment file that lets `sam local invoke` run a function against a stage that is running."""

from __future__ import annotations

import json
from pathlib import Path

from local.scenarios.stage import Stage


def write_sam_environment(stage: Stage, path: Path) -> None:
    """Write every function's variables as they are deployed, by logical id, as `--env-vars` takes them."""
    stack = stage.cloud.client("cloudformation").describe_stack_resources(StackName=stage.cloud.stack_name)
    functions = stage.cloud.client("lambda")
    environment = {
        resource["LogicalResourceId"]: functions.get_function_configuration(
            FunctionName=resource["PhysicalResourceId"]
        )["Environment"]["Variables"]
        for resource in stack["StackResources"]
        if resource["ResourceType"] == "AWS::Lambda::Function"
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(environment, indent=2) + "\n", encoding="utf-8")
