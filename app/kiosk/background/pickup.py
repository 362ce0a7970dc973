"""Published bundles are picked up by the kiosk itself, and taken back where shoppers like them less.

Nothing here stands in a request's way: the folder may be a network disk that is slow, full, gone, or half copied. What
fails is said once and tried again with the next look.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Any, Final, Protocol

import structlog

from app.kiosk.background.fall import JUDGEMENTS, has_fallen
from app.kiosk.background.worker import Worker
from app.kiosk.clock import Clock
from app.kiosk.problems import ProblemError
from app.kiosk.store.database import Database, StoreFullError, StoreUnavailableError, milliseconds
from app.kiosk.store.published import (
    Memory,
    Picked,
    Publication,
    Refused,
    files_stamp,
    published_bundle,
    read_current,
    read_memory,
    write_memory,
)
from app.kiosk.store.rates import Rate, lists_of, rate_of
from data.errors import ToyGuideError

ALLOWANCE_MS: Final = 3_600_000
"""So long after a list something of it may be wanted; younger lists do not count, of either model."""
BEFORE_MS: Final = 28 * 86_400_000
"""Lists of the model before count that are at most so much older than the change: of the same season."""
TIMES_BEFORE: Final = 4
"""So many times as many lists of the one before are looked at: a Monday is not held against one Sunday."""
LAST_WAIT: Final = 5.0
_log = structlog.get_logger("kiosk")


@dataclass(frozen=True, slots=True)
class Change:
    """A bundle took another's place. before: the model of that one; back: it had been made later, and was replaced."""

    before: str
    back: bool


class Hands(Protocol):
    """What the thread may do to the kiosk; see `app.kiosk.published`."""

    def answering(self) -> str:
        """The model that answers."""

    def activate(self, bundle: Path, publication: Publication) -> Change:
        """Let the bundle answer. Raises as `app.kiosk.bundles.activate`."""

    def activated(self, publication: Publication) -> Change | None:
        """The last change of bundles, if it was `activate` with this publication. Raises StoreUnavailableError."""

    def go_back(self, picked: Picked, told: dict[str, Any]) -> bool:
        """Let the bundle before answer again; False if another than `picked` answers by now. Raises as `activate`."""


@dataclass(frozen=True, slots=True)
class Status:
    """How it goes. looked_ms: when a look ended last; problem: why what is published could not be taken at that look

    current: what was published then; failures: looks in a row that failed; waiting: somebody should see to it
    """

    looked_ms: int | None
    current: Publication | None
    memory: Memory
    problem: str | None
    failures: int
    waiting: bool

    @property
    def refused(self) -> Refused | None:
        """Why what is published now is not taken, if it was refused or taken back."""
        return None if self.current is None else self.memory.refusal(self.current)


class _CannotError(Exception):
    """What is published cannot be taken now. cause: a word for it; the message is a sentence for people."""

    def __init__(self, cause: str, sentence: str) -> None:
        super().__init__(sentence)
        self.cause = cause


