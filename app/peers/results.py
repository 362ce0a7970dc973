"""What a contest gave, as one JSON value, and that value as the table of the README."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from recommender.evaluation.compare import bootstrap_interval
from recommender.evaluation.metrics import MAIN, per_query
from recommender.evaluation.ranking import Judgement

_MINUTES_FROM: Final = 120
SHOWN: Final = ("recall@5", "ndcg@5", "recall@10", "ndcg@10", "recall@20", "ndcg@20")
CROWDED: Final = 0.25
"""Cores that other processes keep busy, from which on the figures of a clock are not to be trusted."""
TIMES: Final = ("milliseconds", "bare_milliseconds", "start_seconds", "pace", "seconds", "processor_seconds")
NONE: Final = "–"
DATASETS: Final = {"world": "the demo's simulated shop"}
"""What readers call a dataset, by its source."""


def row_of(judgement: Judgement, kind: str, costs: Mapping[str, Any]) -> dict[str, Any]:
    """One contestant: quality over all queries, NDCG@10 with its 95 % bootstrap interval, and what it costs."""
    values = per_query(judgement.ranks)
    low, high = bootstrap_interval(values[MAIN])
    quality = {name: float(values[name].mean()) for name in SHOWN}
    return {"name": judgement.recommender, "kind": kind, **quality, "low": low, "high": high, **costs}


def crowded(row: Mapping[str, Any]) -> bool:
    """Whether the machine had other work while this one was timed, or it was not timed at all."""
    steps = [row, row.get("pace") or row]
    return any(step.get("others") is None or step["others"] > CROWDED for step in steps)


def without_times(found: Mapping[str, Any]) -> dict[str, Any]:
    """The results without any time of a row that was timed on a busy machine."""
    return {**found, "rows": [_timeless(row) if crowded(row) else row for row in found["rows"]]}


def _timeless(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _timeless(part) for name, part in value.items() if name not in TIMES}
    return [_timeless(part) for part in value] if isinstance(value, list) else value


def section(found: Mapping[str, Any], pictures: str) -> str:
    """What stands in the README: what was judged, the table, and the chart in the folder `pictures`.

    Times that were taken on a busy machine are left out, and so is the chart then; a learning that its budget cut short
    is marked.
    """
    rows, data = found["rows"], found["dataset"]
    name = DATASETS.get(data["name"], f"a dataset of the source `{data['name']}`")
    said = (
        f"On {name}: {found['queries']:,} shoppers, {data['toys']:,} toys, "
        f"{found['protocol']}, {found['part']} part, {found['order']} order, every toy ranked, toys of the query "
        f"masked; threads of every process: {found['threads']}.\n"
    )
    parts = [said, markdown(found)]
    if any(cut_short(row) for row in rows):
        parts.append(
            f"\\* had not tried all its settings to the end when its {found['minutes']:g} minutes of processor time "
            "were over.\n"
        )
    if any(crowded(row) for row in rows):
        parts.append("Times are left out: the machine had other work while they were taken.\n")
    else:
        parts.append(f"![Quality by the time of one request, ours and the peers']({pictures}/peers.svg)\n")
    return "\n".join(parts)


def markdown(found: Mapping[str, Any]) -> str:
    """The table alone."""
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
    lines = [f"| {' | '.join(heads)} |\n", f"|{'---|' * len(heads)}\n"]
    for row in found["rows"]:
        quiet = not crowded(row)
        cells = (
            row["name"] + ("\\*" if cut_short(row) else ""),
            share(row["recall@10"]),
            share(row["ndcg@10"]),
            f"{share(row['low'])}–{share(row['high'])}",
            milliseconds(row) if quiet else NONE,
            f"{row['bytes'] / 1e6:.2f}",
            f"{row['start_seconds']:.1f}" if quiet else NONE,
            f"{row['resident_mib']:,.0f}" if "resident_mib" in row else NONE,
            training(row) if quiet else NONE,
        )
        lines.append(f"| {' | '.join(cells)} |\n")
    return "".join(lines)


def cut_short(row: Mapping[str, Any]) -> bool:
    """Whether a peer's minutes were over before it had tried all its settings to the end."""
    return row.get("learning", {}).get("done") is False


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
    return f"{_lasting(pace['seconds'])} ({pace['epochs']} × {_lasting(pace['seconds_per_epoch'])})"


def _lasting(seconds: float) -> str:
    """A time to two digits or so, in the unit in which people would say it."""
    if seconds >= _MINUTES_FROM:
        return f"{seconds / 60:.1f} min"
    return f"{seconds:.1f} s" if seconds >= 1 else f"{seconds * 1000:.0f} ms"
