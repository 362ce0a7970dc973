"""What `toyguide bench sizes` measured, as rows of words and as a page of Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from app.cli.sizes.verdict import RULES
from app.report.charts import percent

_LIKENESS: Final = {
    "real": "real toys",
    "grown": "as many grown ones",
    "noise": "as many of independent noise",
}


def heads(k: int) -> list[str]:
    """What `cells` are."""
    return ["way", f"recall@{k}", "ms", "95 %", "× float32 (rounds)", "MB", "build s"]


def cells(way: Mapping[str, Any]) -> list[str]:
    """One way over one catalogue. way: `app.cli.sizes.rounds.Figures` as JSON"""
    return [
        f"{way['way']}, beam {way['beam']}" if way["beam"] else way["way"],
        "–" if way["way"] == RULES else f"{way['recall']:.4f}",
        f"{way['milliseconds']:.3f}",
        f"{way['p95']:.3f}",
        f"{way['over']:.2f} ({way['over_low']:.2f}–{way['over_high']:.2f})",
        "–" if way["megabytes"] is None else f"{way['megabytes']:.1f}",
        "–" if way["build_seconds"] is None else f"{way['build_seconds']:.1f}",
    ]


def head(size: Mapping[str, Any]) -> str:
    """What stands above the ways over one catalogue."""
    return f"{size['toys']:,} toys, of which masks allow {percent(size['share'])}"


def markdown(found: Mapping[str, Any], chart: str) -> str:
    """The page. found: all figures as `--json` prints them; chart: where the SVG lies"""
    parts = [
        "# Catalogue sizes: the figures",
        f"`toyguide bench sizes` around the {found['real_toys']:,} toys of model `{found['model'][:12]}`, "
        f"{found['width']} numbers a toy: {found['requests']} shoppers ask for {found['k']} toys, "
        f"{found['rounds']} rounds, one thread; indexes are built on {found['cores']} cores. What each way is: "
        "[bench-sizes.md](../bench-sizes.md).",
        f"![Milliseconds a request by the size of the catalogue]({chart})",
        "\n".join(f"- {sentence}" for sentence in found["says"]),
    ]
    for size in found["sizes"]:
        parts += [f"## {head(size)}", _table(heads(found["k"]), [cells(way) for way in size["ways"]])]
    rows = [
        [
            words,
            f"{each['nearest']:.2f}",
            f"{each['tenth']:.2f}",
            f"{each['dimension']:.1f}",
            f"{each['recall']:.3f}",
        ]
        for name, words in _LIKENESS.items()
        if (each := found["likeness"][name])
    ]
    parts += [
        "## Are grown toys like toys?",
        "Distances to the nearest and the tenth nearest, in how many directions toys lie about each other (Levina and "
        f"Bickel's estimate), and what an index finds of the best {found['k']} with its narrowest beam and no mask:",
        _table(["", "nearest", "tenth", "directions", "recall"], rows),
    ]
    return "\n\n".join(parts) + "\n"


def _table(names: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [names, ["---", *("---:" for _ in names[1:])], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
