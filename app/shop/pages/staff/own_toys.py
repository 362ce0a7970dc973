"""The shop's own toys: add one with a short form; what was added, corrected or is sold no longer. For managers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import streamlit as st

from app.shop import cards, choices, staff_cards, text
from app.shop.models import Facets
from app.shop.pages.staff import desk, parts, times
from app.shop.pages.staff.desk import Desk
from app.shop.staff_models import OwnToy
from app.shop.visit import Shop
from data.schema import ADULT_MONTHS, Audience, Hazard

_PLACE: Final = "own"
_LISTED: Final = "own-list"
TYPED: Final = ("toy_id", "title", "title_zh", "brand", "barcode", "aisle")
TAPPED: Final = ("from_age", "audience", "hazards", "interests")
_COUNTER: Final = "staff-own-sent"


def render(shop: Shop, found: Desk) -> None:
    """The form, then the lists."""
    st.html(cards.section(shop.t("staff.add_title"), shop.language))
    st.html(cards.note(shop.t("staff.add_lead"), shop.language))
    parts.said_at(shop, found, _PLACE, (*TYPED, *TAPPED, "price", "category"))
    _form(shop, found)
    parts.said_at(shop, found, _LISTED)
    own = found.client.own_toys()
    _list(shop, found, "staff.added", own.added)
    _list(shop, found, "staff.corrected", own.corrected)
    _list(shop, found, "staff.sold_no_more", own.retired)


def _form(shop: Shop, found: Desk) -> None:
    facets = shop.facets()
    mark = st.session_state.get(_COUNTER, 0)
    keys = {name: f"staff-own-{name}-{mark}" for name in (*TYPED, "category")}
    _kind(shop, facets, keys["category"])
    parts.field_fault(shop, found, _PLACE, "category")
    with st.form("staff-own-form", border=False):
        with st.container(key="staff-own-fields"):
            for name in TYPED:
                with st.container(key=f"staff-own-field-{name}"):
                    st.text_input(shop.t(f"staff.own_{name}"), key=keys[name], max_chars=200)
                    parts.field_fault(shop, found, _PLACE, name)
            with st.container(key="staff-own-field-price"):
                keys["price"] = f"staff-own-price-{mark}"
                label = shop.t("staff.own_price", currency=facets.currency or "")
                st.number_input(label, min_value=0.0, value=None, step=0.5, format="%.2f", key=keys["price"])
                parts.field_fault(shop, found, _PLACE, "price")
        for name, options, words, several in _choices(shop):
            keys[name] = f"staff-own-{name}-{mark}"
            st.pills(
                shop.t(f"staff.own_{name}"),
                options,
                selection_mode="multi" if several else "single",
                format_func=words,
                key=keys[name],
            )
            parts.field_fault(shop, found, _PLACE, name)
        st.form_submit_button(
            shop.t("staff.add"),
            key="staff-own-go",
            type="primary",
            icon=":material/add:",
            on_click=_add,
            args=(shop, keys),
        )


def _kind(shop: Shop, facets: Facets, key: str) -> None:
    """Kinds are many: they lie in a drawer that says what was taken out of it; no form can draw that anew."""
    names = {each.name: cards.plain(text.category(each.name, shop.language), 40) for each in facets.categories}
    label, chosen = shop.t("staff.own_category"), st.session_state.get(key)
    with st.popover(shop.t("staff.rule_of", kind=label, target=names[chosen]) if chosen in names else label):
        st.pills(label, list(names), format_func=names.__getitem__, key=key)


def _choices(shop: Shop) -> list[tuple[str, Sequence[Any], Callable[[Any], str], bool]]:
    """What is tapped and not typed: the field, its options, their words, whether several may be chosen."""
    language, facets = shop.language, shop.facets()
    audiences = [Audience.CHILD.value, Audience.ADULT.value]
    interests = [each.name for each in facets.interests]
    return [
        ("from_age", choices.AGES, lambda age: text.band(age, language), False),
        ("audience", audiences, lambda each: shop.t(f"staff.audience_{each}"), False),
        ("hazards", [hazard.value for hazard in Hazard], lambda each: shop.t(f"hazard.{each}"), True),
        ("interests", interests, lambda each: cards.plain(text.interest(each, language), 40), True),
    ]


def _add(shop: Shop, keys: dict[str, str]) -> None:
    found = desk.desk()
    if found is None:
        return
    said: dict[str, Any] = {}
    for name, key in keys.items():
        value = st.session_state.get(key)
        value = value.strip() if isinstance(value, str) else value
        if value not in (None, "", []):
            said[name] = value
    if "category" in said:
        said["category"] = [said["category"]]
    if said.get("from_age") == ADULT_MONTHS:  # a band for grown-ups is no maker's age of a toy
        said.setdefault("audience", Audience.ADULT.value)
    answer = desk.attempt(_PLACE, found.client.add_toy, said)
    if answer is not None:
        st.session_state[_COUNTER] = st.session_state.get(_COUNTER, 0) + 1
        desk.say(_PLACE, True, shop.t("staff.own_added", title=text.title(answer.toy, shop.language)))


def _list(shop: Shop, found: Desk, name: str, toys: Sequence[OwnToy]) -> None:
    if not toys:
        return
    language = shop.language
    st.html(cards.section(shop.t(name), language))
    for toy in reversed(toys):
        with st.container(key=f"staff-{name[6:]}-{toy.toy_id}", horizontal=True, vertical_alignment="center"):
            more = [
                toy.toy_id,
                shop.t("staff.by", who=toy.changed_by, time=times.said(toy.changed, language)),
                "" if toy.in_force else shop.t("staff.no_use"),
            ]
            words = shop.t("summary.separator").join(part for part in more if part)
            title = parts.title(shop, toy.toy_id)
            st.html(staff_cards.line(title, language, words))
            st.button(
                cards.named(shop.t("staff.open"), title),
                key=f"staff-{name[6:]}-open-{toy.toy_id}",
                on_click=desk.go,
                kwargs={"section": desk.Section.FIND, "toy_id": toy.toy_id, "sought": ""},
            )
            if name == "staff.sold_no_more":
                st.button(
                    shop.t("staff.restore"),
                    key=f"staff-restore-{toy.toy_id}",
                    on_click=_restore,
                    args=(shop, toy.toy_id),
                )


def _restore(shop: Shop, toy_id: str) -> None:
    found = desk.desk()
    if found and desk.attempt(_LISTED, found.client.restore, toy_id) is not None:
        desk.say(_LISTED, True, shop.t("staff.restored"))
