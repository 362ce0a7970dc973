"""What the thread that picks up published bundles does to its kiosk. Imported only where `publish_dir` is set."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from app.kiosk.background.pickup import Change, Pickup
from app.kiosk.bundles import go_back, take_published
from app.kiosk.state import Kiosk
from app.kiosk.store.audit import newest_change
from app.kiosk.store.published import Picked, Publication
from data.errors import BundleError
from recommender.serving.bundle import Manifest

PUBLISH: Final = "publish"
"""Who took a bundle, in the audit log."""
WATCH: Final = "watch"
"""Who took it back."""


def pickup_of(kiosk: Kiosk, published: Path) -> Pickup:
    """The thread for a kiosk, not yet started."""
    settings = kiosk.settings
    return Pickup(
        published,
        settings.bundles_dir,
        kiosk.database,
        lambda: kiosk.clock(),
        _KiosksHands(kiosk),
        settings.publish_seconds,
        settings.publish_fall,
        settings.publish_lists,
    )


def _made(manifest: Manifest) -> datetime:
    """When a bundle was made, as far as it says so; never in the future of one that does not."""
    try:
        made = datetime.fromisoformat(manifest.created)
    except ValueError:
        return datetime.min.replace(tzinfo=UTC)
    return made if made.tzinfo else made.replace(tzinfo=UTC)


class _KiosksHands:
    def __init__(self, kiosk: Kiosk) -> None:
        self._kiosk = kiosk

    def answering(self) -> str:
        return self._kiosk.now.engine.model

    def activate(self, bundle: Path, publication: Publication) -> Change:
        told = {"name": publication.name, "published": publication.published}
        before = take_published(self._kiosk, bundle, publication.model, PUBLISH, told)
        return self._change(before)

    def activated(self, publication: Publication) -> Change | None:
        with self._kiosk.database.reading() as connection:
            found = [newest_change(connection, action) for action in ("bundle.activate", "bundle.rollback")]
        last = max((each for each in found if each), key=lambda each: each.id, default=None)
        if last is None or (last.who, last.details.get("published")) != (PUBLISH, publication.published):
            return None
        try:
            return self._change(self._kiosk.bundles.manifest(last.details["before"]))
        except (BundleError, OSError):
            return None

    def _change(self, before: Manifest) -> Change:
        return Change(before.model, _made(self._kiosk.now.engine.manifest) < _made(before))

    def go_back(self, picked: Picked, told: dict[str, Any]) -> bool:
        return go_back(self._kiosk, picked.publication.model, picked.before or "", WATCH, told)
