"""/v1/staff/bundles…: which bundle answers, and another in its place, without a restart."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter

from app.kiosk.bundles import activate, rollback, take
from app.kiosk.payloads import Answer
from app.kiosk.problems import BODY_PROBLEMS, documented
from app.kiosk.staff.access import PROBLEMS, Manager
from app.kiosk.staff.models import BundleName, BundlesAnswer
from app.kiosk.state import Kiosk, Running
from app.kiosk.store.bundles import lying_in
from app.kiosk.store.database import moment
from app.kiosk.strict import StrictRoute
from data.errors import BundleError
from recommender.serving.bundle import Manifest

if TYPE_CHECKING:
    from app.kiosk.background.pickup import Status

router = APIRouter(prefix="/v1/staff/bundles", route_class=StrictRoute, tags=["staff"])
_CHANGE = (*PROBLEMS, "bundle_refused", "bundle_busy", "unknown_bundle")


@router.get("", response_model=BundlesAnswer, responses=documented(*PROBLEMS), summary="Which bundles there are")
def bundles(kiosk: Running, _who: Manager) -> Answer:
    """What answers, what can be gone back to, what lies in `bundles_dir`, and what could be taken from `import_dir`."""
    return Answer(bundles_payload(kiosk))


@router.post(
    ":activate",
    response_model=BundlesAnswer,
    responses=documented(*_CHANGE, *BODY_PROBLEMS),
    summary="Let another bundle answer",
)
def post_activate(body: BundleName, kiosk: Running, who: Manager) -> Answer:
    """A bundle of `bundles_dir`, or else of `import_dir`, which is imported first.

    It is checked, loaded and tried while the one before goes on answering, and remembered: a restart serves it again.
    Whatever is wrong with it, the one before stays.
    """
    activate(kiosk, body.name, who.name)
    return Answer(bundles_payload(kiosk))


@router.post(
    ":import",
    response_model=BundlesAnswer,
    responses=documented(*_CHANGE, *BODY_PROBLEMS),
    summary="Take a bundle from a stick",
)
def post_import(body: BundleName, kiosk: Running, who: Manager) -> Answer:
    """Copies a zip or a folder of `import_dir`, verified, to `bundles_dir`, where its name is its model's digest."""
    take(kiosk, body.name, who.name)
    return Answer(bundles_payload(kiosk))


@router.post(
    ":rollback",
    response_model=BundlesAnswer,
    responses=documented(*_CHANGE),
    summary="Let the bundle before answer again",
)
def post_rollback(kiosk: Running, who: Manager) -> Answer:
    """As `:activate` with the bundle before; a second time, back again."""
    rollback(kiosk, who.name)
    return Answer(bundles_payload(kiosk))


def bundles_payload(kiosk: Kiosk) -> dict[str, Any]:
    """The bundles of a kiosk in the form of `BundlesAnswer`."""
    engine, activated, held = kiosk.now.engine, kiosk.activated, kiosk.held
    return {
        "active": {"name": activated.active, **_told(engine.manifest), "toys": len(engine.toys)},
        "previous": activated.previous,
        "held": held.engine.model if held else None,
        "bundles": [_lying(kiosk, name) for name in kiosk.bundles.names()],
        "importable": [
            {"name": name, "kind": "zip" if size else "folder", "bytes": size or None}
            for name, size in lying_in(kiosk.settings.import_dir)
        ],
        "published": None if kiosk.pickup is None else _published(kiosk.pickup.status()),
    }


def _published(status: Status) -> dict[str, Any]:
    picked, refused = status.memory.picked, reversed(status.memory.refused)
    return {
        "looked": None if status.looked_ms is None else moment(status.looked_ms),
        "current": None if status.current is None else asdict(status.current),
        "problem": status.problem,
        "picked": picked
        and {
            **asdict(picked.publication),
            "picked": moment(picked.at_ms),
            "before": picked.before,
            "judged": picked.judged,
            "watched": picked.watched,
        },
        "refused": [{**asdict(each.publication), "refused": moment(each.at_ms), "why": each.why} for each in refused],
    }


def _lying(kiosk: Kiosk, name: str) -> dict[str, Any]:
    try:
        return {"name": name, **_told(kiosk.bundles.manifest(name)), "problem": None}
    except (BundleError, OSError) as error:
        return {"name": name, "model": None, "created": None, "toyguide": None, "problem": str(error)}


def _told(manifest: Manifest) -> dict[str, Any]:
    return {"model": manifest.model, "created": manifest.created, "toyguide": manifest.toyguide}
