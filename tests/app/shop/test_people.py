from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.shop import people
from app.shop import plan as plans
from app.shop import session as moves
from app.shop.body import request_for, split_for
from app.shop.models import Toy
from app.shop.people import MAX_PEOPLE, SIGNS
from app.shop.session import Session, Who, new_session

MakeToy = Callable[..., Toy]


@pytest.fixture
def visit() -> Session:
    return new_session("en")


def planned(session: Session, **answers: Any) -> Session:
    return replace(session, plan=plans.choose(session.plan, **answers))


def test_a_child_that_is_added_begins_with_nothing(visit: Session, toy: MakeToy) -> None:
    visit = moves.like(moves.answer(visit, age_months=72, interests=["trains"], budget=20), toy())
    first = visit.profile
    visit = people.add(visit)
    assert not visit.profile.anything_said
    assert visit.profile.sign != first.sign
    assert visit.people[0] == first
    assert request_for(visit)["history"] == []
    assert "recipient" not in request_for(visit)
    assert request_for(visit)["youngest_age_months"] == 72, "who is there is the one thing that holds for all"


def test_what_is_tapped_for_one_stays_with_that_one(visit: Session, toy: MakeToy) -> None:
    visit = people.add(moves.like(visit, toy("engine")))
    first, second = (person.id for person in visit.people)
    visit = moves.own(moves.dismiss(visit, toy("engine")), toy("bear"))
    visit = people.turn_to(visit, first)
    assert request_for(visit)["history"] == [{"toy_id": "engine", "kind": "like"}]
    assert "recipient" not in request_for(visit)
    assert [(event["toy_id"], event["recipient"]["id"]) for event in visit.outbox] == [
        ("engine", first), ("engine", second),
    ]  # fmt: skip


def test_at_most_six_and_each_has_a_picture_of_its_own(visit: Session) -> None:
    for _ in range(MAX_PEOPLE + 3):
        visit = people.add(visit)
    assert [person.sign for person in visit.people] == list(SIGNS)
    visit = people.add(people.leave_out(visit, visit.people[2].id))
    assert sorted(person.sign for person in visit.people) == sorted(SIGNS)
    assert visit.profile.sign == SIGNS[2], "a picture that is free again is used"


def test_another_picture(visit: Session) -> None:
    visit = people.draw(people.add(visit), "boat")
    assert [person.sign for person in visit.people] == ["star", "boat"]
    assert people.draw(visit, "star") == visit, "no two children look the same"
    assert people.draw(visit, "dragon") == visit


def test_forgetting_one_leaves_the_others_and_tells_nobody(visit: Session, toy: MakeToy) -> None:
    visit = people.add(moves.answer(moves.like(visit, toy("engine")), age_months=72))
    visit = moves.answer(moves.like(visit, toy("bear")), age_months=12)
    gone = visit.profile.id
    visit = people.leave_out(visit, gone)
    assert [person.age_months for person in visit.people] == [72]
    assert visit.profile.age_months == 72
    assert visit.youngest == 72
    assert [event["toy_id"] for event in visit.outbox] == ["engine"]
    assert people.leave_out(visit, gone) == visit, "a second tap"
    assert people.turn_to(visit, gone) == visit
    assert people.for_person(visit, gone, moves.like, toy()) == visit
    last = people.leave_out(visit, visit.profile.id)
    assert len(last.people) == 1
    assert not last.profile.anything_said
    assert last.profile.id != visit.profile.id


def test_forgetting_one_keeps_to_the_one_in_use(visit: Session) -> None:
    visit = people.add(people.add(visit))
    current = visit.current
    assert people.leave_out(visit, visit.people[0].id).current == current


def test_a_move_for_another_child_leaves_who_is_in_use(visit: Session, toy: MakeToy) -> None:
    first = visit.profile.id
    visit = moves.use(people.add(visit), Who.ME)
    moved = people.for_person(visit, first, moves.own, toy("bear"))
    assert (moved.who, moved.current) == (Who.ME, visit.current)
    assert [owned.toy_id for owned in moved.people[0].owned] == ["bear"]
    assert moved.me == visit.me


def test_one_budget_asks_for_each_child_with_what_is_theirs(visit: Session, toy: MakeToy) -> None:
    visit = people.add(moves.answer(moves.own(visit, toy("bear")), age_months=72, interests=["trains"], budget=5))
    visit = moves.answer(moves.like(visit, toy("drum")), age_months=12)
    visit = planned(replace(visit, occasion="christmas"), budget=40, each=2)
    request = split_for(visit)
    older = {"age_months": 72, "interests": ["trains"], "owned": ["bear"]}
    assert [child["recipient"] for child in request["children"]] == [older, older, *[{"age_months": 12}] * 2]
    assert [len(child["history"]) for child in request["children"]] == [0, 0, 1, 1]
    assert {child["purpose"] for child in request["children"]} == {"gift"}
    assert (request["budget"], request["youngest_age_months"], request["occasion"]) == (40.0, 12, "christmas")
    with pytest.raises(ValueError, match="'budget' of the plan must be a sum"):
        split_for(planned(visit, budget=None))


def test_a_plan_stays_within_what_the_kiosk_takes(visit: Session) -> None:
    for _ in range(MAX_PEOPLE):
        assert len(visit.people) * plans.most_each(len(visit.people)) <= plans.MAX_SHARES
        visit = people.add(visit)
    assert plans.choose(plans.Plan(each=2), each=None).each == 1


def test_a_plan_needs_two(visit: Session) -> None:
    visit = planned(people.add(people.add(visit)), open=True, budget=50, each=2)
    visit = people.leave_out(visit, visit.people[0].id)
    assert visit.plan.open
    assert people.leave_out(visit, visit.people[0].id).plan == plans.Plan()


MOVES = st.lists(
    st.tuples(st.sampled_from(["add", "turn", "leave", "like", "own", "age", "me", "over"]), st.integers(0, 6)),
    max_size=40,
)


@given(MOVES)
def test_whatever_is_done_somebody_is_in_use_and_nothing_mixes(done: list[tuple[str, int]]) -> None:
    session, tapped = new_session("en"), dict[str, set[str]]()
    for name, number in done:
        person = session.people[number % len(session.people)].id
        toy = Toy(toy_id=f"t{number}", title="t")
        if name == "add":
            session = people.add(session)
        elif name == "turn":
            session = people.turn_to(session, person)
        elif name == "leave":
            session = people.leave_out(session, person)
        elif name == "me":
            session = moves.use(session, Who.ME)
        elif name == "over":
            session = moves.start_over(session)
        elif name == "age":
            session = moves.answer(session, age_months=number * 12)
        else:
            session = getattr(moves, name)(session, toy)
            tapped.setdefault(session.profile.id, set()).add(toy.toy_id)
        assert 1 <= len(session.people) <= MAX_PEOPLE
        assert len({profile.id for profile in session.profiles}) == len(session.people) + 1
        assert session.profile in session.profiles
        for profile in session.profiles:
            known = {met.toy.toy_id for met in profile.met} | {owned.toy_id for owned in profile.owned}
            assert known <= tapped.get(profile.id, set())
        there = {profile.id for profile in session.profiles}
        assert {event["recipient"]["id"] for event in session.outbox} <= there, "who was forgotten is told to nobody"
