"""One catalogue measured in a process of its own, with the kiosk's one thread of BLAS and the kiosk's heap.

`python -m app.cli.sizes.worker JOB`: JOB is JSON of `Job`; the figures go to stdout as JSON.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from app.kiosk_process import FRUGAL
from data.errors import ToyGuideError


@dataclass(frozen=True)
class Job:
    """What is measured: files that `toyguide bench sizes` made. Asked for k toys a request, in so many rounds."""

    bundle: str
    asked: str
    catalogue: str
    index: str
    build_seconds: float
    k: int
    rounds: int


def run_job(job: Job) -> dict[str, Any]:
    """The figures of `job`: {"share", "ways"}. Raises ToyGuideError if the process ends without them."""
    command = [sys.executable, "-P", "-m", "app.cli.sizes.worker", json.dumps(asdict(job))]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, **FRUGAL})
    if done.returncode:
        said = " ".join(done.stderr.strip()[-500:].split()) or f"exit code {done.returncode}"
        raise ToyGuideError(f"The measurement of {Path(job.catalogue).name} broke off: {said}")
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def main() -> None:
    """Measure the job of the first argument."""
    from app.cli.sizes.asked import Asked
    from app.cli.sizes.catalogue import read_catalogue
    from app.cli.sizes.rounds import measure
    from recommender.serving.load import load_bundle

    job = Job(**json.loads(sys.argv[1]))
    catalogue, asked = read_catalogue(Path(job.catalogue)), Asked.read(Path(job.asked))
    engine = load_bundle(job.bundle)
    figures, share = measure(catalogue, engine.shelf, asked, Path(job.index), job.build_seconds, job.k, job.rounds)
    print(json.dumps({"share": share, "ways": [asdict(each) for each in figures]}))


if __name__ == "__main__":
    main()
