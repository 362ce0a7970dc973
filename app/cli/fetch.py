"""`toyguide data fetch`: public collections, downloaded so that a broken line costs nothing."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

from app.cli.console import ERR, OUT, print_json
from data.errors import parameter_error

_HEX = frozenset("0123456789abcdef")


class CollectionName(StrEnum):
    """Names of `data.importers.fetch.COLLECTIONS`."""

    TOYS_2014 = "amazon-toys-2014"
    TOYS_2018 = "amazon-toys-2018"
    TOYS_2023 = "amazon-toys-2023"


def fetch(
    collection: Annotated[CollectionName, typer.Argument(help="What to download.")],
    out: Annotated[Path | None, typer.Option(help="Folder for the files; var/sources/COLLECTION if not given.")] = None,
    base: Annotated[str | None, typer.Option(help="Address of a mirror that holds the same paths.")] = None,
    sha256: Annotated[
        list[str] | None, typer.Option(help="What a file must have: 'NAME=64 HEX DIGITS'; may be given again.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print files, sizes and checksums as JSON.")] = False,
) -> None:
    """Download the reviews and metadata of a public collection; goes on where an earlier call stopped."""
    from data.importers.fetch import COLLECTIONS, fetch_file

    found = COLLECTIONS[collection.value]
    if base is not None and not base.startswith(("http://", "https://")):
        raise parameter_error("--base", "data fetch", "an http or https address", base)
    folder = out or Path("var") / "sources" / collection.value
    paths = {path.rpartition("/")[2]: path for path in (found.metadata, found.reviews)}
    wanted = _checksums(sha256 or [], list(paths))
    address = (base or found.base).rstrip("/") + "/"
    fetched = {}
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
        console=ERR,
    ) as bar:
        for name, path in paths.items():
            task = bar.add_task(name, total=None)
            fetched[name] = fetch_file(
                address + path,
                folder / name,
                wanted.get(name),
                lambda done, total, task=task: bar.update(task, completed=done, total=total),
            )
    if json:
        print_json(
            {
                name: {
                    "file": str(one.file),
                    "bytes": one.bytes,
                    "sha256": one.sha256,
                    "resumed_from": one.resumed_from,
                }
                for name, one in fetched.items()
            }
        )
        return
    for one in fetched.values():
        OUT.print(f"{one.file}: {one.bytes:,} bytes, SHA-256 {one.sha256}", markup=False, highlight=False)
    metadata, reviews = (str(one.file) for one in fetched.values())
    OUT.print(
        f"Next: toyguide data import amazon {reviews} --metadata {metadata} --out var/{collection.value} "
        "--on-error skip",
        markup=False,
        highlight=False,
    )


def _checksums(texts: list[str], names: list[str]) -> dict[str, str]:
    wanted = {}
    for text in texts:
        name, _, digest = text.partition("=")
        if name not in names or len(digest) != 64 or not set(digest.lower()) <= _HEX:
            raise parameter_error(
                "--sha256", "data fetch", f"NAME=DIGEST with one of {', '.join(names)} and 64 hex digits", text
            )
        wanted[name] = digest
    return wanted
