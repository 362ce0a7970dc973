"""Retraining: from new events to a judged bundle, interrupted and gone on with, alone in its folder."""

from __future__ import annotations

import json
import multiprocessing
import os
import shutil
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from typer.testing import CliRunner

from app.cli.main import app
from data.atomic import alone_in
from data.dataset import Dataset, Source, load_dataset, save_dataset
from data.errors import BundleError, ToyGuideError
from data.importers.kiosk import RECALL_TABLE, SHOWN_TABLE
from data.protocol import plan_split, split_dataset
from data.schema import Audience, EventColumn, Hazard, Toy
from data.world.simulate import WorldOptions, simulate
from distillation import retrain as stages
from distillation.distill import DistilOptions, save_student
from distillation.gates import Gate, _unsafe, quality_gate, running_student, safety_gate, size_gate
from distillation.package import build_bundle
from distillation.retrain import HALF_LIFE, Before, RetrainOptions, retrain
from distillation.standing import Rival
from distillation.student import StudentConfig
from distillation.teach import teach
from distillation.teachers import teacher_of
from recommender.baselines.registry import fit_baseline
from recommender.evaluation.ranking import judge
from recommender.evaluation.shown import Seen
from recommender.learning.presets import load_preset
from recommender.learning.teacher import save_teacher, train_teacher
from recommender.records import read_record
from recommender.serving.bundle import verify_bundle
from recommender.serving.load import load_bundle
from recommender.serving.publish import CURRENT, in_force, publish

PRESET = load_preset("small", width=24, text_width=16, epochs=4, targets_per_batch=256)
OPTIONS = RetrainOptions(epochs=2)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> tuple[Before, Dataset, pa.Table]:
    """(what runs, the catalogue of today, events since): twenty toys came since."""
    folder = tmp_path_factory.mktemp("shop")
    whole = simulate(WorldOptions(toys=140, shoppers=300, events=4500, seed=3))
    old = whole.toys.slice(0, 120)
    known = pc.is_in(whole.events[EventColumn.TOY], value_set=old["toy_id"].combine_chunks())
    times = pc.cast(whole.events[EventColumn.TIME], "int64")
    early = pc.less(times, pc.quantile(times, q=0.7)[0])
    base = Dataset(old, whole.events.filter(pc.and_(known, early)).combine_chunks(), Source("world", 3))
    save_dataset(base, folder / "dataset")
    base = load_dataset(folder / "dataset")
    split, plan = split_dataset(base), plan_split(base)
    teacher, weights, record = train_teacher(base, split, plan, PRESET)
    record = save_teacher(folder / "teacher", weights, record)
    lesson = DistilOptions(epochs=3, targets_per_batch=256, finish=1)
    student, weights, record = teach(
        base, split, plan, teacher_of(teacher, record, "small"), StudentConfig(width=24), lesson
    )
    record = save_student(folder / "student", weights, record)
    popular = Rival(fit_baseline("popularity", base, split.train), "baseline", None)
    build_bundle(base, split, student, record, folder / "bundle", rivals=[popular])
    before = Before(folder / "dataset", folder / "teacher", folder / "bundle")
    return before, whole, whole.events.filter(pc.invert(early)).combine_chunks()


@pytest.fixture(scope="module")
def done(
    shop: tuple[Before, Dataset, pa.Table], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, stages.Verdict]:
    before, catalogue, events = shop
    folder = tmp_path_factory.mktemp("done") / "retrained"
    return folder, retrain(folder, before, events, catalogue, OPTIONS)


def test_from_new_events_to_a_bundle_that_knows_the_new_toys(
    shop: tuple[Before, Dataset, pa.Table], done: tuple[Path, stages.Verdict]
) -> None:
    before, _, events = shop
    folder, verdict = done
    assert [gate.name for gate in verdict.gates] == ["safety", "quality", "int8", "size"]
    assert verdict.joined.events == events.num_rows
    assert verdict.joined.new_toys == 20
    manifest = verify_bundle(folder / "bundle")
    assert verdict.model == manifest.model != verdict.running == verify_bundle(before.bundle).model
    known = load_dataset(before.data).index.ids
    assert load_dataset(folder / "dataset").index.ids[: len(known)] == known
    assert [toy.id for toy in load_bundle(folder / "bundle").toys[: len(known)]] == list(known)
    run = read_record(folder)
    assert [each["name"] for each in manifest.metrics["standing"]["contenders"]][-1] == "popularity"
    assert run.kind == "retraining"
    assert run.about == verdict.says
    assert json.loads(json.dumps(verdict.record()))["says"] == verdict.says


