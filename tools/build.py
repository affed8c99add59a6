"""Build for Lambda without containers, and prove what was built.

    python -m tools.build                        into .aws-sam/build, for the architecture that template.yaml names
    python -m tools.build --architecture host    the same, but to be run on this machine
    python -m tools.build --check                for this machine, importing every handler as Lambda would; and for
                                                 arm64, looking at the processor that its native files are made for
    python -m tools.build --runs-here            nothing: fails when .aws-sam/build cannot be run on this machine
    python -m tools.build --interpreter          nothing: tells which interpreter it would use

Runs in the virtual environment of the SAM CLI. Needs the interpreter of the Lambda runtime on this machine,
because pip installs the layer with it. A pyenv shim is none: it fails where that version is not active.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

from tools.expand_template import REGION, read_template

BUILT = Path(".aws-sam/build")
CHECKED = Path("out/build-check")
# Offset and values of the machine field in the header of an ELF file.
ELF_MACHINE_OFFSET = 18
ELF_MACHINES = {"x86_64": 62, "arm64": 183}
# What Lambda's own runtime brings: beside the standard library, the layer may rely on nothing else.
RUNTIME_PACKAGES = ("boto3", "botocore", "dateutil", "jmespath", "s3transfer", "six.py", "urllib3")

# A handler imports most of what it needs at its first event, so importing the handler alone proves little.
IMPORT_EVERYTHING = """
import importlib, pkgutil
import {module}, lockstep
assert callable({module}.{name})
for found in pkgutil.walk_packages(lockstep.__path__, "lockstep."):
    importlib.import_module(found.name)
