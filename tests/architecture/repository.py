"""The repository's own files, found without git, so that the rules hold in an unpacked archive as well."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
BINARY_SUFFIXES = {".gz", ".ico", ".jpg", ".png", ".zip"}


def ignored_folders() -> set[str]:
    """Return the names of the folders that .gitignore keeps out, and git's own."""
    lines = (REPOSITORY / ".gitignore").read_text(encoding="utf-8").splitlines()
    return {line.strip("/") for line in lines if line.endswith("/")} | {".git"}


def text_files(*suffixes: str) -> Iterator[tuple[Path, str]]:
    """Yield each text file that belongs to the repository, relative to it, with its content."""
    ignored = ignored_folders()
    for folder, folders, names in os.walk(REPOSITORY):
        folders[:] = [name for name in folders if name not in ignored]
        for name in names:
            path = Path(folder) / name
            if path.suffix not in BINARY_SUFFIXES and (not suffixes or path.suffix in suffixes):
                yield path.relative_to(REPOSITORY), path.read_text(encoding="utf-8")
