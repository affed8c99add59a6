"""Whether what ``sam build`` made can run under this interpreter."""

from __future__ import annotations

import re
from importlib.machinery import EXTENSION_SUFFIXES
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_INTERPRETER_TAG = re.compile(r"\.cpython-[^.]+\.so$")


class BuiltForAnotherMachineError(RuntimeError):
    """The built code holds native files of another Python or processor; the message names one and says what to do."""


def check_native_files(directories: Iterable[Path]) -> None:
    """Raise BuiltForAnotherMachineError when a native file below one of the folders is not for this interpreter."""
    for directory in directories:
        for file in directory.rglob("*.so"):
            tag = _INTERPRETER_TAG.search(file.name)
            if tag and tag[0] not in EXTENSION_SUFFIXES:
                raise BuiltForAnotherMachineError(
                    f"{file.relative_to(directory)} does not load here, where native files end in "
                    f"{EXTENSION_SUFFIXES[0]}. Build for this machine (make build ARCHITECTURE=host) and run under "
                    f"the same Python, or run the source tree instead."
                )
