"""`toyguide report`: one page and its Markdown twin about a bundle, and every mistake in one sentence."""

from __future__ import annotations

import json
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from app.cli.main import app
from data.dataset import load_dataset, save_dataset
from data.errors import BundleError, ToyGuideError
from data.world.simulate import WorldOptions, simulate
from distillation.study_file import open_study
from recommender.serving.bundle import read_manifest, write_manifest


def call(*words: object) -> Result:
    done = CliRunner().invoke(app, [str(word) for word in words], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Dataset, teacher, student, bundle; a bundle before, another dataset and student, sweeps that made nothing."""
    folder = tmp_path_factory.mktemp("report") / "shop"
    save_dataset(simulate(WorldOptions(toys=140, shoppers=200, events=2800, seed=3)), folder / "dataset")
    save_dataset(simulate(WorldOptions(toys=60, shoppers=30, events=400, seed=4)), folder / "other")
    data = ("--data", folder / "dataset")
    call("train", *data, "--preset", "small", "--epochs", 1, "--out", folder / "teacher")
    lesson = ("--teacher", folder / "teacher", "--epochs", 2, "--width", 24)
    call("distill", *data, *lesson, "--out", folder / "student")
    call("bundle", "build", *data, "--student", folder / "student", "--out", folder / "bundle")
    other_bundle(folder / "bundle", folder / "before")
    shutil.copytree(folder / "student", folder / "second")
    edit(folder / "second" / "run.json", digest="5" * 64)
    for name, digest in (("swept", load_dataset(folder / "dataset").digest), ("swept-elsewhere", "0" * 64)):
        (folder / name).mkdir()
        open_study(folder / name, {"dataset": digest, "family": ["transformer"], "width": [24], "bits": [8]})
    return folder


@pytest.fixture(scope="module")
def told(shop: Path) -> tuple[str, str, dict[str, Any]]:
    """(the page, the Markdown, the figures) of everything that can be given."""
    out = shop / "report.html"
    more = ("--against", shop / "before", "--sweep", shop / "swept", "--recommender", "popularity")
    done = call("report", "--from", shop, *more, "--out", out, "--json")
    return out.read_text(encoding="utf-8"), out.with_suffix(".md").read_text(encoding="utf-8"), json.loads(done.stdout)


def edit(file: Path, **told: Any) -> None:
    """Change what a record says."""
    file.write_text(json.dumps(json.loads(file.read_text(encoding="utf-8")) | told), encoding="utf-8")


def other_bundle(bundle: Path, folder: Path) -> None:
    """A whole bundle of the same toys, which ranks them otherwise: half of the table's numbers have another sign."""
    shutil.copytree(bundle, folder)
    table = np.load(folder / "table.npy")
    table[:, ::2] *= -1
    np.save(folder / "table.npy", table)
    made = read_manifest(folder)
    names = ("opset", "dataset", "teacher", "student", "features", "metrics", "currency")
    write_manifest(folder, model="7" * 32, **{name: getattr(made, name) for name in names})


class Text(HTMLParser):
    """What a person reads of a page, without drawings; and whether every tag that opens closes."""

    def __init__(self) -> None:
        super().__init__()
        self.opened: list[str] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag != "meta":
            self.opened.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        pass

    def handle_endtag(self, tag: str) -> None:
        assert self.opened.pop() == tag

    def handle_data(self, data: str) -> None:
        if not {"style", "title", "svg", "nav"} & set(self.opened):
            self.words.append(data)


def figures(text: str) -> set[str]:
    return set(re.findall(r"[+−]?\d*\.?\d[\d,]*", text))


def test_the_page_needs_nothing_but_itself(told: tuple[str, str, dict[str, Any]]) -> None:
    page, markdown, _ = told
    assert not re.search(r"(?:src|srcset|poster)=|@import|url\(|<script|<link|<iframe|<object", page)
    assert set(re.findall(r'href="(.)', page)) == {"#"}
    assert set(re.findall(r"https?://[^\s\"'<)]+", page)) == {"http://www.w3.org/2000/svg"}
    assert "http" not in markdown
    for place in re.findall(r'href="#([^"]+)"', page):
        assert f'id="{place}"' in page


def test_page_and_markdown_say_the_same_figures(told: tuple[str, str, dict[str, Any]]) -> None:
    page, markdown, _ = told
    read = Text()
    read.feed(page)
    assert read.opened == []
    said, written = figures(" ".join(read.words)), figures(markdown.replace("\\", ""))
    assert len(said) > 200
    assert said == written
    assert "nan" not in " ".join(read.words).lower().split()


def test_it_tells_all_that_a_manager_and_an_analyst_ask(told: tuple[str, str, dict[str, Any]]) -> None:
    page, markdown, told_figures = told
    for title in (
        "In short",
        "What changed against the bundle before",
        "How good it is",
        "Student against teacher",
        "Safety",
        "Shoppers and their lists",
        "Ages and prices",
        "How much of the shelf is seen",
        "What it costs",
        "The data",
        "How it was judged, and the traps of that",
        "How to make it again",
    ):
        assert f">{title}</h2>" in page
        assert f"## {title}\n" in markdown
    assert told_figures["safety"]["unsafe"] == 0
    assert told_figures["safety"]["shown"] > 1000
    shipped, *_ = (row for row in told_figures["scores"] if row["kind"] == "shipped")
    assert shipped["ndcg_10"]["low"] <= shipped["ndcg_10"]["value"] <= shipped["ndcg_10"]["high"]
    assert {row["kind"] for row in told_figures["scores"]} == {"baseline", "teacher", "student", "shipped"}
    mix = next(mix for mix in told_figures["mixes"] if mix["name"] == "age")
    for row in (mix["chosen"], *(row["shares"] for row in mix["rows"])):
        assert sum(share["value"] for share in row) == pytest.approx(1)
    assert 0 < told_figures["change"]["others"]["value"] < 1
    commands = told_figures["again"]["commands"]
    assert [line.split()[1] for line in commands] == ["data", "train", "distill", "bundle", "report"]
    assert "--toys 140 --shoppers 200 --events 2800 --seed 3" in commands[0]
    assert "--preset small --seed 0 --epochs 1" in commands[1]
    assert {"--width 24", "--epochs 2", "--alpha 0.3"} <= set(re.findall(r"--\w+ [\w.]+", commands[2]))


def test_examples_show_whom_the_student_found_and_whom_it_did_not(told: tuple[str, str, dict[str, Any]]) -> None:
    rows = told[2]["examples"]["rows"]
    names = [[name for name, _ in row["lists"]] for row in rows]
    assert names == [["teacher", "student as it ships", "popularity"]] * len(rows)
    found = [any(toy["taken"] for toy in dict(row["lists"])["student as it ships"]) for row in rows]
    assert sorted(found, reverse=True) == found
    assert {True, False} == set(found)
    assert any(toy["reasons"] for row in rows for toy in dict(row["lists"])["student as it ships"])


def test_a_judgement_of_the_test_part_leaves_a_trace(shop: Path, told: tuple[str, str, dict[str, Any]]) -> None:
    for run in ("teacher", "student"):
        assert '"part": "test"' in (shop / run / "judged.jsonl").read_text(encoding="utf-8")


def test_without_a_teacher_there_is_still_a_report(shop: Path, tmp_path: Path) -> None:
    words = ("--data", shop / "dataset", "--bundle", shop / "bundle", "--recommender", "popularity")
    call("report", *words, "--out", tmp_path / "x.html")
    page = (tmp_path / "x.html").read_text(encoding="utf-8")
    assert "Student against teacher" not in page
    assert "In short" in page


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "Give --data, or --from with a folder"),
        (["--data", "{shop}/dataset"], "Give --bundle, or --from"),
        (["--from", "{shop}/nowhere"], "'--from' parameter of report must be a folder that is there"),
        (["--from", "{shop}/dataset"], "dataset/bundle does not exist"),
        (["--from", "{shop}", "--data", "{shop}/other"], "was made from dataset .*, but .*other is"),
        (["--from", "{shop}", "--data", "{shop}/teacher"], "is not a dataset"),
        (["--from", "{shop}", "--teacher", "{shop}/student"], "must name a teacher's run. .* holds a student"),
        (["--from", "{shop}", "--teacher", "{shop}/none"], "holds no run"),
        (["--from", "{shop}", "--student", "{shop}/second"], "was made from .*, but the student in .*second is"),
        (["--from", "{shop}", "--recommender", "magic"], "'--recommender' option .* Got 'magic'"),
        (["--from", "{shop}", "--sweep", "{shop}/dataset"], "holds no sweep"),
        (["--from", "{shop}", "--sweep", "{shop}/swept-elsewhere"], "The sweep in .* is of dataset 000000000000"),
        (["--from", "{shop}", "--against", "{shop}/bundle"], "is the very bundle that the report is about"),
        (["--from", "{shop}", "--against", "{shop}/dataset"], "is not a bundle"),
        (["--from", "{shop}", "--retraining", "{shop}/teacher"], "holds a teacher, not a retraining"),
        (["--from", "{shop}", "--out", "report.txt"], "'--out' parameter of report must be a file that ends in .html"),
        (["--from", "{shop}", "--out", "no/where.html"], "'--out' parameter of report must be a file in a folder"),
    ],
)
def test_mistakes(shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], said: str) -> None:
    monkeypatch.chdir(tmp_path)
    given = [word.format(shop=shop) for word in words]
    out = [] if "--out" in given else ["--out", "report.html"]
    with pytest.raises(ToyGuideError, match=said):
        CliRunner().invoke(app, ["report", *given, *out], catch_exceptions=False)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"events": 10**9}, "it is not the one before, and may have learned"),
        (
            {"split": {"protocol": "leave-one-out", "order": "given", "validation_cut": None, "cut": None}},
            "another part",
        ),
    ],
)
def test_a_bundle_that_may_have_learned_the_answers_is_none_to_compare_with(
    shop: Path, tmp_path: Path, told: dict[str, Any], said: str
) -> None:
    shutil.copytree(shop / "before", tmp_path / "before")
    before = dict(read_manifest(shop / "before").dataset)
    edit(tmp_path / "before" / "manifest.json", dataset=before | told)
    assert read_manifest(tmp_path / "before").dataset.items() >= told.items()
    words = ["report", "--from", str(shop), "--against", str(tmp_path / "before"), "--out", str(tmp_path / "x.html")]
    with pytest.raises((ToyGuideError, BundleError), match=said):
        CliRunner().invoke(app, words, catch_exceptions=False)


@pytest.mark.parametrize(
    ("split", "said"),
    [
        ({}, "does not say what was held out"),
        (
            {"protocol": "temporal", "order": "hashed", "validation_cut": "2024-01-01", "cut": "2024-06-01"},
            "was made on the temporal protocol; it must be leave-one-out",
        ),
    ],
)
def test_a_bundle_of_which_nobody_can_say_what_it_learned(
    shop: Path, tmp_path: Path, split: dict[str, str], said: str
) -> None:
    shutil.copytree(shop / "bundle", tmp_path / "bundle")
    edit(tmp_path / "bundle" / "manifest.json", dataset=dict(read_manifest(shop / "bundle").dataset) | {"split": split})
    words = ["report", "--from", str(shop), "--bundle", str(tmp_path / "bundle"), "--out", str(tmp_path / "x.html")]
    with pytest.raises(BundleError, match=said):
        CliRunner().invoke(app, words, catch_exceptions=False)
