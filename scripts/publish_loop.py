"""Put the results of `toyguide loop` where readers find them: python -m scripts.publish_loop OUT

Writes docs/results/loop.json, the plots in docs/pictures, and the tables between the marks in README.md and
docs/loop.md.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Final

from app.report.loop import loop_plots, standalone
from app.report.loop_text import loop_section
from scripts.pages import ROOT, put_between, write

PAGES: Final = {"README.md": ("docs/pictures", False), "docs/loop.md": ("pictures", True)}
"""Pages with the marks; where pictures lie from there, and whether everything is told."""


def main(out: str) -> None:
    """Publish what lies in the folder `out`."""
    record = json.loads((Path(out) / "loop.json").read_text(encoding="utf-8"))
    write(ROOT / "docs" / "results" / "loop.json", json.dumps(record, indent=1) + "\n")
    for figure, svg in loop_plots(record).items():
        write(ROOT / "docs" / "pictures" / f"loop-{figure}.svg", standalone(svg))
    for page, (pictures, whole) in PAGES.items():
        put_between(page, "loop", loop_section(record, pictures, whole))


if __name__ == "__main__":
    main(*sys.argv[1:])
