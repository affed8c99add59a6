"""The template as the rules read it: as it is written, and as SAM expands it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.expand_template import expand_template, read_template

REPOSITORY = Path(__file__).parents[2]

Properties = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """Both forms of the template; `expanded` holds plain CloudFormation resources."""

    source: dict[str, Any]
    expanded: dict[str, Any]

    def of_type(self, resource_type: str) -> dict[str, Properties]:
        """Return the properties of every expanded resource of a type, by logical id."""
        return {
            logical_id: resource.get("Properties", {})
            for logical_id, resource in self.expanded["Resources"].items()
            if resource["Type"] == resource_type
        }

    def functions(self) -> dict[str, Properties]:
        """Return the properties of every function."""
        return self.of_type("AWS::Lambda::Function")

    def queues(self) -> dict[str, Properties]:
        """Return the properties of every queue, dead-letter queues included."""
        return self.of_type("AWS::SQS::Queue")

    def mappings(self) -> dict[str, Properties]:
        """Return the properties of every event source mapping."""
        return self.of_type("AWS::Lambda::EventSourceMapping")

    def queue_mappings(self) -> dict[str, Properties]:
        """Return the properties of the event source mappings that read a queue."""
        queues = self.queues()
        return {
            logical_id: mapping
            for logical_id, mapping in self.mappings().items()
            if referred(mapping["EventSourceArn"]) in queues
        }

    def dead_letter_queues(self) -> set[str]:
        """Return the logical ids of queues that others, or streams, set messages aside in."""
        aside = {referred(queue["RedrivePolicy"]["deadLetterTargetArn"]) for queue in self.redriven().values()}
        for mapping in self.mappings().values():
            aside.add(referred(mapping.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination")))
        return {logical_id for logical_id in aside if logical_id is not None}

    def redriven(self) -> dict[str, Properties]:
        """Return the queues that set messages aside after too many receives."""
        return {logical_id: queue for logical_id, queue in self.queues().items() if "RedrivePolicy" in queue}

    def variables(self, function_id: str) -> set[str]:
        """Return the names of the environment variables that a function is given."""
        return set(self.functions()[function_id].get("Environment", {}).get("Variables", {}))


def load_template() -> Template:
    """Read and expand the project's template."""
    source = read_template(REPOSITORY / "template.yaml")
    return Template(source=source, expanded=expand_template(source))


def referred(value: Any) -> str | None:
    """Return the logical id that `!Ref`, `!GetAtt` or the first `${...}` of a `!Sub` names, if any."""
    match value:
        case {"Ref": str(name)}:
            return name
        case {"Fn::GetAtt": [str(name), *_]}:
            return name
        case {"Fn::GetAtt": str(path)}:
            return path.split(".")[0]
        case {"Fn::Sub": str(text)}:
            found = re.search(r"\$\{(\w+)", text)
            return found.group(1) if found else None
        case _:
            return None


def as_list(value: Any) -> list[Any]:
    """Return what IAM lets be one or many as many."""
    return value if isinstance(value, list) else [value]


def folder_of(function_id: str) -> str:
    """Return the folder that a function's logical id stands for: PushOrdersFunction is push_orders."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", function_id.removesuffix("Function")).lower()
