"""What the browser does for those who listen to the shop or have no mouse; `assets/page.js` does it."""

from __future__ import annotations

import json
from html import escape
from typing import Final

import streamlit as st

from app.shop.visit import Shop

_WORDS: Final = {
    "pages": "access.pages",
    "answers": "access.answers",
    "skip": "access.skip",
    "notices": "access.notices",
    "close": "access.close",
    "lost": "access.lost",
    "lostLead": "access.lost_lead",
}


def mind_the_page(shop: Shop) -> None:
    """Tell the script in the browser the language of the page and the names of its parts."""
    words = json.dumps({name: shop.t(key) for name, key in _WORDS.items()}, ensure_ascii=False)
    with st.container(key="page-script"):
        st.html(f'<div id="toyguide-words" lang="{shop.language}" data-words="{escape(words)}"></div>')
