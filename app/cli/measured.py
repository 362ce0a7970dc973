"""What `toyguide bench kiosk` and `bench shop` measure: a bundle that is given, or one made for the measurement."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Final

import typer

from app.cli.console import ERR

TOYS: Final = 12_000
UNTRAINED: Final = "simulated toys and a student that was never taught"
BundleOption = Annotated[
    Path | None, typer.Option(help="The bundle's directory.", show_default=f"{TOYS:,} {UNTRAINED}")
]


@contextmanager
def measured(bundle: Path | None) -> Iterator[tuple[Path, Path]]:
    """(the bundle, a folder for databases and logs), until the block ends; without a bundle one is made."""
    with tempfile.TemporaryDirectory(prefix="toyguide-bench-") as name:
        folder = Path(name)
        if bundle is None:
            from distillation.untrained import simulated_catalogue, untrained_bundle

            ERR.print(f"Making a bundle of {TOYS:,} {UNTRAINED}.", markup=False)
            untrained_bundle(folder / "bundle", simulated_catalogue(TOYS))
        yield bundle or folder / "bundle", folder


def words_of(toys: int, bundle: str, untrained: bool) -> str:
    """What was measured, for the head of a table."""
    return f"{toys:,} {UNTRAINED if untrained else f'toys of {bundle}'}"
