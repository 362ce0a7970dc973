"""Two or three toys side by side: what they are, where they differ, and one tap to the basket."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from app.shop import cards, carrying, compare_html, text
from app.shop.basket import MAX_COMPARED, Entry, State
from app.shop.basket_taps import carry
from app.shop.client import ShopError
from app.shop.components import ask_again
from app.shop.models import Toy
from app.shop.pictures import drawn
from app.shop.visit import Shop, change


def render(shop: Shop) -> None:
    """The toys with their taps, and below them the table."""
    language = shop.language
    st.html(cards.heading(shop.t("compare.title"), shop.t("compare.lead", n=MAX_COMPARED), language))
    chosen = shop.visit.compared
    entries, stock = {toy.toy_id: Entry(toy, "", None) for toy in chosen}, {}
    fresh = True
    if chosen:
        try:
            answer = shop.client.check(list(entries), shop.visit.youngest, language)
        except ShopError:
            fresh = False
            st.html(cards.note(shop.t("basket.unsure"), language))
            ask_again(shop)
        else:
            change(carrying.look_up, answer)
            stock = {toy.toy_id: toy.in_stock for toy in answer.toys}
            entries |= {toy.toy_id: Entry(toy.plain(), "", None, toy.rules) for toy in answer.toys}
            entries = {name: entry for name, entry in entries.items() if name not in answer.missing_ids}
    shown = [entry.toy for entry in entries.values() if _may_be_seen(shop, entry)]
    if len(shown) < len(chosen):
        with st.container(key="compare-unsafe", horizontal=True, vertical_alignment="center"):
            st.html(cards.note(shop.t("compare.unsafe"), language), width="stretch")
            st.button(shop.t("basket.take_it_out"), key="compare-unsafe-out", on_click=_keep_only, args=(shown,))
    if not shown:
        _empty(shop)
        return
    pictures = shop.pictures.of(shown) if fresh else shop.pictures.kept(shown)
    with st.container(key=f"compare-heads-{len(shown)}"):
        for toy in shown:
            _head(shop, toy, pictures)
    if len(shown) > 1:
        st.html(compare_html.table(shown, stock, language))
    else:
        st.html(cards.note(shop.t("compare.one_more"), language))


def _may_be_seen(shop: Shop, entry: Entry) -> bool:
    state = carrying.state_of(entry, shop.visit.youngest, carrying.grown_up(shop.visit))
    return state in (State.FINE, State.SOLD_OUT)


def _head(shop: Shop, toy: Toy, pictures: Mapping[str, str]) -> None:
    title = text.title(toy, shop.language)
    with st.container(key=f"compare-head-{toy.toy_id}"):
        st.html(cards.picture(toy, pictures[toy.toy_id], shop.language))
        st.page_link(shop.links["toy"], label=cards.plain(title), query_params={"toy": toy.toy_id})
        with st.container(key=f"compare-taps-{toy.toy_id}", horizontal=True):
            carry(shop, toy, "compared")


def _keep_only(shown: Sequence[Toy]) -> None:
    change(carrying.compare_only, tuple(toy.toy_id for toy in shown))


def _empty(shop: Shop) -> None:
    st.html(cards.panel(drawn("empty-shelf"), shop.t("compare.empty_title"), [shop.t("compare.empty")], shop.language))
    with st.container(key="home"):
        st.page_link(shop.links["gift"], label=shop.t("unknown.home"), icon=":material/storefront:")
