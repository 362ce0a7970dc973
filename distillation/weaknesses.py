"""The known weaknesses of a student, read off its figures: where it is worse, what nobody knows, what was not asked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, Final

from data.markdown import text
from distillation.cover import Cover
from recommender.evaluation.report import FEWEST_QUERIES, SLICES, UNTIED

Figures = Mapping[str, Mapping[str, Any]]
"""Slice → figures, as a manifest's `standing` has them."""
_YEAR: Final = 365  # days


def known_weaknesses(metrics: Mapping[str, Any], cover: Cover) -> Iterator[str]:
    """Sentences of Markdown. metrics: a manifest's, with `standing`."""
    standing = metrics["standing"]
    own = own_slices(standing)
    yield from _data_words(cover)
    yield from _weak(own)
    yield from _beaten(standing, own)
    yield from _unsure(own)
    yield from _cold(metrics["leave-one-out"]["cold toys"])
    yield _strangers(metrics["leave-one-out"]["strangers"], cover.shortest)
    yield from _ties(_own(standing))
    yield "Leave-one-out learns from other shoppers' later events, which no shop has when it ranks."
    yield (
        "The toy encoder knows of a toy what the catalogue says of it, and nothing else: one of which little is said "
        "it cannot place well."
    )


def own_slices(standing: Mapping[str, Any]) -> Figures:
    """The shipped student's figures by slice; without "no tie" where that is all queries again."""
    own = _own(standing)
    whole = own["all"]["queries"]
    return {name: one for name, one in own.items() if name != UNTIED or one["queries"] < whole}


def _own(standing: Mapping[str, Any]) -> Figures:
    ships = standing["contenders"][0]["name"]
    return {each["slice"]: each for each in standing["slices"] if each["name"] == ships}


def _data_words(cover: Cover) -> Iterator[str]:
    if cover.simulated:
        but = ", but for what was joined to them later" if cover.joined else ""
        yield f"The data are simulated{but}: no figure here says how real shoppers would like its lists."
    if cover.days is None:
        yield "The events have no dates: what it knows of seasons, nobody can say."
        return
    first, last = (date.fromisoformat(day) for day in cover.days)
    yield f"It has seen nothing after {last}: later toys and fashions it does not know."
    if (last - first).days < _YEAR:
        yield f"Its {(last - first).days} days of events are less than a year: there are seasons that it never saw."


def _weak(own: Figures) -> Iterator[str]:
    """Slices whose whole interval lies below the figure of all queries."""
    whole = own["all"]["ndcg@10"]
    found = sorted(
        (one for one in own.values() if one["high"] < whole and _enough(one)), key=lambda one: one["ndcg@10"]
    )
    if found:
        said = "; ".join(f"{text(one['slice'])} {_figure(one)}" for one in found)
        yield (
            f"**Weakest**, clearly below NDCG@10 of all queries ({whole:.4f}): {said}. {len(own) - 1} slices were "
            "looked at, so one may be here by chance."
        )
    else:
        yield f"On no slice with {FEWEST_QUERIES} queries or more is it clearly below NDCG@10 of all ({whole:.4f})."


def _beaten(standing: Mapping[str, Any], own: Figures) -> Iterator[str]:
    """Slices on which a baseline is above the student: the best one of each."""
    kinds = {each["name"]: each["kind"] for each in standing["contenders"]}
    better: dict[str, dict[str, Any]] = {}
    for one in standing["slices"]:
        part = own.get(one["slice"])
        if kinds[one["name"]] != "baseline" or part is None or not _enough(part) or one["ndcg@10"] <= part["ndcg@10"]:
            continue
        if one["ndcg@10"] > better.get(one["slice"], {"ndcg@10": 0.0})["ndcg@10"]:
            better[one["slice"]] = one
    for name, one in better.items():
        sure = "" if one["low"] > own[name]["high"] else "; their intervals overlap"
        yield (
            f"On {'all queries' if name == 'all' else text(name)} a simple way is above it: {text(one['name'])} "
            f"{one['ndcg@10']:.4f}, the student {own[name]['ndcg@10']:.4f}{sure}."
        )


def _unsure(own: Figures) -> Iterator[str]:
    few = [f"{text(name)} ({one['queries']:,})" for name, one in own.items() if not _enough(one)]
    none = [text(name) for name in SLICES if name not in own and name != UNTIED]
    if few:
        yield f"Too few queries to know (fewer than {FEWEST_QUERIES}): {', '.join(few)}."
    if none:
        yield f"No query at all, so nothing is known: {', '.join(none)}."


def _cold(cold: Mapping[str, Any] | None) -> Iterator[str]:
    if cold is None:
        yield "No toy of the test part is new to it: how well it finds toys that training never met is not known."
        return
    yield (
        f"{cold['toys']:,} toys were met by nobody in training. On the {cold['queries']} test queries for one of them "
        f"NDCG@10 is {cold['table']:.4f} with the student's own table, {cold['encoder']:.4f} with such toys placed by "
        "the toy encoder."
    )


def _strangers(figures: Mapping[str, Any], shortest: int) -> str:
    return (
        f"Nobody among the test queries is a stranger: the shortest history has {shortest} toys. Asked as if it knew "
        f"nothing of the same shoppers but whom the toy is for, where that was told, NDCG@10 is {_figure(figures)}. Of "
        "who tells nothing at all it ranks what most shoppers take first."
    )


def _ties(own: Figures) -> Iterator[str]:
    whole = own["all"]["queries"]
    tied = whole - (own[UNTIED]["queries"] if UNTIED in own else 0)
    if tied:
        advice = "read the slice without ties" if tied < whole else "there is no slice without ties to read"
        yield f"Of {tied:,} of {whole:,} targets nobody knows that they came after the toy before them: {advice}."


def _enough(figures: Mapping[str, Any]) -> bool:
    return bool(figures["queries"] >= FEWEST_QUERIES)


def _figure(one: Mapping[str, Any]) -> str:
    return f"{one['ndcg@10']:.4f} ({one['low']:.4f}–{one['high']:.4f}, {one['queries']:,} queries)"
