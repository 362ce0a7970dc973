"""`toyguide evaluate`: any recommenders, judged on the same queries, in one table."""

from __future__ import annotations

from dataclasses import asdict
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from app.cli.console import ERR, OUT, print_json, progress_bar
from app.cli.folders import check_file
from app.cli.judgements import DEFAULT_RUNS, RunsOption, keep_evaluation
from app.cli.protocol import CutOption, OrderOption, ProtocolName, ProtocolOption, ValidationCutOption, chosen_plan
from data.errors import parameter_error

if TYPE_CHECKING:
    from recommender.evaluation.beyond import Beyond
    from recommender.evaluation.compare import Comparison
    from recommender.evaluation.ranking import Judgement
    from recommender.evaluation.report import Row

_WIDTH = 116  # of the table: figures are never cut, however narrow the terminal


class PartName(StrEnum):
    """Which held-out part is judged."""

    TEST = "test"
    VALIDATION = "validation"
    NEWCOMERS = "newcomers"


def evaluate(
    data: Annotated[Path, typer.Option(help="Folder of the dataset.")],
    protocol: ProtocolOption = ProtocolName.LEAVE_ONE_OUT,
    part: Annotated[PartName, typer.Option(help="Which targets are to be found.")] = PartName.TEST,
    order: OrderOption = None,
    cut: CutOption = None,
    validation_cut: ValidationCutOption = None,
    recommender: Annotated[
        list[str] | None,
        typer.Option(help="A baseline by name; may be given again. By default the four quick ones."),
    ] = None,
    teacher: Annotated[list[Path] | None, typer.Option(help="Folder of a teacher's run; may be given again.")] = None,
    blend: Annotated[list[Path] | None, typer.Option(help="Folder of a blend; may be given again.")] = None,
    student: Annotated[list[Path] | None, typer.Option(help="Folder of a student's run; may be given again.")] = None,
    bundle: Annotated[list[Path] | None, typer.Option(help="A bundle, judged as it ships; may be given again.")] = None,
    against: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Test every other recommender against this one of those judged (a baseline's name, or teacher, blend, "
            "student or bundle, with its folder if there are several); by default the best against every other.",
        ),
    ] = None,
    lists: Annotated[
        Path | None,
        typer.Option(help="Write each query's top 20 as 'shopper<TAB>toy toy …'; one file a recommender if several."),
    ] = None,
    all_slices: Annotated[
        bool, typer.Option("--all-slices", help="Print every slice, not the four main ones.")
    ] = False,
    runs: RunsOption = DEFAULT_RUNS,
    json: Annotated[bool, typer.Option("--json", help="Print every figure as JSON.")] = False,
) -> None:
    """Rank all toys for every held-out query and print Recall and NDCG, by slice, with 95 % intervals."""
    from app.cli.contestants import Asked, contestants, note_judged
    from data.dataset import load_fit_dataset
    from data.protocol import split_dataset
    from recommender.evaluation.beyond import beyond_accuracy
    from recommender.evaluation.compare import compare
    from recommender.evaluation.ranking import judge
    from recommender.evaluation.report import MAIN_SLICES, check_ids, report, write_lists
    from recommender.records import dataset_record

    if lists is not None:
        _check_lists(lists)
    asked = Asked(recommender, teacher or [], blend or [], student or [], bundle or [])
    named = None if against is None else asked.place_of(against)
    dataset = load_fit_dataset(data)
    plan = chosen_plan(dataset, protocol, order, cut, validation_cut)
    split = split_dataset(dataset, plan)
    holdout, learned = split.holdout(part.value), split.learned(part.value)
    if lists is not None:
        check_ids(dataset.index, holdout.histories.shoppers)
    judgements: list[Judgement] = []
    folders: dict[str, Path] = {}
    for contestant, folder in contestants(dataset, split, plan, part.value, asked):
        if folder is not None:
            folders[contestant.name] = folder
        with progress_bar() as progress:
            task = progress.add_task(f"Judging {contestant.name}", total=len(holdout), note="")
            judgements.append(judge(contestant, holdout, on_progress=partial(progress.advance, task)))
    rows = [row for judgement in judgements for row in report(judgement, learned)]
    toys = dataset.toy_rows()
    beyond = [beyond_accuracy(judgement, holdout, learned, toys) for judgement in judgements]
    if named is None:
        best = max(judgements, key=lambda judgement: _ndcg(rows, judgement.recommender))
        pairs = [compare(best, other) for other in judgements if other is not best]
    else:
        pairs = [compare(other, judgements[named]) for other in judgements if other is not judgements[named]]
    if lists is not None:
        for judgement in judgements:
            file = lists if len(judgements) == 1 else lists.with_stem(f"{lists.stem}-{_slug(judgement.recommender)}")
            write_lists(judgement, dataset.index, file)
            ERR.print(f"Wrote {file}", markup=False)
    labels = {
        "dataset": dataset.digest,
        "protocol": holdout.protocol,
        "part": holdout.part,
        "order": plan.order,
        "masking": judgements[0].masking,
        "query": judgements[0].query,
        "undated left out": split.undated,
    }
    if part is not PartName.VALIDATION:
        for row in rows:
            if row.slice == "all" and row.recommender in folders:
                note_judged(folders[row.recommender], labels, row.metrics)
    figures = {
        "rows": [asdict(row) for row in rows],
        "beyond": [asdict(each) for each in beyond],
        "paired": [asdict(pair) for pair in pairs],
    }
    best_row = max((row for row in rows if row.slice == "all" and row.metrics), key=_ndcg_of, default=None)
    keep_evaluation(
        runs,
        {
            **labels,
            "dataset": dataset_record(dataset, plan),
            "recommenders": [judgement.recommender for judgement in judgements],
            "folders": {name: str(found) for name, found in folders.items()},
            "best": None if best_row is None else {"recommender": best_row.recommender, **best_row.metrics},
            **figures,
        },
    )
    if json:
        print_json({**labels, **figures})
    else:
        shown = [row for row in rows if row.queries and (all_slices or row.slice in MAIN_SLICES)]
        Console(width=max(OUT.width, _WIDTH)).print(_table(shown, labels))
        OUT.print(_beyond_table(beyond))
        for pair in pairs:
            OUT.print(_sentence(pair))


