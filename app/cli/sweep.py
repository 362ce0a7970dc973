"""`toyguide sweep`: many students of one teacher, compared by quality, size and latency."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeVar

import typer
from rich.console import Console
from rich.table import Table

from app.cli.console import OUT, print_json, progress_bar
from app.cli.distill import (
    AloneDropoutOption,
    AloneEpochsOption,
    AloneRateOption,
    AverageOption,
    BaselinesOption,
    BlendOption,
    DreamsOption,
    DropoutOption,
    EpochsOption,
    FinishOption,
    OutsideOption,
    PatienceOption,
    RateOption,
    TeachersOption,
    teachers_plan,
)
from app.cli.train import DataOption, report_to
from data.errors import ToyGuideError, parameter_error

if TYPE_CHECKING:
    from distillation.study import Row
    from distillation.sweep import Sweep

PAGE: Final = "sweep.html"
_WIDTH: Final = 130  # of the table: figures are never cut, however narrow the terminal
_Value = TypeVar("_Value", int, float)


def sweep(
    data: DataOption,
    out: Annotated[Path, typer.Option("--out", help="Folder for the study and its page; a sweep there goes on.")],
    teacher: TeachersOption = None,
    blend: BlendOption = None,
    recommender: BaselinesOption = None,
    alpha: Annotated[str, typer.Option(help="Weights of the hard loss to try.")] = "0.1,0.3,0.6",
    temperature: Annotated[str, typer.Option(help="Temperatures to try.")] = "0.5,1",
    width: Annotated[str, typer.Option(help="Numbers in a toy's vector to try.")] = "32,64",
    family: Annotated[str, typer.Option(help="Kinds of student to try: transformer, pooling.")] = "transformer",
    bits: Annotated[str, typer.Option(help="Bits of a number of the stored table to try: 8, 4.")] = "8,4",
    dropout: DropoutOption = 0.2,
    epochs: EpochsOption = 10,
    rate: RateOption = 0.003,
    average: AverageOption = 0.0,
    patience: PatienceOption = 3,
    finish_epochs: FinishOption = 2,
    alone_epochs: AloneEpochsOption = 40,
    alone_dropout: AloneDropoutOption = 0.5,
    alone_rate: AloneRateOption = 0.003,
    top: Annotated[int, typer.Option(help="Toys of the teacher that are looked at one by one.")] = 256,
    own: Annotated[int, typer.Option(help="Further toys to look at: those that the student ranks highest.")] = 0,
    outside: OutsideOption = "prefix",
    dreams: DreamsOption = 0,
    start: Annotated[bool, typer.Option("--start/--no-start", help="Begin with the teacher's toy vectors.")] = True,
    seed: Annotated[int, typer.Option(help="Seed of every student, and of the order they are made in.")] = 0,
    sampler: Annotated[str, typer.Option(help="grid makes all of them; tpe chooses --trials of them.")] = "grid",
    trials: Annotated[
        int | None, typer.Option(min=0, help="Students with a teacher to make at most, in all calls together.")
    ] = None,
    jobs: Annotated[
        int, typer.Option(min=1, max=256, help="Processes; each uses one thread if there are several.")
    ] = 1,
    scores: Annotated[
        Path | None, typer.Option("--scores", help="Folder that keeps the teacher's scores; by default one in --out.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print every figure as JSON.")] = False,
) -> None:
    """Distil students of many shapes, temperatures and alphas; chosen on the validation part alone."""
    plan = {
        "alphas": _numbers("--alpha", alpha, float),
        "temperatures": _numbers("--temperature", temperature, float),
        "widths": _numbers("--width", width, int),
        "families": tuple(_words(family)),
        "bits": _numbers("--bits", bits, int),
        "sampler": sampler,
        "dropout": dropout,
    }
    if sampler == "tpe" and trials is None:
        raise parameter_error("--trials", "sweep", "given where the sampler is tpe", None)
    if not (teacher or blend or recommender):
        raise ToyGuideError("A sweep needs a teacher: give --teacher, --blend or --recommender.")

    from data.dataset import load_fit_dataset
    from data.protocol import split_dataset
    from distillation.distill import DistilOptions
    from distillation.study import Plan
    from distillation.sweep import run_sweep
    from distillation.teachers import gather_teacher
    from distillation.untaught import Untaught

    shared = DistilOptions(
        alpha=0.0,
        epochs=epochs,
        learning_rate=rate,
        average=average,
        patience=patience,
        seed=seed,
        top=top,
        own=own,
        outside=outside,  # type: ignore[arg-type]  # checked there
        dreams=dreams,
        start=start,
        finish=finish_epochs,
    )
    untaught = Untaught(alone_epochs, alone_rate, alone_dropout)
    chosen = Plan(**plan, shared=shared, untaught=untaught)  # type: ignore[arg-type]  # checked there
    dataset = load_fit_dataset(data)
    split_plan = teachers_plan(dataset, teacher or [], blend)
    split = split_dataset(dataset, split_plan)
    source = gather_teacher(dataset, split, split_plan, teacher or [], blend, recommender or [])
    with progress_bar() as progress:
        done = run_sweep(
            out,
            data,
            dataset,
            split,
            split_plan,
            source,
            chosen,
            jobs,
            trials,
            scores,
            report_to(progress, "Sweeping"),
            lambda so_far: write_page(out, so_far),
        )
    write_page(out, done)
    keep_record(out, done)
    if as_json:
        print_json(figures(done))
    else:
        Console(width=max(OUT.width, _WIDTH)).print(_table(done, out))


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",")]


def _numbers(option: str, text: str, kind: Callable[[str], _Value]) -> tuple[_Value, ...]:
    try:
        return tuple(kind(word) for word in _words(text))
    except ValueError:
        wanted = "whole numbers" if kind is int else "numbers"
        raise parameter_error(option, "sweep", f"{wanted} with commas between", text) from None


def write_page(folder: Path, sweep: Sweep) -> None:
    """Write what is known of a sweep as one page, whole or not at all."""
    from app.report.sweep import sweep_page
    from data.atomic import atomic_file

    with atomic_file(folder / PAGE) as temporary:
        temporary.write_text(sweep_page(sweep.about, sweep.rows, folder.resolve().name), encoding="utf-8")


def keep_record(folder: Path, sweep: Sweep) -> None:
    """Leave the record of a sweep: whose it is, and its best student on the validation part."""
    from recommender.records import RECORD, write_record

    made = _made(sweep)
    best = max(made, key=lambda row: row.ndcg_10 or 0.0) if made else None
    record = {
        "dataset": {"digest": sweep.about["dataset"], "split": sweep.about["split"], "toys": sweep.about["toys"]},
        "sweep": {name: value for name, value in sweep.about.items() if name not in ("dataset", "split", "toys")},
        "students": len(made),
        "best": None if best is None else asdict(best),
        "validation_ndcg_10": None if best is None else best.ndcg_10,
    }
    write_record(folder / RECORD, "sweep", record)


def figures(sweep: Sweep) -> dict[str, Any]:
    """Everything that is known of a sweep, as JSON: whose it is, every student, the numbers of those on the fronts."""
    from app.report.sweep import fronts, gain_of

    made = _made(sweep)
    return {
        "about": sweep.about,
        "part": "validation",
        "students": [asdict(row) | {"gain": gain_of(row, made)} for row in sweep.rows],
        "best": max(made, key=lambda row: row.ndcg_10 or 0.0).number if made else None,
        "fronts": {cost: sorted(numbers) for cost, numbers in fronts(made).items()},
    }


def _made(sweep: Sweep) -> list[Row]:
    return [row for row in sweep.rows if row.ndcg_10 is not None]


def _table(sweep: Sweep, out: Path) -> Table:
    from app.report.sweep import fronts, gain_of

    made = _made(sweep)
    on = fronts(made)
    table = Table("#", "student", title="Validation part, toys of the query masked; best first")
    for name in ("T", "α", "NDCG@10", "gain", "R@10", "kB", "ms", "epochs", "s"):
        table.add_column(name, justify="right")
    table.add_column("front")
    for row in sorted(made, key=lambda each: -(each.ndcg_10 or 0.0)):
        gain = gain_of(row, made)
        table.add_row(
            str(row.number),
            f"{row.family} {row.width}, int{row.bits}",
            "–" if row.temperature is None else f"{row.temperature:g}",
            "no teacher" if row.alpha is None else f"{row.alpha:g}",
            f"{row.ndcg_10:.4f}",
            "" if gain is None else f"{gain:+.1%}",
            f"{row.recall_10:.4f}",
            f"{(row.bytes or 0) / 1000:.1f}",
            f"{row.milliseconds:.3f}",
            str(row.epochs),
            f"{row.seconds:.0f}",
            " ".join(word for word, cost in (("size", "bytes"), ("ms", "milliseconds")) if row.number in on[cost]),
        )
    failed = [f"#{row.number} {row.point.words()}: {row.error}" for row in sweep.rows if row.error]
    table.caption = "\n".join([f"Plots: {out / PAGE}", *failed])
    return table
