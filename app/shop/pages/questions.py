"""The questions beside the shelf: age and likes first, the rest when it is wanted. Every tap is an answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, Literal

import streamlit as st

from app.shop import cards, choices, people, text
from app.shop import session as moves
from app.shop.components import picked, synced
from app.shop.models import Facets
from app.shop.pages import family
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
ASKED_FIRST: Final = (
    *("animals", "dinosaurs", "trains", "vehicles", "building", "puzzles"),
    *("art", "music", "dolls", "soft toys", "science", "games"),
)
"""What people name when they are asked what a child loves; the others lie in a drawer."""
OCCASIONS: Final = {
    "birthday": "cake",
    "christmas": "park",
    "lunar_new_year": "celebration",
    "childrens_day": "toys_fan",
    "new_baby": "child_care",
    "other": "redeem",
}
"""The API's occasions and their icons. Which of the shop's rules hold depends on it, and a list is kept with it."""


def questions(shop: Shop, facets: Facets, who: Who) -> None:
    """All questions to the profile in use."""
    profile, language = shop.visit.profile, shop.language
    gift = who is Who.GIFT
    if gift and people.several(shop.visit):
        family.picture(shop)
    ages = choices.AGES if gift else choices.OWN_AGES
    _chips(shop, "age_months", shop.t(f"ask.age_{who}"), ages, profile.age_months, lambda age: text.band(age, language))
    _interests(shop, facets, who)
    sums = sorted({*choices.budgets(facets.price.min, facets.price.max), *filter(None, [profile.budget])})
    _chips(
        shop,
        "budget",
        shop.t("ask.budget"),
        sums,
        profile.budget,
        lambda limit: cards.plain(shop.t("ask.budget_step", sum=text.money(limit, facets.currency))),
    )
    younger = choices.younger_than(profile.age_months)
    if younger and (not gift or profile.age_months is not None):
        _chips(
            shop,
            "youngest_months",
            shop.t("ask.youngest"),
            younger,
            profile.youngest_months,
            lambda age: text.band(age, language),
            help=shop.t("ask.youngest_help"),
        )
        if shop.settings.kiosk:  # fingers do not hover
            st.html(cards.note(shop.t("ask.youngest_help"), language))
    if gift:
        occasion(shop)
    if gift and people.several(shop.visit):
        family.forget_one(shop)
    elif profile.anything_said:
        st.button(
            shop.t("ask.start_over"),
            key="start-over",
            type="tertiary",
            icon=":material/restart_alt:",
            on_click=change,
            args=(moves.start_over,),
        )


def occasion(shop: Shop) -> None:
    """What it is for, in a drawer: one answer for all gifts of the visit."""
    chosen = shop.visit.occasion

    def words(name: str) -> str:
        return f":material/{OCCASIONS[name]}: {cards.plain(shop.t(f'occasion.{name}'))}"

    with st.container(key=f"fold-occasion{'-chosen' if chosen else ''}"):
        label = words(chosen) if chosen else f":material/celebration: {shop.t('ask.occasion')}"
        with st.popover(label, width="stretch"):
            key = synced("occasion", chosen)
            st.pills(
                shop.t("ask.occasion"), list(OCCASIONS), format_func=words, key=key, on_change=_occasion, args=(key,)
            )


def _occasion(key: str) -> None:
    change(moves.celebrate, st.session_state[key])


def _interests(shop: Shop, facets: Facets, who: Who) -> None:
    profile, language = shop.visit.profile, shop.language
    names = list(dict.fromkeys([*(found.name for found in facets.interests), *profile.interests]))
    first = [name for name in names if name.lower() in ASKED_FIRST]
    first = [*first, *(name for name in names if name not in first)][: len(ASKED_FIRST)]
    others = [name for name in names if name not in first]

    def words(name: str) -> str:
        return _chip(name, language)

    def group(name: str, label: str, options: Sequence[str]) -> None:
        order = sorted(options, key=lambda name: text.interest(name, language)) if language == "en" else list(options)
        key = synced(f"{name}-{profile.id}", [option for option in order if option in profile.interests])
        st.pills(label, order, format_func=words, key=key, selection_mode="multi", on_change=_interested, args=(key,))

    label = shop.t(f"ask.interests_{who}")
    group("interests", label, first)
    if others:
        chosen = [cards.plain(text.interest(name, language), 40) for name in others if name in profile.interests]
        drawer = text.join(chosen, language) if chosen else shop.t("ask.more_interests")
        with (
            st.container(key=f"fold-interests{'-chosen' if chosen else ''}"),
            st.popover(drawer, icon=":material/add:", width="stretch"),
        ):
            group("more_interests", label, others)


def _interested(key: str) -> None:
    change(moves.pick, *picked(key))


def _chips(
    shop: Shop,
    name: str,
    label: str,
    options: Sequence[int],
    value: int | None,
    words: Callable[[int], str],
    mode: Literal["single", "multi"] = "single",
    help: str | None = None,
) -> None:
    key = synced(f"{name}-{shop.visit.profile.id}", value)
    st.pills(
        label, options, format_func=words, key=key, selection_mode=mode, help=help, on_change=_answered,
        args=(name, key),
    )  # fmt: skip


def _answered(name: str, key: str) -> None:
    change(moves.answer, **{name: st.session_state[key]})


def _chip(name: str, language: str) -> str:
    words = cards.plain(text.interest(name, language), 40)
    icon = ICONS.get(name.lower())
    return f":material/{icon}: {words}" if icon else words