def test_newer_events_weigh_more_for_teacher_and_student(done: tuple[Path, stages.Verdict]) -> None:
    folder, _ = done
    assert read_record(folder / "teacher").record["preset"]["half_life"] == HALF_LIFE > 0
    assert read_record(folder / "student").record["distillation"]["half_life"] == HALF_LIFE
    recipe = verify_bundle(folder / "bundle").student["distillation"]
    assert recipe["half_life"] == HALF_LIFE


def test_the_next_one_begins_where_this_one_ended(
    shop: tuple[Before, Dataset, pa.Table], done: tuple[Path, stages.Verdict], tmp_path: Path
) -> None:
    folder, first = done
    before = Before(folder / "dataset", folder / "teacher", folder / "bundle")
    again = shop[2].slice(0, 500)
    fresh = pa.array([f"next-{n}" for n in range(500)])
    events = again.set_column(0, again.schema.field(0), fresh)
    verdict = retrain(tmp_path / "next", before, events, None, OPTIONS)
    assert verdict.running == first.model
    assert verdict.joined.events == 500


JUDGING = "Judging it against the running bundle"
KILLED_AT = (
    ("Joining the events", 0),
    ("Joining the events", 1),
    ("Training the teacher on", 1),
    ("Distilling the student", 2),
    ("Building the bundle", 2),
    (JUDGING, 1),
)
"""Stages, and how often each had said how far it is when it was killed."""
KEPT = ("dataset/dataset.json", "teacher/run.json", "student/run.json", "bundle/manifest.json")


def retrain_until(stage: str, reports: int, folder: Path, before: Before, events: pa.Table, catalogue: Dataset) -> None:
    """Retrain, and be killed there: a process of its own runs this."""

    def report(title: str) -> Callable[[str, int, int], None]:
        left = [reports if title == stage else -1]

        def told(*_: object) -> None:
            if not left[0]:
                os.kill(os.getpid(), signal.SIGKILL)
            left[0] -= 1

        told()
        return told

    retrain(folder, before, events, catalogue, OPTIONS, report)


def test_what_was_killed_at_every_stage_in_turn_comes_to_the_same_end(
    shop: tuple[Before, Dataset, pa.Table], done: tuple[Path, stages.Verdict], tmp_path: Path
) -> None:
    before, catalogue, events = shop
    whole, folder = done[1], tmp_path / "work"
    processes = multiprocessing.get_context("forkserver")
    processes.set_forkserver_preload(["distillation.retrain"])
    made: dict[str, int] = {}
    for stage, reports in KILLED_AT:
        told = (stage, reports, folder, before, events, catalogue)
        process = processes.Process(target=retrain_until, args=told)
        process.start()
        process.join()
        assert process.exitcode == -signal.SIGKILL, stage
        found = {name: (folder / name).stat().st_mtime_ns for name in KEPT if (folder / name).is_file()}
        assert made == {name: found[name] for name in made}, "no stage is done twice"
        made = found
    assert set(made) == set(KEPT)
    more = pa.concat_tables(
        [events, events.slice(0, 1).set_column(0, events.schema.field(0), pa.array(["came since"]))]
    )
    verdict = retrain(folder, before, more, catalogue, OPTIONS)
    assert verdict == replace(whole, later=1), "the kiosk went on serving meanwhile"
    for name in KEPT[:3]:
        first, second = (json.loads((at / name).read_text(encoding="utf-8")) for at in (folder, done[0]))
        assert first["digest"] == second["digest"]
    files, others = (verify_bundle(at / "bundle").files for at in (folder, done[0]))
    card = "MODEL_CARD.md"  # says how long it took
    assert {**files, card: None} == {**others, card: None}
    with pytest.raises(ToyGuideError) as refused:
        retrain(folder, before, more, catalogue, OPTIONS)
    by_hand = f"; by hand: toyguide bundle publish {folder / 'bundle'} --to DIR" if whole.passed else ""
    assert str(refused.value) == (
        f"{folder} holds a retraining of other events, which came to its end ({whole.says.rstrip('.')}{by_hand}). "
        "Give another folder, or remove it."
    ), "one that was killed before it published finds its bundle"


