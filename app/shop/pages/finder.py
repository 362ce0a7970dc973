"""The two list pages: questions at the side, the shelf beside them, changing with every tap."""

from __future__ import annotations

from typing import Final

import streamlit as st

from app.shop import body, cards, people, relax, safety, text
from app.shop import session as moves
from app.shop.client import ShopError
from app.shop.components import LIKED, looking, shelf, synced, tapped, trouble
from app.shop.models import Facets, Recommendation
from app.shop.pages import family, one_budget
from app.shop.pages.free_text import free_text
from app.shop.pages.questions import questions
from app.shop.pages.word_matches import word_matches
from app.shop.pictures import drawn
from app.shop.profile import PAGE
from app.shop.session import Who
from app.shop.visit import Shop, change
from app.shop.wish import Order, in_order

ORDERS: Final = {
    Order.FIT: "browse.order_fit",
    Order.CHEAP: "browse.order_cheap",
    Order.DEAR: "browse.order_dear",
}
WORTH_SORTING: Final = 4


def render(shop: Shop, who: Who) -> None:
    """The page of `who`."""
    change(moves.use, who)
    language = shop.language
    with st.container(key="who-head", horizontal=True, vertical_alignment="bottom"):
        st.html(cards.heading(shop.t(f"{who}.title"), shop.t(f"{who}.lead"), language, drawn("welcome")))
        if who is Who.GIFT:
            family.row(shop)
    try:
        facets = shop.facets()
    except ShopError as error:
        tapped(shop)
        trouble(shop, error)
        return
    together = who is Who.GIFT and shop.visit.plan.open and people.several(shop.visit)  # another tab may forget one
    if who is Who.GIFT and not together:
        free_text(shop, facets)
    with st.container(key="finder"):
        with st.container(key="answers"):
            if together:
                one_budget.questions(shop, facets)
            else:
                questions(shop, facets, who)
        with st.container(key="found"):
            if together:
                one_budget.found(shop, facets)
            else:
                _found(shop, facets, who)
    family.forget_all(shop)


def _found(shop: Shop, facets: Facets, who: Who) -> None:
    try:
        with looking(shop, PAGE):
            answer = shop.client.recommend(body.request_for(shop.visit, facets.recommended_age.min is not None))
    except ShopError as error:
        tapped(shop)
        trouble(shop, error)
        return
    change(moves.showed, answer)
    _say_what_a_like_did(shop, answer)
    tapped(shop)
    by_words = word_matches(shop, facets) if who is Who.GIFT else frozenset()
    with st.container(key="list-head", horizontal=True, vertical_alignment="bottom"):
        if answer.items:
            _head(shop, answer, facets, who)
    with st.container(key="lacking"):  # there from the start, though empty: what follows keeps its place
        _say_what_is_lacking(shop, answer)
    items = [item for item in answer.items if item.toy.toy_id not in by_words]
    shelf(shop, in_order(items, shop.visit.profile.order), "list")
    if answer.short_reason is not None:
        _short(shop, answer)
    elif shop.visit.profile.wanted < moves.MAX_TOYS:
        st.button(shop.t("shelf.more"), key="more", icon=":material/add:", on_click=change, args=(moves.more,))


def _head(shop: Shop, answer: Recommendation, facets: Facets, who: Who) -> None:
    """How many, for whom, and in which order."""
    count, visit = len(answer.items), shop.visit
    words = shop.t("shelf.found_one") if count == 1 else shop.t("shelf.found", n=count)
    about = text.summary(visit.profile, who is Who.GIFT, facets.currency, shop.language, visit.youngest)
    st.html(cards.shelf_head(words, about, shop.language))
    if count >= WORTH_SORTING:
        key = synced(f"order-{visit.profile.id}", visit.profile.order)
        st.pills(
            shop.t("browse.order"),
            list(ORDERS),
            format_func=lambda order: shop.t(ORDERS[order]),
            key=key,
            on_change=_ordered,
            args=(key,),
            label_visibility="collapsed",
        )


def _say_what_is_lacking(shop: Shop, answer: Recommendation) -> None:
    """A puzzle was asked for and a little one is at home: why a soft toy stands first."""
    profile, youngest = shop.visit.profile, shop.visit.youngest
    if youngest is None or youngest == profile.age_months or not answer.items or not answer.masked.get("safety"):
        return
    met = {name for item in answer.items for name in item.toy.interests}
    lacking = [text.interest(name, shop.language, True) for name in profile.interests if name not in met]
    if lacking:
        words = {"interests": text.join(lacking, shop.language), "age": text.band(youngest, shop.language)}
        st.html(cards.note(shop.t("shelf.lacking", **words), shop.language))


def _ordered(key: str) -> None:
    change(moves.arrange, st.session_state[key] or Order.FIT)


def _say_what_a_like_did(shop: Shop, answer: Recommendation) -> None:
    """A like is answered when the new list is there: how many of its toys are there because of it."""
    liked = st.session_state.pop(LIKED, None)
    # The kiosk may have been away since: by now the like may be taken back, or a younger child stated.
    if liked is None or liked.toy_id not in {
        toy.toy_id for toy in safety.nameable(shop.visit.profile.liked, shop.visit.youngest)
    }:
        return
    n = sum(any(reason.toy_id == liked.toy_id for reason in item.reasons) for item in answer.items)
    key = "toast.like" if n == 0 else "toast.liked_one" if n == 1 else "toast.liked"
    title = cards.plain(text.title(liked, shop.language), 60)
    st.toast(shop.t(key, title=title, n=n), icon=":material/favorite:")


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
