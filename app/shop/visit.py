"""The visit of a browser, whichever of its tabs asks, and the kiosk that all visits share.

What was said and tapped lies in `Visits`, under the number in the browser's cookie; where one is in it, each tab keeps.
"""

from __future__ import annotations

import gc
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import streamlit as st

from app.shop import session as moves
from app.shop import text
from app.shop.client import KioskClient, ShopError
from app.shop.cookie import cookie_name, known
from app.shop.farewells import Farewell, Farewells
from app.shop.models import Facets
from app.shop.pictures import Pictures
from app.shop.session import Session
from app.shop.settings import ShopSettings
from app.shop.tab import Tab
from app.shop.visits import Visits

FACETS_SECONDS: Final = 60
ENDED: Final = "visit_ended"
"""In Streamlit's session, until it is acknowledged: the visit before has ended, and is forgotten."""
_VISIT: Final = "visit"
_TAB: Final = "tab"
_BROWSER: Final = "browser"
_log = logging.getLogger("toyguide.shop")


@dataclass(frozen=True)
class Shop:
    """What a page needs. links: page name → Streamlit's page, for links that keep the visit."""

    client: KioskClient
    pictures: Pictures
    links: Mapping[str, Any]
    settings: ShopSettings

    @property
    def visit(self) -> Session:
        """The visit as it is now."""
        return visit()

    @property
    def language(self) -> str:
        """The language of the visit."""
        return visit().language

    def t(self, key: str, **values: object) -> str:
        """The words of `key` in the visitor's language."""
        return text.t(visit().language, key, **values)

    def facets(self) -> Facets:
        """What can be asked for, at most a minute old. Raises ShopError."""
        return _facets(self.client.address, self.client)

    def counts_stock(self) -> bool:
        """Does anybody count this shop's stock? Where nobody does, asking for what is there would show nothing."""
        return _counts_stock(self.client.address, self.client)


def visit() -> Session:
    """The visit as this tab sees it; a new one begins in the language of the address (`?lang=`) or of the browser."""
    browser = _browser()
    if browser is None:  # no cookie came: the visit is this tab's, and lasts as long
        if _VISIT not in st.session_state:
            st.session_state[_VISIT] = moves.new_session(_language(None))
        own: Session = st.session_state[_VISIT]
        return own
    tab: Tab | None = st.session_state.get(_TAB)
    found = browser.visits.find(browser.key)
    if (found is None and not browser.fresh) if tab is None else (found is None or found.id != tab.session_id):
        st.session_state.clear()  # what its widgets hold was said in a visit that has ended
        st.session_state[_BROWSER], st.session_state[ENDED], tab = browser, True, None
    if found is None:
        found = browser.visits.begin(browser.key, lambda: moves.new_session(_language(None)))
    if tab is None:
        st.session_state[_TAB] = tab = Tab.of(moves.speak(found, _language(found.language)))
    return tab.over(found)


def change(move: Callable[..., Session], *arguments: Any, **named: Any) -> None:
    """As `changed`, for a widget that looks for no answer."""
    changed(move, *arguments, **named)


def changed(move: Callable[..., Session], *arguments: Any, **named: Any) -> bool:
    """Replace the visit by `move(visit, …)`, made to what other tabs have left of it.

    False, and nothing is moved, where it has ended since the page was drawn: who taps now may be somebody else.
    """
    tab: Tab | None = st.session_state.get(_TAB)
    before = visit()
    browser = _browser()
    if browser is None:
        st.session_state[_VISIT] = move(before, *arguments, **named)
        return True
    if tab is not None and tab.session_id != before.id:
        return False
    view: Tab = st.session_state[_TAB]

    def moved(kept: Session) -> Session:
        after = move(view.over(kept), *arguments, **named)
        st.session_state[_TAB] = Tab.of(after)
        return after

    return browser.visits.change(browser.key, before.id, moved)


