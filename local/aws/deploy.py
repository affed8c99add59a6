"""Deploying an expanded template to the emulator through CloudFormation, as a deployment to AWS goes."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from local.aws.clients import Clients

DEPLOY_TIMEOUT_SECONDS = 60.0
_POLL_SECONDS = 0.05
_CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"]


class DeploymentFailedError(RuntimeError):
    """The stack was not deployed; the message lists every resource that failed, with its reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StackResource:
    """One deployed resource; ``physical_id`` is what ``!Ref`` gives (a queue's address, a table's name)."""

    logical_id: str
    physical_id: str
    resource_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """A deployed stack."""

    name: str
    resources: Mapping[str, StackResource]

    def of_type(self, resource_type: str) -> list[StackResource]:
        """The resources of one CloudFormation type."""
        return [resource for resource in self.resources.values() if resource.resource_type == resource_type]


def deploy(clients: Clients, *, stack_name: str, expanded: Mapping[str, Any], parameters: Mapping[str, str]) -> Stack:
    """Create the stack, or update it when it exists, and return what was deployed.

    Raises DeploymentFailedError when it does not end well, or ends without a resource the template names.
    """
    cloudformation = clients.get("cloudformation")
    request = {
        "StackName": stack_name,
        "TemplateBody": json.dumps(expanded, default=str),
        "Parameters": [{"ParameterKey": name, "ParameterValue": value} for name, value in sorted(parameters.items())],
        "Capabilities": _CAPABILITIES,
    }
    try:
        cloudformation.create_stack(**request)
    except cloudformation.exceptions.AlreadyExistsException:
        _update(cloudformation, request)
    status = _wait_until_settled(cloudformation, stack_name)
    if status not in {"CREATE_COMPLETE", "UPDATE_COMPLETE"}:
        raise DeploymentFailedError(f"Stack {stack_name}: {status}.\n{_failures(cloudformation, stack_name)}")
    resources = {
        entry["LogicalResourceId"]: StackResource(
            logical_id=entry["LogicalResourceId"],
            physical_id=entry.get("PhysicalResourceId", ""),
            resource_type=entry["ResourceType"],
        )
        for entry in cloudformation.describe_stack_resources(StackName=stack_name)["StackResources"]
    }
    # A resource under a false condition is rightly absent; one without a condition is not.
    missing = sorted(
        logical_id
        for logical_id, resource in expanded["Resources"].items()
        if logical_id not in resources and "Condition" not in resource
    )
    if missing:
        raise DeploymentFailedError(f"Stack {stack_name}: the emulator left out {', '.join(missing)}.")
    return Stack(name=stack_name, resources=resources)


def _update(cloudformation: Any, request: Mapping[str, Any]) -> None:
    try:
        cloudformation.update_stack(**request)
    except ClientError as error:
        if "No updates are to be performed" not in str(error):
            raise


def _wait_until_settled(cloudformation: Any, stack_name: str) -> str:
    deadline = time.monotonic() + DEPLOY_TIMEOUT_SECONDS
    while True:
        status: str = cloudformation.describe_stacks(StackName=stack_name)["Stacks"][0]["StackStatus"]
        if not status.endswith("IN_PROGRESS"):
            return status
        if time.monotonic() > deadline:
            raise DeploymentFailedError(f"Stack {stack_name}: still {status} after {DEPLOY_TIMEOUT_SECONDS:g} seconds.")
        time.sleep(_POLL_SECONDS)


def _failures(cloudformation: Any, stack_name: str) -> str:
    events = cloudformation.describe_stack_events(StackName=stack_name)["StackEvents"]
    lines = [
        f"  {event['LogicalResourceId']} ({event.get('ResourceType')}): "
        f"{event.get('ResourceStatusReason', 'no reason given')}"
        for event in reversed(events)
        if "FAILED" in event.get("ResourceStatus", "") and event["LogicalResourceId"] != stack_name
    ]
    return "\n".join(lines) or "  The emulator names no failed resource."
