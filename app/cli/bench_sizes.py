"""`toyguide bench sizes`: up to how many toys a kiosk can rank exactly, and what an approximate index would bring."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.table import Table

from app.cli.console import ERR, OUT, finite, print_json
from app.cli.sizes.verdict import said, verdict
from app.report.sizes_text import cells, head, heads, markdown
from data.errors import ToyGuideError, parameter_error

_DEFAULT: Final = (10_000, 100_000, 1_000_000)
_SMALLEST: Final = 100
_LARGEST: Final = 10_000_000
RESULTS: Final = "sizes.json"
CHART: Final = "sizes.svg"
PAGE: Final = "sizes.md"
_WIDTH: Final = 100  # of a table: figures are never cut, however narrow the terminal


def bench_sizes(
    before: Annotated[
        Path, typer.Option("--from", help="A folder with dataset and bundle, as demo and retrain leave it.")
    ] = Path("var/demo"),
    data: Annotated[Path | None, typer.Option(help="The dataset whose shoppers ask.", show_default="in --from")] = None,
    bundle: Annotated[
        Path | None, typer.Option(help="The bundle whose toys are multiplied.", show_default="in --from")
    ] = None,
    toys: Annotated[
        list[int] | None,
        typer.Option(help="A size of the catalogue; may be given again.", show_default="10,000, 100,000, 1,000,000"),
    ] = None,
    k: Annotated[int, typer.Option(min=1, max=100, help="Toys in a list.")] = 20,
    requests: Annotated[int, typer.Option(min=10, max=10_000, help="Shoppers that ask, each once a round.")] = 200,
    rounds: Annotated[int, typer.Option(min=1, max=100, help="Rounds in which all ways take turns.")] = 3,
    out: Annotated[
        Path | None,
        typer.Option(help="Folder for figures, chart, and the catalogues and indexes made, which are used again."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print every figure as JSON.")] = False,
) -> None:
    """Find the best toys of ever larger catalogues, exactly and by an approximate index: times, recall, memory."""
    from app.cli.sizes.ways import check_usearch

    sizes = _checked(toys or list(_DEFAULT), k)
    check_usearch()
    with _folder(out) as folder:
        found = _measured(bundle or before / "bundle", data or before / "dataset", sizes, k, requests, rounds, folder)
    if as_json:
        print_json(found)
        return
    wide = Console(width=max(OUT.width, _WIDTH))
    for each in found["sizes"]:
        wide.print(_table(each, k))
    for sentence in found["says"]:
        OUT.print(sentence, markup=False, highlight=False)


def _checked(sizes: list[int], k: int) -> list[int]:
    """The sizes in order, each once."""
    for size in sizes:
        if not _SMALLEST <= size <= _LARGEST:
            raise parameter_error("--toys", "bench sizes", f"an int in [{_SMALLEST:,}, {_LARGEST:,}]", size)
    return sorted(set(sizes))


@contextmanager
def _folder(out: Path | None) -> Iterator[Path]:
    if out is not None:
        try:
            out.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise parameter_error(
                "--out", "bench sizes", f"a folder that can be written ({error})", str(out)
            ) from error
        yield out
        return
    with tempfile.TemporaryDirectory(prefix="toyguide-bench-") as name:
        yield Path(name)


def _measured(
    bundle: Path, data: Path, sizes: list[int], k: int, requests: int, rounds: int, folder: Path
) -> dict[str, Any]:
    from app.cli.sizes.asked import ask
    from app.cli.sizes.catalogue import make_catalogue, make_index, read_catalogue
    from app.cli.sizes.grow import NEIGHBOURS, Growth
    from app.cli.sizes.realism import likeness
    from app.cli.sizes.worker import Job, run_job
    from app.report.sizes import chart
    from data.atomic import atomic_file
    from recommender.serving.load import load_bundle

    engine = load_bundle(bundle)
    if len(engine.toys) <= NEIGHBOURS:
        raise ToyGuideError(
            f"{bundle} holds {len(engine.toys)} toys; bench sizes needs more than {NEIGHBOURS} to grow from."
        )
    asked = ask(engine, data, requests)
    growth = Growth.fit(engine.student.table[1:])
    with atomic_file(folder / "asked.npz") as temporary:
        asked.save(temporary)
    measured = []
    for size in sizes:
        ERR.print(f"{size:,} toys: growing them, building the index", markup=False, highlight=False)
        file = make_catalogue(folder, growth, size, engine.model)
        index, seconds = make_index(folder, read_catalogue(file))
        ERR.print(f"{size:,} toys: measuring", markup=False, highlight=False)
        job = Job(str(bundle), str(folder / "asked.npz"), str(file), str(index), seconds, k, rounds)
        measured.append({"toys": size, **run_job(job)})
    found: dict[str, Any] = {
        "model": engine.model,
        "dataset": engine.manifest.dataset["digest"],
        "real_toys": len(engine.toys),
        "width": engine.student.table.shape[1],
        "k": k,
        "requests": len(asked),
        "rounds": rounds,
        "cores": os.cpu_count(),
        "noise": growth.strength,
        "likeness": {name: asdict(each) for name, each in likeness(growth, asked.queries, k).items()},
        "sizes": measured,
    }
    found["verdict"] = verdict(measured)
    found["says"] = said(found["verdict"], sizes, k)
    for name, text in (
        (RESULTS, json.dumps(finite(found), indent=2, ensure_ascii=False) + "\n"),
        (CHART, chart(measured)),
        (PAGE, markdown(found, CHART)),
    ):
        with atomic_file(folder / name) as temporary:
            temporary.write_text(text, encoding="utf-8")
    return found


def _table(size: dict[str, Any], k: int) -> Table:
    table = Table(title=head(size), title_justify="left")
    for place, name in enumerate(heads(k)):
        table.add_column(name, justify="right" if place else "left")
    for way in size["ways"]:
        table.add_row(*cells(way))
    return table
