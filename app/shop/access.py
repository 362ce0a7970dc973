"""What the browser does for those who listen to the shop or have no mouse; `assets/page.js` does it."""

from __future__ import annotations

from functools import cache
from typing import Any, Final

import streamlit as st

from app.shop.theme import page_script
from app.shop.visit import Shop

_WORDS: Final = {
    "pages": "access.pages",
    "answers": "access.answers",
    "skip": "access.skip",
    "notices": "access.notices",
    "close": "access.close",
}


def mind_the_page(shop: Shop) -> None:
    """Tell the browser the language of the page and the names of its parts."""
    words = {name: shop.t(key) for name, key in _WORDS.items()}
    with st.container(key="page-script"):
        _component()(key="page-script-data", data={"language": shop.language, **words})


@cache
def _component() -> Any:
    return st.components.v2.component("toyguide_page", js=page_script(), isolate_styles=False)
