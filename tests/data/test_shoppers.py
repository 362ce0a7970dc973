"""Every shopper's past, read from disk."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from data.dataset import Source, build_dataset, save_dataset
from data.schema import Event, EventKind, Recipient, Toy
from data.shoppers import ShopperPast, read_pasts

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def pasts_of(folder: Path, events: list[Event], **more: object) -> list[ShopperPast]:
    toys = [Toy(name, name) for name in ("bear", "blocks", "kite")]
    save_dataset(build_dataset(toys, events, Source("shop", 0)), folder / "dataset")
    options = {"order": "given", "seed": 0} | more
    return list(read_pasts(folder / "dataset", folder / "spill", **options))  # type: ignore[arg-type]


def event(shopper: str, toy: str, kind: EventKind, minutes: int = 0, who: Recipient | None = None) -> Event:
    number = f"{shopper}-{toy}-{kind}-{minutes}-{who.id if who else ''}"
    return Event(number, shopper, "visit", toy, kind, NOON + timedelta(minutes=minutes), None, who)


def test_shoppers_come_by_id_and_each_toy_once_with_what_was_last_done_with_it(tmp_path: Path) -> None:
    found = pasts_of(
        tmp_path,
        [
            event("zoe", "kite", EventKind.VIEW),
            event("ann", "bear", EventKind.VIEW, 1),
            event("zoe", "bear", EventKind.LIKE, 2),
            event("ann", "blocks", EventKind.LIKE, 3),
            event("ann", "bear", EventKind.PURCHASE, 4),
        ],
    )
    assert [(past.shopper, past.contacts) for past in found] == [
        ("ann", (("bear", EventKind.PURCHASE), ("blocks", EventKind.LIKE))),
        ("zoe", (("kite", EventKind.VIEW), ("bear", EventKind.LIKE))),
    ]
    assert all(past.recipient is None and past.youngest is None for past in found)


@pytest.mark.parametrize(("name", "beside"), [("shop [1]", "shop 1"), ("shop*", "shop 2")])
def test_the_pasts_are_those_of_the_folder_and_not_of_one_whose_name_is_like_it(
    tmp_path: Path, name: str, beside: str
) -> None:
    pasts_of(tmp_path / beside, [event("stranger", "bear", EventKind.VIEW)])
    (past,) = pasts_of(tmp_path / name, [event("ann", "kite", EventKind.LIKE)])
    assert past.shopper == "ann"


def test_the_recipient_is_the_last_one_and_the_youngest_child_is_whoever_was_ever_named(tmp_path: Path) -> None:
    baby, girl, aunt = Recipient("b", 10), Recipient("g", 90, ("trains",), 20.0), Recipient("a", 480)
    (past,) = pasts_of(
        tmp_path,
        [
            event("ann", "bear", EventKind.LIKE, 0, baby),
            event("ann", "kite", EventKind.LIKE, 1, Recipient("b", 11)),
            event("ann", "blocks", EventKind.LIKE, 2, aunt),
            event("ann", "kite", EventKind.LIKE, 3, girl),
            event("ann", "kite", EventKind.VIEW, 4),
        ],
    )
    assert past.recipient == girl
    assert past.youngest == 11  # the baby, as old as it was last told to be


def test_who_is_named_without_an_age_has_the_one_told_before(tmp_path: Path) -> None:
    (past,) = pasts_of(
        tmp_path,
        [
            event("ann", "bear", EventKind.LIKE, 0, Recipient("b", 10)),
            event("ann", "kite", EventKind.LIKE, 1, Recipient("b", None, ("animals",))),
        ],
    )
    assert past.recipient == Recipient("b", 10, ("animals",))
    assert past.youngest == 10


def test_hashed_order_goes_by_time_and_only_those_wanted_are_read(tmp_path: Path) -> None:
    events = [
        event("ann", "kite", EventKind.VIEW, 5),
        event("ann", "bear", EventKind.VIEW, 1),
        event("bob", "bear", EventKind.VIEW, 1),
    ]
    given = pasts_of(tmp_path, events, wanted=["ann", "nobody"])
    hashed = pasts_of(tmp_path, events, wanted=["ann"], order="hashed")
    assert [toy for toy, _ in given[0].contacts] == ["kite", "bear"]
    assert [toy for toy, _ in hashed[0].contacts] == ["bear", "kite"]
    assert len(given) == len(hashed) == 1
