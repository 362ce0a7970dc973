import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from app.shop import session as moves
from app.shop.models import Toy
from app.shop.session import Session, Who
from app.shop.tab import Tab
from app.shop.visits import Visits


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def begun(visits: Visits, key: str = "a") -> Session:
    return visits.begin(key, lambda: moves.new_session("en"))


def test_a_visit_is_found_again_until_it_was_unused_for_too_long() -> None:
    visits = Visits(10, clock=(clock := Clock()))
    first = begun(visits)
    for _ in range(3):
        clock.now += 599
        assert visits.find("a") is first, "each use counts anew"
    clock.now += 600
    assert visits.find("a") is None
    assert len(visits) == 0
    assert begun(visits).id != first.id


def test_what_has_ended_is_erased_although_nobody_comes() -> None:
    visits = Visits(0.05 / 60)
    for _ in range(2):  # it goes on looking
        begun(visits)
        deadline = time.monotonic() + 60
        while visits._kept:  # not `len`, which would itself erase
            assert time.monotonic() < deadline, "still in memory"
            time.sleep(0.005)


def test_the_longest_unused_goes_first_when_there_are_too_many() -> None:
    visits = Visits(10, most=2, clock=Clock())
    a = begun(visits, "a")
    begun(visits, "b")
    assert visits.find("a") is a
    begun(visits, "c")
    assert (visits.find("a"), visits.find("b"), len(visits)) == (a, None, 2)


def test_no_tap_of_many_at_once_is_lost(toy: Callable[..., Toy]) -> None:
    visits = Visits(10)
    ready = threading.Barrier(8)

    def tap(thread: int) -> None:
        kept = begun(visits)  # all at once: one visit, not eight
        ready.wait()
        for number in range(50):
            assert visits.change("a", kept.id, lambda it, n=number: moves.like(it, toy(f"toy-{thread}-{n}")))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(tap, range(8)))
    found = visits.find("a")
    assert found is not None
    assert {met.toy.toy_id for met in found.profile.met} == {f"toy-{t}-{n}" for t in range(8) for n in range(50)}
    assert len(found.outbox) == 400


def test_a_tap_for_a_visit_that_another_took_the_place_of_is_dropped() -> None:
    visits = Visits(10, clock=(clock := Clock()))
    old = begun(visits)
    fresh = moves.new_session("en")
    assert visits.replace("a", fresh) is old
    assert not visits.change("a", old.id, lambda it: moves.speak(it, "zh"))
    assert visits.find("a") is fresh
    clock.now += 3600
    assert not visits.change("a", fresh.id, lambda it: moves.speak(it, "zh"))
    assert visits.replace("a", fresh) is None


def test_a_move_that_fails_changes_nothing_and_holds_nobody_up() -> None:
    visits = Visits(10)
    kept = begun(visits)

    def fails(_: Session) -> Session:
        raise KeyError("no such child")

    try:
        visits.change("a", kept.id, fails)
    except KeyError:
        pass
    else:
        raise AssertionError("it must be said")
    assert visits.find("a") is kept


def test_a_tab_keeps_its_page_its_language_and_its_search(toy: Callable[..., Toy]) -> None:
    kept = moves.new_session("en")
    tab = Tab.of(kept)
    assert tab.over(kept) is kept
    other = moves.speak(moves.use(kept, Who.ME), "zh")
    other = moves.like(moves.seek(other, lambda wish: replace(wish, words="火车")), toy("engine"))
    seen = tab.over(other)
    assert (seen.who, seen.language, seen.wish.words) == (Who.GIFT, "en", "")
    assert [met.toy.toy_id for met in seen.me.met] == ["engine"]
    assert seen.outbox == other.outbox
    gone = replace(other, people=(replace(other.people[0], id="new"),), current="new")
    assert tab.over(gone).profile.id == "new", "another tab has forgotten the child that was in use here"
