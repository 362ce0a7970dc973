"""Has the shop changed since a model was trained? Live events against the training data, one mix at a time.

A mix (of ages, categories, prices, …) is compared by the population stability index, PSI = Σ (q − p) · ln(q / p) over
the shares p of then and q of now. Credit scoring reads below .1 as steady and above .25 as another population
(Siddiqi, "Credit Risk Scorecards", 2006). Small samples differ by chance alone, and the events of one shopper are
alike: what chance does is found by dealing the shoppers out anew, many times, into two groups of the same sizes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from data.dataset import Dataset
from data.errors import DataError
from data.schema import EventColumn, ToyColumn

SOME: Final = 0.1
MUCH: Final = 0.25
SOME_UNMET: Final = 0.05
MUCH_UNMET: Final = 0.15
_AGES: Final = (0, 12, 24, 36, 48, 60, 72, 96, 120, 156, 216)
_PRICE_BINS: Final = 10
_MOST_NAMES: Final = 20
_OTHER: Final = "other"
_UNKNOWN: Final = "not stated"
_DEALS: Final = 400
_SURE: Final = 0.99  # five mixes are looked at: all together are taken for a change by chance one time in twenty
_MOST_SHOPPERS: Final = 20_000  # dealt out; of more a sample
_PSEUDO: Final = 0.5  # events that every bin has beforehand: an empty one has no logarithm


@dataclass(frozen=True, slots=True)
class Bin:
    """One bin of a mix, and its share of the events then and now."""

    name: str
    before: float
    now: float


@dataclass(frozen=True, slots=True)
class Shift:
    """How one mix has moved. chance: a PSI that chance alone passes one time in a hundred; bins: in a natural order."""

    name: str
    psi: float
    chance: float
    bins: tuple[Bin, ...]

    @property
    def weight(self) -> int:
        """0: steady, or no more than chance; 1: moved; 2: another population."""
        if self.psi <= max(SOME, self.chance):
            return 0
        return 2 if self.psi > MUCH else 1


@dataclass(frozen=True, slots=True)
class Drift:
    """Events of now against those of then.

    new_toys: share of the events of now on toys that no event of then was with; unknown_toys: on toys that the training
    data does not hold at all; new_shoppers: share of shoppers of now that were not there then
    """

    events_before: int
    events_now: int
    shoppers_now: int
    shifts: tuple[Shift, ...]
    new_toys: float
    unknown_toys: float
    new_shoppers: float

    @property
    def unmet(self) -> float:
        """Share of the events of now on which the model could say nothing it had learned."""
        return self.new_toys + self.unknown_toys

    @property
    def weight(self) -> int:
        """0: no need to retrain, 1: at the next occasion, 2: now."""
        toys = 2 if self.unmet > MUCH_UNMET else 1 if self.unmet > SOME_UNMET else 0
        return max([toys, *(shift.weight for shift in self.shifts)])


def measure_drift(before: Dataset, now: Dataset, unknown_events: int = 0, seed: int = 0) -> Drift:
    """Compare the events of `now` with those of `before`.

    unknown_events: events of now that were left out because their toy is not in `before`
    Raises DataError where either has no event.
    """
    for name, dataset in (("training data", before), ("live events", now)):
        if not dataset.events.num_rows:
            raise DataError(f"The {name} must hold at least one event. Got none.")
    then, later = _Side(before), _Side(now)
    shifts = [
        _shift(name, *bins(then, later), then.shoppers, later.shoppers, np.random.default_rng(seed))
        for name, bins in _MIXES.items()
    ]
    known, met = set(before.index.ids), set(then.toys)
    new = sum(toy not in met and toy in known for toy in later.toys)
    unknown = sum(toy not in known for toy in later.toys) + unknown_events
    total = len(later.toys) + unknown_events
    shoppers = set(later.shoppers)
    return Drift(
        before.events.num_rows,
        now.events.num_rows,
        len(shoppers),
        tuple(shift for shift in shifts if len(shift.bins) > 1),
        new / total,
        unknown / total,
        len(shoppers - set(then.shoppers)) / len(shoppers),
    )


class _Side:
    """The events of a dataset as columns, one entry an event."""

    def __init__(self, dataset: Dataset) -> None:
        events = dataset.events
        self.toys: list[str] = events[EventColumn.TOY].to_pylist()
        self.shoppers: list[str] = events[EventColumn.SHOPPER].to_pylist()
        self.kinds: list[str] = events[EventColumn.KIND].to_pylist()
        self.ages: list[int | None] = events[EventColumn.RECIPIENT_AGE].to_pylist()
        rows = dataset.toys.select([ToyColumn.ID, ToyColumn.CATEGORY, ToyColumn.PRICE, ToyColumn.RECOMMENDED_AGE])
        self._rows = {row[ToyColumn.ID]: row for row in rows.to_pylist()}

    def of_toys(self, column: ToyColumn) -> list[Any]:
        """That column of the toy of each event."""
        return [self._rows[toy][column] for toy in self.toys]


Bins = tuple[list[str], NDArray[np.int64], NDArray[np.int64]]
"""Names of the bins, and the bin of each event then and now."""


def _by_name(then: Sequence[str | None], now: Sequence[str | None]) -> Bins:
    """A bin for each of the commonest names, one for all others."""
    counts: dict[str, int] = {}
    for name in (*then, *now):
        counts[name or _UNKNOWN] = counts.get(name or _UNKNOWN, 0) + 1
    names = sorted(counts, key=lambda name: (-counts[name], name))
    if len(names) > _MOST_NAMES:
        names = [*names[: _MOST_NAMES - 1], _OTHER]
    place = {name: number for number, name in enumerate(names)}
    last = len(names) - 1

    def places(side: Sequence[str | None]) -> NDArray[np.int64]:
        return np.array([place.get(name or _UNKNOWN, last) for name in side])

    return names, places(then), places(now)


def _by_step(then: Sequence[float | None], now: Sequence[float | None], steps: Sequence[float], form: str) -> Bins:
    """A bin from each step to the next, the last one open, and one for what is not stated."""
    ends = [*(form.format(low, high) for low, high in pairwise(steps)), f"{steps[-1]:g} and more"]
    names = [*ends, _UNKNOWN]

    def places(side: Sequence[float | None]) -> NDArray[np.int64]:
        values = np.array([np.nan if value is None else float(value) for value in side])
        found = np.clip(np.searchsorted(steps, values, side="right") - 1, 0, len(steps) - 1)
        return np.where(np.isnan(values), len(names) - 1, found)

    return names, places(then), places(now)


def _ages(then: _Side, now: _Side) -> Bins:
    return _by_step(then.ages, now.ages, _AGES, "{:g}–{:g} months")


def _toy_ages(then: _Side, now: _Side) -> Bins:
    column = ToyColumn.RECOMMENDED_AGE
    return _by_step(then.of_toys(column), now.of_toys(column), _AGES, "{:g}–{:g} months")


def _categories(then: _Side, now: _Side) -> Bins:
    def leaf(side: _Side) -> list[str | None]:
        return [" > ".join(path[:2]) if path else None for path in side.of_toys(ToyColumn.CATEGORY)]

    return _by_name(leaf(then), leaf(now))


def _prices(then: _Side, now: _Side) -> Bins:
    before, after = then.of_toys(ToyColumn.PRICE), now.of_toys(ToyColumn.PRICE)
    stated = [float(price) for price in before if price is not None]
    steps = np.unique(np.quantile(stated, np.linspace(0, 1, _PRICE_BINS + 1)[:-1])).tolist() if stated else [0.0]
    return _by_step(before, after, steps, "{:g}–{:g}")


def _kinds(then: _Side, now: _Side) -> Bins:
    return _by_name(then.kinds, now.kinds)


_MIXES: Final[dict[str, Callable[[_Side, _Side], Bins]]] = {
    "age of the child": _ages,
    "age that toys are for": _toy_ages,
    "category": _categories,
    "price": _prices,
    "kind of event": _kinds,
}


def _shift(
    name: str,
    names: list[str],
    then: NDArray[np.int64],
    now: NDArray[np.int64],
    shoppers_then: Sequence[str],
    shoppers_now: Sequence[str],
    rng: np.random.Generator,
) -> Shift:
    counts = [np.bincount(side, minlength=len(names)).astype(float) for side in (then, now)]
    kept = [place for place in range(len(names)) if counts[0][place] or counts[1][place]]
    tables = [
        _table(side, shoppers, len(names))[:, kept] for side, shoppers in ((then, shoppers_then), (now, shoppers_now))
    ]
    before, after = (_shares(side[kept]) for side in counts)
    bins = tuple(Bin(names[place], p, q) for place, p, q in zip(kept, before.tolist(), after.tolist(), strict=True))
    return Shift(name, _psi(before, after), _chance(tables, rng), bins)


def _table(bins: NDArray[np.int64], shoppers: Sequence[str], n_bins: int) -> NDArray[np.float64]:
    """float64 [n_shoppers, n_bins]: how many events of each shopper lie in each bin."""
    place: dict[str, int] = {}
    rows = np.array([place.setdefault(shopper, len(place)) for shopper in shoppers])
    flat = np.bincount(rows * n_bins + bins, minlength=len(place) * n_bins)
    return flat.reshape(len(place), n_bins).astype(float)


def _chance(tables: list[NDArray[np.float64]], rng: np.random.Generator) -> float:
    """The 99th percentile of PSI when the shoppers of both sides are dealt out anew."""
    whole = sum(map(len, tables))
    share = min(1.0, _MOST_SHOPPERS / whole)
    sizes = [max(1, round(len(table) * share)) for table in tables]
    found = []
    together = np.concatenate(tables)
    for _ in range(_DEALS):
        dealt = rng.permutation(whole)
        parts = (dealt[: sizes[0]], dealt[sizes[0] : sum(sizes)])
        found.append(_psi(*(_shares(together[rows].sum(axis=0)) for rows in parts)))
    return float(np.quantile(found, _SURE)) * share  # chance falls as shoppers grow


def _shares(counts: NDArray[np.float64]) -> NDArray[np.float64]:
    filled = counts + _PSEUDO
    return filled / filled.sum()  # type: ignore[no-any-return]


def _psi(before: NDArray[np.float64], now: NDArray[np.float64]) -> float:
    return float(((now - before) * np.log(now / before)).sum())
