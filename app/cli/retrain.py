"""`toyguide retrain`: from what kiosks took to a better bundle on the shelf, or to the reason why not."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer
from rich.table import Table

from app.cli.console import ERR, OUT, Exit, print_json, progress_bar
from app.cli.exposure import print_figures
from app.cli.live import EventsOption, SinceOption, live_events, moment_of
from app.cli.shelf import Shelf
from app.cli.train import HalfLifeOption, report_to
from data.errors import ToyGuideError, parameter_error

if TYPE_CHECKING:
    from app.cli.live import Live
    from distillation.retrain import Before, Verdict

_PARTS: Final = ("data", "teacher", "bundle")


def retrain(
    out: Annotated[Path, typer.Option(help="Folder for the new dataset, teacher, student and bundle.")],
    events: EventsOption,
    since: SinceOption = None,
    before: Annotated[
        Path | None,
        typer.Option(
            "--from", help="What runs now: a folder with dataset, teacher and bundle, as demo and retrain leave it."
        ),
    ] = None,
    data: Annotated[Path | None, typer.Option(help="The dataset of the teacher.", show_default="in --from")] = None,
    teacher: Annotated[Path | None, typer.Option(help="The teacher's run.", show_default="in --from")] = None,
    bundle: Annotated[Path | None, typer.Option(help="The bundle that runs.", show_default="in --from")] = None,
    catalogue: Annotated[
        Path | None, typer.Option(help="A dataset with the toys of today; new ones get numbers behind the old.")
    ] = None,
    epochs: Annotated[
        int | None, typer.Option(help="Epochs that the teacher trains on.", show_default="a third of its own")
    ] = None,
    rate: Annotated[
        float | None, typer.Option(help="The teacher's learning rate.", show_default="half of its own")
    ] = None,
    half_life: HalfLifeOption = 30.0,
    largest: Annotated[float, typer.Option("--largest", help="MB that the student may have as it ships.")] = 2.0,
    publish: Annotated[
        Path | None, typer.Option(help="If all gates are passed, publish the bundle in this folder for kiosks.")
    ] = None,
    key: Annotated[
        Path | None, typer.Option("--key", help="With --publish: the private key that signs the new bundle first.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the verdict and its figures as JSON.")] = False,
) -> None:
    """Join new events, train the teacher on, distil, and judge the new bundle against the one that runs."""
    from data.dataset import load_dataset, load_fit_dataset
    from distillation.retrain import BUNDLE, RetrainOptions, retrain
    from recommender.learning.recency import MAX_HALF_LIFE

    parts = _parts(before, {"data": data, "teacher": teacher, "bundle": bundle})
    shelf = None if publish is None else Shelf(publish, key)
    if shelf is None and key is not None:
        raise parameter_error("--key", "retrain", "given together with --publish", str(key))
    if epochs is not None and not 1 <= epochs <= 1000:
        raise parameter_error("--epochs", "retrain", "an int in [1, 1000]", epochs)
    if rate is not None and not 0 < rate <= 1:
        raise parameter_error("--rate", "retrain", "a number in (0, 1]", rate)
    if not 0 <= half_life <= MAX_HALF_LIFE:
        raise parameter_error("--half-life", "retrain", f"a number in [0, {MAX_HALF_LIFE:.0f}]", half_life)
    if not 0 < largest <= 1000:
        raise parameter_error("--largest", "retrain", "a number in (0, 1000]", largest)
    if shelf is not None:
        shelf.check(parts.bundle, out)
    today = None if catalogue is None else load_fit_dataset(catalogue)
    live = live_events(events, today or load_dataset(parts.data), moment_of(since, "retrain"), "retrain")
    options = RetrainOptions(epochs, rate, half_life, round(largest * 1e6))
    with progress_bar() as progress:
        found = retrain(
            out, parts, live.dataset.events, today, options, lambda title: report_to(progress, title), live.seen
        )
    place, unpublished = None, None
    if shelf is not None and found.passed:
        try:
            place = shelf.put(out / BUNDLE, found.running)
        except ToyGuideError as error:
            unpublished = error  # the verdict comes first: it took hours
    if as_json:
        print_json(
            {
                **found.record(),
                "unknown_events": live.unknown_events,
                "mistimed_events": live.mistimed,
                "published": place and str(place),
            }
        )
    else:
        _print(found, live)
        if place is not None:
            OUT.print(f"Published: {place}", markup=False)
    if unpublished is not None:
        raise unpublished
    if not found.passed:
        raise typer.Exit(Exit.GATE)


def _parts(folder: Path | None, given: dict[str, Path | None]) -> Before:
    from distillation.retrain import Before

    names = {"data": "dataset", "teacher": "teacher", "bundle": "bundle"}
    found: dict[str, Path] = {}
    for part in _PARTS:
        chosen = given[part] or (None if folder is None else folder / names[part])
        if chosen is None:
            raise ToyGuideError(f"Give --{part}, or --from with a folder that holds dataset, teacher and bundle.")
        found[part] = chosen
    return Before(**found)


def _print(found: Verdict, live: Live) -> None:
    ERR.print(_joined_words(found, live), markup=False, highlight=False)
    table = Table("gate", "", "finding")
    for gate in found.gates:
        table.add_row(gate.name, "passed" if gate.passed else "held back", gate.says)
    OUT.print(table)
    quality = next((gate for gate in found.gates if gate.name == "quality"), None)
    if quality is not None and quality.figures:
        rows = Table("slice", title="NDCG@10, test part, paired", title_justify="left")
        for name in ("queries", "running", "new", "difference"):
            rows.add_column(name, justify="right")
        for name, row in quality.figures.items():
            rows.add_row(
                name, f"{row['queries']:,}", f"{row['running']:.4f}", f"{row['new']:.4f}",
                f"{row['low']:+.4f} to {row['high']:+.4f}",
            )  # fmt: skip
        OUT.print(rows)
    tried = next((gate.figures for gate in found.gates if gate.name == "exposure"), None)
    if tried is not None and tried["exposure"] is not None:
        print_figures(tried)
    OUT.print(found.says, style="bold", markup=False)


def _joined_words(found: Verdict, live: Live) -> str:
    joined = found.joined
    left_out = {
        "known already": joined.repeated,
        "with an id that another event has": joined.clashing,
        f"of {joined.robot_sessions:,} sessions or days that were no person's": joined.robots,
        "on unknown toys": joined.unknown + live.unknown_events,
    }
    words = ", ".join(f"{count:,} {why}" for why, count in left_out.items() if count) or "none"
    more = f" {live.mistimed:,} of a clock that was wrong have the time of arrival." if live.mistimed else ""
    if found.later:
        more += f" {found.later:,} events came after this retraining was begun: they are for the next one."
    return (
        f"{joined.events:,} new events joined; left out: {words}.{more} "
        f"{joined.new_toys:,} new toys, {joined.changed_toys:,} changed."
    )
