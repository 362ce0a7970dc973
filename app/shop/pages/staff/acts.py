"""What can be done about one toy: hide, pin, show more or less, correct, count, sell no longer."""

from __future__ import annotations

from typing import Any

import streamlit as st

from app.shop.pages.staff import correct, desk, parts, rule_form
from app.shop.pages.staff.desk import Desk
from app.shop.staff_models import Rule, Why
from app.shop.visit import Shop


def render(shop: Shop, found: Desk, why: Why, rules: tuple[Rule, ...]) -> None:
    """The buttons, and the form of the one that was opened."""
    toy_id = why.toy.toy_id
    with st.container(key="staff-acts", horizontal=True, vertical_alignment="center"):
        hidden = next((rule for rule in rules if rule.kind == "hide" and rule.toy_id == toy_id), None)
        if hidden is None:
            st.button(
                shop.t("staff.hide"),
                key="staff-hide",
                icon=":material/visibility_off:",
                on_click=_hide,
                args=(shop, toy_id),
            )
        else:
            st.button(
                shop.t("staff.show_again"),
                key="staff-unhide",
                icon=":material/visibility:",
                on_click=parts.removed,
                args=(shop, toy_id, hidden),
            )
        for kind, icon in rule_form.ICONS.items():
            st.button(shop.t(f"staff.kind_{kind}"), key=f"staff-form-{kind}", icon=icon, on_click=_open, args=(kind,))
        if found.who.manages:
            st.button(
                shop.t("staff.correct"),
                key="staff-correct-open",
                icon=":material/edit:",
                on_click=_open,
                args=(correct.OPEN,),
            )
    if found.open in rule_form.ICONS:
        rule_form.render(shop, found, why)
    elif found.open == correct.OPEN and found.who.manages:
        correct.render(shop, found, why)
    _count(shop, found, why)
    with st.container(key="staff-sold", horizontal=True, vertical_alignment="center"):
        if any(rule.rule == "inactive" for rule in why.rules):
            if found.who.manages:
                st.button(
                    shop.t("staff.restore"),
                    key="staff-restore",
                    icon=":material/undo:",
                    on_click=_said,
                    args=(shop, toy_id, found.client.restore, "staff.restored", toy_id),
                )
        else:
            parts.once(
                shop,
                found,
                "retire",
                shop.t("staff.retire"),
                shop.t("staff.retire_sure" if found.who.manages else "staff.retire_sure_clerk"),
                _said,
                (shop, toy_id, found.client.retire, "staff.retired", toy_id),
                ":material/archive:",
            )


def _open(kind: str) -> None:
    found = desk.desk()
    desk.go(open="" if found and found.open == kind else kind)


def _hide(shop: Shop, toy_id: str) -> None:
    found = desk.desk()
    if found:
        _said(shop, toy_id, found.client.make_rule, "staff.hidden", {"kind": "hide", "toy_id": toy_id})


def _said(shop: Shop, place: str, call: Any, key: str, *arguments: Any) -> None:
    """Do it, and say at `place` that it was done."""
    if desk.desk() is not None and desk.attempt(place, call, *arguments) is not None:
        desk.say(place, True, shop.t(key))


def _count(shop: Shop, found: Desk, why: Why) -> None:
    """How many there are. The field begins anew with each count: it shows what the kiosk has."""
    toy_id = why.toy.toy_id
    key = f"staff-count-{toy_id}-{why.stock}"
    with (
        st.form("staff-stock-form", border=False),
        st.container(key="staff-stock-row", horizontal=True, vertical_alignment="bottom"),
    ):
        st.number_input(
            shop.t("staff.count"), min_value=0, max_value=10**9, value=why.stock, step=1, key=key, placeholder="–"
        )
        st.form_submit_button(
            shop.t("staff.save_count"),
            key="staff-count-go",
            icon=":material/inventory_2:",
            on_click=_counted,
            args=(shop, toy_id, key),
        )
    parts.field_fault(shop, found, toy_id, "toys")


def _counted(shop: Shop, toy_id: str, key: str) -> None:
    count, found = st.session_state.get(key), desk.desk()
    if count is None or found is None:
        return
    if desk.attempt(toy_id, found.client.set_stock, {toy_id: int(count)}) is not None:
        desk.say(toy_id, True, shop.t("staff.counted", n=int(count)))
