"""Asking the world for its truth after the fact: what was each toy's true probability when a choice was made?

A day's choices depend on what was before that day, so the past is replayed up to it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from data.dataset import Dataset
from data.errors import DataError
from data.split import Holdout
from data.world.simulate import Progress, World, WorldOptions, batches, days, record, simulate_world
from data.world.state import State
from data.world.truth import true_probabilities


def world_of(dataset: Dataset, progress: Progress | None = None) -> World:
    """The world that a simulated dataset came from, made again from its options.

    Raises DataError if the dataset is none of `simulate`, or one that this version makes otherwise.
    """
    if dataset.source.name != "world" or set(dataset.source.options) != set(WorldOptions.__dataclass_fields__):
        raise DataError(
            f"Only a dataset of 'toyguide data simulate' has a truth to ask. This one is of {dataset.source.name!r}."
        )
    world = simulate_world(WorldOptions(**dataset.source.options), progress)
    if not (world.dataset.events.equals(dataset.events) and world.dataset.toys.equals(dataset.toys)):
        raise DataError(
            "The dataset was simulated by another version: the same options make another world now. Simulate it again."
        )
    return world


def probabilities(
    world: World,
    shopper: NDArray[np.int32],
    recipient: NDArray[np.int32],
    day: NDArray[np.int32],
    budget: NDArray[np.float32] | None = None,
) -> NDArray[np.float32]:
    """float32 [Q, N]: the true probability of each toy for household `shopper`, buying for `recipient` on `day`.

    Toys are in the dataset's order. Without a `budget` it is what the household usually spends on a toy.
    """
    budgets = world.households.money[shopper] if budget is None else budget
    answers = np.zeros((len(day), len(world.catalogue)), np.float32)
    state = State(world.catalogue, world.households)
    past = dict(days(world.plan))
    for today in range(int(day.max(initial=-1)) + 1):
        for part in batches(np.flatnonzero(day == today), len(world.catalogue)):
            moments = state.moments(today, shopper[part], recipient[part], budgets[part])
            answers[part] = true_probabilities(world.truth, world.households, moments)
        if today in past:
            record(state, world.plan, world.choices, past[today])
    return answers


def holdout_probabilities(world: World, holdout: Holdout) -> NDArray[np.float32]:
    """float32 [Q, N]: the true probability of each toy at the choice of each target of `holdout`.

    This is the best that any recommender could rank by; the toys of a query's own history have probability 0, those
    met earlier in the same session included.
    """
    sessions = _sessions_of(world, holdout)
    plan = world.plan
    answers = probabilities(
        world, plan.shopper[sessions], plan.recipient[sessions], plan.day[sessions], plan.budget[sessions]
    )
    histories = holdout.histories
    answers[histories.rows, histories.toys - 1] = 0
    total = answers.sum(axis=1, keepdims=True)
    return np.asarray(np.divide(answers, total, out=answers, where=total > 0))


def _sessions_of(world: World, holdout: Holdout) -> NDArray[np.int64]:
    """The row of `plan` in which each target was met: a shopper meets a toy in one session only."""
    session, draw = np.nonzero(world.choices >= 0)
    size = len(world.catalogue)
    met = world.plan.shopper[session].astype(np.int64) * size + world.choices[session, draw]
    order = np.argsort(met)
    shopper = np.array([int(name.rpartition("-")[2]) for name in holdout.histories.shoppers], np.int64)
    wanted = shopper * size + holdout.targets - 1
    place = np.minimum(np.searchsorted(met[order], wanted), len(order) - 1)
    if not np.array_equal(met[order[place]], wanted):
        raise ValueError("The 'holdout' parameter of holdout_probabilities must come from the world's own dataset.")
    return np.asarray(session[order[place]])
