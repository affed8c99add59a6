"""A SAM template as the local stack needs it: where each function's code lies, and its expansion to CloudFormation."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from samtranslator.model.exceptions import InvalidDocumentException
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse

from local.aws.clients import isolated_session

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

FUNCTION_TYPE = "AWS::Serverless::Function"
LAYER_TYPE = "AWS::Serverless::LayerVersion"
_CODE_PROPERTY = {FUNCTION_TYPE: "CodeUri", LAYER_TYPE: "ContentUri"}
# The host runs functions from disk, so what CloudFormation is told to deploy is never opened.
_CODE_STAND_IN = "s3://local-code/not-uploaded.zip"


class TemplateRejectedError(ValueError):
    """The template cannot be used; the message says what is wrong and where."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionSource:
    """Where one function's code is found: its own folder first, then its layers, as on Lambda."""

    logical_id: str
    code_directory: Path
    layer_directories: tuple[Path, ...]


class SamTemplate:
    """One ``template.yaml`` (from the source tree or from ``.aws-sam/build``), read once."""

    def __init__(self, path: Path) -> None:
        """Read the template. Raises TemplateRejectedError when there is none or it has no resources."""
        self.path = path.resolve()
        if not self.path.is_file():
            raise TemplateRejectedError(f"There is no template at {path}.")
        document = yaml_parse(self.path.read_text(encoding="utf-8"))
        if not isinstance(document, dict) or not document.get("Resources"):
            raise TemplateRejectedError(f"{path} has no Resources.")
        self._document: dict[str, Any] = document

    @property
    def parameter_names(self) -> frozenset[str]:
        """The parameters that the template declares."""
        return frozenset(self._document.get("Parameters") or {})

    def function_sources(self) -> dict[str, FunctionSource]:
        """The code of every function, by logical id."""
        return {
            logical_id: FunctionSource(
                logical_id=logical_id,
                code_directory=self._local_path(logical_id, self._function_property(resource, "CodeUri")),
                layer_directories=tuple(
                    self._layer_directory(layer) for layer in self._function_property(resource, "Layers") or ()
                ),
            )
            for logical_id, resource in self._document["Resources"].items()
            if resource["Type"] == FUNCTION_TYPE
        }

    def expand(self, *, parameters: Mapping[str, str], region: str) -> dict[str, Any]:
        """The CloudFormation template that SAM makes of this one, without any network.

        Two things differ from what ``sam deploy`` would send: code locations are stand-ins, and event source mappings
        and schedules are switched off, because the local stack runs those itself and nobody may poll twice.

        Raises TemplateRejectedError with every complaint of the SAM translator, or for an unknown parameter.
        """
        unknown = sorted(set(parameters) - self.parameter_names)
        if unknown:
            raise TemplateRejectedError(f"{self.path.name} has no parameter {', '.join(unknown)}.")
        document = copy.deepcopy(self._document)
        document.get("Globals", {}).get("Function", {}).pop("CodeUri", None)
        for resource in document["Resources"].values():
            if resource["Type"] in _CODE_PROPERTY:
                resource["Properties"][_CODE_PROPERTY[resource["Type"]]] = _CODE_STAND_IN
        translator = Translator(None, Parser(), boto_session=isolated_session(region))
        try:
            expanded: dict[str, Any] = translator.translate(
                document, parameter_values=dict(parameters), get_managed_policy_map=dict
            )
        except InvalidDocumentException as error:
            complaints = "\n".join(f"  {cause.message}" for cause in error.causes)
            raise TemplateRejectedError(f"SAM rejects {self.path.name}:\n{complaints}") from error
        finally:
            translator.metrics.publish()  # to nowhere; unpublished ones end in a warning
        for resource in expanded["Resources"].values():
            if resource["Type"] == "AWS::Lambda::EventSourceMapping":
                resource["Properties"]["Enabled"] = False
            elif resource["Type"] == "AWS::Scheduler::Schedule":
                resource["Properties"]["State"] = "DISABLED"
        return expanded

    def _function_property(self, resource: Mapping[str, Any], name: str) -> Any:
        own = resource.get("Properties", {}).get(name)
        return own if own is not None else self._document.get("Globals", {}).get("Function", {}).get(name)

    def _local_path(self, logical_id: str, uri: object) -> Path:
        if not isinstance(uri, str) or uri.startswith("s3://"):
            raise TemplateRejectedError(f"{logical_id}: its code is not a folder beside {self.path.name}.")
        directory = self.path.parent / uri
        if not directory.is_dir():
            raise TemplateRejectedError(f"{logical_id}: its code folder {uri} does not exist.")
        return directory

    def _layer_directory(self, reference: object) -> Path:
        """The folder of a layer that goes on the import path: ``python/`` once built (or kept so), else itself."""
        logical_id = reference.get("Ref") if isinstance(reference, dict) else None
        resource = self._document["Resources"].get(logical_id)
        if logical_id is None or resource is None or resource["Type"] != LAYER_TYPE:
            raise TemplateRejectedError(f"Layer {reference} is not a !Ref to a layer of {self.path.name}.")
        directory = self._local_path(logical_id, resource["Properties"].get("ContentUri"))
        inner = directory / "python"
        return inner if inner.is_dir() else directory
