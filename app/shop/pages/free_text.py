"""The field for a sentence over the questions, and how the sentence was understood."""

from __future__ import annotations

from html import escape
from typing import Final

import streamlit as st

from app.shop import cards, fill, people, text
from app.shop.components import synced
from app.shop.fill import Chip
from app.shop.models import Facets
from app.shop.people import MAX_PEOPLE
from app.shop.understand import MAX_TEXT, Doubt, Understood
from app.shop.visit import Shop, change

_SAID: Final[dict[Doubt, str]] = {
    "two": "words.two",
    "under": "words.under",
    "age": "words.bad_age",
    "zero": "words.zero",
    "sum": "words.bad_sum",
    "currency": "words.currency",
    "cut": "words.cut",
}


def free_text(shop: Shop, facets: Facets) -> None:
    """One field; on submit its answers go into the profile in use."""
    profile = shop.visit.profile
    key = f"words-{profile.id}"
    if key not in st.session_state:
        synced(key, profile.words)
    with (
        st.container(key="words"),
        st.form(f"say-{profile.id}", border=False),
        st.container(key="words-row", horizontal=True, vertical_alignment="bottom"),
    ):
        st.text_input(shop.t("words.label"), key=key, placeholder=shop.t("words.example"), autocomplete="off")
        st.form_submit_button(
            shop.t("words.go"), key="words-go", type="primary", icon=":material/auto_awesome:", on_click=_say,
            args=(key, facets),
        )  # fmt: skip
    with st.container(key="understood"):  # there from the start, so that what follows keeps its place on the page
        if profile.words:
            _understood(shop, facets)


def _say(key: str, facets: Facets) -> None:
    change(fill.fill, str(st.session_state[key] or "").strip(), facets)


def _understood(shop: Shop, facets: Facets) -> None:
    profile, language = shop.visit.profile, shop.language
    said = fill.read(profile.words, facets)
    standing = fill.chips(profile, facets)
    if standing:
        with st.container(key="understood-chips", horizontal=True, vertical_alignment="center"):
            st.html(cards.note(shop.t("words.understood"), language), width="content")
            for chip in standing:
                st.button(
                    cards.plain(_words(shop, chip, facets)),
                    key=f"understood-{chip.name}-{chip.value}",
                    icon=":material/cancel:",
                    icon_position="right",
                    help=shop.t("words.take_back"),
                    on_click=change,
                    args=(fill.take_back, chip),
                )
    for line in _notes(shop, said, facets):
        st.html(cards.note(line, language))
    st.html(
        f'<a class="to-shelf" href="#shelf">{escape(shop.t("words.to_shelf"))}</a>'
    )  # page.js goes there; phones only
    others = fill.others(shop.visit, facets)
    if others and len(shop.visit.people) < MAX_PEOPLE:
        with st.container(key="also", horizontal=True):
            for band in others:
                st.button(
                    cards.plain(shop.t("words.also", age=text.band(band, language))),
                    key=f"also-{band}",
                    icon=":material/person_add:",
                    on_click=change,
                    args=(people.add, band),
                )


def _words(shop: Shop, chip: Chip, facets: Facets) -> str:
    if chip.name == "interests":
        return text.interest(str(chip.value), shop.language, True)
    if chip.name == "budget":
        return shop.t("words.budget", sum=text.money(int(chip.value), facets.currency))
    key = "words.age" if chip.name == "age_months" else "words.younger"
    return shop.t(key, age=text.band(int(chip.value), shop.language))


def _notes(shop: Shop, said: Understood, facets: Facets) -> list[str]:
    """What the chips do not tell: what was doubtful. Words that are no answer: word_matches.py."""
    lines = [] if said.anything else [shop.t("words.nothing")]
    lines += [shop.t(_SAID[doubt], n=MAX_TEXT, currency=facets.currency) for doubt in said.doubts]
    return lines
