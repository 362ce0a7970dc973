"""`toyguide report`: everything that is to be known of one bundle, as one HTML page and as Markdown."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Final

import typer

from app.cli.console import OUT, print_json, progress_bar
from data.errors import ToyGuideError, parameter_error

_PARTS: Final = {"data": "dataset", "bundle": "bundle", "teacher": "teacher", "student": "student"}
_NEEDED: Final = ("data", "bundle")


def report(
    out: Annotated[Path, typer.Option(help="The page, a file that ends in .html; the Markdown lies beside it.")],
    folder: Annotated[
        Path | None,
        typer.Option(
            "--from", help="A folder with dataset, teacher, student and bundle, as demo and retrain leave it."
        ),
    ] = None,
    data: Annotated[Path | None, typer.Option(help="The dataset of the bundle.", show_default="in --from")] = None,
    bundle: Annotated[Path | None, typer.Option(help="The bundle to tell of.", show_default="in --from")] = None,
    teacher: Annotated[Path | None, typer.Option(help="Its teacher's run.", show_default="in --from")] = None,
    blend: Annotated[Path | None, typer.Option(help="The blend that taught it, if one did.")] = None,
    student: Annotated[Path | None, typer.Option(help="The student's run.", show_default="in --from")] = None,
    recommender: Annotated[
        list[str] | None,
        typer.Option(help="A baseline by name; may be given again. By default the four quick ones."),
    ] = None,
    sweep: Annotated[Path | None, typer.Option(help="A sweep on the same data, for its plots.")] = None,
    against: Annotated[Path | None, typer.Option(help="The bundle before, to say what changed.")] = None,
    retraining: Annotated[
        Path | None,
        typer.Option(help="The folder of the retraining that made it.", show_default="--from, if it is one"),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print every figure as JSON.")] = False,
) -> None:
    """Judge a bundle beside its teacher and simple ways, and write what came out for managers and analysts."""
    from app.cli.report_measured import measure_report
    from app.cli.report_parts import Given, read_parts
    from app.report.html import to_html
    from app.report.markdown import to_markdown
    from app.report.model.page import report_document
    from data.atomic import atomic_file

    _check_out(out)
    found = _found(folder, {"data": data, "bundle": bundle, "teacher": teacher, "student": student}, blend)
    if retraining is None and folder is not None and (folder / "retrain.json").is_file():
        retraining = folder
    given = Given(
        _needed(found, "data"),
        _needed(found, "bundle"),
        found["teacher"],
        blend,
        found["student"],
        tuple(recommender) if recommender else None,
        sweep,
        against,
        retraining,
    )
    with progress_bar() as progress:
        told = measure_report(read_parts(given), progress)
    document = report_document(told)
    beside = out.with_suffix(".md")
    for file, text in ((out, to_html(document)), (beside, to_markdown(document))):
        with atomic_file(file) as temporary:
            temporary.write_text(text, encoding="utf-8")
    if as_json:
        print_json(asdict(told))
    else:
        OUT.print(f"{out} and {beside}", markup=False)


def _check_out(out: Path) -> None:
    if out.suffix != ".html" or out.is_dir():
        raise parameter_error("--out", "report", "a file that ends in .html", str(out))
    if not out.resolve().parent.is_dir():
        raise parameter_error("--out", "report", "a file in a folder that is there", str(out))


def _found(folder: Path | None, given: dict[str, Path | None], blend: Path | None) -> dict[str, Path | None]:
    """What is given, and what lies in --from where a part of it is not."""
    if folder is None:
        return given
    if not folder.is_dir():
        raise parameter_error("--from", "report", "a folder that is there", str(folder))
    found = dict(given)
    for part, name in _PARTS.items():
        lies = folder / name
        if found[part] is None and (part in _NEEDED or lies.is_dir()) and not (part == "teacher" and blend):
            found[part] = lies
    return found


def _needed(found: dict[str, Path | None], part: str) -> Path:
    folder = found[part]
    if folder is None:
        raise ToyGuideError(f"Give --{part}, or --from with a folder that holds dataset and bundle.")
    return folder
