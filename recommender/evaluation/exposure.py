"""What shoppers would have wanted of another model's lists, from lists that a kiosk showed with known chances.

What was wanted of the lists of one model says little of another: its toys had the places, and whatever it never shows
was never wanted. A kiosk that puts toys on trial shows every candidate now and then, with a known chance; dividing by
that chance undoes the favour (Horvitz and Thompson 1952). Per list of K places,

    V(new) = E[ Σ_j w(a_j) r_j ],    w(a) = Σ_k θ_k π_new(a at k) / Σ_k θ_k π_shown(a at k),

where a_j stood in place j, r_j says whether it was wanted, and π is the chance of a toy in a place, over all draws that
the kiosk could have made. This is the estimator of Li, Abbasi-Yadkori, Kveton, Muthukrishnan, Vinay and Wen (KDD 2018)
for the position-based click model: a toy is wanted with chance θ_k ρ(x, a), looked at in place k times wanted once seen
by the shopper x. It is unbiased where that holds and the new model's toys had a chance. θ_k = k^-η is measured from the
toys on trial alone, which chance put there: a place gets no better toys than another (Joachims, Swaminathan and
Schnabel, WSDM 2017).

Weights beyond `MOST_WEIGHT` are cut. The sum is divided by what the weights come to and multiplied by what they should
(self-normalised: Swaminathan and Joachims, NeurIPS 2015), Σ_j w(a_j) θ_j, whose mean is the Σ_k θ_k that the new model
gives to toys that had a chance at all; those that had none are taken to be wanted as often as the others. Intervals are
percentile bootstraps over visits, with η measured anew in each round: lists of one visit are alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

MOST_WEIGHT: Final = 1000.0
DECAYS: Final = np.arange(0, 2.01, 0.125)
"""The η among which the one that fits is sought: 0, every place is looked at alike, to 2, the fifth a 25th as often."""
USUAL_DECAY: Final = 0.5
_DECAY_SPREAD: Final = 0.5
"""η before anything was seen: normal, with that mean and standard deviation. A hundred wanted trials outweigh it."""
ROUNDS: Final = 2000
_SURE: Final = 0.95
_VERY_SURE: Final = 0.99  # a check that gives a false alarm is soon left unread
_BLOCK: Final = 2**22  # numbers drawn at once


@dataclass(frozen=True, slots=True)
class Exposed:
    """One list of K places that was shown, of P candidates.

    visit: whose lists are alike; rows: int64 [K], the candidates shown, in order; wanted: bool [K]
    shown: float64 [K, P], the chance of each candidate in each place; new: float64 [K, P], the same under the new
    model, rows sum to less than 1 where it would show others
    plain: int64 [K], the list that the model shown makes without trials; plain_new: bool [P], whether the new one's,
    without trials, holds that candidate
    best: bool [K], whether the toy in that place was the best for it; trial: float64 [K], the chance that it was not
    """

    visit: str
    rows: NDArray[np.int64]
    wanted: NDArray[np.bool_]
    shown: NDArray[np.float64]
    new: NDArray[np.float64]
    plain: NDArray[np.int64]
    plain_new: NDArray[np.bool_]
    best: NDArray[np.bool_]
    trial: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Figure:
    """Wanted toys a list, and its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Exposure:
    """What the lists say. All figures are wanted toys a list.

    lists, visits, places: how many were used; trials: toys on trial among them; wanted, wanted_trials: wanted toys
    running: as it was; replayed: the plain figure of the new model, of the toys shown that its lists hold too; new: the
    estimate; difference: new − running, of the same visits; plain, plain_seen: the running model without its trials, as
    estimated, and as seen in lists that came out without one; plain_difference: estimated − seen, its interval of 99 %;
    both None where every list had one
    decay: η; supported: share of what the new model shows that had a chance to be shown; clipped: weights that were cut
    effective: so many toys shown without weights would say as much (Kish); expected_trials: what the chances promised
    trials_off: standard errors by which `trials` are more than that
    """

    lists: int
    visits: int
    places: int
    trials: int
    wanted: int
    wanted_trials: int
    running: Figure
    replayed: float
    new: Figure
    difference: Figure
    plain: Figure
    plain_seen: float | None
    plain_difference: Figure | None
    decay: float
    supported: float
    clipped: int
    effective: float
    expected_trials: float
    trials_off: float


