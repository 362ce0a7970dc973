"""Every gate that a retrained bundle has to pass, asked one after the other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np

from data.dataset import Dataset
from data.split import Holdout, Split
from distillation.gates import Gate, exposure_gate, quality_gate, running_student, safety_gate, size_gate
from recommender.evaluation.ranking import judge
from recommender.evaluation.report import FEWEST_QUERIES
from recommender.evaluation.shown import Seen, shoppers_shown
from recommender.evaluation.trials import AS_KIOSKS_DO, try_lists
from recommender.learning.fit import Reporter
from recommender.serving.bundle import Manifest, read_manifest
from recommender.serving.load import load_bundle
from recommender.serving.student import OnnxStudent

Report = Callable[[str], Reporter]
"""Title of a stage → who is told how far it is."""
_STEPS: Final = 3


def gates_of(
    new: Path,
    running: Path,
    dataset: Dataset,
    split: Split,
    manifest: Manifest,
    most_bytes: int,
    seen: Seen | None,
    report: Report,
) -> tuple[Gate, ...]:
    """The gates of the bundle in `new`, whose manifest is given, against the one that runs; see `distillation.gates`.

    seen: None where nothing is known of what was shown; then what kiosks had on trial is not asked
    """
    told = report("Judging it against the running bundle")
    before = running_student(running, dataset)
    queries, led = unled(split.test, seen, read_manifest(running).model)
    ours = judge(OnnxStudent.from_bundle(new, f"new bundle {manifest.model[:12]}"), queries)
    told("the new one", 1, _STEPS)
    theirs = judge(before, queries)
    told("the running one", 2, _STEPS)
    quality = quality_gate(ours, theirs, split.learned("test"))
    if led:
        quality = replace(quality, says=f"{quality.says} {_led_words(led, len(queries), len(split.test))}")
    gates = (
        safety_gate(load_bundle(new)),
        quality,
        Gate("int8", True, _kept_words(manifest), dict(manifest.metrics["gates"])),
        size_gate(manifest, most_bytes),
    )
    told("", _STEPS, _STEPS)
    if seen is None:
        return gates
    told = report("Asking the toys on trial")
    engines = load_bundle(running), load_bundle(new)
    tried = try_lists(seen, *engines, AS_KIOSKS_DO, told=lambda done, of: told("lists", done, of))
    return (*gates, exposure_gate(tried))


def unled(queries: Holdout, seen: Seen | None, model: str) -> tuple[Holdout, int]:
    """(the queries of shoppers who were shown no list of `model`, how many shoppers were shown one).

    What the others took next was taken from its lists, or instead of them: it would be judged by its own work, and no
    other bundle could be as good. It does not matter whether they took anything of a list; leaving out those alone who
    did would favour the other bundle. Where hardly anybody would be left, all are asked.
    """
    if seen is None:
        return queries, 0
    led = shoppers_shown(seen.lists, model)
    rows = np.flatnonzero([shopper not in led for shopper in queries.histories.shoppers])
    others = len(queries) - len(rows)
    return (queries if len(rows) < FEWEST_QUERIES else queries.take(rows)), others


def _led_words(led: int, asked: int, of: int) -> str:
    if asked < of:
        return f"{led:,} shoppers who were shown its lists are not asked."
    return (
        f"{led:,} of these shoppers were shown its lists, which favours it; too few others are left to ask them alone."
    )


def _kept_words(manifest: Manifest) -> str:
    kept = manifest.metrics["gates"]
    return f"As it ships it keeps {kept['kept_ndcg']:.2%} of NDCG@10 and {kept['kept_top_ten']:.2%} of the top ten."
