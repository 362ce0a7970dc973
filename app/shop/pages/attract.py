"""The screen at rest: the sign, an invitation in both languages, and a window of toys that are safe for everybody."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from html import escape
from typing import Final

import streamlit as st

from app.shop import cards, kiosk_mode, text
from app.shop.client import ShopError
from app.shop.models import Toy
from app.shop.pictures import SIGN, drawn
from app.shop.visit import Shop

PLACES: Final = 6
TOYS: Final = 12  # two take turns in each place
ASKED: Final = 60  # from which one of each kind is taken: the most popular dozen may be four bears and eight blankets
REFRESH_SECONDS: Final = 60
"""A toy that is recalled, hidden or sold out leaves the window within that time."""


def render(shop: Shop) -> None:
    """One tap chooses the language and begins; a tap on a toy begins with its page."""
    first = shop.language
    languages = (first, *(name for name in text.LANGUAGES if name != first))
    with st.container(key="attract"):
        with st.container(key="attract-words"):
            st.html(cards.brand(SIGN, first))
            st.html(_invitation(languages))
            with st.container(key="attract-start"):
                for language in languages:
                    st.button(
                        text.t(language, "kiosk.start"),
                        key=f"start-{language}",
                        type="primary",
                        icon=":material/touch_app:",
                        on_click=kiosk_mode.welcome,
                        args=(language,),
                    )
            st.html(_promise(languages))
        st.fragment(_window, run_every=REFRESH_SECONDS)(shop)


def _invitation(languages: Sequence[str]) -> str:
    first, *others = (f'lang="{language}">{escape(text.t(language, "kiosk.invitation"))}' for language in languages)
    return f'<div class="invitation"><h1 {first}</h1>{"".join(f"<p {other}</p>" for other in others)}</div>'


def _promise(languages: Sequence[str]) -> str:
    lines = (f'<p lang="{language}">{escape(text.t(language, "kiosk.promise"))}</p>' for language in languages)
    return f'<div class="promise">{"".join(lines)}</div>'


def _window(shop: Shop) -> None:
    if kiosk_mode.begun():
        st.rerun()  # a toy was touched
    toys = _safe_toys(shop)
    with st.container(key="attract-window" if toys else "attract-drawn"):
        if not toys:
            st.html(f'<img class="drawn" src="{escape(drawn("welcome"))}" alt="">')
        pictures = shop.pictures.of(toys)
        for place in range(min(PLACES, len(toys))):
            with st.container(key=f"place-{place}"):
                for turn, toy in enumerate(toys[place::PLACES]):
                    with st.container(key=f"turn-{turn}-{place}"):
                        _toy(shop, toy, pictures[toy.toy_id])


def _toy(shop: Shop, toy: Toy, picture: str) -> None:
    st.html(cards.picture(toy, picture, shop.language))
    st.button(
        cards.plain(text.title(toy, shop.language)),
        key=f"open-{toy.toy_id}",
        on_click=kiosk_mode.welcome,
        args=(shop.language, toy.toy_id),
    )


def _safe_toys(shop: Shop) -> list[Toy]:
    """What is popular here and safe from birth: nobody knows who stands before the screen. None without a kiosk."""
    query = {"k": ASKED, "youngest_age_months": 0, "language": shop.language}
    try:
        if shop.counts_stock():
            query["in_stock"] = "true"
        popular = [item.toy for item in shop.client.popular(query).items]
    except ShopError:
        return []
    return varied(popular)[:TOYS]


def varied(toys: Sequence[Toy]) -> list[Toy]:
    """The same toys: the first of each kind, then the second of each, and so on."""
    seen: Counter[tuple[str, ...]] = Counter()
    turns = []
    for toy in toys:
        turns.append((seen[toy.category], toy))
        seen[toy.category] += 1
    return [toy for _, toy in sorted(turns, key=lambda turn: turn[0])]
