"""What Browse & search says where no toy is left: which filter to let go, and what else to look for."""

from __future__ import annotations

from typing import Final

import streamlit as st

from app.shop import cards, choices, text
from app.shop import session as moves
from app.shop import wish as wishes
from app.shop.client import ShopError
from app.shop.components import synced, trouble
from app.shop.models import Facets, Found
from app.shop.pictures import drawn
from app.shop.visit import Shop, change
from app.shop.wish import Wish

IDEAS: Final = 6  # things to look for instead
WAYS: Final = {
    "category": "browse.let_category",
    "brand": "browse.let_brand",
    "price": "relax.budget",
    "age_months": "relax.age",
    "in_stock": "browse.let_in_stock",
}


def render(shop: Shop, facets: Facets, found: Found | None, set_aside: bool) -> None:
    """The notice in place of cards.

    found: the search that brought nothing, None where nothing was typed
    set_aside: there are toys, and the visitor has set them all aside
    """
    wish = shop.visit.wish
    with st.container(key="empty"):
        lines = []
        if wish.words:
            lines.append(shop.t("browse.sought", words=shop.t("browse.quoted", words=_short(wish.words))))
        if found is not None and found.masked.get("safety"):
            lines.append(shop.t("empty.safety"))
        title = "empty.title" if set_aside or wish.filtered or (found and found.matched) else "browse.nothing"
        if set_aside:
            lines.append(shop.t("browse.set_aside"))
        try:
            ways = [] if set_aside else ways_out(shop)
        except ShopError as error:
            trouble(shop, error)
            return
        if not ways and not set_aside:
            lines.append(shop.t("browse.ask"))
        st.html(cards.panel(drawn("empty-shelf"), shop.t(title), lines, shop.language))
        if ways:
            _ways(shop, ways)
        elif wish.words:
            _ideas(shop, facets)


def ways_out(shop: Shop) -> list[tuple[tuple[str, ...], int]]:
    """(filters to let go, how many toys that brings), what brings most first; all of them where one is not enough."""
    ways: list[tuple[tuple[str, ...], int]]
    set_now = shop.visit.wish.filtered
    ways = [((name,), _count(shop, wishes.let_go(shop.visit.wish, (name,)))) for name in set_now]
    ways = sorted((way for way in ways if way[1]), key=lambda way: -way[1])
    if not ways and len(set_now) > 1:
        everything = _count(shop, wishes.let_go(shop.visit.wish, set_now))
        ways = [(set_now, everything)] if everything else []
    return ways


def ask_youngest(shop: Shop, unsafe: int) -> None:
    """Some toys are for older children: who is here? Asked where nobody said, and never to let go of an answer."""
    visit = shop.visit
    if visit.youngest is not None:
        return
    with st.container(key="unsafe-ask"):
        key = synced(f"browse-youngest-{visit.profile.id}", None)
        st.html(cards.note(shop.t("browse.unsafe_one" if unsafe == 1 else "browse.unsafe", n=unsafe), shop.language))
        st.pills(
            shop.t("unsafe.ask"),
            choices.younger_than(None),
            format_func=lambda age: text.band(age, visit.language),
            key=key,
            on_change=_answered,
            args=(key,),
        )


def _count(shop: Shop, wish: Wish) -> int:
    """How many toys `wish` finds; of what is popular at most `MAX_K`."""
    query = wishes.query_for(wish, shop.visit.youngest, shop.language, k=1 if wish.words else wishes.MAX_K)
    if not wish.words:
        return len(shop.client.popular(query).items)
    # `typing` keeps a question that nobody asked out of the staff's list of what was sought in vain.
    found = shop.client.search({**query, "typing": "true"})
    return found.matched - wishes.removed(found.masked)


def _ways(shop: Shop, ways: list[tuple[tuple[str, ...], int]]) -> None:
    st.html(cards.note(shop.t("empty.lead"), shop.language))
    with st.container(key="ways", horizontal=True):
        for names, toys in ways:
            label = shop.t(WAYS[names[0]] if len(names) == 1 else "browse.let_all", n=toys)
            key = f"let-{names[0] if len(names) == 1 else 'all'}"
            st.button(cards.plain(label), key=key, on_click=change, args=(moves.seek, wishes.let_go, names))


def _ideas(shop: Shop, facets: Facets) -> None:
    """Interests that many toys have, each a search of its own."""
    st.html(cards.note(shop.t("browse.ideas"), shop.language))
    with st.container(key="ways", horizontal=True):
        for found in facets.interests[:IDEAS]:
            words = text.interest(found.name, shop.language)
            sought = found.name if shop.language == "en" else words
            st.button(
                cards.plain(words, 40),
                key=f"idea-{found.name}",
                on_click=change,
                args=(moves.seek, wishes.say, sought),
            )


def _short(words: str) -> str:
    return words if len(words) <= 60 else words[:59].rstrip() + "…"


def _answered(key: str) -> None:
    change(moves.answer, youngest_months=st.session_state[key])
