"""`toyguide data import kiosk`: what kiosks exported, as a dataset."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from app.cli.console import OUT, print_json
from app.cli.folders import check_file
from app.cli.imports import OnError, check_out, print_counts
from app.cli.understood import Faults, bytes_bar


def kiosk(
    files: Annotated[list[Path], typer.Argument(help="Exports of kiosks, plain or .gz.", show_default=False)],
    toys: Annotated[Path, typer.Option(help="The dataset whose toys the events are of.")],
    out: Annotated[Path, typer.Option(help="Folder for the dataset; an old dataset there is replaced.")],
    keep_events: Annotated[
        bool, typer.Option("--keep-events", help="Keep the events of --toys too, before the new ones.")
    ] = False,
    shown: Annotated[
        Path | None, typer.Option(help="Write the lists that were shown, with their chances, to this Parquet file.")
    ] = None,
    on_error: Annotated[
        OnError, typer.Option(help="Stop at a faulty line, or leave it out and count it.")
    ] = OnError.FAIL,
    json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")] = False,
) -> None:
    """Import what kiosks exported: their events, joined to the toys of a dataset."""
    import pyarrow.parquet as pq

    from data.atomic import atomic_file
    from data.dataset import load_dataset, save_dataset
    from data.importers.kiosk import import_kiosk
    from data.schema import EventColumn

    check_out(out, "data import kiosk")
    if shown is not None:
        check_file(shown, "data import kiosk", "--shown", read=files)
    faults = Faults(stop=on_error is OnError.FAIL)
    given = load_dataset(toys)
    with bytes_bar(files) as advance:
        found = import_kiosk(files, given, keep_events, faults, advance)
    save_dataset(found.dataset, out)
    if shown is not None:
        with atomic_file(shown) as temporary:
            pq.write_table(found.shown, temporary, compression="zstd")
    faults.print(listed=False)
    options = found.dataset.source.options
    summary = {
        "dataset": str(out),
        "toys": found.dataset.toys.num_rows,
        "events": found.dataset.events.num_rows,
        "shoppers": len(found.dataset.events[EventColumn.SHOPPER].unique()),
        "digest": found.dataset.digest,
        **options,
    }
    if json:
        print_json(summary)
        return
    print_counts("part", options["counts"], str(out))
    mistimed = options["from_the_future"] + options["long_before_arrival"]
    OUT.print(
        f"Of {', '.join(options['stores'])}: {summary['shoppers']:,} shoppers, {summary['events']:,} events "
        f"({options['repeated']:,} lines said again what an earlier one said; "
        f"{mistimed:,} events of a clock that was wrong have their time of arrival).",
        markup=False,
    )
    if options["unknown_toys"]:
        most = ", ".join(f"{toy} ({count})" for toy, count in list(options["unknown_toys"].items())[:5])
        OUT.print(f"Toys that the dataset does not hold, the most frequent: {most}.", markup=False)
