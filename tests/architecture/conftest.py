"""The project's template, expanded once."""

from __future__ import annotations

import pytest

from tests.architecture.template import Template, load_template


@pytest.fixture(scope="session")
def template() -> Template:
    return load_template()
