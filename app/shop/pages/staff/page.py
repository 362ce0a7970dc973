"""The staff page: the door, or the desk with what the key allows, in sections."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import streamlit as st

from app.shop import staff_cards
from app.shop.client import ShopError
from app.shop.components import synced
from app.shop.pages.staff import desk, door, find, log, model, own_toys, parts, recalls, rules, stock, today
from app.shop.pages.staff.desk import Desk, Section
from app.shop.visit import Shop

WATCH_SECONDS: Final = 15

SECTIONS: Final[dict[Section, tuple[str, str, Callable[[Shop, Desk], None]]]] = {
    Section.FIND: ("staff.section_find", ":material/search:", find.render),
    Section.RULES: ("staff.section_rules", ":material/rule:", rules.render),
    Section.RECALLS: ("staff.section_recalls", ":material/block:", recalls.render),
    Section.STOCK: ("staff.section_stock", ":material/inventory_2:", stock.render),
    Section.TODAY: ("staff.section_today", ":material/monitoring:", today.render),
    Section.OWN: ("staff.section_own", ":material/add_box:", own_toys.render),
    Section.MODEL: ("staff.section_model", ":material/deployed_code:", model.render),
    Section.LOG: ("staff.section_log", ":material/history:", log.render),
}
"""Section → the key of its name, its icon, its page."""


def render(shop: Shop) -> None:
    """The door where no key is in; else who is here, and the section."""
    found = desk.desk()
    if found is None:
        door.render(shop)
        return
    desk.use()
    _bar(shop, found)
    _watch()
    try:
        SECTIONS[found.section][2](shop, found)
    except ShopError as error:
        parts.trouble(shop, error, "staff-retry")


def _bar(shop: Shop, found: Desk) -> None:
    who = found.who
    role = shop.t("staff.role_manager" if who.manages else "staff.role_clerk")
    with st.container(key="staff-bar", horizontal=True, vertical_alignment="center"):
        signed = shop.t("staff.who", name=who.name, role=role)
        st.html(staff_cards.who(shop.t("staff.title"), signed, shop.language), width="stretch")
        st.button(shop.t("staff.lock"), key="staff-lock", icon=":material/lock:", on_click=desk.lock)
    names = {each: f"{SECTIONS[each][1]} {shop.t(SECTIONS[each][0])}" for each in found.sections}
    key = synced("staff-section", found.section)
    st.pills(
        shop.t("staff.sections"),
        list(found.sections),
        format_func=names.__getitem__,
        key=key,
        required=True,
        on_change=_went,
        args=(key,),
        label_visibility="collapsed",
    )


def _went(key: str) -> None:
    # A browser that has not yet heard which one is chosen may report none, although one is required: that is no wish.
    chosen = st.session_state.get(key)
    if chosen is not None:
        desk.go(section=Section(chosen))


@st.fragment(run_every=WATCH_SECONDS)
def _watch() -> None:
    """Looks at the clock while nobody does anything: the page locks itself before the eyes of whoever comes next."""
    if desk.desk() is None:
        st.rerun()
