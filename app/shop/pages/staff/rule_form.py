"""A pin, a boost or a bury of one toy: how much, from when until when, and what would change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

import streamlit as st

from app.shop import cards, staff_cards, text
from app.shop.pages.staff import desk, parts, times
from app.shop.pages.staff.desk import Desk
from app.shop.staff_models import Preview, PreviewToy, Rule, Why
from app.shop.visit import Shop

ICONS: Final = {
    "pin": ":material/keep:",
    "boost": ":material/trending_up:",
    "bury": ":material/trending_down:",
}
LIST: Final = 12
_PLACE: Final = "rule"


def render(shop: Shop, found: Desk, why: Why) -> None:
    """The form. It is no form of Streamlit's: the lists below follow what is chosen."""
    kind, rule, language = found.open, found.rule, shop.language
    mark = f"{kind}-{rule.rule_id if rule else why.toy.toy_id}"
    with st.container(key="staff-rule-form"):
        name = shop.t(f"staff.kind_{kind}")
        st.html(cards.section(shop.t("staff.changing", kind=name) if rule else name, language))
        _fields(shop, found, mark)
        said = _said(found, why.toy.toy_id, mark)
        parts.said_at(shop, found, _PLACE)
        with st.container(key="staff-rule-go", horizontal=True):
            parts.save_or_leave(shop, "rule", _save, (shop, why.toy.toy_id, mark))
        if _in_order(said):
            _preview(shop, found, why, said, rule)
        else:
            st.html(staff_cards.fault(shop.t("staff.ends_first"), language))


def _fields(shop: Shop, found: Desk, mark: str) -> None:
    rule = found.rule
    if found.open != "pin":
        usual = _usual(rule)
        st.pills(
            shop.t("staff.strength"),
            sorted({*parts.STRENGTHS, usual}),
            default=usual,
            required=True,
            format_func=lambda strength: parts.strength_words(shop, strength),
            key=f"staff-strength-{mark}",
        )
    with st.container(key="staff-window", horizontal=True):
        st.date_input(
            shop.t("staff.starts"),
            value=times.day_of(rule.starts) if rule else None,
            key=f"staff-starts-{mark}",
            format="YYYY-MM-DD",
        )
        st.date_input(
            shop.t("staff.ends"),
            value=times.day_of(rule.ends, end=True) if rule else None,
            key=f"staff-ends-{mark}",
            format="YYYY-MM-DD",
        )
    st.text_input(
        shop.t("staff.note"), value=(rule.note or "") if rule else "", max_chars=500, key=f"staff-note-{mark}"
    )


def _usual(rule: Rule | None) -> float:
    return rule.strength if rule and rule.strength else 1.0


def _said(found: Desk, toy_id: str, mark: str) -> dict[str, Any]:
    """The rule that the fields say now, as the API takes it.

    It is read when it is saved: who types a note and taps at once taps a button that was drawn before the note.
    """
    rule, held = found.rule, st.session_state
    said: dict[str, Any] = {"kind": found.open, "toy_id": toy_id}
    if rule is not None:  # what this form does not ask stays as it is
        kept = {"position": rule.position, "occasion": rule.occasion}
        said.update({name: value for name, value in kept.items() if value is not None})
    if found.open != "pin":
        chosen = held.get(f"staff-strength-{mark}")
        said["strength"] = _usual(rule) if chosen is None else chosen
    # An hour that somebody else said stays, while its day is not changed.
    starts, ends = held.get(f"staff-starts-{mark}"), held.get(f"staff-ends-{mark}")
    if isinstance(starts, date):
        same = rule is not None and times.day_of(rule.starts) == starts
        said["starts"] = rule.starts if rule and same else times.begins(starts)
    if isinstance(ends, date):
        same = rule is not None and times.day_of(rule.ends, end=True) == ends
        said["ends"] = rule.ends if rule and same else times.is_over(ends)
    note = held.get(f"staff-note-{mark}")
    if note and note.strip():
        said["note"] = note.strip()
    return said


def _in_order(said: Mapping[str, Any]) -> bool:
    return "starts" not in said or "ends" not in said or times.before(said["starts"], said["ends"])


