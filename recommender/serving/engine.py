"""The engine: one bundle, loaded and checked, that answers requests. The face of toyguide in process.

    engine = load_bundle("var/bundle")
    engine.recommend(history=["toy-1"], recipient=Recipient(age_months=48), k=10)

A request's way: allowed-mask (policy, before any ranking) → student → reasons. Threads may share an engine.
"""

from __future__ import annotations

import copy
import sys
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Final

import numpy as np
from numpy.typing import NDArray

from data.errors import parameter_error
from data.ids import ToyIndex
from data.schema import SMALLEST_MONTHS, Recipient, Toy
from recommender.base import Contact
from recommender.serving.asking import Ask, read_ask
from recommender.serving.bundle import CATALOGUE, Manifest
from recommender.serving.catalogue import read_descriptions, read_picture
from recommender.serving.causes import find_causes, nameable_causes
from recommender.serving.page import Marks, write_page
from recommender.serving.past import Past, Purpose
from recommender.serving.policy.arrange import AS_RANKED, Arrangement, arrange
from recommender.serving.policy.emphasis import NO_EMPHASIS, Emphasis
from recommender.serving.policy.filters import Filters
from recommender.serving.policy.mask import Allowed, HouseLists, Situation, allowed_mask, forbidding_rules
from recommender.serving.policy.reasons import reasons_for, short_reason, verdict
from recommender.serving.policy.safety import company
from recommender.serving.policy.shelf import build_shelf, with_rows
from recommender.serving.ranking import find_candidates
from recommender.serving.reading import Reading
from recommender.serving.results import Considered, Language, Pick, Recommendation, Verdict, check_list
from recommender.serving.search.index import SearchIndex
from recommender.serving.strangers import favourites, standing, stranger_scores
from recommender.serving.student import Student

POPULAR_SHARE: Final = 0.05
"""The share of the catalogue that counts as favourites: what the student ranks first for a stranger."""


