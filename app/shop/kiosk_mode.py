"""Kiosk mode on the server: when a visit begins and ends on a screen that belongs to nobody.

The browser sees touches, asks "still there?" and counts down (`assets/kiosk/guard.js`); it tells this side when
somebody is there and when the visit is over. Should it fail to, a visit of which nothing was heard ends here.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import streamlit as st

from app.shop import text, theme
from app.shop.visit import Shop, leave, renew

GRACE_SECONDS: Final = 60.0
"""Beyond the browser's own time: it should have ended the visit long before."""
_HEARD: Final = "heard"
_FIRST: Final = "first_toy"
_OVER: Final = "over"


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment on two clocks, in seconds: one that stands still while the machine sleeps, one that somebody may set."""

    steady: float
    wall: float

    def ago(self) -> float:
        """Seconds since then, by the clock that moved more: rather too long than too short."""
        return max(time.monotonic() - self.steady, time.time() - self.wall)


def attended(shop: Shop, page: str, home: str) -> bool:
    """Is anybody here? Draws the guard; where nobody is, the attract screen is to follow, at the bare address alone.

    page, home: names of the page that is asked for and of the one at the bare address
    """
    st.html(theme.kiosk_sheet())
    if _silent(shop):
        leave(shop)
    here = begun()
    if here:
        _hear()
        if first := st.session_state.pop(_FIRST, None):
            st.switch_page(shop.links["toy"], query_params={"toy": first})
    else:
        st.query_params.clear()
        if page != home:
            st.switch_page(shop.links[home])
    with st.container(key="guard-box"):
        st.fragment(_guard, run_every=shop.settings.idle_seconds)(shop, home)
    return here


def begun() -> bool:
    """Has somebody touched the attract screen?"""
    return _HEARD in st.session_state


def welcome(language: str, toy_id: str | None = None) -> None:
    """Somebody touched the attract screen: begin a visit, with the page of a toy if one was touched."""
    renew(language)
    _hear()
    if toy_id is not None:
        st.session_state[_FIRST] = toy_id


def done(shop: Shop) -> None:
    """The button that ends the visit at once."""
    st.button(shop.t("kiosk.done"), key="done", icon=":material/logout:", on_click=leave, args=(shop,))


def _hear() -> None:
    st.session_state[_HEARD] = Moment(time.monotonic(), time.time())


def _silent(shop: Shop) -> bool:
    heard: Moment | None = st.session_state.get(_HEARD)
    limit = shop.settings.idle_seconds + shop.settings.countdown_seconds + GRACE_SECONDS
    return heard is not None and heard.ago() > limit


def _guard(shop: Shop, home: str) -> None:
    if _silent(shop):
        _end(shop)
    if st.session_state.pop(_OVER, False):
        st.switch_page(shop.links[home])  # what is on the screen goes with the visit
    _component()(
        key="guard", data=_orders(shop), on_here_change=_hear, on_leave_change=lambda: _end(shop)
    )  # fmt: skip


def _end(shop: Shop) -> None:
    leave(shop)
    st.session_state[_OVER] = True


def _orders(shop: Shop) -> dict[str, Any]:
    """What the browser's side is to know: is it at rest, the seconds, and the words."""
    language = shop.language
    words = {name: shop.t(key, n="{n}") for name, key in _WORDS.items()}  # the browser fills the gap
    both = dict.fromkeys((language, *text.LANGUAGES))  # who comes next may read the other
    return {
        "resting": not begun(),
        "idle": shop.settings.idle_seconds,
        "countdown": shop.settings.countdown_seconds,
        "language": language,
        "words": {
            **words,
            "goodbye": [text.t(name, "kiosk.goodbye") for name in both],
            "wait": [text.t(name, "kiosk.wait") for name in both],
        },
    }


_WORDS: Final = {
    "title": "kiosk.still_there",
    "lead": "kiosk.forgets",
    "left": "kiosk.left",
    "stay": "kiosk.stay",
    "done": "kiosk.done",
}


@cache
def _component() -> Any:
    return st.components.v2.component("toyguide_guard", js=theme.kiosk_script(), isolate_styles=False)