def _save(shop: Shop, toy_id: str, mark: str) -> None:
    found = desk.desk()
    if found is None:
        return
    rule, said = found.rule, _said(found, toy_id, mark)
    if rule is None:
        made = desk.attempt(_PLACE, found.client.make_rule, said)
    else:
        made = desk.attempt(_PLACE, found.client.change_rule, rule.rule_id, rule.revision, said)
    if made is not None:
        desk.go()
        desk.say(toy_id, True, shop.t("staff.rule_made" if made.in_force else "staff.rule_made_later"))
        return
    now = desk.desk()
    conflict = now.said.error.problem.get("conflict") if now and now.said and now.said.error else None
    if rule is not None and conflict and conflict.get("rule"):
        # What was read is now what the sentence says: saving again is a decision.
        desk.move(rule=rule.model_copy(update={"revision": conflict["rule"]["revision"]}))


def _preview(shop: Shop, found: Desk, why: Why, said: Mapping[str, Any], rule: Rule | None) -> None:
    language = shop.language
    interest = st.pills(
        shop.t("staff.preview_for"),
        why.toy.interests,
        format_func=lambda name: cards.plain(text.interest(name, language), 40),
        key=f"staff-preview-{why.toy.toy_id}",
    )
    request: dict[str, Any] = {"k": LIST, "language": language}
    recipient: dict[str, Any] = {}
    if found.youngest is not None:
        recipient["age_months"] = found.youngest
    if interest:
        recipient["interests"] = [interest]
    if recipient:
        request["recipient"] = recipient
    if "occasion" in said:
        request["occasion"] = said["occasion"]
    change = {"rule": said, **({"rule_id": rule.rule_id} if rule else {})}
    starts = said.get("starts")
    at = starts if starts and times.is_later(starts) else None
    answer = found.client.preview([change], request, at)
    st.html(cards.note(shop.t("staff.preview_lead", list=_whose(shop, found, interest)), language))
    for idle in answer.no_effect:
        if idle.change is not None:
            masks = text.join([parts.mask_words(shop, rule) for rule in idle.masked], language)
            st.html(staff_cards.fault(shop.t(f"staff.idle_{idle.code}", why=masks), language))
    _lists(shop, answer, why.toy.toy_id)


def _whose(shop: Shop, found: Desk, interest: str | None) -> str:
    """Whose list it is: "age 3 years · loves trains"."""
    language = shop.language
    who = [] if found.youngest is None else [shop.t("summary.age", age=text.band(found.youngest, language))]
    if interest:
        who.append(shop.t("summary.interests", interests=text.interest(interest, language, True)))
    return shop.t("summary.separator").join(who) or shop.t("summary.anyone")


def _lists(shop: Shop, answer: Preview, toy_id: str) -> None:
    """Before and after, side by side where there is room."""
    left = {toy.toy_id for toy in answer.before} - {toy.toy_id for toy in answer.after}
    before = [
        (toy.title, shop.t("staff.goes") if toy.toy_id in left else "", "moved" if toy.toy_id in left else "")
        for toy in answer.before
    ]
    with st.container(key="staff-preview", horizontal=True):
        st.html(staff_cards.places(shop.t("staff.before"), _marked(before, answer.before, toy_id), shop.language))
        after = [(toy.title, _moved(shop, toy), "moved" if toy.was != toy.position else "") for toy in answer.after]
        st.html(staff_cards.places(shop.t("staff.after"), _marked(after, answer.after, toy_id), shop.language))


def _marked(
    rows: Sequence[tuple[str, str, str]], toys: Sequence[PreviewToy], toy_id: str
) -> list[tuple[str, str, str]]:
    return [
        (name, said, "it" if toy.toy_id == toy_id else kind) for (name, said, kind), toy in zip(rows, toys, strict=True)
    ]


def _moved(shop: Shop, toy: PreviewToy) -> str:
    """Where a toy stood before: "new", "was 9th"; empty where it stands as it stood."""
    if toy.was is None:
        return shop.t("staff.new_here")
    return "" if toy.was == toy.position else shop.t("staff.was", n=toy.was)
