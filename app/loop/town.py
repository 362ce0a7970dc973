"""The simulated town: who will shop when, what happened before the first week, and what is to happen in the weeks.

Christmas falls into the weeks, as the world has it every year. Two things more are laid into it: a new series comes to
the shelves in spring and is a hit, and the three best-sellers are recalled one Monday in February.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from data.dataset import Dataset, Source, build_dataset
from data.errors import parameter_error
from data.schema import EventColumn, Toy
from data.world.catalogue import PERIOD_DAYS, Catalogue
from data.world.events import DAY_ZERO
from data.world.plan import PURCHASE
from data.world.simulate import Stage, WorldOptions, events_of, play, set_stage
from data.world.state import State
from data.world.words import looks

FIRST_DAY: Final = 329
"""Monday, 25 November 2024."""
MOST_WEEKS: Final = (PERIOD_DAYS - FIRST_DAY) // 7
HIT: Final = 1.2
"""Utility that the new series has over what its toys would have."""
_CHRISTMAS: Final = 359
_RECALLED: Final = 3
_SERIES_SHARE: Final = 0.02


@dataclass(frozen=True)
class LoopOptions:
    """How large a world, which one, and for how many weeks it is watched.

    recall_week, series_week: on whose Monday three toys are recalled and the new series comes; 10 February and 17 March
    """

    toys: int = 2000
    shoppers: int = 2500
    events: int = 100_000
    seed: int = 7
    weeks: int = 18
    recall_week: int = 12
    series_week: int = 17

    def check(self) -> None:
        """Raise ToyGuideError if there is no such world, or it does not last so long."""
        if not 1 <= self.weeks <= MOST_WEEKS:
            raise parameter_error("weeks", "loop", f"an int in [1, {MOST_WEEKS}]", self.weeks)
        self.world.check()

    @property
    def world(self) -> WorldOptions:
        """The world behind it."""
        return WorldOptions(self.toys, self.shoppers, self.events, self.seed)


@dataclass(frozen=True)
class Town:
    """past: events, schema `EVENT_TABLE`, before the first week; state: the world as they left it

    toys: in the order of the truth; series, recalled: rows of them; row_of: toy id → its row
    """

    stage: Stage
    options: LoopOptions
    past: pa.Table
    state: State
    series: NDArray[np.intp]
    recalled: NDArray[np.intp]
    row_of: dict[str, int]

    @property
    def toys(self) -> tuple[Toy, ...]:
        """Every toy there will ever be."""
        return self.stage.catalogue.toys

    def sold_by(self, day: int) -> Dataset:
        """The catalogue of the toys on sale on `day`, without events."""
        rows = np.flatnonzero(self.stage.catalogue.launch <= day)
        none = self.past.slice(0, 0)
        return build_dataset([self.toys[row] for row in rows], none, Source("loop", self.options.seed))

    def arriving(self, week: int) -> list[Toy]:
        """The toys that come to the shelves with the week's first day."""
        launch = self.stage.catalogue.launch
        day = first_day(week)
        return [self.toys[row] for row in np.flatnonzero(launch == day)]


def first_day(week: int) -> int:
    """The Monday of a week, numbered from 1."""
    return FIRST_DAY + 7 * (week - 1)


def date_of(day: int) -> datetime:
    """The first moment of a day."""
    return DAY_ZERO + timedelta(days=int(day))


def happenings(options: LoopOptions) -> dict[str, str]:
    """What happens in the weeks → its day, as 2026-01-31."""
    recall, series = first_day(options.recall_week), first_day(options.series_week)
    days = {"Christmas": _CHRISTMAS, "recall": recall, "new series": series}
    return {name: date_of(day).date().isoformat() for name, day in days.items()}


def found_town(options: LoopOptions) -> Town:
    """The town of these options, the same for the same. Raises ToyGuideError for options that make none."""
    options.check()
    plain = set_stage(options.world)
    launch, series = _with_series(plain.catalogue, options.series_week)
    shelf = plain.truth.shelf.copy()
    shelf[:, series] += np.float32(HIT)
    catalogue = replace(plain.catalogue, launch=launch)
    stage = replace(plain, catalogue=catalogue, truth=replace(plain.truth, launch=launch, shelf=shelf))
    choices, state = play(stage, options.seed, FIRST_DAY)
    events = events_of(stage, choices, options.seed)
    begin = pa.scalar(date_of(FIRST_DAY), events.schema.field(EventColumn.TIME).type)
    past = events.filter(pc.less(events[EventColumn.TIME], begin))
    bought = choices[(choices >= 0) & (stage.plan.outcome == PURCHASE)]
    best_sellers = np.bincount(bought, minlength=len(catalogue)).argsort(kind="stable")[::-1]
    row_of = {toy.id: row for row, toy in enumerate(catalogue.toys)}
    return Town(stage, options, past, state, series, best_sellers[:_RECALLED], row_of)


def _with_series(catalogue: Catalogue, week: int) -> tuple[NDArray[np.int32], NDArray[np.intp]]:
    """(launch days in which one look comes in that week, its toys): about one toy in fifty, on sale all the year."""
    all_year = catalogue.sellable.all(axis=1)
    sizes = np.bincount(catalogue.look[all_year], minlength=len(looks()))
    look = np.abs(sizes - _SERIES_SHARE * len(catalogue)).argmin()
    series = np.flatnonzero((catalogue.look == look) & all_year)
    launch = catalogue.launch.copy()
    launch[series] = first_day(week)
    # New toys come to the shelves on Mondays, when staff put them there.
    monday = FIRST_DAY + 7 * np.ceil((launch - FIRST_DAY) / 7)
    return np.where(launch > FIRST_DAY, monday, launch).astype(np.int32), series
