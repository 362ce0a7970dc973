"""Insights, for analysts and the shop's owner: the model's figures need no key, the shop's own do."""

from __future__ import annotations

import streamlit as st

from app.shop import cards
from app.shop.client import ShopError
from app.shop.components import trouble
from app.shop.pages.insights import model, sales
from app.shop.visit import Shop


def render(shop: Shop) -> None:
    """What the running model says of itself, then what was shown and wanted."""
    st.html(cards.heading(shop.t("insights.title"), shop.t("insights.lead"), shop.language))
    try:
        said = shop.client.model()
    except ShopError as error:
        trouble(shop, error)
        return
    with st.container(key="insights"):
        model.render(shop, said)
        sales.render(shop)
