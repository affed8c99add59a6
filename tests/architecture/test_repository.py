"""What no file of the repository may hold, and what its own descriptions of itself must agree on."""

from __future__ import annotations

import re
import tomllib
from typing import Any

import pytest

from tests.architecture.repository import REPOSITORY, text_files
from tests.architecture.template import Template

# Places that exist on one machine only.
MACHINE_PATH = re.compile(r"(?<![\w.~/-])/(?:root|home|work|Users)/\w")
# Where packages come from is each machine's own business.
PACKAGE_INDEX = re.compile(r"pypi\.(?:org|python)|pythonhosted\.org|npmjs\.|--(?:extra-)?index-url|--find-[l]inks")
# A package, its version, and the machines it is for.
PIN = re.compile(r"^([a-z0-9-]+)(?:\[[^]]*])?==(\S+)(?: ;([^\\\n]*))? \\$", re.MULTILINE)
PINNED_SETS = [
    "layers/lockstep/python/requirements.txt",
    "requirements/local.txt",
    "requirements/development.txt",
    "requirements/build.txt",
]


def project() -> dict[str, Any]:
    return tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))


def pins(requirements: str) -> dict[str, str]:
    """Return the pinned version of each package, one line for each marker."""
    text = (REPOSITORY / requirements).read_text(encoding="utf-8")
    return {f"{name};{marker.strip()}": version for name, version, marker in PIN.findall(text)}


@pytest.mark.parametrize(
    ("pattern", "example"),
    [(MACHINE_PATH, "read from " + "/ho" + "me/someone/key"), (PACKAGE_INDEX, "--index" + "-url=x")],
)
def test_no_file_names_a_place_of_one_machine(pattern: re.Pattern[str], example: str) -> None:
    assert pattern.search(example)
    found = {str(path): pattern.findall(text) for path, text in text_files() if pattern.search(text)}
    assert found == {}


@pytest.mark.parametrize("requirements", PINNED_SETS)
def test_every_requirement_is_pinned_by_version_and_hash(requirements: str) -> None:
    text = (REPOSITORY / requirements).read_text(encoding="utf-8")
    entries = [entry for entry in re.split(r"\n(?=\S)", text) if not entry.startswith("#")]
    assert entries
    assert len(pins(requirements)) == len(entries)
    assert [entry.split()[0] for entry in entries if "--hash=sha256:" not in entry] == []


@pytest.mark.parametrize("requirements", PINNED_SETS[1:3])
def test_the_laptop_runs_the_versions_of_the_layer(requirements: str) -> None:
    assert pins(PINNED_SETS[0]).items() <= pins(requirements).items()


def test_boto3_is_left_to_the_runtime() -> None:
    assert not {"boto3;", "botocore;"} & pins(PINNED_SETS[0]).keys()


def test_the_lambda_runtime_is_one_that_the_source_supports(template: Template) -> None:
    runtime = template.source["Globals"]["Function"]["Runtime"]
    oldest = project()["project"]["requires-python"].removeprefix(">=")
    assert project()["tool"]["mypy"]["python_version"] == oldest
    assert project()["tool"]["ruff"]["target-version"] == "py" + oldest.replace(".", "")
    assert tuple(map(int, runtime.removeprefix("python").split("."))) >= tuple(map(int, oldest.split(".")))


def test_every_folder_with_python_is_type_checked() -> None:
    checked = {place.split("/")[0] for place in project()["tool"]["mypy"]["files"]}
    assert {path.parts[0] for path, _ in text_files(".py")} <= checked


def test_every_make_target_that_a_page_names_exists() -> None:
    makefile = (REPOSITORY / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z][a-z-]*):", makefile, re.MULTILINE))
    missing = {
        (str(path), target)
        for path, text in text_files(".md")
        for target in re.findall(r"(?:`|^)make ([a-z][a-z-]*)", text, re.MULTILINE)
        if target not in targets
    }
    assert missing == set()


def test_every_make_target_has_a_help_text() -> None:
    makefile = (REPOSITORY / "Makefile").read_text(encoding="utf-8")
    phony = {target for line in re.findall(r"^\.PHONY: (.*)$", makefile, re.MULTILINE) for target in line.split()}
    assert phony == set(re.findall(r"^([a-z][a-z-]*):.*## \S", makefile, re.MULTILINE))
