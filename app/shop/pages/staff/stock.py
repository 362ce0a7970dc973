"""Stock: what the store has, all of it or some of it, from a list."""

from __future__ import annotations

from typing import Final

import streamlit as st

from app.shop import cards
from app.shop.pages.staff import desk, parts
from app.shop.pages.staff.desk import Desk
from app.shop.pages.staff.upload import Pasted, field
from app.shop.stock_file import MAX_LINES, StockFault, read_stock
from app.shop.visit import Shop

_PLACE: Final = "stock"
_WHOLE: Final = "staff-stock-whole"
_UNKNOWN: Final = 30


def render(shop: Shop, found: Desk) -> None:
    """The field for a list, and whether it is all there is."""
    language = shop.language
    st.html(cards.section(shop.t("staff.stock_title"), language))
    st.html(cards.note(shop.t("staff.stock_lead"), language))
    pasted = field(shop, "stock", ["csv", "txt"], "toy_id,count\ntoy-0000001,12\ntoy-0000002,0")
    whole = st.toggle(shop.t("staff.stock_whole"), key=_WHOLE)
    parts.said_at(shop, found, _PLACE)
    if whole:
        question = shop.t("staff.stock_whole_sure")
        parts.once(shop, found, "stock", shop.t("staff.stock_go"), question, _send, (shop, pasted, True))
    else:
        st.button(
            shop.t("staff.stock_go"),
            key="staff-stock-go",
            type="primary",
            icon=":material/inventory_2:",
            on_click=_send,
            args=(shop, pasted, False),
        )


def _send(shop: Shop, pasted: Pasted, whole: bool) -> None:
    found = desk.desk()
    if found is None:
        return
    desk.move(sure="")
    counts = read_stock(pasted.content())
    if isinstance(counts, StockFault):
        words = shop.t(counts.key, line=counts.line, got=counts.got, most=MAX_LINES)
        desk.say(_PLACE, False, words)
        return
    answer = desk.attempt(_PLACE, found.client.set_stock, counts, whole)
    if answer is None:
        return
    pasted.clear()
    lines = [shop.t("staff.stock_unknown_id", toy=toy_id) for toy_id in answer.unknown_ids[:_UNKNOWN]]
    if len(answer.unknown_ids) > _UNKNOWN:
        lines.append(shop.t("staff.and_more", n=len(answer.unknown_ids) - _UNKNOWN))
    done = shop.t(
        "staff.stock_done",
        n=len(counts),
        there=answer.in_stock,
        out=answer.out_of_stock,
        unstated=answer.unstated,
    )
    desk.say(_PLACE, True, done, lines=tuple(lines))
