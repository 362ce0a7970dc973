"""`toyguide bench`: long measurements, one command each. What is done is taken over, so a run can be cut short."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from statistics import mean, stdev
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from rich.console import Console
from rich.table import Table

from app.cli.console import ERR, OUT, print_json, progress_bar
from app.cli.protocol import CutOption, OrderOption, ProtocolName, ProtocolOption, ValidationCutOption, chosen_plan
from app.cli.train import keep, report_to
from data.errors import ToyGuideError

if TYPE_CHECKING:
    from data.dataset import Dataset
    from data.protocol import SplitPlan
    from data.split import Split
    from recommender.base import Recommender
    from recommender.learning.presets import Preset

bench_app = typer.Typer(name="bench", help="Long measurements, one command each.", no_args_is_help=True)
MEMBERS: Final = ("rules", "text-knn")
"""What towers are blended with: what shoppers took next, and what is called alike."""
SEEDS_APART: Final = 10
"""Presets of one round have seeds that far apart: round 0 of two presets has seeds 0 and 10."""
_WIDTH: Final = 160  # of the table: figures are never cut, however narrow the terminal
_SHOWN: Final = ("recall@5", "ndcg@5", "recall@10", "ndcg@10", "recall@20", "ndcg@20")


@bench_app.callback()
def bench() -> None:
    """Long measurements, one command each."""


@bench_app.command("teacher")
def bench_teacher(
    data: Annotated[Path, typer.Option("--data", help="Folder of a dataset.")],
    out: Annotated[Path, typer.Option("--out", help="Folder for runs and figures; what is done there is taken over.")],
    preset: Annotated[
        list[str] | None, typer.Option(help="A preset to train in every round; may be given again. By default base.")
    ] = None,
    member: Annotated[
        list[str] | None,
        typer.Option(help="A baseline to blend the towers with; may be given again. By default rules and text-knn."),
    ] = None,
    rounds: Annotated[int, typer.Option(min=1, max=100, help="Rounds, each with seeds of its own.")] = 3,
    protocol: ProtocolOption = ProtocolName.LEAVE_ONE_OUT,
    order: OrderOption = None,
    cut: CutOption = None,
    validation_cut: ValidationCutOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print every figure as JSON.")] = False,
) -> None:
    """Train, blend and judge on the test part, several times over; print mean and spread beside the baselines."""
    from data.dataset import load_fit_dataset
    from data.protocol import split_dataset

    dataset = load_fit_dataset(data)
    plan = chosen_plan(dataset, protocol, order, cut, validation_cut)
    split = split_dataset(dataset, plan)
    presets, members = preset or ["base"], member or list(MEMBERS)
    rows = {"baselines": _baselines(dataset, split, plan, out)}
    for number in range(rounds):
        rows[f"round {number}"] = _round(dataset, split, plan, presets, members, number, out / f"round-{number}")
    if rounds > 1 and split.refit is None:
        rows["all rounds"] = _all_rounds(dataset, split, plan, presets, members, rounds, out)
    if as_json:
        print_json({"dataset": dataset.digest, "split": plan.record(), "rounds": rows})
    else:
        title = f"{split.test.protocol}, test part, {plan.order} order, {rounds} rounds, mean ± standard deviation"
        Console(width=max(OUT.width, _WIDTH)).print(_table(rows, title))


def _baselines(dataset: Dataset, split: Split, plan: SplitPlan, out: Path) -> dict[str, Any]:
    from recommender.baselines.registry import BASELINES, fit_baseline

    file, of = out / "baselines.json", {"split": plan.record(), "baselines": list(BASELINES)}
    if (kept := _kept(file, dataset, of)) is not None:
        return kept
    return _written(
        file, dataset, split, of, [fit_baseline(name, dataset, split.learned("test")) for name in BASELINES]
    )


def _round(
    dataset: Dataset,
    split: Split,
    plan: SplitPlan,
    presets: list[str],
    members: list[str],
    number: int,
    folder: Path,
) -> dict[str, Any]:
    """All recommenders of one round, judged; towers and blends that are there are taken over."""
    from recommender.learning.blend import blend_teachers
    from recommender.learning.checkpoint import unfinished_of
    from recommender.learning.teacher import load_teacher, preset_record, save_teacher, train_teacher

    chosen = _seeded(presets, number)
    file, of = folder / "figures.json", _of(plan, chosen, members)
    if (kept := _kept(file, dataset, of)) is not None:
        return kept
    judged: list[Recommender] = []
    folders = _folders(presets, folder)
    for name, each, run in zip(presets, chosen, folders, strict=True):
        try:
            teacher, record = load_teacher(run, dataset)
        except ToyGuideError:
            record = {}
        if record.get("preset") != preset_record(each) or record["dataset"]["split"] != plan.record():
            with progress_bar() as progress:
                report = report_to(progress, f"Round {number}: {name}")
                teacher, weights, record = train_teacher(dataset, split, plan, each, report, unfinished_of(run))
            keep(save_teacher, run, weights, record)
        teacher.name = f"two-tower {Path(name).stem}"
        judged.append(teacher)
    if split.refit is None:  # the weights of a blend are set on validation, which a refit has learned
        if len(folders) > 1:
            judged.append(blend_teachers(dataset, split, folders)[0])
        for taken in range(1, len(members) + 1):
            judged.append(blend_teachers(dataset, split, folders, members[:taken])[0])
            judged[-1].name = f"blend with {' and '.join(members[:taken])}"
        plain = [run for run, each in zip(folders, chosen, strict=True) if not each.model.sentences]
        if 0 < len(plain) < len(folders):
            blend = blend_teachers(dataset, split, plain, members)[0]
            blend.name = "blend without sentence vectors"
            judged.append(blend)
    return _written(file, dataset, split, of, judged, folders)


def _all_rounds(
    dataset: Dataset,
    split: Split,
    plan: SplitPlan,
    presets: list[str],
    members: list[str],
    rounds: int,
    out: Path,
) -> dict[str, Any]:
    """The towers of all rounds as one two-tower, and blended with all members."""
    from recommender.learning.blend import blend_teachers

    chosen = [each for number in range(rounds) for each in _seeded(presets, number)]
    file, of = out / "all-rounds.json", _of(plan, chosen, members)
    if (kept := _kept(file, dataset, of)) is not None:
        return kept
    runs = [run for number in range(rounds) for run in _folders(presets, out / f"round-{number}")]
    judged: list[Recommender] = []
    for taken, name in (((), f"two-tower of {len(runs)}"), (members, f"blend of {len(runs)} towers and all members")):
        blend = blend_teachers(dataset, split, runs, taken)[0]
        blend.name = name
        judged.append(blend)
    return _written(file, dataset, split, of, judged)


def _of(plan: SplitPlan, presets: list[Preset], members: list[str]) -> dict[str, Any]:
    """What figures are of."""
    from recommender.learning.teacher import preset_record

    return {"split": plan.record(), "presets": [preset_record(each) for each in presets], "members": members}


def _seeded(presets: list[str], number: int) -> list[Preset]:
    """The presets of one round, each with its seed."""
    from recommender.learning.presets import load_preset

    return [load_preset(name, seed=number + SEEDS_APART * place) for place, name in enumerate(presets)]


def _folders(presets: list[str], folder: Path) -> list[Path]:
    return [folder / Path(name).stem for name in presets]


def _kept(file: Path, dataset: Dataset, of: dict[str, Any]) -> dict[str, Any] | None:
    """The figures of an earlier run on the same data, if they are of the same split and recommenders."""
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
        same = (found["dataset"], found["of"]) == (dataset.digest, of)
        return dict(found["figures"]) if same else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _written(
    file: Path,
    dataset: Dataset,
    split: Split,
    of: dict[str, Any],
    recommenders: list[Recommender],
    runs: Sequence[Path] = (),
) -> dict[str, Any]:
    """Judge, and keep the figures as soon as they are known: {recommender: {slice: {metric: value}}}.

    runs: folders of the first recommenders; beside each it is noted that it was judged on a test part
    """
    from app.cli.contestants import note_judged
    from data.atomic import atomic_file
    from recommender.evaluation.ranking import judge
    from recommender.evaluation.report import report

    figures: dict[str, Any] = {}
    labels = {"protocol": split.test.protocol, "part": split.test.part, "order": of["split"]["order"]}
    for place, recommender in enumerate(recommenders):
        ERR.print(f"Judging {recommender.name}", markup=False)
        rows = report(judge(recommender, split.test), split.learned("test"))
        if place < len(runs):
            note_judged(runs[place], labels, rows[0].metrics)
        figures[recommender.name] = {row.slice: {"queries": row.queries, **row.metrics} for row in rows}
    file.parent.mkdir(parents=True, exist_ok=True)
    with atomic_file(file) as temporary:
        said = {"dataset": dataset.digest, "of": of, "figures": figures}
        temporary.write_text(json.dumps(said, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return figures


def _table(rows: dict[str, Any], title: str) -> Table:
    table = Table("recommender", title=title)
    for metric in (*_SHOWN, "no tie", "cold toys"):
        table.add_column(metric.replace("recall", "R").replace("ndcg", "N"), justify="right")
    by_name: dict[str, list[dict[str, Any]]] = {}
    for found in rows.values():
        for name, figures in found.items():
            by_name.setdefault(name, []).append(figures)
    for name, several in by_name.items():
        cells = [spread([each["all"][metric] for each in several]) for metric in _SHOWN]
        for part in ("no tie", "cold toys"):
            values = [each[part]["ndcg@10"] for each in several if each[part]["queries"]]
            cells.append(spread(values) if values else "–")
        table.add_row(name, *cells)
    table.caption = "'no tie' and 'cold toys' are NDCG@10 over those slices"
    return table


def spread(values: list[float]) -> str:
    """Mean and standard deviation, without the zero before the point."""
    middle = f"{mean(values):.4f}".removeprefix("0")
    return middle if len(values) == 1 else f"{middle} ± {stdev(values):.4f}".replace("± 0", "± ")
