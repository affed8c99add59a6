"""The account's allowance of calls."""

from __future__ import annotations

from local.deposco_double.call_rate import CallRate


class Seconds:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_so_many_calls_are_taken_in_any_second() -> None:
    clock = Seconds()
    rate = CallRate(clock)
    assert [rate.takes(4) for _ in range(5)] == [True, True, True, True, False]


def test_the_window_slides() -> None:
    clock = Seconds()
    rate = CallRate(clock)
    assert rate.takes(2)
    clock.now += 0.6
    assert rate.takes(2)
    assert not rate.takes(2)
    clock.now += 0.5
    assert rate.takes(2)
    assert not rate.takes(2)


def test_refused_calls_are_not_counted() -> None:
    clock = Seconds()
    rate = CallRate(clock)
    assert [rate.takes(1) for _ in range(10)].count(True) == 1
    clock.now += 1.0
    assert rate.takes(1)


def test_zero_takes_all() -> None:
    rate = CallRate(Seconds())
    assert all(rate.takes(0) for _ in range(100))
