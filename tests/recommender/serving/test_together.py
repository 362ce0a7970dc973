from dataclasses import replace
from pathlib import Path
from shutil import copytree

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.errors import BundleError, ToyGuideError
from recommender.serving.bundle import FileEntry, read_manifest, write_manifest
from recommender.serving.engine import Engine
from recommender.serving.load import load_bundle
from recommender.serving.together import COLUMNS, TOGETHER, read_together, together


@pytest.fixture
def engine(bundle: Path) -> Engine:
    """The track was bought with the engine, the balloons, the station and the retired robot; poker with the track."""
    engine = load_bundle(bundle)
    known = np.zeros((13, COLUMNS), np.int32)
    others = ["engine", "balloons", "station", "retired"]
    known[engine.index["track"], : len(others)] = [engine.index[name] for name in others]
    known[engine.index["poker"], 0] = engine.index["track"]
    engine.together = known
    return engine


def test_a_bundle_without_the_file_knows_of_none_and_says_so(bundle: Path) -> None:
    plain = load_bundle(bundle)
    for language, said in (
        ("en", "No toy is known to be bought with this one."),
        ("zh", "还不知道有什么玩具常与它一起购买。"),
    ):
        answer = together(plain, "track", language=language)  # type: ignore[arg-type]
        assert (answer.items, answer.masked) == ((), {})
        assert answer.short_reason is not None
        assert (answer.short_reason.code, answer.short_reason.text) == ("no_together", said)


def test_what_was_bought_with_it_comes_best_first_under_the_mask(engine: Engine) -> None:
    answer = together(engine, "track", 4, 100)
    assert [pick.toy.id for pick in answer.items] == ["engine", "balloons", "station"]
    assert answer.masked == {"inactive": 1}
    assert answer.items[0].reasons[0].text == "Bought together with Wooden track"
    assert answer.items[0].reasons[0].code == "bought_with"
    assert [pick.score for pick in answer.items] == sorted((pick.score for pick in answer.items), reverse=True)
    child = together(engine, "track", 2, 40, "zh", engine.house_lists(out_of_stock=["engine"]))
    assert child.items == ()
    assert child.masked == {"safety": 3, "stock": 1}
    assert together(engine, "track", 1, 100).short_reason is None
    few = together(engine, "poker", 2).short_reason
    assert few is not None
    assert few.text == "Only 1 toy is known to be bought with this one."


def test_a_toy_that_may_not_be_named_is_no_reason(engine: Engine) -> None:
    assert [(pick.toy.id, pick.reasons) for pick in together(engine, "poker").items] == [("track", ())]
    recalled = engine.house_lists(recalled=["track"])
    assert all(pick.reasons == () for pick in together(engine, "track", house=recalled).items)


def test_a_shops_own_toy_has_been_bought_with_none(engine: Engine) -> None:
    longer = engine.with_toys({}, [replace(engine.toys[0], id="own", title="Own")], engine.student.table[1:2])
    assert together(longer, "own").items == ()
    assert len(together(longer, "track", 4, 100).items) == 3


def test_parameters_out_of_bounds_are_refused(engine: Engine) -> None:
    with pytest.raises(KeyError):
        together(engine, "unicorn")
    with pytest.raises(ToyGuideError, match="'k' parameter of together"):
        together(engine, "track", 0)
    with pytest.raises(ToyGuideError, match="language"):
        together(engine, "track", language="fr")  # type: ignore[arg-type]


def broken(array: np.ndarray, row: int, value: int) -> np.ndarray:
    changed = array.copy()
    changed[row, 0] = value
    return changed


GOOD = broken(np.zeros((13, COLUMNS), np.int32), 1, 2)


@pytest.mark.parametrize(
    ("array", "said"),
    [
        (GOOD[:-1], "a row for padding and one for each of 12 toys. It has 12"),
        (GOOD[:, :4], "must hold int32 of shape"),
        (GOOD.astype(np.int64), "must hold int32 of shape"),
        (broken(GOOD, 3, 13), "toys from 1 to 12"),
        (broken(GOOD, 3, -1), "toys from 1 to 12"),
        (broken(GOOD, 0, 1), "toys from 1 to 12"),
        (broken(GOOD, 3, 3), "no toy beside itself"),
        (GOOD.astype(object), "cannot be read as an array"),
    ],
)
def test_a_file_that_does_not_fit_is_refused(tmp_path: Path, bundle: Path, array: np.ndarray, said: str) -> None:
    np.save(tmp_path / TOGETHER, array, allow_pickle=True)
    manifest = read_manifest(bundle)
    manifest = replace(manifest, files={**manifest.files, TOGETHER: FileEntry("0" * 64, 1)})
    with pytest.raises(BundleError, match=said):
        read_together(tmp_path, manifest, 12)


def test_it_travels_in_the_bundle(tmp_path: Path, bundle: Path) -> None:
    folder = tmp_path / "bundle"
    copytree(bundle, folder)
    np.save(folder / TOGETHER, GOOD, allow_pickle=False)
    told = read_manifest(bundle)
    names = ("model", "opset", "dataset", "teacher", "student", "features", "metrics", "currency")
    write_manifest(folder, **{name: getattr(told, name) for name in names})
    assert [pick.index for pick in together(load_bundle(folder), "rattle", 1).items] == [2]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(0, 12), min_size=COLUMNS, max_size=COLUMNS, unique_by=lambda toy: toy or object()),
    st.sampled_from([0, 20, 36, 60, 96, 200]),
    st.sets(st.integers(1, 12), max_size=4),
    st.integers(1, 12),
)
def test_no_unsafe_toy_was_ever_bought_with_another(
    plain: Engine, known: list[int], youngest: int, recalled: set[int], k: int
) -> None:
    plain.together = np.zeros((13, COLUMNS), np.int32)
    plain.together[1] = [0 if toy == 1 else toy for toy in known]
    house = plain.house_lists(recalled=[plain.toys[place - 1].id for place in recalled])
    answer = together(plain, plain.toys[0].id, k, youngest, house=house)
    allowed = [
        toy for toy in known if toy > 1 and plain.verdicts(plain.toys[toy - 1].id, youngest, house=house)[0].allowed
    ]
    assert [pick.index for pick in answer.items] == allowed[:k]
    assert (answer.short_reason is None) == (len(answer.items) == k)


@pytest.fixture(scope="module")
def plain(bundle: Path) -> Engine:
    return load_bundle(bundle)
