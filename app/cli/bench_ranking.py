"""`toyguide bench ranking`: what an evaluation by full ranking costs, beyond the scores themselves."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from app.cli.console import OUT, print_json


def bench_ranking(
    data: Annotated[Path, typer.Option("--data", help="Folder of a dataset.")],
    recommender: Annotated[str, typer.Option(help="A baseline by name; its scores are timed apart.")] = "popularity",
    repeats: Annotated[int, typer.Option(min=1, max=100, help="Times to rank; medians count.")] = 3,
    as_json: Annotated[bool, typer.Option("--json", help="Print every figure as JSON.")] = False,
) -> None:
    """Rank all toys for every test query: seconds of scores and of all else, and the most memory held."""
    from data.dataset import load_fit_dataset
    from data.protocol import plan_split, split_dataset
    from recommender.baselines.registry import fit_baseline
    from recommender.evaluation.cost import ranking_cost

    dataset = load_fit_dataset(data)
    split = split_dataset(dataset, plan_split(dataset))
    ranked = fit_baseline(recommender, dataset, split.train)
    cost = ranking_cost(ranked, split.test, split.learned("test"), repeats)
    if as_json:
        print_json({"dataset": dataset.digest, **asdict(cost)})
        return
    OUT.print(
        f"{cost.queries:,} queries × {cost.toys:,} toys: {cost.ranking_seconds:.1f} s to rank them and make "
        f"every metric of every slice, beyond {cost.scoring_seconds:.1f} s of scores by {cost.recommender} (median of "
        f"{cost.repeats}); {cost.peak_memory_mb:,.0f} MiB held at most",
        markup=False,
    )
