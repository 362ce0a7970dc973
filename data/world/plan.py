"""What will happen when: sessions with their day, their recipient, their budget and what each contact comes to.

The plan is drawn before any toy is chosen, so that the number of events is known and can be met.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from data.schema import KIND_CODES, EventKind
from data.world.catalogue import PERIOD_DAYS
from data.world.households import Households, month_of

MOST_DRAWS: Final = 8
FEWEST_EVENTS_A_SHOPPER: Final = 5

_WANTED = np.array([0.08, 0.54, 0.26, 0.09, 0.03])  # wanted toys in a session: 0, 1, …
_LOOKED_AT = 0.75  # toys only looked at in a session, mean
_KINDS = (EventKind.LIKE, EventKind.CART, EventKind.PURCHASE)
_KIND_SHARES = np.array([0.34, 0.18, 0.48])
_VIEW_FIRST, _CART_FIRST, _DISMISS = 0.5, 0.5, 0.12
_STATED, _INTERESTS_STATED, _BUDGET_STATED = 0.7, 0.85, 0.75
_COME_BACK = 0.06
_WEEKDAYS = np.array([0.8, 0.8, 0.85, 0.9, 1.1, 1.5, 1.3])  # 1 January 2024 was a Monday
_HOURS = np.array([0.2] * 6 + [0.4, 0.7, 1, 1.3, 1.5, 1.5, 1.4, 1.3, 1.2, 1.3, 1.5, 1.6, 1.7, 1.9, 1.8, 1.3, 0.7, 0.4])
_NICE_BUDGETS = np.array([5, 8, 10, 12, 15, 20, 25, 30, 40, 50, 60, 80, 100, 150, 200, 300.0])

VIEW, LIKE, CART, PURCHASE, RETURN, DISMISS = (KIND_CODES[kind] for kind in EventKind)


@dataclass(frozen=True)
class Plan:
    """Q sessions, sorted by day and then by the millisecond in it.

    shopper, recipient, day: int32 [Q]; clock: int64 [Q], ms since the day began; gift: bool [Q]
    budget: float32 [Q], what may be spent; said_budget: float32 [Q], as stated, NaN = not
    says_who, says_interests: bool [Q], whether the session states its recipient, and what the recipient likes
    outcome: int8 [Q, 8] kinds that draws come to, 0 = no draw; views, carts: bool [Q, 8], what goes before
    comes_back: bool [Q], whether something liked or carted earlier is bought in it, if there is any
    """

    shopper: NDArray[np.int32]
    recipient: NDArray[np.int32]
    day: NDArray[np.int32]
    clock: NDArray[np.int64]
    gift: NDArray[np.bool_]
    budget: NDArray[np.float32]
    said_budget: NDArray[np.float32]
    says_who: NDArray[np.bool_]
    says_interests: NDArray[np.bool_]
    outcome: NDArray[np.int8]
    views: NDArray[np.bool_]
    carts: NDArray[np.bool_]
    comes_back: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.shopper)


def draw_plan(households: Households, toys: int, events: int, seed: int) -> Plan:
    """Sessions that come to about `events` events; every shopper has at least one."""
    rng = np.random.default_rng([seed, 3])
    shoppers = len(households.people)
    outcome, views, carts = _outcomes(events, rng)
    sizes = (outcome > 0).sum(axis=1) + views.sum(axis=1) + carts.sum(axis=1)
    # What later adds events and is not in `sizes` yet: returns (about 5 % of purchases) and comings back.
    sizes = sizes + 0.05 * (outcome == PURCHASE).sum(axis=1) + 0.5 * _COME_BACK
    count = max(int(np.searchsorted(np.cumsum(sizes), events)) + 1, shoppers)
    outcome, views, carts = outcome[:count], views[:count], carts[:count]

    shopper, day = _visits(shoppers, count, toys // 4, rng)
    recipient, gift = _recipients(households, shopper, day, rng)
    money = households.money[shopper] * np.where(gift, 0.95, 1.0) * np.exp(rng.normal(0, 0.35, count))
    budget = money * np.where(_month_in_year(day) == 11, 1.3, 1.0)
    nearest = np.abs(np.log(_NICE_BUDGETS) - np.log(budget * 1.15)[:, None]).argmin(axis=1)
    said = np.where(rng.random(count) < _BUDGET_STATED, _NICE_BUDGETS[nearest], np.nan)
    hour = rng.choice(24, count, p=_HOURS / _HOURS.sum())
    clock = hour * 3_600_000 + rng.integers(0, 3_600_000, count)
    order = np.lexsort((clock, day))
    return Plan(
        shopper[order].astype(np.int32),
        recipient[order].astype(np.int32),
        day[order].astype(np.int32),
        clock[order],
        gift[order],
        budget[order].astype(np.float32),
        said[order].astype(np.float32),
        rng.random(count) < _STATED,
        rng.random(count) < _INTERESTS_STATED,
        outcome,
        views,
        carts,
        rng.random(count) < _COME_BACK,
    )


def _outcomes(events: int, rng: np.random.Generator) -> tuple[NDArray[np.int8], NDArray[np.bool_], NDArray[np.bool_]]:
    """(outcome, views, carts) of more sessions than needed: a session comes to about three events."""
    count = events // 2 + 50
    wanted = rng.choice(len(_WANTED), count, p=_WANTED)
    looked = np.minimum(rng.poisson(_LOOKED_AT, count), MOST_DRAWS - wanted)
    looked = np.where(wanted + looked == 0, 1, looked)
    draws = wanted + looked
    # Wanted toys stand anywhere among those looked at: rank random keys, the padding last.
    keys = rng.random((count, MOST_DRAWS))
    keys[np.arange(MOST_DRAWS) >= draws[:, None]] = 2
    is_wanted = keys.argsort(axis=1).argsort(axis=1) < wanted[:, None]
    is_looked = (np.arange(MOST_DRAWS) < draws[:, None]) & ~is_wanted
    kind = np.array([KIND_CODES[kind] for kind in _KINDS])[rng.choice(3, keys.shape, p=_KIND_SHARES)]
    dismissed = rng.random(keys.shape) < _DISMISS
    outcome = np.where(is_wanted, kind, np.where(is_looked, np.where(dismissed, DISMISS, VIEW), 0)).astype(np.int8)
    views = (outcome == DISMISS) | (is_wanted & (rng.random(keys.shape) < _VIEW_FIRST))
    carts = (outcome == PURCHASE) & (rng.random(keys.shape) < _CART_FIRST)
    return outcome, views, carts


def _visits(
    shoppers: int, count: int, most: int, rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(shopper, day) of each session: some shoppers come often, none more than `most` times or twice on a day."""
    activity = rng.gamma(1.8, 1.0, shoppers) + 0.35
    extra = rng.multinomial(count - shoppers, activity / activity.sum())
    visits = np.minimum(1 + extra, min(most, PERIOD_DAYS // 2))
    while (missing := count - visits.sum()) > 0:  # what the cap cut off goes to those with room
        room = np.flatnonzero(visits < min(most, PERIOD_DAYS // 2))
        visits[rng.permutation(room)[:missing]] += 1
    shopper = np.repeat(np.arange(shoppers), visits)
    odds = day_weights()
    day = rng.choice(PERIOD_DAYS, count, p=odds / odds.sum())
    while len(twice := _twice(shopper, day)):
        day[twice] = rng.integers(0, PERIOD_DAYS, len(twice))
    return shopper, day


def _twice(shopper: NDArray[np.int64], day: NDArray[np.int64]) -> NDArray[np.int64]:
    """Sessions of a shopper on a day that already has one of that shopper's."""
    _, first = np.unique(shopper * PERIOD_DAYS + day, return_index=True)
    return np.setdiff1d(np.arange(len(day)), first)


def day_weights() -> NDArray[np.float64]:
    """How busy the shop is on each day: the week-end, the weeks before Christmas, a little in summer."""
    day = np.arange(PERIOD_DAYS)
    in_year = np.where(day < 366, day, day - 366)
    christmas = 2.4 * np.exp(-(((in_year - 346) / 16.0) ** 2)) * (in_year < 359)
    summer = 0.25 * np.exp(-(((in_year - 195) / 30.0) ** 2))
    return np.asarray(_WEEKDAYS[day % 7] * (1 + christmas + summer))


def _month_in_year(day: NDArray[np.int64]) -> NDArray[np.int64]:
    return month_of(day) % 12


def _recipients(
    households: Households, shopper: NDArray[np.int64], day: NDArray[np.int64], rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Whom each session is for: gifts gather before Christmas, and everything before a birthday."""
    people = households.people[shopper]
    age = households.ages(np.maximum(people, 0), day[:, None])
    to_birthday = 11 - age % 12  # whole months until the age that ends in a birthday
    weight = households.people_weight[shopper] * (people >= 0) * (age >= 0)
    weight = weight * np.where(to_birthday == 0, 2.5, 1.0)
    gift = households.is_gift[shopper]
    weight = weight * np.where(gift & (_month_in_year(day) >= 10)[:, None], 1.8, 1.0)
    sums = np.cumsum(weight, axis=1)
    column = (sums < rng.random((len(shopper), 1)) * sums[:, -1:]).sum(axis=1)
    rows = np.arange(len(shopper))
    return people[rows, column].astype(np.int64), gift[rows, column]
