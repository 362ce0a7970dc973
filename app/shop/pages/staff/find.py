"""Find a toy: by words, by id, or by its barcode from a scanner, which types digits and presses Enter."""

from __future__ import annotations

import re
from typing import Final

import streamlit as st

from app.shop import cards, staff_cards, text
from app.shop.client import ShopError
from app.shop.models import Toy
from app.shop.pages.staff import desk, toy
from app.shop.pages.staff.desk import Desk
from app.shop.staff_models import StaffFound
from app.shop.visit import Shop

MAX_WORDS: Final = 200  # the API's bound
MOST: Final = 20
_BARCODE: Final = re.compile(r"[0-9０-９][0-9０-９ \-]{6,20}")
_FIELD: Final = "staff-find"


def render(shop: Shop, found: Desk) -> None:
    """The field; below it the toy, or those among which it may be."""
    with st.container(key="staff-search", horizontal=True, vertical_alignment="bottom"):
        st.text_input(
            shop.t("staff.find"),
            key=_FIELD,
            placeholder=shop.t("staff.find_example"),
            icon=":material/barcode_scanner:",
            autocomplete="off",
            on_change=_look,
        )
        st.button(shop.t("browse.search"), key="staff-find-go", type="primary")
    if found.toy_id is not None:
        toy.render(shop, found, found.toy_id)
    elif found.sought:
        _results(shop, found)


def _look() -> None:
    """What was typed; the field is empty again, for a scanner writes behind what stands in it."""
    words = " ".join(str(st.session_state[_FIELD]).split())[:MAX_WORDS]
    st.session_state[_FIELD] = ""
    if words:
        desk.go(sought=words, toy_id=None)


def _results(shop: Shop, found: Desk) -> None:
    words, client, language = found.sought, found.client, shop.language
    toys = exact(found, language)
    if len(toys) == 1:
        desk.move(sought="", toy_id=toys[0])
        toy.render(shop, found, toys[0])
        return
    if toys:
        st.html(cards.section(shop.t("staff.several", words=words), language))
        for toy_id in toys:
            why = client.why(toy_id, found.youngest, language)
            _row(shop, why.toy, why.safe.text, why.safe.allowed)
        return
    answer = client.find(words, MOST, language)
    if not answer.toys:
        st.html(cards.section(shop.t("staff.found_none", words=words), language))
        st.html(cards.note(shop.t("staff.found_none_lead"), language))
        return
    _head(shop, answer, words)
    for each in answer.toys:
        _row(shop, each.toy, each.safe.text, each.safe.allowed)


def _head(shop: Shop, answer: StaffFound, words: str) -> None:
    language = shop.language
    count = shop.t("shelf.found_one") if answer.matched == 1 else shop.t("shelf.found", n=answer.matched)
    quoted = shop.t("browse.quoted", words=answer.corrected or words)
    about = [shop.t("browse.corrected", words=quoted, typed=words) if answer.corrected else quoted]
    if not answer.every_word:
        about.append(shop.t("browse.some_words"))
    if answer.matched > len(answer.toys):
        about.append(shop.t("staff.first", n=len(answer.toys)))
    st.html(cards.shelf_head(count, shop.t("summary.separator").join(about), language))


def _row(shop: Shop, each: Toy, verdict: str, allowed: bool) -> None:
    with st.container(key=f"staff-row-{each.toy_id}", horizontal=True, vertical_alignment="center"):
        price = text.price(each, shop.language)
        parts = [each.toy_id, price, each.aisle or "", shop.t("staff.shown") if allowed else verdict]
        more = shop.t("summary.separator").join(part for part in parts if part)
        st.html(staff_cards.line(text.title(each, shop.language), shop.language, more))
        st.button(
            cards.named(shop.t("staff.open"), text.title(each, shop.language)),
            key=f"staff-open-{each.toy_id}",
            on_click=desk.go,
            kwargs={"toy_id": each.toy_id},
        )


def exact(found: Desk, language: str) -> tuple[str, ...]:
    """Toys with that very barcode or that very id; none where the words are words."""
    words, client = found.sought, found.client
    try:
        if _BARCODE.fullmatch(words):
            return tuple(each.toy.toy_id for each in client.scanned(words, language).toys)
    except ShopError as error:
        if error.code != "unknown_toy":
            raise
    try:
        return (client.why(words, None, language).toy.toy_id,)
    except ShopError as error:
        if error.status != 404 and error.code != "invalid_request":
            raise
        return ()
