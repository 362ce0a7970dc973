"""The data sheet says what the dataset is, and nothing that it does not know."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from data.dataset import Dataset, Source
from data.importers.sequences import import_sequences
from data.join import join_events
from data.origins import NOT_STATED, terms_of
from data.sheet import data_sheet
from data.stats import describe
from data.world.simulate import WorldOptions, simulate


@pytest.fixture(scope="module")
def world() -> Dataset:
    return simulate(WorldOptions(toys=200, shoppers=100, events=1500))


@pytest.fixture
def benchmark(tmp_path: Path) -> Dataset:
    (tmp_path / "seq|a.txt").write_text("1 10 11 12\n2 11 12 13\n3 12 10 11 13\n")
    return import_sequences(tmp_path / "seq|a.txt")


def section(sheet: str, title: str) -> str:
    return sheet.split(f"## {title}\n\n")[1].split("\n\n## ")[0]


def test_its_figures_are_those_of_the_dataset(world: Dataset) -> None:
    sheet, stats = data_sheet(world), describe(world)
    contents = section(sheet, "What is in it")
    assert f"{stats.toys:,} toys, and {stats.events:,} events of {stats.shoppers:,} shoppers" in contents
    for kind, count in stats.kinds.items():
        assert f"| {kind} | {count:,} |" in contents
    assert "all of the toys have a second one, in Chinese" in contents
    ages = section(sheet, "Ages and safety")
    unknown = sum(toy.safety_min_age is None for toy in world.toy_rows())
    assert unknown
    assert f"Of {unknown} toys" in ages
    for band, count in stats.safety_ages:
        assert re.search(rf"^\| {re.escape(band)} years \| [\d,]+ \| {count} \|$", ages, re.MULTILINE)
    assert world.digest[:12] in sheet
    assert "simulated" in section(sheet, "What it is good for, and what not")


def test_of_a_benchmark_it_says_what_is_missing_and_what_was_done(benchmark: Dataset) -> None:
    sheet = data_sheet(benchmark)
    assert "Files: seq\\|a.txt." in sheet
    assert "| shoppers | 3 | 3 | 0 |" in section(sheet, "What was done to it")
    assert "9 events without a date" not in sheet
    assert "10 events without a date" in sheet
    uses = section(sheet, "What it is good for, and what not")
    assert "No event has a date" in uses
    assert "100% have the time of the one before, or no time" in uses
    assert "No event says for whom a toy was" in uses
    assert "No toy has a price" in uses
    assert "none of the toys have a second one, in Chinese" in sheet
    assert "simulated" not in sheet


def test_a_licence_is_that_which_was_stated_or_known_or_it_is_said_to_be_not_stated(
    world: Dataset, benchmark: Dataset
) -> None:
    def terms(dataset: Dataset) -> str:
        return section(data_sheet(dataset), "On what terms")

    assert terms(benchmark) == NOT_STATED
    stated = replace(benchmark, source=replace(benchmark.source, licence="CC BY-SA 4.0, by *the Toy Shop*"))
    assert terms(stated) == "As stated by whoever imported it: CC BY-SA 4.0, by \\*the Toy Shop\\*"
    assert "share it as you like" in terms(world)
    assert "For research" in terms(replace(world, source=Source("amazon", 0)))
    assert terms(replace(world, source=Source("of tomorrow", 0))) == NOT_STATED
    assert "share it as you like" in terms(replace(world, source=Source("loop", 0, {"joined_to": "a" * 64})))


def test_what_was_joined_is_told_and_so_is_whose_events_they_are(world: Dataset) -> None:
    half = world.events.num_rows // 2
    before = replace(world, events=world.events.slice(0, half), source=replace(world.source, licence="Free"))
    joined, report = join_events(before, world.events)
    assert report.repeated == half
    assert joined.source.licence == "Free"
    sheet = data_sheet(joined)
    done = section(sheet, "What was done to it")
    assert before.digest[:12] in done
    assert f"{report.events:,} events came behind the old ones" in done
    assert f"{half:,} events left out: they were there already" in done
    assert "kiosks" in " ".join(terms_of(joined.source))
    assert "That is what it began as" in section(sheet, "Who made it, and for what")
    assert "pseudonyms" in section(sheet, "People in it")
    assert "simulated, but for what was joined later" in sheet
    assert "toys that it never showed look unwanted" in sheet


def test_an_empty_catalogue_of_a_shop_that_just_opened(world: Dataset) -> None:
    sheet = data_sheet(replace(world, events=world.events.slice(0, 0), source=Source("table", 0)))
    assert "It holds no event: nothing can be learned from it." in section(sheet, "What it is good for, and what not")
    assert "tell the age" not in sheet
