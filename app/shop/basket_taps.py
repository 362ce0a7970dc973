"""What stands on every card and every toy's page: into the basket, beside others; and the tray of what is compared."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from app.shop import cards, carrying, safety, text
from app.shop.basket import MAX_COMPARED, MAX_ENTRIES
from app.shop.models import Toy
from app.shop.session import Session
from app.shop.theme import page_sheet
from app.shop.visit import Shop, change, changed, visit


def carry(shop: Shop, toy: Toy, area: str, for_id: str | None = None) -> None:
    """Into the basket or out of it again, and "compare". for_id: of the profile it is for, if not of the one in use"""
    whom = for_id or shop.visit.profile.id
    held = shop.visit.basket.holds(toy.toy_id, whom)
    compared = any(it.toy_id == toy.toy_id for it in shop.visit.compared)
    title = text.title(toy, shop.language)
    with st.container(key=f"put-{'held-' if held else ''}{area}-{toy.toy_id}"):
        st.button(
            cards.named(shop.t("basket.held" if held else "basket.put"), title),
            key=f"basket-{area}-{toy.toy_id}",
            icon=":material/check:" if held else ":material/shopping_basket:",
            on_click=_out if held else _in,
            args=(toy, whom),
            width="stretch",
        )
    with st.container(key=f"beside-{'held-' if compared else ''}{area}-{toy.toy_id}", width="content"):
        st.button(
            cards.named(shop.t("compare.away" if compared else "compare.add"), title),
            key=f"compare-{area}-{toy.toy_id}",
            icon=":material/balance:",
            help=shop.t("compare.away" if compared else "compare.add"),
            on_click=_compare,
            args=(toy,),
        )


def carry_all(shop: Shop, chosen: Sequence[tuple[str, Toy]]) -> None:
    """One tap for all toys of a plan, each for its own child (id of the profile, toy); none where all are in."""
    left = [pair for pair in chosen if not shop.visit.basket.holds(pair[1].toy_id, pair[0])]
    if len(left) < 2:
        return
    with st.container(key="carry-all"):
        st.button(
            shop.t("basket.put_all", n=len(left)),
            key="all-in",
            type="primary",
            icon=":material/shopping_basket:",
            on_click=_all_in,
            args=(left,),
        )


def tray(shop: Shop) -> None:
    """At the foot of the window: how many toys are to be compared, and the way to the page where they are."""
    chosen = shop.visit.compared
    if not chosen:
        return
    named = safety.nameable(chosen, shop.visit.youngest)
    words = shop.t("compare.tray_one") if len(chosen) == 1 else shop.t("compare.tray", n=len(chosen))
    titles = text.join([_short(text.title(toy, shop.language)) for toy in named], shop.language)
    st.html(page_sheet("tray"))
    with st.container(key="tray", horizontal=True, vertical_alignment="center"):
        st.html(cards.shelf_head(words, titles, shop.language))
        if len(chosen) > 1:
            st.page_link(shop.links["compare"], label=shop.t("compare.open"), icon=":material/balance:")
        st.button(
            shop.t("compare.clear"), key="tray-clear", icon=":material/close:", on_click=change,
            args=(carrying.compare_none,),
        )  # fmt: skip


def _in(toy: Toy, for_id: str) -> None:
    full = visit().basket.full
    if not changed(carrying.put_for, for_id, toy):
        return
    if full:
        st.toast(text.t(visit().language, "toast.full", n=MAX_ENTRIES), icon=":material/shopping_basket:")
    else:
        st.toast(_said("toast.basket", toy), icon=":material/shopping_basket:")


def _all_in(chosen: Sequence[tuple[str, Toy]]) -> None:
    before = len(visit().basket.entries)
    if not changed(_put_all, chosen):
        return
    put = len(visit().basket.entries) - before
    key, n = ("toast.all", put) if put == len(chosen) else ("toast.full", MAX_ENTRIES)
    st.toast(text.t(visit().language, key, n=n), icon=":material/shopping_basket:")


def _put_all(session: Session, chosen: Sequence[tuple[str, Toy]]) -> Session:
    for for_id, toy in chosen:
        session = carrying.put_for(session, for_id, toy)
    return session


def _out(toy: Toy, for_id: str) -> None:
    if changed(carrying.take_out, (toy.toy_id, for_id)):
        st.toast(_said("toast.taken_out", toy), icon=":material/remove_shopping_cart:")


def _compare(toy: Toy) -> None:
    before = visit().compared
    if not changed(carrying.compare, toy):
        return
    after, language = visit().compared, visit().language
    if after == before:
        st.toast(text.t(language, "toast.compare_full", n=MAX_COMPARED), icon=":material/balance:")
    elif len(after) == 1 and len(before) == 0:
        st.toast(text.t(language, "toast.compare_one"), icon=":material/balance:")


def _said(key: str, toy: Toy) -> str:
    language = visit().language
    return text.t(language, key, title=cards.plain(text.title(toy, language), 60))


def _short(title: str) -> str:
    return title if len(title) <= 28 else title[:27].rstrip() + "…"
