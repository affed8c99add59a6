"""Resolve requirements/*.in into files that pin every package by version and hash.

    python -m tools.lock

One resolution serves every Python and platform that the project supports. No address of a package index is
written, so that each machine installs from the index it is configured for.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

REQUIREMENTS = Path("requirements")
# In this order: each set is constrained by the ones before it.
TARGETS = {
    "layer": Path("layers/lockstep/python/requirements.txt"),
    "local": REQUIREMENTS / "local.txt",
    "development": REQUIREMENTS / "development.txt",
    "build": REQUIREMENTS / "build.txt",
}
OPTIONS = (
    "--quiet",
    "--no-config",
    "--upgrade",
    "--universal",
    "--python-version=3.11",
    "--generate-hashes",
    "--no-strip-extras",  # pip cannot check hashes of a requirement whose extras are not written out
    "--no-header",
    "--no-emit-index-url",
)


def main() -> None:
    """Resolve each set anew; a conflict ends the run with the resolver's own explanation."""
    for name, target in TARGETS.items():
        source = REQUIREMENTS / f"{name}.in"
        print(f"{source} -> {target}")
        finished = subprocess.run(
            [sys.executable, "-m", "uv", "pip", "compile", *OPTIONS, source, "--output-file", target],
            check=False,
        )
        if finished.returncode:
            raise SystemExit(f"{source} could not be resolved: see the conflict above.")


if __name__ == "__main__":
    main()
