"""What proves a build: a real interpreter, and native files for the right processor."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tools.build import ELF_MACHINES, BuildError, check_native_files, lambda_interpreter

RUNTIME = f"python{sys.version_info.major}.{sys.version_info.minor}"


def shim(folder: Path, script: str) -> str:
    folder.mkdir()
    program = folder / RUNTIME
    program.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    program.chmod(0o755)
    return str(folder)


def native_file(folder: Path, machine: int) -> None:
    header = b"\x7fELF".ljust(18, b"\0") + machine.to_bytes(2, "little")
    (folder / f"part-{machine}.so").write_bytes(header)


def test_an_interpreter_that_does_not_run_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    failing = shim(tmp_path / "failing", "exit 127")
    working = shim(tmp_path / "working", f'exec "{sys.executable}" "$@"')
    monkeypatch.setenv("PATH", f"{failing}:{working}:/usr/bin:/bin")
    assert lambda_interpreter(RUNTIME) == Path(sys.executable)


def test_without_an_interpreter_the_person_is_told_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", shim(tmp_path / "failing", "exit 127"))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("PYENV_ROOT", raising=False)
    with pytest.raises(BuildError, match=f"(?s)No working {RUNTIME} was found.*pyenv install"):
        lambda_interpreter(RUNTIME)


def test_native_files_for_the_architecture_are_counted(tmp_path: Path) -> None:
    native_file(tmp_path, ELF_MACHINES["arm64"])
    assert check_native_files(tmp_path, "arm64") == 1


def test_a_native_file_for_another_architecture_is_noticed(tmp_path: Path) -> None:
    native_file(tmp_path, ELF_MACHINES["arm64"])
    native_file(tmp_path, ELF_MACHINES["x86_64"])
    with pytest.raises(BuildError, match=r"part-62\.so is not made for arm64"):
        check_native_files(tmp_path, "arm64")


def test_a_layer_without_its_packages_is_noticed(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="packages were not installed"):
        check_native_files(tmp_path, "arm64")
