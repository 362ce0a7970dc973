"""One toy as staff see it: may it be shown, to whom, why not; what can be done about it; its rules."""

from __future__ import annotations

import streamlit as st

from app.shop import cards, choices, staff_cards, text
from app.shop.client import ShopError
from app.shop.components import synced
from app.shop.pages.staff import acts, desk, parts, times
from app.shop.pages.staff.desk import Desk
from app.shop.staff_models import Rule, Why
from app.shop.visit import Shop


def render(shop: Shop, found: Desk, toy_id: str) -> None:
    """The card, the verdict, the actions, the rules."""
    try:
        why = found.client.why(toy_id, found.youngest, shop.language)
        rules = about(found.client.rules().rules, why)
    except ShopError as error:
        if error.code != "unknown_toy":
            raise
        st.html(staff_cards.fault(shop.t("unknown.title"), shop.language))
        return
    if found.sought:
        st.button(
            shop.t("staff.back"),
            key="staff-back",
            icon=":material/arrow_back:",
            type="tertiary",
            on_click=desk.go,
            kwargs={"toy_id": None},
        )
    with st.container(key="staff-toy"):
        with st.container(key="staff-toy-card"):
            picture = shop.pictures.of([why.toy])[why.toy.toy_id]
            st.html(cards.picture(why.toy, picture, shop.language))
            st.html(staff_cards.toy_head(why.toy, shop.language))
            _facts(shop, why)
        with st.container(key="staff-toy-acts"):
            _verdict(shop, found, why)
            parts.said_at(shop, found, why.toy.toy_id)
            acts.render(shop, found, why, rules)
            _rules(shop, found, why, rules)


def about(rules: tuple[Rule, ...], why: Why) -> tuple[Rule, ...]:
    """The rules that speak of the toy: those of its own, in force or not, and those in force of its kind or brand."""
    live = {rule.rule_id for rule in why.staff_rules}
    return tuple(rule for rule in rules if rule.toy_id == why.toy.toy_id or rule.rule_id in live)


def _verdict(shop: Shop, found: Desk, why: Why) -> None:
    language = shop.language
    key = synced("staff-youngest", found.youngest)
    st.pills(
        shop.t("staff.for_whom"),
        choices.younger_than(None),
        format_func=lambda age: text.band(age, language),
        key=key,
        on_change=_looked_for,
        args=(key,),
    )
    rules = {rule.rule for rule in why.rules}
    kind = "yes" if why.safe.allowed else "no"
    if found.youngest is not None:
        name = "staff.may_for" if why.safe.allowed else "staff.may_not_for"
        head = shop.t(name, age=text.band(found.youngest, language))
    elif rules == {"safety"}:  # shown, but not to the strangers of whom no age is known
        kind, head = "age", shop.t("staff.may_from", age=text.months(text.safe_from(why.toy), language))
    else:
        head = shop.t("staff.may" if why.safe.allowed else "staff.may_not")
    lines = [
        shop.t(
            "staff.recalled",
            reason=recall.reason or shop.t("staff.no_reason"),
            source=recall.source or "–",
            time=times.said(recall.added, language),
        )
        for recall in why.recalls
    ]
    if why.toy.hazards or "safety" not in rules:
        lines.append(text.safety(why.toy, language) or shop.t("toy.safe"))
    st.html(staff_cards.verdict(kind, head, [rule.text for rule in why.rules], lines, language))


def _looked_for(key: str) -> None:
    desk.move(youngest=st.session_state[key], said=None)


def _facts(shop: Shop, why: Why) -> None:
    toy, language = why.toy, shop.language
    stock = shop.t("staff.stock_unknown") if why.stock is None else shop.t("staff.stock_is", n=why.stock)
    rows = [
        (shop.t("staff.stock"), stock),
        (shop.t("toy.aisle"), toy.aisle or ""),
        (shop.t("toy.recommended"), text.age_range(toy, language)),
        (shop.t("staff.audience"), shop.t(f"staff.audience_{toy.audience}")),
        (shop.t("toy.kind"), " › ".join(text.category(name, language) for name in toy.category)),
        (shop.t("toy.brand"), toy.brand or ""),
    ]
    st.html(staff_cards.facts(rows, language))


def _rules(shop: Shop, found: Desk, why: Why, rules: tuple[Rule, ...]) -> None:
    st.html(cards.section(shop.t("staff.rules_of_toy"), shop.language))
    if not rules:
        st.html(cards.note(shop.t("staff.no_rules"), shop.language))
    for rule in rules:
        rule_row(shop, found, rule, why.toy.toy_id, rule.toy_id is not None)


def rule_row(shop: Shop, found: Desk, rule: Rule, place: str, of_toy: bool) -> None:
    """A rule with what can be done to it; what comes of it is said at `place`."""
    head, more = parts.rule_words(shop, rule, of_toy)
    with st.container(key=f"staff-rule-{rule.rule_id}", horizontal=True, vertical_alignment="center"):
        st.html(staff_cards.line(head, shop.language, more))
        if not of_toy and rule.toy_id is not None:
            st.button(
                cards.named(shop.t("staff.open"), head),
                key=f"staff-rule-open-{rule.rule_id}",
                on_click=desk.go,
                kwargs={"section": desk.Section.FIND, "toy_id": rule.toy_id, "sought": ""},
            )
        if rule.kind != "hide" and of_toy:
            st.button(
                shop.t("staff.change"),
                key=f"staff-change-{rule.rule_id}",
                on_click=desk.go,
                kwargs={"open": rule.kind, "rule": rule},
            )
        st.button(
            shop.t("staff.show_again" if rule.kind == "hide" else "staff.remove"),
            key=f"staff-remove-{rule.rule_id}",
            on_click=parts.removed,
            args=(shop, place, rule),
        )