def _check_lists(file: Path) -> None:
    """Raise ToyGuideError unless `file` can be a plain file: said before hours of judging, not after."""
    if not file.name or (file.exists() and not file.is_file()) or not _above(file).is_dir():
        raise parameter_error("--lists", "evaluate", "the name of a new or a plain file in a folder", str(file))
    check_file(file, "evaluate", "--lists")


def _above(file: Path) -> Path:
    return next(parent for parent in file.resolve().parents if parent.exists())


def _ndcg_of(row: Row) -> float:
    return row.metrics["ndcg@10"]


def _ndcg(rows: list[Row], name: str) -> float:
    return next(row.metrics["ndcg@10"] for row in rows if row.recommender == name and row.slice == "all")


def _slug(name: str) -> str:
    return "-".join("".join(c if c.isalnum() else " " for c in name.lower()).split())


def _table(rows: list[Row], labels: dict[str, Any]) -> Table:
    caption = "{protocol}, {part} part, {order} order, all toys ranked, {masking}, query: {query}".format(**labels)
    if labels["undated left out"]:
        caption += f", {labels['undated left out']:,} undated contacts left out"
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


def _beyond_table(rows: list[Beyond]) -> Table:
    table = Table("recommender", title="what the first ten are like")
    for name in ("coverage", "Gini", "novelty (bits)", "diversity", "calibration (KL)"):
        table.add_column(name, justify="right")
    for row in rows:
        values = (row.coverage, row.gini, row.novelty, row.diversity, row.calibration)
        table.add_row(escape(row.recommender), *(f"{value:.3f}" for value in values))
    return table


def _short(value: float) -> str:
    return f"{value:.4f}".removeprefix("0")


def _sentence(pair: Comparison) -> str:
    return escape(
        f"{pair.first} − {pair.second}: {pair.metric} {pair.difference:+.4f} "
        f"({pair.low:+.4f} to {pair.high:+.4f}, 95 %; paired over {pair.queries:,} queries, p = {pair.p:.4f})"
    )
