"""What several sections share: what came of a tap, asking once, titles of toys, rules in words."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any, Final

import streamlit as st

from app.shop import cards, staff_cards, text
from app.shop.client import KioskClient, ShopError
from app.shop.pages.staff import desk, times
from app.shop.pages.staff.desk import Desk
from app.shop.staff_models import Figures, Rule
from app.shop.visit import Shop

STRENGTHS: Final = {0.5: "staff.strength_little", 1.0: "staff.strength_more", 2.0: "staff.strength_much",
                    3.0: "staff.strength_most"}  # fmt: skip
"""What a strength means in words; between them stands the number."""
TITLES_SECONDS: Final = 60
_MASKS: Final = frozenset(
    {"recall", "safety", "audience", "inactive", "stock", "hidden", "outgrown", "filters", "budget", "owned",
     "dismissed", "seen", "shown"}
)  # fmt: skip


def said_at(shop: Shop, found: Desk, place: str, fields: Collection[str] = ()) -> None:
    """What came of the last tap, if it was made at `place`. fields: those that say themselves what is wrong."""
    said = found.said
    if said is None or said.place != place:
        return
    if said.good:
        st.html(staff_cards.done(said.text, shop.language, said.lines))
        return
    conflict = said.error.problem.get("conflict") if said.error else None
    words = said.text
    if isinstance(conflict, Mapping):
        words = conflict_words(shop, conflict)
    elif said.fields and said.fields.keys() <= set(fields):
        words = shop.t("staff.see_fields")
    elif said.error is not None:
        words = shop.t("staff.away" if said.error.outage else "oops.lead", detail=said.text)
    st.html(staff_cards.fault(words, shop.language))


def trouble(shop: Shop, error: ShopError, retry: str) -> None:
    """What was asked for did not come: a key that is refused locks the desk, all else is said with a way to try again.

    retry: the key of that button
    """
    if error.code == "key_refused":
        desk.lock("refused", str(error))
        st.rerun()
    said = shop.t("staff.away" if error.outage else "oops.lead", detail=str(error)[:300])
    st.html(staff_cards.fault(said, shop.language))
    st.button(shop.t("down.retry"), key=retry, icon=":material/refresh:")


def field_fault(shop: Shop, found: Desk, place: str, name: str) -> None:
    """Below a field: what the kiosk has against what was written there."""
    if found.said is not None and found.said.place == place and name in found.said.fields:
        st.html(staff_cards.fault(found.said.fields[name], shop.language))


def conflict_words(shop: Shop, conflict: Mapping[str, Any]) -> str:
    """Somebody was quicker: who, when, and what is different now."""
    when = times.said(str(conflict.get("changed", "")), shop.language)
    who = str(conflict.get("changed_by", ""))
    if conflict.get("rule") is None:
        return shop.t("staff.conflict_removed", who=who, time=when)
    words = shop.t("staff.conflict_changed", who=who, time=when)
    changed = [
        shop.t("staff.conflict_field", field=str(each["field"]), read=_shown(each["read"]), now=_shown(each["now"]))
        for each in conflict.get("fields") or ()
    ]
    return " ".join([words, *changed, shop.t("staff.conflict_decide")])


def _shown(value: object) -> str:
    return "–" if value is None else str(value)


def once(
    shop: Shop,
    found: Desk,
    action: str,
    label: str,
    question: str,
    on_yes: Callable[..., None],
    args: tuple[Any, ...] = (),
    icon: str | None = None,
) -> None:
    """A button for what is not easily undone: it asks once."""
    if found.sure != action:
        st.button(label, key=f"staff-{action}", icon=icon, on_click=desk.move, kwargs={"sure": action, "said": None})
        return
    with st.container(key=f"staff-sure-{action}", horizontal=True, vertical_alignment="center"):
        st.html(cards.note(question, shop.language))
        st.button(label, key=f"staff-yes-{action}", type="primary", icon=icon, on_click=on_yes, args=args)
        st.button(shop.t("staff.no"), key=f"staff-no-{action}", on_click=desk.move, kwargs={"sure": ""})


def save_or_leave(shop: Shop, form: str, on_save: Callable[..., None], args: tuple[Any, ...]) -> None:
    """The two buttons that a form of a toy ends with."""
    st.button(
        shop.t("staff.save"),
        key=f"staff-{form}-save",
        type="primary",
        icon=":material/check:",
        on_click=on_save,
        args=args,
    )
    st.button(shop.t("staff.no"), key=f"staff-{form}-close", on_click=desk.go)


def title(shop: Shop, toy_id: str) -> str:
    """A toy's title, whether it is shown or not; its id where the catalogue does not hold it."""
    return _title(shop.client.address, shop.client, toy_id, shop.language)


@st.cache_data(show_spinner=False, ttl=TITLES_SECONDS, max_entries=2000)
def _title(address: str, _client: KioskClient, toy_id: str, language: str) -> str:
    try:
        return text.title(_client.toy(toy_id, None, language), language)
    except ShopError as error:
        if error.status == 404:
            return toy_id
        raise


def figures(shop: Shop, found: Desk, hours: int) -> Figures:
    """How the lists did, with the toys' names in the language of the page; the kiosk names them in English."""
    told = found.client.figures(hours)
    if shop.language == "en":
        return told
    shown = tuple(
        toy if toy.title is None else toy.model_copy(update={"title": title(shop, toy.toy_id)})
        for toy in told.top_shown
    )
    return told.model_copy(update={"top_shown": shown})


def strength_words(shop: Shop, strength: float | None) -> str:
    """A strength as one says it."""
    if strength is None:
        return ""
    return shop.t(STRENGTHS[strength]) if strength in STRENGTHS else f"{strength:g}"


def mask_words(shop: Shop, rule: str) -> str:
    """Why the kiosk keeps a toy from a list, by the name of the rule; one of a newer kiosk is shown as it is called."""
    return shop.t(f"staff.masks_{rule}") if rule in _MASKS else rule


def rule_words(shop: Shop, rule: Rule, of_toy: bool) -> tuple[str, str]:
    """A rule in a line and a quieter line: what it does, and since when, until when, by whom.

    of_toy: it stands on the page of its toy, which need not be named
    """
    kind = shop.t(f"staff.kind_{rule.kind}")
    target = ""
    if rule.category is not None:
        target = text.category(rule.category, shop.language)
    elif rule.brand is not None:
        target = rule.brand
    elif not of_toy and rule.toy_id is not None:
        target = title(shop, rule.toy_id)
    head = shop.t("staff.rule_of", kind=kind, target=target) if target else kind
    more = [
        strength_words(shop, rule.strength),
        "" if rule.starts is None else shop.t("staff.from", day=times.said(rule.starts, shop.language)),
        "" if rule.ends is None else shop.t("staff.until", day=times.said(rule.ends, shop.language)),
        "" if rule.occasion is None else shop.t(f"staff.occasion_{rule.occasion}"),
        "" if rule.in_force else shop.t("staff.not_in_force"),
        shop.t("staff.by", who=rule.changed_by, time=times.said(rule.changed, shop.language)),
        rule.note or "",
    ]
    return head, shop.t("summary.separator").join(part for part in more if part)


def removed(shop: Shop, place: str, rule: Rule) -> None:
    """Take a rule away, as it was read."""
    client = _client()
    if client is not None and desk.attempt(place, client.remove_rule, rule.rule_id, rule.revision) is not None:
        key = "staff.shown_again" if rule.kind == "hide" else "staff.rule_removed"
        desk.say(place, True, shop.t(key))


def _client() -> Any:
    found = desk.desk()
    return found.client if found else None
