"""Log: who changed what, newest first. For managers."""

from __future__ import annotations

import json
from typing import Final

import streamlit as st

from app.shop import cards, staff_cards, text
from app.shop.pages.staff import times
from app.shop.pages.staff.desk import Desk
from app.shop.staff_models import Change
from app.shop.visit import Shop

PAGE: Final = 50
MAX_DETAILS: Final = 300
_ROWS: Final = frozenset({"rule_id", "revision"})
_BEFORE: Final = "staff-log-before"


def render(shop: Shop, found: Desk) -> None:
    """A page of the log, and the way to what is older."""
    language, before = shop.language, st.session_state.get(_BEFORE)
    changes = found.client.changes(PAGE, before).changes
    if not changes:
        st.html(cards.note(shop.t("staff.nothing_yet"), language))
    else:
        heads = [shop.t(key) for key in ("staff.head_when", "staff.head_who", "staff.head_what", "staff.head_details")]
        rows = [
            (times.said(change.time, language), _who(shop, change.who), _did(shop, change), details(change))
            for change in changes
        ]
        st.html(staff_cards.table(heads, rows, language))
    with st.container(key="staff-log-pages", horizontal=True):
        if before is not None:
            st.button(shop.t("staff.newest"), key="staff-log-newest", on_click=_turn, args=(None,))
        if len(changes) == PAGE:
            st.button(shop.t("staff.older"), key="staff-log-older", on_click=_turn, args=(changes[-1].id,))


def _turn(before: int | None) -> None:
    st.session_state[_BEFORE] = before


def _who(shop: Shop, who: str) -> str:
    """Whoever holds a key by its name; these two are the kiosk itself."""
    themselves = {"publish": "staff.who_publish", "watch": "staff.who_watch"}
    return shop.t(themselves[who]) if who in themselves else who


def _did(shop: Shop, change: Change) -> str:
    key = f"staff.did_{change.action.replace('.', '_')}"
    return shop.t(key) if key in text.strings(shop.language) else change.action


def details(change: Change) -> str:
    """What a change was about, as short as it goes: what was said after rather than before, and no number of a row."""
    told = dict(change.details)
    said = told.pop("after", None) or told.pop("before", None)
    told.pop("before", None)
    if isinstance(said, dict):
        told.update(said)
    elif said is not None:
        told["before"] = said
    words = ", ".join(
        f"{name} {_value(value)}" for name, value in told.items() if value is not None and name not in _ROWS
    )
    return words if len(words) <= MAX_DETAILS else words[: MAX_DETAILS - 1] + "…"


def _value(value: object) -> str:
    if isinstance(value, list):
        return " ".join(map(_value, value))
    if isinstance(value, dict):
        return " ".join(map(_value, value.values()))
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
