"""The basket and wish list: what was put in, as it is now; what it costs; where to fetch it; how to take it along."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import streamlit as st

from app.shop import basket as baskets
from app.shop import basket_html, cards, carrying, people, text
from app.shop.basket import Entry, State
from app.shop.client import ShopError
from app.shop.components import ask_again
from app.shop.pages import family
from app.shop.pictures import drawn
from app.shop.take_along import list_text, qr_code, sum_words
from app.shop.visit import Shop, change, changed

_PRINT: Final = "print_now"
# The list is in the page by then; a moment for its pictures.
_PRINT_SCRIPT: Final = "<script>setTimeout(() => window.print(), 300)</script>"


def render(shop: Shop) -> None:
    """The lines, and beside them the sum and the ways to take them along."""
    language = shop.language
    st.html(cards.heading(shop.t("basket.title"), shop.t("basket.lead"), language))
    fresh = look_up(shop) if shop.visit.basket.entries else True
    with st.container(key="basket-news"):
        _taken_out(shop)
        if not fresh:
            st.html(cards.note(shop.t("basket.unsure"), language))
            ask_again(shop)
    entries = shop.visit.basket.entries
    if not entries:
        _empty(shop)
        return
    states = carrying.states(shop.visit)
    shown = [entry.toy for entry, state in zip(entries, states, strict=True) if state is not State.UNSAFE]
    pictures = shop.pictures.of(shown) if fresh else shop.pictures.kept(shown)
    with st.container(key="basket"):
        with st.container(key="lines"):
            _unsafe(shop, [entry for entry, state in zip(entries, states, strict=True) if state is State.UNSAFE])
            for entry, state in zip(entries, states, strict=True):
                if state is not State.UNSAFE:
                    _line(shop, entry, state, pictures)
        with st.container(key="till"):
            _till(shop, entries, states, pictures)
    fine = [entry for entry, state in zip(entries, states, strict=True) if state is State.FINE]
    if fine:
        _print(shop, fine, pictures)


def look_up(shop: Shop) -> bool:
    """Ask the kiosk how the toys of the basket and of the comparison are now. False where it does not answer."""
    visit = shop.visit
    toys = [*(entry.toy for entry in visit.basket.entries), *visit.compared]
    try:
        ids = list(dict.fromkeys(toy.toy_id for toy in toys))
        answer = shop.client.check(ids, visit.youngest, visit.language)
    except ShopError:
        return False  # said on the page: what is known from before is shown, and it is asked again
    change(carrying.look_up, answer)
    return True


def _unsafe(shop: Shop, entries: Sequence[Entry]) -> None:
    """How many toys may not be named here, and no more of them than that."""
    if not entries:
        return
    one = len(entries) == 1
    with st.container(key="unsafe-line", horizontal=True, vertical_alignment="center"):
        words = shop.t("basket.unsafe_one") if one else shop.t("basket.unsafe", n=len(entries))
        st.html(cards.note(words, shop.language), width="stretch")
        st.button(
            shop.t("basket.take_it_out" if one else "basket.take_them_out"),
            key="unsafe-out",
            icon=":material/remove_shopping_cart:",
            on_click=change,
            args=(carrying.take_out, *(entry.key for entry in entries)),
        )


def _line(shop: Shop, entry: Entry, state: State, pictures: Mapping[str, str]) -> None:
    toy, language = entry.toy, shop.language
    place = f"{toy.toy_id}-{entry.for_id}"
    title = text.title(toy, language)
    with st.container(key=f"line-{'' if state is State.FINE else 'stopped-'}{place}"):
        st.html(cards.picture(toy, pictures[toy.toy_id], language))
        with st.container(key=f"line-words-{place}"):
            if state in (State.RECALLED, State.RETIRED):
                st.html(cards.section(title, language))  # its page would not show it
            else:
                st.page_link(shop.links["toy"], label=cards.plain(title), query_params={"toy": toy.toy_id})
            st.html(basket_html.line_facts(entry, state, _whom(shop, entry), language))
        with st.container(key=f"line-taps-{place}", horizontal=True):
            st.button(
                cards.named(shop.t("basket.take_out"), title),
                key=f"out-{place}",
                icon=":material/remove_shopping_cart:",
                on_click=change,
                args=(carrying.take_out, entry.key),
            )
            if state is State.FINE:
                _compare(shop, entry, place, title)


def _compare(shop: Shop, entry: Entry, place: str, title: str) -> None:
    chosen = any(toy.toy_id == entry.toy.toy_id for toy in shop.visit.compared)
    full = len(shop.visit.compared) >= baskets.MAX_COMPARED and not chosen
    with st.container(key=f"beside-{'held-' if chosen else ''}line-{place}", width="content"):
        st.button(
            cards.named(shop.t("compare.away" if chosen else "compare.add"), title),
            key=f"compare-line-{place}",
            icon=":material/balance:",
            disabled=full,
            help=shop.t("toast.compare_full", n=baskets.MAX_COMPARED) if full else None,
            on_click=change,
            args=(carrying.compare, entry.toy),
        )


def _whom(shop: Shop, entry: Entry) -> str:
    """For whom it was put in: a child's picture in words where there are several, its age; empty where nobody said."""
    visit = shop.visit
    if not people.several(visit) and len({it.for_id for it in visit.basket.entries}) == 1:
        return ""  # all are for the same one
    if entry.for_id == visit.me.id:
        return shop.t("basket.for_me")
    person = next((person for person in visit.people if person.id == entry.for_id), None)
    if person is None:
        return ""  # forgotten meanwhile
    if people.several(visit):
        return shop.t("basket.for_child", name=family.label(shop, person))
    return (
        "" if person.age_months is None else shop.t("basket.for_age", age=text.band(person.age_months, visit.language))
    )


