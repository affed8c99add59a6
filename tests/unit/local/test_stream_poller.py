"""How the local stream poller waits between deliveries of a batch that fails for hours."""

from __future__ import annotations

from local.aws.stream_poller import backoff_seconds


def test_the_wait_doubles_at_first() -> None:
    assert [backoff_seconds(failures) for failures in (1, 2, 3)] == [0.1, 0.2, 0.4]


def test_the_wait_stays_bounded_after_any_number_of_failures() -> None:
    assert {backoff_seconds(failures) for failures in (10, 100, 100_000)} == {2.0}