class Pickup:
    """A thread that looks into the folder `published` every `seconds`, and judges the bundle that it took there."""

    def __init__(
        self,
        published: Path,
        bundles: Path,
        database: Database,
        clock: Clock,
        hands: Hands,
        seconds: float,
        fall: float,
        lists: int,
        chance: Callable[[], float] | None = None,
    ) -> None:
        """bundles: the kiosk's own, where it is written down what was picked up and refused

        fall: the share that the positive rate may fall, 0 = it is not looked at; lists: that each model must have had
        chance: in [0, 1), spreads the looks of many kiosks over time
        """
        self._published, self._bundles = published, bundles
        self._database, self._clock, self._hands = database, clock, hands
        self._seconds, self._fall, self._lists = seconds, fall, lists
        self._chance = chance or Random().random
        self._stop = threading.Event()
        self.worker = Worker("pickup", self._run)
        self._memory = read_memory(bundles)
        self._written = self._memory
        self._current: Publication | None = None
        self._looked_ms: int | None = None
        self._failures = 0
        self._cause: str | None = None
        self._problem: str | None = None

    def start(self) -> None:
        """Begin."""
        self.worker.start()

    def stop(self) -> None:
        """End; a disk that does not answer is not waited for."""
        self._stop.set()
        self.worker.join(LAST_WAIT)

    def status(self) -> Status:
        """How it goes now."""
        waiting = self._failures > 0 and self._cause != "bundle_busy"
        return Status(self._looked_ms, self._current, self._memory, self._problem, self._failures, waiting)

    def warnings(self) -> dict[str, bool]:
        """Codes for /readyz, and whether they hold."""
        found = self.status()
        return {"publish_waits": found.waiting, "publish_refused": found.refused is not None}

    def look(self) -> None:
        """Look once: take what is newly published, and judge what was taken before."""
        failed: _CannotError | None = None
        for step in (self._take, self._judge):  # the second needs no folder, and shoppers do not wait for one
            try:
                step()
            except _CannotError as error:
                failed = failed or error
            # At once: a kiosk that ends before it is written down would no longer watch what it picked up.
            if self._memory is not self._written and write_memory(self._bundles, self._memory):
                self._written = self._memory
        self._tell(failed)
        self._looked_ms = milliseconds(self._clock())

    def _run(self) -> None:
        pause = self._seconds * self._chance()  # not with the start, and not all kiosks of a town at once
        while not self._stop.wait(pause):
            self.look()
            pause = self._seconds * (0.75 + 0.5 * self._chance())

    def _take(self) -> None:
        try:
            current = read_current(self._published)
        except (OSError, ValueError) as error:
            raise _CannotError("unreadable", str(error)) from error
        self._current = current
        if current is None or (self._memory.picked and self._memory.picked.publication == current):
            return
        refused = self._memory.refusal(current)
        if refused is not None and refused.files is None:
            return
        bundle, stamp = self._found(current)
        if refused is not None and refused.files == stamp:
            return
        now = milliseconds(self._clock())
        if self._hands.answering() == current.model:
            picked = self._memory.picked
            if picked is not None and picked.publication.model == current.model:  # it goes on being judged as before
                picked = replace(picked, publication=current)
            else:
                picked = self._found_answering(current)
            self._memory = self._memory.with_picked(picked)
            return
        try:
            with _told():
                change = self._hands.activate(bundle, current)
        except _CannotError as error:
            if error.cause != "bundle_refused":
                raise
            if _was_unreadable(error) or self._found(current)[1] != stamp:
                raise _CannotError("unreadable", str(error)) from error
            self._refuse(Refused(current, now, str(error), stamp))
            return
        self._memory = self._memory.with_picked(self._picked(current, change))

    def _found_answering(self, current: Publication) -> Picked:
        """What is published answers already: for a person chose it, or for it was picked up by a kiosk that was killed
        before it had written that down, and is to be watched still."""
        with _told():
            change = self._hands.activated(current)
        if change is None:
            return Picked(current, milliseconds(self._clock()), None, watched=False)
        return self._picked(current, change)

    def _picked(self, publication: Publication, change: Change) -> Picked:
        # Whoever publishes an older one goes back, whatever shoppers like: that is not to be undone.
        watched = self._fall > 0 and not change.back
        return Picked(publication, milliseconds(self._clock()), change.before, watched=watched)

    def _found(self, publication: Publication) -> tuple[Path, str]:
        """Where a bundle lies, and how."""
        try:
            bundle = published_bundle(self._published, publication)
            if bundle is not None:
                return bundle, files_stamp(bundle)
        except OSError as error:
            raise _CannotError("unreadable", f"The bundle {publication.name} cannot be read: {error}.") from error
        raise _CannotError("missing", f"The bundle {publication.name} is published and not there, or not yet.")

    def _judge(self) -> None:
        picked = self._memory.picked
        if picked is None or picked.before is None or not picked.watched or not self._fall:
            return
        if self._hands.answering() != picked.publication.model:  # somebody decided, and is not decided against
            self._remember(replace(picked, watched=False))
            return
        with _told():
            rates = self._rates(picked, picked.before)
        if rates is None:
            return
        told = _told_rates(*rates)
        if not has_fallen(*rates, self._fall, picked.judged):
            judged = picked.judged + 1
            self._remember(replace(picked, judged=judged, watched=judged < JUDGEMENTS))
            _log.info("the bundle that was picked up holds its own", bundle=picked.publication.name, **told)
            return
        with _told():
            gone_back = self._hands.go_back(picked, told)
        if not gone_back:
            raise _CannotError("no_way_back", f"{_fell(*rates)}, and the bundle before is not there to go back to.")
        why = f"{_fell(*rates)}: the kiosk went back to the bundle before."
        self._remember(replace(picked, watched=False))
        self._refuse(Refused(picked.publication, milliseconds(self._clock()), why))

    def _remember(self, picked: Picked) -> None:
        self._memory = replace(self._memory, picked=picked)

    def _rates(self, picked: Picked, before: str) -> tuple[Rate, Rate] | None:
        """The rate of the model before and that of now; None while there is too little to judge by."""
        least = self._lists * 2**picked.judged
        last = milliseconds(self._clock()) - ALLOWANCE_MS
        model = picked.publication.model
        if lists_of(self._database, model, picked.at_ms, last) < least:
            return None
        since, until = picked.at_ms - BEFORE_MS, picked.at_ms - 1
        if lists_of(self._database, before, since, until) < self._lists:
            return None
        now = rate_of(self._database, model, picked.at_ms, last, ALLOWANCE_MS, 2 * least)
        earlier = rate_of(self._database, before, since, until, ALLOWANCE_MS, TIMES_BEFORE * now.lists)
        return None if now.lists < least or earlier.lists < self._lists else (earlier, now)

    def _refuse(self, refused: Refused) -> None:
        self._memory = self._memory.with_refused(refused)
        _log.error("a published bundle is refused", bundle=refused.publication.name, reason=refused.why)

    def _tell(self, failed: _CannotError | None) -> None:
        """One line where it begins to fail or fails for another cause, one where it works again."""
        cause = None if failed is None else failed.cause
        if cause is not None and cause != self._cause and not self._stop.is_set():
            _log.warning("what is published cannot be taken; it is tried again", cause=cause, reason=str(failed))
        if cause is None and self._cause is not None:
            _log.info("what is published can be taken again", after=self._failures)
        self._failures = 0 if cause is None else self._failures + 1
        self._cause, self._problem = cause, None if failed is None else str(failed)


