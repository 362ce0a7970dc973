import subprocess
import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.errors import BundleError, ToyGuideError
from data.schema import Audience, EventKind, Hazard, Recipient, Toy
from recommender.base import Contact
from recommender.serving.engine import Engine
from recommender.serving.load import load_bundle
from recommender.serving.policy.filters import Filters
from recommender.serving.policy.shelf import safe_from
from recommender.serving.similar import similar


@pytest.fixture(scope="module")
def engine(bundle: Path) -> Engine:
    return load_bundle(bundle)


@pytest.fixture(scope="module")
def large(make_bundle: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> Engine:
    """300 toys at random, hazards and unknown ages among them."""
    rng = np.random.default_rng(3)

    def maybe(value: int) -> int | None:
        return None if rng.random() < 0.25 else value

    toys = [
        Toy(
            id=f"t{place}",
            title=f"Toy {place}",
            category=(f"c{rng.integers(8)}",),
            price=Decimal(int(rng.integers(1, 90))),
            recommended_age=maybe(int(rng.integers(0, 200))),
            safety_min_age=maybe(int(rng.integers(0, 200))),
            hazards=tuple(rng.choice(list(Hazard), size=rng.integers(0, 2), replace=False)),
            audience=rng.choice(list(Audience), p=[0.7, 0.15, 0.15]),
            interests=(f"i{rng.integers(5)}",),
            active=bool(rng.random() < 0.95),
        )
        for place in range(300)
    ]
    return load_bundle(make_bundle(tmp_path_factory.mktemp("large") / "bundle", toys))


def ids(answer: object) -> list[str]:
    return [pick.toy.id for pick in answer.items]  # type: ignore[attr-defined]


AGES = st.none() | st.integers(0, 260)


@given(
    st.lists(st.tuples(st.integers(0, 310), st.sampled_from(EventKind)), max_size=30),
    AGES,
    AGES,
    st.integers(1, 100),
    st.lists(st.integers(0, 310), max_size=5),
)
def test_never_an_unsafe_owned_seen_or_retired_toy_on_any_path(
    large: Engine,
    history: list[tuple[int, EventKind]],
    recipient: int | None,
    youngest: int | None,
    k: int,
    owned: list[int],
) -> None:
    contacts = [Contact(f"t{toy}", kind) for toy, kind in history]
    answer = large.recommend(
        contacts, Recipient(age_months=recipient, interests=("i1",)), youngest, k=k, owned=[f"t{toy}" for toy in owned]
    )
    children = [age for age in (recipient, youngest) if age is not None and age < 216]
    child = min(children, default=36)
    shown = ids(answer)
    assert len(shown) == len(set(shown)) <= k
    assert not set(shown) & {f"t{toy}" for toy in [*owned, *(toy for toy, _ in history)]}
    assert set(answer.missing_ids) == {f"t{toy}" for toy in [*owned, *(toy for toy, _ in history)] if toy >= 300}
    assert (answer.short_reason is None) == (len(shown) == k)
    for pick in answer.items:
        assert pick.toy.active
        assert safe_from(pick.toy) <= child
        adult_alone = recipient is not None and recipient >= 216 and not children
        assert pick.toy.audience is not Audience.ADULT or adult_alone
    scores = [pick.score for pick in answer.items]
    assert scores == sorted(scores, reverse=True)
    near = similar(large, f"t{history[0][0] % 300}" if history else "t0", k=k, youngest_age_months=youngest)
    child = min((age for age in (youngest,) if age is not None and age < 216), default=36)
    for pick in near.items:
        assert pick.toy.active
        assert safe_from(pick.toy) <= child
        assert pick.toy.audience is not Audience.ADULT


def test_a_list_is_full_whenever_enough_toys_are_allowed(large: Engine) -> None:
    """Masking comes before ranking: a narrow mask never runs a list short."""
    allowed = 300 - sum(large.recommend(youngest_age_months=50, k=1).masked.values())
    assert 10 < allowed < 100
    answer = large.recommend(youngest_age_months=50, k=100)
    assert len(answer.items) == allowed
    assert answer.short_reason is not None
    assert answer.short_reason.code == "safety"


def test_recommend_by_hand(engine: Engine) -> None:
    """The tiny student averages the history: after the track the engine comes before the puzzle."""
    answer = engine.recommend(["track", "nope"], Recipient(age_months=50, interests=("trains",), budget=25.0), k=3)
    assert ids(answer).index("engine") < 3
    assert "marbles" not in ids(answer)
    assert answer.missing_ids == ("nope",)
    assert answer.model == engine.manifest.model
    pick = next(pick for pick in answer.items if pick.toy.id == "engine")
    assert [reason.code for reason in pick.reasons] == ["because_of", "matches_interest", "fits_age", "within_budget"]
    assert pick.reasons[0].toy_id == "track"
    assert answer.masked == {"safety": 3, "audience": 2, "budget": 1, "owned": 1}


def test_because_of_is_the_toy_without_which_the_score_falls_most(engine: Engine) -> None:
    history = ["rattle", "engine", "puzzle"]
    answer = engine.recommend(history, Recipient(age_months=100), k=12)
    student = engine.student
    profile = student.profiles([Recipient(age_months=100)])
    for pick in answer.items:
        because = [reason for reason in pick.reasons if reason.code == "because_of"]
        falls = {}
        for left in history:
            rest = [engine.index[toy] for toy in history if toy != left]
            query = student.queries(np.array([rest], np.int32), profile)[0]
            falls[left] = pick.score - float(query @ student.table[pick.index])
        best = max(falls, key=falls.__getitem__)
        if because:
            assert because[0].toy_id == best
            assert falls[best] > 0
        else:
            assert falls[best] < 0.2


def test_a_dismissed_toy_changes_the_list_and_never_comes_back(engine: Engine) -> None:
    before = engine.recommend(["track"], k=5)
    first = ids(before)[0]
    after = engine.recommend([Contact("track"), Contact(first, EventKind.DISMISS)], k=5)
    assert first not in ids(after)
    assert ids(after)[:4] == ids(before)[1:5], "a refused toy is not fed to the student"
    assert after.masked["dismissed"] == 1


def test_the_houses_lists_have_the_say(engine: Engine) -> None:
    house = engine.house_lists(recalled=["track", "unknown"], out_of_stock=["bear"], hidden=["blocks"])
    answer = engine.recommend(k=100, house=house)
    assert not {"track", "bear", "blocks"} & set(ids(answer))
    assert list(answer.masked) == ["recall", "safety", "audience", "stock", "hidden"]
    near = similar(engine, "engine", k=100, house=house)
    assert not {"track", "bear", "blocks", "engine"} & set(ids(near))
    assert engine.verdicts("track", house=house)[0].rule == "recall"
    assert engine.house_lists() == engine.house_lists(recalled=["unknown"])


@pytest.mark.parametrize(
    ("toy", "youngest", "rule"),
    [
        ("track", 36, None),
        ("track", 35, "safety"),
        ("balloons", 95, "safety"),
        ("balloons", 96, None),
        ("mystery", None, None),
        ("mystery", 100, "audience"),
        ("poker", None, "audience"),
        ("poker", 215, "audience"),
        ("retired", 100, "inactive"),
    ],
)
def test_one_toys_verdict(engine: Engine, toy: str, youngest: int | None, rule: str | None) -> None:
    verdict = engine.verdicts(toy, youngest)[0]
    assert (verdict.rule, verdict.allowed) == (rule, rule is None)


def test_adult_items_are_for_an_adult_who_names_no_child(engine: Engine) -> None:
    assert "poker" in ids(engine.recommend(recipient=Recipient(age_months=216), k=12))
    assert "poker" not in ids(engine.recommend(recipient=Recipient(age_months=216), youngest_age_months=215, k=12))
    assert "poker" not in ids(engine.recommend(recipient=Recipient(age_months=215), k=12))
    assert "poker" not in ids(engine.recommend(k=12))


def test_where_no_child_is_stated_the_setting_rules(bundle: Path) -> None:
    assert "track" in ids(load_bundle(bundle).recommend(k=12))
    strict = load_bundle(bundle, default_youngest_months=12)
    assert set(ids(strict.recommend(k=12))) == {"rattle", "bear"}
    assert "track" in ids(strict.recommend(youngest_age_months=36, k=12))


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        ({"k": 0}, "'k' parameter"),
        ({"k": 10_000}, "'k' parameter"),
        ({"k": True}, "'k' parameter"),
        ({"history": ["track"] * 501}, "at most 500 toys. Got 501"),
        ({"owned": ["track"] * 501}, "'owned' parameter"),
        ({"filters": Filters(price_max=-1)}, "'price_max' parameter"),
        ({"filters": Filters(price_min=float("nan"))}, "'price_min' parameter"),
        ({"filters": Filters(price_min=2, price_max=1)}, "at most price_max"),
        ({"filters": Filters(age_months=-1)}, "'age_months' parameter"),
        ({"recipient": Recipient(age_months=2000)}, "'age_months' parameter"),
        ({"recipient": Recipient(budget=0.0)}, "'budget' parameter"),
        ({"recipient": Recipient(budget=10**400)}, "'budget' parameter"),
        ({"youngest_age_months": -1}, "'youngest_age_months' parameter"),
        ({"youngest_age_months": 1440}, r"an int in \[0, 1439\] \(months\)\. Got 1440"),
        ({"language": "fr"}, "'language' parameter"),
    ],
)
def test_a_mistake_is_one_sentence(engine: Engine, request_: dict[str, object], said: str) -> None:
    with pytest.raises(ToyGuideError, match=said):
        engine.recommend(**request_)  # type: ignore[arg-type]


