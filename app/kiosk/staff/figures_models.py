"""The answer of GET /v1/staff/figures."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel

from app.kiosk.staff.models import MissedSearch


class WantedFigures(BaseModel):
    """Of the lists that are kept: on how many, and in how many places, a toy was liked, put in the cart or bought.

    Rates are null where nothing was shown. `kinds`: places that had an event of each kind.
    """

    lists: int
    lists_wanted: int
    list_rate: float | None
    toys: int
    toys_wanted: int
    toy_rate: float | None
    kinds: dict[str, int]


class VarietyFigures(BaseModel):
    """Of the lists that are kept: how many different toys were shown, of how many that are on sale now.

    `top_share`: of all places, the share that the ten toys of `top_shown` had; null where nothing was shown.
    """

    shown: int
    on_sale: int
    top_share: float | None


class TopToy(BaseModel):
    """A toy that was shown often. `title` is null where the catalogue holds it no more."""

    toy_id: str
    title: str | None
    shown: int
    wanted: int


class QueueFigures(BaseModel):
    """Toys shown that wait to be written, and those that were lost since the kiosk started."""

    waiting: int
    lost: int


class HeadquartersFigures(BaseModel):
    """How forwarding goes: off, up, or down and why. `waiting`: events and deletions; null if nobody can say now."""

    state: Literal["off", "up", "down"]
    waiting: int | None
    sent: int
    failures: int
    cause: str | None


class RemovalLine(BaseModel):
    """What was deleted: when, why (retention or shopper), what, up to which date, how many rows."""

    time: str
    cause: str
    kind: str
    cutoff: str | None
    rows: int


class RetentionFigures(BaseModel):
    """The newest deletions. `held_until`: the clock has leapt, and until then nothing is deleted for its age."""

    held_until: str | None
    removals: list[RemovalLine]


class FiguresAnswer(BaseModel):
    """How the shop's lists do, over whole hours with the current one.

    `answers`, `impressions` and `lost` are counted as they happen; so is `masked`: how many toys each rule took away,
    summed over the answers.
    """

    since: str
    until: str
    answers: int
    impressions: int
    lost: int
    masked: dict[str, int]
    wanted: WantedFigures
    variety: VarietyFigures
    top_shown: list[TopToy]
    missed_searches: list[MissedSearch]
    queue: QueueFigures
    headquarters: HeadquartersFigures
    retention: RetentionFigures
