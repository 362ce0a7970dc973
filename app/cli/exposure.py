"""`toyguide exposure`: what shoppers would have wanted of a new bundle's lists, by the toys on trial."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from app.cli.console import ERR, OUT, print_json, progress_bar
from app.cli.live import EventsOption, SinceOption, live_events, moment_of
from data.errors import parameter_error


def exposure(
    data: Annotated[Path, typer.Option(help="The dataset whose toys the events are of.")],
    bundle: Annotated[Path, typer.Option(help="The new bundle.")],
    against: Annotated[Path, typer.Option(help="The bundle that made the lists.")],
    events: EventsOption,
    since: SinceOption = None,
    lists: Annotated[int, typer.Option(help="At most so many lists, the newest.")] = 10_000,
    diversity: Annotated[float, typer.Option(help="The kiosks' setting `diversity`.")] = 0.2,
    category_share: Annotated[float, typer.Option(help="The kiosks' setting `category_share`.")] = 0.5,
    as_json: Annotated[bool, typer.Option("--json", help="Print every figure as JSON.")] = False,
) -> None:
    """Estimate how much shoppers would have wanted of a new bundle's lists, from those of the one that runs."""
    from data.dataset import load_dataset
    from recommender.evaluation.trials import try_lists
    from recommender.serving.load import load_bundle
    from recommender.serving.policy.arrange import Arrangement

    if not 1 <= lists <= 10**6:
        raise parameter_error("--lists", "exposure", "an int in [1, 1000000]", lists)
    if not 0 <= diversity <= 1:
        raise parameter_error("--diversity", "exposure", "a number in [0, 1]", diversity)
    if not 0 < category_share <= 1:
        raise parameter_error("--category-share", "exposure", "a number in (0, 1]", category_share)
    running, new = load_bundle(against), load_bundle(bundle)
    live = live_events(events, load_dataset(data), moment_of(since, "exposure"), "exposure")
    arrangement = Arrangement(diversity, category_share)
    with progress_bar() as progress:
        task = progress.add_task("Making the lists anew", total=None, note="")
        found = try_lists(
            live.seen,
            running,
            new,
            arrangement,
            lists,
            lambda done, of: progress.update(task, completed=done, total=of),
        )
    if as_json:
        print_json({"running": running.model, "new": new.model, **found.record()})
    else:
        if found.exposure is not None:
            print_figures(found.record())
        OUT.print(found.says, style="bold", markup=False)


def print_figures(found: Mapping[str, Any]) -> None:
    """The figures of `Trials.record()`, of trials that say something, as a table."""
    what = found["exposure"]
    ERR.print(
        f"{what['lists']:,} of {found['lists']:,} lists, {what['visits']:,} visits; "
        f"{sum(found['unused'].values()):,} could not be made anew, {found['untried']:,} had no place for a trial. "
        f"{what['trials']:,} of {what['places']:,} toys were on trial ({what['expected_trials']:,.0f} expected), "
        f"{what['wanted_trials']:,} of them were wanted.",
        highlight=False,
    )
    table = Table("wanted toys a list", title_justify="left")
    table.add_column("", justify="right")
    table.add_column("95 %", justify="right")
    table.add_row("running, as it was", *_figure(what["running"]))
    table.add_row("new, plain: toys shown that it would show too", f"{what['replayed']:.3f}", "biased")
    table.add_row("new, by the toys on trial", *_figure(what["new"]))
    table.add_row("new − running", *_figure(what["difference"], "+"))
    table.add_row("check: running without trials, estimated", *_figure(what["plain"]))
    if what["plain_seen"] is not None:
        table.add_row("check: running without trials, seen", f"{what['plain_seen']:.3f}", "")
    OUT.print(table)
    OUT.print(
        f"{what['supported']:.1%} of what the new bundle would show had a chance to be shown. The weights leave as "
        f"much as {what['effective']:,.0f} toys would say without them; {what['clipped']} were cut. "
        f"η = {what['decay']:g}.",
        highlight=False,
    )


def _figure(figure: Mapping[str, float], sign: str = "") -> tuple[str, str]:
    return f"{figure['value']:{sign}.3f}", f"{figure['low']:{sign}.3f} to {figure['high']:{sign}.3f}"
