"""Several children: the row that turns from one to the next, and how one or all are forgotten.

Nobody is asked for a name. A picture stands for each child, and its age where that is known.
"""

from __future__ import annotations

from typing import Final

import streamlit as st

from app.shop import cards, people, text
from app.shop import plan as plans
from app.shop import session as moves
from app.shop.components import synced
from app.shop.people import MAX_PEOPLE, SIGNS
from app.shop.profile import Profile
from app.shop.visit import Shop, change, leave

ICONS: Final = dict(zip(SIGNS, ("star", "dark_mode", "light_mode", "cloud", "sailing", "local_florist"), strict=True))
"""Sign → a drawing of Streamlit's own icon font."""
TOGETHER: Final = "together"


def row(shop: Shop) -> None:
    """Who there is, with one tap each; one budget for all of them; and room for another."""
    visit = shop.visit
    with st.container(key="family", horizontal=True, vertical_alignment="center"):
        if people.several(visit):
            by_id = {person.id: person for person in visit.people}
            key = synced("children", TOGETHER if visit.plan.open else visit.current)
            st.pills(
                shop.t("gift.title"),
                [*by_id, TOGETHER],
                format_func=lambda option: _words(shop, by_id.get(option)),
                key=key,
                on_change=_turned,
                args=(key,),
                label_visibility="collapsed",
            )
        if len(visit.people) < MAX_PEOPLE:
            st.button(
                shop.t("family.add"), key="add-child", icon=":material/person_add:", on_click=change, args=(people.add,)
            )


def _words(shop: Shop, person: Profile | None) -> str:
    if person is None:
        return f":material/savings: {cards.plain(shop.t('family.together'))}"
    return f":material/{ICONS[person.sign]}: {cards.plain(label(shop, person))}"


def name(shop: Shop, person: Profile) -> str:
    """What a child is called here."""
    return shop.t(f"sign.{person.sign}")


def label(shop: Shop, person: Profile) -> str:
    """The same with the age, where it is known: "Moon · 4 years"."""
    called = name(shop, person)
    return called if person.age_months is None else f"{called} · {text.band(person.age_months, shop.language)}"


def _turned(key: str) -> None:
    chosen = st.session_state[key]
    if chosen == TOGETHER:
        change(moves.plan, plans.choose, open=True)
    elif chosen is not None:  # a tap on the one in use takes nothing away
        change(people.turn_to, chosen)


def picture(shop: Shop) -> None:
    """Whose answers these are, and another picture for them."""
    person = shop.visit.profile
    free = [sign for sign in SIGNS if sign == person.sign or all(sign != other.sign for other in shop.visit.people)]
    with (
        st.container(key="fold-sign"),
        st.popover(f":material/{ICONS[person.sign]}: {name(shop, person)}", help=shop.t("family.picture")),
    ):
        key = synced(f"sign-{person.id}", person.sign)
        st.pills(
            shop.t("family.picture"),
            free,
            format_func=lambda sign: f":material/{ICONS[sign]}: {shop.t(f'sign.{sign}')}",
            key=key,
            on_change=_drawn,
            args=(key,),
        )


def _drawn(key: str) -> None:
    if st.session_state[key] is not None:
        change(people.draw, st.session_state[key])


def forget_one(shop: Shop) -> None:
    """Forget the child in use, with one tap."""
    person = shop.visit.profile
    st.button(
        shop.t("family.forget", name=name(shop, person)),
        key="forget-child",
        type="tertiary",
        icon=":material/person_remove:",
        on_click=change,
        args=(people.leave_out, person.id),
    )


def forget_all(shop: Shop) -> None:
    """That nothing is kept, and where something was said a tap that forgets it at once."""
    with st.container(key="forget-all-row", horizontal=True, vertical_alignment="center"):
        st.html(cards.note(shop.t("ask.private"), shop.language), width="content")
        if people.anything_said(shop.visit) and not shop.settings.kiosk:  # a screen has its own way to end a visit
            st.button(
                shop.t("family.forget_all"),
                key="forget-all",
                type="tertiary",
                icon=":material/delete_sweep:",
                on_click=leave,
                args=(shop,),
            )
