"""What a request says of the past: toys met, owned and refused, as indices of one catalogue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from data.errors import parameter_error
from data.ids import ToyIndex
from data.schema import KIND_CODES, EventKind
from recommender.base import MAX_HISTORY, Contact
from recommender.serving.student import met_toys

Purpose = Literal["self", "gift"]
PURPOSES: Final = ("self", "gift")


@dataclass(frozen=True, slots=True)
class Past:
    """Toys by what was last done with them; indices from 1.

    kinds: toy → its last kind, in the order of first contact; fed: what the student is given, oldest first
    owned: what the recipient has; dismissed: what was turned down or came back; seen: the rest of the history that must
    not be shown again; missing: ids that the catalogue does not hold
    """

    kinds: dict[int, EventKind]
    fed: tuple[int, ...]
    owned: tuple[int, ...]
    dismissed: tuple[int, ...]
    seen: tuple[int, ...]
    missing: tuple[str, ...]


def read_past(
    index: ToyIndex, history: Sequence[Contact | str], owned: Sequence[str] = (), purpose: Purpose = "self"
) -> Past:
    """history: contacts from oldest to newest, a bare id is a purchase; owned: toys that the recipient has.

    purpose: with "self" what the history bought is owned; with "gift" it tells of the giver's taste alone, for the toy
    is for somebody else, who may well be given the same. Raises ToyGuideError for a parameter out of bounds.
    """
    if len(history) > MAX_HISTORY:
        raise parameter_error("history", "recommend", f"at most {MAX_HISTORY} toys", len(history))
    if len(owned) > MAX_HISTORY:
        raise parameter_error("owned", "recommend", f"at most {MAX_HISTORY} toys", len(owned))
    if purpose not in PURPOSES:
        raise parameter_error("purpose", "recommend", f"one of {', '.join(PURPOSES)}", purpose)
    kinds: dict[int, EventKind] = {}
    missing: dict[str, None] = {}
    for entry in history:
        contact = Contact(entry) if isinstance(entry, str) else entry
        if place := index.get(contact.toy):
            kinds[place] = contact.kind
        else:
            missing[contact.toy] = None
    has, unknown = index.split_known(owned)
    missing.update(dict.fromkeys(unknown))
    dismissed = _of_kinds(kinds, EventKind.DISMISS, EventKind.RETURN)
    bought = _of_kinds(kinds, EventKind.PURCHASE)
    return Past(
        kinds,
        tuple(met_toys(kinds, (KIND_CODES[kind] for kind in kinds.values()))),
        (*has, *bought) if purpose == "self" else tuple(has),
        dismissed,
        tuple(kinds.keys() - set(dismissed) - set(bought)),
        tuple(missing),
    )


def _of_kinds(kinds: dict[int, EventKind], *wanted: EventKind) -> tuple[int, ...]:
    return tuple(place for place, kind in kinds.items() if kind in wanted)
