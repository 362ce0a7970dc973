from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.shop import session as moves
from app.shop.body import request_for
from app.shop.models import Item, Reason, Recommendation, Toy
from app.shop.profile import PAGE
from app.shop.session import MAX_MET, MAX_TOYS, Session, Who, new_session
from data.schema import EventKind

MakeToy = Callable[..., Toy]
NOTHING = {"history": [], "k": PAGE, "language": "en"}


def history(session: Session) -> list[tuple[str, str]]:
    return [(entry["toy_id"], entry["kind"]) for entry in request_for(session)["history"]]


def told(session: Session) -> list[tuple[str, str]]:
    return [(event["toy_id"], event["kind"]) for event in session.outbox]


@pytest.fixture
def visit() -> Session:
    return new_session("en")


def test_a_new_visit_asks_for_a_strangers_list(visit: Session) -> None:
    assert request_for(visit) == {**NOTHING, "session_id": visit.id, "purpose": "gift"}


def test_answers_go_into_the_request(visit: Session) -> None:
    visit = moves.answer(visit, age_months=36, interests=["trains"], budget=20, youngest_months=12)
    assert request_for(visit) == {
        "history": [],
        "k": PAGE,
        "language": "en",
        "session_id": visit.id,
        "purpose": "gift",
        "recipient": {"age_months": 36, "interests": ["trains"], "budget": 20.0},
        "filters": {"age_months": 36},
        "youngest_age_months": 12,
    }
    assert visit.profile.youngest == 12


def test_a_list_keeps_to_the_age_unless_other_ages_are_welcome_or_no_toy_says_one(visit: Session) -> None:
    visit = moves.answer(visit, age_months=36)
    assert "filters" not in request_for(visit, ages_stated=False)
    visit = moves.answer(visit, any_age=True)
    assert "filters" not in request_for(visit)
    assert request_for(visit)["recipient"] == {"age_months": 36}
    assert request_for(moves.answer(visit, age_months=48))["filters"] == {"age_months": 48}
    assert "filters" not in request_for(moves.answer(visit, age_months=216))


def test_a_younger_child_is_younger(visit: Session) -> None:
    visit = moves.answer(visit, age_months=60, youngest_months=36)
    assert moves.answer(visit, age_months=36).profile.youngest_months is None
    assert moves.answer(visit, age_months=None).profile.youngest_months == 36
    assert moves.answer(new_session("en"), age_months=216).profile.youngest is None


def test_likes_and_dismissals_go_into_the_next_request_and_to_the_kiosk(visit: Session, toy: MakeToy) -> None:
    visit = moves.dismiss(moves.like(visit, toy("engine")), toy("bear"))
    assert history(visit) == told(visit) == [("engine", "like"), ("bear", "dismiss")]
    assert [liked.toy_id for liked in visit.profile.liked] == ["engine"]


def test_an_event_quotes_the_list_it_came_from(visit: Session, toy: MakeToy) -> None:
    item = Item(toy=toy("engine"), reasons=(Reason(code="popular", text="A favourite"),))
    answer = Recommendation(recommendation_id="list-1", items=(item,), short_reason=None, masked={})
    visit = moves.answer(visit, age_months=36, interests=["trains"])
    visit = moves.like(moves.showed(visit, answer), toy("engine"))
    visit = moves.like(visit, toy("elsewhere"))
    first, second = visit.outbox
    assert first["recommendation_id"] == "list-1"
    assert "recommendation_id" not in second
    assert first["session_id"] == visit.id
    assert first["recipient"] == {"id": visit.profile.id, "interests": ["trains"], "age_months": 36}
    assert first["event_id"] != second["event_id"]


def test_a_second_tap_counts_once_and_another_verdict_replaces_the_first(visit: Session, toy: MakeToy) -> None:
    visit = moves.like(moves.like(visit, toy()), toy())
    assert history(visit) == told(visit) == [("engine", "like")]
    visit = moves.dismiss(visit, toy())
    assert history(visit) == [("engine", "dismiss")]


def test_taking_back_before_the_kiosk_knew_leaves_no_trace(visit: Session, toy: MakeToy) -> None:
    visit = moves.view(visit, toy())
    visit = moves.forget(moves.like(visit, toy()), "engine")
    assert history(visit) == []
    assert told(visit) == [("engine", "view")]


def test_having_it_is_neither_wish_nor_refusal(visit: Session, toy: MakeToy) -> None:
    visit = moves.own(moves.like(visit, toy("engine")), toy("engine"))
    assert request_for(visit)["recipient"] == {"owned": ["engine"]}
    assert history(visit) == told(visit) == []


def test_a_view_is_told_but_not_held_against_the_toy(visit: Session, toy: MakeToy) -> None:
    visit = moves.view(visit, toy())
    assert told(visit) == [("engine", "view")]
    assert history(visit) == []


