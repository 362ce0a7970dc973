"""The bundle's own table, a copy of it with more toys, and one made in memory answer alike."""

import shutil
import sqlite3
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.schema import Toy
from recommender.serving.catalogue import write_catalogue
from recommender.serving.search import index as index_module
from recommender.serving.search.index import SearchIndex


def found(index: SearchIndex, text: str, toys: Sequence[Toy], typing: bool = False) -> list[str]:
    """Ids, the most relevant first."""
    matches = index.find(text, np.ones(len(toys) + 1, np.bool_), typing)
    return [toys[matches.places[row] - 1].id for row in np.argsort(-matches.relevance, kind="stable")]


@pytest.fixture(scope="module")
def without_search(tmp_path_factory: pytest.TempPathFactory, toys: list[Toy]) -> Path:
    """A catalogue as it was before there was a search."""
    file = tmp_path_factory.mktemp("before") / "catalogue.sqlite"
    write_catalogue(file, toys)
    with sqlite3.connect(file) as connection:
        connection.execute("DROP TABLE search")
    connection.close()
    return file


@pytest.fixture(scope="module")
def half(tmp_path_factory: pytest.TempPathFactory, toys: list[Toy]) -> Path:
    """A catalogue of the first six toys: the others were added by staff."""
    file = tmp_path_factory.mktemp("half") / "catalogue.sqlite"
    write_catalogue(file, toys[:6])
    return file


@pytest.fixture(params=["bundle", "copy", "memory", "renamed", "gone"])
def index(
    request: pytest.FixtureRequest, bundle: Path, half: Path, without_search: Path, toys: list[Toy], tmp_path: Path
) -> SearchIndex:
    if request.param == "renamed":
        write_catalogue(tmp_path / "other.sqlite", [replace(toys[0], title="Another"), *toys[1:]])
        return SearchIndex(tmp_path / "other.sqlite", toys)
    if request.param == "gone":
        return SearchIndex(tmp_path / "gone.sqlite", toys)
    files = {"bundle": bundle / "catalogue.sqlite", "copy": half, "memory": without_search}
    return SearchIndex(files[request.param], toys)


@pytest.mark.parametrize(
    ("text", "first", "every"),
    [
        ("trains", "track", {"track", "engine", "station"}),
        ("wooden train", "track", {"track"}),
        ("steam engine", "engine", {"engine"}),
        ("STEAM-ENGINE!", "engine", {"engine"}),
        ("Ｍoon", "rattle", {"rattle"}),
        ("火车", "engine", {"engine"}),
        ("积木", "blocks", {"blocks"}),
        ("三岁的积木", "blocks", {"blocks"}),
        ("熊熊", "bear", {"bear"}),
        ("holt", "blocks", {"blocks", "track", "engine", "station"}),
        ("puzzel", "puzzle", {"puzzle"}),
        ("star puzzel", "puzzle", {"puzzle"}),
        ("lego puzzle", "puzzle", {"puzzle"}),
        ("蒸汽轮船", "engine", {"engine"}),
        ("space", "puzzle", {"puzzle", "retired"}),
        ("unicorn", None, set()),
        ("独角兽", None, set()),
        ("🚂", None, set()),
    ],
)
def test_golden_searches(index: SearchIndex, toys: list[Toy], text: str, first: str | None, every: set[str]) -> None:
    names = found(index, text, toys)
    assert set(names) == every
    if first in ("engine", "puzzle", "rattle", "blocks", "track"):
        strongest = index.find(text, np.ones(len(toys) + 1, np.bool_)).relevance
        assert names[0] == first or strongest.min() > 0.8, names


def test_the_last_word_may_be_a_beginning_while_it_is_typed(index: SearchIndex, toys: list[Toy]) -> None:
    assert set(found(index, "s", toys, typing=True)) == {"bear", "engine", "station", "puzzle", "retired"}
    assert found(index, "little st", toys, typing=True) == ["station"]
    assert found(index, "little st", toys) == ["station"], "nothing else has it: it is taken for a beginning too"
    assert set(found(index, "buildi", toys, typing=True)) == {"blocks", "track"}, "the stem is build"


