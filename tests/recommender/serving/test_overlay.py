"""A shop's own toys over a bundle: added, corrected, retired; and the bundle below stays as it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.errors import BundleError
from data.schema import Audience, Hazard, Recipient, Toy, safety_floor
from recommender.serving.barcodes import ToysByBarcode, barcode_key
from recommender.serving.encoder import place_toys
from recommender.serving.engine import Engine
from recommender.serving.load import load_bundle
from recommender.serving.overlay import Correction, Overlay, corrected, overlaid
from recommender.serving.policy.shelf import build_shelf, safe_from
from recommender.serving.results import Recommendation
from recommender.serving.search.find import search
from recommender.serving.similar import similar
from recommender.serving.together import together

WAGON = Toy(
    "wagon",
    "Coal wagon",
    "煤车",
    category=("Toys", "Trains"),
    interests=("trains",),
    brand="Holt",
    price=Decimal("11.00"),
    currency="GBP",
    recommended_age=36,
    safety_min_age=36,
    audience=Audience.CHILD,
    barcode="5012345678900",
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, toys: list[Toy], make_bundle: Callable[..., Path]) -> Path:
    marked = [replace(toy, barcode="4006381333931") if toy.id == "track" else toy for toy in toys]
    return make_bundle(tmp_path_factory.mktemp("overlay") / "bundle", marked, encoder=True)


@pytest.fixture(scope="module")
def engine(folder: Path) -> Engine:
    return load_bundle(folder)


def ids(answer: Recommendation) -> list[str]:
    return [pick.toy.id for pick in answer.items]


def same(one: Recommendation, other: Recommendation) -> bool:
    return replace(one, recommendation_id="") == replace(other, recommendation_id="")


def test_an_added_toy_is_found_on_every_path(engine: Engine) -> None:
    shop = overlaid(engine, Overlay(added=(WAGON,)))
    assert len(shop.toys) == len(engine.toys) + 1
    assert shop.own_places == {len(shop.toys)}
    assert (shop.toy("wagon").title, shop.index["wagon"]) == ("Coal wagon", len(shop.toys))
    assert "wagon" in ids(shop.recommend(recipient=Recipient(age_months=60, interests=("trains",)), k=12))
    assert "wagon" in ids(similar(shop, "engine", k=3))
    assert set(ids(similar(shop, "wagon", k=2))) == {"engine", "track"}, "a train lies among trains"
    assert ToysByBarcode(shop.barcodes())["05012345678900"] == ("wagon",)
    assert shop.verdicts("wagon", 35)[0].rule == "safety"
    assert shop.verdicts("wagon", 36)[0].allowed
    assert ids(search(shop, "coal wagon").found) == ["wagon"]
    assert ids(search(shop, "煤车").found) == ["wagon"]
    picture = shop.picture("wagon")
    assert picture is not None
    assert picture.startswith("<svg")
    recalled = shop.house_lists(recalled=["wagon"])
    assert "wagon" not in ids(shop.recommend(k=100, house=recalled))


def test_a_history_may_hold_an_added_toy(engine: Engine) -> None:
    shop = overlaid(engine, Overlay(added=(WAGON,)))
    answer = shop.recommend(["wagon"], k=12, youngest_age_months=216)
    assert answer.missing_ids == ()
    assert "wagon" not in ids(answer)
    assert ids(answer)[0] in ("engine", "track", "station")
    assert [reason.toy_id for reason in answer.items[0].reasons if reason.toy_id] == ["wagon"]
    assert engine.recommend(["wagon"]).missing_ids == ("wagon",), "the bundle's engine does not know it"


def test_the_bundle_below_answers_as_before_and_shares_its_memory(folder: Path) -> None:
    engine, untouched = load_bundle(folder), load_bundle(folder)
    before = engine.student.table.copy()
    shop = overlaid(engine, Overlay(added=(WAGON,), retired=frozenset({"bear"})))
    assert np.shares_memory(engine.student.table, shop.student.table), "one table, not two"
    assert shop.student._session is engine.student._session
    np.testing.assert_array_equal(engine.student.table, before)
    more = overlaid(shop, Overlay(added=(WAGON, replace(WAGON, id="van"))))
    assert np.shares_memory(engine.student.table, more.student.table)
    for each in ({}, {"history": ["track"]}, {"recipient": Recipient(age_months=40, interests=("space",))}):
        assert same(engine.recommend(k=12, **each), untouched.recommend(k=12, **each))
        assert "wagon" in ids(shop.recommend(k=12, **each)), "a list that was taken before still answers"
    assert overlaid(more, Overlay()) is engine


def test_toys_that_were_placed_are_not_placed_again(
    folder: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[list[str]] = []

    def counting(*args: object) -> object:
        asked.append([toy.id for toy in args[2]])  # type: ignore[attr-defined]
        return place_toys(*args)  # type: ignore[arg-type]

    monkeypatch.setattr("recommender.serving.overlay.place_toys", counting)
    van = replace(WAGON, id="van")
    shop = overlaid(engine, Overlay(added=(WAGON,)))
    shop = overlaid(shop, Overlay(added=(WAGON, van), retired=frozenset({"wagon"})))
    shop = overlaid(shop, Overlay(added=(replace(WAGON, price=Decimal(3)), van)))
    assert asked == [["wagon"], ["van"], ["wagon"]]
    whole = place_toys(folder, engine.manifest, [replace(WAGON, price=Decimal(3)), van])
    np.testing.assert_allclose(shop.student.table[-2:], whole, atol=1e-6)


def test_a_retired_toy_is_shown_on_no_path_until_it_is_restored(engine: Engine) -> None:
    shop = overlaid(engine, Overlay(added=(WAGON,), retired=frozenset({"track", "wagon", "nobody"})))
    adult = {"recipient": Recipient(age_months=400), "k": 100}
    assert {"track", "engine"} <= set(ids(engine.recommend(**adult)))
    assert not {"track", "wagon"} & set(ids(shop.recommend(**adult)))
    assert not {"track", "wagon"} & set(ids(similar(shop, "engine", k=100)))
    assert shop.verdicts("track")[0].rule == shop.verdicts("wagon")[0].rule == "inactive"
    again = overlaid(shop, Overlay(added=(WAGON,)))
    assert {"track", "wagon"} <= set(ids(again.recommend(**adult)))
    assert again.verdicts("retired", 90)[0].rule == "inactive", "what the bundle retired stays retired"


def test_what_is_searched_is_made_again_only_for_other_words(engine: Engine) -> None:
    shop = overlaid(engine, Overlay(added=(WAGON,)))
    assert shop.words is not engine.words
    assert overlaid(shop, Overlay(added=(WAGON,), retired=frozenset({"wagon", "bear"}))).words is shop.words
    other = overlaid(shop, Overlay(added=(replace(WAGON, title="Water wagon"),)))
    assert (ids(search(other, "coal").found), ids(search(other, "water").found)) == ([], ["wagon"])
    assert ids(search(shop, "coal").found) == ["wagon"]


def test_a_correction_is_in_force_and_safety_only_rises(engine: Engine) -> None:
    said = {
        "track": Correction(price=Decimal("20"), aisle="B2", safety_min_age=60, barcode="9"),
        "bear": Correction(hazards=(Hazard.BUTTON_BATTERY,), safety_min_age=2),
        "mystery": Correction(audience=Audience.CHILD, safety_min_age=24),
        "balloons": Correction(safety_min_age=12),
        "poker": Correction(audience=Audience.CHILD),
    }
    shop = overlaid(engine, Overlay(corrections=said))
    track = shop.toy("track")
    assert (track.price, track.aisle, track.title, track.safety_min_age) == (20, "B2", "Wooden track", 60)
    assert shop.student is engine.student
    assert [rule.rule for rule in shop.verdicts("track", 59)] == ["safety"]
    assert [rule.rule for rule in shop.verdicts("bear", 35)] == ["safety"]
    assert shop.toy("bear").safety_min_age == 36, "the floor of the hazard"
    assert shop.verdicts("mystery", 24)[0].allowed, "staff have looked at it"
    assert shop.verdicts("balloons", 95)[0].rule == "safety"
    assert shop.toy("poker").audience is Audience.ADULT
    assert shop.shelf.price[shop.index["track"]] == 20
    found = ToysByBarcode(shop.barcodes())
    assert found["00000000000009"] == found["04006381333931"] == ("track",), "a recall by either finds it"


def test_a_bundle_that_holds_an_added_toy_wins_but_for_its_safety(
    folder: Path, engine: Engine, tmp_path: Path, toys: list[Toy], make_bundle: Callable[..., Path]
) -> None:
    careful = replace(WAGON, safety_min_age=48, hazards=(Hazard.MAGNET,), price=Decimal("9"))
    newer = load_bundle(make_bundle(tmp_path / "newer", [*toys, replace(WAGON, barcode=None)], encoder=True))
    said = Overlay(added=(careful,), corrections={"wagon": Correction(aisle="C")}, retired=frozenset({"wagon"}))
    shop = overlaid(newer, said)
    wagon = shop.toy("wagon")
    assert len(shop.toys) == len(newer.toys)
    assert (wagon.price, wagon.safety_min_age, wagon.hazards, wagon.aisle) == (11, 168, (Hazard.MAGNET,), "C")
    assert shop.verdicts("wagon", 170)[0].rule == "inactive"
    assert ToysByBarcode(shop.barcodes())["05012345678900"] == ("wagon",)
    grown_up = overlaid(newer, Overlay(added=(replace(WAGON, audience=Audience.ADULT),)))
    assert grown_up.toy("wagon").audience is Audience.ADULT
    back = overlaid(engine, said)
    assert (back.toy("wagon").price, back.toy("wagon").aisle) == (9, "C")


def test_a_bundle_without_an_encoder_has_no_added_toys_and_all_else(
    tmp_path: Path, toys: list[Toy], make_bundle: Callable[..., Path]
) -> None:
    plain = load_bundle(make_bundle(tmp_path / "plain", toys))
    shop = overlaid(plain, Overlay((WAGON,), {"track": Correction(safety_min_age=60)}, frozenset({"bear"})))
    assert len(shop.toys) == len(toys)
    assert [shop.verdicts(toy, 50)[0].rule for toy in ("track", "bear")] == ["safety", "inactive"]


TOYS = st.builds(
    Toy,
    id=st.just("new"),
    title=st.text(max_size=20),
    title_zh=st.none() | st.text("火车积木 a", max_size=9),
    brand=st.none() | st.sampled_from(["Holt", "holt", "Nobody"]),
    category=st.lists(st.sampled_from(["Toys", "Trains", "Games", "火车"]), max_size=3).map(tuple),
    price=st.none() | st.decimals("0.01", 9_999_999, places=2),
    recommended_age=st.none() | st.integers(0, 1200),
    recommended_age_to=st.none() | st.integers(0, 1200),
    safety_min_age=st.none() | st.integers(0, 1200),
    hazards=st.lists(st.sampled_from(Hazard), unique=True, max_size=3).map(tuple),
    audience=st.sampled_from(Audience),
    interests=st.lists(st.sampled_from(["trains", "space", "unheard of"]), max_size=3).map(tuple),
)
CORRECTIONS = st.builds(
    Correction,
    safety_min_age=st.none() | st.integers(0, 1200),
    hazards=st.lists(st.sampled_from(Hazard), unique=True, max_size=3).map(tuple),
    audience=st.none() | st.sampled_from(Audience),
    price=st.none() | st.decimals("0.01", 100, places=2),
    recommended_age=st.none() | st.integers(0, 1200),
)


@settings(max_examples=100, deadline=None)
@given(added=st.lists(TOYS, max_size=3), data=st.data())
def test_whatever_is_added_the_arrays_are_those_of_one_catalogue(engine: Engine, added: list[Toy], data) -> None:
    new = tuple(replace(toy, id=f"new-{place}") for place, toy in enumerate(added))
    names = st.sampled_from([toy.id for toy in (*engine.toys, *new)])
    overlay = Overlay(
        new, data.draw(st.dictionaries(names, CORRECTIONS, max_size=3)), data.draw(st.frozensets(names, max_size=3))
    )
    shop = overlaid(engine, overlay)
    whole = build_shelf(shop.toys)
    for name in whole.__dataclass_fields__:
        got, wanted = getattr(shop.shelf, name), getattr(whole, name)
        if not isinstance(wanted, dict):
            got, wanted = {name: got}, {name: wanted}
        assert got.keys() == wanted.keys()
        for key in wanted:
            np.testing.assert_array_equal(got[key], wanted[key], str(key))
    assert shop.student.table.shape == (len(shop.toys) + 1, shop.manifest.width)
    np.testing.assert_allclose(np.linalg.norm(shop.student.table[len(engine.toys) + 1 :], axis=1), 1, atol=1e-3)
    answers = [shop.recommend([toy.id for toy in new], youngest_age_months=100, k=100)]
    for toy in (*new, engine.toys[0]):
        answers += [similar(shop, toy.id, 100, 100), together(shop, toy.id, 4, 100)]
        if toy.title.strip():
            answers.append(search(shop, toy.title, 100, 100).found)
    for pick in (pick for answer in answers for pick in answer.items):
        assert pick.toy is shop.toys[pick.index - 1]
        assert safe_from(pick.toy) <= 100
        assert pick.toy.audience is not Audience.ADULT
        assert pick.toy.id not in overlay.retired


@given(toy=TOYS, said=CORRECTIONS, then=CORRECTIONS)
def test_no_correction_makes_a_toy_less_safe(toy: Toy, said: Correction, then: Correction) -> None:
    toy = replace(toy, safety_min_age=None if toy.safety_min_age is None else safe_from(toy))
    now = corrected(toy, said)
    assert set(toy.hazards) | set(said.hazards) == set(now.hazards)
    assert safe_from(now) >= safety_floor(now.hazards)
    if toy.safety_min_age is not None:
        assert safe_from(now) >= safe_from(toy)
    if toy.audience is Audience.ADULT:
        assert now.audience is Audience.ADULT
    one, other = corrected(now, then), corrected(corrected(toy, then), said)
    assert (one.safety_min_age, set(one.hazards)) == (other.safety_min_age, set(other.hazards)), "in any order"


def test_what_is_said_takes_its_place_and_what_is_not_stays() -> None:
    toy = replace(WAGON, recommended_age_to=60, safety_min_age=36, hazards=(Hazard.CORD,), aisle="A")
    assert corrected(toy, Correction()) == toy
    for said in (
        {"price": Decimal("7.00")}, {"recommended_age": 30}, {"recommended_age_to": 72}, {"safety_min_age": 37},
        {"audience": Audience.ADULT}, {"barcode": "9"}, {"aisle": "B"},
    ):  # fmt: skip
        assert corrected(toy, Correction(**said)) == replace(toy, **said)  # type: ignore[arg-type]
    assert corrected(toy, Correction(safety_min_age=35)) == toy
    balloon = corrected(toy, Correction(hazards=(Hazard.BALLOON,), safety_min_age=48))
    assert (balloon.hazards, balloon.safety_min_age) == ((Hazard.CORD, Hazard.BALLOON), 96)
    unknown = replace(toy, safety_min_age=None)
    assert corrected(unknown, Correction(hazards=(Hazard.BALLOON,))).safety_min_age is None, "a floor is not an age"


@pytest.mark.parametrize(
    ("bundle", "said", "now"),
    [
        ("child", "adult", "adult"),
        ("child", "unknown", "child"),
        ("child", None, "child"),
        ("adult", "child", "adult"),
        ("adult", "unknown", "adult"),
        ("unknown", "child", "child"),
        ("unknown", "adult", "adult"),
        ("unknown", None, "unknown"),
    ],
)
def test_of_two_words_on_whom_a_toy_is_for_the_stricter_holds(bundle: str, said: str | None, now: str) -> None:
    toy = replace(WAGON, audience=Audience(bundle))
    assert corrected(toy, Correction(audience=None if said is None else Audience(said))).audience == now


@pytest.mark.parametrize(
    ("name", "said"),
    [("toy_encoder.onnx", "toy_encoder.onnx was changed"), ("features.npz", "features.npz was changed")],
)
def test_an_encoder_that_was_changed_meanwhile_is_refused(
    tmp_path: Path, toys: list[Toy], make_bundle: Callable[..., Path], name: str, said: str
) -> None:
    engine = load_bundle(make_bundle(tmp_path / "bundle", toys, encoder=True))
    (tmp_path / "bundle" / name).write_bytes(b"another")
    with pytest.raises(BundleError, match=said):
        overlaid(engine, Overlay((WAGON,)))
    (tmp_path / "bundle" / name).unlink()
    with pytest.raises(BundleError, match=f"{name} cannot be read"):
        overlaid(engine, Overlay((WAGON,)))


def test_a_recall_by_the_barcode_that_a_toy_was_added_with_finds_it_corrected(engine: Engine) -> None:
    """The sticker on the shelf is still there when somebody corrects the row."""
    shop = overlaid(engine, Overlay(added=(WAGON,), corrections={"wagon": Correction(barcode="9")}))
    found = ToysByBarcode(shop.barcodes())
    assert found[barcode_key("5012345678900")] == found[barcode_key("9")] == ("wagon",)
