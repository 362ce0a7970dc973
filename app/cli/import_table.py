"""`toyguide data import table`: a shop's own CSV, TSV, JSONL or Parquet."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.console import ERR
from app.cli.folders import check_file
from app.cli.imports import OnError, check_out
from app.cli.understood import Faults, bytes_bar, print_import, print_rows, write_report
from data.errors import ToyGuideError, parameter_error
from data.importers.rows import Format
from data.parsing.moment import DateOrder
from data.schema import EventKind

if TYPE_CHECKING:
    from data.importers.mapping import ColumnMap
    from data.importers.table import Imported

DRY_ROWS = 5
_VERB = "data import table"


def table(
    toys: Annotated[Path, typer.Argument(help="The toys: CSV, TSV, JSONL or Parquet, plain or .gz.")],
    out: Annotated[Path | None, typer.Option(help="Folder for the dataset; an old dataset there is replaced.")] = None,
    map_: Annotated[
        list[str] | None, typer.Option("--map", help="Where toy fields come from: 'toy_id=sku, title=name, …'.")
    ] = None,
    events: Annotated[Path | None, typer.Option(help="The events, in any of the same formats.")] = None,
    map_events: Annotated[
        list[str] | None, typer.Option(help="Where event fields come from: 'shopper_id=user, toy_id=sku, …'.")
    ] = None,
    map_file: Annotated[Path | None, typer.Option(help="A saved map (TOML or JSON).")] = None,
    save_map: Annotated[Path | None, typer.Option(help="Write the map to this file (.toml or .json).")] = None,
    format_: Annotated[
        Format | None, typer.Option("--format", help="How the files hold rows; by their names if not given.")
    ] = None,
    delimiter: Annotated[str | None, typer.Option(help="Between fields; found in the header if not given.")] = None,
    encoding: Annotated[str | None, typer.Option(help="Of the text; by its byte order mark, else UTF-8.")] = None,
    currency: Annotated[str | None, typer.Option(help="The shop's currency (ISO 4217), where prices say none.")] = None,
    category_separator: Annotated[
        str | None, typer.Option(help="Between levels of a category; found in each text if not given.")
    ] = None,
    kind: Annotated[EventKind, typer.Option(help="Kind of events that say none.")] = EventKind.PURCHASE,
    date_order: Annotated[
        DateOrder, typer.Option(help="What dates begin with; one that begins with its year always may.")
    ] = DateOrder.YEAR_FIRST,
    seed: Annotated[int, typer.Option(help="Seed of the permutation that numbers the toys.")] = 0,
    on_error: Annotated[
        OnError, typer.Option(help="Stop at a faulty row, or leave it out and count it.")
    ] = OnError.FAIL,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the first parsed rows; write nothing.")] = False,
    report: Annotated[Path | None, typer.Option(help="Write every form not understood to this JSON file.")] = None,
    top: Annotated[int, typer.Option(min=0, help="Forms not understood to print for each field.")] = 10,
    json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")] = False,
) -> None:
    """Import a shop's own tables: toys, and events if there are any, with a report of what was understood."""
    from data.importers.mapping import save_maps
    from data.importers.rows import Table
    from data.importers.table import Part, first_rows, import_table
    from data.importers.toys import Reading

    out = _checked_out(out, dry_run)
    if events is None and map_events:
        raise parameter_error("--map-events", _VERB, "given with --events", ",".join(map_events))
    reading = Reading(checked_currency(currency, _VERB), category_separator or None, kind, date_order)
    maps = _maps(map_, map_events, map_file, events is not None)
    parts = [
        Part(Table(file, format_, delimiter, encoding), maps[name])
        for name, file in (("toys", toys), ("events", events))
        if file is not None
    ]
    for option, written in (("--report", report), ("--save-map", save_map)):
        if written is not None and not dry_run:
            check_file(written, _VERB, option, read=[part.table.file for part in parts])
    faults = Faults(stop=on_error is OnError.FAIL)
    both = (parts[0], parts[1] if len(parts) > 1 else None)
    if out is None:
        print_rows(first_rows(*both, reading, DRY_ROWS, faults), json)
        faults.print()
        return
    with bytes_bar([part.table.file for part in parts]) as advance:
        imported = import_table(out, *both, reading, seed, faults, advance)
    finish(imported, faults, out, report, top, json)
    if save_map is not None:
        save_maps(maps, save_map)
        ERR.print(f"Map written to {save_map}.", markup=False)


def finish(imported: Imported, faults: Faults, out: Path, report: Path | None, top: int, json: bool) -> None:
    """Write the report, print what was understood."""
    if report is not None:
        write_report(imported, faults, report)
    faults.print()
    print_import(imported, out, top, json)


def _checked_out(out: Path | None, dry_run: bool) -> Path | None:
    if dry_run:
        return None
    if out is None:
        raise ToyGuideError(f"{_VERB} needs --out, a folder for the dataset; or --dry-run, which writes nothing.")
    check_out(out)
    return out


def checked_currency(currency: str | None, verb: str) -> str | None:
    """The code in capitals. Raises ToyGuideError if it is none."""
    from data.parsing.price import CURRENCIES

    if currency is not None and currency.upper() not in CURRENCIES:
        raise parameter_error("--currency", verb, f"one of {', '.join(sorted(CURRENCIES))}", currency)
    return currency and currency.upper()


def _maps(
    toys: list[str] | None, events: list[str] | None, file: Path | None, with_events: bool
) -> dict[str, ColumnMap]:
    """What the options say, over what the map file says, over columns that are called as our fields."""
    from data.importers.mapping import load_maps, parse_map, same_names

    maps = {name: same_names(name) for name in (("toys", "events") if with_events else ("toys",))}
    if file is not None:
        maps |= {name: found for name, found in load_maps(file).items() if name in maps}
    for name, texts, option in (("toys", toys, "--map"), ("events", events, "--map-events")):
        if texts:
            maps[name] = parse_map(name, texts, option)
    return maps
