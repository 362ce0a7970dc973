"""Rules in the database: kept once, changed by whoever has seen them as they are."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.kiosk.store import rules as module
from app.kiosk.store.audit import changes
from app.kiosk.store.database import Database
from app.kiosk.store.rules import RuleChangedError, RuleStore, StaffRule, Terms, UnknownRuleError
from data.errors import ToyGuideError

BOOST = Terms("boost", "brand", "Lumi", strength=1.5, note="they pay")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[RuleStore]:
    database = Database(tmp_path / "kiosk.sqlite", busy_seconds=60)
    yield RuleStore(database)
    database.close()


@pytest.mark.parametrize(
    "terms",
    [
        BOOST,
        Terms("hide", "category", "玩具"),
        Terms("pin", "toy_id", "no such toy yet", position=3, occasion="birthday"),
        Terms(
            "bury",
            "toy_id",
            "bear",
            1.0,
            starts=datetime(1, 1, 1, 0, 0, 0, 1000, tzinfo=UTC),
            ends=datetime(9999, 12, 31, 23, 59, 59, 999000, tzinfo=UTC),
        ),
    ],
)
def test_a_rule_comes_back_as_it_was_said(store: RuleStore, terms: Terms) -> None:
    made = store.add(terms, "Kim")
    assert (made.terms, made.revision, made.changed_by) == (terms, 1, "Kim")
    assert store.all() == (made,)


def test_they_stand_in_the_order_in_which_they_were_made(store: RuleStore) -> None:
    made = [store.add(replace(BOOST, value=brand), "Kim") for brand in "zaq"]
    changed = store.replace(made[0].rule_id, 1, replace(BOOST, value="b"), "Mo")
    assert [rule.rule_id for rule in store.all()] == [rule.rule_id for rule in made]
    assert (changed.revision, changed.created, changed.changed_by) == (2, made[0].created, "Mo")


def test_the_same_again_is_the_same_rule(store: RuleStore) -> None:
    made = store.add(BOOST, "Kim")
    assert store.add(BOOST, "Mo") == made
    assert store.add(replace(BOOST, strength=2.0), "Mo") != made
    assert [change.action for change in changes(store.database, 10)] == ["rule.add", "rule.add"]


def test_who_changes_a_rule_must_have_seen_it_as_it_is(store: RuleStore) -> None:
    made = store.add(BOOST, "Kim")
    stronger = store.replace(made.rule_id, 1, replace(BOOST, strength=2.0), "Mo")
    for attempt in (
        lambda: store.replace(made.rule_id, 1, replace(BOOST, note=None), "Kim"),
        lambda: store.remove(made.rule_id, 1, "Kim"),
    ):
        with pytest.raises(RuleChangedError) as caught:
            attempt()
        error = caught.value
        assert (error.rule, error.who, error.time) == (stronger, "Mo", stronger.changed)
        assert error.read == BOOST.said()
    assert store.all() == (stronger,)
    with pytest.raises(RuleChangedError) as caught:
        store.remove(made.rule_id, 3, "Kim")  # of the future: nobody can have read it
    assert caught.value.read is None


def test_a_rule_that_was_removed_is_not_one_that_never_was(store: RuleStore) -> None:
    made = store.add(BOOST, "Kim")
    store.replace(made.rule_id, 1, replace(BOOST, strength=2.0), "Mo")
    store.remove(made.rule_id, 2, "Mo")
    for revision, read in ((1, BOOST), (2, replace(BOOST, strength=2.0))):
        with pytest.raises(RuleChangedError) as caught:
            store.replace(made.rule_id, revision, BOOST, "Kim")
        assert (caught.value.rule, caught.value.who, caught.value.read) == (None, "Mo", read.said())
    with pytest.raises(UnknownRuleError):
        store.remove("r-0123456789", 1, "Kim")
    assert store.add(BOOST, "Kim").rule_id != made.rule_id


def test_of_many_at_once_one_wins(store: RuleStore) -> None:
    made = store.add(BOOST, "Kim")
    start = threading.Barrier(8)
    won: list[StaffRule] = []
    lost: list[RuleChangedError] = []

    def change(number: int) -> None:
        start.wait()
        try:
            won.append(store.replace(made.rule_id, 1, replace(BOOST, note=str(number)), str(number)))
        except RuleChangedError as error:
            lost.append(error)

    threads = [threading.Thread(target=change, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1
    assert [error.rule for error in lost] == won * 7
    assert store.all() == tuple(won)


def test_what_was_before_and_after_is_written_down(store: RuleStore) -> None:
    made = store.add(BOOST, "Kim")
    later = Terms("pin", "toy_id", "bear", ends=datetime(2026, 12, 26, tzinfo=UTC))
    store.replace(made.rule_id, 1, later, "Mo")
    store.remove(made.rule_id, 2, "Kim")
    removed, changed, added = changes(store.database, 10)
    pinned = {"kind": "pin", "toy_id": "bear", "ends": "2026-12-26T00:00:00.000Z"}
    boosted = {"kind": "boost", "brand": "Lumi", "strength": 1.5, "note": "they pay"}
    assert (added.who, added.details) == ("Kim", {"rule_id": made.rule_id, "after": boosted})
    assert (changed.who, changed.details) == (
        "Mo",
        {"rule_id": made.rule_id, "revision": 1, "before": boosted, "after": pinned},
    )
    assert (removed.who, removed.details) == ("Kim", {"rule_id": made.rule_id, "revision": 2, "before": pinned})


def test_there_is_an_end_to_them(store: RuleStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_RULES", 2)
    made = [store.add(replace(BOOST, value=brand), "Kim") for brand in "ab"]
    with pytest.raises(ToyGuideError, match="There must be at most 2 rules"):
        store.add(BOOST, "Kim")
    assert store.add(replace(BOOST, value="b"), "Kim") == made[1]
    store.remove(made[0].rule_id, 1, "Kim")
    store.add(BOOST, "Kim")
