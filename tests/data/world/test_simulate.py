import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from data.errors import ToyGuideError
from data.schema import EventColumn, EventKind
from data.sequences import build_sequences
from data.split import leave_one_out
from data.world.oracle import holdout_probabilities, probabilities
from data.world.plan import PURCHASE
from data.world.simulate import World, WorldOptions, simulate, simulate_world
from data.world.state import State
from data.world.truth import true_probabilities

OPTIONS = WorldOptions(toys=800, shoppers=1200, events=20_000, seed=3)


@pytest.fixture(scope="module")
def world() -> World:
    return simulate_world(OPTIONS)


def test_the_same_seed_makes_the_same_world_in_another_process() -> None:
    script = (
        "from data.world.simulate import WorldOptions, simulate\n"
        "print(simulate(WorldOptions(toys=200, shoppers=100, events=1500, seed=5)).digest)"
    )
    other = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.strip()
    assert simulate(WorldOptions(toys=200, shoppers=100, events=1500, seed=5)).digest == other
    assert simulate(WorldOptions(toys=200, shoppers=100, events=1500, seed=6)).digest != other


def test_counts_are_what_was_asked_for(world: World) -> None:
    dataset = world.dataset
    assert dataset.toys.num_rows == OPTIONS.toys
    assert len(dataset.events[EventColumn.SHOPPER].unique()) == OPTIONS.shoppers
    assert abs(dataset.events.num_rows / OPTIONS.events - 1) < 0.05
    assert set(dataset.events[EventColumn.KIND].unique().to_pylist()) == {str(kind) for kind in EventKind}
    assert dataset.source.options == {"toys": 800, "shoppers": 1200, "events": 20_000, "seed": 3}


def test_progress_ends_at_its_total() -> None:
    seen: list[tuple[int, int]] = []
    simulate(WorldOptions(100, 20, 200, 1), lambda done, total: seen.append((done, total)))
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    assert seen[-1][0] == seen[-1][1]


def test_shoppers_want_enough_toys_to_judge_by(world: World) -> None:
    sequences = build_sequences(world.dataset)
    wanted = np.bincount(sequences.rows[sequences.wanted], minlength=len(sequences))
    assert 6 <= wanted.mean() <= 10
    assert (wanted >= 3).mean() > 0.75


def test_a_shopper_meets_no_toy_in_two_sessions_but_to_come_back_to_it(world: World) -> None:
    events = world.dataset.events_frame()
    met = events[~events[EventColumn.KIND].isin(["return"])]
    sessions = met.groupby([EventColumn.SHOPPER, EventColumn.TOY])[EventColumn.SESSION].nunique()
    again = sessions[sessions > 1].index
    kinds = met.set_index([EventColumn.SHOPPER, EventColumn.TOY]).loc[again, EventColumn.KIND]
    assert sessions.max() == 2
    assert len(again) > 0
    assert kinds.groupby(level=[0, 1]).last().eq("purchase").all()


def test_only_what_was_bought_is_returned_and_later(world: World) -> None:
    events = world.dataset.events_frame().set_index([EventColumn.SHOPPER, EventColumn.TOY])
    returned = events[events[EventColumn.KIND] == "return"][EventColumn.TIME]
    bought = events[events[EventColumn.KIND] == "purchase"][EventColumn.TIME]
    assert len(returned) > 20
    assert (returned - bought.loc[returned.index]).min().days >= 1


def test_a_home_is_not_given_what_it_has(world: World) -> None:
    session, draw = np.nonzero((world.plan.outcome == PURCHASE) & (world.choices >= 0))
    home = world.households.home[world.plan.recipient[session]]
    given: dict[tuple[int, int], set[int]] = {}
    for where, toy, day in zip(home, world.choices[session, draw], world.plan.day[session], strict=True):
        given.setdefault((int(where), int(toy)), set()).add(int(day))
    # Two givers who come on one and the same day cannot know of each other.
    assert all(len(found) == 1 for found in given.values())


def test_recipients_grow_and_are_stated_in_most_sessions(world: World) -> None:
    events = world.dataset.events_frame().query("kind != 'return'")
    stated = events.groupby(EventColumn.SESSION)[EventColumn.RECIPIENT].count() > 0
    assert 0.65 < stated.mean() < 0.75
    known = events[events[EventColumn.RECIPIENT].notna()]
    assert known[EventColumn.RECIPIENT_AGE].notna().all()
    children = known[known[EventColumn.RECIPIENT_AGE] < 216]
    born = children[EventColumn.TIME].dt.year * 12 + children[EventColumn.TIME].dt.month
    births = (born - children[EventColumn.RECIPIENT_AGE]).groupby(children[EventColumn.RECIPIENT])
    assert (births.max() - births.min()).max() <= 2  # one birth month, give or take the roundings of both
    ages = children.groupby(EventColumn.RECIPIENT)[EventColumn.RECIPIENT_AGE]
    assert ages.is_monotonic_increasing.all()
    assert (ages.max() > ages.min()).mean() > 0.5
    assert known[EventColumn.BUDGET].dropna().gt(0).all()
    assert 0.5 < known[EventColumn.BUDGET].notna().mean() < 0.9


