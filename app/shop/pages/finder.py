"""The two list pages: questions at the side, the shelf beside them, changing with every tap."""

from __future__ import annotations

from typing import Any, Final

import streamlit as st

from app.shop import body, cards, choices, relax, text
from app.shop import session as moves
from app.shop.client import ShopError
from app.shop.components import looking, picked, shelf, synced, tapped, trouble
from app.shop.models import Facets, Recommendation
from app.shop.pages.free_text import free_text
from app.shop.pictures import drawn
from app.shop.session import Who
from app.shop.visit import Shop, change

ICONS: Final = {
    "animals": "pets",
    "art": "palette",
    "books": "menu_book",
    "building": "toys_and_games",
    "collecting": "stars",
    "cooking": "skillet",
    "crafts": "content_cut",
    "dinosaurs": "footprint",
    "dolls": "face_3",
    "dress-up": "checkroom",
    "fantasy": "castle",
    "games": "casino",
    "music": "music_note",
    "nature": "eco",
    "outdoor": "park",
    "puzzles": "extension",
    "robots": "smart_toy",
    "science": "science",
    "soft toys": "cruelty_free",
    "space": "rocket_launch",
    "sports": "sports_soccer",
    "trains": "train",
    "vehicles": "directions_car",
    "water": "water_drop",
}
"""Interest → a drawing of Streamlit's own icon font, which travels with it."""


def render(shop: Shop, who: Who) -> None:
    """The page of `who`."""
    change(moves.use, who)
    language = shop.language
    st.html(cards.heading(shop.t(f"{who}.title"), shop.t(f"{who}.lead"), language, drawn("welcome")))
    try:
        facets = shop.facets()
    except ShopError as error:
        tapped(shop)
        trouble(shop, error)
        return
    if who is Who.GIFT:
        free_text(shop, facets)
    with st.container(key="finder"):
        with st.container(key="answers"):
            _questions(shop, facets, who)
        with st.container(key="found"):
            _found(shop, facets, who)
    st.html(cards.note(shop.t("ask.private"), language))


def _questions(shop: Shop, facets: Facets, who: Who) -> None:
    profile, language = shop.visit.profile, shop.language

    def chips(
        name: str, label: str, options: Any, value: Any, words: Any, mode: Any = "single", help: Any = None
    ) -> None:
        key = synced(f"{name}-{profile.id}", value)
        st.pills(
            label, options, format_func=words, key=key, selection_mode=mode, help=help, on_change=_answered,
            args=(name, key),
        )  # fmt: skip

    ages = choices.AGES if who is Who.GIFT else choices.OWN_AGES
    chips("age_months", shop.t(f"ask.age_{who}"), ages, profile.age_months, lambda age: text.band(age, language))
    names = list(dict.fromkeys([*(found.name for found in facets.interests), *profile.interests]))
    chips(
        "interests",
        shop.t(f"ask.interests_{who}"),
        sorted(names, key=lambda name: text.interest(name, language)) if language == "en" else names,
        [name for name in names if name in profile.interests],
        lambda name: _chip(name, language),
        "multi",
    )
    sums = sorted({*choices.budgets(facets.price.min, facets.price.max), *filter(None, [profile.budget])})
    chips(
        "budget",
        shop.t("ask.budget"),
        sums,
        profile.budget,
        lambda limit: cards.plain(shop.t("ask.budget_step", sum=text.money(limit, facets.currency))),
    )
    younger = choices.younger_than(profile.age_months)
    if younger and (who is Who.ME or profile.age_months is not None):
        chips(
            "youngest_months",
            shop.t("ask.youngest"),
            younger,
            profile.youngest_months,
            lambda age: text.band(age, language),
            help=shop.t("ask.youngest_help"),
        )
    if profile.anything_said:
        st.button(
            shop.t("ask.start_over"),
            key="start-over",
            type="tertiary",
            icon=":material/restart_alt:",
            on_click=change,
            args=(moves.start_over,),
        )


def _answered(name: str, key: str) -> None:
    if name == "interests":
        change(moves.pick, *picked(key))
        return
    change(moves.answer, **{name: st.session_state[key]})


def _chip(name: str, language: str) -> str:
    words = cards.plain(text.interest(name, language), 40)
    icon = ICONS.get(name.lower())
    return f":material/{icon}: {words}" if icon else words


def _found(shop: Shop, facets: Facets, who: Who) -> None:
    try:
        with looking(shop, moves.PAGE):
            answer = shop.client.recommend(body.request_for(shop.visit, facets.recommended_age.min is not None))
    except ShopError as error:
        tapped(shop)
        trouble(shop, error)
        return
    change(moves.showed, answer)
    count = len(answer.items)
    if count:
        words = shop.t("shelf.found_one") if count == 1 else shop.t("shelf.found", n=count)
        about = text.summary(shop.visit.profile, who is Who.GIFT, facets.currency, shop.language, shop.visit.youngest)
        st.html(cards.shelf_head(words, about, shop.language))
    tapped(shop)
    shelf(shop, answer.items, "list")
    if answer.short_reason is not None:
        _short(shop, answer)
    elif shop.visit.profile.wanted < moves.MAX_TOYS:
        st.button(shop.t("shelf.more"), key="more", icon=":material/add:", on_click=change, args=(moves.more,))


def _short(shop: Shop, answer: Recommendation) -> None:
    """Why there are fewer, and what may be let go."""
    ways = relax.ways_out(shop.visit.profile, answer.masked)
    said = answer.short_reason.text if answer.short_reason else ""
    with st.container(key="short" if answer.items else "empty"):
        if answer.items:
            st.html(cards.note(said, shop.language))
            lead = shop.t("short.lead")
        else:
            unsafe = shop.t("empty.safety") if answer.masked.get("safety") else ""
            lines = [said, unsafe, "" if ways else shop.t("empty.ask")]
            st.html(cards.panel(drawn("empty-shelf"), shop.t("empty.title"), lines, shop.language))
            lead = shop.t("empty.lead")
        if ways:
            st.html(cards.note(lead, shop.language))
            with st.container(key="ways", horizontal=True):
                for way in ways:
                    st.button(
                        cards.plain(shop.t(way.key, n=way.toys)), key=way.key, on_click=change, args=(relax.relax, way)
                    )
