"""Wrong staff keys: a few tries, then waits that grow, whichever tab or telephone they come from."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from app.shop.tries import (
    BROWSER_TRIES,
    FIRST_WAIT,
    FORGOTTEN_AFTER,
    LONGEST_WAIT,
    MOST_BROWSERS,
    SHOP_TRIES,
    Tries,
)


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def wrong(tries: Tries, browser: str, times: int) -> None:
    for _ in range(times):
        assert tries.begin(browser) == 0


def test_a_few_tries_then_a_wait_that_doubles_up_to_a_bound(clock: Clock) -> None:
    tries = Tries(clock)
    wrong(tries, "till", BROWSER_TRIES)
    waits = []
    for _ in range(8):
        waits.append(tries.begin("till"))
        clock.now += waits[-1] - 1
        assert tries.begin("till") == pytest.approx(1), "a second early is too early, and costs nothing"
        clock.now += 1
        wrong(tries, "till", 1)
    assert waits[:3] == [FIRST_WAIT, 2 * FIRST_WAIT, 4 * FIRST_WAIT]
    assert waits[-1] == LONGEST_WAIT


def test_a_right_key_forgets_the_slips_before_it(clock: Clock) -> None:
    tries = Tries(clock)
    for _ in range(10):
        wrong(tries, "till", BROWSER_TRIES - 1)
        tries.right("till")
    assert tries.wait("till") == 0


def test_many_browsers_are_not_many_times_as_many_tries(clock: Clock) -> None:
    tries = Tries(clock)
    for number in range(SHOP_TRIES):
        wrong(tries, f"telephone {number}", 1)
    assert tries.begin("one more") == FIRST_WAIT
    tries.right("telephone 0")
    assert tries.wait("one more") == 0, "who had the right key after all does not count"


def test_a_kiosk_that_did_not_answer_costs_no_try(clock: Clock) -> None:
    tries = Tries(clock)
    for _ in range(3 * SHOP_TRIES):
        wrong(tries, "till", 1)
        tries.take_back("till")
    assert tries.wait("till") == 0


def test_after_an_hour_it_is_forgotten(clock: Clock) -> None:
    tries = Tries(clock)
    wrong(tries, "till", BROWSER_TRIES)
    clock.now += FORGOTTEN_AFTER
    wrong(tries, "till", BROWSER_TRIES)


def test_tabs_at_one_moment_get_no_try_more() -> None:
    tries = Tries()
    with ThreadPoolExecutor(16) as pool:
        got = list(pool.map(lambda _: tries.begin("till"), range(200)))
    assert got.count(0) == BROWSER_TRIES


def test_it_remembers_so_many_browsers_and_no_more(clock: Clock) -> None:
    tries = Tries(clock)
    for number in range(3 * MOST_BROWSERS):
        clock.now += LONGEST_WAIT
        wrong(tries, f"telephone {number}", 1)
    assert len(tries._browsers) == MOST_BROWSERS