def test_a_long_history_uses_its_newest(engine: Engine) -> None:
    old = ["rattle", "bear"] * 200
    assert ids(engine.recommend([*old, *["track"] * 100], k=12)) == ids(
        engine.recommend(["rattle", "bear", "track"], k=12)
    )


def test_pictures_come_from_the_bundle_alone(engine: Engine, toys: list[Toy]) -> None:
    assert engine.picture("rattle") == toys[0].picture
    assert engine.picture("mystery") is None
    with pytest.raises(KeyError):
        engine.picture("nope")


def test_a_picture_may_be_a_file_of_the_bundle_and_no_other(make_bundle: Callable[..., Path], tmp_path: Path) -> None:
    folder = tmp_path / "bundle"
    (folder / "pictures").mkdir(parents=True)
    (folder / "pictures" / "a.svg").write_text("<svg/>", encoding="utf-8")
    (tmp_path / "secret.svg").write_text("<svg>secret</svg>", encoding="utf-8")
    names = ["pictures/a.svg", "../secret.svg", "MODEL_CARD.md", str(tmp_path / "secret.svg")]
    toys = [Toy(f"t{place}", "x", picture=name) for place, name in enumerate(names)]
    engine = load_bundle(make_bundle(folder, toys))
    assert [engine.picture(toy.id) for toy in toys] == ["<svg/>", None, None, None]


