"""What headquarters published for this kiosk, and what became of it: a part of Model."""

from __future__ import annotations

import streamlit as st

from app.shop import cards, staff_cards
from app.shop.pages.staff import times
from app.shop.staff_models import Bundles, FromHeadquarters, Published
from app.shop.visit import Shop


def section(shop: Shop, told: Bundles) -> None:
    """A heading and a line; nothing where the kiosk takes its bundles from nowhere."""
    found, language = told.published, shop.language
    if found is None:
        return
    st.html(cards.section(shop.t("staff.published"), language))
    if found.current is not None:
        st.html(staff_cards.line(found.current.name, language, _state(shop, told, found, found.current)))
    elif found.problem is None:
        st.html(cards.note(shop.t("staff.published_nothing"), language))
    if found.problem is not None:
        st.html(cards.note(shop.t("staff.published_waits", why=found.problem), language))


def _state(shop: Shop, told: Bundles, found: FromHeadquarters, current: Published) -> str:
    said = [shop.t("staff.published_at", time=times.said(current.published, shop.language))]
    refused = [each for each in found.refused if _same(each, current)]
    picked = found.picked
    if refused:
        said.append(shop.t("staff.published_refused", why=refused[0].why))
    elif picked is not None and _same(picked, current):
        answers = told.active.model == picked.model
        key = "staff.published_taken" if answers else "staff.published_replaced"
        said.append(shop.t(key, time=times.said(picked.picked, shop.language)))
        if answers and picked.watched:
            said.append(shop.t("staff.published_watched"))
    return ("" if shop.language == "zh" else " ").join(said)


def _same(one: Published, other: Published) -> bool:
    return (one.name, one.model, one.published) == (other.name, other.model, other.published)
