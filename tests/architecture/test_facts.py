"""A fact that code rests on is written down once, with its source and how sure it is."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from tests.architecture.repository import REPOSITORY, text_files

FACT_ID = re.compile(r"\b(?:CT|DEP)-[A-Z0-9]+-\d{2}\b")
FACT_ROW = re.compile(r"^\|\s*((?:CT|DEP)-\S+)\s*\|(.*)\|\s*$", re.MULTILINE)
CONFIDENCES = {"documented", "observed", "inferred", "assumed"}
AREAS = {
    "CT": {"AUTH", "SUB", "MSG", "ORD", "DLV", "ERR", "INV", "PAY", "QRY", "EXT", "PRD", "TYP"},
    "DEP": {
        *{"V2AUTH", "V2SO", "V2CO", "V2LIST", "V2ITEM", "V2SHIP", "V2INV", "V2ASYNC", "V2ERR", "LIMIT"},
        *{"V1AUTH", "V1ORD", "V1INV", "V1ITEM", "V1FMT", "WHOOK", "STAT", "FAC"},
    },
}
PAGES = {"CT": REPOSITORY / "docs/facts/commercetools.md", "DEP": REPOSITORY / "docs/facts/deposco.md"}


def fact_rows(system: str) -> list[tuple[str, list[str]]]:
    """Return each fact's id with its further columns: fact, source, confidence."""
    text = PAGES[system].read_text(encoding="utf-8")
    return [(found[0], re.split(r"(?<!\\)\|", found[1])) for found in FACT_ROW.findall(text)]


def unknown_facts(text: str, known: set[str]) -> list[str]:
    return sorted(set(FACT_ID.findall(text)) - known)


def test_every_cited_fact_is_written_down() -> None:
    known = {fact_id for system in PAGES for fact_id, _ in fact_rows(system)}
    # This folder is left out: what it holds are patterns and made-up ids.
    cited = [(path, text) for path, text in text_files() if path.parts[:2] != ("tests", "architecture")]
    missing = {str(path): unknown for path, text in cited if (unknown := unknown_facts(text, known))}
    assert missing == {}


def test_a_fact_that_is_not_written_down_is_noticed() -> None:
    assert unknown_facts("as CT-ORD-07 says, and DEP-V2SO-99", {"CT-ORD-07"}) == ["DEP-V2SO-99"]


@pytest.mark.parametrize("system", PAGES)
def test_no_fact_id_is_used_twice(system: str) -> None:
    counted = Counter(fact_id for fact_id, _ in fact_rows(system))
    assert [fact_id for fact_id, times in counted.items() if times > 1] == []


@pytest.mark.parametrize("system", PAGES)
def test_every_fact_has_an_area_a_source_and_a_confidence(system: str) -> None:
    rows = fact_rows(system)
    assert rows
    for fact_id, columns in rows:
        assert FACT_ID.fullmatch(fact_id), fact_id
        assert fact_id.split("-")[1] in AREAS[system], fact_id
        assert len(columns) == 3, fact_id
        assert all(column.strip() for column in columns), fact_id
        assert columns[2].strip() in CONFIDENCES, fact_id