def estimate(lists: Sequence[Exposed], rounds: int = ROUNDS, seed: int = 0) -> Exposure:
    """What `lists`, at least one, say of the model that made them and of the new one."""
    sums = _by_visit(lists)
    seen = {name: column.sum(axis=0, keepdims=True) for name, column in sums.items()}
    found = {name: float(value[0]) for name, value in _values(seen).items()}
    again = _resampled(sums, rounds, seed)
    decay = int(_decay(seen)[0])
    weight, square, clipped = (float(seen[name][0, decay]) for name in ("weight", "square", "clipped"))
    off = sums["trials"][:, 0] - sums["trials_due"][:, 0]
    spread = float(np.sqrt((off**2).sum()))
    untried = seen["untried"][0, 0] > 0

    def figure(name: str, sure: float = _SURE) -> Figure:
        drawn = again[name][~np.isnan(again[name])]
        if not len(drawn):
            return Figure(found[name], float("nan"), float("nan"))
        low, high = np.quantile(drawn, [(1 - sure) / 2, (1 + sure) / 2])
        return Figure(found[name], float(low), float(high))

    def count(name: str) -> int:
        return round(float(seen[name].sum()))

    return Exposure(
        lists=len(lists),
        visits=len(off),
        places=count("places"),
        trials=count("trials"),
        wanted=count("wanted"),
        wanted_trials=count("wanted_trials"),
        running=figure("running"),
        replayed=found["replayed"],
        new=figure("new"),
        difference=figure("difference"),
        plain=figure("plain"),
        plain_seen=found["plain_seen"] if untried else None,
        plain_difference=figure("plain_difference", _VERY_SURE) if untried else None,
        decay=float(DECAYS[decay]),
        supported=float(seen["supported"][0, decay] / seen["looks"][0, decay]),
        clipped=round(clipped),
        effective=weight**2 / square if square else 0.0,
        expected_trials=float(seen["trials_due"].sum()),
        trials_off=float(off.sum()) / spread if spread else 0.0,
    )


def _by_visit(lists: Sequence[Exposed]) -> dict[str, NDArray[np.float64]]:
    """What the estimate needs of the lists, summed by visit: name → float64 [visits, n], n as in `_parts`."""
    visits = {visit: number for number, visit in enumerate(dict.fromkeys(each.visit for each in lists))}
    longest = max(len(each.rows) for each in lists)
    sums: dict[str, NDArray[np.float64]] = {}
    for each in lists:
        for name, part in _parts(each, longest).items():
            if name not in sums:
                sums[name] = np.zeros((len(visits), len(part)))
            sums[name][visits[each.visit]] += part
    return sums


