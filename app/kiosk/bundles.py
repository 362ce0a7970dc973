"""Another bundle takes the place of the one that answers: validate → load → warm → swap one reference → drain.

All of it happens beside the requests, in the thread of whoever asked. Whatever fails, the running one stays.
"""

from __future__ import annotations

import errno
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import structlog

from app.kiosk.memory import settle_memory
from app.kiosk.problems import ProblemError
from app.kiosk.settings import KioskSettings
from app.kiosk.state import Kiosk
from app.kiosk.store.audit import note
from app.kiosk.store.bundles import Activated, BundleFolder, from_outside
from data.errors import BundleError, DataError
from data.schema import Recipient
from recommender.serving.bundle import Manifest, read_manifest
from recommender.serving.engine import Engine
from recommender.serving.load import load_bundle
from recommender.serving.search.find import MAX_TEXT, search
from recommender.serving.similar import similar

WARM_HISTORIES: Final = (0, 1, 8, 50)
_log = structlog.get_logger("kiosk")


def open_at_start(settings: KioskSettings) -> tuple[Engine, Activated]:
    """The bundle activated last; if it is broken the one before, else that of the setting; and what is in force.

    Raises BundleError if the setting's is the last one and cannot be used, ToyGuideError for a key that is none.
    """
    folder = BundleFolder(settings.bundles_dir, settings.verify_key)
    remembered = folder.activated()
    chosen = _model_of(settings.bundle)
    if remembered.active and chosen and chosen != remembered.instead_of:
        _log.warning(
            "the setting 'bundle' names another model than when a bundle was activated: it rules", model=chosen
        )
        remembered = Activated()
    candidates = [
        replace(remembered, active=name, previous=remembered.previous if name == remembered.active else None)
        for name in (remembered.active, remembered.previous)
        if name
    ]
    for candidate in candidates:
        path = folder.path(candidate.active or "")
        try:
            engine = load(settings, path)
        except BundleError as error:
            _log.error("an activated bundle cannot be used: another one answers", bundle=path.name, reason=str(error))
            continue
        _log.info(
            "the bundle activated last answers, not the setting's", bundle=path.name, setting=str(settings.bundle)
        )
        return engine, candidate
    return load(settings, settings.bundle), Activated()


def load(settings: KioskSettings, path: Path) -> Engine:
    """The bundle in `path`, checked in every way and warm. Raises BundleError."""
    engine = load_bundle(
        path, settings.default_youngest_months, verify_key=settings.verify_key, threads=settings.threads
    )
    warm(engine)
    return engine


def warm(engine: Engine, words: bool = False) -> None:
    """A few rankings of every shape: what a first run costs must not fall on a shopper. Raises BundleError.

    words: open the index of words too, which a start leaves to the first search
    """
    ids = [toy.id for toy in engine.toys[: max(WARM_HISTORIES)]]
    try:
        for count in WARM_HISTORIES:
            engine.recommend(history=ids[:count], recipient=Recipient(age_months=60), k=10)
        engine.recommend(k=100, language="zh")
        similar(engine, ids[0])
        engine.verdicts(ids[0])
        if words:
            search(engine, engine.toys[0].title[:MAX_TEXT])
    except Exception as error:  # whatever a bundle brings that passed all checks
        raise BundleError(f"The bundle in {engine.folder} cannot rank: {error}.") from error


def activate(kiosk: Kiosk, name: str, who: str) -> None:
    """Let the bundle `name`, of the kiosk's folder or from outside, answer from now on.

    Raises ProblemError: unknown_bundle, bundle_refused, bundle_busy; StoreFullError or StoreUnavailableError.
    """
    with _alone(kiosk):
        if not kiosk.bundles.holds(name):
            name = _take(kiosk, name)
        if name == kiosk.activated.active:
            return
        _put_in_force(kiosk, name, who, "bundle.activate")


def take(kiosk: Kiosk, name: str, who: str) -> str:
    """Copy a bundle from outside into the kiosk's folder; returns the name that it has there. Raises as `activate`."""
    with _alone(kiosk):
        taken = _take(kiosk, name)
        with kiosk.database.writing() as connection:
            note(connection, who, "bundle.import", {"name": name, "model": taken})
        return taken


def rollback(kiosk: Kiosk, who: str) -> None:
    """Let the bundle before answer again; a second time, the one after. Raises as `activate`."""
    with _alone(kiosk):
        previous = kiosk.activated.previous
        if previous is None:
            raise ProblemError("unknown_bundle", "There is no bundle before this one to go back to.")
        _put_in_force(kiosk, previous, who, "bundle.rollback")


