"""What the thread that picks up published bundles does to its kiosk. Imported only where `publish_dir` is set."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from app.kiosk.background.pickup import Pickup
from app.kiosk.bundles import go_back, take_published
from app.kiosk.state import Kiosk
from app.kiosk.store.published import Picked, Publication

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


class _KiosksHands:
    def __init__(self, kiosk: Kiosk) -> None:
        self._kiosk = kiosk

    def answering(self) -> str:
        return self._kiosk.now.engine.model

    def activate(self, bundle: Path, publication: Publication) -> str:
        told = {"name": publication.name, "published": publication.published}
        return take_published(self._kiosk, bundle, publication.model, PUBLISH, told)

    def go_back(self, picked: Picked, told: dict[str, Any]) -> bool:
        return go_back(self._kiosk, picked.publication.model, picked.before or "", WATCH, told)
