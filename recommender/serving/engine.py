"""The engine: one bundle, loaded and checked, that answers requests. The face of toyguide in process.

    engine = load_bundle("var/bundle")
    engine.recommend(history=["toy-1"], recipient=Recipient(age_months=48), k=10)

A request's way: allowed-mask (policy, before any ranking) → student → reasons. Threads may share an engine.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from data.errors import parameter_error
from data.ids import ToyIndex
from data.schema import KIND_CODES, SMALLEST_MONTHS, EventKind, Recipient, Toy
from recommender.base import MAX_HISTORY, Contact, check_k, top_k
from recommender.serving.bundle import CATALOGUE, Manifest
from recommender.serving.catalogue import read_picture
from recommender.serving.causes import hanging_on
from recommender.serving.policy.filters import Filters
from recommender.serving.policy.mask import Allowed, HouseLists, Situation, allowed_mask, forbidding_rules
from recommender.serving.policy.reasons import Cause, reasons_for, short_reason, similar_reason, verdict
from recommender.serving.policy.safety import company
from recommender.serving.policy.shelf import build_shelf
from recommender.serving.results import LANGUAGES, Language, Pick, Recommendation, Verdict
from recommender.serving.student import Student, met_toys, pad_histories

MAX_CAUSES: Final = 8
"""How many of the newest toys of a history can be named as a reason: each costs one more row of the shopper tower."""
POPULAR_SHARE: Final = 0.05
"""The share of the catalogue that counts as favourites: what the student ranks first for a stranger."""


class Engine:
    """A bundle in memory. Made by `load_bundle`."""

    def __init__(
        self,
        folder: Path,
        manifest: Manifest,
        toys: Sequence[Toy],
        student: Student,
        default_youngest_months: int = SMALLEST_MONTHS,
    ) -> None:
        self.folder = folder
        self.manifest = manifest
        self.toys = tuple(toys)
        self.index = ToyIndex([toy.id for toy in toys])
        self.student = student
        self.shelf = build_shelf(toys)
        self.default_youngest_months = default_youngest_months
        lengths = np.linalg.norm(student.table, axis=1)
        self._inverse_lengths = np.divide(1.0, lengths, out=np.zeros_like(lengths), where=lengths > 0)
        self._popular = self._favourites()

    @property
    def model(self) -> str:
        """The digest of the model that ranks."""
        return self.manifest.model

    def toy(self, toy_id: str) -> Toy:
        """The toy with that id; KeyError if unknown."""
        return self.toys[self.index[toy_id] - 1]

    def house_lists(
        self, recalled: Iterable[str] = (), out_of_stock: Iterable[str] = (), hidden: Iterable[str] = ()
    ) -> HouseLists:
        """The shop's lists of toy ids as arrays, made once for many requests; unknown ids are ignored."""
        return HouseLists(*(self._as_mask(ids) for ids in (recalled, out_of_stock, hidden)))

    def recommend(
        self,
        history: Sequence[Contact | str] = (),
        recipient: Recipient | None = None,
        youngest_age_months: int | None = None,
        filters: Filters | None = None,
        k: int = 10,
        *,
        owned: Sequence[str] = (),
        language: Language = "en",
        house: HouseLists | None = None,
    ) -> Recommendation:
        """The best k toys that may be shown, with reasons.

        history: contacts from oldest to newest, a bare id is a purchase; at most 500, the student is fed the newest
        youngest_age_months: the youngest child present besides the recipient; where no child is stated,
            `default_youngest_months` rules
        owned: toys that the recipient has. Raises ToyGuideError for a parameter out of bounds.
        """
        self._check(k, language, recipient)
        if len(history) > MAX_HISTORY:
            raise parameter_error("history", "recommend", f"at most {MAX_HISTORY} toys", len(history))
        if len(owned) > MAX_HISTORY:
            raise parameter_error("owned", "recommend", f"at most {MAX_HISTORY} toys", len(owned))
        if filters is not None:
            filters.check()
        contacts = [Contact(entry) if isinstance(entry, str) else entry for entry in history]
        last: dict[int, EventKind] = {}
        missing: dict[str, None] = {}
        for contact in contacts:
            if place := self.index.get(contact.toy):
                last[place] = contact.kind
            else:
                missing[contact.toy] = None
        has, unknown = self.index.split_known(owned)
        missing.update(dict.fromkeys(unknown))

        dismissed = _of_kinds(last, EventKind.DISMISS, EventKind.RETURN)
        bought = _of_kinds(last, EventKind.PURCHASE)
        age = recipient.age_months if recipient else None
        sought = filters.age_months if filters else None
        situation = Situation(
            company(age, youngest_age_months, self.default_youngest_months, sought),
            house or HouseLists(),
            filters,
            recipient.budget if recipient else None,
            owned=(*has, *bought),
            dismissed=dismissed,
            seen=tuple(last.keys() - set(dismissed) - set(bought)),
            recipient_age=age,
        )
        allowed = allowed_mask(self.shelf, situation)
        fed = met_toys(last.keys(), (KIND_CODES[kind] for kind in last.values()))
        picks = self._rank(fed, last, recipient, allowed, k, language)
        return Recommendation(
            str(uuid.uuid4()),
            self.model,
            picks,
            tuple(missing),
            short_reason(len(picks), k, allowed.removed, language),
            allowed.removed,
        )

    def similar(
        self,
        toy_id: str,
        k: int = 10,
        youngest_age_months: int | None = None,
        language: Language = "en",
        house: HouseLists | None = None,
    ) -> Recommendation:
        """The k toys that lie nearest to `toy_id` in the student's space (cosine), under the same mask.

        They give no reason where `toy_id` itself is nothing for those present: the reason would name it.
        Raises KeyError if the toy is unknown, ToyGuideError for a parameter out of bounds.
        """
        self._check(k, language, None)
        anchor = self.index[toy_id]
        present = company(None, youngest_age_months, self.default_youngest_months)
        allowed = allowed_mask(self.shelf, Situation(present, house or HouseLists(), seen=(anchor,)))
        # einsum, not @: BLAS wakes its threads for a table of this size, and on a busy machine waits for them.
        cosine = np.einsum("nd,d->n", self.student.table, self.student.table[anchor])
        cosine *= self._inverse_lengths * self._inverse_lengths[anchor]
        places, scores = top_k(cosine[None, 1:], allowed.mask[None, 1:], k)
        reasons = (similar_reason(self.toys[anchor - 1], language),) if allowed.nameable[anchor] else ()
        picks = tuple(
            Pick(self.toys[place - 1], int(place), float(score), reasons)
            for place, score in zip(places[0], scores[0], strict=True)
            if place > 0
        )
        return Recommendation(
            str(uuid.uuid4()),
            self.model,
            picks,
            short_reason=short_reason(len(picks), k, allowed.removed, language),
            masked=allowed.removed,
        )

    def verdicts(
        self,
        toy_id: str,
        youngest_age_months: int | None = None,
        language: Language = "en",
        house: HouseLists | None = None,
    ) -> tuple[Verdict, ...]:
        """May this toy be shown to those present? Either that it may, or every rule that forbids it, the highest first.

        KeyError if the toy is unknown.
        """
        place = self.index[toy_id]
        present = company(None, youngest_age_months, self.default_youngest_months)
        rules = forbidding_rules(self.shelf, Situation(present, house or HouseLists()), place)
        return tuple(verdict(self.toys[place - 1], rule, language) for rule in rules or (None,))

    def picture(self, toy_id: str) -> str | None:
        """The toy's picture as SVG text, None where it has none. KeyError if the toy is unknown."""
        picture = read_picture(self.folder / CATALOGUE, self.index[toy_id])
        if picture is None or picture.lstrip().startswith("<"):
            return picture
        # A path: only a file the manifest names, so that nothing outside the bundle is ever read.
        if picture not in self.manifest.files or not picture.endswith(".svg"):
            return None
        return (self.folder / picture).read_text(encoding="utf-8")

    def _rank(
        self,
        fed: Sequence[int],
        last: dict[int, EventKind],
        recipient: Recipient | None,
        allowed: Allowed,
        k: int,
        language: Language,
    ) -> tuple[Pick, ...]:
        profile = self.student.profiles([recipient])
        toys, scores, _ = self.student.rank(
            pad_histories([fed], self.student.max_history), profile, allowed.mask[None], k
        )
        found = (toys[0] > 0) & allowed.mask[toys[0]]  # the mask has the last word, whatever graph a bundle brings
        places, best = toys[0][found].astype(np.int64), scores[0][found]
        causes = self._causes(fed, last, profile, places, best, allowed.nameable)
        picks = []
        for place, score, cause in zip(places.tolist(), best.tolist(), causes, strict=True):
            toy = self.toys[place - 1]
            reasons = reasons_for(toy, recipient, cause, bool(self._popular[place]), language)
            picks.append(Pick(toy, place, score, reasons))
        return tuple(picks)

    def _causes(
        self,
        fed: Sequence[int],
        last: dict[int, EventKind],
        profile: NDArray[np.float32],
        places: NDArray[np.int64],
        scores: NDArray[np.float32],
        nameable: NDArray[np.bool_],
    ) -> list[Cause | None]:
        """For each recommended toy, the nameable toy of the history that most of its score hangs on."""
        newest = list(fed)[-self.student.max_history :]
        named = [toy for toy in newest if nameable[toy]][-MAX_CAUSES:]
        if not named or not len(places):
            return [None] * len(places)
        shares = hanging_on(self.student, newest, named, profile, places, scores)  # [C, k]
        strongest = shares.argmax(axis=0)
        return [
            Cause(self.toys[named[row] - 1], last[named[row]], float(shares[row, column]))
            for column, row in enumerate(strongest.tolist())
        ]

    def _favourites(self) -> NDArray[np.bool_]:
        """bool [N + 1]: what the student ranks first for someone of whom nothing is known."""
        query = self.student.queries(np.zeros((1, 1), np.int32), self.student.profiles([None]))[0]
        scores = np.where(self.shelf.active, self.student.table @ query, -np.inf)
        favourites = np.zeros(len(scores), np.bool_)
        if not query.any():  # a student that knows no favourites
            return favourites
        favourites[np.argsort(-scores, kind="stable")[: int(POPULAR_SHARE * len(self.toys))]] = True
        return favourites & self.shelf.active

    def _as_mask(self, ids: Iterable[str]) -> NDArray[np.bool_] | None:
        places, _ = self.index.split_known(ids)
        if not places:
            return None
        mask = np.zeros(len(self.shelf), np.bool_)
        mask[places] = True
        return mask

    def _check(self, k: object, language: object, recipient: Recipient | None) -> None:
        check_k(k, "recommend")
        if language not in LANGUAGES:
            raise parameter_error("language", "recommend", f"one of {', '.join(LANGUAGES)}", language)
        if recipient is not None and recipient.budget is not None and not 0 < recipient.budget < np.inf:
            raise parameter_error("budget", "recommend", "a finite number > 0", recipient.budget)


def _of_kinds(last: dict[int, EventKind], *kinds: EventKind) -> tuple[int, ...]:
    return tuple(place for place, kind in last.items() if kind in kinds)
