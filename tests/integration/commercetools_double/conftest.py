"""A double per test, with every request and answer held against the official schema when its folder is at hand."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from local.commercetools_double.double import CommercetoolsDouble
from local.commercetools_double.schema_watch import Checker, SchemaWatch
from local.double_server import serving_in_thread
from tests.integration.commercetools_double.shop import Queue, Shop

REPOSITORY = Path(__file__).resolve().parents[3]


def schema_folder() -> Path:
    return Path(os.environ.get("LOCKSTEP_CT_SCHEMA", REPOSITORY.parent / "shared" / "ct-schema"))


needs_schema = pytest.mark.skipif(
    not (schema_folder() / "schema_check.py").is_file() and not os.environ.get("CI_REQUIRE_CT_SCHEMA"),
    reason=f"no official schema in {schema_folder()}: set LOCKSTEP_CT_SCHEMA to its folder",
)


@cache
def _checkers() -> tuple[Checker, Checker] | None:
    if not (schema_folder() / "schema_check.py").is_file():
        if os.environ.get("CI_REQUIRE_CT_SCHEMA"):
            raise AssertionError(f"CI_REQUIRE_CT_SCHEMA is set, but there is no schema_check.py in {schema_folder()}")
        return None
    loaded = SchemaWatch.load(schema_folder())
    return loaded.http_api, loaded.import_api


@pytest.fixture
def queue() -> Queue:
    return Queue()


@pytest.fixture
def unwatched_shop(queue: Queue) -> Iterator[Shop]:
    """A running double whose bodies nobody checks, for tests that move a great many of one kind."""
    double = CommercetoolsDouble(transport=queue, seed=1)
    with serving_in_thread(double) as url:
        yield Shop(url, double, queue)


@pytest.fixture
def shop(queue: Queue) -> Iterator[Shop]:
    """A running double with its client; at the end, no request, answer or notification may have broken the schema."""
    checkers = _checkers()
    watch = SchemaWatch(http_api=checkers[0], import_api=checkers[1]) if checkers else None
    double = CommercetoolsDouble(transport=queue, seed=1, watch=watch)
    with serving_in_thread(double) as url:
        yield Shop(url, double, queue)
    if watch is not None:
        assert watch.violations == []
