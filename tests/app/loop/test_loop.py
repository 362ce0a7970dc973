"""Two weeks of a very small town, whole: real kiosks, a real retraining, a recall and a new series."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import numpy as np
import pytest

from app.loop.arm import POPULARITY
from app.loop.figures import gain_of, record_of
from app.loop.run import ARMS, NEVER, WEEKLY, Week, run_loop
from app.loop.town import LoopOptions, date_of, first_day, found_town, happenings
from app.report.loop import loop_page, loop_plots, standalone
from data.errors import ToyGuideError
from recommender.learning.presets import load_preset
from recommender.serving.bundle import verify_bundle

OPTIONS = LoopOptions(toys=90, shoppers=120, events=2400, seed=3, weeks=2, recall_week=2, series_week=2)


@pytest.fixture(scope="module")
def weeks(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Week]]:
    folder = tmp_path_factory.mktemp("loop") / "out"
    folder.mkdir()
    preset = load_preset("small", width=16, text_width=16, epochs=2, targets_per_batch=128)
    return folder, list(run_loop(folder, OPTIONS, preset, lambda _: lambda *_: None))


def test_every_arm_has_the_same_sessions(weeks: tuple[Path, list[Week]]) -> None:
    for week in weeks[1]:
        lists = [week.arms[name] for name in ARMS]
        assert len(lists[0].shopper) > 0
        assert all(np.array_equal(each.shopper, lists[0].shopper) for each in lists)


def test_never_and_weekly_are_the_same_shop_until_the_first_retraining(weeks: tuple[Path, list[Week]]) -> None:
    first = weeks[1][0]
    np.testing.assert_array_equal(first.arms[NEVER].shown, first.arms[WEEKLY].shown)
    assert not np.array_equal(first.arms[POPULARITY].shown, first.arms[NEVER].shown)


def test_nothing_unsafe_or_recalled_is_shown_and_no_list_beats_the_oracle(weeks: tuple[Path, list[Week]]) -> None:
    town = found_town(OPTIONS)
    for week in weeks[1]:
        for lists in week.arms.values():
            assert (lists.shown >= 0).sum() > 5 * len(lists.shopper)
            assert not lists.forbidden.any()
            assert (lists.utility <= lists.best + 1e-9).all()
    assert any(np.isin(town.recalled, weeks[1][0].arms[name].shown).any() for name in ARMS)
    assert not any(np.isin(town.recalled, weeks[1][1].arms[name].shown).any() for name in ARMS)


def test_the_retraining_knows_the_week_and_the_new_series(weeks: tuple[Path, list[Week]]) -> None:
    folder, (first, second) = weeks
    assert first.retrained is None
    made = second.retrained
    assert made is not None
    assert made.events > 0
    assert made.new_toys >= len(found_town(OPTIONS).series)
    assert {gate["name"] for gate in made.gates} == {"safety", "quality", "int8", "size", "exposure"}
    bundle = verify_bundle(folder / "weeks" / "02" / "bundle")
    assert bundle.dataset["toys"] == second.on_sale
    published = [each.name for each in (folder / "published").iterdir()]
    assert (made.model is not None) == ("current.json" in published)


def test_the_record_and_the_page_say_the_same(weeks: tuple[Path, list[Week]]) -> None:
    record = record_of(weeks[1], OPTIONS, "small") | {"events": happenings(OPTIONS)}
    assert json.loads(json.dumps(record))["arms"] == record["arms"]
    assert {each["against"] for each in record["gains"]["all weeks"]} == {POPULARITY, NEVER}
    assert record["arms"][WEEKLY]["lists"] == sum(len(week.arms[WEEKLY].shopper) for week in weeks[1])
    page = loop_page(record)
    assert f"{record['gains']['all weeks'][0]['gain']:+.1%}" in page
    assert "http" not in page.replace("http://www.w3.org/2000/svg", "")
    for svg in loop_plots(record).values():
        assert svg in page
        assert standalone(svg).startswith("<svg")
        assert "<style>" in standalone(svg)


def test_an_arm_against_itself_gains_nothing(weeks: tuple[Path, list[Week]]) -> None:
    lists = weeks[1][1].arms
    same = gain_of(WEEKLY, WEEKLY, lists)
    assert (same.gain, same.low, same.high) == (0, 0, 0)
    other = gain_of(WEEKLY, POPULARITY, lists)
    assert other.low <= other.gain <= other.high
    expected = lists[WEEKLY].utility.sum() / lists[POPULARITY].utility.sum() - 1
    assert other.gain == pytest.approx(expected)


def test_the_town_keeps_new_toys_back_until_their_monday() -> None:
    town = found_town(OPTIONS)
    before = town.sold_by(first_day(2) - 1)
    series = [town.toys[row].id for row in town.series]
    assert not set(series) & set(before.index.ids)
    assert {toy.id for toy in town.arriving(2)} >= set(series)
    assert set(town.sold_by(first_day(2)).index.ids) == set(before.index.ids) | {toy.id for toy in town.arriving(2)}
    assert not set(town.past["toy_id"].to_pylist()) & set(series)
    assert date_of(first_day(1)).isoformat() == "2024-11-25T00:00:00+00:00"
    assert happenings(LoopOptions()) == {
        "Christmas": "2024-12-25", "recall": "2025-02-10", "new series": "2025-03-17"
    }  # fmt: skip


def test_a_world_ends_after_57_weeks() -> None:
    with pytest.raises(ToyGuideError, match=r"weeks.*\[1, 57\].*58"):
        LoopOptions(weeks=58).check()


def test_a_kiosk_that_refuses_says_so(tmp_path: Path) -> None:
    from app.loop.shop import Shop

    response = httpx.Response(422, text="no", request=httpx.Request("POST", "http://kiosk/v1/recommendations"))
    with pytest.raises(ToyGuideError, match="/v1/recommendations with no"):
        Shop._answer(response)