def test_a_shop_of_one_toy(make_bundle: Callable[..., Path], tmp_path: Path) -> None:
    engine = load_bundle(make_bundle(tmp_path / "bundle", [Toy("only", "Only toy", safety_min_age=0)]))
    assert ids(engine.recommend(k=10)) == ["only"]
    assert engine.recommend(["only"], k=10).items == ()
    assert similar(engine, "only").items == ()


def test_a_default_age_out_of_bounds_is_refused(bundle: Path) -> None:
    with pytest.raises(ToyGuideError, match="default_youngest_months"):
        load_bundle(bundle, default_youngest_months=-1)


def test_duplicate_ids_are_refused(make_bundle: Callable[..., Path], tmp_path: Path) -> None:
    import sqlite3

    from recommender.serving.bundle import read_manifest, write_manifest

    folder = make_bundle(tmp_path / "bundle", [Toy("a", "A"), Toy("b", "B")])
    with sqlite3.connect(folder / "catalogue.sqlite") as connection:
        connection.execute("CREATE TABLE copy AS SELECT * FROM toys")
        connection.execute("DROP TABLE toys")
        connection.execute("ALTER TABLE copy RENAME TO toys")
        connection.execute("UPDATE toys SET toy_id = 'a'")
    connection.close()
    manifest = read_manifest(folder)
    facts = {name: getattr(manifest, name) for name in ("model", "opset", "dataset", "teacher", "student", "features")}
    write_manifest(folder, **facts, metrics={}, currency=None)
    with pytest.raises(BundleError, match="must hold each id once"):
        load_bundle(folder)


def test_serving_loads_neither_torch_nor_pandas() -> None:
    heavy = ("torch", "pandas", "pyarrow", "sklearn", "scipy")
    code = f"import sys, recommender.serving.engine; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_more_threads_rank_the_same(bundle: Path) -> None:
    lists = [ids(load_bundle(bundle, threads=threads).recommend(["track"], k=12)) for threads in (1, 2)]
    assert lists[0] == lists[1]
