"""A folder from which kiosks take their bundles, each under a name of its own; one file says which is in force.

    DIR/2026-11-25T17-04-05Z-0123456789ab/   a bundle
    DIR/current.json                         {"name": …, "model": …, "published": …}

`current.json` is replaced last and at once, so who reads it finds the bundle whole. Going back is publishing the one
before: its files are there already. What a kiosk makes of the folder: `app.kiosk.background.pickup`.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from data.atomic import alone_in, atomic_file
from data.errors import BundleError, ToyGuideError
from recommender.serving.archive import copy_bundle
from recommender.serving.bundle import MANIFEST, SIGNATURE, Manifest, verify_bundle

CURRENT: Final = "current.json"


def publish(
    bundle: Path,
    to: Path,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    verify_key: Path | None = None,
    instead_of: str | None = None,
) -> Path:
    """Copy `bundle` into the folder `to`, and let it be the one in force there; returns where it lies.

    verify_key: a public key's file; with one, a bundle that it did not sign is not published
    instead_of: the model whose place it may take, and no other's: the one that it was judged against
    Raises BundleError if it is not whole; ToyGuideError where `to` is not there (a share that is not mounted must not
    become a folder), is full, has another model in force than `instead_of`, or another publishes into it at this
    moment.
    """
    manifest = verify_bundle(bundle, verify_key)
    if not to.is_dir():
        raise ToyGuideError(f"The folder to publish to must be there. {to} is not: is its disk mounted?")
    with alone_in(to, "publishing"):
        if instead_of is not None and (other := in_force(to)) not in (None, instead_of, manifest.model):
            raise ToyGuideError(
                f"In {to} the model {str(other)[:12]} was published meanwhile; the new bundle was judged against "
                f"{instead_of[:12]} alone."
            )
        place = to / published_name(manifest)
        if not _lies_there(bundle, place):
            copy_bundle(bundle, place, verify_key)
        said = {
            "name": place.name,
            "model": manifest.model,
            "published": now().astimezone(UTC).isoformat(timespec="milliseconds"),
        }
        with atomic_file(to / CURRENT) as temporary:
            temporary.write_text(json.dumps(said, indent=2) + "\n", encoding="utf-8")
    return place


def in_force(folder: Path) -> str | None:
    """The model of the bundle in force in `folder`; None where nothing was published yet, or nobody can read what."""
    try:
        return str(json.loads((folder / CURRENT).read_text(encoding="utf-8"))["model"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _lies_there(bundle: Path, place: Path) -> bool:
    """Whether the same bundle lies there whole: one that was signed since, or damaged, is copied again."""
    try:
        verify_bundle(place)
    except BundleError:
        return False
    return all(_bytes(bundle / name) == _bytes(place / name) for name in (MANIFEST, SIGNATURE))


def _bytes(file: Path) -> bytes | None:
    return file.read_bytes() if file.is_file() else None


def published_name(manifest: Manifest) -> str:
    """The name of a bundle in a folder that is published: when it was made, and the first digits of its model."""
    made = datetime.fromisoformat(manifest.created).astimezone(UTC)
    return f"{made:%Y-%m-%dT%H-%M-%SZ}-{manifest.model[:12]}"
