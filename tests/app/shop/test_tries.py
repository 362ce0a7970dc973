"""Wrong staff keys: a few tries, then waits that grow, for whoever tried them and nobody else."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from app.shop.tries import (
    ADDRESS_TRIES,
    BROWSER_TRIES,
    FIRST_WAIT,
    FORGOTTEN_AFTER,
    KNOWN_FOR,
    LONGEST_WAIT,
    MOST_COUNTS,
    MOST_KNOWN,
    Browser,
    Tries,
)

TILL = Browser("10.0.0.2", "tablet", "the till's")
"""Behind the till; the mark is known once a right key was given there."""
CHILD = Browser("10.0.0.2", "tablet", "a child's")
"""The same make behind the same address, as a proxy shows it."""


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def wrong(tries: Tries, browser: Browser, times: int) -> None:
    for _ in range(times):
        assert tries.begin(browser) == 0


def test_a_few_tries_then_a_wait_that_doubles_up_to_a_bound(clock: Clock) -> None:
    tries = Tries(clock)
    wrong(tries, TILL, BROWSER_TRIES)
    waits = []
    for _ in range(8):
        waits.append(tries.begin(TILL))
        clock.now += waits[-1] - 1
        assert tries.begin(TILL) == pytest.approx(1), "a second early is too early, and costs nothing"
        clock.now += 1
        wrong(tries, TILL, 1)
    assert waits[:3] == [FIRST_WAIT, 2 * FIRST_WAIT, 4 * FIRST_WAIT]
    assert waits[-1] == LONGEST_WAIT


def test_a_right_key_forgets_the_slips_before_it(clock: Clock) -> None:
    tries = Tries(clock)
    for _ in range(10):
        wrong(tries, TILL, BROWSER_TRIES - 1)
        tries.right(TILL)
    assert tries.wait(TILL) == 0


def test_who_tries_wrong_keys_shuts_out_no_other_address(clock: Clock) -> None:
    tries = Tries(clock)
    for number in range(50):
        wrong(tries, Browser(f"10.0.0.{number}"), BROWSER_TRIES)
        assert tries.wait(Browser(f"10.0.0.{number}")) == FIRST_WAIT
    assert tries.wait(Browser("10.0.1.1")) == 0


def test_a_browser_in_which_a_key_was_right_is_not_shut_out_by_others_of_its_address(clock: Clock) -> None:
    tries = Tries(clock)
    wrong(tries, TILL, 1)
    tries.right(TILL)
    wrong(tries, CHILD, BROWSER_TRIES)
    assert tries.wait(CHILD) == FIRST_WAIT
    assert tries.wait(TILL) == 0
    wrong(tries, TILL, BROWSER_TRIES)
    assert tries.wait(TILL) == FIRST_WAIT, "its own slips count"
    clock.now += KNOWN_FOR
    assert tries.wait(TILL) == 0
    wrong(tries, CHILD, BROWSER_TRIES)
    assert tries.wait(TILL) == FIRST_WAIT, "a day later it is one of many again"


def test_another_name_or_cookie_with_each_try_is_no_way_round(clock: Clock) -> None:
    tries = Tries(clock)
    for number in range(ADDRESS_TRIES):
        wrong(tries, Browser("10.0.0.9", f"make {number}", f"cookie {number}"), 1)
    assert tries.begin(Browser("10.0.0.9", "another make", "another cookie")) == FIRST_WAIT


def test_slips_before_a_right_key_do_not_count_for_the_address(clock: Clock) -> None:
    tries = Tries(clock)
    for number in range(2 * ADDRESS_TRIES):
        colleague = Browser("10.0.0.2", f"make {number}", f"cookie {number}")
        wrong(tries, colleague, 1)
        tries.right(colleague)
    assert tries.wait(Browser("10.0.0.2", "a new tablet")) == 0


def test_a_kiosk_that_did_not_answer_costs_no_try(clock: Clock) -> None:
    tries = Tries(clock)
    for _ in range(3 * BROWSER_TRIES):
        wrong(tries, TILL, 1)
        tries.take_back(TILL)
    assert tries.wait(TILL) == 0


def test_after_an_hour_it_is_forgotten(clock: Clock) -> None:
    tries = Tries(clock)
    wrong(tries, TILL, BROWSER_TRIES)
    clock.now += FORGOTTEN_AFTER
    wrong(tries, TILL, BROWSER_TRIES)


def test_tabs_at_one_moment_get_no_try_more(clock: Clock) -> None:
    tries = Tries(clock)
    with ThreadPoolExecutor(16) as pool:
        got = list(pool.map(lambda _: tries.begin(TILL), range(200)))
    assert got.count(0) == BROWSER_TRIES


def test_it_remembers_so_many_and_no_more(clock: Clock) -> None:
    tries = Tries(clock)
    for number in range(2 * MOST_COUNTS):
        wrong(tries, Browser(f"address {number}"), 1)
    assert len(tries) == MOST_COUNTS
    for number in range(MOST_KNOWN + 1):
        tries.right(Browser("10.0.0.2", "tablet", f"cookie {number}"))
    wrong(tries, CHILD, BROWSER_TRIES)
    assert tries.wait(Browser("10.0.0.2", "tablet", "cookie 0")) == FIRST_WAIT, "the one that was known longest ago"
    assert tries.wait(Browser("10.0.0.2", "tablet", "cookie 1")) == 0
