"""The visit that Streamlit's session holds, and the kiosk that all visits share."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import streamlit as st

from app.shop import session as moves
from app.shop import text
from app.shop.client import KioskClient, ShopError
from app.shop.models import Facets
from app.shop.pictures import Pictures
from app.shop.session import Session
from app.shop.settings import ShopSettings

FACETS_SECONDS: Final = 60
_VISIT: Final = "visit"
_log = logging.getLogger("toyguide.shop")


@dataclass(frozen=True)
class Shop:
    """What a page needs. links: page name → Streamlit's page, for links that keep the visit."""

    client: KioskClient
    pictures: Pictures
    links: Mapping[str, Any]

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
    """The visit; a new one begins in the language of the address (`?lang=`) or of the browser."""
    if _VISIT not in st.session_state:
        stated = st.query_params.get("lang")
        st.session_state[_VISIT] = moves.new_session(text.preferred_language(stated, st.context.locale))
    found: Session = st.session_state[_VISIT]
    return found


def change(move: Callable[..., Session], *arguments: Any, **named: Any) -> None:
    """Replace the visit by `move(visit, …)`."""
    st.session_state[_VISIT] = move(visit(), *arguments, **named)


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


@st.cache_resource(show_spinner=False)
def connect(settings: ShopSettings) -> tuple[KioskClient, Pictures]:
    """One client and one set of pictures a process."""
    client = KioskClient(settings.api, settings.timeout_seconds)
    return client, Pictures(client)


@st.cache_resource(show_spinner=False, ttl=FACETS_SECONDS, max_entries=4)
def _facets(address: str, _client: KioskClient) -> Facets:
    return _client.facets()


@st.cache_resource(show_spinner=False, ttl=FACETS_SECONDS, max_entries=4)
def _counts_stock(address: str, _client: KioskClient) -> bool:
    return bool(_client.popular({"k": 1, "in_stock": "true"}).items)
