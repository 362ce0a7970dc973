"""The simulated toy shop: draw a catalogue, households and a plan, then let every session choose, a day at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from data.dataset import MAX_SEED, Dataset, Source, build_dataset
from data.errors import parameter_error
from data.world.catalogue import PERIOD_DAYS, Catalogue, build_catalogue
from data.world.events import event_table
from data.world.households import Households, draw_households
from data.world.plan import FEWEST_EVENTS_A_SHOPPER, Plan, draw_plan
from data.world.state import State
from data.world.truth import Moments, Truth, build_truth, utilities

Progress = Callable[[int, int], None]
"""Called with (sessions done, sessions in all)."""

MOST_TOYS: Final = 1_000_000
MOST_SHOPPERS: Final = 10_000_000
FEWEST_TOYS: Final = 50
_CELLS_AT_ONCE = 2_000_000  # of a [sessions, toys] array, so that memory stays bounded at any size


@dataclass(frozen=True)
class WorldOptions:
    """How large a world, and which one."""

    toys: int = 3000
    shoppers: int = 6000
    events: int = 100_000
    seed: int = 7

    def check(self) -> None:
        """Raise ToyGuideError if there is no such world."""
        owner = "simulate"
        if not FEWEST_TOYS <= self.toys <= MOST_TOYS:
            raise parameter_error("toys", owner, f"an int in [{FEWEST_TOYS}, {MOST_TOYS}]", self.toys)
        if not 1 <= self.shoppers <= MOST_SHOPPERS:
            raise parameter_error("shoppers", owner, f"an int in [1, {MOST_SHOPPERS}]", self.shoppers)
        low, high = FEWEST_EVENTS_A_SHOPPER * self.shoppers, self.shoppers * min(self.toys // 3, 500)
        if not low <= self.events <= high:
            raise parameter_error(
                "events",
                owner,
                f"an int in [{low}, {high}] for {self.shoppers} shoppers and {self.toys} toys",
                self.events,
            )
        if not 0 <= self.seed <= MAX_SEED:
            raise parameter_error("seed", owner, f"an int in [0, {MAX_SEED}]", self.seed)


def source_of(options: WorldOptions) -> Source:
    """What a dataset of these options says of where it came from."""
    return Source("world", options.seed, asdict(options))


@dataclass(frozen=True)
class World:
    """A dataset and all that is true of it.

    choices: int32 [Q, 8] the toy of each draw of `plan`, from 0 in the dataset's order, −1 = none
    """

    dataset: Dataset
    catalogue: Catalogue
    households: Households
    truth: Truth
    plan: Plan
    choices: NDArray[np.int32]


def simulate(options: WorldOptions, progress: Progress | None = None) -> Dataset:
    """A simulated shop's dataset, the same for the same options. Raises ToyGuideError for options that make none."""
    return simulate_world(options, progress).dataset


def simulate_world(options: WorldOptions, progress: Progress | None = None) -> World:
    """As `simulate`, with the truth behind the dataset."""
    stage = set_stage(options)
    choices, _ = play(stage, options.seed, progress=progress)
    dataset = build_dataset(stage.catalogue.toys, events_of(stage, choices, options.seed), source_of(options))
    return World(dataset, stage.catalogue, stage.households, stage.truth, stage.plan, choices)


@dataclass(frozen=True)
class Stage:
    """A world in which nobody has chosen anything yet."""

    catalogue: Catalogue
    households: Households
    truth: Truth
    plan: Plan


def set_stage(options: WorldOptions) -> Stage:
    """The stage of these options. Raises ToyGuideError for options that make none."""
    options.check()
    catalogue = build_catalogue(options.toys, options.seed)
    households = draw_households(options.shoppers, options.seed)
    plan = draw_plan(households, options.toys, options.events, options.seed)
    return Stage(catalogue, households, build_truth(catalogue, options.seed), plan)


def play(
    stage: Stage, seed: int, until: int = PERIOD_DAYS, progress: Progress | None = None
) -> tuple[NDArray[np.int32], State]:
    """(choices as in `World`, the state at the end) of the sessions before day `until`; those after choose nothing."""
    plan, toys = stage.plan, len(stage.catalogue)
    rng = np.random.default_rng([seed, 5])
    choices = np.full(plan.outcome.shape, -1, np.int32)
    state = State(stage.catalogue, stage.households)
    for day, rows in days(plan):
        if day >= until:
            break
        for part in batches(rows, toys):
            moments = state.moments(day, plan.shopper[part], plan.recipient[part], plan.budget[part])
            choices[part] = _choose(stage.truth, stage.households, moments, plan.outcome[part], rng)
        record(state, plan, choices, rows)
        if progress:
            progress(int(rows[-1]) + 1, len(plan))
    return choices, state


def events_of(stage: Stage, choices: NDArray[np.int32], seed: int) -> pa.Table:
    """The events, schema `EVENT_TABLE`, that these choices come to."""
    rng = np.random.default_rng([seed, 6])
    return event_table(stage.catalogue, stage.households, stage.plan, choices, rng)


def days(plan: Plan) -> Iterator[tuple[int, NDArray[np.int64]]]:
    """(day, the rows of its sessions), days without any left out."""
    bounds = np.searchsorted(plan.day, np.arange(PERIOD_DAYS + 1))
    for day in range(PERIOD_DAYS):
        if bounds[day] < bounds[day + 1]:
            yield day, np.arange(bounds[day], bounds[day + 1])


def batches(rows: NDArray[np.int64], toys: int) -> Iterator[NDArray[np.int64]]:
    """`rows` in parts whose [rows, toys] arrays fit into memory."""
    size = max(_CELLS_AT_ONCE // toys, 1)
    for start in range(0, len(rows), size):
        yield rows[start : start + size]


def record(state: State, plan: Plan, choices: NDArray[np.int32], rows: NDArray[np.int64]) -> None:
    """Tell the state what the sessions `rows` chose."""
    row, draw = np.nonzero(choices[rows] >= 0)
    session = rows[row]
    state.record(plan.shopper[session], plan.recipient[session], choices[session, draw], plan.outcome[session, draw])


def _choose(
    truth: Truth,
    households: Households,
    moments: Moments,
    outcome: NDArray[np.int8],
    rng: np.random.Generator,
) -> NDArray[np.int32]:
    """int32 [B, 8]: toys drawn one after the other from the truth, none twice; −1 where nothing is left."""
    weights = np.exp(utilities(truth, households, moments), dtype=np.float64)
    sums = np.cumsum(weights, axis=1)
    chosen = np.full(outcome.shape, -1, np.int32)
    for draw in range(outcome.shape[1]):
        pending = np.flatnonzero(outcome[:, draw] > 0)
        for _ in range(64):  # draw again where a toy came twice: the law of drawing without replacement
            if not len(pending):
                break
            point = rng.random(len(pending)) * sums[pending, -1]
            toy = np.array([np.searchsorted(sums[row], x, "right") for row, x in zip(pending, point, strict=True)])
            good = (toy < len(truth.kind)) & ~(chosen[pending] == toy[:, None]).any(axis=1)
            chosen[pending[good], draw] = toy[good]
            pending = pending[~good]
    return chosen
