"""Lists as a kiosk's export has them, and what the visit and the shopper had done before."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest

from data.importers.kiosk import RECALL_TABLE, SHOWN_TABLE
from data.people import MOST_OF_A_SESSION
from data.schema import EventColumn
from data.tables import EVENT_TABLE
from recommender.evaluation.shown import MOST_LISTS, MOST_OF_A_VISIT, Seen, shown_lists

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def listed(name: str, session: str | None = "s", **said: Any) -> dict[str, Any]:
    """A list of one toy, the bear."""
    plain = {"recommendation_id": name, "position": 1, "toy_id": "bear", "score": 0.5, "propensity": 0.9}
    plain |= {"pinned": False, "time": NOON, "model": "m", "store_id": "north", "session_id": session}
    plain |= {"purpose": "self", "language": "en", "kinds": [], "quoted_by": []}
    return dict.fromkeys(SHOWN_TABLE.names) | plain | said


def event(name: str, minutes: float, session: str = "s", shopper: str = "ada", **said: Any) -> dict[str, Any]:
    plain = {EventColumn.ID: name, EventColumn.SHOPPER: shopper, EventColumn.SESSION: session, EventColumn.TOY: name}
    plain |= {EventColumn.KIND: "like", EventColumn.TIME: NOON + timedelta(minutes=minutes), EventColumn.STORE: "north"}
    return dict.fromkeys(EVENT_TABLE.names) | plain | said


def lists_of(
    lists: list[dict[str, Any]],
    events: list[dict[str, Any]],
    recalls: Sequence[dict[str, Any]] = (),
    most: int = MOST_LISTS,
) -> Any:
    rows = ((lists, SHOWN_TABLE), (events, EVENT_TABLE), (list(recalls), RECALL_TABLE))
    return shown_lists(Seen(*(pa.Table.from_pylist(each, schema=schema) for each, schema in rows)), "m", most)


def test_a_list_is_put_together_by_place_and_of_each_store_by_itself() -> None:
    rows = [
        listed("a", position=3, toy_id="engine", score=0.1, kinds=["view"]),
        listed("a", store_id="south", position=1, toy_id="doll"),
        listed("a", position=1, toy_id="bear", score=0.3, pinned=True, propensity=1.0),
        listed("b", model="another"),
        listed("a", position=2, toy_id="track", score=0.2, kinds=["view", "cart"]),
    ]
    north, south = lists_of(rows, [])
    assert (north.visit, north.toys, south.visit, south.toys) == (
        "north s",
        ("bear", "track", "engine"),
        "south s",
        ("doll",),
    )
    assert north.scores.tolist() == pytest.approx([0.3, 0.2, 0.1])
    assert north.propensities.tolist() == pytest.approx([1.0, 0.9, 0.9])
    assert north.wanted.tolist() == [False, True, False]
    assert (north.pinned, south.pinned) == (1, 0)


def test_of_one_visit_so_many_lists_count_and_of_all_the_newest() -> None:
    lists = [listed(f"v{place:02}", time=NOON + timedelta(minutes=place)) for place in range(MOST_OF_A_VISIT + 2)]
    lists += [
        listed(f"n{place:02}", None, time=NOON + timedelta(hours=1, minutes=place))
        for place in range(MOST_OF_A_VISIT + 2)
    ]
    found = lists_of(lists, [])
    nobody = [f"north list n{place:02}" for place in range(MOST_OF_A_VISIT + 2)]
    assert [each.visit for each in found] == ["north s"] * MOST_OF_A_VISIT + nobody, "who says no session is no visit"
    assert found[MOST_OF_A_VISIT - 1].time == NOON + timedelta(minutes=MOST_OF_A_VISIT - 1), "the first of a visit"
    assert [each.visit for each in lists_of(lists, [], most=2)] == nobody[-2:]


def test_what_was_done_before_is_of_the_visit_and_of_the_shopper() -> None:
    events = [
        event("long ago", -9000, "winter"),
        event("another's", -8000, "s2", "bob"),
        event("this morning", -30),
        event("after", 5),
        event("elsewhere, later", 9, "evening"),
        event("another store", -10) | {EventColumn.STORE: "south"},
    ]
    (found,) = lists_of([listed("a", shopper_id="ada")], events)
    assert [contact.toy for contact in found.earlier] == ["long ago"]
    assert [contact.toy for contact in found.visited] == ["this morning", "after"]
    assert found.done == 1
    (unnamed,) = lists_of([listed("a")], events)
    assert unnamed.earlier == ()


@pytest.mark.parametrize(
    ("noted", "likings"),
    [(None, (("cars",), ())), ([], ((),)), (["trains"], (("trains",),))],
)
def test_likings_that_were_noted_are_the_only_ones(noted: Any, likings: Any) -> None:
    said = {EventColumn.RECIPIENT_INTERESTS: ["cars"]}
    before, after = ({EventColumn.RECIPIENT_INTERESTS: [word]} for word in ("dolls", "boats"))
    events = [event("bear", 5, **after), event("track", -1, **said), event("doll", -5, **before)]
    (found,) = lists_of([listed("a", interests=noted, budget=20.0)], events)
    assert found.likings == likings
    assert found.budget == 20.0


def test_lists_of_a_program_are_left_out() -> None:
    crowd = [event(f"e{place}", place / 100, "robot", "r2") for place in range(MOST_OF_A_SESSION + 1)]
    lists = [listed("a"), listed("b", "robot"), listed("c", None, kinds=["like"], quoted_by=["e7"])]
    assert [found.visit for found in lists_of(lists, [event("track", -1), *crowd])] == ["north s"]
    assert len(lists_of(lists, [event("track", -1), *crowd[:-1]])) == 3, "as many as a person may have"


def test_a_day_of_one_shopper_that_no_person_has_counts_nothing() -> None:
    """A program that says a new session at each event: its lists quote, or are of, those sessions."""
    crowd = [event(f"e{place}", place / 100, f"s{place}", "r2") for place in range(MOST_OF_A_SESSION + 1)]
    lists = [listed("a"), listed("b", "s3"), listed("c", "t", kinds=["like"], quoted_by=["e7"])]
    assert [found.visit for found in lists_of(lists, [event("track", -1), *crowd])] == ["north s"]


def test_what_was_recalled_is_what_the_same_store_had_recalled_by_then() -> None:
    def recall(by: str, value: str, minutes: float, store: str = "north") -> dict[str, Any]:
        return {"store_id": store, "by": by, "value": value, "time": NOON + timedelta(minutes=minutes)}

    recalls = [
        recall("barcode", "0005012345678900", 0),
        recall("toy_id", "track", -5),
        recall("toy_id", "track", 3),  # lifted meanwhile, and come again
        recall("toy_id", "engine", 5),
        recall("toy_id", "station", -9, "south"),
    ]
    times = {"a": -6, "b": -1, "c": 0, "d": 9}
    lists = [listed(name, time=NOON + timedelta(minutes=minutes)) for name, minutes in times.items()]
    track, code, engine = ("toy_id", "track"), ("barcode", "0005012345678900"), ("toy_id", "engine")
    found = [each.recalled for each in lists_of([*lists, listed("e", store_id="west")], [], recalls)]
    assert found == [set(), {track}, {track, code}, set(), {track, code, engine}]
