"""`toyguide data validate`: what is wrong with a dataset, row by row, and whether it may be trained on."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from app.cli.console import ERR, OUT, Exit, print_json
from app.cli.imports import OnError, check_out
from data.errors import ToyGuideError

if TYPE_CHECKING:
    from data.dataset import Dataset
    from data.validate.report import Cleaned, Report

_WIDTH = 118
_LONGEST_VALUE = 60
_COLOURS = {"error": "bold red", "warning": "yellow", "note": "cyan"}


def validate(
    folder: Annotated[Path, typer.Argument(help="Folder of the dataset.")],
    on_error: Annotated[
        OnError, typer.Option(help="Leave with code 3 at any error, or write the dataset without the faulty rows.")
    ] = OnError.FAIL,
    out: Annotated[Path | None, typer.Option(help="With 'skip': folder for the cleaned dataset.")] = None,
    examples: Annotated[int, typer.Option(min=0, help="Rows shown of each check; 0 shows counts alone.")] = 3,
    json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
) -> None:
    """Check a dataset: orphans, duplicates, impossible ages, prices and dates, and what makes figures doubtful."""
    from data.dataset import load_dataset
    from data.validate.check import Tables
    from data.validate.report import leave_out_errors
    from data.validate.report import validate as run

    if (on_error is OnError.SKIP) != (out is not None):
        raise ToyGuideError("The '--out' option of data validate goes with '--on-error skip', and that with '--out'.")
    if out is not None:
        check_out(out, "data validate")
    dataset = load_dataset(folder)
    report = run(Tables(dataset.toys, dataset.events))
    cleaned = leave_out_errors(report) if out is not None else None
    if cleaned is not None and out is not None:
        _save(cleaned, dataset, out)
    if json:
        print_json(_as_json(report, folder, examples, cleaned, out))
    else:
        _print(report, folder, examples, cleaned, out)
    if report.unfit and cleaned is None:
        ERR.print(
            f"[bold red]{escape(str(folder))} must not be trained on:[/] mend its source, or leave the faulty rows out "
            "with '--on-error skip --out FOLDER'."
        )
        raise typer.Exit(Exit.UNFIT)


def _save(cleaned: Cleaned, dataset: Dataset, out: Path) -> None:
    from data.dataset import Dataset, save_dataset

    source = dataset.source
    options = {**source.options, "left_out": cleaned.reasons, "cleaned_from": dataset.digest}
    save_dataset(Dataset(cleaned.tables.toys, cleaned.tables.events, replace(source, options=options)), out)


def _as_json(report: Report, folder: Path, examples: int, cleaned: Cleaned | None, out: Path | None) -> dict[str, Any]:
    from data.validate.check import Severity

    found = [outcome for outcome in report.outcomes if outcome.count]
    result: dict[str, Any] = {
        "dataset": str(folder),
        "toys": report.tables.toys.num_rows,
        "events": report.tables.events.num_rows,
        "unfit": report.unfit,
        "severities": {str(severity): report.count(severity) for severity in Severity},
        "checks": {outcome.check.name: outcome.count for outcome in report.outcomes},
        "findings": [asdict(finding) for outcome in found for finding in outcome.findings(report.tables, examples)],
    }
    if cleaned is not None:
        result["cleaned"] = {
            "dataset": str(out),
            "toys": asdict(cleaned.toys),
            "events": asdict(cleaned.events),
            "left_out": cleaned.reasons,
        }
    return result


def _print(report: Report, folder: Path, examples: int, cleaned: Cleaned | None, out: Path | None) -> None:
    toys, events = report.tables.toys.num_rows, report.tables.events.num_rows
    gravest_first = list(_COLOURS)
    found = [outcome for outcome in report.outcomes if outcome.count]
    found.sort(key=lambda outcome: gravest_first.index(outcome.check.severity))
    OUT.print(f"{escape(str(folder))}: {toys:,} toys, {events:,} events, {len(report.outcomes)} checks.")
    if not found:
        OUT.print("Nothing found.")
    else:
        table = Table("severity", "check", "table", "column", "rows", "row", "value", show_lines=False)
        table.columns[4].justify = table.columns[5].justify = "right"
        for outcome in found:
            check = outcome.check
            first = [f"[{_COLOURS[check.severity]}]{check.severity}[/]", check.name, check.table, check.column]
            shown = outcome.findings(report.tables, examples)
            rows = [(f"{finding.row}", escape(_short(finding.value))) for finding in shown] or [("", "")]
            table.add_row(*first, f"{outcome.count:,}", *rows[0])
            for row in rows[1:]:
                table.add_row("", "", "", "", "", *row)
            table.add_section()
        Console(width=max(OUT.width, _WIDTH)).print(table)
        for outcome in found:
            OUT.print(f"[{_COLOURS[outcome.check.severity]}]{outcome.check.name}[/]: {escape(outcome.check.fix)}.")
    if cleaned is not None:
        counts = Table("table", "read", "kept", "rejected", title=f"Written to {escape(str(out))}")
        for column in counts.columns[1:]:
            column.justify = "right"
        for name, count in (("toys", cleaned.toys), ("events", cleaned.events)):
            counts.add_row(name, f"{count.read:,}", f"{count.kept:,}", f"{count.rejected:,}")
        OUT.print(counts)
        for reason, number in cleaned.reasons.items():
            OUT.print(f"  {number:,} left out: {reason}")


def _short(value: Any) -> str:
    text = ", ".join(map(str, value)) if isinstance(value, list) else "" if value is None else str(value)
    return text if len(text) <= _LONGEST_VALUE else text[: _LONGEST_VALUE - 1] + "…"
