"""One way of running the shop, followed through the weeks: what its households are shown, take and come to own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from app.loop.shop import Shop
from app.loop.shopper import K, Memory, Said, events_of_session, popular_request, request, said
from app.loop.town import Town, date_of, first_day
from data.schema import SMALLEST_MONTHS
from data.world.plan import RETURN, VIEW
from data.world.shopping import Luck, Taken
from data.world.shopping import shop as shop_for
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
    series, bought: int32 [B], toys of the new series that were wanted, and all that were, listed or not
    forbidden: int32 [B], toys shown that may not be shown to whoever was there, or that were recalled
    """

    shopper: NDArray[np.int32]
    shown: NDArray[np.int32]
    utility: NDArray[np.float64]
    best: NDArray[np.float64]
    wanted: NDArray[np.bool_]
    series: NDArray[np.int32]
    bought: NDArray[np.int32]
    forbidden: NDArray[np.int32]


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
        """The sessions `rows` of the plan, all of one day, each with a list of ten."""
        town, plan, stage = self.town, self.town.stage.plan, self.town.stage
        self.shop.tell(date_of(day) + timedelta(hours=12))
        shopper, recipient = plan.shopper[rows], plan.recipient[rows]
        moments = self.state.moments(day, shopper, recipient, plan.budget[rows])
        utility = utilities(stage.truth, stage.households, moments)
        if day >= first_day(town.options.recall_week):
            utility[:, town.recalled] = -np.inf
        spoken = [said(town, int(row)) for row in rows]
        answers = [self._list(who, int(each), int(row)) for who, each, row in zip(spoken, shopper, rows, strict=True)]
        shown = np.full((len(rows), K), -1, np.int32)
        for place, (toys, _) in enumerate(answers):
            shown[place, : len(toys)] = toys
        taken = shop_for(utility, shown, plan.outcome[rows], luck)
        self._happened(day, rows, spoken, taken, [given for _, given in answers])
        return self._worth(rows, spoken, utility, shown, taken, day)

    def _list(self, who: Said, shopper: int, row: int) -> tuple[list[int], str | None]:
        """(toys shown, rows from 0; the list's id)."""
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

    def _happened(
        self,
        day: int,
        rows: NDArray[np.int64],
        spoken: Sequence[Said],
        taken: Taken,
        given: Sequence[str | None],
    ) -> None:
        """The shop is told, the accounts remember, and the world moves on."""
        plan = self.town.stage.plan
        events: list[dict[str, Any]] = []
        for place, row in enumerate(rows.tolist()):
            toys, listed = taken.toy[place].tolist(), taken.listed[place].tolist()
            told = events_of_session(self.town, row, spoken[place], toys, listed, given[place])
            remembered = self.memory.entries[int(plan.shopper[row])]
            remembered += [{name: event[name] for name in ("toy_id", "kind", "time")} for event in told]
            events += told
        self.shop.tell(date_of(day + 1) - timedelta(milliseconds=1))
        self.shop.send(events)
        found, draw = np.nonzero(taken.toy >= 0)
        session = rows[found]
        self.state.record(
            plan.shopper[session], plan.recipient[session], taken.toy[found, draw], plan.outcome[session, draw]
        )

    def _worth(
        self,
        rows: NDArray[np.int64],
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
        outcome = plan.outcome[rows]
        wanted = (outcome > VIEW) & (outcome < RETURN) & (taken.toy >= 0)
        of_series = np.isin(taken.toy, town.series) & wanted
        return Lists(
            plan.shopper[rows],
            shown,
            listed,
            best.sum(axis=1),
            np.asarray((wanted & taken.listed).any(axis=1)),
            of_series.sum(axis=1).astype(np.int32),
            wanted.sum(axis=1).astype(np.int32),
            ((shown >= 0) & ~fit).sum(axis=1).astype(np.int32),
        )

    def _allowed(self, who: Said, whole: bool = False) -> NDArray[np.bool_]:
        """bool [N]: what is safe to show where this was said, by the kiosk's rules; `whole`: by its other rules too."""
        there = company(who.age, who.youngest, SMALLEST_MONTHS)
        now = Situation(there, budget=who.budget, recipient_age=who.age) if whole else Situation(there)
        return allowed_mask(self.shelf, now).mask[1:]
