"""Every rule of the shop, in force or not: what is hidden can be found again here."""

from __future__ import annotations

import streamlit as st

from app.shop import cards
from app.shop.pages.staff import parts
from app.shop.pages.staff.desk import Desk
from app.shop.pages.staff.toy import rule_row
from app.shop.visit import Shop

_PLACE = "rules"
KINDS = ("hide", "pin", "boost", "bury")


def render(shop: Shop, found: Desk) -> None:
    """The rules by kind."""
    rules = found.client.rules().rules
    parts.said_at(shop, found, _PLACE)
    if not rules:
        st.html(cards.note(shop.t("staff.no_rules_at_all"), shop.language))
    for kind in KINDS:
        several = [rule for rule in rules if rule.kind == kind]
        if several:
            st.html(cards.section(shop.t(f"staff.all_{kind}", n=len(several)), shop.language))
        for rule in several:
            rule_row(shop, found, rule, _PLACE, False)
