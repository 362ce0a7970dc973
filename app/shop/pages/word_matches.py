"""Words of the sentence that were no answer, sought in what the toys are called: "wooden", a brand.

They are sought within the answers, under the same mask, and shown as a short row of their own over the list.
"""

from __future__ import annotations

from typing import Any, Final

import streamlit as st

from app.shop import cards, fill
from app.shop import session as moves
from app.shop import wish as wishes
from app.shop.client import ShopError
from app.shop.components import shelf
from app.shop.models import Facets, Item
from app.shop.visit import Shop, change
from app.shop.wish import Wish

AREA: Final = "words"
MOST: Final = 4
MAX_SHOWN: Final = 60


def word_matches(shop: Shop, facets: Facets) -> frozenset[str]:
    """The row, or a line where no toy has the words; ids of the toys in it."""
    profile = shop.visit.profile
    words = wishes.say(Wish(), fill.sought(profile.words, facets)).words if profile.words else ""
    with st.container(key="word-matches"):  # there from the start, though empty: what follows keeps its place
        if not words:
            return frozenset()
        try:
            found = shop.client.search(_query(shop, words, facets))
        except ShopError:
            # The list below tells what is the matter; that the words were not used is told here.
            st.html(cards.note(shop.t("words.rest", words=_short(words)), shop.language))
            return frozenset()
        fitting = _fitting(shop, found.items)
        if not fitting:
            st.html(cards.note(shop.t("words.none", words=_short(words)), shop.language))
            return frozenset()
        said = _short(found.corrected or words)
        key = "words.with_one" if len(fitting) == 1 else "words.with" if found.every_word else "words.with_some"
        with st.container(key="word-matches-head", horizontal=True, vertical_alignment="center"):
            st.html(cards.section(shop.t(key, words=said, n=len(fitting)), shop.language), width="content")
            if len(fitting) > MOST and st.button(
                shop.t("words.all"), key="words-all", type="tertiary", icon=":material/arrow_forward:"
            ):
                change(moves.seek, wishes.say, words)
                st.switch_page(shop.links["browse"])
        shelf(shop, fitting[:MOST], AREA)
    return frozenset(item.toy.toy_id for item in fitting[:MOST])


def _query(shop: Shop, words: str, facets: Facets) -> dict[str, Any]:
    visit, profile = shop.visit, shop.visit.profile
    wish = Wish(
        words=words,
        price=None if profile.budget is None else (0, profile.budget),
        age_months=profile.age_months if profile.keeps_to_age and facets.recommended_age.min is not None else None,
    )
    # What somebody says of a child is kept nowhere: `typing` keeps it out of the staff's list of vain searches.
    return {**wishes.query_for(wish, visit.youngest, visit.language, k=MAX_SHOWN), "typing": "true"}


def _fitting(shop: Shop, items: tuple[Item, ...]) -> list[Item]:
    """Without what was tapped already; those of an interest that was chosen, where any is."""
    profile = shop.visit.profile
    met = {entry.toy.toy_id for entry in profile.met} | {toy.toy_id for toy in profile.owned}
    left = [item for item in items if item.toy.toy_id not in met]
    loved = [item for item in left if set(item.toy.interests) & set(profile.interests)]
    return loved or left


def _short(words: str) -> str:
    return words if len(words) <= 60 else f"{words[:59]}…"
