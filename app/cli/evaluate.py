"""`toyguide evaluate`: any recommenders, judged on the same queries, in one table."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from app.cli.console import ERR, OUT, print_json, progress_bar
from data.errors import ToyGuideError, parameter_error

if TYPE_CHECKING:
    from data.dataset import Dataset
    from data.sequences import Sequences
    from recommender.base import Recommender
    from recommender.evaluation.compare import Comparison
    from recommender.evaluation.ranking import Judgement
    from recommender.evaluation.report import Row

_WIDTH = 116  # of the table: figures are never cut, however narrow the terminal


class ProtocolName(StrEnum):
    """Protocols that can be asked for."""

    LEAVE_ONE_OUT = "leave-one-out"


class Part(StrEnum):
    """Which held-out part is judged."""

    TEST = "test"
    VALIDATION = "validation"


class OrderName(StrEnum):
    """How events at one and the same time are ordered."""

    GIVEN = "given"
    HASHED = "hashed"


def evaluate(
    data: Annotated[Path, typer.Option(help="Folder of the dataset.")],
    protocol: Annotated[ProtocolName, typer.Option(help="How the dataset is split.")] = ProtocolName.LEAVE_ONE_OUT,
    part: Annotated[Part, typer.Option(help="Which targets are to be found.")] = Part.TEST,
    order: Annotated[
        OrderName | None, typer.Option(help="Order of events at one time. By default as the dataset's source says.")
    ] = None,
    recommender: Annotated[
        list[str] | None,
        typer.Option(help="A baseline by name; may be given again. By default all but ease, which is slow."),
    ] = None,
    teacher: Annotated[list[Path] | None, typer.Option(help="Folder of a teacher's run; may be given again.")] = None,
    student: Annotated[list[Path] | None, typer.Option(help="Folder of a student's run; may be given again.")] = None,
    bundle: Annotated[list[Path] | None, typer.Option(help="A bundle, judged as it ships; may be given again.")] = None,
    lists: Annotated[
        Path | None,
        typer.Option(help="Write each query's top 20 as 'shopper<TAB>toy toy …'; one file a recommender if several."),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print every figure as JSON.")] = False,
) -> None:
    """Rank all toys for every held-out query and print Recall and NDCG, by slice, with 95 % intervals."""
    from data.dataset import load_fit_dataset
    from data.protocol import Protocol, default_order, split_dataset
    from recommender.evaluation.compare import compare
    from recommender.evaluation.ranking import judge
    from recommender.evaluation.report import report, write_lists

    if lists is not None:
        _check_lists(lists)
    dataset = load_fit_dataset(data)
    used_order = order.value if order else default_order(dataset)
    split = split_dataset(dataset, Protocol(protocol.value), used_order)
    holdout = split.test if part is Part.TEST else split.validation
    judgements: list[Judgement] = []
    for contestant in _contestants(dataset, split.train, recommender, teacher or [], student or [], bundle or []):
        with progress_bar() as progress:
            task = progress.add_task(f"Judging {contestant.name}", total=len(holdout), note="")
            judgements.append(judge(contestant, holdout, on_progress=partial(progress.advance, task)))
    rows = [row for judgement in judgements for row in report(judgement, split.train)]
    best = max(judgements, key=lambda judgement: _ndcg(rows, judgement.recommender))
    pairs = [compare(best, other) for other in judgements if other is not best]
    if lists is not None:
        for judgement in judgements:
            file = lists if len(judgements) == 1 else lists.with_stem(f"{lists.stem}-{_slug(judgement.recommender)}")
            write_lists(judgement, dataset.index, file)
            ERR.print(f"Wrote {file}", markup=False)
    labels = {
        "dataset": dataset.digest,
        "protocol": holdout.protocol,
        "part": holdout.part,
        "order": used_order,
        "masking": judgements[0].masking,
    }
    if json:
        figures = [asdict(row) for row in rows]
        print_json({**labels, "rows": figures, "paired": [asdict(pair) for pair in pairs]})
    else:
        Console(width=max(OUT.width, _WIDTH)).print(_table(rows, labels))
        for pair in pairs:
            OUT.print(_sentence(pair))


def _contestants(
    dataset: Dataset,
    train: Sequences,
    names: list[str] | None,
    teachers: list[Path],
    students: list[Path],
    bundles: list[Path],
) -> Iterator[Recommender]:
    """Each recommender asked for, once, fitted or loaded when its turn comes; names are told apart."""
    from recommender.baselines.registry import BASELINES, QUICK, fit_baseline

    asked = list(dict.fromkeys(names if names is not None else QUICK))
    teachers, students, bundles = (list(dict.fromkeys(folders)) for folders in (teachers, students, bundles))
    for name in asked:
        if name not in BASELINES:
            raise ToyGuideError(
                f"The '--recommender' option of evaluate must be one of {', '.join(BASELINES)}. Got {name!r} instead."
            )
    for name in asked:
        yield fit_baseline(name, dataset.index, train)
    for folder in teachers:
        from recommender.learning.teacher import load_teacher

        trained = load_teacher(folder, dataset)[0]
        yield _named(trained, "teacher", folder, len(teachers))
    for folder in students:
        from distillation.distill import load_student

        distilled = load_student(folder, dataset)[0]
        yield _named(distilled, "student", folder, len(students))
    for folder in bundles:
        from recommender.serving.bundle import read_manifest
        from recommender.serving.student import OnnxStudent

        shipped = OnnxStudent.from_bundle(folder)
        made_from = str(read_manifest(folder).dataset.get("digest"))
        if shipped.index.ids != dataset.index.ids or made_from != dataset.digest:
            raise ToyGuideError(
                f"{folder} was made from dataset {made_from[:12]}, but this dataset is {dataset.digest[:12]}. "
                "Give the dataset it was made from: it may have learned what is to be found here."
            )
        yield _named(shipped, shipped.name, folder, len(bundles))


def _check_lists(file: Path) -> None:
    """Raise ToyGuideError unless `file` can be a plain file: said before hours of judging, not after."""
    if not file.name or (file.exists() and not file.is_file()) or not _above(file).is_dir():
        raise parameter_error("--lists", "evaluate", "the name of a new or a plain file in a folder", str(file))


def _above(file: Path) -> Path:
    return next(parent for parent in file.resolve().parents if parent.exists())


def _named(recommender: Recommender, name: str, folder: Path, many: int) -> Recommender:
    recommender.name = f"{name} {folder}" if many > 1 else name
    return recommender


def _ndcg(rows: list[Row], name: str) -> float:
    return next(row.metrics["ndcg@10"] for row in rows if row.recommender == name and row.slice == "all")


def _slug(name: str) -> str:
    return "-".join("".join(c if c.isalnum() else " " for c in name.lower()).split())


def _table(rows: list[Row], labels: dict[str, str]) -> Table:
    caption = "{protocol}, {part} part, {order} order, all toys ranked, {masking}".format(**labels)
    table = Table("recommender", "slice", "queries", title=caption)
    metrics = [f"{metric}@{k}" for k in (5, 10, 20) for metric in ("recall", "ndcg")]
    for name in metrics:
        table.add_column(name.replace("recall", "R").replace("ndcg", "N"), justify="right")
        if name == "ndcg@10":
            table.add_column("95 %", justify="right")
    table.columns[2].justify = "right"
    before = ""
    for row in rows:
        if row.recommender != before:
            table.add_section()
        cells: list[str] = []
        for name in metrics:
            cells.append(_short(row.metrics[name]) if row.metrics else "–")
            if name == "ndcg@10":
                cells.append(f"{_short(row.low)}–{_short(row.high)}" if row.metrics else "–")
        table.add_row(
            "" if row.recommender == before else escape(row.recommender), row.slice, f"{row.queries:,}", *cells
        )
        before = row.recommender
    return table


def _short(value: float) -> str:
    return f"{value:.4f}".removeprefix("0")


def _sentence(pair: Comparison) -> str:
    return escape(
        f"{pair.first} − {pair.second}: {pair.metric} {pair.difference:+.4f} "
        f"({pair.low:+.4f} to {pair.high:+.4f}, 95 %; paired over {pair.queries:,} queries, p = {pair.p:.4f})"
    )
