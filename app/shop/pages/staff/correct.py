"""A toy put right by a manager: a form, what it would change, and what that means for safety."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app.shop import cards, staff_cards, text
from app.shop.correction import FIELDS, MAX_PRICE, Correction, Words
from app.shop.pages.staff import desk, parts
from app.shop.pages.staff.desk import Desk
from app.shop.staff_models import OwnToy, Why
from app.shop.visit import Shop
from data.schema import Audience, Hazard

OPEN: Final = "correct"
_PLACE: Final = "correct"
_MONTHS: Final = ("recommended_age", "recommended_age_to", "safety_min_age")
_MOST_MONTHS: Final = 100 * 12  # the API's bound


def render(shop: Shop, found: Desk, why: Why) -> None:
    """The form. It is no form of Streamlit's: what it would change follows what is typed."""
    language = shop.language
    toy_id = why.toy.toy_id
    own = next((each for each in found.client.own_toys().corrected if each.toy_id == toy_id), None)
    checked = shop.client.check([toy_id], None, language).toys
    barcode = checked[0].barcode if checked else None
    keys = {name: f"staff-correct-{name}-{toy_id}-{own.revision if own else 0}" for name in FIELDS}
    with st.container(key="staff-correct-form"):
        st.html(cards.section(shop.t("staff.correct"), language))
        st.html(cards.note(shop.t("staff.correct_lead"), language))
        below = _fields(shop, why, barcode, keys)
        correction = Correction(why.toy, barcode, own.said if own else {}, _chosen(keys))
        faults = correction.faults()
        for name, place in below.items():
            with place.container():
                if name in faults:
                    st.html(staff_cards.fault(_sentence(shop, faults[name]), language))
                else:
                    parts.field_fault(shop, found, _PLACE, name)
        _consequences(shop, correction)
        parts.said_at(shop, found, _PLACE, FIELDS)
        with st.container(key="staff-correct-go", horizontal=True):
            parts.save_or_leave(shop, "correct", _save, (shop, why, barcode, own, keys))
            if own is not None:
                parts.once(
                    shop,
                    found,
                    "uncorrect",
                    shop.t("staff.correct_back"),
                    shop.t("staff.correct_back_sure"),
                    _send,
                    (shop, toy_id, {}, own, "staff.correct_taken_back"),
                    ":material/undo:",
                )


def _fields(shop: Shop, why: Why, barcode: str | None, keys: Mapping[str, str]) -> dict[str, DeltaGenerator]:
    """The fields, filled with what holds now; returns a place below each."""
    toy = why.toy
    below: dict[str, DeltaGenerator] = {}
    with st.container(key="staff-correct-fields"):
        with st.container(key="staff-correct-field-price"):
            label = shop.t("staff.own_price", currency=toy.currency or shop.facets().currency or "")
            price = None if toy.price is None else float(toy.price)
            st.number_input(label, 0.0, MAX_PRICE, price, 0.5, format="%.2f", key=keys["price"])
            below["price"] = st.empty()
        for name in _MONTHS:
            with st.container(key=f"staff-correct-field-{name}"):
                st.number_input(shop.t(f"staff.is_{name}"), 0, _MOST_MONTHS, getattr(toy, name), 1, key=keys[name])
                below[name] = st.empty()
        for name, words in (("barcode", barcode), ("aisle", toy.aisle)):
            with st.container(key=f"staff-correct-field-{name}"):
                st.text_input(shop.t(f"staff.is_{name}"), words or "", max_chars=200, key=keys[name])
                below[name] = st.empty()
    audiences = [Audience.CHILD.value, Audience.ADULT.value]
    st.pills(
        shop.t("staff.is_audience"),
        audiences,
        default=toy.audience if toy.audience in audiences else None,
        format_func=lambda each: shop.t(f"staff.audience_{each}"),
        key=keys["audience"],
    )
    below["audience"] = st.empty()
    hazards = [each.value for each in Hazard]
    st.pills(
        shop.t("staff.is_hazards"),
        hazards,
        selection_mode="multi",
        default=[each for each in hazards if each in toy.hazards],
        format_func=lambda each: text.hazard(each, shop.language),
        key=keys["hazards"],
    )
    below["hazards"] = st.empty()
    return below


def _chosen(keys: Mapping[str, str]) -> dict[str, Any]:
    """What the fields hold at this moment."""
    held = {name: st.session_state.get(key) for name, key in keys.items()}
    words = {name: str(held[name] or "").strip() or None for name in ("barcode", "aisle")}
    price = None if held["price"] is None else Decimal(f"{held['price']:.2f}")
    return {**held, **words, "price": price, "hazards": tuple(held["hazards"] or ())}


def _consequences(shop: Shop, correction: Correction) -> None:
    language, changed = shop.language, correction.changes()
    with st.container(key="staff-correct-changes"):
        st.html(cards.section(shop.t("staff.correct_changes"), language))
        if not changed:
            st.html(cards.note(shop.t("staff.correct_none"), language))
            return
        rows = []
        for name in changed:
            back = correction.gives_back(name)
            then = shop.t("staff.as_catalogue") if back else _shown(shop, correction, name, correction.chosen[name])
            rows.append((shop.t(f"staff.is_{name}"), _shown(shop, correction, name, correction.now(name)), then))
        heads = [shop.t(key) for key in ("staff.head_field", "staff.before", "staff.after")]
        st.html(staff_cards.table(heads, rows, language))
        for words, looser in correction.safety():
            said = _sentence(shop, words)
            st.html(staff_cards.fault(said, language) if looser else staff_cards.done(said, language))


def _shown(shop: Shop, correction: Correction, name: str, value: Any) -> str:
    """The value of a field as one reads it."""
    if value in (None, "", ()):
        return "–"
    if name == "price":
        return text.money(value, correction.toy.currency or shop.facets().currency)
    if name == "audience":
        return shop.t(f"staff.audience_{value}")
    if name == "hazards":
        return text.join([text.hazard(each, shop.language) for each in value], shop.language)
    return str(value)


def _sentence(shop: Shop, words: Words) -> str:
    key, gaps = words
    said: dict[str, object] = dict(gaps)
    for name in ("now", "before"):
        if isinstance(age := gaps.get(name), int):
            said[name] = shop.t("age.from", age=text.months(age, shop.language)) if age else shop.t("age.from_birth")
    if isinstance(names := gaps.get("names"), list):
        said["names"] = text.join([text.hazard(each, shop.language) for each in names], shop.language)
    return shop.t(key, **said)


def _save(shop: Shop, why: Why, barcode: str | None, own: OwnToy | None, keys: Mapping[str, str]) -> None:
    """Send what the fields hold now, which may be more than what they held when the button was drawn."""
    correction = Correction(why.toy, barcode, own.said if own else {}, _chosen(keys))
    if correction.faults():
        desk.say(_PLACE, False, shop.t("staff.see_fields"))
    elif not correction.changes():
        desk.say(_PLACE, False, shop.t("staff.correct_none"))
    else:
        _send(shop, why.toy.toy_id, correction.to_send(), own, "staff.correct_saved")


def _send(shop: Shop, toy_id: str, said: Mapping[str, Any], own: OwnToy | None, done: str) -> None:
    found = desk.desk()
    if found is None:
        return
    if desk.attempt(_PLACE, found.client.correct, toy_id, said, own.revision if own else None) is not None:
        desk.go()
        desk.say(toy_id, True, shop.t(done))
        return
    now = desk.desk()
    if now and now.said and now.said.error and now.said.error.code == "toy_changed":
        desk.say(_PLACE, False, shop.t("staff.correct_conflict"))
