"""One budget for all: a sum, and a toy or more for each child, no toy twice, nothing over the sum."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import streamlit as st

from app.shop import body, cards, choices, people, text
from app.shop import plan as plans
from app.shop import session as moves
from app.shop.basket_taps import carry, carry_all
from app.shop.client import ShopError
from app.shop.components import looking, synced, trouble
from app.shop.models import Facets, Item, Recommendation, Share, Split
from app.shop.pages import family
from app.shop.pages import toy as toys_page
from app.shop.pages.questions import occasion
from app.shop.profile import Profile
from app.shop.visit import Shop, change

TAPS: Final = (
    ("dismiss", "plan.another", ":material/cached:", moves.dismiss),
    ("own", "card.own", ":material/home:", moves.own),
)


def questions(shop: Shop, facets: Facets) -> None:
    """The sum, how many toys for each, the occasion."""
    plan = shop.visit.plan

    def money(limit: int) -> str:
        return cards.plain(text.money(limit, facets.currency))

    key = synced("plan-budget", plan.budget)
    st.pills(shop.t("plan.budget"), _sums(shop, facets), format_func=money, key=key, on_change=_chosen,
             args=("budget", key))  # fmt: skip
    most = plans.most_each(len(shop.visit.people))
    if most > 1:
        key = synced("plan-each", plan.each)
        st.pills(shop.t("plan.each"), list(range(1, most + 1)), key=key, on_change=_chosen, args=("each", key))
    occasion(shop)


def _sums(shop: Shop, facets: Facets) -> list[int]:
    toys = len(shop.visit.people) * shop.visit.plan.each
    low, high = facets.price.min, facets.price.max
    steps = choices.budgets(None if low is None else low * toys, None if high is None else high * 2)
    said = [person.budget for person in shop.visit.people]  # "60 for both" stands with the child it was said for
    return sorted({*steps, *filter(None, [shop.visit.plan.budget, *said])})


def _chosen(name: str, key: str) -> None:
    change(moves.plan, plans.choose, **{name: st.session_state[key]})


def found(shop: Shop, facets: Facets) -> None:
    """What each child gets."""
    if shop.visit.plan.budget is None:
        st.html(cards.note(shop.t("plan.lead"), shop.language))
        return
    try:
        with looking(shop, len(shop.visit.people)):
            answer = shop.client.split(body.split_for(shop.visit))
    except ShopError as error:
        trouble(shop, error)
        return
    each = shop.visit.plan.each
    given = [
        (person, answer.shares[place * each : (place + 1) * each]) for place, person in enumerate(shop.visit.people)
    ]
    for person, shares in given:
        items = tuple(share.item for share in shares if share.item)
        shown = Recommendation(recommendation_id=answer.recommendation_id, items=items, short_reason=None, masked={})
        change(people.for_person, person.id, moves.showed, shown)
    for empty in ("tapped", "word-matches"):  # the places of what stands over a list
        st.container(key=empty)
    with st.container(key="list-head"):
        _head(shop, answer, facets)
    with st.container(key="plan-children"):
        _short(shop, answer, facets)
        for person, shares in given:
            _child(shop, person, shares)
    carry_all(shop, [(person.id, share.item.toy) for person, shares in given for share in shares if share.item])


def _head(shop: Shop, answer: Split, facets: Facets) -> None:
    currency = answer.currency or facets.currency
    total = shop.t("plan.total", sum=text.money(answer.total, currency))
    left = shop.t("plan.left", sum=text.money(answer.left, currency))
    parts = [left]
    if shop.visit.youngest is not None:
        parts.append(shop.t("summary.youngest", age=text.band(shop.visit.youngest, shop.language)))
    st.html(cards.shelf_head(total, shop.t("summary.separator").join(parts), shop.language))


def _short(shop: Shop, answer: Split, facets: Facets) -> None:
    """Where not every child gets its toys: why, and what would bring them."""
    missing = [share for share in answer.shares if share.item is None]
    if not missing:
        return
    budget, each = shop.visit.plan.budget or 0, shop.visit.plan.each
    got = len(answer.shares) - len(missing)
    reasons = dict.fromkeys(share.short_reason.text for share in missing if share.short_reason)
    with st.container(key="short"):
        lines = [shop.t("plan.short", got=got, wanted=len(answer.shares)), *reasons]
        st.html(cards.note(" ".join(lines), shop.language))
        with st.container(key="ways", horizontal=True):
            if any(share.short_reason and share.short_reason.code == "budget" for share in missing):
                higher = next((step for step in _sums(shop, facets) if step > budget), budget * 2)
                st.button(
                    cards.plain(shop.t("plan.raise", sum=text.money(higher, facets.currency))),
                    key="plan-raise",
                    on_click=change,
                    args=(moves.plan, plans.choose),
                    kwargs={"budget": higher},
                )
            if each > 1:
                st.button(
                    shop.t("plan.fewer"),
                    key="plan-fewer",
                    on_click=change,
                    args=(moves.plan, plans.choose),
                    kwargs={"each": each - 1},
                )
            if any(person.dismissed or person.owned for person in shop.visit.people):
                st.button(
                    shop.t("plan.bring_back"), key="plan-bring-back", on_click=change, args=(people.bring_all_back,)
                )


def _child(shop: Shop, person: Profile, shares: Sequence[Share]) -> None:
    name = family.name(shop, person)
    # Of the answers those that the plan goes by: the sum is one for all, and so is who is youngest.
    about = text.summary(replace(person, budget=None, youngest_months=None), True, None, shop.language)
    with st.container(key=f"plan-{person.sign}"):
        with st.container(key=f"plan-head-{person.sign}", horizontal=True, vertical_alignment="center"):
            st.markdown(f":material/{family.ICONS[person.sign]}:", width="content")
            st.html(cards.section(name, shop.language), width="content")
            if person.age_months is not None or person.interests:
                st.html(cards.note(about, shop.language), width="content")
        items = [share.item for share in shares if share.item]
        pictures = shop.pictures.of([item.toy for item in items])
        with st.container(key=f"shelf-plan-{person.sign}"):
            for item in items:
                _card(shop, person, item, pictures[item.toy.toy_id])
        if not items:
            st.html(cards.note(shop.t("plan.nothing"), shop.language))


def _card(shop: Shop, person: Profile, item: Item, picture: str) -> None:
    toy, language = item.toy, shop.language
    with st.container(key=f"card-plan-{toy.toy_id}"):
        st.html(cards.picture(toy, picture, language))
        # On the toy's page, too, a tap counts for the child that it was found for.
        st.page_link(
            shop.links["toy"],
            label=cards.plain(text.title(toy, language)),
            query_params={"toy": toy.toy_id, toys_page.FOR: person.sign},
        )
        st.html(cards.card_facts(item, person, language))
        with st.container(key=f"hands-plan-{toy.toy_id}"):
            with st.container(key=f"carry-plan-{toy.toy_id}", horizontal=True):
                carry(shop, toy, "plan", person.id)
            with st.container(key=f"taps-plan-{toy.toy_id}", horizontal=True):
                for tap, key, icon, move in TAPS:
                    st.button(
                        cards.named(shop.t(key), text.title(toy, language)),
                        key=f"{tap}-plan-{toy.toy_id}",
                        icon=icon,
                        on_click=change,
                        args=(people.for_person, person.id, move, toy),
                    )
