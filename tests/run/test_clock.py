"""Clocks: virtual time does not wait, the wall's does."""

import time

from suandian.run.clock import LONGEST_SLEEP_S, VirtualClock, WallClock


def test_virtual_time_goes_on_at_once_and_never_back() -> None:
    clock, began = VirtualClock(), time.monotonic()
    clock.wait_until(1_000_000_000)
    clock.wait_until(5)
    assert clock.now_s() == 1_000_000_000
    assert time.monotonic() - began < 1.0


def test_the_wall_is_asked_again_after_each_sleep() -> None:
    # a sleep that is cut short, as by a signal: after 400 s of 500 the clock looks again
    time_s, slept = [0.0], []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        time_s[0] += 0.8 * seconds

    clock = WallClock(read_s=lambda: time_s[0], sleep=sleep)
    clock.wait_until(500)
    assert clock.now_s() >= 500 - 1e-9
    assert max(slept) == LONGEST_SLEEP_S
    assert slept[-1] < LONGEST_SLEEP_S


def test_an_edge_that_has_passed_is_not_waited_for() -> None:
    slept: list[float] = []
    WallClock(read_s=lambda: 100.0, sleep=slept.append).wait_until(100)
    WallClock(read_s=lambda: 100.0, sleep=slept.append).wait_until(7)
    assert slept == []
