"""`toyguide score`: every shopper's list for the night, by the bundle's student, in several processes."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from app.cli.console import OUT, print_json, progress_bar
from app.cli.folders import check_file
from data.errors import DataError, parameter_error
from data.schema import SMALLEST_MONTHS

if TYPE_CHECKING:
    from app.cli.nightly import Night

_MOST: Final = {"workers": 1024, "batch": 8192}
_PARQUET: Final = b"PAR1"


def score(
    bundle: Annotated[Path, typer.Option("--bundle", help="The bundle's directory.")],
    data: Annotated[Path, typer.Option("--data", help="Folder of the dataset whose shoppers are scored.")],
    out: Annotated[Path, typer.Option("--out", help="Parquet file to write the lists to; an old one is replaced.")],
    k: Annotated[int, typer.Option("--k", help="Toys in a list at most, 1 to 100.")] = 20,
    workers: Annotated[
        int | None, typer.Option("--workers", help="Processes that rank.", show_default="one for each CPU")
    ] = None,
    batch: Annotated[int, typer.Option("--batch", help="Shoppers that a process ranks in one run.")] = 64,
    shoppers: Annotated[
        Path | None, typer.Option("--shoppers", help="A text file with an id a line: only these shoppers.")
    ] = None,
    default_youngest_months: Annotated[
        int, typer.Option("--default-youngest-months", help="The age assumed where no child is known.")
    ] = SMALLEST_MONTHS,
    key: Annotated[
        Path | None, typer.Option("--key", help="The public key's file; the bundle must be signed by it.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
) -> None:
    """Rank for every shopper of a dataset: the best toys that may be shown to them and to the youngest child known.

    The lists are the same whatever --workers and --batch are. A kiosk masks again when it shows one, by its own recalls
    and stock, and for who stands before it.
    """
    from app.cli.nightly import write_lists
    from data.cpus import usable_cpus
    from data.dataset import load_toys
    from recommender.base import check_k
    from recommender.serving.batch import held_back
    from recommender.serving.load import load_bundle
    from recommender.serving.pool import Errand

    check_k(k, "score")
    count = usable_cpus() if workers is None else workers
    for name, value in (("workers", count), ("batch", batch)):
        if not 1 <= value <= _MOST[name]:
            raise parameter_error(name, "score", f"an int in [1, {_MOST[name]}]", value)
    _check_out(out)
    wanted = None if shoppers is None else _read_ids(shoppers)
    engine = load_bundle(bundle, default_youngest_months, verify_key=key)
    dataset = load_toys(data)
    house = held_back(engine, dataset.toy_rows())
    errand = Errand(bundle, engine.model, k, batch, default_youngest_months, house)
    with progress_bar() as progress:
        task = progress.add_task(
            "Scoring shoppers", total=_shoppers_of(data) if wanted is None else len(wanted), note=""
        )

        def on_progress(night: Night) -> None:
            progress.update(task, completed=night.shoppers, note=f"{night.rate:,.0f} a second")

        night = write_lists(out, data, dataset, engine.index, errand, count, wanted, on_progress)
    hidden = 0 if house.hidden is None else int(house.hidden.sum())
    if as_json:
        facts = {"model": engine.model, "dataset": dataset.digest, "k": k, "workers": count, "batch": batch}
        print_json({**facts, **asdict(night), "shoppers_per_second": night.rate, "hidden_toys": hidden})
        return
    OUT.print("\n".join(_words(night, k, count, batch, hidden, out)), markup=False)


def _words(night: Night, k: int, workers: int, batch: int, hidden: int, out: Path) -> Iterator[str]:
    yield (
        f"{night.shoppers:,} shoppers in {out}: {night.seconds:.1f} s, {night.rate:,.0f} a second "
        f"(--workers {workers}, --batch {batch}); a worker held {night.worker_mib:,.0f} MiB at most"
    )
    if night.shorter:
        yield f"{night.shorter:,} have fewer than {k} toys: no more may be shown to them."
    if night.unknown:
        yield f"{night.unknown:,} of those asked for have no event in the dataset, and no list."
    if hidden:
        yield f"{hidden:,} toys are in no list: the dataset holds them back, and the bundle does not know it yet."


def _check_out(file: Path) -> None:
    """Raise ToyGuideError unless `file` is a new name, or a Parquet file that may be replaced; said before the work."""
    above = next(parent for parent in file.resolve().parents if parent.exists())
    if not file.name or not above.is_dir() or (file.exists() and not _is_parquet(file)):
        raise parameter_error(
            "--out", "score", "a new file's name, or a Parquet file that is to be replaced", str(file)
        )
    if not os.access(above, os.W_OK | os.X_OK):
        raise parameter_error("--out", "score", f"in a folder that can be written, but {above} cannot", str(file))
    check_file(file, "score")


def _is_parquet(file: Path) -> bool:
    if not file.is_file():
        return False
    with file.open("rb") as stream:
        return stream.read(len(_PARQUET)) == _PARQUET


def _read_ids(file: Path) -> list[str]:
    """The ids in `file`, each once. Raises DataError if it holds none or is no text."""
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except OSError as error:
        raise DataError(f"{file} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise DataError(f"{file} must be text in UTF-8, a shopper's id a line.") from error
    ids = dict.fromkeys(line.strip() for line in lines if line.strip())
    if not ids:
        raise DataError(f"{file} must hold a shopper's id a line. It holds none.")
    return list(ids)


def _shoppers_of(folder: Path) -> int | None:
    """How many shoppers a dataset's record tells of, for the progress bar."""
    found: Any = json.loads((folder / "dataset.json").read_text(encoding="utf-8")).get("shoppers")
    return found if isinstance(found, int) else None
