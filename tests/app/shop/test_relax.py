from collections.abc import Callable

from app.shop import session as moves
from app.shop.models import Toy
from app.shop.relax import Way, relax, ways_out
from app.shop.session import new_session


def test_what_brings_most_comes_first(toy: Callable[..., Toy]) -> None:
    visit = moves.dismiss(moves.answer(new_session("en"), budget=5), toy())
    assert ways_out(visit.profile, {"safety": 90, "budget": 3, "dismissed": 7}) == (
        Way("relax.aside", 7),
        Way("relax.budget", 3),
    )


def test_safety_is_never_offered_for_relaxing() -> None:
    visit = moves.answer(new_session("en"), age_months=36, youngest_months=0)
    assert ways_out(visit.profile, {"safety": 100, "audience": 3, "recall": 1, "stock": 5}) == ()


def test_only_what_was_said_can_be_taken_back() -> None:
    assert ways_out(new_session("en").profile, {"budget": 3, "owned": 2}) == ()


def test_relaxing_does_it(toy: Callable[..., Toy]) -> None:
    visit = moves.own(moves.dismiss(moves.answer(new_session("en"), budget=5), toy("a")), toy("b"))
    assert relax(visit, Way("relax.budget", 1)).profile.budget is None
    freed = relax(visit, Way("relax.aside", 2)).profile
    assert (freed.met, freed.owned, freed.budget) == ((), (), 5)
