"""Expand a SAM template as CloudFormation would see it: misspelt SAM properties fail here and nowhere else.

python -m tools.expand_template template.yaml out/template.transformed.json
"""

from __future__ import annotations

import argparse
import copy
import json
import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from samtranslator.public.exceptions import InvalidDocumentException
from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse

REGION = "eu-central-1"
# SAM takes local folders only from `sam package`; where the code lies plays no part in the rules.
CODE_PLACES = {"AWS::Serverless::Function": "CodeUri", "AWS::Serverless::LayerVersion": "ContentUri"}
PACKAGED = "s3://packaged/code.zip"
# Roles are written out, and asking AWS for the list of its managed policies would need the network.
NO_MANAGED_POLICIES = SimpleNamespace(load=dict)


def expand_template(source: dict[str, Any]) -> dict[str, Any]:
    """Return the CloudFormation template that SAM makes of `source`, which is left as it was.

    Raises:
        ValueError: SAM refuses the template; the message names each resource and what is wrong with it.
    """
    os.environ.setdefault("AWS_DEFAULT_REGION", REGION)
    packaged = copy.deepcopy(source)
    for resource in packaged["Resources"].values():
        place = CODE_PLACES.get(resource["Type"])
        if place:
            resource["Properties"][place] = PACKAGED
    try:
        expanded: dict[str, Any] = transform(packaged, {}, NO_MANAGED_POLICIES)
    except InvalidDocumentException as refused:
        reasons = "\n".join(f"- {cause.message}" for cause in refused.causes)
        raise ValueError(f"SAM does not accept the template:\n{reasons}") from refused
    return expanded


def read_template(path: Path) -> dict[str, Any]:
    """Return the SAM template at `path` with its short intrinsics (`!Ref`) in their long form."""
    template: dict[str, Any] = yaml_parse(path.read_text(encoding="utf-8"))
    return template


def main() -> None:
    """Expand the template named on the command line into a JSON file."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    arguments.add_argument("source", type=Path)
    arguments.add_argument("target", type=Path)
    chosen = arguments.parse_args()
    try:
        expanded = expand_template(read_template(chosen.source))
    except ValueError as refused:
        raise SystemExit(str(refused)) from None
    chosen.target.parent.mkdir(parents=True, exist_ok=True)
    chosen.target.write_text(json.dumps(expanded, indent=2, default=str) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
