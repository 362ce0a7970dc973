"""One way of running the shop, followed through the weeks: what its households are shown, take and come to own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from app.loop.shop import Shop
from app.loop.shopper import K, Memory, Said, events_of_draw, popular_request, request, said
from app.loop.town import Town, date_of, first_day
from data.schema import SMALLEST_MONTHS
from data.world.plan import MOST_DRAWS, RETURN, VIEW
from data.world.shopping import Luck, Taken, take
from data.world.state import State
from data.world.truth import utilities
from recommender.serving.policy.mask import Situation, allowed_mask
from recommender.serving.policy.safety import company
from recommender.serving.policy.shelf import Shelf

POPULARITY: Final = "popularity"


@dataclass(frozen=True)
class Lists:
    """What B lists were worth. shopper: int32 [B]; shown: int32 [B, 10] toys from 0, −1 = no toy

    utility: float64 [B], the true probability that the choice falls on the list; best: that of the oracle's list
    wanted: bool [B], whether something of the list was liked, put into the cart or bought
    series, found: bool [B], whether a toy of the new series was, and any toy, from the list or the shelves
    forbidden: int32 [B], toys shown that may not be shown to whoever was there, or that were recalled
    """

    shopper: NDArray[np.int32]
    shown: NDArray[np.int32]
    utility: NDArray[np.float64]
    best: NDArray[np.float64]
    wanted: NDArray[np.bool_]
    series: NDArray[np.bool_]
    found: NDArray[np.bool_]
    forbidden: NDArray[np.int32]


def joined(parts: Sequence[Lists]) -> Lists:
    """The lists of several parts together. parts: at least one."""
    names = Lists.__dataclass_fields__
    return Lists(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in names})


@dataclass
class Arm:
    """name: `POPULARITY` asks for what is popular, every other for recommendations; shelf: of all toys ever sold."""

    name: str
    shop: Shop
    town: Town
    shelf: Shelf
    state: State
    memory: Memory

    def day(self, day: int, rows: NDArray[np.int64], luck: Luck) -> Lists:
        """The sessions `rows` of the plan, all of one day. Each wish has a list of ten that knows the ones before.

        What a day brings is known to the world on the next one.
        """
        plan, stage = self.town.stage.plan, self.town.stage
        self.shop.tell(date_of(day) + timedelta(hours=12))
        moments = self.state.moments(day, plan.shopper[rows], plan.recipient[rows], plan.budget[rows])
        utility = utilities(stage.truth, stage.households, moments)
        if day >= first_day(self.town.options.recall_week):
            utility[:, self.town.recalled] = -np.inf
        spoken = [said(self.town, int(row)) for row in rows]
        toys = np.full((len(rows), MOST_DRAWS), -1, np.int32)
        told: list[list[dict[str, Any]]] = [[] for _ in rows]
        worth = []
        for draw in range(MOST_DRAWS):
            at = np.flatnonzero(plan.outcome[rows, draw] > 0)
            if not len(at):
                continue
            lists = [self._list(spoken[place], int(rows[place])) for place in at.tolist()]
            shown = np.full((len(at), K), -1, np.int32)
            for place, (listed, _) in enumerate(lists):
                shown[place, : len(listed)] = listed
            taken = take(utility[at], shown, luck.noise[at, draw], luck.finds[at, draw])
            worth.append(self._worth(rows[at], draw, [spoken[place] for place in at], utility[at], shown, taken, day))
            toys[at, draw] = taken.toy
            for place, toy, listed, (_, given) in zip(at.tolist(), taken.toy, taken.listed, lists, strict=True):
                if toy >= 0:
                    quoted = given if listed else None
                    session = told[place]
                    new = events_of_draw(
                        self.town, int(rows[place]), draw, spoken[place], int(toy), quoted, len(session)
                    )
                    session += new
                    self.memory.remember(int(plan.shopper[rows[place]]), new)
                    utility[place, toy] = -np.inf
        self.shop.tell(date_of(day + 1) - timedelta(milliseconds=1))
        self.shop.send([event for session in told for event in session])
        found, draws = np.nonzero(toys >= 0)
        met = rows[found]
        self.state.record(plan.shopper[met], plan.recipient[met], toys[found, draws], plan.outcome[met, draws])
        return joined(worth)

    def _list(self, who: Said, row: int) -> tuple[list[int], str | None]:
        """(toys shown, rows from 0; the list's id)."""
        shopper = int(self.town.stage.plan.shopper[row])
        history = self.memory.of_shopper(shopper)
        if self.name == POPULARITY:
            met = {entry["toy_id"] for entry in history}
            answer = self.shop.popular(popular_request(who, len(met)))
            fresh = [item for item in answer["items"] if item["toy"]["toy_id"] not in met]
            return self._rows(fresh[:K]), None
        answer = self.shop.recommend(request(who, history, shopper, row))
        return self._rows(answer["items"]), answer["recommendation_id"]

    def _rows(self, items: Sequence[dict[str, Any]]) -> list[int]:
        return [self.town.row_of[item["toy"]["toy_id"]] for item in items]

    def _worth(
        self,
        rows: NDArray[np.int64],
        draw: int,
        spoken: Sequence[Said],
        utility: NDArray[np.float32],
        shown: NDArray[np.int32],
        taken: Taken,
        day: int,
    ) -> Lists:
        town, plan = self.town, self.town.stage.plan
        weights = np.exp(utility, dtype=np.float64)
        chance = weights / weights.sum(axis=1, keepdims=True)
        listed = np.where(shown >= 0, np.take_along_axis(chance, np.maximum(shown, 0), axis=1), 0.0).sum(axis=1)
        may_be_shown = np.array([self._allowed(who, whole=True) for who in spoken])
        fit = np.take_along_axis(np.array([self._allowed(who) for who in spoken]), np.maximum(shown, 0), axis=1)
        if day >= first_day(town.options.recall_week):
            fit &= ~np.isin(shown, town.recalled)
        best = -np.partition(-np.where(may_be_shown, chance, 0.0), K - 1, axis=1)[:, :K]
        outcome = plan.outcome[rows, draw]
        wanted = (outcome > VIEW) & (outcome < RETURN) & (taken.toy >= 0)
        return Lists(
            plan.shopper[rows],
            shown,
            listed,
            best.sum(axis=1),
            wanted & taken.listed,
            wanted & np.isin(taken.toy, town.series),
            wanted,
            ((shown >= 0) & ~fit).sum(axis=1).astype(np.int32),
        )

    def _allowed(self, who: Said, whole: bool = False) -> NDArray[np.bool_]:
        """bool [N]: what is safe to show where this was said, by the kiosk's rules; `whole`: by its other rules too."""
        there = company(who.age, who.youngest, SMALLEST_MONTHS)
        now = Situation(there, budget=who.budget, recipient_age=who.age) if whole else Situation(there)
        return allowed_mask(self.shelf, now).mask[1:]
