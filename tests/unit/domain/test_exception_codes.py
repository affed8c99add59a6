"""Every exception has an owner who can act on it."""

from __future__ import annotations

import pytest
from lockstep.domain.exception_codes import EXCEPTION_KINDS, ExceptionCode


def test_every_code_is_declared() -> None:
    assert set(EXCEPTION_KINDS) == set(ExceptionCode)


@pytest.mark.parametrize("code", ExceptionCode)
def test_every_kind_says_what_it_means_and_what_to_do(code: ExceptionCode) -> None:
    kind = EXCEPTION_KINDS[code]
    assert kind.meaning.endswith(".")
    assert kind.next_step.endswith(".")
    assert kind.deadline_hours > 0
    assert kind.runbook_anchor == code.value.lower().replace("_", "-")
