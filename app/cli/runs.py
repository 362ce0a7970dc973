"""`toyguide runs`: what was trained, distilled, swept and judged, and how each came to be."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from app.cli.console import ERR, OUT, Exit, print_json
from data.errors import ToyGuideError

if TYPE_CHECKING:
    from recommender.records import Run

runs_app = typer.Typer(
    name="runs", help="Records of what was trained, distilled, swept and judged.", no_args_is_help=True
)
_WIDTH: Final = 130  # of a table: figures are never cut, however narrow the terminal
_LONG: Final = 24  # entries of a list that `show` and `compare` leave out
_Json = Annotated[bool, typer.Option("--json", help="Print as JSON.")]
_Folders = Annotated[list[Path], typer.Argument(help="Folders of runs.")]


@runs_app.command("list")
def list_runs(
    under: Annotated[
        list[Path] | None,
        typer.Option("--under", help="Look in this folder; may be given again.", show_default="var"),
    ] = None,
    kind: Annotated[
        str | None, typer.Option(help="Only these: teacher, blend, student, sweep, evaluation, retraining or bundle.")
    ] = None,
    as_json: _Json = False,
) -> None:
    """Every run under a folder, the newest first."""
    from recommender.records import KINDS, find_runs

    if kind is not None and kind not in KINDS:
        raise ToyGuideError(f"The '--kind' parameter of runs list must be one of {', '.join(KINDS)}. Got {kind!r}.")
    found: list[Run] = []
    for root in under or [Path("var")]:
        if not root.is_dir():
            raise ToyGuideError(f"The '--under' parameter of runs list must be a folder. Got {str(root)!r}.")
        for each in find_runs(root):
            if isinstance(each, ToyGuideError):
                ERR.print(f"Passed over: {each}", markup=False)
            elif kind in (None, each.kind):
                found.append(each)
    found.sort(key=lambda run: run.time, reverse=True)
    if as_json:
        print_json([_points(run) for run in found])
        return
    if not found:
        ERR.print("There is no run yet. 'toyguide train' makes one.")
        return
    table = Table("when (UTC)", "kind", "folder", "data", "NDCG@10", "what")
    table.columns[2].overflow = "fold"
    for run in found:
        part, value = run.ndcg or ("", None)
        figure = "" if value is None else f"{value:.4f} {part}"
        cells = (run.time[:16].replace("T", " "), run.kind, str(run.folder), run.dataset, figure, run.about)
        table.add_row(*map(escape, cells))
    Console(width=max(OUT.width, _WIDTH)).print(table)


@runs_app.command("show")
def show(folder: Annotated[Path, typer.Argument(help="Folder of a run.")], as_json: _Json = False) -> None:
    """Everything that is written down of one run; long lists are counted (--json has them)."""
    from recommender.records import read_record

    run = read_record(folder)
    if as_json:
        print_json(dict(run.record))
        return
    for name, value in flat(run.record).items():
        OUT.print(f"{name}: {value}", markup=False, highlight=False)


@runs_app.command("compare")
def compare(folders: _Folders, as_json: _Json = False) -> None:
    """Where the records of two or more runs differ: figures, settings, data, environment."""
    from recommender.records import read_record

    if len(folders) < 2:
        raise ToyGuideError(f"The 'FOLDERS' parameter of runs compare must name two runs or more. Got {len(folders)}.")
    runs = [read_record(folder) for folder in folders]
    rows = differences([flat(run.record) for run in runs])
    if as_json:
        print_json({"folders": [str(folder) for folder in folders], "differ": rows})
        return
    if not rows:
        OUT.print("Their records are the same.")
        return
    table = Table("", *(escape(f"{run.folder} ({run.kind})") for run in runs))
    for name, values in rows.items():
        table.add_row(escape(name), *(escape("–" if value is None else str(value)) for value in values))
    Console(width=max(OUT.width, _WIDTH)).print(table)


@runs_app.command("rm")
def remove(
    folders: _Folders,
    yes: Annotated[bool, typer.Option("--yes", help="Remove without asking.")] = False,
) -> None:
    """Remove runs with all that lies in their folders. Bundles that were built from them stay as they are."""
    from recommender.records import read_record

    runs = [read_record(folder) for folder in dict.fromkeys(folders)]
    for run in runs:
        whole = run.folder.resolve()
        if run.folder.is_symlink():
            raise ToyGuideError(f"The 'FOLDERS' parameter of runs rm must not be a link. Got {str(run.folder)!r}.")
        if whole == Path.cwd() or whole in Path.cwd().parents:
            raise ToyGuideError(f"The current folder lies in {run.folder}; go elsewhere to remove it.")
    for run in runs:
        if not yes and not typer.confirm(f"Remove the {run.kind} in {run.folder} ({run.about})?", err=True):
            raise typer.Exit(Exit.MISTAKE)
        shutil.rmtree(run.folder)
        ERR.print(f"Removed {run.folder}", markup=False)


def flat(record: Any, name: str = "") -> dict[str, Any]:
    """`record` as dotted name → plain value. A list of things, or a long one, is its length; a short one its words."""
    if isinstance(record, dict):
        parts = (flat(value, f"{name}.{key}" if name else str(key)) for key, value in record.items())
        return {key: value for part in parts for key, value in part.items()}
    if isinstance(record, list):
        plain = all(not isinstance(value, dict | list) for value in record)
        return {name: ", ".join(map(str, record)) if plain and len(record) <= _LONG else f"{len(record)} entries"}
    return {name: record}


def differences(records: list[dict[str, Any]]) -> dict[str, list[Any]]:
    """Name → value in each record, where not all are the same; None where a record lacks it."""
    names = dict.fromkeys(name for record in records for name in record)
    rows = {name: [record.get(name) for record in records] for name in names}
    return {name: values for name, values in rows.items() if any(value != values[0] for value in values)}


def _points(run: Run) -> dict[str, Any]:
    part, value = run.ndcg or (None, None)
    return {
        "folder": str(run.folder),
        "kind": run.kind,
        "time": run.time,
        "digest": run.digest,
        "dataset": run.dataset,
        "about": run.about,
        "part": part,
        "ndcg@10": value,
    }
