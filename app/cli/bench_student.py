"""`toyguide bench student`: what distillation is worth, several times over, in one table."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from rich.console import Console
from rich.table import Table

from app.cli.bench import spread
from app.cli.console import ERR, OUT, print_json, progress_bar
from app.cli.distill import (
    AloneDropoutOption,
    AloneEpochsOption,
    AloneRateOption,
    AlphaOption,
    AverageOption,
    BitsOption,
    DreamsOption,
    DropoutOption,
    EpochsOption,
    FamilyOption,
    FinishOption,
    NearOption,
    OutsideOption,
    PatienceOption,
    RateOption,
    TemperatureOption,
    WidthOption,
    teachers_plan,
)
from app.cli.train import keep, report_to

if TYPE_CHECKING:
    from data.dataset import Dataset
    from data.protocol import SplitPlan
    from data.split import Split
    from distillation.distill import DistilOptions
    from distillation.student import StudentConfig, StudentRecommender
    from distillation.teachers import Teacher
    from recommender.evaluation.ranking import Judgement

_WIDTH: Final = 160  # of the table: figures are never cut, however narrow the terminal
_SLICES: Final = ("no tie", "cold toys", "tail toys", "history ≤ 5")


@dataclass(frozen=True)
class Recipe:
    """How the students of every round are made: with a teacher, and without one. Each has its own shape and options."""

    taught: tuple[StudentConfig, DistilOptions]
    alone: tuple[StudentConfig, DistilOptions]
    near: int

    def record(self) -> dict[str, Any]:
        """All of it as JSON."""
        made = {"student": self.taught, "alone": self.alone}
        students = {name: {"shape": asdict(shape), "learning": asdict(how)} for name, (shape, how) in made.items()}
        return students | {"near": self.near}


def bench_student(
    data: Annotated[Path, typer.Option("--data", help="Folder of a dataset.")],
    blend: Annotated[list[Path], typer.Option("--blend", help="Folder of a blend; once for every round.")],
    out: Annotated[
        Path, typer.Option("--out", help="Folder for students and figures; what is done there is taken over.")
    ],
    alpha: AlphaOption = 0.3,
    temperature: TemperatureOption = 1.0,
    outside: OutsideOption = "prefix",
    dreams: DreamsOption = 0,
    family: FamilyOption = "transformer",
    width: WidthOption = 64,
    bits: BitsOption = 8,
    dropout: DropoutOption = 0.2,
    epochs: EpochsOption = 10,
    rate: RateOption = 0.003,
    average: AverageOption = 0.0,
    patience: PatienceOption = 3,
    finish_epochs: FinishOption = 1,
    near: NearOption = 0,
    alone_epochs: AloneEpochsOption = 40,
    alone_dropout: AloneDropoutOption = 0.5,
    alone_rate: AloneRateOption = 0.003,
    as_json: Annotated[bool, typer.Option("--json", help="Print every figure as JSON.")] = False,
) -> None:
    """Distil a student of every blend, train it without one too, and judge all on the test part; mean and spread."""
    from data.dataset import load_fit_dataset
    from data.protocol import split_dataset
    from distillation.distill import DistilOptions
    from distillation.student import StudentConfig
    from distillation.untaught import Untaught

    config = StudentConfig(width=width, family=family, bits=bits, dropout=dropout)  # type: ignore[arg-type]
    taught = DistilOptions(
        alpha=alpha,
        temperature=temperature,
        epochs=epochs,
        learning_rate=rate,
        average=average,
        patience=patience,
        outside=outside,  # type: ignore[arg-type]
        dreams=dreams,
        finish=finish_epochs,
    )
    untaught = Untaught(alone_epochs, alone_rate, alone_dropout)
    recipe = Recipe((config, taught), (untaught.config(config), untaught.options(taught)), near)
    dataset = load_fit_dataset(data)
    rounds = {}
    for number, folder in enumerate(blend):
        plan = teachers_plan(dataset, [], folder)
        split = split_dataset(dataset, plan)
        rounds[f"round {number}"] = _round(dataset, split, plan, folder, recipe, number, out / f"round-{number}")
    if as_json:
        print_json({"dataset": dataset.digest, **recipe.record(), "rounds": rounds})
        return
    title = f"test part, {len(blend)} rounds, mean ± standard deviation; student {family}, width {width}"
    Console(width=max(OUT.width, _WIDTH)).print(_table(list(rounds.values()), title))
    for name, found in rounds.items():
        for pair in found["paired"]:
            OUT.print(
                f"{name}: {pair['first']} − {pair['second']}: {pair['metric']} {pair['difference']:+.4f} "
                f"({pair['low']:+.4f} to {pair['high']:+.4f}; p = {pair['p']:.4f})",
                markup=False,
            )


def _round(
    dataset: Dataset, split: Split, plan: SplitPlan, blend: Path, recipe: Recipe, number: int, folder: Path
) -> dict[str, Any]:
    """The figures of one blend and of the students of it, taken over if they are there."""
    from dataclasses import replace

    from data.atomic import atomic_file
    from distillation.near import beside
    from distillation.shipped import teacher_costs
    from distillation.teachers import gather_teacher, towers_of
    from recommender.evaluation.compare import compare
    from recommender.evaluation.ranking import judge
    from recommender.evaluation.report import report

    teacher = gather_teacher(dataset, split, plan, blend=blend)
    file = folder / "figures.json"
    of = {
        "dataset": dataset.digest,
        "blend": teacher.digest,
        **recipe.record(),
    }
    if file.is_file() and (kept := json.loads(file.read_text(encoding="utf-8"))).get("of") == of:
        return dict(kept)
    judgements: dict[str, Judgement] = {}
    costs: dict[str, dict[str, float]] = {}

    def judged(name: str, recommender: Any) -> None:
        ERR.print(f"Judging {name}", markup=False)
        recommender.name = name
        judgements[name] = judge(recommender, split.test)

    for place, (tower, _) in enumerate(towers_of(teacher.recommender)):
        judged(f"tower {place}", tower)
        costs[f"tower {place}"] = teacher_costs(tower, split.validation)
    judged("blend", teacher.recommender)
    costs["blend"] = teacher_costs(teacher.recommender, split.validation)
    for name, source, (config, options) in (("student", teacher, recipe.taught), ("alone", None, recipe.alone)):
        seeded = replace(options, seed=number)
        student = _student(dataset, split, plan, source, config, seeded, folder / name)
        shown = [(name, student)]
        if recipe.near:
            shown.append((f"{name} + near", beside(student, dataset, split, recipe.near)[0]))
        for label, each, cost in (row for called, made in shown for row in _as_it_ships(called, made, split)):
            judged(label, each)
            costs[label] = cost
    figures = {
        name: {row.slice: {"queries": row.queries, **row.metrics} for row in report(each, split.learned("test"))}
        for name, each in judgements.items()
    }
    ships = f"student{' + near' if recipe.near else ''}, int{recipe.taught[0].bits}"
    rivals = [name for name in judgements if not name.startswith("student")]
    paired = [asdict(compare(judgements[ships], judgements[name])) for name in rivals]
    found = {"of": of, "figures": figures, "costs": costs, "paired": paired}
    file.parent.mkdir(parents=True, exist_ok=True)
    with atomic_file(file) as temporary:
        temporary.write_text(json.dumps(found, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return found


def _student(
    dataset: Dataset,
    split: Split,
    plan: SplitPlan,
    teacher: Teacher | None,
    config: StudentConfig,
    options: DistilOptions,
    folder: Path,
) -> StudentRecommender:
    """A student made just so: the one that is kept in `folder`, or a new one, which is then kept."""
    from data.errors import ToyGuideError
    from distillation.distill import load_student, save_student
    from distillation.teach import teach
    from recommender.learning.checkpoint import unfinished_of

    wanted = (teacher.digest if teacher else None, asdict(config), asdict(options))
    try:
        student, record = load_student(folder, dataset)
        made = (record["teacher"]["digest"] if teacher else None, record["student"], record["distillation"])
        if made == wanted:
            return student
    except ToyGuideError as error:
        ERR.print(f"{folder.name} is made: {error}", markup=False)
    with progress_bar() as progress:
        report = report_to(progress, f"Making {folder.parent.name}/{folder.name}")
        unfinished = unfinished_of(folder)
        student, weights, record = teach(
            dataset, split, plan, teacher, config, options, None, report, unfinished=unfinished
        )
    keep(save_student, folder, weights, record)
    return student


def _as_it_ships(name: str, student: StudentRecommender, split: Split) -> list[tuple[str, Any, dict[str, float]]]:
    """(label, recommender, costs) of a student in float32 and with tables of 8 and of 4 bits."""
    from distillation.shipped import ship

    numbers = sum(each.numel() for each in student.model.state_dict().values())
    learned = sum(each.numel() for each in student.model.parameters())
    full = {"parameters": learned, "bytes": 4 * numbers}
    found: list[tuple[str, Any, dict[str, float]]] = [(f"{name}, float32", student, full)]
    for bits in (8, 4):
        shipped = ship(student, bits, split.validation)
        costs = {"bytes": shipped.bytes, "milliseconds": shipped.milliseconds, "parity": shipped.parity}
        found.append((f"{name}, int{bits}", shipped.recommender, costs))
    return found


def _table(rounds: list[dict[str, Any]], title: str) -> Table:
    table = Table("recommender", title=title)
    for column in ("R@10", "N@10", *(f"N@10 {name}" for name in _SLICES), "MB", "ms"):
        table.add_column(column, justify="right")
    for name in rounds[0]["figures"]:
        figures = [found["figures"][name] for found in rounds if name in found["figures"]]
        cells = [spread([each["all"][metric] for each in figures]) for metric in ("recall@10", "ndcg@10")]
        for part in _SLICES:
            values = [each[part]["ndcg@10"] for each in figures if each[part]["queries"]]
            cells.append(spread(values) if values else "–")
        costs = [found["costs"].get(name, {}) for found in rounds]
        cells.append(f"{costs[0]['bytes'] / 1e6:.2f}" if "bytes" in costs[0] else "–")
        times = sorted(each["milliseconds"] for each in costs if "milliseconds" in each)
        cells.append(f"{times[len(times) // 2]:.2f}" if times else "–")
        table.add_row(name, *cells)
    table.caption = (
        "student: distilled from the blend; alone: the same student on hard labels, with a table of its own; "
        "near: with the rules' strongest toys beside each toy"
    )
    return table
