"""From a bundle's directory to an engine that answers."""

from __future__ import annotations

from pathlib import Path

from data.errors import BundleError, ToyGuideError
from data.schema import SMALLEST_MONTHS
from recommender.serving.bundle import CATALOGUE, verify_bundle
from recommender.serving.catalogue import read_catalogue
from recommender.serving.engine import Engine
from recommender.serving.policy.safety import check_age
from recommender.serving.student import Student
from recommender.serving.together import read_together


def load_bundle(
    path: Path | str,
    default_youngest_months: int = SMALLEST_MONTHS,
    *,
    verify_key: Path | None = None,
    threads: int = 1,
) -> Engine:
    """Load the bundle in folder `path`: signature, digests, graph and table checked, one smoke ranking made.

    default_youngest_months: the age that the safety rule assumes where no child is stated
    verify_key: a public key's file; with one, the bundle must be signed by it; threads: that rank one request
    Raises BundleError with one sentence that says what is wrong with it, ToyGuideError if it is the key.
    """
    check_age("default_youngest_months", default_youngest_months)
    folder = Path(path)
    try:
        manifest = verify_bundle(folder, verify_key)
        toys = read_catalogue(folder / CATALOGUE, whole=False)
        student = Student.open(folder, manifest, threads)
    except OSError as error:
        raise BundleError(f"The bundle in {folder} cannot be read: {error}.") from error
    if len(toys) != len(student.table) - 1:
        raise BundleError(
            f"The bundle in {folder} does not fit together: its catalogue holds {len(toys)} toys, its table "
            f"{len(student.table) - 1}. Build it again."
        )
    student.smoke_test()
    together = read_together(folder, manifest, len(toys))
    try:
        return Engine(folder, manifest, toys, student, default_youngest_months, together)
    except (ToyGuideError, ValueError) as error:
        raise BundleError(f"The bundle in {folder} cannot be used: {error}") from error
