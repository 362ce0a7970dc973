"""Two bundles take each other's place again and again in a kiosk under load: no request may fail, no memory may go.

    .venv/bin/python -m scripts.check_swaps --rounds 50 [--bundle var/demo/bundle]

A kiosk of its own is started on a free port; `--bundle` is copied, the other bundle is the same with another name.
Leaves with 1 and says what failed if anything did.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from data.world.catalogue import build_catalogue
from scripts.clients import asking
from scripts.kiosks import TOYGUIDE, environment, made, start, stop, until

MOST_GROWTH = 0.10
CLIENTS = 3
TOYS = 3000


@dataclass(frozen=True)
class Report:
    """What the kiosk did under load. kib: resident memory before the first swap and after the last."""

    swaps: int
    requests: int
    answered: int
    failures: Sequence[str]
    models: set[str]
    slowest_ms: float
    kib: tuple[int, int]

    @property
    def growth(self) -> float:
        """Of resident memory, as a share of what it was."""
        return self.kib[1] / self.kib[0] - 1


def swap_under_load(bundles: tuple[Path, Path], work: Path, rounds: int) -> Report:
    """Activate two bundles in turn, `rounds` times in all, while clients ask without a pause."""
    with _kiosk(bundles, work) as (process, address, key):
        ask = httpx.Client(base_url=address, headers={"Authorization": f"Bearer {key}"}, timeout=60)
        failures: list[str] = []
        with asking(address, CLIENTS) as tallies:
            until(lambda: all(len(tally.sent) > 50 for tally in tallies), process)
            before = _resident_kib(process.pid)
            for turn in range(rounds):
                answer = ask.post("/v1/staff/bundles:activate", json={"name": bundles[(turn + 1) % 2].name})
                if answer.status_code != 200:
                    failures.append(f"activation {turn + 1}: {answer.status_code} {answer.text[:200]}")
                    continue
                model = answer.json()["active"]["model"]
                said = ask.post("/v1/recommendations", json={}).json()["model"]
                if said != model:
                    failures.append(f"activation {turn + 1} was answered, and {said} still answered")
            until(lambda: ask.get("/v1/staff/bundles").json()["held"] is None, process)
        after = _resident_kib(process.pid)
    for tally in tallies:
        failures += tally.failures
    return Report(
        rounds,
        sum(len(tally.sent) for tally in tallies),
        sum(len(tally.ids & set(tally.sent)) for tally in tallies),
        failures,
        set().union(*(tally.models for tally in tallies)),
        1000 * max(max(tally.seconds) for tally in tallies),
        (before, after),
    )


@contextmanager
def _kiosk(bundles: tuple[Path, Path], work: Path) -> Iterator[tuple[subprocess.Popen[bytes], str, str]]:
    """(process, address, a manager's key) of a kiosk that serves the first bundle and may take both."""
    database, log = work / "kiosk.sqlite", work / "log.txt"
    settings = {
        "BUNDLES_DIR": work / "bundles",
        "IMPORT_DIR": bundles[0].parent,
        "PAGE_HOLD_SECONDS": "0.2",
        "REQUESTS_PER_SECOND": "0",  # more come here than a shop would send
    }
    add = [*TOYGUIDE, "kiosk", "key", "add", "check", "--role", "manager", "--database", str(database)]
    said = subprocess.run(add, env=environment({}), cwd=work, capture_output=True, text=True, check=True)
    process, address = start(bundles[0], database, log, settings)
    try:
        yield process, address, said.stdout.strip()
        stop(process, log)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def _resident_kib(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    return int(next(line for line in lines if line.startswith("VmRSS")).split()[1])


def renamed(bundle: Path, folder: Path) -> Path:
    """A copy of `bundle` whose model has another name: its digits turned round."""
    shutil.copytree(bundle, folder)
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    manifest["model"] = manifest["model"][::-1]
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    (folder / "manifest.sig").unlink(missing_ok=True)
    return folder


def main() -> int:
    """Check, print, and say by the exit code whether all went well."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--bundle", type=Path, help="by default one of a simulated catalogue is made")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        work = Path(temporary)
        first = work / "stick" / "first"
        if chosen.bundle:
            shutil.copytree(chosen.bundle, first)
        else:
            made(first, build_catalogue(TOYS, seed=0).toys, width=64)
        report = swap_under_load((first, renamed(first, work / "stick" / "second")), work, chosen.rounds)
    before, after = (kib / 1024 for kib in report.kib)
    print(
        f"{report.swaps} swaps under {report.requests} requests: {report.requests - report.answered} not answered, "
        f"slowest {report.slowest_ms:.0f} ms, resident {before:.1f} → {after:.1f} MiB ({report.growth:+.1%})."
    )
    for failure in report.failures[:20]:
        print(failure)
    good = not report.failures and report.answered == report.requests and len(report.models) == 2
    return 0 if good and report.growth < MOST_GROWTH else 1


if __name__ == "__main__":
    sys.exit(main())
