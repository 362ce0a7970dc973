"""Browse & search: words and filters at hand, toys beside them; with nothing typed, what is popular here now."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import streamlit as st

from app.shop import cards, choices, text
from app.shop import session as moves
from app.shop import wish as wishes
from app.shop.client import ShopError
from app.shop.components import looking, shelf, synced, tapped, trouble
from app.shop.models import Facets, Found
from app.shop.pages import nothing_found
from app.shop.visit import Shop, change
from app.shop.wish import Order

CHIPS: Final = 8  # kinds that stand out; the others are folded away below them
ORDERS: Final = {
    Order.FIT: "browse.order_fit",
    Order.CHEAP: "browse.order_cheap",
    Order.DEAR: "browse.order_dear",
    Order.AGE: "browse.order_age",
}


def render(shop: Shop) -> None:
    """The search field, the filters, the shelf."""
    language = shop.language
    st.html(cards.heading(shop.t("browse.title"), shop.t("browse.lead"), language))
    try:
        facets, stock = shop.facets(), shop.counts_stock()
    except ShopError as error:
        tapped(shop)
        trouble(shop, error)
        return
    _field(shop)
    with st.container(key="finder"):
        with st.container(key="answers"):
            _filters(shop, facets, stock)
        with st.container(key="found"):
            _found(shop, facets)


def _field(shop: Shop) -> None:
    wish = shop.visit.wish
    with st.container(key="search", horizontal=True, vertical_alignment="bottom"):
        key = synced("search-words", wish.words)
        st.text_input(
            shop.t("browse.words"),
            key=key,
            placeholder=shop.t("browse.example"),
            icon=":material/search:",
            on_change=_said,
            args=(key,),
            label_visibility="collapsed",
            autocomplete="off",
        )
        st.button(shop.t("browse.search"), key="search-go", type="primary")
        if wish.words:
            st.button(
                shop.t("browse.clear"),
                key="search-clear",
                icon=":material/close:",
                on_click=change,
                args=(moves.seek, wishes.say, ""),
            )
    if wish.cut:
        st.html(cards.note(shop.t("browse.cut", n=wishes.MAX_WORDS), shop.language))


def _filters(shop: Shop, facets: Facets, stock: bool) -> None:
    wish, language = shop.visit.wish, shop.language

    def chips(name: str, options: Sequence[Any], words: Callable[[Any], str]) -> None:
        key = synced(f"browse-{name}", getattr(wish, name) if getattr(wish, name) in options else None)
        label = shop.t(f"browse.{name}")
        st.pills(label, options, format_func=words, key=key, on_change=_chosen, args=(name, key))

    def folded(name: str, label: str, options: Sequence[str], words: Callable[[str], str]) -> None:
        # Chips in a drawer and not a box to choose from: rows of Streamlit's boxes are too low for a finger.
        chosen = getattr(wish, name) if getattr(wish, name) in options else None
        key = synced(f"browse-{name}-folded", chosen)
        with (
            st.container(key=f"fold-{name}{'-chosen' if chosen else ''}"),
            st.popover(cards.plain(words(chosen), 40) if chosen else label, width="stretch"),
        ):
            st.pills(
                label, options, format_func=lambda option: cards.plain(words(option), 40), key=key,
                on_change=_chosen, args=(name, key),
            )  # fmt: skip

    def kind(name: str) -> str:
        return text.category(name, language)

    kinds = [found.name for found in facets.categories]
    chips("category", kinds[:CHIPS], lambda name: cards.plain(kind(name), 40))
    if facets.recommended_age.min is not None:
        chips("age_months", choices.AGES, lambda age: text.band(age, language))
    ranges = wishes.price_ranges(choices.budgets(facets.price.min, facets.price.max))
    if ranges:
        chips("price", ranges, lambda pair: cards.plain(text.price_range(pair[0], pair[1], facets.currency, language)))
    brands = sorted((found.name for found in facets.brands), key=str.casefold)
    with st.container(key="folded", horizontal=True):
        if kinds[CHIPS:]:
            folded("category", shop.t("browse.more_kinds"), sorted(kinds[CHIPS:], key=kind), kind)
        if brands:
            folded("brand", shop.t("browse.brand"), brands, str)
    if stock or wish.in_stock:
        key = synced("browse-in_stock", wish.in_stock)
        st.toggle(shop.t("browse.in_stock"), key=key, on_change=_chosen, args=("in_stock", key))
    if wish.filtered:
        st.button(
            shop.t("browse.all_off"),
            key="all-off",
            type="tertiary",
            icon=":material/filter_alt_off:",
            on_click=change,
            args=(moves.seek, wishes.let_go, wishes.FILTERS),
        )


def _said(key: str) -> None:
    change(moves.seek, wishes.say, st.session_state[key])


def _chosen(name: str, key: str) -> None:
    change(moves.seek, wishes.choose, **{name: st.session_state[key]})


def _found(shop: Shop, facets: Facets) -> None:
    visit, wish = shop.visit, shop.visit.wish
    query = wishes.query_for(wish, visit.youngest, visit.language)
    found: Found | None = None
    try:
        with looking(shop, wishes.PAGE):
            if wish.words:
                found = shop.client.search(query)
                items, count = found.items, found.matched - wishes.removed(found.masked)
            else:
                items = shop.client.popular(query).items
                count = len(items)
    except ShopError as error:
        tapped(shop)
        trouble(shop, error)
        return
    away = {toy.toy_id for toy in (*visit.profile.dismissed, *visit.profile.owned)}
    left = [item for item in items if item.toy.toy_id not in away]
    count -= len(items) - len(left)
    if left:
        _head(shop, found, count)
    tapped(shop)
    shown = wishes.in_order(left, wish.order)
    shelf(shop, shown[: wish.wanted], "browse")
    if len(shown) > wish.wanted:
        st.button(
            shop.t("shelf.more"),
            key="more",
            icon=":material/add:",
            on_click=change,
            args=(moves.seek, wishes.more),
        )
    elif count > len(shown):
        st.html(cards.note(shop.t("browse.narrow", n=len(shown)), shop.language))
    if not left:
        nothing_found.render(shop, facets, found, bool(items))
    unsafe = found.masked.get("safety", 0) if found else 0
    if unsafe:
        nothing_found.ask_youngest(shop, unsafe)


def _head(shop: Shop, found: Found | None, count: int) -> None:
    """How many there are, what was sought, and the order."""
    wish, language = shop.visit.wish, shop.language
    about = []
    if found is None:
        title = shop.t("browse.popular_of" if wish.filtered else "browse.popular")
    else:
        title = shop.t("shelf.found_one") if count == 1 else shop.t("shelf.found", n=count)
        words = shop.t("browse.quoted", words=found.corrected or wish.words)
        about = [shop.t("browse.corrected", words=words, typed=wish.words) if found.corrected else words]
        if not found.every_word:
            about.append(shop.t("browse.some_words"))
    if shop.visit.youngest is not None:
        about.append(shop.t("summary.youngest", age=text.band(shop.visit.youngest, language)))
    with st.container(key="browse-head", horizontal=True, vertical_alignment="bottom"):
        st.html(cards.shelf_head(title, shop.t("summary.separator").join(about), language))
        key = synced("browse-order", wish.order)
        names = {order: shop.t(name) for order, name in ORDERS.items()}
        if found is None:
            names[Order.FIT] = shop.t("browse.order_popular")
        st.pills(
            shop.t("browse.order"),
            list(Order),
            format_func=names.__getitem__,
            key=key,
            on_change=_ordered,
            args=(key,),
            label_visibility="collapsed",
        )


def _ordered(key: str) -> None:
    change(moves.seek, wishes.choose, order=st.session_state[key] or Order.FIT)