def test_december_is_the_peak_and_gifts_are_for_others(world: World) -> None:
    months = world.dataset.events_frame()[EventColumn.TIME].dt.month.value_counts()
    assert months.idxmax() == 12
    assert months[12] > 1.5 * months.drop(12).mean()
    plan, households = world.plan, world.households
    assert 0.15 < plan.gift.mean() < 0.5
    assert ((households.home[plan.recipient] != plan.shopper) == plan.gift).all()
    assert (households.ages(plan.recipient, plan.day) >= 0).all()


def test_the_truth_is_neither_trivial_nor_noise(world: World) -> None:
    """The oracle's Recall@10 stands far above popularity's, and far below certainty."""
    split = leave_one_out(build_sequences(world.dataset))
    truth = holdout_probabilities(world, split.test)
    popularity = np.bincount(split.train.toys[split.train.wanted] - 1, minlength=OPTIONS.toys).astype(float)
    popular = np.tile(popularity, (len(split.test), 1))
    popular[split.test.histories.rows, split.test.histories.toys - 1] = -1
    rows, targets = np.arange(len(split.test)), split.test.targets - 1
    assert (truth[rows, targets] > 0).all()
    np.testing.assert_allclose(truth.sum(axis=1), 1, rtol=1e-4)

    def recall(scores: np.ndarray) -> float:
        return float(((scores > scores[rows, targets][:, None]).sum(axis=1) < 10).mean())

    assert recall(truth) > 2 * recall(popular)
    assert 0.2 < recall(truth) < 0.7


def test_choices_follow_the_stated_probabilities(world: World) -> None:
    """The world's own claim, checked: toys given probability p are met with frequency p."""
    first = np.flatnonzero((world.choices[:, 0] >= 0) & (world.plan.outcome[:, 0] > 0))
    plan = world.plan
    told = probabilities(world, plan.shopper[first], plan.recipient[first], plan.day[first], plan.budget[first])
    for low, high in ((0.001, 0.003), (0.003, 0.01), (0.01, 0.03), (0.03, 0.1), (0.1, 0.5)):
        inside = (told >= low) & (told < high)
        met = inside[np.arange(len(first)), world.choices[first, 0]].sum()
        expected = told[inside].sum()
        assert abs(met - expected) < 5 * np.sqrt(expected), (low, high, met, expected)


def test_a_finished_series_step_makes_the_next_likelier(world: World) -> None:
    truth, households = world.truth, world.households
    state = State(world.catalogue, households)
    someone = np.array([0], np.int32)
    child = households.people[0, :1]
    engine = int(np.flatnonzero(truth.following >= 0)[0])
    before = state.moments(300, someone, child, np.array([20.0], np.float32))
    recent = before.recent.copy()
    recent[0, 0] = engine
    after = true_probabilities(truth, households, replace(before, recent=recent))[0]
    plain = true_probabilities(truth, households, before)[0]
    station = truth.following[engine]
    assert after[station] > 5 * plain[station]


@pytest.mark.parametrize(
    ("options", "name"),
    [
        (WorldOptions(toys=10), "toys"),
        (WorldOptions(toys=2_000_000), "toys"),
        (WorldOptions(shoppers=0), "shoppers"),
        (WorldOptions(events=100), "events"),
        (WorldOptions(toys=60, shoppers=10, events=5000), "events"),
        (WorldOptions(seed=-1), "seed"),
    ],
)
def test_a_world_that_cannot_be_is_refused_by_name(options: WorldOptions, name: str) -> None:
    with pytest.raises(ToyGuideError, match=f"The '{name}' parameter of simulate must be") as error:
        simulate(options)
    assert len(str(error.value).split(". ")) == 2


@pytest.mark.parametrize(
    "options", [WorldOptions(50, 1, 5, 0), WorldOptions(50, 300, 4800, 1), WorldOptions(60, 1, 20, 2)]
)
def test_the_smallest_worlds_work(options: WorldOptions) -> None:
    dataset = simulate(options)
    assert dataset.toys.num_rows == options.toys
    assert dataset.events.num_rows > 0
