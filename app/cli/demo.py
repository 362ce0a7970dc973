"""`toyguide demo`: the whole way once, from a simulated shop to two open doors.

Each stage leaves its result in the demo's folder and is taken over by the next run where its inputs are the same.
"""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from app.cli.console import ERR, OUT, print_json, progress_bar
from app.cli.scoreboard import Score, score_recommender, score_table
from app.cli.train import report_to
from data.errors import parameter_error

if TYPE_CHECKING:
    from rich.progress import Progress

    from app.cli.folders import Kind
    from data.dataset import Dataset
    from data.protocol import SplitPlan
    from data.split import Split
    from recommender.learning.tower_recommender import TwoTowerRecommender
    from recommender.serving.bundle import Manifest

BASELINES: Final = ("popularity", "item-knn", "rules")
SOURCE_NAME: Final = "world"
"""What a simulated dataset says of where it came from."""
TOP: Final = 1024
"""Toys of the teacher that the student looks at: a minute old, it is flat, and its 256 best say too little."""


def demo(
    folder: Annotated[Path, typer.Option("--dir", help="Folder that keeps what the demo makes.")] = Path("var/demo"),
    toys: Annotated[int, typer.Option(help="Toys in the simulated catalogue.")] = 3000,
    shoppers: Annotated[int, typer.Option(help="Shoppers.")] = 6000,
    events: Annotated[int, typer.Option(help="Events to aim for.")] = 100_000,
    seed: Annotated[int, typer.Option(help="The same seed makes the same shop.")] = 7,
    serve: Annotated[bool, typer.Option("--serve/--no-serve", help="Open the kiosk and the shop at the end.")] = True,
    port: Annotated[int, typer.Option(help="Port of the kiosk API.")] = 8000,
    shop_port: Annotated[int, typer.Option(help="Port of the shop.")] = 8501,
    as_json: Annotated[bool, typer.Option("--json", help="Print the table as JSON.")] = False,
) -> None:
    """Simulate a shop, train the teacher, distil the student, build the bundle, print one table, open the doors."""
    from app.cli.serve import check_ports, serve_both
    from data.protocol import plan_split, split_dataset
    from data.world.simulate import WorldOptions

    if serve:
        check_ports({"--port": port, "--shop-port": shop_port})
    options = WorldOptions(toys, shoppers, events, seed)
    options.check()
    _check_folder(folder)
    with progress_bar() as progress:
        dataset = _simulated(options, folder / "dataset", progress)
        plan = plan_split(dataset)
        split = split_dataset(dataset, plan)
        teacher, teacher_record = _trained(dataset, split, plan, folder / "teacher", progress)
        manifest = _bundled(dataset, split, plan, teacher, teacher_record, folder, progress)
        scores = _scored(dataset, split, teacher, manifest, folder, progress)
    if as_json:
        print_json([asdict(score) for score in scores])
    else:
        OUT.print(score_table(scores, f"leave-one-out, test part, {len(split.test):,} shoppers, all toys ranked"))
    if serve:
        said_on = ERR if as_json else OUT  # with --json nothing but the table goes to stdout
        serve_both(folder / "bundle", folder / "kiosk.sqlite", port, shop_port, said_on)


def _check_folder(folder: Path) -> None:
    """Raise ToyGuideError if the demo would replace what no demo made: an imported dataset and what came of it, say."""
    from app.cli.folders import check_output

    kinds: tuple[Kind, ...] = ("dataset", "teacher", "student", "bundle")
    for kind in kinds:
        check_output(folder / kind, kind, "demo", "--dir")
    try:
        record = json.loads((folder / "dataset" / "dataset.json").read_text(encoding="utf-8"))
        source = record["source"]["name"]
    except (OSError, ValueError, KeyError, TypeError):
        return  # nothing is there, or nothing that anyone can read
    if source != SOURCE_NAME:
        raise parameter_error(
            "--dir", "demo", f"a folder of its own; this one holds a dataset of {source!r}", str(folder)
        )


def _simulated(options: Any, folder: Path, progress: Progress) -> Dataset:
    from data.dataset import load_dataset, save_dataset
    from data.errors import DataError
    from data.world.simulate import simulate, source_of

    report = report_to(progress, "Simulating the shop")
    try:
        kept = load_dataset(folder)
    except DataError:
        kept = None
    if kept is not None and replace(kept.source, licence=None) == source_of(options):
        report("up to date", 1, 1)
        return kept
    dataset = simulate(options, lambda done, total: report("", done, total))
    save_dataset(dataset, folder)
    return load_dataset(folder)