def renew(language: str) -> Session:
    """Forget the visit, here and where other tabs would find it, and begin a new one. Returns what it was.

    The other tabs say that the visit has ended. This tab's widgets are the caller's to forget.
    """
    before, fresh, browser = visit(), moves.new_session(language), _browser()
    if browser is None:
        st.session_state[_VISIT] = fresh
    else:
        browser.visits.replace(browser.key, fresh)
        st.session_state[_TAB] = Tab.of(fresh)
    return before


@dataclass(frozen=True, slots=True)
class _Browser:
    """Where the visit of a browser lies. fresh: its cookie came with this page, so that there can be none yet."""

    visits: Visits
    key: str
    fresh: bool


def _browser() -> _Browser | None:
    if _BROWSER not in st.session_state:
        settings = ShopSettings()
        cookies = {} if settings.kiosk else dict(st.context.cookies)  # a screen in the shop is nobody's browser
        found = known(cookies, cookie_name(settings.port))
        st.session_state[_BROWSER] = found and _Browser(keep_visits(settings.visit_minutes), found.id, found.fresh)
    browser: _Browser | None = st.session_state[_BROWSER]
    return browser


def _language(before: str | None) -> str:
    return text.preferred_language(st.query_params.get("lang"), before or st.context.locale)


def deliver(shop: Shop) -> None:
    """Tell the kiosk what was tapped. What it does not take now is sent again after the next tap.

    Runs when the page already stands: a slow disk on the kiosk's side delays nobody's shelf.
    """
    outbox = visit().outbox
    if not outbox:
        return
    try:
        results = shop.client.post_events(outbox).results
    except ShopError as error:
        if error.outage:
            return  # kept in the outbox: event ids make sending twice harmless
        _log.warning("The kiosk refused %d events, which are dropped: %s", len(outbox), error)
        change(moves.delivered, frozenset(event["event_id"] for event in outbox))
        return
    change(moves.delivered, frozenset(result.event_id for result in results))


def leave(shop: Shop) -> None:
    """End the visit for good: nothing of it is left with the shop, and what the kiosk is still to be told is handed on.

    A new one has begun, with new ids. Whoever calls sees to it that the page is drawn anew.
    """
    language = shop.language
    st.query_params.clear()
    over = renew(_language(None) if shop.settings.kiosk else language)  # a screen speaks to whoever comes next
    farewells(shop).say(Farewell(over.id, over.outbox))
    kept = {name: st.session_state[name] for name in (_VISIT, _TAB, _BROWSER) if name in st.session_state}
    st.session_state.clear()
    for name, value in kept.items():
        st.session_state[name] = value


def farewells(shop: Shop) -> Farewells:
    """What the kiosk is still to be told of visits that are over: one such list a process."""
    return _farewells(shop.client.address, shop.client)


@st.cache_resource(show_spinner=False)
def keep_visits(minutes: float) -> Visits:
    """The visits of a process."""
    return Visits(minutes)


@st.cache_resource(show_spinner=False)
def connect(settings: ShopSettings) -> tuple[KioskClient, Pictures]:
    """One client and one set of pictures a process."""
    client = KioskClient(settings.api, settings.timeout_seconds)
    _settle()
    return client, Pictures(client)


@cache
def _settle() -> None:
    """Once a process: what has been imported is looked at no more when Streamlit collects garbage, as it does after
    every run, and meanwhile sends nothing (55 ms a run)."""
    gc.collect()
    gc.freeze()


@st.cache_resource(show_spinner=False)
def _farewells(address: str, _client: KioskClient) -> Farewells:
    return Farewells(_client)


@st.cache_resource(show_spinner=False, ttl=FACETS_SECONDS, max_entries=4)
def _facets(address: str, _client: KioskClient) -> Facets:
    return _client.facets()


@st.cache_resource(show_spinner=False, ttl=FACETS_SECONDS, max_entries=4)
def _counts_stock(address: str, _client: KioskClient) -> bool:
    return bool(_client.popular({"k": 1, "in_stock": "true"}).items)
