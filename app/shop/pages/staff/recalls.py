"""Recalls: a list as a maker or an authority sends it, in force at once; and all that are in force."""

from __future__ import annotations

from typing import Final

import streamlit as st

from app.shop import cards, staff_cards
from app.shop.pages.staff import desk, parts, times
from app.shop.pages.staff.desk import Desk
from app.shop.pages.staff.upload import Pasted, field
from app.shop.staff_models import Recall, RecallImport
from app.shop.visit import Shop

MOST: Final = 50
_PLACE: Final = "recalls"
_LINES: Final = 30


def render(shop: Shop, found: Desk) -> None:
    """The field for a list, then the recalls."""
    language = shop.language
    st.html(cards.section(shop.t("staff.recall_title"), language))
    st.html(cards.note(shop.t("staff.recall_lead"), language))
    pasted = field(shop, "recalls", ["csv", "json", "txt"], "barcode,reason,source\n5012345678900,small parts,maker")
    parts.said_at(shop, found, _PLACE)
    st.button(
        shop.t("staff.recall_go"),
        key="staff-recall-go",
        type="primary",
        icon=":material/block:",
        on_click=_import,
        args=(shop, pasted),
    )
    recalls = found.client.recalls().recalls
    st.html(cards.section(shop.t("staff.recalls_in_force", n=len(recalls)), language))
    words = st.text_input(shop.t("staff.recalls_filter"), key="staff-recalls-filter", icon=":material/search:")
    sought = (words or "").strip().casefold()
    fitting = [recall for recall in recalls if sought in _words(recall).casefold()]
    for recall in fitting[:MOST]:
        _row(shop, found, recall)
    if len(fitting) > MOST:
        st.html(cards.note(shop.t("staff.more_recalls", n=len(fitting) - MOST), language))


def _words(recall: Recall) -> str:
    return " ".join((recall.value, recall.reason or "", recall.source or "", *recall.toys))


def _import(shop: Shop, pasted: Pasted) -> None:
    found, content = desk.desk(), pasted.content()
    if found is None:
        return
    if not content.strip():
        desk.say(_PLACE, False, shop.t("staff.nothing_given"))
        return
    kind = "json" if content.lstrip()[:1] in (b"{", b"[") else "csv"
    if kind == "json" and content.lstrip()[:1] == b"[":
        content = b'{"recalls": ' + content + b"}"  # a bare list is what it looks like
    answer = desk.attempt(_PLACE, found.client.recall, content, kind)
    if answer is not None:
        pasted.clear()
        desk.say(
            _PLACE,
            True,
            shop.t("staff.recall_done", new=answer.new, known=answer.known_before),
            lines=_told(shop, answer),
        )


def _told(shop: Shop, answer: RecallImport) -> tuple[str, ...]:
    """What each line came to: the toys that are off the shelves now, and what names no toy."""
    gone = [shop.t("staff.recall_off", toy=toy_id) for toy_id in answer.toys]
    unknown = [shop.t("staff.recall_unknown", value=value) for value in answer.unknown]
    told = [*unknown, *gone]
    if len(told) > _LINES:
        told = [*told[:_LINES], shop.t("staff.and_more", n=len(told) - _LINES)]
    return tuple(told)


def _row(shop: Shop, found: Desk, recall: Recall) -> None:
    language = shop.language
    with st.container(key=f"staff-recall-{recall.by}-{recall.value}", horizontal=True, vertical_alignment="center"):
        parts_of_it = [
            recall.reason or shop.t("staff.no_reason"),
            recall.source or "",
            times.said(recall.added, language),
            shop.t("staff.recall_takes", n=len(recall.toys)) if recall.toys else shop.t("staff.recall_takes_none"),
        ]
        more = shop.t("summary.separator").join(part for part in parts_of_it if part)
        named = parts.title(shop, recall.toys[0]) if recall.toys else recall.value
        head = shop.t("staff.recall_of", toy=named, value=recall.value) if recall.toys else recall.value
        st.html(staff_cards.line(head, language, more))
        if recall.toys:
            st.button(
                cards.named(shop.t("staff.open"), named),
                key=f"staff-see-{recall.by}-{recall.value}",
                on_click=desk.go,
                kwargs={"section": desk.Section.FIND, "toy_id": recall.toys[0], "sought": ""},
            )
        if found.who.manages:
            parts.once(
                shop,
                found,
                f"lift-{recall.by}-{recall.value}",
                shop.t("staff.lift"),
                shop.t("staff.lift_sure"),
                _lift,
                (shop, recall),
            )


def _lift(shop: Shop, recall: Recall) -> None:
    found = desk.desk()
    if found and desk.attempt(_PLACE, found.client.lift, recall.by, recall.value) is not None:
        desk.say(_PLACE, True, shop.t("staff.lifted", value=recall.value))
