"""What a page says once, at its top, when the visit before has ended of itself."""

from __future__ import annotations

import streamlit as st

from app.shop import cards
from app.shop.visit import ENDED, Shop


def ended(shop: Shop) -> None:
    """That the visit has ended and is forgotten; until it is acknowledged, or something is said in the new one."""
    if not st.session_state.get(ENDED):
        return
    if any(profile.anything_said for profile in shop.visit.profiles):
        _acknowledge()
        return
    with st.container(key="ended", horizontal=True, vertical_alignment="center"):
        st.html(cards.note(shop.t("visit.ended"), shop.language), width="content")
        st.button(shop.t("visit.ended_ok"), key="ended-ok", icon=":material/check:", on_click=_acknowledge)


def _acknowledge() -> None:
    st.session_state.pop(ENDED, None)