class Engine:
    """A bundle in memory. Made by `load_bundle`.

    bundle_engine: the bundle as it came, where this engine has a shop's own toys over it (see `overlay.py`); else None
    own_places: indices of the toys that are not what the bundle says, or not in it
    """

    def __init__(
        self,
        folder: Path,
        manifest: Manifest,
        toys: Sequence[Toy],
        student: Student,
        default_youngest_months: int = SMALLEST_MONTHS,
        together: NDArray[np.int32] | None = None,
    ) -> None:
        self.folder = folder
        self.manifest = manifest
        self.toys = tuple(toys)
        self.index = ToyIndex([toy.id for toy in toys])
        self.student = student
        self.shelf = build_shelf(toys)
        self.default_youngest_months = default_youngest_months
        self._marks = Marks(self.index.ids)
        self._chance = Random()
        lengths = np.sqrt(np.einsum("nd,nd->n", student.table, student.table))  # norm would copy the table
        self.inverse_lengths = np.divide(1.0, lengths, out=np.zeros_like(lengths), where=lengths > 0)
        for_strangers = stranger_scores(student)
        self.standing = standing(for_strangers)
        self.popular = favourites(for_strangers, self.shelf.active, POPULAR_SHARE)
        self.words = SearchIndex(folder / CATALOGUE, self.toys)
        self.together = np.zeros((1, 1), np.int32) if together is None else together  # see `together.py`
        self.bundle_engine: Engine | None = None
        self.own_places: frozenset[int] = frozenset()
        self._also_scanned: tuple[tuple[str, str], ...] = ()

    def with_toys(
        self,
        changed: Mapping[int, Toy],
        added: Sequence[Toy],
        vectors: NDArray[np.float32],
        also_scanned: Sequence[tuple[str, str]] = (),
    ) -> Engine:
        """This bundle with other toys in the places `changed`, and `added` behind the rest, `vectors` their rows.

        vectors: float32 [M, d] of unit length; also_scanned: (toy id, barcode), beside those of the toys' own rows.
        The index of a toy of the bundle stays. Nobody has met an added toy, so none is called a favourite.
        """
        longer = copy.copy(self)
        toys = list(self.toys)
        for place, toy in changed.items():
            toys[place - 1] = toy
        longer.toys = (*toys, *added)
        places = range(len(toys) + 1, len(longer.toys) + 1)
        if added:
            longer.index = ToyIndex([toy.id for toy in longer.toys])
            longer._marks = Marks(longer.index.ids)
            longer.student = self.student.with_rows(vectors)
            longer.inverse_lengths = np.append(self.inverse_lengths, 1 / np.linalg.norm(vectors, axis=1))
            longer.standing = standing(stranger_scores(longer.student))
            longer.words = SearchIndex(self.folder / CATALOGUE, longer.toys)
        longer.shelf = with_rows(self.shelf, dict(changed) | dict(zip(places, added, strict=True)))
        longer.popular = np.append(self.popular, np.zeros(len(added), np.bool_)) & longer.shelf.active
        longer.bundle_engine = self
        longer.own_places = frozenset({*changed, *places})
        longer._also_scanned = tuple(also_scanned)
        return longer

    @property
    def model(self) -> str:
        """The digest of the model that ranks."""
        return self.manifest.model

    def toy(self, toy_id: str) -> Toy:
        """The toy with that id; KeyError if unknown."""
        return self.toys[self.index[toy_id] - 1]

    def barcodes(self) -> Iterator[tuple[str, str | None]]:
        """(toy id, barcode) of every toy, and those that a shop's correction covers: both are on somebody's shelf."""
        yield from ((toy.id, toy.barcode) for toy in self.toys)
        yield from self._also_scanned

    def house_lists(
        self,
        recalled: Iterable[str] = (),
        out_of_stock: Iterable[str] = (),
        hidden: Iterable[str] = (),
        in_stock: Iterable[str] = (),
    ) -> HouseLists:
        """The shop's lists of toy ids as arrays, made once for many requests; unknown ids are ignored."""
        return HouseLists(*(self._as_mask(ids) for ids in (recalled, out_of_stock, hidden, in_stock)))

    def recommend(
        self,
        history: Sequence[Contact | str] = (),
        recipient: Recipient | None = None,
        youngest_age_months: int | None = None,
        filters: Filters | None = None,
        k: int = 10,
        *,
        owned: Sequence[str] = (),
        purpose: Purpose = "self",
        page: str | None = None,
        language: Language = "en",
        house: HouseLists | None = None,
        emphasis: Emphasis = NO_EMPHASIS,
        arrangement: Arrangement = AS_RANKED,
        chance: Random | None = None,
    ) -> Recommendation:
        """The best k toys that may be shown, with reasons: `answer` to an `Ask` of these parts."""
        return self.answer(
            Ask(history, recipient, youngest_age_months, filters, owned, purpose, page),
            k,
            language=language,
            house=house,
            emphasis=emphasis,
            arrangement=arrangement,
            chance=chance,
        )

    def answer(
        self,
        ask: Ask,
        k: int = 10,
        *,
        language: Language = "en",
        house: HouseLists | None = None,
        emphasis: Emphasis = NO_EMPHASIS,
        arrangement: Arrangement = AS_RANKED,
        chance: Random | None = None,
    ) -> Recommendation:
        """The best k toys that may be shown, with reasons.

        house, emphasis: the shop's lists and its pins and boosts; arrangement: how the list is composed
        chance: what exploration draws from. Raises ToyGuideError for a parameter out of bounds.
        """
        self.check(k, language, ask.recipient)
        arrangement.check()
        past, allowed, shown = self.survey(ask, house)
        recipient = ask.recipient
        named = nameable_causes(past, self.student.max_history, allowed.nameable)
        reading = Reading(self.student, past.fed, named, self.student.profiles([recipient]))
        candidates = find_candidates(
            reading.scores,
            allowed.mask,
            arrangement.pool(k),
            emphasis,
            self.student.table,
            self.inverse_lengths,
            self.shelf.groups,
        )
        rows, propensities = arrange(candidates, k, arrangement, chance or self._chance)
        places = candidates.places[rows]
        causes = find_causes(reading, named, self.toys, past, places)
        picks = []
        listed = zip(places.tolist(), rows.tolist(), propensities.tolist(), causes, strict=True)
        for place, row, propensity, cause in listed:
            toy = self.toys[place - 1]
            reasons = reasons_for(toy, recipient, cause, bool(self.popular[place]), language)
            score = float(candidates.scores[row])
            picks.append(Pick(toy, place, score, reasons, propensity, row < candidates.pinned))
        more = len(picks) < allowed.count
        return Recommendation(
            str(uuid.uuid4()),
            self.model,
            tuple(picks),
            past.missing,
            short_reason(len(picks), k, allowed.removed, language),
            allowed.removed,
            write_page(self.model, shown + self._marks.of(places.tolist())) if more else None,
        )

    def consider(
        self, ask: Ask, k: int = 10, *, language: Language = "en", house: HouseLists | None = None
    ) -> Considered:
        """What `recommend` would choose among, without ranking: everything is checked, nothing is shown."""
        self.check(k, language, ask.recipient)
        past, allowed, _ = self.survey(ask, house)
        short = short_reason(min(allowed.count, k), k, allowed.removed, language)
        return Considered(self.model, allowed.count, past.missing, short, allowed.removed)

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

    def descriptions(self, toy_id: str) -> tuple[str | None, str | None]:
        """What the toy is, in English and in Chinese. They lie in the bundle, so the toys in memory have none.

        KeyError if the toy is unknown, BundleError if the bundle's catalogue cannot be read any more.
        """
        place = self.index[toy_id]
        if self._is_own(place):
            return self.toys[place - 1].description, self.toys[place - 1].description_zh
        return read_descriptions(self.folder / CATALOGUE, place)

    def _is_own(self, place: int) -> bool:
        """Whether a toy is the shop's own and not in the bundle."""
        return self.bundle_engine is not None and place > len(self.bundle_engine.toys)

    def picture(self, toy_id: str) -> str | None:
        """The toy's picture as SVG text, None where it has none. KeyError if the toy is unknown."""
        place = self.index[toy_id]
        if self._is_own(place):
            from data.pictures import draw  # its rules take a while to read, and most kiosks need none

            return draw(self.toys[place - 1])  # a shop's own toy: drawn, as every toy without a picture is
        picture = read_picture(self.folder / CATALOGUE, place)
        if picture is None or picture.lstrip().startswith("<"):
            return picture
        # A path: only a file the manifest names, so that nothing outside the bundle is ever read.
        if picture not in self.manifest.files or not picture.endswith(".svg"):
            return None
        return (self.folder / picture).read_text(encoding="utf-8")

    def survey(self, ask: Ask, house: HouseLists | None = None) -> tuple[Past, Allowed, bytes]:
        """(the past, what may be shown, the marks of what earlier pages showed)."""
        past, situation, marks = self.situation(ask, house)
        return past, allowed_mask(self.shelf, situation), marks

    def situation(self, ask: Ask, house: HouseLists | None = None) -> tuple[Past, Situation, bytes]:
        """(the past, what the mask is made from, the marks of what earlier pages showed)."""
        past, situation, shown = read_ask(
            ask, self.index, self._marks, self.default_youngest_months, house or HouseLists()
        )
        if self.student.readable < len(self.student.table):
            past = replace(past, fed=tuple(toy for toy in past.fed if toy < self.student.readable))
        return past, situation, shown

    def _as_mask(self, ids: Iterable[str]) -> NDArray[np.bool_] | None:
        places, _ = self.index.split_known(ids)
        if not places:
            return None
        mask = np.zeros(len(self.shelf), np.bool_)
        mask[places] = True
        return mask

    def check(self, k: object, language: object, recipient: Recipient | None) -> None:
        """Raise ToyGuideError for a k, a language or a budget out of bounds."""
        check_list("recommend", k, language)
        if recipient is not None and recipient.budget is not None and not 0 < recipient.budget <= sys.float_info.max:
            raise parameter_error("budget", "recommend", "a finite number > 0", recipient.budget)
