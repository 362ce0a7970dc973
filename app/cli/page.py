"""`toyguide page`: a page that needs no kiosk, for any web server."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from app.cli.console import OUT, print_json


def page(
    bundle: Annotated[Path, typer.Option("--bundle", help="The bundle's directory.")],
    runtime: Annotated[Path, typer.Option("--runtime", help="The folder dist of npm's onnxruntime-web.")],
    out: Annotated[Path, typer.Option("--out", help="Folder to write the page to; an old page there is replaced.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print the sizes as JSON.")] = False,
) -> None:
    """Write a page that ranks in the browser, as plain files that any web server can hand out."""
    from dataclasses import asdict

    from app.cli.folders import check_output
    from app.page.write import write_page

    check_output(out, "page", "page")
    sizes = write_page(bundle, runtime, out)
    if as_json:
        print_json(asdict(sizes))
        return
    parts = ", ".join(f"{name} {size / 1e6:.2f} MB" for name, size in asdict(sizes).items())
    OUT.print(f"page in {out}: {parts}", markup=False)
