"""Whether lists have the mix of ages and prices that shoppers choose."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from app.report.charts import percent
from app.report.document import Cards, Plot, Section, Table, Words
from app.report.dots import Series, dot_plot
from app.report.figures import Estimate, estimate, share
from app.report.model.judged import Judged, Kind
from data.schema import Toy
from data.split import Holdout
from recommender.evaluation.beyond import K
from recommender.evaluation.report import AGES

_UNKNOWN: Final = "not stated"
_PRICE_BANDS: Final = 5
_ROUNDS: Final = 500
_AT_ONCE: Final = 2**21  # draws held at once
_SHOWN: Final[dict[str, Series]] = {
    "teacher": Series("teacher", "dot-1", hollow=True),
    "shipped": Series("student", "dot-0"),
    "baseline": Series("popularity", "dot-none"),
}


@dataclass(frozen=True)
class MixRow:
    """One recommender. shares: of the first ten places in each band

    distance: half the sum of the differences to what was chosen, 0 the same mix, 1 nothing in common
    """

    name: str
    kind: Kind
    shares: tuple[Estimate, ...]
    distance: Estimate


@dataclass(frozen=True)
class Mix:
    """How lists and choices spread over `bands`. chosen: shares of what shoppers took next"""

    name: str
    bands: tuple[str, ...]
    chosen: tuple[Estimate, ...]
    rows: tuple[MixRow, ...]


def measure_mixes(
    every: Sequence[Judged], holdout: Holdout, toys: Sequence[Toy], currency: str | None
) -> tuple[Mix, ...]:
    """The mixes of the ages that toys are recommended from, and of their prices; one that no toy states is left out."""
    ages = np.array([np.nan if toy.recommended_age is None else toy.recommended_age for toy in toys])
    prices = np.array([np.nan if toy.price is None else float(toy.price) for toy in toys])
    steps = _price_steps(prices[holdout.targets - 1])
    unit = f" {currency}" if currency else ""
    named = (
        ("age", [low for _, low, _ in AGES], [name.removeprefix("age ") for name, _, _ in AGES], ages),
        ("price", steps, _price_names(steps, unit), prices),
    )
    return tuple(
        _mix(name, bands, _bands(values, lows), every, holdout)
        for name, lows, bands, values in named
        if not np.isnan(values).all()
    )


def _price_steps(prices: NDArray[np.float64]) -> list[float]:
    """Where bands begin, round figures: each holds about as many of the toys that were chosen."""
    known = prices[~np.isnan(prices)]
    if not len(known):
        return [0.0]
    inner = np.quantile(known, np.linspace(0, 1, _PRICE_BANDS + 1)[1:-1])
    return [0.0, *sorted({float(f"{step:.2g}") for step in inner.tolist() if step > 0})]


def _price_names(steps: Sequence[float], unit: str) -> list[str]:
    if len(steps) == 1:
        return [f"any{unit}"]
    inner = [f"{low:g} to {high:g}" for low, high in pairwise(steps[1:])]
    return [f"under {steps[1]:g}{unit}", *inner, f"{steps[-1]:g} and more"]


def _bands(values: NDArray[np.float64], lows: Sequence[float]) -> NDArray[np.int64]:
    """int64 [N + 1]: the band of each toy, the last for what is not stated; row 0 is no toy."""
    found = np.clip(np.searchsorted(lows, values, side="right") - 1, 0, len(lows) - 1)
    return np.concatenate([[-1], np.where(np.isnan(values), len(lows), found)])


def _mix(name: str, bands: Sequence[str], band_of: NDArray[np.int64], every: Sequence[Judged], holdout: Holdout) -> Mix:
    chosen = _shares(band_of, holdout.targets[holdout.bounds[:-1], None], len(bands) + 1)
    tables = [_shares(band_of, each.judgement.top[:, :K], len(bands) + 1) for each in every]
    kept = [place for place in range(len(bands) + 1) if any(table[:, place].any() for table in (chosen, *tables))]
    rows = tuple(
        MixRow(
            each.name,
            each.kind,
            tuple(estimate(table[:, place]) for place in kept),
            _distance(table[:, kept], chosen[:, kept]),
        )
        for each, table in zip(every, tables, strict=True)
    )
    names = [*bands, _UNKNOWN]
    return Mix(name, tuple(names[place] for place in kept), tuple(estimate(chosen[:, place]) for place in kept), rows)


def _shares(band_of: NDArray[np.int64], lists: NDArray[np.int32], n_bands: int) -> NDArray[np.float64]:
    """float64 [Q, n_bands]: the share of each list's places in each band; lists: int32 [Q, k], −1 where no toy is."""
    found = band_of[np.maximum(lists, 0)]
    rows = np.repeat(np.arange(len(lists)), lists.shape[1])
    real = found.ravel() >= 0
    counts = np.bincount(rows[real] * n_bands + found.ravel()[real], minlength=len(lists) * n_bands)
    table = counts.reshape(len(lists), n_bands)
    return np.asarray(table / np.maximum(table.sum(axis=1, keepdims=True), 1))