def take_published(kiosk: Kiosk, source: Path, model: str, who: str, told: Mapping[str, Any]) -> Manifest:
    """Copy the bundle in the folder `source` and let it answer; returns the manifest of the one before.

    model: which it must be; told: what else stands in the audit log. Raises as `activate`.
    """
    with _alone(kiosk):
        found = read_manifest(source, kiosk.settings.verify_key).model
        if found != model:
            raise BundleError(f"The bundle in {source} must be of model {model}. It is of {found}. Publish it again.")
        before = kiosk.now.engine.manifest
        _put_in_force(kiosk, kiosk.bundles.take(source, in_use(kiosk)), who, "bundle.activate", told)
        return before


def go_back(kiosk: Kiosk, model: str, before: str, who: str, told: Mapping[str, Any]) -> bool:
    """Let the model `before` answer again instead of `model`; False if somebody changed either. Raises as above."""
    with _alone(kiosk):
        if kiosk.now.engine.model != model or kiosk.activated.previous != before:
            return False
        _put_in_force(kiosk, before, who, "bundle.rollback", told)
        return True


def _put_in_force(kiosk: Kiosk, name: str, who: str, action: str, told: Mapping[str, Any] | None = None) -> None:
    started = time.perf_counter()
    engine = load(kiosk.settings, kiosk.bundles.path(name))
    warm(engine, words=True)
    before = kiosk.activated
    previous = before.active or _keep_setting(kiosk)
    # A setting's bundle that cannot be read now is the one that was read last: it may come back, on its old disk.
    known = before.instead_of if before.active else kiosk.now.engine.model
    after = Activated(name, None if previous == name else previous, _model_of(kiosk.settings.bundle) or known)
    try:
        with ExitStack() as until_in_force, kiosk.database.writing() as connection:
            until_in_force.enter_context(kiosk.swapping(engine))
            note(connection, who, action, {"model": name, "before": kiosk.now.engine.model, **(told or {})})
            kiosk.bundles.touch(name)
            kiosk.bundles.remember(after)
    except BaseException:
        with suppress(DataError):
            kiosk.bundles.remember(before)
        raise
    kiosk.activated = after
    took = round((time.perf_counter() - started) * 1000)
    _log.info("another bundle answers", model=engine.model, before=after.previous, ms=took)
    if gone := kiosk.bundles.prune(in_use(kiosk)):
        _log.info("old bundles were removed", bundles=gone)
    settle_memory()


def in_use(kiosk: Kiosk) -> set[str]:
    """Names of the bundles that answer now or may be asked for again."""
    named = {kiosk.activated.active, kiosk.activated.previous}
    answering = {each.engine.folder.name for each in (kiosk.now, kiosk.held) if each}
    return {name for name in named if name} | answering


def _take(kiosk: Kiosk, name: str) -> str:
    outside = kiosk.settings.import_dir
    source = from_outside(outside, name)
    if source is None:
        sought = f"neither here nor in {outside}" if outside else "here, and no import_dir is set"
        raise ProblemError("unknown_bundle", f"There is no bundle {name[:80]!r}: {sought}.")
    return kiosk.bundles.take(source, in_use(kiosk))


def _keep_setting(kiosk: Kiosk) -> str | None:
    """A copy of the setting's bundle in the folder, so that it can be gone back to whatever happens to its place."""
    try:
        return kiosk.bundles.take(kiosk.now.engine.folder)
    except (BundleError, DataError) as error:
        _log.warning("the bundle that answered cannot be kept to go back to", reason=str(error))
        return None


def _model_of(path: Path) -> str | None:
    try:
        return read_manifest(path).model
    except (BundleError, OSError):
        return None


@contextmanager
def _alone(kiosk: Kiosk) -> Iterator[None]:
    """One change of bundles at a time, the others are told so; and what is wrong with a bundle as a problem."""
    if not kiosk.changing.acquire(blocking=False):
        raise ProblemError("bundle_busy", "Another change of bundles is under way. Look at it, then send yours again.")
    try:
        yield
    except BundleError as error:
        raise ProblemError("bundle_refused", str(error)) from error
    except (DataError, OSError) as error:  # the second: a stick that is pulled out, a folder that went away
        refused = error if isinstance(error, OSError) else error.__cause__
        full = getattr(refused, "errno", None) in (errno.ENOSPC, errno.EDQUOT)
        raise ProblemError("store_full" if full else "store_unavailable", f"{str(error).rstrip('.')}.") from error
    finally:
        kiosk.changing.release()