def test_what_was_corrected_is_said_and_speaks_of_no_toy_that_is_not_allowed(bundle: Path, toys: list[Toy]) -> None:
    index = SearchIndex(bundle / "catalogue.sqlite", toys)
    everyone = np.ones(len(toys) + 1, np.bool_)
    assert index.find("paty baloons", everyone).corrected == "party balloons"
    assert index.find("balloons", everyone).corrected is None
    assert index.find("lego baloons", everyone).corrected == "lego balloons"
    child = everyone.copy()
    child[1 + [toy.id for toy in toys].index("balloons")] = False
    hidden = index.find("paty baloons", child)
    assert (hidden.corrected, len(hidden.places), hidden.every_word) == (None, 0, False)
    assert len(index.find("balloons", child).places) == 1, "what was typed rightly is found, and masked later"


def test_words_that_most_toys_have_are_not_ranked_by_what_says_nothing(
    bundle: Path, toys: list[Toy], monkeypatch: pytest.MonkeyPatch
) -> None:
    index = SearchIndex(bundle / "catalogue.sqlite", toys)
    everyone = np.ones(len(toys) + 1, np.bool_)
    ranked = index.find("toys", everyone)
    assert len(ranked.places) == 12
    assert ranked.relevance.max() < 0.01, "a word that all have tells none apart"
    monkeypatch.setattr(index_module, "BROAD", 3)
    assert index.find("toys", everyone).relevance.tolist() == [0.5] * 12, "in the category, and in no title"


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=40) | st.text('"*()^:-+{}ANDOR NEAR火车trains\0\ud800', max_size=40), st.booleans())
def test_no_text_is_an_error(tiny: SearchIndex, text: str, typing: bool) -> None:
    matches = tiny.find(text, np.ones(13, np.bool_), typing)
    assert len(set(matches.places.tolist())) == len(matches.places) == len(matches.relevance)
    assert ((matches.relevance >= 0) & (matches.relevance <= 1)).all()
    assert (len(matches.places) > 0) or not matches.every_word


@pytest.fixture(scope="module")
def tiny(bundle: Path, toys: list[Toy]) -> SearchIndex:
    return SearchIndex(bundle / "catalogue.sqlite", toys)


@pytest.mark.parametrize("text", ["x" * 10_000, "火" * 10_000, "a b " * 2_500, "'\"" * 5_000, "🚂" * 10_000])
def test_long_texts_are_cut_not_refused(tiny: SearchIndex, text: str) -> None:
    tiny.find(text, np.ones(13, np.bool_), True)


def test_threads_share_an_index(index: SearchIndex, toys: list[Toy]) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: found(index, "trains", toys), range(100)))
    assert answers == [answers[0]] * 100


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="what is open is counted in /proc")
def test_many_searches_at_once_leave_few_connections_open(bundle: Path, toys: list[Toy]) -> None:
    file = (bundle / "catalogue.sqlite").resolve()
    index = SearchIndex(file, toys)

    def opened() -> int:
        return sum(link.resolve() == file for link in Path("/proc/self/fd").iterdir())

    before = opened()
    with ExitStack() as searches:
        for _ in range(5):
            searches.enter_context(index._connections.one())
        assert opened() - before == 5
    assert opened() - before == index_module.IDLE
    assert found(index, "train", toys)


@pytest.mark.parametrize("what", ["gone", "written over"])
def test_a_disk_that_goes_away_between_two_searches_ends_none(
    bundle: Path, toys: list[Toy], tmp_path: Path, what: str
) -> None:
    file = Path(shutil.copy(bundle / "catalogue.sqlite", tmp_path / "catalogue.sqlite"))
    index = SearchIndex(file, toys)
    before = found(index, "engine", toys)
    assert before
    with index._connections.one():  # so that the next search opens another
        file.unlink()
        if what == "written over":
            write_catalogue(file, toys[::-1])
        assert found(index, "engine", toys) == before
