"""What the running model is, and how good: as its bundle says, nothing added."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import streamlit as st

from app.shop import cards, insight_cards, insight_charts
from app.shop import insight_words as words
from app.shop.models import ModelFacts
from app.shop.pages.insights import parts
from app.shop.pages.staff import times
from app.shop.standing import Standing, read_standing
from app.shop.visit import Shop

FIGURE: Final = "NDCG@10"


def render(shop: Shop, said: ModelFacts) -> None:
    """Facts, then charts where the bundle has the figures."""
    st.html(cards.section(shop.t("insights.model"), shop.language))
    standing = read_standing(said.metrics)
    st.html(insight_cards.facts(_facts(shop, said, standing), shop.language))
    st.html(cards.section(shop.t("insights.quality"), shop.language))
    st.html(cards.note(shop.t("insights.ndcg_is"), shop.language))
    if standing is None:
        st.html(cards.note(_without(shop, said.metrics), shop.language))
        return
    _overall(shop, standing)
    if standing.slices:
        _slices(shop, standing)
    st.html(cards.section(shop.t("insights.cost"), shop.language))
    with st.container(key="insight-pair"):
        _cost(shop, standing, "megabytes", "size", "insights.size", "insights.axis_size")
        _cost(shop, standing, "milliseconds", "time", "insights.time", "insights.axis_time")
    st.html(cards.note(shop.t("insights.cost_note"), shop.language))


def _facts(shop: Shop, said: ModelFacts, standing: Standing | None) -> list[tuple[str, str, str]]:
    t, language = shop.t, shop.language
    data, teacher, student = said.dataset, said.teacher, said.student
    counted = {name: f"{data[name]:,}" for name in ("toys", "shoppers", "events") if isinstance(data.get(name), int)}
    size = standing.shipped.megabytes if standing else None
    bits = student.get("table_bits", 8)
    return [
        (t("insights.fact_model"), said.model[:12], t("insights.fact_built", time=times.said(said.created, language))),
        (
            t("insights.fact_data"),
            t("insights.fact_counts", **counted) if len(counted) == 3 else _text(data.get("name")),
            t("insights.digest", digest=_text(data.get("digest"))[:12]),
        ),
        (
            t("insights.kind_teacher"),
            _text(teacher.get("preset")),
            t("insights.digest", digest=_text(teacher.get("digest"))[:12]),
        ),
        (
            t("insights.fact_student"),
            words.megabytes(size, words.speaker(language)) if size else t("insights.bits", n=bits),
            t("insights.fact_shape", family=_text(student.get("family")), width=student.get("width", "–"), bits=bits),
        ),
    ]


def _text(value: object) -> str:
    return value if isinstance(value, str) and value else "–"


def _without(shop: Shop, metrics: Mapping[str, Any]) -> str:
    """A bundle of before says one figure, or none."""
    part: Any = metrics
    for name in ("leave-one-out", "test", "ndcg@10"):
        part = part.get(name) if isinstance(part, Mapping) else None
    if isinstance(part, float):
        return shop.t("insights.old_figure", ndcg=words.ndcg(part))
    return shop.t("insights.old")


def _kinds(shop: Shop) -> dict[str, str]:
    return {kind: shop.t(key) for kind, key in words.KINDS.items()}


def _overall(shop: Shop, standing: Standing) -> None:
    t = words.speaker(shop.language)
    drawn = insight_charts.bars(words.overall_points(standing, t), FIGURE, parts.scheme(shop))
    heads = [t("insights.head_who"), FIGURE, t("insights.head_interval"), "Recall@10", t("insights.head_size")]
    heads.append(t("insights.head_time"))
    rows = words.standing_rows(standing, t)
    parts.chart(shop, "overall", t("insights.overall"), words.says_overall(standing, t), drawn, heads, rows)


def _slices(shop: Shop, standing: Standing) -> None:
    t = words.speaker(shop.language)
    points = words.slice_points(standing, t)
    drawn = insight_charts.intervals(points, FIGURE, parts.scheme(shop), _kinds(shop))
    heads, rows = words.slice_rows(standing, t)
    parts.chart(shop, "slices", t("insights.slices"), words.says_slices(standing, t), drawn, heads, rows)


def _cost(shop: Shop, standing: Standing, cost: Any, name: str, title: str, axis: str) -> None:
    t = words.speaker(shop.language)
    points, worth = words.cost_points(standing, cost, t)
    if not points:
        st.html(cards.note(words.says_front(standing, cost, t), shop.language))
        return
    titles = (t(axis), FIGURE)
    drawn = insight_charts.pareto(points, worth, titles, parts.scheme(shop), _kinds(shop))
    amount = words.megabytes if cost == "megabytes" else words.milliseconds
    on = {point.name for point in worth}
    rows = [
        (point.name, amount(point.cost, t), point.told, t("insights.yes") if point.name in on else "–")
        for point in sorted(points, key=lambda point: point.cost)
    ]
    heads = [t("insights.head_who"), t(axis), FIGURE, t("insights.head_worth")]
    parts.chart(shop, name, t(title), words.says_front(standing, cost, t), drawn, heads, rows)
