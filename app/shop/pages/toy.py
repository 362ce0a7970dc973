"""One toy: what it is, for whom, what to beware of, why it is shown, and what is like it."""

from __future__ import annotations

from collections.abc import Sequence, Set
from typing import Final

import streamlit as st

from app.shop import cards, carrying, choices, people, safety, text
from app.shop import session as moves
from app.shop.basket_taps import carry
from app.shop.client import ShopError
from app.shop.components import looking, shelf, synced, taps, trouble, whom
from app.shop.models import Item, ToyPage, Verdict
from app.shop.pictures import drawn
from app.shop.visit import Shop, change

SIMILAR: Final = 6
MAX_K: Final = 100  # the API's bound
TOGETHER: Final = 4
VIEWED: Final = "viewed"
FOR: Final = "for"
"""In the address: the picture of the child that a toy was found for."""
CAME_FROM: Final = "came_from"
_BACK: Final = {"browse": "nav.back_browse", "basket": "nav.back_basket", "compare": "nav.back_compare"}
_NOT_THERE: Final = frozenset({"unknown_toy", "unknown_route", "invalid_request"})


def render(shop: Shop) -> str | None:
    """The page of the toy in the address, `?toy=…`. Returns the toy's title if it is shown."""
    toy_id = st.query_params.get("toy", "")
    change(people.serve, st.query_params.get(FOR, ""))
    _way_back(shop)
    if not toy_id or len(toy_id) > 200:  # no toy's id is longer
        _unknown(shop)
        return None
    visit = shop.visit
    try:
        with looking(shop, 1):
            page = _to_grown_ups(shop, shop.client.toy(toy_id, visit.youngest, visit.language))
    except ShopError as error:
        if error.code in _NOT_THERE:
            _unknown(shop)
        else:
            trouble(shop, error, level=1)
        return None
    if page.safe.allowed:
        _tell_once(page)
        _toy(shop, page)
    else:
        _refused(shop, page)
    _beside(shop, page)
    return text.title(page, visit.language) if page.safe.allowed else None


def _to_grown_ups(shop: Shop, page: ToyPage) -> ToyPage:
    """A page is asked for by the youngest child alone; what is made for grown-ups is shown to one who said so.

    Only where no child is stated, and where nothing else forbids the toy: the verdict names but the highest rule.
    """
    visit = shop.visit
    if page.safe.rule != "audience" or not carrying.grown_up(visit):
        return page
    rules = {
        rule for toy in shop.client.check([page.toy_id], visit.youngest, visit.language).toys for rule in toy.rules
    }
    if rules != {"audience"}:
        return page
    return page.model_copy(update={"safe": Verdict(allowed=True, rule=None, text="")})


def _way_back(shop: Shop) -> None:
    who = shop.visit.who
    page, label = who.value, shop.t(f"nav.back_{who}")
    came_from = st.session_state.get(CAME_FROM)
    if came_from in _BACK:
        page, label = came_from, shop.t(_BACK[came_from])
    with st.container(key="way-back"):
        st.page_link(shop.links[page], label=label, icon=":material/arrow_back:")


def _toy(shop: Shop, page: ToyPage) -> None:
    visit, language = shop.visit, shop.language
    shown = visit.profile.shown.get(page.toy_id)
    told = safety.speakable(shown.reasons, visit.profile.liked, visit.youngest) if shown else ()
    reasons = [text.reason(said, page, visit.profile, language) for said in told]
    with st.container(key="toy"):
        with st.container(key="toy-picture"):
            st.html(cards.picture(page, shop.pictures.of([page])[page.toy_id], language))
        with st.container(key="toy-details"):
            st.html(cards.toy_head(page, language))
            with st.container(key=f"carry-page-{page.toy_id}", horizontal=True):
                carry(shop, page, "page")
            _taps(shop, page)
            st.html(cards.toy_details(page, reasons, language))


def _taps(shop: Shop, page: ToyPage) -> None:
    profile = shop.visit.profile
    for key, toys in (("toy.liked", profile.liked), ("toy.set_aside", profile.dismissed), ("toy.owned", profile.owned)):
        if any(toy.toy_id == page.toy_id for toy in toys):
            with st.container(key="toy-said", horizontal=True, vertical_alignment="center"):
                st.html(cards.note(shop.t(key), shop.language), width="content")
                st.button(
                    shop.t("shelf.take_back"),
                    key="toy-forget",
                    icon=":material/undo:",
                    on_click=change,
                    args=(moves.forget, page.toy_id),
                )
            return
    if visit_for := whom(shop):
        st.html(cards.note(shop.t("toy.for", name=visit_for), shop.language))
    with st.container(key="toy-taps", horizontal=True):
        taps(shop, page, "toy")


def _tell_once(page: ToyPage) -> None:
    """One view for one opening, however often the page is drawn."""
    if st.session_state.get(VIEWED) != page.toy_id:
        st.session_state[VIEWED] = page.toy_id
        change(moves.view, page)


def _beside(shop: Shop, page: ToyPage) -> None:
    """What others bought with it, where there is any, and what is like it. No toy stands twice."""
    visit = shop.visit
    away = {toy.toy_id for toy in (*visit.profile.dismissed, *visit.profile.owned)}
    try:
        k = min(TOGETHER + len(away), MAX_K)
        bought = shop.client.together(page.toy_id, k, visit.youngest, visit.language)
        k = min(SIMILAR + TOGETHER + len(away), MAX_K)
        near = shop.client.similar(page.toy_id, k, visit.youngest, visit.language)
    except ShopError as error:
        trouble(shop, error)
        return
    if page.safe.allowed:
        away |= _row(shop, "together", shop.t("toy.together"), bought.items, away, TOGETHER)
    _row(shop, "similar", shop.t("toy.similar"), near.items, away, SIMILAR)


def _row(shop: Shop, area: str, heading: str, items: Sequence[Item], away: Set[str], most: int) -> set[str]:
    """A shelf under its heading, where there is a toy for it; the ids of its toys."""
    # "Similar to …" says what the heading says, and would name a toy that may not be shown.
    shown = [item.model_copy(update={"reasons": ()}) for item in items if item.toy.toy_id not in away][:most]
    if shown:
        st.html(cards.section(heading, shop.language))
        shelf(shop, shown, area)
    return {item.toy.toy_id for item in shown}


def _refused(shop: Shop, page: ToyPage) -> None:
    """The toy may not be shown to those present: why, and no more of it than that."""
    visit, language = shop.visit, shop.language
    unsafe = page.safe.rule == "safety"
    title = shop.t("unsafe.title" if unsafe else "unsafe.other_title")
    st.html(
        cards.panel(
            drawn("too-young" if unsafe else "unknown-toy"),
            title,
            [shop.t("unsafe.lead", text=page.safe.text)],
            language,
            level=1,
        )
    )
    if unsafe and visit.youngest is None:
        with st.container(key="unsafe-ask"):
            key = synced(f"unsafe-youngest-{visit.profile.id}", visit.profile.youngest_months)
            st.pills(
                shop.t("unsafe.ask"),
                choices.younger_than(None),
                format_func=lambda age: text.band(age, language),
                key=key,
                on_change=_answered,
                args=(key,),
            )


def _answered(key: str) -> None:
    change(moves.answer, youngest_months=st.session_state[key])


def _unknown(shop: Shop) -> None:
    st.html(
        cards.panel(drawn("unknown-toy"), shop.t("unknown.title"), [shop.t("unknown.lead")], shop.language, level=1)
    )
    with st.container(key="home"):
        st.page_link(shop.links["gift"], label=shop.t("unknown.home"), icon=":material/storefront:")
