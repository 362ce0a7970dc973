"""The door of the staff page: a field for the key, and the wait after too many wrong ones."""

from __future__ import annotations

import hashlib
import ipaddress
from datetime import timedelta
from typing import Final

import streamlit as st

from app.shop import cards, staff_cards, text
from app.shop.client import ShopError
from app.shop.cookie import cookie_name, known
from app.shop.pages.staff import desk, times
from app.shop.pictures import drawn
from app.shop.settings import ShopSettings
from app.shop.staff_client import StaffClient, looks_like_a_key
from app.shop.tries import Browser, Tries
from app.shop.visit import Shop

LOOK_SECONDS: Final = 2
_FIELD: Final = "staff-key"
_SAID: Final = "staff-key-said"


@st.cache_resource(show_spinner=False)
def tries() -> Tries:
    """One count a process."""
    return Tries()


def render(shop: Shop) -> None:
    """The field, or until when it is shut."""
    with st.container(key="staff-door"):
        art = drawn("staff")
        st.html(cards.panel(art, shop.t("staff.title"), [shop.t("staff.lead")], shop.language, 1))
        why, detail = desk.why_locked()
        if why == "idle":
            st.html(cards.note(shop.t("staff.locked_idle", n=round(desk.IDLE_SECONDS / 60)), shop.language))
        elif why == "refused":
            st.html(staff_cards.fault(shop.t("staff.locked_refused", detail=detail), shop.language))
        wait = tries().wait(browser())
        if wait:
            _shut(shop)
        with st.form("staff-unlock", border=False, enter_to_submit=True):
            st.text_input(shop.t("staff.key"), type="password", key=_FIELD, autocomplete="off", disabled=bool(wait))
            st.form_submit_button(
                shop.t("staff.unlock"),
                key="staff-unlock-go",
                type="primary",
                icon=":material/lock_open:",
                on_click=_try,
                args=(shop,),
                disabled=bool(wait),
            )
        said = st.session_state.get(_SAID)
        if said and not wait:
            st.html(staff_cards.fault(said, shop.language))


@st.fragment(run_every=LOOK_SECONDS)
def _shut(shop: Shop) -> None:
    wait = tries().wait(browser())
    if not wait:
        st.rerun()
    until = times.now() + timedelta(seconds=wait)
    said = shop.t("staff.wait", time=times.clock(until, wait >= 120), left=times.left(wait, shop.language))
    st.html(staff_cards.fault(said, shop.language))


def _try(shop: Shop) -> None:
    """The key that was typed; from here on it is in the field no more."""
    key = str(st.session_state[_FIELD]).strip()
    st.session_state[_FIELD] = ""
    st.session_state.pop(_SAID, None)
    if not key:
        return
    here = browser()
    if tries().begin(here):
        return
    client = StaffClient(shop.client, key)
    language = shop.language
    try:
        if not looks_like_a_key(key):
            raise ShopError("key_refused", "", 401)
        who = client.whose()
    except ShopError as error:
        if error.code != "key_refused":
            tries().take_back(here)  # the kiosk is away or busy: nobody knows whether the key is right
            st.session_state[_SAID] = text.t(language, "oops.lead", detail=str(error)[:300])
            return
        expired = "expired" in str(error)
        said = text.t(language, "oops.lead", detail=str(error)) if expired else text.t(language, "staff.wrong")
        st.session_state[_SAID] = said
        return
    tries().right(here)
    desk.unlock(client, who)


def browser() -> Browser:
    """Who is at the door. Of an IPv6 address the network counts, for a device takes a new address in it at will."""
    settings = ShopSettings()
    cookie = known(dict(st.context.cookies), cookie_name(settings.port))
    make = hashlib.sha256(st.context.headers.get("User-Agent", "").encode()).hexdigest()
    return Browser(_place(st.context.ip_address or ""), make, cookie.id if cookie else None)


def _place(address: str) -> str:
    try:
        parsed = ipaddress.IPv6Address(address)
    except ValueError:
        return address
    return str(parsed.ipv4_mapped or ipaddress.IPv6Network((int(parsed), 64), strict=False))