def _distance(lists: NDArray[np.float64], chosen: NDArray[np.float64], seed: int = 0) -> Estimate:
    """Half the sum of the absolute differences of the mean shares, with an interval from drawing queries anew."""
    differences = lists - chosen
    rng = np.random.default_rng(seed)
    n = len(differences)
    step = max(1, _AT_ONCE // n)
    drawn = [
        rng.multinomial(n, np.full(n, 1 / n), size=min(step, _ROUNDS - start)) @ differences / n
        for start in range(0, _ROUNDS, step)
    ]
    found = np.abs(np.concatenate(drawn)).sum(axis=1) / 2
    low, high = np.quantile(found, [0.025, 0.975])
    return Estimate(float(np.abs(differences.mean(axis=0)).sum() / 2), float(low), float(high))


def mix_section(mixes: Sequence[Mix]) -> Section:
    """A plot for each mix, and the distances in one table."""
    if not mixes:
        return Section("Ages and prices", (Words("No toy states an age or a price, so no mix can be compared."),))
    kinds = {row.name: row.kind for mix in mixes for row in mix.rows}
    rows = tuple(
        (name, *(share(next(row.distance for row in mix.rows if row.name == name)) for mix in mixes)) for name in kinds
    )
    strong = frozenset(place for place, kind in enumerate(kinds.values()) if kind == "shipped")
    return Section(
        "Ages and prices",
        (
            Words(
                "How the mix of the lists compares with the mix of what shoppers took next. Distance: the share of "
                "places that would have to go to another band for the two to be the same, 0 is the same mix."
            ),
            Table(("recommender", *(f"distance by {mix.name}" for mix in mixes)), rows, strong=strong),
            Cards(tuple(_plot(mix) for mix in mixes)),
        ),
    )


def _plot(mix: Mix) -> Plot:
    shown = _drawn(mix)
    series = [Series("chosen", "dot-2"), *(_SHOWN[row.kind] for row in shown)]
    shipped = next(row for row in mix.rows if row.kind == "shipped")
    gaps = [one.value - other.value for one, other in zip(shipped.shares, mix.chosen, strict=True)]
    place = max(range(len(gaps)), key=lambda each: abs(gaps[each]))
    title = (
        f"By {mix.name}, the student is furthest from what is chosen at '{mix.bands[place]}': "
        f"{percent(shipped.shares[place].value)} of its places, {percent(mix.chosen[place].value)} of the choices"
    )
    told = "the age that toys are recommended from, in years" if mix.name == "age" else "price"
    return Plot(
        title,
        f"Share of the first ten places by {told}, beside what shoppers took next; 95 % intervals.",
        dot_plot(
            [
                (band, [mix.chosen[place], *(row.shares[place] for row in shown)])
                for place, band in enumerate(mix.bands)
            ],
            series,
            f"Mix of lists and choices by {mix.name}",
            "share of places",
            percent,
        ),
        Table(
            (mix.name, "chosen", *(row.name for row in mix.rows)),
            tuple(
                (band, share(mix.chosen[place]), *(share(row.shares[place]) for row in mix.rows))
                for place, band in enumerate(mix.bands)
            ),
        ),
    )


def _drawn(mix: Mix) -> list[MixRow]:
    """Teacher, student and popularity: more would be a crowd; the table has all."""
    wanted = [next((row for row in mix.rows if row.kind == kind), None) for kind in ("teacher", "shipped")]
    wanted.append(next((row for row in mix.rows if row.name == "popularity"), None))
    return [row for row in wanted if row is not None]
