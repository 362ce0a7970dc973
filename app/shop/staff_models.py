"""What the kiosk answers to those who hold a staff key; as in `models.py`, frozen, and only what the shop shows."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict

from app.shop.models import Toy, Verdict


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class StaffKey(_Answer):
    """Whose key it is. role: clerk or manager; expires: RFC 3339, None for one that works until it is removed."""

    name: str
    role: str
    expires: str | None = None

    @property
    def manages(self) -> bool:
        """May it do what managers alone may?"""
        return self.role == "manager"


class Recall(_Answer):
    """One recall in force. by: toy_id or barcode; toys: ids of the catalogue's toys that it takes away."""

    by: str
    value: str
    reason: str | None = None
    source: str | None = None
    added: str
    toys: tuple[str, ...]


class Recalls(_Answer):
    """Newest first."""

    recalls: tuple[Recall, ...]


class RecallImport(_Answer):
    """What a list came to. unknown: lines that name no toy of the catalogue."""

    new: int
    known_before: int
    toys: tuple[str, ...]
    unknown: tuple[str, ...]


class StockTaken(_Answer):
    """What the store has now, in toys. unknown_ids: were kept, and name no toy of the catalogue."""

    in_stock: int
    out_of_stock: int
    unstated: int
    unknown_ids: tuple[str, ...]


class Rule(_Answer):
    """A rule of the shop. It speaks of one toy, one category or one brand; `toys`: of how many."""

    rule_id: str
    revision: int
    kind: str
    toy_id: str | None = None
    category: str | None = None
    brand: str | None = None
    strength: float | None = None
    position: int | None = None
    starts: str | None = None
    ends: str | None = None
    occasion: str | None = None
    note: str | None = None
    changed: str
    changed_by: str
    in_force: bool
    toys: int


class Rules(_Answer):
    """In the order in which they were made."""

    rules: tuple[Rule, ...]


class Why(_Answer):
    """Why a toy is, or is not, shown. stock: None where nobody counted; staff_rules: those in force."""

    toy: Toy
    safe: Verdict
    rules: tuple[Verdict, ...]
    recalls: tuple[Recall, ...]
    stock: int | None
    staff_rules: tuple[Rule, ...]


class Scanned(_Answer):
    """The toys with a barcode."""

    toys: tuple[Why, ...]


class FoundToy(_Answer):
    """A toy by words, shown or not."""

    toy: Toy
    safe: Verdict


class StaffFound(_Answer):
    """Toys by words, best first; corrected: what was sought instead."""

    toys: tuple[FoundToy, ...]
    matched: int
    corrected: str | None
    every_word: bool


class PreviewToy(_Answer):
    """A toy of a list; was: its place before the change, None where it was not there."""

    position: int
    toy_id: str
    title: str
    pinned: bool
    was: int | None


class Idle(_Answer):
    """A rule that would do nothing, and why. change: its place among the changes asked about, None for other rules.

    masked: where none of its toys may be shown, how many each rule of the mask forbids
    """

    change: int | None
    code: str
    masked: dict[str, int]


class Preview(_Answer):
    """A list as it is, and as it would be."""

    before: tuple[PreviewToy, ...]
    after: tuple[PreviewToy, ...]
    no_effect: tuple[Idle, ...]


class Wanted(_Answer):
    """Of the lists that are kept, on how many and in how many places a toy was liked, put in the cart or bought."""

    lists: int
    list_rate: float | None
    toys: int
    toy_rate: float | None
    kinds: dict[str, int]


class TopToy(_Answer):
    """A toy that was shown often; title: None where the catalogue holds it no more."""

    toy_id: str
    title: str | None
    shown: int
    wanted: int


class Variety(_Answer):
    """How many different toys were shown, of how many on sale; top_share: of all places, that of the ten shown most."""

    shown: int
    on_sale: int
    top_share: float | None


class Missed(_Answer):
    """A text that found nothing. last: the day when it was sought last."""

    text: str
    times: int
    last: str


class Figures(_Answer):
    """How the shop's lists did, over whole hours. masked: how many toys each rule took away, summed over the lists."""

    since: str
    until: str
    answers: int
    impressions: int
    lost: int
    masked: dict[str, int]
    wanted: Wanted
    variety: Variety | None = None
    top_shown: tuple[TopToy, ...]
    missed_searches: tuple[Missed, ...]


class ActiveBundle(_Answer):
    """What answers. name: in the folder of bundles, None while it is the setting's own."""

    name: str | None
    model: str
    created: str
    toyguide: str
    toys: int


class LyingBundle(_Answer):
    """A bundle that could answer. problem: why it could not."""

    name: str
    model: str | None = None
    created: str | None = None
    problem: str | None = None


class OutsideBundle(_Answer):
    """What may be a bundle on a stick."""

    name: str


class Published(_Answer):
    """A bundle that headquarters put where the kiosk looks. published: when."""

    name: str
    model: str
    published: str


class Picked(Published):
    """One that the kiosk took. picked: when; watched: it is compared with the one before, and may be taken back."""

    picked: str
    watched: bool


class Refused(Published):
    """One that the kiosk did not take, or took back. why: the kiosk's own sentence."""

    why: str


class FromHeadquarters(_Answer):
    """What is published (current) and what the kiosk made of it; problem: why that cannot be taken now."""

    current: Published | None
    problem: str | None
    picked: Picked | None
    refused: tuple[Refused, ...]


class Bundles(_Answer):
    """previous: what answered before, None where there is none; published: None where the kiosk looks nowhere."""

    active: ActiveBundle
    previous: str | None
    bundles: tuple[LyingBundle, ...]
    importable: tuple[OutsideBundle, ...]
    published: FromHeadquarters | None = None


class Change(_Answer):
    """Who changed what."""

    id: int
    time: str
    who: str
    action: str
    details: dict[str, Any]


class Changes(_Answer):
    """Newest first."""

    changes: tuple[Change, ...]


class OwnToy(_Answer):
    """What the shop said of a toy."""

    toy_id: str
    said: dict[str, Any]
    revision: int
    changed: str
    changed_by: str
    in_force: bool


class OwnToys(_Answer):
    """All that the shop changed of the catalogue, oldest first."""

    added: tuple[OwnToy, ...]
    corrected: tuple[OwnToy, ...]
    retired: tuple[OwnToy, ...]


class Backup(_Answer):
    """A copy of the database."""

    name: str
    bytes: int


class Backups(_Answer):
    """Newest first."""

    backups: tuple[Backup, ...]
