"""Model: which bundle answers, another in its place, back to the one before; and backups. For managers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import streamlit as st

from app.shop import cards, staff_cards
from app.shop.client import ShopError
from app.shop.pages.staff import desk, parts, published, times
from app.shop.pages.staff.desk import Desk
from app.shop.staff_models import Bundles
from app.shop.visit import Shop

_PLACE: Final = "model"
_BACKUPS: Final = "backups"
_SHORT: Final = 12  # signs of a digest that one compares
_SHOWN: Final = 5


def render(shop: Shop, found: Desk) -> None:
    """What answers, what else there is, backups."""
    told = found.client.bundles()
    active, language = told.active, shop.language
    st.html(cards.section(shop.t("staff.model_now"), language))
    rows = [
        (shop.t("staff.model_id"), active.model[:_SHORT]),
        (shop.t("staff.model_name"), active.name or shop.t("staff.model_setting")),
        (shop.t("staff.model_made"), times.said(active.created, language)),
        (shop.t("staff.model_toys"), f"{active.toys:,}"),
        (shop.t("staff.model_version"), active.toyguide),
    ]
    st.html(staff_cards.facts(rows, language))
    parts.said_at(shop, found, _PLACE)
    if told.previous is not None:
        parts.once(
            shop,
            found,
            "rollback",
            shop.t("staff.rollback"),
            shop.t("staff.rollback_sure", name=told.previous[:_SHORT]),
            _do,
            (shop, found.client.roll_back, "staff.rolled_back"),
            ":material/history:",
        )
    published.section(shop, told)
    _others(shop, found, told)
    _backups(shop, found)


def _others(shop: Shop, found: Desk, told: Bundles) -> None:
    language = shop.language
    st.html(cards.section(shop.t("staff.bundles"), language))
    others = [bundle for bundle in told.bundles if bundle.name != told.active.name]
    if not others and not told.importable:
        st.html(cards.note(shop.t("staff.no_bundles"), language))
    for bundle in others:
        with st.container(key=f"staff-bundle-{bundle.name}", horizontal=True, vertical_alignment="center"):
            more = bundle.problem or shop.t("staff.made_at", time=times.said(bundle.created, language))
            st.html(staff_cards.line(bundle.name, language, more))
            if bundle.problem is None:
                _activate(shop, found, bundle.name)
    for outside in told.importable:
        with st.container(key=f"staff-outside-{outside.name}", horizontal=True, vertical_alignment="center"):
            st.html(staff_cards.line(outside.name, language, shop.t("staff.on_a_stick")))
            _activate(shop, found, outside.name)


def _activate(shop: Shop, found: Desk, name: str) -> None:
    question = shop.t("staff.activate_sure", name=name[:_SHORT])
    arguments = (shop, found.client.activate, "staff.activated", name)
    parts.once(shop, found, f"activate-{name}", shop.t("staff.activate"), question, _do, arguments)


def _do(shop: Shop, call: Callable[..., Any], key: str, *arguments: str) -> None:
    if desk.desk() is None:
        return
    with st.spinner(shop.t("staff.swapping")):
        if desk.attempt(_PLACE, call, *arguments) is not None:
            desk.say(_PLACE, True, shop.t(key))


def _backups(shop: Shop, found: Desk) -> None:
    language = shop.language
    st.html(cards.section(shop.t("staff.backups"), language))
    parts.said_at(shop, found, _BACKUPS)
    try:
        kept = found.client.backups().backups
    except ShopError as error:
        if error.code not in ("no_backup_dir", "backup_failed"):
            raise
        st.html(cards.note(shop.t("oops.lead", detail=str(error)), language))
        return
    for backup in kept[:_SHOWN]:
        st.html(staff_cards.line(backup.name, language, shop.t("staff.size", n=round(backup.bytes / 1000))))
    st.button(shop.t("staff.back_up"), key="staff-back-up", icon=":material/save:", on_click=_back_up, args=(shop,))


def _back_up(shop: Shop) -> None:
    found = desk.desk()
    if found:
        made = desk.attempt(_BACKUPS, found.client.back_up)
        if made is not None and made.backups:
            desk.say(_BACKUPS, True, shop.t("staff.backed_up", name=made.backups[0].name))
