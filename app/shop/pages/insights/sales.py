"""What was shown and wanted, for those with a staff key: the same that the Staff page holds."""

from __future__ import annotations

import streamlit as st

from app.shop import cards, insight_cards, insight_charts, staff_cards
from app.shop import insight_words as words
from app.shop.client import ShopError
from app.shop.pages.insights import parts
from app.shop.pages.staff import desk, times
from app.shop.pages.staff import parts as staff_parts
from app.shop.pages.staff.today import asked_hours
from app.shop.pictures import drawn as art
from app.shop.staff_models import Figures
from app.shop.visit import Shop


def render(shop: Shop) -> None:
    """The figures of a day, a week or a month; without a key the way to the door."""
    language = shop.language
    st.html(cards.section(shop.t("insights.shown"), language))
    found = desk.desk()
    if found is None:
        with st.container(key="insight-locked"):
            lines = [shop.t("insights.locked_lead")]
            st.html(cards.panel(art("staff"), shop.t("insights.locked"), lines, language, 3))
            st.page_link(shop.links["staff"], label=shop.t("nav.staff"), icon=":material/key:")
        return
    desk.use()
    hours = asked_hours(shop, "insight-hours")
    try:
        told = staff_parts.figures(shop, found, hours)
    except ShopError as error:
        staff_parts.trouble(shop, error, "insight-retry")
        return
    _figures(shop, told)


def _figures(shop: Shop, told: Figures) -> None:
    t, language = shop.t, shop.language
    since, until = times.said(told.since, language), times.said(told.until, language)
    st.html(cards.note(t("staff.since", since=since, until=until), language))
    wanted, variety = told.wanted, told.variety
    rows = [
        (t("staff.lists"), f"{told.answers:,}", t("insights.with_toys", n=f"{told.impressions:,}")),
        (t("staff.list_rate"), words.percent(wanted.list_rate), t("insights.of_lists", n=f"{wanted.lists:,}")),
        (t("staff.toy_rate"), words.percent(wanted.toy_rate), t("insights.of_places", n=f"{wanted.toys:,}")),
    ]
    if variety:
        seen = t("insights.different", n=f"{variety.shown:,}", of=f"{variety.on_sale:,}")
        share = variety.shown / variety.on_sale if variety.on_sale else None
        rows.append((t("insights.coverage"), words.percent(share), seen))
        rows.append((t("insights.top_share"), words.percent(variety.top_share), ""))
    st.html(insight_cards.facts(rows, language))
    if told.lost:
        st.html(staff_cards.fault(t("staff.lost", n=told.lost), language))
    if not told.top_shown and not told.masked and not told.missed_searches:
        st.html(cards.note(t("insights.nothing_shown"), language))
        return
    with st.container(key="insight-pair-shown"):
        _top(shop, told)
        _masked(shop, told)
    _missed(shop, told)


def _top(shop: Shop, told: Figures) -> None:
    if not told.top_shown:
        return
    t = shop.t
    names = words.toy_names(told.top_shown)
    rows = [(name, toy.shown, toy.wanted) for name, toy in zip(names, told.top_shown, strict=True)]
    first, wanted = rows[0], sum(part for _, _, part in rows)
    said = t("insights.says_top", name=first[0], n=f"{first[1]:,}", wanted=f"{wanted:,}")
    heads = [t("staff.head_toy"), t("staff.head_shown"), t("staff.head_wanted")]
    drawn = insight_charts.pairs(rows, (heads[1], heads[2]), parts.scheme(shop))
    parts.chart(shop, "top", t("staff.top"), said, drawn, heads, [(n, f"{a:,}", f"{b:,}") for n, a, b in rows])


def _masked(shop: Shop, told: Figures) -> None:
    counts = sorted(((count, rule) for rule, count in told.masked.items() if count), reverse=True)
    if not counts:
        return
    t = shop.t
    rows = [(staff_parts.mask_words(shop, rule), count, 0) for count, rule in counts]
    total = sum(count for _, count, _ in rows)
    said = t("insights.says_masked", name=rows[0][0], share=words.percent(rows[0][1] / total))
    heads = [t("staff.head_rule"), t("staff.head_toys")]
    drawn = insight_charts.pairs(rows, (heads[1], ""), parts.scheme(shop))
    parts.chart(shop, "masked", t("staff.masked"), said, drawn, heads, [(n, f"{a:,}") for n, a, _ in rows])


def _missed(shop: Shop, told: Figures) -> None:
    t, language = shop.t, shop.language
    st.html(cards.section(t("staff.missed"), language))
    if not told.missed_searches:
        st.html(cards.note(t("staff.nothing_yet"), language))
        return
    heads = [t("staff.head_words"), t("staff.head_times"), t("staff.head_last")]
    rows = [
        (missed.text, f"{missed.times:,}", times.day_said(missed.last, language)) for missed in told.missed_searches
    ]
    st.html(staff_cards.table(heads, rows, language, (1, 2)))