def test_the_giver_and_the_child_never_mix(visit: Session, toy: MakeToy) -> None:
    visit = moves.answer(moves.like(visit, toy("engine")), age_months=36, budget=10)
    visit = moves.use(visit, Who.ME)
    assert request_for(visit) == {
        **NOTHING, "session_id": visit.id, "purpose": "self",
        "youngest_age_months": 36,  # the one thing that holds for all: who is in the house
    }  # fmt: skip
    visit = moves.dismiss(visit, toy("engine"))
    visit = moves.forget(visit, "engine")
    visit = moves.use(visit, Who.GIFT)
    assert history(visit) == [("engine", "like")]
    assert told(visit) == [("engine", "like")], "taking back for oneself must not take back the child's"
    assert len({profile.id for profile in visit.profiles}) == 2


def test_bringing_back_keeps_the_likes(visit: Session, toy: MakeToy) -> None:
    visit = moves.own(moves.dismiss(moves.like(visit, toy("a")), toy("b")), toy("c"))
    visit = moves.bring_back(visit)
    assert history(visit) == [("a", "like")]
    assert visit.profile.owned == ()


def test_starting_over_forgets_and_cuts_the_tie(visit: Session, toy: MakeToy) -> None:
    old = visit.profile.id
    mine = moves.use(moves.like(moves.use(visit, Who.ME), toy("mine")), Who.GIFT)
    visit = moves.start_over(moves.answer(moves.like(mine, toy()), age_months=36))
    assert not visit.profile.anything_said
    assert visit.profile.id != old
    assert told(visit) == [("mine", "like")], "what the kiosk was not told yet is never told"


@pytest.mark.parametrize(
    ("who", "answers"),
    [
        (Who.GIFT, {"age_months": 24}),
        (Who.GIFT, {"age_months": 60, "youngest_months": 24}),
        (Who.GIFT, {"youngest_months": 24}),
        (Who.ME, {"age_months": 216, "youngest_months": 24}),
    ],
)
def test_the_youngest_child_stated_anywhere_stands_before_every_list(
    visit: Session, who: Who, answers: dict[str, int]
) -> None:
    visit = moves.answer(moves.use(visit, who), **answers)
    assert visit.youngest == 24
    for other in Who:
        request = request_for(moves.use(visit, other))
        stated = [request.get("youngest_age_months"), request.get("recipient", {}).get("age_months")]
        assert min(age for age in stated if age is not None) == 24


def test_a_grown_up_is_no_child(visit: Session) -> None:
    visit = moves.answer(moves.use(visit, Who.ME), age_months=216)
    assert "youngest_age_months" not in request_for(visit)


def test_delivered_events_leave_the_outbox(visit: Session, toy: MakeToy) -> None:
    visit = moves.like(moves.like(visit, toy("a")), toy("b"))
    first = visit.outbox[0]["event_id"]
    visit = moves.delivered(visit, frozenset({first, "unheard of"}))
    assert told(visit) == [("b", "like")]
    assert history(visit) == [("a", "like"), ("b", "like")]


def test_more_has_an_end_and_a_new_answer_begins_at_the_top(visit: Session) -> None:
    for _ in range(20):
        visit = moves.more(visit)
    assert visit.profile.wanted == MAX_TOYS
    assert moves.answer(visit, budget=5).profile.wanted == PAGE


def test_changing_the_language_keeps_everything_else(visit: Session, toy: MakeToy) -> None:
    visit = moves.like(visit, toy())
    chinese = moves.speak(visit, "zh")
    assert request_for(chinese) == {**request_for(visit), "language": "zh"}


TAPS = st.lists(
    st.tuples(st.sampled_from(["like", "dismiss", "own", "forget"]), st.integers(0, 30), st.sampled_from(list(Who))),
    max_size=60,
)


@given(TAPS)
def test_whatever_is_tapped_the_request_stays_within_the_apis_bounds(taps: list[tuple[str, int, Who]]) -> None:
    session = new_session("en")
    for name, number, who in taps:
        session = moves.use(session, who)
        toy = Toy(toy_id=f"t{number}", title="t")
        session = moves.forget(session, toy.toy_id) if name == "forget" else getattr(moves, name)(session, toy)
        request = request_for(session)
        met = [entry["toy_id"] for entry in request["history"]]
        owned = request.get("recipient", {}).get("owned", [])
        assert len(met) == len(set(met))
        assert not set(met) & set(owned)
        assert {entry["kind"] for entry in request["history"]} <= {EventKind.LIKE, EventKind.DISMISS}


def test_long_visits_keep_the_newest(visit: Session, toy: MakeToy) -> None:
    for number in range(MAX_MET + 2):
        visit = moves.own(moves.like(visit, toy(f"liked-{number}")), toy(f"owned-{number}"))
    request = request_for(visit)
    assert len(request["history"]) == len(request["recipient"]["owned"]) == MAX_MET
    assert request["history"][-1]["toy_id"] == f"liked-{MAX_MET + 1}"


def test_at_most_twenty_interests(visit: Session) -> None:
    visit = moves.answer(visit, interests=[str(number) for number in range(30)])
    assert len(visit.profile.interests) == 20
