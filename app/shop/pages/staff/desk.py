"""What the staff page holds while its key is in: in the server's memory of this visit, and nowhere else.

It lies beside the visit and not in it: whatever is kept of a visit on a disk or sent to the kiosk, the key is not.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Final, TypeVar

import streamlit as st

from app.shop.client import ShopError
from app.shop.staff_client import StaffClient
from app.shop.staff_models import Rule, StaffKey

IDLE_SECONDS: Final = 5 * 60.0
_DESK: Final = "desk"
_WHY_LOCKED: Final = "desk-locked"
PREFIX: Final = "staff-"
"""Of the key of every widget of the page: what was typed into them goes when it is locked."""

Result = TypeVar("Result")
clock = time.monotonic


class Section(StrEnum):
    """What can be done here."""

    FIND = "find"
    RULES = "rules"
    RECALLS = "recalls"
    STOCK = "stock"
    TODAY = "today"
    OWN = "own"
    MODEL = "model"
    LOG = "log"


MANAGERS_ALONE: Final = frozenset({Section.OWN, Section.MODEL, Section.LOG})


@dataclass(frozen=True, slots=True)
class Said:
    """What came of the last tap, to be read where it was made.

    place: names the form or the toy; good: it was done; fields: the fault of each field, by its name
    lines: what is to be added, one a line; error: what the kiosk said, where it said no
    """

    place: str
    good: bool
    text: str
    fields: Mapping[str, str] = field(default_factory=dict)
    lines: tuple[str, ...] = ()
    error: ShopError | None = None


@dataclass(frozen=True, slots=True)
class Desk:
    """The key that is in, and where its holder is.

    used: when the page was used last, on `clock`; sought: what was typed to find a toy; toy_id: the toy that is open
    youngest: for whom it is looked at; sure: the action that was asked about and not yet confirmed
    open: the form that is open; rule: the rule that it changes, as it was read
    """

    client: StaffClient
    who: StaffKey
    used: float
    section: Section = Section.FIND
    sought: str = ""
    toy_id: str | None = None
    youngest: int | None = None
    sure: str = ""
    open: str = ""
    rule: Rule | None = None
    said: Said | None = None

    @property
    def sections(self) -> tuple[Section, ...]:
        """Those that the key allows."""
        return tuple(each for each in Section if self.who.manages or each not in MANAGERS_ALONE)


def desk() -> Desk | None:
    """The desk, if a key is in; one that nobody used for some minutes is locked now."""
    found: Desk | None = st.session_state.get(_DESK)
    if found is not None and clock() - found.used > IDLE_SECONDS:
        lock("idle")
        return None
    return found


def unlock(client: StaffClient, who: StaffKey) -> None:
    """Begin with a key that is right."""
    st.session_state.pop(_WHY_LOCKED, None)
    st.session_state[_DESK] = Desk(client, who, clock())


def lock(why: str = "", detail: str = "") -> None:
    """Forget the key and all that was typed here. why: "", "idle" or "refused"; detail: the kiosk's sentence."""
    for key in [key for key in st.session_state if str(key).startswith(PREFIX)]:
        del st.session_state[key]
    st.session_state.pop(_DESK, None)
    st.session_state[_WHY_LOCKED] = (why, detail)


def why_locked() -> tuple[str, str]:
    """Why it was locked last, and the kiosk's sentence."""
    found: tuple[str, str] = st.session_state.get(_WHY_LOCKED, ("", ""))
    return found


def use() -> None:
    """Somebody is here."""
    move(used=clock())


def move(**values: Any) -> None:
    """Change the desk; nothing where it was locked in the meantime."""
    found: Desk | None = st.session_state.get(_DESK)
    if found is not None:
        st.session_state[_DESK] = replace(found, **values)


def go(**values: Any) -> None:
    """The same as somebody's wish: what was said of the last tap is over, and nothing is half asked or half open."""
    move(**{"said": None, "sure": "", "open": "", "rule": None, **values})


def say(place: str, good: bool, text: str, **more: Any) -> None:
    """Answer a tap."""
    move(said=Said(place, good, text, **more))


def attempt(place: str, call: Callable[..., Result], *arguments: Any, **named: Any) -> Result | None:
    """`call(…)` of the client, for a tap at `place`. Where the kiosk says no, that is said there, and None returned."""
    move(sure="", said=None)
    try:
        return call(*arguments, **named)
    except ShopError as error:
        refused(place, error)
        return None


def refused(place: str, error: ShopError) -> None:
    """The kiosk said no: a key that it no longer takes locks the page, all else is said at `place`."""
    if error.code == "key_refused":
        lock("refused", str(error))
        return
    faults: dict[str, str] = {}
    for fault in error.problem.get("errors", ()):
        name = str(fault.get("pointer", "")).strip("/").partition("/")[0]
        if name:
            faults.setdefault(name, str(fault.get("detail", "")))
    move(said=Said(place, False, str(error), faults, error=error))
