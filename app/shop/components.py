"""What several pages show: the header, cards, chips of what was tapped, and the notices."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

import streamlit as st

from app.shop import cards, kiosk_mode, people, safety, text
from app.shop import session as moves
from app.shop.basket_taps import carry
from app.shop.client import ShopError
from app.shop.models import Item, Toy
from app.shop.pictures import SIGN, drawn
from app.shop.session import Session, Who
from app.shop.visit import Shop, change, changed, visit

RETRY_SECONDS: Final = 4
DRAWN: Final = "drawn"
"""Which page stands, while it is drawn anew."""
LIKED: Final = "liked"
_LISTS: Final = ("list", "words")  # shelves of pages that ask for a new list after each tap
_DOWN_SINCE: Final = "down_since"


def header(shop: Shop, current: str) -> None:
    """The awning, the sign, the pages, the language."""
    with st.container(key="header", horizontal=True, vertical_alignment="center"):
        st.html(cards.brand(SIGN, shop.language))
        count = len(shop.visit.basket.entries)
        basket = shop.t("basket.count", n=count) if count else shop.t("nav.basket")
        for page, label in (
            ("gift", shop.t("nav.gift")),
            ("me", shop.t("nav.me")),
            ("browse", shop.t("nav.browse")),
            ("basket", basket),
        ):
            with st.container(key=f"nav-{page}{'-current' if page == current else ''}", width="content"):
                st.page_link(shop.links[page], label=label, icon=_PAGE_ICONS[page])
        st.button(
            shop.t("language.other"),
            key="language",
            help=shop.t("language.other_help"),
            icon=":material/translate:",
            on_click=_other_language,
        )
        if shop.settings.kiosk:
            kiosk_mode.done(shop)


FOOTER: Final = (
    ("staff", "nav.staff", ":material/key:"),
    ("insights", "nav.insights", ":material/insights:"),
)
"""Pages that are not for shoppers: name, key of its words, icon. They stand in one quiet line below every page."""


def footer(shop: Shop) -> None:
    """Where those who work here go on. A kiosk has none: whoever stands before it is a shopper."""
    if shop.settings.kiosk:
        return
    with st.container(key="footer", horizontal=True, vertical_alignment="center"):
        for page, key, icon in FOOTER:
            st.page_link(shop.links[page], label=shop.t(key), icon=icon)


_PAGE_ICONS: Final = {
    "gift": ":material/redeem:",
    "me": ":material/favorite:",
    "browse": ":material/search:",
    "basket": ":material/shopping_basket:",
}


def _other_language() -> None:
    language = "en" if visit().language == "zh" else "zh"
    change(moves.speak, language)
    st.query_params["lang"] = language  # an address that is copied or loaded again keeps it


@contextmanager
def looking(shop: Shop, toys: int) -> Iterator[None]:
    """Empty cards while the kiosk is asked; a page that is drawn anew stays instead, until the new shelf is there."""
    place = st.empty()
    if DRAWN not in st.session_state:
        place.html(cards.waiting(shop.t("shelf.loading"), toys, shop.language))
    try:
        yield
    finally:
        place.empty()


def shelf(shop: Shop, items: Sequence[Item], area: str) -> None:
    """Cards side by side, as many in a row as fit."""
    pictures = shop.pictures.of([item.toy for item in items])
    with st.container(key=f"shelf-{area}"):
        for place, item in enumerate(items):
            _card(shop, item, pictures[item.toy.toy_id], area, place)


def _card(shop: Shop, item: Item, picture: str, area: str, place: int) -> None:
    toy, language, profile = item.toy, shop.language, shop.visit.profile
    # Named by its place: a toy that moves up would for a moment stand at neither, and the shelf would be a card short.
    with st.container(key=f"card-{area}-{place}"):
        st.html(cards.picture(toy, picture, language))
        st.page_link(shop.links["toy"], label=cards.plain(text.title(toy, language)), query_params={"toy": toy.toy_id})
        st.html(cards.card_facts(item, profile, language))
        with st.container(key=f"hands-{area}-{toy.toy_id}"):
            with st.container(key=f"carry-{area}-{toy.toy_id}", horizontal=True):
                carry(shop, toy, area)
            with st.container(key=f"taps-{area}-{toy.toy_id}", horizontal=True):
                taps(shop, toy, area)


def taps(shop: Shop, toy: Toy, area: str) -> None:
    """Like, not this, has it."""
    own = "card.own" if shop.visit.who is Who.GIFT else "card.own_me"
    for name, key, icon, move in (
        ("like", "card.like", ":material/favorite:", moves.like),
        ("dismiss", "card.dismiss", ":material/close:", moves.dismiss),
        ("own", own, ":material/home:", moves.own),
    ):
        st.button(
            cards.named(shop.t(key), text.title(toy, shop.language)),
            key=f"{name}-{area}-{toy.toy_id}",
            icon=icon,
            on_click=_tap,
            args=(move, toy, f"toast.{name}", area in _LISTS),
        )


def _tap(move: Callable[[Session, Toy], Session], toy: Toy, key: str, in_list: bool) -> None:
    if not changed(move, toy):
        return
    if in_list and key == "toast.like":
        st.session_state[LIKED] = toy  # the list that follows says what the like did
        return
    language = visit().language
    st.toast(text.t(language, key, title=cards.plain(text.title(toy, language), 60)), icon=_TOASTS[key])


_TOASTS: Final = {
    "toast.like": ":material/favorite:",
    "toast.dismiss": ":material/close:",
    "toast.own": ":material/home:",
}


def whom(shop: Shop) -> str:
    """For which of several children a tap counts; empty where that is no question."""
    visit = shop.visit
    return shop.t(f"sign.{visit.profile.sign}") if visit.who is Who.GIFT and people.several(visit) else ""


def tapped(shop: Shop) -> None:
    """What was liked, each to be taken back with one tap, and what was set aside, all at once."""
    profile = shop.visit.profile
    aside = len(profile.dismissed) + len(profile.owned)
    liked = safety.nameable(profile.liked, shop.visit.youngest)
    # There from the start, though empty: what follows keeps its place, or the old shelf would stand beside the new one.
    with st.container(key="tapped", horizontal=True, vertical_alignment="center"):
        if profile.liked:
            name = whom(shop)
            said = shop.t("shelf.liked_for", name=name) if name else shop.t("shelf.liked")
            st.html(cards.note(said, shop.language), width="content")
        for toy in liked:
            st.button(
                cards.plain(text.title(toy, shop.language), 40),
                key=f"unlike-{toy.toy_id}",
                icon=":material/cancel:",
                icon_position="right",
                help=shop.t("shelf.take_back"),
                on_click=change,
                args=(moves.forget, toy.toy_id),
            )
        if unnamed := len(profile.liked) - len(liked):
            words = shop.t("shelf.unnamed_one" if unnamed == 1 else "shelf.unnamed", n=unnamed)
            st.html(cards.note(words, shop.language), width="content")
        if aside:
            st.button(
                shop.t("shelf.bring_back", n=aside),
                key="bring-back",
                icon=":material/undo:",
                type="tertiary",
                on_click=change,
                args=(moves.bring_back,),
            )


def trouble(shop: Shop, error: ShopError, level: int = 2) -> None:
    """In place of the shelf: the kiosk is away (and is asked again), or would not do what was asked.

    level: of the heading, 1 where the page has no other
    """
    language = shop.language
    with st.container(key="trouble"):
        if not error.outage:
            lines = [shop.t("oops.lead", detail=str(error)[:300])]
            st.html(cards.panel(drawn("shop-closed"), shop.t("oops.title"), lines, language, level))
        else:
            kept = len(shop.visit.profile.liked)
            lines = [shop.t("down.lead"), shop.t("down.kept", n=kept) if kept else ""]
            st.html(cards.panel(drawn("shop-closed"), shop.t("down.title"), lines, language, level))
            ask_again(shop)
        st.button(shop.t("down.retry"), key="retry", type="primary", icon=":material/refresh:")


def ask_again(shop: Shop) -> None:
    """Draw the page anew as soon as the kiosk answers."""
    st.session_state[_DOWN_SINCE] = time.monotonic()
    _ask_again(shop)


@st.fragment(run_every=RETRY_SECONDS)
def _ask_again(shop: Shop) -> None:
    # The first run belongs to the page that has just failed; only those that the browser's clock brings ask again.
    if time.monotonic() - st.session_state[_DOWN_SINCE] > RETRY_SECONDS / 2 and shop.client.ready():
        st.rerun()


def synced(key: str, value: Any) -> str:
    """`key`, with Streamlit's widget of that key set to `value`: the visit is the one truth, widgets show it."""
    if st.session_state.get(key) != value:
        st.session_state[key] = value
    st.session_state[f"{key}-shown"] = value
    return key


def picked(key: str) -> tuple[list[Any], list[Any]]:
    """(what was added, what was taken away) by the tap on the synced widget `key`, which may hold several.

    Not all that it holds: another tab may have added what this one does not show yet.
    """
    before, after = st.session_state.get(f"{key}-shown") or [], st.session_state[key]
    return [it for it in after if it not in before], [it for it in before if it not in after]
