"""From a sentence to answers: what was understood is put into the profile in use, and each piece can be taken back.

Nothing but the sentence is remembered: what the chips show is read from it again, and a chip stands as long as the
answer is the one that the sentence gave.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Literal

from app.shop import session as moves
from app.shop.choices import AGES
from app.shop.models import Facets
from app.shop.profile import Profile
from app.shop.session import Session
from app.shop.understand import MAX_TEXT, Understood, understand
from data.schema import ADULT_MONTHS


@dataclass(frozen=True, slots=True)
class Chip:
    """One answer that came from the sentence: a field of the profile, and its value (one interest of several)."""

    name: Literal["age_months", "youngest_months", "interests", "budget"]
    value: int | str


def read(words: str, facets: Facets) -> Understood:
    """What `words` say in this shop."""
    return understand(words, tuple(found.name for found in facets.interests), facets.currency)


def fill(session: Session, words: str, facets: Facets) -> Session:
    """Answer with what `words` say. Answers that an earlier sentence gave go, those that were tapped stay."""
    for chip in chips(session.profile, facets):
        session = take_back(session, chip)
    said = read(words, facets)
    answers: dict[str, Any] = {
        "words": words[: MAX_TEXT + 1],  # no more is read; one sign beyond tells that there was more
        "interests": tuple(dict.fromkeys((*session.profile.interests, *said.interests))),
    }
    if said.age_months is not None:
        answers["age_months"] = band_of(said.age_months)
    if said.younger_months is not None and (younger := band_of(said.younger_months)) < ADULT_MONTHS:
        answers["youngest_months"] = younger
    if said.budget is not None:
        answers["budget"] = said.budget
    return moves.answer(session, **answers)


def chips(profile: Profile, facets: Facets) -> tuple[Chip, ...]:
    """What of the profile's sentence still stands."""
    said = read(profile.words, facets)
    found = []
    if said.age_months is not None and profile.age_months == band_of(said.age_months):
        found.append(Chip("age_months", band_of(said.age_months)))
    found += [Chip("interests", name) for name in said.interests if name in profile.interests]
    if said.budget is not None and profile.budget == said.budget:
        found.append(Chip("budget", said.budget))
    if said.younger_months is not None and profile.youngest_months == band_of(said.younger_months):
        found.append(Chip("youngest_months", band_of(said.younger_months)))
    return tuple(found)


def sought(words: str, facets: Facets) -> str:
    """What `words` say that is no answer, to be looked for in what toys are called; this shop's brands among it."""
    rest, low = read(words, facets).rest, f" {words.casefold()} "
    brands = [brand.name for brand in facets.brands if _stands_in(brand.name.casefold(), low)]
    return " ".join([*(name for name in brands if name.casefold() not in rest.casefold()), rest]).strip()


def _stands_in(name: str, words: str) -> bool:
    """As a word of its own; Chinese has no spaces."""
    return name in words if not name.isascii() else re.search(rf"(?<!\w){re.escape(name)}(?!\w)", words) is not None


def others(session: Session, facets: Facets) -> tuple[int, ...]:
    """Bands of further children whom the sentence names and who have no list of their own yet."""
    said = read(session.profile.words, facets)
    known = {person.age_months for person in session.people}
    bands = dict.fromkeys(band_of(months) for months in said.others)
    return tuple(band for band in bands if band < ADULT_MONTHS and band not in known)


def take_back(session: Session, chip: Chip) -> Session:
    """Let go of one answer."""
    if chip.name == "interests":
        return moves.answer(session, interests=[name for name in session.profile.interests if name != chip.value])
    return moves.answer(session, **{chip.name: None})


def band_of(months: int) -> int:
    """The band in which an age lies, by its lower end: never upwards."""
    return max(age for age in AGES if age <= months)
