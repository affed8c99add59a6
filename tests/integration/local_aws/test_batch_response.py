from __future__ import annotations

import json

import pytest

from local.aws.batch_response import failed_items

DELIVERED = frozenset({"one", "two"})


@pytest.mark.parametrize("answer", [None, {}, {"batchItemFailures": None}, {"batchItemFailures": []}], ids=json.dumps)
def test_an_empty_answer_means_that_nothing_failed(answer: object) -> None:
    assert failed_items(answer, DELIVERED) == frozenset()


def test_a_named_record_failed_alone() -> None:
    assert failed_items({"batchItemFailures": [{"itemIdentifier": "two"}]}, DELIVERED) == {"two"}


@pytest.mark.parametrize(
    "answer",
    [
        "done",
        ["one"],
        {"batchItemFailures": "one"},
        {"batchItemFailures": ["one"]},
        {"batchItemFailures": [{"itemIdentifier": None}]},
        {"batchItemFailures": [{"itemIdentifier": ""}]},
        {"batchItemFailures": [{"messageId": "one"}]},
        {"batchItemFailures": [{"itemIdentifier": "one"}, {"itemIdentifier": "three"}]},
    ],
    ids=json.dumps,
)
def test_a_malformed_answer_means_that_everything_failed(answer: object) -> None:
    assert failed_items(answer, DELIVERED) == DELIVERED
