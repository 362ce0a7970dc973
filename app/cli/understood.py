"""What an import tells: a bar while it reads, its counts, the share of each field that was understood, its faults."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.markup import escape
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.table import Table

from app.cli.console import ERR, OUT, print_json
from data.atomic import atomic_file
from data.importers.text import raise_fault

if TYPE_CHECKING:
    from data.importers.table import Imported

_SHOWN_FAULTS = 10
_KEPT_FAULTS = 10_000


class Faults:
    """Faulty rows: the first stops the import, or each is left out, counted, and the first ones kept for the report."""

    def __init__(self, stop: bool) -> None:
        self.stop = stop
        self.count = 0
        self.sentences: list[str] = []

    def __call__(self, sentence: str) -> None:
        """Take one fault."""
        if self.stop:
            raise_fault(f"{sentence} (--on-error skip leaves such rows out.)")
        self.count += 1
        if self.count <= _KEPT_FAULTS:
            self.sentences.append(sentence)

    def print(self, listed: bool = True) -> None:
        """Show the first faults and the number of the others, on stderr. listed: the command has a --report."""
        for sentence in self.sentences[:_SHOWN_FAULTS]:
            ERR.print(f"[yellow]Left out:[/] {escape(sentence)}")
        if self.count > _SHOWN_FAULTS:
            where = "; --report FILE lists them" if listed else ""
            ERR.print(f"[yellow]Left out:[/] {self.count - _SHOWN_FAULTS:,} more{where}.")


@contextmanager
def bytes_bar(files: list[Path]) -> Iterator[Callable[[int], None]]:
    """A progress bar over the bytes of `files`; the function given moves it."""
    size = sum(file.stat().st_size for file in files if file.is_file())
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        console=ERR,
    ) as bar:
        task = bar.add_task("Reading", total=size)
        yield lambda more: bar.advance(task, more)


def print_rows(parts: dict[str, list[dict[str, Any]]], as_json: bool) -> None:
    """The parsed rows themselves: what a dry run shows."""
    if as_json:
        print_json(parts)
        return
    for name, rows in parts.items():
        for number, row in enumerate(rows, start=1):
            table = Table("field", "value", title=f"{name}: parsed row {number} of {len(rows)}", title_justify="left")
            for field, value in row.items():
                if value not in (None, [], ()):
                    table.add_row(field, escape(_short(str(value))))
            OUT.print(table)


def write_report(imported: Imported, faults: Faults, file: Path) -> None:
    """Everything an import found, as JSON: shares, every form not understood, the faulty rows."""
    content = {
        "counts": imported.record["source"]["options"]["counts"],
        "repeated_titles": imported.repeated_titles,
        "shares": {part: shares.record() for part, shares in imported.shares.items()},
        "faults": faults.sentences,
        "faults_not_listed": faults.count - len(faults.sentences),
    }
    with atomic_file(file) as temporary:
        temporary.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def print_import(imported: Imported, out: Path, top: int, as_json: bool) -> None:
    """Counts, shares, and the `top` forms of each field that were not understood."""
    record = imported.record
    options: dict[str, Any] = record["source"]["options"]
    shares = {part: found.record() for part, found in imported.shares.items()}
    if as_json:
        summary = {"dataset": str(out)} | {key: record[key] for key in ("shoppers", "toys", "events", "digest")}
        summary |= {"seed": record["source"]["seed"], **options}
        for one in (one for fields in shares.values() for one in fields.values()):
            one["forms_not_understood"] = one["forms_not_understood"][:top]
        print_json(summary | {"repeated_titles": imported.repeated_titles, "shares": shares})
        return
    counts = Table("file", "read", "kept", "rejected", title=f"Imported into {escape(str(out))}")
    fields = Table("field", "empty", "understood", "not", "share", title="What was understood of what is stated")
    for table in (counts, fields):
        for column in table.columns[1:]:
            column.justify = "right"
    for part, count in options["counts"].items():
        counts.add_row(part, *(f"{count[key]:,}" for key in ("read", "kept", "rejected")))
    OUT.print(counts)
    for part, found in shares.items():
        for name, one in found.items():
            share = "—" if one["share"] is None else f"{one['share']:.2%}"
            numbers = (f"{one[key]:,}" for key in ("empty", "understood", "not_understood"))
            fields.add_row(f"{part}: {name}", *numbers, share)
    OUT.print(fields)
    for part, found in shares.items():
        for name, one in found.items():
            _print_forms(f"{part}: {name}", one, top)
    OUT.print(
        f"{record['toys']:,} toys, {record['shoppers']:,} shoppers, {record['events']:,} events "
        f"({options['undated']:,} without a time; {options['repeated']:,} rows repeat a toy word for word; "
        f"{imported.repeated_titles:,} titles that several toys have)."
    )


def _print_forms(name: str, share: dict[str, Any], top: int) -> None:
    forms = share["forms_not_understood"]
    for form in forms[:top]:
        text = escape(_short(form["text"]))
        OUT.print(f"{name}: not understood {form['count']:,} ×: '{text}' ({form['why']}; first at {form['first']})")
    if len(forms) > top:
        OUT.print(f"{name}: {len(forms) - top:,} more forms not understood; --report FILE lists them all.")
    for note in share["notes"]:
        OUT.print(f"{name}: {note['count']:,} × {note['note']}, such as {escape(_short(note['examples'][0]))}")


def _short(text: str) -> str:
    return text if len(text) <= 100 else text[:99] + "…"
