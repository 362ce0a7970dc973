"""A folder from which kiosks take their bundles, each under a name of its own; one file says which is in force.

    DIR/2026-11-25T17-04-05Z-0123456789ab/   a bundle
    DIR/current.json                         {"name": …, "model": …, "published": …}

`current.json` is replaced last and at once, so who reads it finds the bundle whole. Going back is publishing the one
before: its files are there already.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from data.atomic import alone_in, atomic_file, atomic_folder
from data.errors import ToyGuideError
from recommender.serving.bundle import Manifest, verify_bundle

CURRENT: Final = "current.json"


def publish(bundle: Path, to: Path, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> Path:
    """Copy `bundle` into the folder `to`, and let it be the one in force there; returns where it lies.

    Raises BundleError if it is not whole; ToyGuideError where `to` is not there (a share that is not mounted must not
    become a folder), is full, or another publishes into it at this moment.
    """
    manifest = verify_bundle(bundle)
    if not to.is_dir():
        raise ToyGuideError(f"The folder to publish to must be there. {to} is not: is its disk mounted?")
    with alone_in(to, "publishing"):
        place = to / published_name(manifest)
        if not place.is_dir():
            with atomic_folder(place) as temporary:
                for file in sorted(bundle.iterdir()):
                    if file.is_file():
                        shutil.copyfile(file, temporary / file.name)
        verify_bundle(place)
        said = {
            "name": place.name,
            "model": manifest.model,
            "published": now().astimezone(UTC).isoformat(timespec="seconds"),
        }
        with atomic_file(to / CURRENT) as temporary:
            temporary.write_text(json.dumps(said, indent=2) + "\n", encoding="utf-8")
    return place


def published_name(manifest: Manifest) -> str:
    """The name of a bundle in a folder that is published: when it was made, and the first digits of its model."""
    made = datetime.fromisoformat(manifest.created).astimezone(UTC)
    return f"{made:%Y-%m-%dT%H-%M-%SZ}-{manifest.model[:12]}"