def test_two_at_once_and_a_folder_of_something_else(
    shop: tuple[Before, Dataset, pa.Table], done: tuple[Path, stages.Verdict], tmp_path: Path
) -> None:
    before, catalogue, events = shop
    with alone_in(tmp_path / "busy", "retraining"), pytest.raises(ToyGuideError, match="Another retraining is at work"):
        retrain(tmp_path / "busy", before, events, catalogue, OPTIONS)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "letter.txt").write_text("dear", encoding="utf-8")
    with pytest.raises(ToyGuideError, match=r"must be a new or empty folder.*'letter.txt'"):
        retrain(tmp_path / "full", before, events, catalogue, OPTIONS)
    with pytest.raises(ToyGuideError, match="holds a retraining of other events, options"):
        retrain(done[0], before, events.slice(1), catalogue, RetrainOptions(epochs=1))


def test_lists_that_came_with_the_events_are_asked_too(
    shop: tuple[Before, Dataset, pa.Table], done: tuple[Path, stages.Verdict], tmp_path: Path
) -> None:
    before, catalogue, events = shop
    folder = shutil.copytree(done[0], tmp_path / "again")
    seen = Seen(SHOWN_TABLE.empty_table(), events, RECALL_TABLE.empty_table())
    verdict = retrain(folder, before, events, catalogue, OPTIONS, seen=seen)
    assert verdict.gates[:-1] == done[1].gates
    assert (verdict.gates[-1].name, verdict.gates[-1].passed) == ("exposure", True)
    assert verdict.gates[-1].says.startswith("Nothing can be estimated: the events come without a list")
    assert read_record(folder).record["verdict"]["gates"][-1]["figures"]["exposure"] is None


def test_the_quality_gate_sees_a_bundle_that_forgot(
    shop: tuple[Before, Dataset, pa.Table], done: tuple[Path, stages.Verdict]
) -> None:
    before, _, _ = shop
    dataset = load_dataset(done[0] / "dataset")
    split = split_dataset(dataset)
    running = judge(running_student(before.bundle, dataset), split.test)
    assert quality_gate(running, running, split.learned("test")).passed
    popular = judge(fit_baseline("popularity", dataset, split.train), split.test)
    worse = quality_gate(popular, running, split.learned("test"))
    assert not worse.passed
    assert "worse than the running bundle beyond chance on: tail toys" in worse.says, "popularity forgets the tail"
    assert worse.figures["tail toys"]["high"] < 0
    assert "tail toys" not in quality_gate(running, popular, split.learned("test")).says


def test_the_safety_gate_reads_the_rules_for_itself(done: tuple[Path, stages.Verdict]) -> None:
    engine = load_bundle(done[0] / "bundle")
    assert safety_gate(engine, 100).passed
    for toy in engine.toys:  # a catalogue whose toys are all for older children than the engine's shelf believes
        object.__setattr__(toy, "safety_min_age", 200)
    found = safety_gate(engine, 100)
    assert not found.passed
    assert "unsafe, as" in found.says


@pytest.mark.parametrize(
    ("told", "why"),
    [({"hazards": (Hazard.BALLOON,)}, "balloon, and a child"), ({"audience": Audience.ADULT}, "it is for adults")],
)
def test_the_safety_gate_minds_hazards_and_whom_a_toy_is_for(
    done: tuple[Path, stages.Verdict], told: dict[str, Any], why: str
) -> None:
    engine = load_bundle(done[0] / "bundle")
    for toy in engine.toys:
        for name, value in told.items():
            object.__setattr__(toy, name, value)
    found = safety_gate(engine, 100)
    assert not found.passed
    assert why in found.says


def test_the_safety_gate_asks_for_households_without_a_child() -> None:
    poker = Toy("poker", "Poker", audience=Audience.ADULT, safety_min_age=0)
    assert _unsafe(poker, 480, None, 36) is None, "a grown-up who said so"
    assert _unsafe(poker, None, None, 36), "nobody said who is there"


def test_the_size_gate(done: tuple[Path, stages.Verdict]) -> None:
    manifest = verify_bundle(done[0] / "bundle")
    size = size_gate(manifest, 1).figures["bytes"]
    assert (size_gate(manifest, size).passed, size_gate(manifest, size - 1).passed) == (True, False)


