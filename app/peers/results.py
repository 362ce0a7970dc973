"""What a contest gave, as one JSON value, and that value as the table of the README."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from recommender.evaluation.compare import bootstrap_interval
from recommender.evaluation.metrics import MAIN, per_query
from recommender.evaluation.ranking import Judgement

SHOWN: Final = ("recall@5", "ndcg@5", "recall@10", "ndcg@10", "recall@20", "ndcg@20")
CROWDED: Final = 0.5
"""Processes that wait for a core, by core, from which on the figures of a clock are not to be trusted."""
NONE: Final = "–"


def row_of(judgement: Judgement, kind: str, costs: Mapping[str, Any]) -> dict[str, Any]:
    """One contestant: quality over all queries, NDCG@10 with its 95 % bootstrap interval, and what it costs."""
    values = per_query(judgement.ranks)
    low, high = bootstrap_interval(values[MAIN])
    quality = {name: float(values[name].mean()) for name in SHOWN}
    return {"name": judgement.recommender, "kind": kind, **quality, "low": low, "high": high, **costs}


def crowded(row: Mapping[str, Any], cores: int) -> bool:
    """Whether the machine had other work while this one was timed, or it was not timed at all."""
    return row.get("load") is None or row["load"] > CROWDED * cores


def markdown(found: Mapping[str, Any]) -> str:
    """The README's table; times that were taken on a busy machine are left out."""
    heads = (
        "recommender",
        "R@10",
        "N@10",
        "N@10, 95 %",
        "ms a request",
        "MB",
        "start, s",
        "MiB in service",
        "training",
    )
    lines = [" | ".join(heads), "|".join(["---"] * len(heads))]
    for row in found["rows"]:
        quiet = not crowded(row, found["machine"]["cores"])
        cells = [
            row["name"],
            share(row["recall@10"]),
            share(row["ndcg@10"]),
            f"{share(row['low'])}–{share(row['high'])}",
            milliseconds(row) if quiet else NONE,
            f"{row['bytes'] / 1e6:.2f}",
            f"{row['start_seconds']:.1f}" if quiet else NONE,
            f"{row['resident_mib']:,.0f}" if "resident_mib" in row else NONE,
            training(row) if quiet else NONE,
        ]
        lines.append(" | ".join(cells))
    return "".join(f"| {line} |\n" for line in lines).replace("| ---|", "|---|").replace("|--- |", "|---|")


def share(value: float) -> str:
    """A share of 1 to four digits, without the zero before the point."""
    return f"{value:.4f}".removeprefix("0")


def milliseconds(row: Mapping[str, Any]) -> str:
    """A request's time, and the bare model's where it has a way of its own."""
    if "milliseconds" not in row:
        return NONE
    bare = f" (bare {row['bare_milliseconds']:.2f})" if "bare_milliseconds" in row else ""
    return f"{row['milliseconds']:.2f}{bare}"


def training(row: Mapping[str, Any]) -> str:
    """How long learning takes, and of how many rounds."""
    pace = row.get("pace")
    if not pace:
        return NONE
    return f"{pace['seconds'] / 60:.1f} min ({pace['epochs']} × {pace['seconds_per_epoch']:.1f} s)"


def quickest(row: Mapping[str, Any]) -> float:
    """Milliseconds of the quicker way to ask."""
    return float(min(row["milliseconds"], row.get("bare_milliseconds", row["milliseconds"])))


def names(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Whom the rows are of."""
    return [str(row["name"]) for row in rows]
