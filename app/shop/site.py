"""The shop as one Streamlit site: its pages, their addresses, what stands around each of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import streamlit as st

from app.shop import kiosk_mode
from app.shop.access import mind_the_page
from app.shop.basket_taps import tray
from app.shop.components import DRAWN, footer, header
from app.shop.ended import ended
from app.shop.pages import attract, basket, browse, compare, find_gift, for_me, toy
from app.shop.pages.insights import page as insights
from app.shop.pages.staff import page as staff
from app.shop.settings import ShopSettings
from app.shop.theme import drawing, page_sheet
from app.shop.visit import Shop, connect, deliver

Render = Callable[[Shop], Any]

PAGES: Final[dict[str, tuple[str, Render]]] = {
    "gift": ("find-a-gift", find_gift.render),
    "me": ("for-me", for_me.render),
    "browse": ("browse", browse.render),
    "basket": ("basket", basket.render),
    "compare": ("compare", compare.render),
    "toy": ("toy", toy.render),
    "staff": ("staff", staff.render),
    "insights": ("insights", insights.render),
}
"""Name → (address, page)."""

SHEETS: Final = {"compare": "basket"}
"""Pages that look as another does."""
WITH_TRAY: Final = frozenset({"gift", "me", "browse", "basket", "toy"})
"""Pages at whose foot stands what is to be compared."""
BEHIND_THE_TILL: Final = frozenset({"staff", "insights"})
"""A screen in the shop has none of these pages."""


def run(home: str = "gift") -> None:
    """Draw the page that the browser asks for; `home` is the one at the bare address."""
    settings = ShopSettings()  # from the environment: `launch` puts there what was decided
    client, pictures = connect(settings)
    links: dict[str, Any] = {}
    shop = Shop(client, pictures, links, settings)
    for name, (address, render) in PAGES.items():
        if settings.kiosk and name in BEHIND_THE_TILL:
            continue
        links[name] = st.Page(
            _framed(name, render, shop, home), title=shop.t(f"nav.{name}"), url_path=address, default=name == home
        )
    st.navigation(list(links.values()), position="hidden").run()


def _framed(name: str, render: Render, shop: Shop, home: str) -> Callable[[], None]:
    def page() -> None:
        sign = shop.t("shop.name")
        st.set_page_config(page_title=f"{shop.t(f'nav.{name}')} · {sign}", page_icon=_icon(), layout="wide")
        if shop.settings.kiosk and not kiosk_mode.attended(shop, name, home):
            mind_the_page(shop)
            attract.render(shop)
            return
        if sheet := page_sheet(SHEETS.get(name, name)):
            st.html(sheet)
        header(shop, name)
        mind_the_page(shop)
        ended(shop)
        if st.session_state.get(DRAWN) != name:
            st.session_state.pop(DRAWN, None)
        title = render(shop)
        st.session_state[DRAWN] = name
        if name in WITH_TRAY:
            tray(shop)
        if name == "toy":
            if title:
                st.set_page_config(page_title=f"{title} · {sign}")
        else:
            st.session_state.pop(toy.VIEWED, None)
            st.session_state[toy.CAME_FROM] = name
        footer(shop)
        deliver(shop)

    return page


def _icon() -> str:
    return drawing("logo")