def _trained(
    dataset: Dataset, split: Split, plan: SplitPlan, folder: Path, progress: Progress
) -> tuple[TwoTowerRecommender, dict[str, Any]]:
    from data.errors import ToyGuideError
    from recommender.learning.presets import load_preset
    from recommender.learning.teacher import load_teacher, preset_record, save_teacher, train_teacher

    report = report_to(progress, "Training the teacher")
    preset = load_preset("small")
    try:
        teacher, record = load_teacher(folder, dataset)
    except ToyGuideError:
        record = {}
    if record.get("preset") == preset_record(preset) and record["dataset"].get("split") == plan.record():
        report("up to date", 1, 1)
        return teacher, record
    teacher, weights, record = train_teacher(dataset, split, plan, preset, report)
    return teacher, save_teacher(folder, weights, record)


def _bundled(
    dataset: Dataset,
    split: Split,
    plan: SplitPlan,
    teacher: TwoTowerRecommender,
    teacher_record: dict[str, Any],
    folder: Path,
    progress: Progress,
) -> Manifest:
    """The bundle of a student that was distilled from just this teacher with just these options."""
    from app.cli.contestants import rival_of
    from data.errors import ToyGuideError
    from distillation.distill import DistilOptions, load_student, save_student
    from distillation.package import build_bundle
    from distillation.student import StudentConfig
    from distillation.teach import teach
    from distillation.teachers import teacher_of
    from recommender.baselines.registry import fit_baseline
    from recommender.serving.bundle import verify_bundle
    from recommender.serving.together import TOGETHER

    report = report_to(progress, "Distilling the student")
    options, config = DistilOptions(finish=1, top=TOP), StudentConfig()
    wanted = (teacher_record["digest"], asdict(options), asdict(config))
    try:
        student, record = load_student(folder / "student", dataset)
    except ToyGuideError:
        record = {}
    if record and (record["teacher"]["digest"], record["distillation"], record["student"]) == wanted:
        report("up to date", 1, 1)
    else:
        source = teacher_of(teacher, teacher_record, teacher_record["preset"]["name"])
        student, weights, record = teach(dataset, split, plan, source, config, options, None, report)
        record = save_student(folder / "student", weights, record)

    report = report_to(progress, "Building the bundle")
    try:
        manifest = verify_bundle(folder / "bundle")
        whole = TOGETHER in manifest.files and "standing" in manifest.metrics
        if manifest.student.get("digest") == record["digest"] and whole:
            report("up to date", 1, 1)
            return manifest
    except ToyGuideError as error:
        report(f"building anew: {type(error).__name__}", 0, 1)
    rivals = [rival_of(teacher, folder / "teacher")]
    rivals += [rival_of(fit_baseline(name, dataset, split.train), None) for name in BASELINES]
    manifest = build_bundle(
        dataset, split, student, record, folder / "bundle", lambda step: report(step, 0, 1), rivals=rivals
    )
    report("", 1, 1)
    return manifest


def _scored(
    dataset: Dataset, split: Split, teacher: TwoTowerRecommender, manifest: Manifest, folder: Path, progress: Progress
) -> list[Score]:
    from data.atomic import atomic_file
    from distillation.package import student_bytes
    from recommender.baselines.registry import fit_baseline
    from recommender.evaluation.cost import held
    from recommender.serving.load import load_bundle
    from recommender.serving.student import OnnxStudent

    report = report_to(progress, "Judging them all")
    kept = folder / "table.json"
    try:
        table = json.loads(kept.read_text(encoding="utf-8"))
        if table["model"] == manifest.model:
            report("up to date", 1, 1)
            return [Score(**row) for row in table["scores"]]
    except (OSError, ValueError, KeyError, TypeError):
        ERR.print("Judging popularity, neighbours, rules, teacher and student on the test part.")
    total = len(BASELINES) + 2
    scores: list[Score] = []
    for name in BASELINES:
        report(name, len(scores), total)
        baseline = fit_baseline(name, dataset, split.train)
        scores.append(score_recommender(baseline, split.test, held(baseline)[1]))
    report("teacher", len(scores), total)
    weights = (folder / "teacher" / "weights.safetensors").stat().st_size
    scores.append(score_recommender(teacher, split.test, weights))
    report("student", len(scores), total)
    engine = load_bundle(folder / "bundle")
    shipped = OnnxStudent.from_bundle(folder / "bundle")
    scores.append(
        score_recommender(
            shipped,
            split.test,
            student_bytes(manifest),
            lambda query: engine.recommend(query.history, query.recipient, k=10),
        )
    )
    report("", total, total)
    with atomic_file(kept) as temporary:
        temporary.write_text(
            json.dumps({"model": manifest.model, "scores": [asdict(score) for score in scores]}, indent=2) + "\n",
            encoding="utf-8",
        )
    return scores
