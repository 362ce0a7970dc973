"""`toyguide drift`: has the shop changed since the model learned, and is it time to train anew?"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from rich.markup import escape
from rich.table import Table

from app.cli.console import ERR, OUT, print_json
from app.cli.live import EventsOption, SinceOption, live_events, moment_of
from data.errors import DataError

if TYPE_CHECKING:
    from app.cli.live import Live
    from data.drift import Drift, Shift

_VERDICTS: Final = (
    "No need to retrain: the shop is as it was.",
    "Retrain at the next occasion: the shop has begun to change.",
    "Retrain now: this is another shop than the one that the model knows.",
)
_MOVED: Final = ("steady", "moved", "another mix")
_MOST_BINS: Final = 3


def drift(
    data: Annotated[Path, typer.Option(help="The dataset that the model was trained on.")],
    events: EventsOption,
    since: SinceOption = None,
    seed: Annotated[int, typer.Option(help="Seed of the draws that tell a change from chance.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print every figure as JSON.")] = False,
) -> None:
    """Compare live events with the training data: ages, categories, prices, kinds, toys that are new."""
    from data.dataset import Dataset, load_dataset
    from data.drift import measure_drift
    from data.people import MOST_OF_A_SESSION, of_people

    trained = load_dataset(data)
    live = live_events(events, trained, moment_of(since, "drift"), "drift")
    told = live.dataset.events.num_rows
    people, crowds = of_people(live.dataset.events)
    robots = told - people.num_rows
    if not people.num_rows:
        raise DataError(
            f"No event is left: all {told:,} came from sessions, or days of one shopper, with more than "
            f"{MOST_OF_A_SESSION} events."
        )
    now = Dataset(live.dataset.toys, people, live.dataset.source)
    found = measure_drift(trained, now, live.unknown_events, seed)
    if as_json:
        print_json({**figures(found, live), "robots": robots})
        return
    if robots:
        ERR.print(f"Left out: {robots:,} events of {crowds:,} sessions or days that were no person's.", highlight=False)
    OUT.print(_table(found))
    for shift in found.shifts:
        if shift.weight:
            OUT.print(f"{shift.name}: {_what_moved(shift)}", markup=False)
    OUT.print(
        f"Of the events {found.new_toys:.1%} are on toys that nobody had met when the model learned, and "
        f"{found.unknown_toys:.1%} on toys that its data does not hold; "
        f"{found.new_shoppers:.0%} of the shoppers are new."
    )
    if live.unknown_toys:
        most = ", ".join(f"{toy} ({count})" for toy, count in live.unknown_toys[:5])
        OUT.print(f"Unknown toys, the most frequent: {most}.", markup=False)
    OUT.print(_VERDICTS[found.weight], style="bold")


def figures(found: Drift, live: Live) -> dict[str, Any]:
    """All of it as JSON, with the verdict."""
    shifts = [asdict(shift) | {"moved": _MOVED[shift.weight]} for shift in found.shifts]
    return {
        **asdict(found),
        "shifts": shifts,
        "unknown_toys_named": dict(live.unknown_toys),
        "retrain": ("no", "soon", "now")[found.weight],
        "verdict": _VERDICTS[found.weight],
    }


def _table(found: Drift) -> Table:
    title = f"{found.events_now:,} live events of {found.shoppers_now:,} shoppers, against {found.events_before:,}"
    table = Table("mix", title=title, title_justify="left")
    for name in ("PSI", "by chance up to"):
        table.add_column(name, justify="right")
    table.add_column("")
    for shift in found.shifts:
        table.add_row(escape(shift.name), f"{shift.psi:.3f}", f"{shift.chance:.3f}", _MOVED[shift.weight])
    return table


def _what_moved(shift: Shift) -> str:
    largest = sorted(shift.bins, key=lambda each: -abs(each.now - each.before))[:_MOST_BINS]
    return ", ".join(f"{each.name} {each.before:.1%} → {each.now:.1%}" for each in largest)