"""


class BuildError(Exception):
    """Something about the build is not as Lambda needs it; the message says what, and what to do."""


def lambda_interpreter(runtime: str) -> Path:
    """Return an interpreter of this machine that is `runtime` (such as python3.13) and really runs.

    Raises:
        BuildError: there is none, in PATH or where pyenv and uv keep theirs.
    """
    candidates = [Path(folder) / runtime for folder in os.environ.get("PATH", "").split(os.pathsep) if folder]
    version = runtime.removeprefix("python")
    for kept, pattern in (
        (Path(os.environ.get("PYENV_ROOT") or "~/.pyenv") / "versions", f"{version}*"),
        (Path("~/.local/share/uv/python"), f"cpython-{version}*"),
    ):
        candidates += sorted(kept.expanduser().glob(f"{pattern}/bin/{runtime}"), reverse=True)
    question = "import ensurepip, sys; print(sys.executable, *sys.version_info[:2], sep='\\n')"
    for candidate in candidates:
        if not os.access(candidate, os.X_OK):
            continue
        answer = subprocess.run([candidate, "-c", question], capture_output=True, text=True, check=False)
        found = answer.stdout.split("\n")
        if answer.returncode == 0 and ".".join(found[1:3]) == version:
            return Path(found[0])
    raise BuildError(
        f"No working {runtime} was found: not on PATH, not with pyenv, not with uv.\n"
        "Building for Lambda needs the interpreter of its runtime; a pyenv shim that fails is none. "
        f"Install it, for example by `pyenv install {version}`, and try again.\n"
        "Nothing else needs it: `make demo`, `make test` and `make check` run on any Python from 3.11."
    )


def build(interpreter: Path, build_folder: Path, *, architecture: str | None = None) -> None:
    """Run `sam build` into `build_folder`, then compile; `architecture` overrides the template's default.

    Compiled files are trusted without a look at the source's time, which unzipping in Lambda changes;
    otherwise every cold start compiles anew. Paths in tracebacks are those that Lambda has.

    Raises:
        BuildError: SAM or the compiler failed; they have said why on the terminal.
    """
    command = [str(Path(sys.executable).with_name("sam")), "build"]
    command += ["--build-dir", str(build_folder), "--cache-dir", str(build_folder.parent / "cache")]
    if architecture:
        command += ["--parameter-overrides", f"Architecture={architecture}"]
    environment = os.environ | {
        "PATH": os.pathsep.join([str(interpreter.parent), os.environ.get("PATH", os.defpath)]),
        "AWS_DEFAULT_REGION": os.environ.get("AWS_DEFAULT_REGION", REGION),
        "SAM_CLI_TELEMETRY": "0",
    }
    if subprocess.run(command, env=environment, check=False).returncode:
        raise BuildError("sam build failed: see above.")
    for logical_id in built_functions(build_folder):
        compile_folder(interpreter, build_folder / logical_id, shown_as="/var/task")
    compile_folder(interpreter, build_folder / "LockstepLayer", shown_as="/opt")


def compile_folder(interpreter: Path, folder: Path, *, shown_as: str) -> None:
    """Compile every module below `folder` into files that Lambda reads without checking them."""
    command: list[str | Path] = [
        interpreter,
        "-m",
        "compileall",
        "-q",
        "-j",
        "0",
        "--invalidation-mode",
        "unchecked-hash",
    ]
    command += ["-s", folder, "-p", shown_as, folder]
    if subprocess.run(command, check=False).returncode:
        raise BuildError(f"{folder} holds a module that {interpreter.name} cannot compile: see above.")


def built_functions(build_folder: Path) -> dict[str, dict[str, Any]]:
    """Return the properties of every function in the built template, by logical id."""
    resources = read_template(build_folder / "template.yaml")["Resources"]
    return {
        logical_id: resource["Properties"]
        for logical_id, resource in resources.items()
        if resource["Type"] == "AWS::Serverless::Function"
    }


def import_handlers(interpreter: Path, build_folder: Path, runtime_folder: Path) -> int:
    """Import every handler, and all that it may import later, seeing only what Lambda would see.

    Returns how many handlers there are.

    Raises:
        BuildError: something cannot be imported, with Python's own message.
    """
    shared = read_template(build_folder / "template.yaml")["Globals"]["Function"]
    functions = built_functions(build_folder)
    for logical_id, properties in functions.items():
        module, name = properties.get("Handler", shared["Handler"]).split(".")
        variables = shared["Environment"]["Variables"] | properties["Environment"]["Variables"]
        path = [build_folder / logical_id, build_folder / "LockstepLayer" / "python", runtime_folder]
        environment = {variable: _made_up_value(variable) for variable in variables} | {
            "AWS_DEFAULT_REGION": REGION,
            "PYTHONPATH": os.pathsep.join(str(folder.resolve()) for folder in path),
        }
        # -S: this machine's own site-packages must not lend what the layer lacks.
        program = IMPORT_EVERYTHING.format(module=module, name=name)
        tried = subprocess.run(
            [interpreter, "-S", "-B", "-c", program],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if tried.returncode:
            raise BuildError(f"{logical_id} was built, but Lambda could not import it:\n{tried.stderr}")
    return len(functions)


def _made_up_value(variable: str) -> str:
    if variable == "LOCKSTEP_AWS_ENDPOINT_URL":
        return ""
    if variable.endswith("_URL"):
        return "https://example.invalid/path"
    return {"POWERTOOLS_LOG_LEVEL": "INFO"}.get(variable, "30" if variable.endswith("_DAYS") else "made-up")


def lend_runtime_packages(folder: Path) -> None:
    """Fill `folder` with links to what Lambda's runtime brings, taken from the SAM CLI's own environment."""
    folder.mkdir(parents=True)
    site_packages = Path(sysconfig.get_paths()["purelib"])
    for package in RUNTIME_PACKAGES:
        (folder / package).symlink_to((site_packages / package).resolve())


def check_native_files(folder: Path, architecture: str) -> int:
    """Return how many native files lie below `folder`, every one of them made for `architecture`.

    Raises:
        BuildError: one is made for another processor, or there is none (the layer has some: pydantic's core).
    """
    native = sorted(folder.rglob("*.so"))
    for file in native:
        machine = int.from_bytes(file.read_bytes()[ELF_MACHINE_OFFSET : ELF_MACHINE_OFFSET + 2], "little")
        if machine != ELF_MACHINES[architecture]:
            raise BuildError(f"{file} is not made for {architecture} (ELF machine {machine}).")
    if not native:
        raise BuildError(f"{folder} holds no native file at all: the layer's packages were not installed.")
    return len(native)


def host_architecture() -> str:
    """Return this machine's architecture, as Lambda calls it."""
    machine = platform.machine().lower()
    return {"aarch64": "arm64", "amd64": "x86_64"}.get(machine, machine)


def require_build_for_this_machine() -> None:
    """Raise BuildError when what was built last cannot be run here, being absent or made for another processor."""
    try:
        check_native_files(BUILT, host_architecture())
    except BuildError as unfit:
        raise BuildError(f"{unfit}\nTo run it on this machine: make build ARCHITECTURE=host") from None


def check(interpreter: Path) -> None:
    """Build for this machine and import everything; build for arm64 and look at its native files."""
    shutil.rmtree(CHECKED, ignore_errors=True)
    host = host_architecture()
    host_build, arm64_build = CHECKED / "host" / "build", CHECKED / "arm64" / "build"
    if platform.system() == "Linux":
        build(interpreter, host_build, architecture=host)
        lend_runtime_packages(CHECKED / "runtime")
        handlers = import_handlers(interpreter, host_build, CHECKED / "runtime")
        print(f"{host}: {handlers} handlers imported by {interpreter}")
    else:
        print(f"{platform.system()} cannot import what is built for Linux: only the native files are checked.")
    build(interpreter, arm64_build, architecture="arm64")
    print(f"arm64: {check_native_files(arm64_build, 'arm64')} native files, all for arm64")


def main() -> None:
    """Build, or build and check; a failure ends the run with its reason."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    arguments.add_argument("--architecture", choices=["host", *ELF_MACHINES])
    instead = arguments.add_mutually_exclusive_group()
    instead.add_argument("--check", action="store_true")
    instead.add_argument("--runs-here", action="store_true")
    instead.add_argument("--interpreter", action="store_true")
    chosen = arguments.parse_args()
    architecture = host_architecture() if chosen.architecture == "host" else chosen.architecture
    runtime = read_template(Path("template.yaml"))["Globals"]["Function"]["Runtime"]
    try:
        interpreter = lambda_interpreter(runtime)
        if chosen.interpreter:
            print(interpreter)
        elif chosen.runs_here:
            require_build_for_this_machine()
        elif chosen.check:
            check(interpreter)
        else:
            build(interpreter, BUILT, architecture=architecture)
    except BuildError as failed:
        raise SystemExit(str(failed)) from None


if __name__ == "__main__":
    main()
