"""`toyguide data oracle`: recommenders against the truth of a simulated world."""

from __future__ import annotations

from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer
from rich.console import Console
from rich.table import Table

from app.cli.console import OUT, print_json, progress_bar
from data.errors import parameter_error

if TYPE_CHECKING:
    from recommender.evaluation.truth import TrueRow

_WIDTH: Final = 100
_MOST_CELLS: Final = 2**28  # of a float32 [queries, toys] array: 1 GiB


def oracle(
    folder: Annotated[Path, typer.Argument(help="Folder of a simulated dataset.")],
    recommender: Annotated[
        list[str] | None,
        typer.Option(help="A baseline by name; may be given again. By default the four quick ones."),
    ] = None,
    teacher: Annotated[list[Path] | None, typer.Option(help="Folder of a teacher's run; may be given again.")] = None,
    student: Annotated[list[Path] | None, typer.Option(help="Folder of a student's run; may be given again.")] = None,
    bundle: Annotated[list[Path] | None, typer.Option(help="A bundle, judged as it ships; may be given again.")] = None,
    no_history: Annotated[
        bool, typer.Option("--no-history", help="Ask for new shoppers: tell whom it is for, and nothing that was met.")
    ] = False,
    queries: Annotated[int, typer.Option(min=1, help="Queries to judge, drawn from the test part.")] = 2000,
    seed: Annotated[int, typer.Option(help="Seed of the draw.")] = 0,
    json: Annotated[bool, typer.Option("--json", help="Print every figure as JSON.")] = False,
) -> None:
    """Judge recommenders against what the simulated world knows: the true probability of every toy at every choice."""
    from app.cli.contestants import Asked, contestants
    from data.dataset import load_dataset
    from data.protocol import plan_split, split_dataset
    from data.world.oracle import holdout_probabilities, world_of
    from recommender.evaluation.ranking import judge
    from recommender.evaluation.truth import compare_with_truth

    dataset = load_dataset(folder)
    most = max(1, _MOST_CELLS // max(dataset.toys.num_rows, 1))
    if queries > most:
        raise parameter_error(
            "--queries", "data oracle", f"an int in [1, {most}] for {dataset.toys.num_rows} toys", queries
        )
    plan = plan_split(dataset)
    split = split_dataset(dataset, plan)
    holdout = split.test.sample(queries, seed)
    known = holdout.without_history() if no_history else holdout
    asked = Asked(recommender, teacher or [], [], student or [], bundle or [])
    with progress_bar() as progress:
        task = progress.add_task("Making the world again", total=None, note="")
        world = world_of(dataset, lambda done, total: progress.update(task, completed=done, total=total))
        judgements = []
        for contestant, _ in contestants(dataset, split, plan, "test", asked):
            task = progress.add_task(f"Judging {contestant.name}", total=len(holdout), note="")
            judgements.append(judge(contestant, known, on_progress=partial(progress.advance, task)))
        task = progress.add_task("Asking the truth", total=1, note="")
        truth = holdout_probabilities(world, holdout)
        progress.advance(task)
    rows = compare_with_truth(judgements, truth, holdout)
    told = "whom it is for alone" if no_history else "the history and whom it is for"
    if json:
        labels = {"dataset": dataset.digest, "protocol": holdout.protocol, "part": holdout.part, "query": told}
        print_json({**labels, "rows": [asdict(row) for row in rows]})
    else:
        Console(width=max(OUT.width, _WIDTH)).print(_table(rows, told))


def _table(rows: list[TrueRow], told: str) -> Table:
    table = Table("recommender", "queries", "Recall@10", "NDCG@10", "true chance@10", "regret@10", "95 %")
    for column in table.columns[1:]:
        column.justify = "right"
    table.caption = (
        f"leave-one-out, test part, told {told}; chance: true probability that the choice is among the first ten"
    )
    for row in rows:
        table.add_row(
            row.recommender,
            f"{row.queries:,}",
            *(f"{value:.4f}" for value in (row.recall, row.ndcg, row.chance, row.regret)),
            f"{row.low:.4f}–{row.high:.4f}",
        )
    return table