def _parts(each: Exposed, longest: int) -> dict[str, NDArray[np.float64]]:
    """Of one list: by η, by place (padded to `longest`) or, of one number, by itself."""
    places = len(each.rows)
    looks = np.arange(1, places + 1)[:, None] ** -DECAYS  # [K, η]
    was = each.shown.T @ looks  # [P, η], how much a candidate is looked at
    new = each.new.T @ looks
    plain = np.zeros_like(was)
    plain[each.plain] = looks
    wanted = each.wanted[:, None]
    possible = was > 0
    ratio = np.divide(new, was, out=np.zeros_like(new), where=possible)[each.rows]
    weight = np.minimum(ratio, MOST_WEIGHT)
    plain_weight = np.divide(plain, was, out=np.zeros_like(plain), where=possible)[each.rows]
    alone = np.isin(each.rows, each.plain, invert=True) & ~each.best  # on trial, and shown for no other cause
    matched = each.plain_new[each.rows]
    untried = bool(each.best.all())

    def one(value: float) -> NDArray[np.float64]:
        return np.array([value], np.float64)

    def by_place(marks: NDArray[np.bool_]) -> NDArray[np.float64]:
        return np.pad(marks.astype(np.float64), (0, longest - places))

    return {
        "lists": one(1),
        "places": one(places),
        "wanted": one(each.wanted.sum()),
        "looks": looks.sum(axis=0),
        "supported": np.where(possible, new, 0).sum(axis=0),
        "value": (weight * wanted).sum(axis=0),
        "control": (weight * looks).sum(axis=0),
        "weight": weight.sum(axis=0),
        "square": (weight**2).sum(axis=0),
        "clipped": (ratio > MOST_WEIGHT).sum(axis=0).astype(np.float64),
        "plain_value": (plain_weight * wanted).sum(axis=0),
        "plain_control": (plain_weight * looks).sum(axis=0),
        "untried": one(untried),
        "untried_wanted": one(each.wanted.sum() * untried),
        "matched": one(matched.sum()),
        "matched_wanted": one((matched & each.wanted).sum()),
        "alone": by_place(alone),
        "alone_wanted": by_place(alone & each.wanted),
        "trials": one((~each.best).sum()),
        "wanted_trials": one((~each.best & each.wanted).sum()),
        "trials_due": one(each.trial.sum()),
    }


def _resampled(sums: dict[str, NDArray[np.float64]], rounds: int, seed: int) -> dict[str, NDArray[np.float64]]:
    """The values of `rounds` draws of as many visits: name → float64 [rounds]."""
    generator = np.random.default_rng(seed)
    visits = len(sums["lists"])
    block = max(1, _BLOCK // visits)
    found = []
    for start in range(0, rounds, block):
        drawn = generator.multinomial(visits, np.full(visits, 1 / visits), size=min(block, rounds - start))
        times = drawn.astype(np.float64)
        found.append(_values({name: times @ column for name, column in sums.items()}))
    return {name: np.concatenate([part[name] for part in found]) for name in found[0]}


def _values(sums: dict[str, NDArray[np.float64]]) -> dict[str, NDArray[np.float64]]:
    """The figures of sums over visits, each [B, n]: name → float64 [B]; NaN where there is nothing to divide by."""
    decay = _decay(sums)
    each = np.arange(len(decay))

    def at(name: str) -> NDArray[np.float64]:
        return sums[name][each, decay]

    def only(name: str) -> NDArray[np.float64]:
        return sums[name][:, 0]

    with np.errstate(divide="ignore", invalid="ignore"):
        lists, looks = only("lists"), at("looks")
        running = only("wanted") / lists
        new = at("value") / at("control") * looks / lists
        plain = at("plain_value") / at("plain_control") * looks / lists
        seen = only("untried_wanted") / only("untried")
        replayed = only("matched_wanted") / only("matched") * only("places") / lists
    return {
        "running": running,
        "replayed": replayed,
        "new": new,
        "difference": new - running,
        "plain": plain,
        "plain_seen": seen,
        "plain_difference": plain - seen,
    }


def _decay(sums: dict[str, NDArray[np.float64]]) -> NDArray[np.int64]:
    """Which of `DECAYS` is the likeliest after what was seen, int64 [B]: on which places the wanted trials fell."""
    shown, wanted = sums["alone"], sums["alone_wanted"]
    logs = -np.log(np.arange(1, shown.shape[1] + 1))[:, None] * DECAYS
    total = np.log(np.maximum(shown @ np.exp(logs), np.finfo(np.float64).tiny))
    likely = wanted @ logs - wanted.sum(axis=1, keepdims=True) * total
    before = -(((DECAYS - USUAL_DECAY) / _DECAY_SPREAD) ** 2) / 2
    found: NDArray[np.int64] = (likely + before).argmax(axis=1)
    return found