def test_a_bundle_of_another_shop_is_not_asked(shop: tuple[Before, Dataset, pa.Table]) -> None:
    other = simulate(WorldOptions(toys=200, shoppers=20, events=200, seed=9))
    with pytest.raises(BundleError, match="Is it of another shop"):
        running_student(shop[0].bundle, Dataset(other.toys.slice(5), other.events, other.source))


def test_what_runs_and_does_not_fit_together_is_said_before_anything_is_made(
    shop: tuple[Before, Dataset, pa.Table], make_bundle: Callable[..., Path], tmp_path: Path
) -> None:
    before, catalogue, events = shop
    base = load_dataset(before.data)
    strange = make_bundle(tmp_path / "strange", base.toy_rows()[:0:-1])
    silent = make_bundle(tmp_path / "silent", base.toy_rows())
    other = Dataset(base.toys, base.events.slice(1), base.source)
    save_dataset(other, tmp_path / "other")
    for parts, said in (
        (replace(before, bundle=strange), "knows other toys, or numbers them otherwise"),
        (replace(before, bundle=silent), "does not say how its student was made"),
        (replace(before, data=tmp_path / "other"), "teacher was trained on dataset"),
    ):
        with pytest.raises(ToyGuideError, match=said):
            retrain(tmp_path / "work", parts, events, catalogue, OPTIONS)
    assert not (tmp_path / "work").exists()


def test_what_a_kiosk_forgot_meanwhile_did_not_come_later(
    shop: tuple[Before, Dataset, pa.Table], done: tuple[Path, stages.Verdict]
) -> None:
    joined = replace(done[1].joined, repeated=10)
    assert stages._later(shop[2], joined) == 0
    assert stages._later(shop[2], done[1].joined) == 0


def test_a_verdict_names_what_held_it_back(done: tuple[Path, stages.Verdict]) -> None:
    joined = done[1].joined
    gates = (Gate("safety", True, ""), Gate("size", False, "too large"))
    verdict = stages._verdict(gates, "a" * 32, "b" * 32, joined)
    assert not verdict.passed
    assert verdict.says == f"Held back by size: the running bundle {'a' * 12} stays."


def test_publishing_and_going_back(
    shop: tuple[Before, Dataset, pa.Table], done: tuple[Path, stages.Verdict], tmp_path: Path
) -> None:
    old, new = shop[0].bundle, done[0] / "bundle"
    first = publish(old, tmp_path)
    second = publish(new, tmp_path)
    assert json.loads((tmp_path / CURRENT).read_text(encoding="utf-8"))["name"] == second.name
    assert verify_bundle(second).model == done[1].model
    assert publish(old, tmp_path) == first
    said = json.loads((tmp_path / CURRENT).read_text(encoding="utf-8"))
    assert (said["name"], said["model"]) == (first.name, verify_bundle(old).model)
    with pytest.raises(ToyGuideError, match="is its disk mounted"):
        publish(old, tmp_path / "gone")
    with alone_in(tmp_path, "publishing"), pytest.raises(ToyGuideError, match="Another publishing is at work"):
        publish(old, tmp_path)


def test_the_command_says_the_verdict_also_where_it_cannot_publish(
    shop: tuple[Before, Dataset, pa.Table], done: tuple[Path, stages.Verdict], tmp_path: Path
) -> None:
    before, catalogue, events = shop
    save_dataset(Dataset(catalogue.toys, events, Source("kiosk", 3)), tmp_path / "events")
    save_dataset(catalogue, tmp_path / "catalogue")
    (tmp_path / "published").mkdir()
    words = ["retrain", "--out", done[0], "--events", tmp_path / "events", "--catalogue", tmp_path / "catalogue"]
    words += ["--data", before.data, "--teacher", before.teacher, "--bundle", before.bundle]
    words += ["--epochs", OPTIONS.epochs, "--publish", tmp_path / "published"]
    command = [str(word) for word in words]
    with alone_in(tmp_path / "published", "publishing"):
        refused = CliRunner().invoke(app, command)
    assert f"{done[1].joined.events:,} new events joined; left out: none. 20 new toys" in refused.stderr
    assert done[1].says in refused.stdout.replace("\n", " ")
    assert "Another publishing is at work" in str(refused.exception)
    assert "by hand: toyguide bundle publish" in str(refused.exception)
    published = CliRunner().invoke(app, [*command, "--json"])
    assert published.exit_code == 0, published.output
    assert json.loads(published.stdout)["published"] == str(next((tmp_path / "published").glob("*Z-*")))
    assert in_force(tmp_path / "published") == done[1].model