def _till(shop: Shop, entries: Sequence[Entry], states: Sequence[State], pictures: Mapping[str, str]) -> None:
    language = shop.language
    total = baskets.total(entries, states)
    fine = [entry for entry, state in zip(entries, states, strict=True) if state is State.FINE]
    st.html(basket_html.sums(total, len(fine), language))
    if not fine:
        return
    st.html(cards.note(shop.t("basket.how"), language))
    words = list_text(fine, total, language)
    alt = shop.t("basket.qr_alt", n=len(fine), sum=sum_words(total, language))
    st.html(basket_html.qr(qr_code(words), alt, language))
    st.html(cards.note(shop.t("basket.qr"), language))
    if shop.settings.kiosk:
        return  # a printer's dialog would lead out of the shop, and there is none at the screen
    st.button(shop.t("basket.print"), key="print", icon=":material/print:", on_click=_print_now, width="stretch")


def _print_now() -> None:
    st.session_state[_PRINT] = True


def _print(shop: Shop, fine: Sequence[Entry], pictures: Mapping[str, str]) -> None:
    total = baskets.total(fine, [State.FINE] * len(fine))
    code = qr_code(list_text(fine, total, shop.language))
    st.html(basket_html.printed(fine, total, pictures, code, shop.language))
    if st.session_state.pop(_PRINT, False):
        st.html(_PRINT_SCRIPT, unsafe_allow_javascript=True)


def _taken_out(shop: Shop) -> None:
    """What was taken out last, and the way to put it back."""
    out = [entry for _, entry in shop.visit.basket.taken_out]
    if not out:
        return
    grown = carrying.grown_up(shop.visit)
    named = [entry for entry in out if carrying.state_of(entry, shop.visit.youngest, grown) is not State.UNSAFE]
    if len(out) > 1:
        said = shop.t("basket.taken_out_many", n=len(out))
    elif named:
        said = shop.t("basket.taken_out", title=text.title(named[0].toy, shop.language))
    else:
        said = shop.t("basket.taken_out_unnamed")
    with st.container(key="taken-out", horizontal=True, vertical_alignment="center"):
        st.html(cards.note(said, shop.language), width="content")
        st.button(shop.t("basket.put_back"), key="undo-out", icon=":material/undo:", on_click=_put_back)


def _put_back() -> None:
    changed(carrying.put_back)


def _empty(shop: Shop) -> None:
    lines = [shop.t("basket.empty")]
    st.html(cards.panel(drawn("empty-basket"), shop.t("basket.empty_title"), lines, shop.language))
    with st.container(key="home"):
        st.page_link(shop.links["gift"], label=shop.t("unknown.home"), icon=":material/storefront:")
