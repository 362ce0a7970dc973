"""A few shoppers with their lists side by side: what a person can judge by eye."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from app.report.document import Item, Lists, Section, Words
from app.report.figures import Estimate, estimate, share
from app.report.model.judged import Judged
from data.split import Holdout
from recommender.base import Query, batch_holdout, top_k
from recommender.evaluation.metrics import recall_at
from recommender.evaluation.requests import queries_of
from recommender.serving.asking import Ask
from recommender.serving.engine import Engine
from recommender.serving.policy.mask import allowed_mask, forbidding_rules

OF_EACH: Final = 3
LENGTH: Final = 5
SHIPS: Final = "student as it ships"
_LAST: Final = 5


@dataclass(frozen=True)
class Shown:
    """One toy of a list. reasons: as the kiosk would say them; taken: it is what the shopper took next"""

    toy: str
    title: str
    reasons: str
    taken: bool


@dataclass(frozen=True)
class Example:
    """One shopper of the test part. history: the newest contacts, oldest first, of `contacts` in all

    forbidden: the rule by which the toy that was taken may not be shown here, None where it may
    """

    who: str
    contacts: int
    history: tuple[str, ...]
    taken: str
    forbidden: str | None
    lists: tuple[tuple[str, tuple[Shown, ...]], ...]

    @property
    def shown(self) -> bool:
        """Whether the student shows the toy that was taken."""
        return any(toy.taken for toy in dict(self.lists)[SHIPS])


@dataclass(frozen=True)
class Examples:
    """found: share of all queries whose toy the student had among the first `LENGTH`; seed: of the draw"""

    rows: tuple[Example, ...]
    found: Estimate
    seed: int


def gather_examples(
    engine: Engine, shipped: Judged, beside: Sequence[Judged], holdout: Holdout, seed: int = 0
) -> Examples:
    """Shoppers drawn by chance, as many to whom the student shows the toy that they took next as others.

    beside: whose lists stand beside the student's; they keep to the same rules of the shop
    """
    hits = recall_at(shipped.judgement.ranks, LENGTH) > 0
    drawn = np.random.default_rng(seed).permutation(len(holdout))
    ids = engine.index.ids[: shipped.judgement.n_toys]
    found: dict[bool, list[Example]] = {True: [], False: []}
    for row in drawn.tolist():
        if len(found[bool(hits[row])]) < OF_EACH:
            alone = holdout.take(np.array([row]))
            example = _example(engine, queries_of(alone, ids)[0], alone, beside)
            if example.shown == hits[row]:  # a rule of the shop may forbid what the student found
                found[example.shown].append(example)
        if min(map(len, found.values())) == OF_EACH:
            break
    return Examples((*found[True], *found[False]), estimate(hits.astype(np.float64)), seed)


def _example(engine: Engine, query: Query, alone: Holdout, beside: Sequence[Judged]) -> Example:
    target = int(alone.targets[0])
    _, situation, _ = engine.situation(Ask(query.history, query.recipient))
    allowed = allowed_mask(engine.shelf, situation).mask
    answer = engine.recommend(query.history, query.recipient, k=LENGTH)
    ours = tuple(
        Shown(pick.toy.id, pick.toy.title, "; ".join(reason.text for reason in pick.reasons), pick.index == target)
        for pick in answer.items
    )
    others = [(each.name, _list(each, alone, allowed, engine, target)) for each in beside]
    teachers = [pair for pair, each in zip(others, beside, strict=True) if each.kind == "teacher"]
    rest = [pair for pair in others if pair not in teachers]
    rules = forbidding_rules(engine.shelf, situation, target)
    titles = [f"{engine.toy(each.toy).title} ({each.kind})" for each in query.history[-_LAST:]]
    return Example(
        _who(query),
        len(query.history),
        tuple(titles),
        engine.toys[target - 1].title,
        rules[0] if rules else None,
        (*teachers, (SHIPS, ours), *rest),
    )


def _list(each: Judged, alone: Holdout, allowed: NDArray[np.bool_], engine: Engine, target: int) -> tuple[Shown, ...]:
    batch = batch_holdout(alone)
    mask = allowed[None, 1:].copy()
    mask[0, batch.toys[batch.toys > 0] - 1] = False
    toys, _ = top_k(each.recommender.score_batch(batch), mask, LENGTH)
    return tuple(
        Shown(engine.toys[toy - 1].id, engine.toys[toy - 1].title, "", toy == target)
        for toy in toys[0].tolist()
        if toy > 0
    )


def _who(query: Query) -> str:
    one = query.recipient
    if one is None:
        return "Nobody said whom it is for"
    parts = []
    if one.age_months is not None:
        years, months = divmod(one.age_months, 12)
        parts.append(f"{years} years old" if years >= 2 else f"{12 * years + months} months old")
    if one.interests:
        parts.append(f"likes {', '.join(one.interests)}")
    if one.budget is not None:
        parts.append(f"budget {one.budget:g}")
    return f"For someone: {', '.join(parts)}" if parts else "For someone of whom nothing is said"


def examples_section(examples: Examples) -> Section:
    """The lists, the toy that was taken marked wherever it stands."""
    words = (
        f"Drawn by chance (seed {examples.seed}), none chosen by hand: first shoppers to whom the student shows the "
        f"toy that they took next among its first {LENGTH}, then others. It stands there for {share(examples.found)} "
        "of all. ✓ and bold: the toy that was taken next. All lists keep to the shop's rules; the student's has the "
        "reasons that a kiosk would give."
    )
    return Section("Shoppers and their lists", (Words(words), *(_lists(row) for row in examples.rows)))


def _lists(example: Example) -> Lists:
    every = len(example.history) == example.contacts
    kept = "All contacts before" if every else f"The last {len(example.history)} of {example.contacts} contacts before"
    last = f"{kept}: {'; '.join(example.history)}"
    why = f", which a rule forbids to show here ({example.forbidden})" if example.forbidden else ""
    return Lists(
        f"{example.who}; took {example.taken}{why}",
        f"{last}." if example.history else "No contact before.",
        tuple(
            (
                name,
                tuple(
                    Item(f"✓ {shown.title}" if shown.taken else shown.title, shown.reasons, shown.taken)
                    for shown in shown_list
                ),
            )
            for name, shown_list in example.lists
        ),
    )
