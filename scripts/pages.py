"""Results in the project's pages: what a command measured, between marks such as <!-- peers --> and <!-- /peers -->."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from data.atomic import atomic_file

ROOT: Final = Path(__file__).resolve().parent.parent


def write(file: Path, text: str) -> None:
    """Write a file of the project, whole or not at all, and say so."""
    with atomic_file(file) as temporary:
        temporary.write_text(text, encoding="utf-8")
    print(f"Wrote {file.relative_to(ROOT)}")


def put_between(page: str, name: str, text: str) -> None:
    """Put `text`, which ends with a new line, between the marks called `name` of a page. ValueError if it has none."""
    said = (ROOT / page).read_text(encoding="utf-8")
    marked = re.compile(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.DOTALL)
    if not marked.search(said):
        raise ValueError(f"{page} has no marks <!-- {name} --> and <!-- /{name} -->.")
    write(ROOT / page, marked.sub(lambda match: match[1] + text + match[2], said))
