"""Put the results of `toyguide bench peers` where readers find them: python -m scripts.publish_peers OUT

Writes docs/results/peers.json, and the table (and, where its times are to be trusted, the chart) between the marks in
README.md and docs/bench.md.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Final

from app.cli.bench_peers import CHART, RESULTS
from app.peers.results import crowded, section, without_times
from scripts.pages import ROOT, put_between, write

PAGES: Final = {"README.md": "docs/pictures", "docs/bench.md": "pictures"}
"""Pages with the marks, and where pictures lie from there."""


def main(out: str) -> None:
    """Publish what lies in the folder `out`."""
    found = json.loads((Path(out) / RESULTS).read_text(encoding="utf-8"))
    kept = json.dumps(without_times(found), indent=1, ensure_ascii=False)
    write(ROOT / "docs" / "results" / RESULTS, kept + "\n")
    if any(crowded(row) for row in found["rows"]):
        print("The machine had other work while times were taken: quality and sizes are published, times are not.")
    else:
        write(ROOT / "docs" / "pictures" / CHART, (Path(out) / CHART).read_text(encoding="utf-8"))
    for page, pictures in PAGES.items():
        put_between(page, "peers", section(found, pictures))


if __name__ == "__main__":
    main(*sys.argv[1:])