@contextmanager
def _told() -> Iterator[None]:
    """Whatever keeps the kiosk from a change of bundles, in one form."""
    try:
        yield
    except ProblemError as error:
        raise _CannotError(error.code, error.detail) from error
    except StoreFullError as error:
        raise _CannotError("store_full", "The kiosk's disk is full.") from error
    except StoreUnavailableError as error:
        raise _CannotError("store_unavailable", "The kiosk's database does not answer.") from error
    except ToyGuideError as error:  # the key that must have signed cannot be read
        raise _CannotError("mistake", str(error)) from error


def _was_unreadable(error: BaseException | None) -> bool:
    """Whether what was wrong is that a file could not be read: a disk that went away while it was copied from."""
    while error is not None:
        if isinstance(error, OSError):
            return True
        error = error.__cause__
    return False


def _fell(before: Rate, now: Rate) -> str:
    return (
        f"Something was wanted of {now.share:.1%} of its {now.lists} lists, and of {before.share:.1%} of "
        f"{before.lists} lists of the model before"
    )


def _told_rates(before: Rate, now: Rate) -> dict[str, Any]:
    """Both rates for the log and the audit log."""
    return {
        name: {"lists": rate.lists, "wanted": rate.wanted, "rate": round(rate.share, 4)}
        for name, rate in (("rate_before", before), ("rate", now))
    }
