"""Figures of a dataset: how many, how dense, how long the tail, what is missing, what has no order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import ArrayLike, NDArray

from data.dataset import Dataset
from data.errors import DataError
from data.protocol import default_order
from data.schema import EventColumn, EventKind, Hazard, ToyColumn
from data.sequences import build_sequences
from data.split import leave_one_out

Bars = list[tuple[str, int]]
"""A count for each label, in an order that means something."""

TOP_SHARES: Final = (1, 10, 20)  # per cent of the toys
_CURVE_POINTS: Final = 100
_AGE_STEPS: Final = (0, 12, 24, 36, 48, 60, 72, 96, 120, 144, 168, 216)
_PRICE_STEPS: Final = (0, 5, 10, 15, 20, 30, 40, 50, 75, 100, 150, 200, 300, 500, 1000)
_COUNT_STEPS: Final = (1, 2, 3, 4, 5, 6, 8, 11, 16, 21, 31, 51, 101, 201, 501, 1001)
_MOST_CATEGORIES: Final = 12
_NEARLY_ALL: Final = 0.9


@dataclass(frozen=True)
class Spread:
    """A distribution in five figures; all 0 where there is nothing to count."""

    mean: float
    median: float
    p95: float
    least: float
    most: float


@dataclass(frozen=True)
class Ties:
    """Test targets of leave-one-out: how many there are and which share has no order.

    same_time: of the very time of the contact before; unknown_time: either time is unknown
    """

    targets: int
    same_time: float
    unknown_time: float


@dataclass(frozen=True)
class Stats:
    """All figures of a dataset.

    density: share of the shoppers × toys pairs that have an event; sessions: distinct, of events that have one
    top: per cent of the toys, the most met first → share of the events; gini: 0 = all toys met alike, 1 = one toy alone
    curve: (share of the toys, share of the events), the least met first; missing: table → column → share of rows
    ties: None where no shopper can be judged; prices: in `currency`, the commonest; period: first and last, ISO 8601
    """

    source: str
    digest: str
    toys: int
    shoppers: int
    events: int
    sessions: int
    density: float
    toys_met: int
    kinds: dict[str, int]
    events_a_shopper: Spread
    events_a_toy: Spread
    events_a_session: Spread
    shoppers_by_events: Bars
    top: dict[int, float]
    gini: float
    curve: list[tuple[float, float]]
    ties: Ties | None
    missing: dict[str, dict[str, float]]
    ages: Bars
    safety_ages: Bars
    hazards: dict[str, int]
    audiences: dict[str, int]
    categories: Bars
    currency: str | None
    price: Spread
    prices: Bars
    period: tuple[str, str] | None
    months: Bars


def describe(dataset: Dataset) -> Stats:
    """The figures of `dataset`: a few passes over both tables, seconds on millions of events.

    Raises DataError if a toy id comes twice or an event's toy is not in the toy table: nothing could be counted.
    """
    toys, events = dataset.toys, dataset.events
    if (
        pc.count_distinct(toys[ToyColumn.ID]).as_py() != toys.num_rows
        or not pc.all(pc.is_in(events[EventColumn.TOY], toys[ToyColumn.ID].combine_chunks()), min_count=0).as_py()
    ):
        raise DataError(
            "The dataset has toys of one id or events of unknown toys, so it cannot be counted. "
            "'toyguide data validate' names them and can leave them out."
        )
    shopper = pd.factorize(events[EventColumn.SHOPPER].to_pandas())[0]
    toy = dataset.events_frame()["toy_index"].to_numpy() - 1
    a_shopper, a_toy = np.bincount(shopper), np.bincount(toy, minlength=toys.num_rows)
    a_session = _sessions(events)
    pairs = len(np.unique(shopper.astype(np.int64) * max(toys.num_rows, 1) + toy))
    cells = len(a_shopper) * toys.num_rows
    currency, prices = _prices(toys)
    return Stats(
        source=dataset.source.name,
        digest=dataset.digest,
        toys=toys.num_rows,
        shoppers=len(a_shopper),
        events=events.num_rows,
        sessions=len(a_session),
        density=pairs / cells if cells else 0.0,
        toys_met=int((a_toy > 0).sum()),
        kinds={str(kind): _count(events[EventColumn.KIND], kind) for kind in EventKind},
        events_a_shopper=_spread(a_shopper),
        events_a_toy=_spread(a_toy),
        events_a_session=_spread(a_session),
        shoppers_by_events=_histogram(a_shopper, _COUNT_STEPS, _whole_range),
        top={percent: _top_share(a_toy, percent) for percent in TOP_SHARES},
        gini=gini(a_toy),
        curve=_curve(a_toy),
        ties=_ties(dataset),
        missing={name: _missing(table) for name, table in (("toys", toys), ("events", events))},
        ages=_histogram(_known(toys[ToyColumn.RECOMMENDED_AGE]), _AGE_STEPS, _age_range),
        safety_ages=_histogram(_known(toys[ToyColumn.SAFETY_MIN_AGE]), _AGE_STEPS, _age_range),
        hazards={str(hazard): _count(toys[ToyColumn.HAZARDS].combine_chunks().flatten(), hazard) for hazard in Hazard},
        audiences=_counts(toys[ToyColumn.AUDIENCE]),
        categories=_categories(toys),
        currency=currency,
        price=_spread(prices),
        prices=_histogram(prices, _PRICE_STEPS, _whole_range),
        period=_period(events),
        months=_months(events),
    )


def gini(counts: ArrayLike) -> float:
    """The Gini coefficient of counts: 0 where all are alike (or there are none).

    Source: the mean absolute difference over twice the mean, in its sorted form.
    """
    ordered = np.sort(np.asarray(counts, np.float64))
    n, total = len(ordered), ordered.sum()
    if not total:
        return 0.0
    return float(2 * (np.arange(1, n + 1) * ordered).sum() / (n * total) - (n + 1) / n)


def _spread(values: NDArray[Any]) -> Spread:
    if not len(values):
        return Spread(0.0, 0.0, 0.0, 0.0, 0.0)
    median, p95 = np.quantile(values, [0.5, 0.95])
    return Spread(float(values.mean()), float(median), float(p95), float(values.min()), float(values.max()))


def _known(column: pa.ChunkedArray) -> NDArray[np.float64]:
    return np.asarray(column.drop_null().cast(pa.float64()).to_numpy(), np.float64)


def _count(column: pa.ChunkedArray, value: str) -> int:
    return int(pc.sum(pc.equal(column, str(value))).as_py() or 0)


def _counts(column: pa.ChunkedArray) -> dict[str, int]:
    found = column.value_counts().to_pylist()
    return {row["values"]: row["counts"] for row in sorted(found, key=lambda row: (-row["counts"], row["values"]))}


def _sessions(events: pa.Table) -> NDArray[np.int64]:
    frame = events.select([EventColumn.SHOPPER, EventColumn.SESSION]).to_pandas().dropna()
    return np.asarray(frame.groupby([EventColumn.SHOPPER, EventColumn.SESSION]).size(), np.int64)


def _top_share(a_toy: NDArray[np.int64], percent: int) -> float:
    """The share of all events that falls on the most met `percent` of the toys (at least one toy)."""
    total = a_toy.sum()
    if not total:
        return 0.0
    top = max(1, round(len(a_toy) * percent / 100))
    return float(np.sort(a_toy)[::-1][:top].sum() / total)


def _curve(a_toy: NDArray[np.int64]) -> list[tuple[float, float]]:
    """The Lorenz curve, at most 101 points."""
    total = a_toy.sum()
    if not total:
        return []
    run = np.concatenate([[0], np.cumsum(np.sort(a_toy))])
    places = np.unique(np.linspace(0, len(a_toy), _CURVE_POINTS + 1).round().astype(np.int64))
    return [(float(place / len(a_toy)), float(run[place] / total)) for place in places]


def _ties(dataset: Dataset) -> Ties | None:
    sequences = build_sequences(dataset, default_order(dataset), dataset.source.seed)
    try:
        test = leave_one_out(sequences).test
    except DataError:  # no shopper has toys enough to be judged: there is no target to have a tie
        return None
    row = {name: number for number, name in enumerate(sequences.shoppers)}
    owner = np.array([row[name] for name in test.histories.shoppers], np.int64)
    target = sequences.offsets[owner] + np.diff(test.histories.offsets)
    known = (sequences.times[target] >= 0) & (sequences.times[target - 1] >= 0)
    return Ties(len(test), float((test.tied & known).mean()), float((~known).mean()))


def _missing(table: pa.Table) -> dict[str, float]:
    """The share of rows in which a column is null, blank or an empty list."""
    shares = {}
    for name in table.column_names:
        column = table[name]
        if pa.types.is_list(column.type):
            empty = pc.equal(pc.fill_null(pc.list_value_length(column), 0), 0)
        elif pa.types.is_string(column.type):
            empty = pc.equal(pc.utf8_trim_whitespace(pc.fill_null(column, "")), "")
        else:
            empty = pc.is_null(column)
        shares[name] = float(pc.mean(empty).as_py() or 0.0)
    return shares


def _categories(toys: pa.Table) -> Bars:
    """Toys in each of the largest categories, at the first level at which no one category holds nearly all."""
    paths = [path for path in toys[ToyColumn.CATEGORY].to_pylist() if path]
    if not paths:
        return []
    labels = pd.Series([path[0] for path in paths])
    for level in range(1, max(map(len, paths))):
        counts = labels.value_counts()
        if counts.iloc[0] < _NEARLY_ALL * len(paths):
            break
        trunk = counts.index[0]
        labels = pd.Series(
            [
                path[level] if old == trunk and len(path) > level else old
                for path, old in zip(paths, labels, strict=True)
            ]
        )
    bars = [(str(name), int(count)) for name, count in labels.value_counts().items()]
    if len(bars) <= _MOST_CATEGORIES + 1:
        return bars
    rest = bars[_MOST_CATEGORIES:]
    return [*bars[:_MOST_CATEGORIES], (f"{len(rest)} others", sum(count for _, count in rest))]


def _prices(toys: pa.Table) -> tuple[str | None, NDArray[np.float64]]:
    priced = toys.filter(pc.is_valid(toys[ToyColumn.PRICE]))
    currencies = _counts(priced[ToyColumn.CURRENCY].drop_null())
    if not currencies:
        return None, _known(priced[ToyColumn.PRICE])
    currency = next(iter(currencies))
    return currency, _known(priced.filter(pc.equal(priced[ToyColumn.CURRENCY], currency))[ToyColumn.PRICE])


def _period(events: pa.Table) -> tuple[str, str] | None:
    ends = pc.min_max(events[EventColumn.TIME]).as_py()
    return None if ends["min"] is None else (ends["min"].isoformat(), ends["max"].isoformat())


def _months(events: pa.Table) -> Bars:
    """Events of every month from the first to the last, months without any included."""
    times = events[EventColumn.TIME].drop_null()
    if not len(times):
        return []
    months = pd.Series(times.to_numpy()).dt.to_period("M")
    counts = months.value_counts()
    return [(str(month), int(counts.get(month, 0))) for month in pd.period_range(months.min(), months.max(), freq="M")]


def _histogram(values: NDArray[Any], steps: tuple[int, ...], label: Any) -> Bars:
    """Counts between `steps`, the last one open; empty ends are left out."""
    counts = np.histogram(values, [*steps, np.inf])[0] if len(values) else np.zeros(0, int)
    filled = np.flatnonzero(counts)
    if not len(filled):
        return []
    ends: list[int | None] = [*steps[1:], None]
    return [(label(steps[i], ends[i]), int(counts[i])) for i in range(filled[0], filled[-1] + 1)]


def _whole_range(low: int, high: int | None) -> str:
    if high is None:
        return f"{low}+"
    return f"{low}" if high == low + 1 else f"{low}–{high - 1}"


def _age_range(low: int, high: int | None) -> str:
    return f"{low // 12}+" if high is None else f"{low // 12}–{high // 12}"
