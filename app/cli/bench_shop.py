"""`toyguide bench shop`: how quick the shop is, from a tap to what stands on the screen."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Final

import typer
from rich.markup import escape
from rich.table import Table

from app.cli.console import OUT, print_json
from app.cli.measured import BundleOption, measured, words_of

if TYPE_CHECKING:
    from app.cli.shop_figures import ShopFigures

_STEPS: Final = {
    "first_page": "first page usable",
    "next_visit": "the same, visited again",
    "answer": "list after an answer",
    "like": "list after a like",
    "toy": "toy's page opened",
    "back": "back to the list",
    "switch_page": "another page",
    "search": "result of a search",
}


def bench_shop(
    bundle: BundleOption = None,
    rounds: Annotated[int, typer.Option(min=1, max=1000, help="Visits by a browser that knows nothing yet.")] = 10,
    as_json: Annotated[bool, typer.Option("--json", help="Print every figure as JSON.")] = False,
) -> None:
    """Start a kiosk and a shop and measure in a browser how long a visitor waits: first page, likes, pages, search."""
    from app.cli.shop_figures import browser_path, measure_shop

    browser_path()
    with measured(bundle) as (chosen, folder):
        figures = measure_shop(chosen, rounds, folder, untrained=bundle is None)
    if as_json:
        print_json(asdict(figures))
    else:
        _show(figures)


def _show(found: ShopFigures) -> None:
    what = words_of(found.toys, found.bundle, found.untrained)
    table = Table("", "median", "90 % under", "limit", "over the socket", title=escape(f"A shop with {what}"))
    for name, took in found.steps.items():
        limit = f"{took.limit:,} ms" if took.limit else ""
        late = took.limit is not None and took.median > took.limit
        middle = f"{took.median:,.0f} ms"
        table.add_row(
            _STEPS[name],
            f"[red]{middle}[/red]" if late else middle,
            f"{took.p90:,.0f} ms",
            limit,
            f"{took.socket_kib:,.0f} KiB",
        )
    table.caption = (
        f"{found.rounds} visits with {found.browser}, each with nothing cached, servers warm; from the tap (or the "
        "navigation) until the list stands with its pictures, to the next picture of the screen (1/60 s)."
    )
    OUT.print(table)
