"""Today: how the lists do, what is shown most, what the rules take away, what was sought in vain."""

from __future__ import annotations

from typing import Final

import streamlit as st

from app.shop import cards, staff_cards
from app.shop.pages.staff import parts, times
from app.shop.pages.staff.desk import Desk
from app.shop.staff_models import Figures
from app.shop.visit import Shop

HOURS: Final = {24: "staff.last_day", 24 * 7: "staff.last_week", 24 * 31: "staff.last_month"}
KINDS: Final = {"view": "staff.event_view", "like": "staff.event_like", "cart": "staff.event_cart",
                "purchase": "staff.event_purchase", "return": "staff.event_return",
                "dismiss": "staff.event_dismiss"}  # fmt: skip


def asked_hours(shop: Shop, key: str) -> int:
    """A day, a week or a month, as chosen in the widget `key`."""
    hours = st.pills(
        shop.t("staff.span"),
        list(HOURS),
        default=24,
        required=True,
        format_func=lambda each: shop.t(HOURS[each]),
        key=key,
        label_visibility="collapsed",
    )
    return hours or 24


def render(shop: Shop, found: Desk) -> None:
    """The figures of a day, a week or a month."""
    language = shop.language
    hours = asked_hours(shop, "staff-hours")
    told = parts.figures(shop, found, hours)
    since, until = times.said(told.since, language), times.said(told.until, language)
    st.html(cards.note(shop.t("staff.since", since=since, until=until), language))
    wanted = told.wanted
    st.html(
        staff_cards.figures(
            [
                (shop.t("staff.lists"), f"{told.answers:,}"),
                (shop.t("staff.toys_shown"), f"{told.impressions:,}"),
                (shop.t("staff.list_rate"), _percent(wanted.list_rate)),
                (shop.t("staff.toy_rate"), _percent(wanted.toy_rate)),
            ],
            language,
        )
    )
    if told.lost:
        st.html(staff_cards.fault(shop.t("staff.lost", n=told.lost), language))
    with st.container(key="staff-tables"):
        _tables(shop, told)


def _tables(shop: Shop, told: Figures) -> None:
    _table(
        shop,
        "staff.top",
        ("staff.head_toy", "staff.head_shown", "staff.head_wanted"),
        [(top.title or top.toy_id, f"{top.shown:,}", f"{top.wanted:,}") for top in told.top_shown],
    )
    _table(
        shop,
        "staff.missed",
        ("staff.head_words", "staff.head_times", "staff.head_last"),
        [
            (missed.text, f"{missed.times:,}", times.day_said(missed.last, shop.language))
            for missed in told.missed_searches
        ],
    )
    _table(
        shop,
        "staff.masked",
        ("staff.head_rule", "staff.head_toys"),
        [(parts.mask_words(shop, rule), f"{count:,}") for rule, count in told.masked.items()],
    )
    _table(
        shop,
        "staff.tapped",
        ("staff.head_what", "staff.head_places"),
        [
            (shop.t(KINDS[kind]) if kind in KINDS else kind, f"{count:,}")
            for kind, count in told.wanted.kinds.items()
            if count
        ],
    )


def _table(shop: Shop, name: str, heads: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    language = shop.language
    with st.container(key=f"staff-table-{name.partition('.')[2]}"):
        st.html(cards.section(shop.t(name), language))
        if not rows:
            st.html(cards.note(shop.t("staff.nothing_yet"), language))
            return
        st.html(staff_cards.table([shop.t(head) for head in heads], rows, language, range(1, len(heads))))


def _percent(rate: float | None) -> str:
    return "–" if rate is None else f"{100 * rate:.1f} %"
