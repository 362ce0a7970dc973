"""Records of runs: how a model, a sweep or a judgement came to be, as JSON beside it; read without torch.

Whatever trains, distils, blends, sweeps or judges leaves one. A bundle's manifest is read as a record too.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from data.atomic import UNFINISHED, atomic_file
from data.errors import ToyGuideError

if TYPE_CHECKING:
    from data.dataset import Dataset
    from data.protocol import SplitPlan

RECORD: Final = "run.json"
MANIFEST: Final = "manifest.json"
KINDS: Final = ("teacher", "blend", "student", "sweep", "evaluation", "retraining", "bundle")
_LIBRARIES: Final = ("torch", "numpy", "pyarrow", "scikit-learn")
_MOST_BYTES: Final = 64 * 1024 * 1024


class NoRunError(ToyGuideError):
    """A folder that holds something else."""


@dataclass(frozen=True, slots=True)
class Run:
    """One run. record: everything that was written down; the rest of it are its main points."""

    folder: Path
    kind: str
    record: Mapping[str, Any]

    @property
    def time(self) -> str:
        """When it was made, in UTC, as it was written down; empty where it was not."""
        return str(self.record.get("created") or _inner(self.record, "environment", "time") or "")

    @property
    def digest(self) -> str:
        """Of its weights, of a bundle's model; empty for what has none."""
        return str(self.record.get("model" if self.kind == "bundle" else "digest") or "")

    @property
    def dataset(self) -> str:
        """Name and the first digits of the digest of the data."""
        name, digest = (_inner(self.record, "dataset", key) for key in ("name", "digest"))
        return " ".join(filter(None, (name, str(digest or "")[:8])))

    @property
    def about(self) -> str:
        """In a few words, what was made."""
        record = self.record
        if self.kind == "teacher":
            return f"preset {_inner(record, 'preset', 'name')}, seed {_inner(record, 'preset', 'seed')}"
        if self.kind in ("student", "bundle"):
            shape = record.get("student") or {}
            lesson = record.get("distillation") or shape.get("distillation") or {}
            return (
                f"{shape.get('family')} {shape.get('width')}, int{shape.get('table_bits') or shape.get('bits')}, "
                f"T {lesson.get('temperature')}, α {lesson.get('alpha')}"
            )
        if self.kind == "blend":
            return ", ".join(str(member.get("name")) for member in record.get("members") or [])
        if self.kind == "retraining":
            return str(_inner(record, "verdict", "says"))
        if self.kind == "sweep":
            return f"{record.get('students')} students"
        return ", ".join(map(str, record.get("recommenders") or []))

    @property
    def ndcg(self) -> tuple[str, float] | None:
        """(which part, NDCG@10): of a bundle the test part, of a judgement the best, else validation."""
        if self.kind == "bundle":
            part, value = "test", _inner(self.record, "metrics", "leave-one-out", "test", "ndcg@10")
        elif self.kind == "evaluation":
            part, value = str(self.record.get("part")), _inner(self.record, "best", "ndcg@10")
        else:
            part, value = "validation", self.record.get("validation_ndcg_10")
        return (part, float(value)) if isinstance(value, int | float) else None


def write_record(file: Path, kind: str, record: Mapping[str, Any], threads: int | None = None) -> dict[str, Any]:
    """Write a record, whole or not at all, with its kind and the environment added; returns it."""
    full = {**record, "kind": kind, "environment": environment(threads)}
    with atomic_file(file) as temporary:
        temporary.write_text(json.dumps(full, indent=2, default=str) + "\n", encoding="utf-8")
    return full


def read_record(folder: Path) -> Run:
    """The run in `folder`. Raises ToyGuideError if there is none, or its record cannot be read."""
    found = [folder / name for name in (RECORD, MANIFEST) if (folder / name).is_file()]
    if not found:
        raise NoRunError(f"{folder} holds no run: it has neither {RECORD} nor {MANIFEST}.")
    file = found[0]
    try:
        if file.stat().st_size > _MOST_BYTES:
            raise ToyGuideError(f"{file} is too large for a run record: it must have at most {_MOST_BYTES} bytes.")
        record = json.loads(file.read_text(encoding="utf-8"))
    except (ValueError, OSError, RecursionError) as error:
        raise ToyGuideError(f"{file} cannot be read as a run record: {error}.") from error
    if not isinstance(record, dict):
        raise ToyGuideError(f"{file} must hold a JSON object. Got {type(record).__name__}.")
    if file.name == MANIFEST and not record.keys() >= {"format", "model", "files"}:
        raise NoRunError(f"{file} is no bundle's manifest: it has no 'format', 'model' and 'files'.")
    kind = "bundle" if file.name == MANIFEST else record.get("kind")
    if kind not in KINDS:
        raise ToyGuideError(f"{file}: field 'kind' must be one of {', '.join(KINDS)}. Got {kind!r}.")
    return Run(folder, kind, record)


def find_runs(root: Path) -> Iterator[Run | ToyGuideError]:
    """Every run under `root`, in the order of folders; in place of one that cannot be read, why not.

    What lies within a run (the members of a blend) belongs to it; links are not followed.
    """
    for place, folders, files in os.walk(root):
        folders[:] = sorted(name for name in folders if not name.endswith(UNFINISHED) and name != ".git")
        if RECORD not in files and MANIFEST not in files:
            continue
        try:
            found: Run | ToyGuideError = read_record(Path(place))
        except NoRunError:
            continue  # many programs call a file manifest.json
        except ToyGuideError as error:
            found = error
        folders.clear()
        yield found


def dataset_record(dataset: Dataset, plan: SplitPlan) -> dict[str, Any]:
    """What a run record says of the data, and of what was held out."""
    return {
        "name": dataset.source.name,
        "digest": dataset.digest,
        "toys": dataset.toys.num_rows,
        "events": dataset.events.num_rows,
        "split": plan.record(),
    }


def environment(threads: int | None = None) -> dict[str, Any]:
    """When, where and with what a run was made: enough to repeat it."""
    return {
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "platform": platform.platform(),
        "threads": threads,
        "libraries": {name: _version(name) for name in ("toyguide", *_LIBRARIES)},
        "git": _git_state(),
    }


def _inner(record: Mapping[str, Any], *path: str) -> Any:
    found: Any = record
    for name in path:
        found = found.get(name) if isinstance(found, Mapping) else None
    return found


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _git_state() -> str | None:
    """The commit of the code, with "+changes" where files differ from it; None outside a repository."""
    git = shutil.which("git")
    if git is None:
        return None
    root = Path(__file__).parent
    commit = subprocess.run([git, "rev-parse", "HEAD"], cwd=root, capture_output=True, text=True, check=False)
    if commit.returncode:
        return None
    status = subprocess.run([git, "status", "--porcelain"], cwd=root, capture_output=True, text=True, check=False)
    return commit.stdout.strip() + ("+changes" if status.stdout.strip() else "")
