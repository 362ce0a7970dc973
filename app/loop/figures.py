"""What the weeks came to: figures by week and arm, and by how much one arm is better than another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from app.loop.arm import Lists, joined
from app.loop.run import ARMS, WEEKLY, Week
from app.loop.town import LoopOptions, date_of, first_day

_ROUNDS: Final = 2000


@dataclass(frozen=True)
class Figures:
    """Of one arm over some lists.

    utility: the true probability that the choice falls on the list, mean; best: that of the oracle's lists
    regret: what is missing; rate: share of the lists of which something was wanted
    coverage: share of the toys on sale that were shown at all; series: share of the wanted toys that are of the new
    series; forbidden: toys shown against the rules of safety or a recall
    """

    lists: int
    utility: float
    best: float
    regret: float
    rate: float
    coverage: float
    series: float
    shown: int
    forbidden: int


@dataclass(frozen=True)
class Gain:
    """By what share the true utility of `arm` is above that of `against`: mean, and its 95 % interval.

    The interval is a bootstrap over shoppers: the lists of one shopper are alike. Both arms had the same sessions.
    """

    arm: str
    against: str
    gain: float
    low: float
    high: float


def figures_of(lists: Lists, on_sale: int) -> Figures:
    """The figures of at least one list in a shop with `on_sale` toys."""
    shown = lists.shown[lists.shown >= 0]
    utility, best = float(lists.utility.mean()), float(lists.best.mean())
    return Figures(
        len(lists.shopper),
        utility,
        best,
        best - utility,
        float(lists.wanted.mean()),
        len(np.unique(shown)) / on_sale,
        float(lists.series.sum() / max(1, lists.found.sum())),
        len(shown),
        int(lists.forbidden.sum()),
    )


def gain_of(arm: str, against: str, lists: dict[str, Lists], seed: int = 0) -> Gain:
    """How much better one arm was than another, on all of these lists."""
    shopper = lists[arm].shopper
    sums = [_by_shopper(shopper, lists[name].utility) for name in (arm, against)]
    ours, theirs = (float(each.sum()) for each in sums)
    rng = np.random.default_rng(seed)
    people = len(sums[0])
    drawn = rng.multinomial(people, np.full(people, 1 / people), size=_ROUNDS)
    low, high = np.quantile((drawn @ sums[0]) / (drawn @ sums[1]) - 1, [0.025, 0.975])
    return Gain(arm, against, ours / theirs - 1, float(low), float(high))


def _by_shopper(shopper: NDArray[np.int32], values: NDArray[np.float64]) -> NDArray[np.float64]:
    _, place = np.unique(shopper, return_inverse=True)
    return np.asarray(np.bincount(place, weights=values), np.float64)


def record_of(weeks: Sequence[Week], options: LoopOptions, preset: str) -> dict[str, Any]:
    """Everything that was measured, as JSON can hold it."""
    whole = {name: joined([week.arms[name] for week in weeks]) for name in ARMS}
    on_sale = weeks[-1].on_sale
    spring = [week for week in weeks if week.number >= options.series_week]
    parts: dict[str, Callable[[Week], bool]] = {
        "December": lambda week: date_of(first_day(week.number) + 6).month == 12,
        "before the recall": lambda week: week.number < options.recall_week,
        "after the recall": lambda week: week.number >= options.recall_week,
        "after the new series": lambda week: week.number >= options.series_week,
    }
    gains = {"all weeks": [asdict(gain_of(WEEKLY, name, whole)) for name in ARMS if name != WEEKLY]}
    for part, belongs in parts.items():
        chosen = [week for week in weeks if belongs(week)]
        if chosen:
            lists = {name: joined([week.arms[name] for week in chosen]) for name in ARMS}
            gains[part] = [asdict(gain_of(WEEKLY, name, lists)) for name in ARMS if name != WEEKLY]
    return {
        "options": asdict(options),
        "preset": preset,
        "arms": {name: asdict(figures_of(lists, on_sale)) for name, lists in whole.items()},
        "gains": gains,
        "series_share": {
            name: asdict(figures_of(joined([week.arms[name] for week in spring]), on_sale))["series"] for name in ARMS
        }
        if spring
        else {},
        "weeks": [
            {
                "week": week.number,
                "begins": date_of(first_day(week.number)).date().isoformat(),
                "on_sale": week.on_sale,
                "arms": {name: asdict(figures_of(lists, week.on_sale)) for name, lists in week.arms.items()},
                "retrained": None if week.retrained is None else asdict(week.retrained),
                "went_back": week.went_back,
            }
            for week in weeks
        ],
    }
