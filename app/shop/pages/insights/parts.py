"""A chart with what it says: the sentence above it, and below it the same figures as a table."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from app.shop import insight_cards
from app.shop.insight_charts import Chart, Scheme
from app.shop.visit import Shop


def scheme(shop: Shop) -> Scheme:
    """The palette in force: the setting's, else the one that the browser says it shows."""
    if shop.settings.theme != "system":
        return shop.settings.theme
    return "dark" if st.context.theme.type == "dark" else "light"


def chart(
    shop: Shop, name: str, title: str, said: str, drawn: Chart, heads: Sequence[str], rows: Sequence[Sequence[str]]
) -> None:
    """One card. name: of its place on the page; numbers stand in all columns of the table but the first."""
    with st.container(key=f"insight-{name}"):
        st.html(insight_cards.says(title, said, shop.language))
        # The picture says to those who do not see it what it shows; its figures are in the table.
        st.vega_lite_chart(spec=drawn, theme=None, width="stretch", key=f"insight-chart-{name}", alt=f"{title}. {said}")
        st.html(insight_cards.twin(shop.t("insights.as_table"), heads, rows, shop.language))
