"""`toyguide data stats`: a dataset in figures, as a table, as JSON and as a page."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from app.cli.console import ERR, OUT, print_json
from app.cli.folders import check_file
from data.errors import parameter_error

if TYPE_CHECKING:
    from data.stats import Stats


def stats(
    folder: Annotated[Path, typer.Argument(help="Folder of the dataset.")],
    html: Annotated[Path | None, typer.Option(help="Write a page with plots to this file.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print every figure as JSON.")] = False,
) -> None:
    """Count and measure a dataset: density, sessions, long tail, ties, missing fields, ages, prices."""
    from app.report.dataset import dataset_page
    from data.atomic import atomic_file
    from data.dataset import load_dataset
    from data.stats import describe

    if html is not None and html.is_dir():
        raise parameter_error("--html", "data stats", "a file", str(html))
    if html is not None:
        check_file(html, "data stats", "--html")
    found = describe(load_dataset(folder))
    if html is not None:
        with atomic_file(html) as temporary:
            temporary.write_text(dataset_page(found, folder.resolve().name), encoding="utf-8")
        ERR.print(f"Wrote {escape(str(html))}")
    if json:
        print_json(asdict(found))
    else:
        _print(found, folder)


def _print(found: Stats, folder: Path) -> None:
    table = Table("what", "value", title=f"Dataset {escape(str(folder))}", title_justify="left")
    for label, value in _lines(found):
        table.add_row(escape(label), escape(value))
    OUT.print(table)
    missing = Table("table", "column", "missing", title="Missing fields", title_justify="left")
    missing.columns[2].justify = "right"
    for name, shares in found.missing.items():
        for column, share in shares.items():
            if share:
                missing.add_row(name, column, f"{share:.2%}")
        missing.add_section()
    if missing.row_count:
        OUT.print(missing)
    OUT.print(f"digest {found.digest}", highlight=False)


def _lines(found: Stats) -> list[tuple[str, str]]:
    lines = [
        ("source", found.source),
        ("toys", f"{found.toys:,} ({found.toys - found.toys_met:,} never met)"),
        ("shoppers", f"{found.shoppers:,}"),
        ("events", f"{found.events:,}"),
        *((f"  {kind}", f"{count:,}") for kind, count in found.kinds.items() if count),
        ("sessions", f"{found.sessions:,}" if found.sessions else "none stated"),
        ("period", " to ".join(moment[:10] for moment in found.period) if found.period else "no dates"),
        ("density", f"{found.density:.4%} of all shopper–toy pairs"),
    ]
    for label, spread in (
        ("shopper", found.events_a_shopper),
        ("toy", found.events_a_toy),
        ("session", found.events_a_session),
    ):
        if not spread.most:
            continue
        lines.append(
            (
                f"events a {label}",
                f"mean {spread.mean:.1f}, median {spread.median:g}, 95 % {spread.p95:g}, most {spread.most:g}",
            )
        )
    lines += [(f"events on the top {share} % of toys", f"{value:.1%}") for share, value in found.top.items()]
    lines.append(("Gini of toys", f"{found.gini:.3f}"))
    if found.ties is not None:
        lines.append(("test targets (leave-one-out)", f"{found.ties.targets:,}"))
        lines.append(("  same time as the one before", f"{found.ties.same_time:.1%}"))
        lines.append(("  time unknown", f"{found.ties.unknown_time:.1%}"))
    if found.prices:
        price = found.price
        lines.append(
            (
                "price",
                f"median {price.median:.2f}, {price.least:.2f} to {price.most:.2f} {found.currency or ''}".strip(),
            )
        )
    lines.append(("audience", ", ".join(f"{name} {count:,}" for name, count in found.audiences.items())))
    return lines
