"""What the figures of several sizes come to: where the index pays, and where exact scoring is no longer quick."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

from app.cli.sizes.crossover import about, crossing

FLOAT32: Final = "float32"
INT8: Final = "int8"
INDEX: Final = "index"
RULES: Final = "rules"
"""The making of the mask, which every way needs."""
RECALLS: Final = (0.95, 0.99)
BUDGET: Final = 10.0
"""Milliseconds for a request on one core."""


def verdict(sizes: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Sizes of a catalogue; 0 = from the smallest measured on, inf = not up to the largest.

    sizes: {"toys", "ways": [{"way", "recall", "milliseconds", "over", …}]}, ascending
    {"index_over_float32": {recall: from where the index is quicker}, "index_over_int8": likewise, "int8_over_float32",
    "within_budget": {"float32", "int8"}: from where exact scoring takes more than `BUDGET`, "unreached": {recall: the
    sizes at which no beam has it; they count for nothing else}}
    """
    toys = [each["toys"] for each in sizes]
    found: dict[str, Any] = {}
    reached = {recall: [each for each in sizes if math.isfinite(quickest(each, INDEX, recall))] for recall in RECALLS}
    for way in (FLOAT32, INT8):
        found[f"index_over_{way}"] = {
            str(recall): crossing([each["toys"] for each in able], [_ratio(each, way, recall) for each in able])
            for recall, able in reached.items()
        }
    found["unreached"] = {
        str(recall): [each["toys"] for each in sizes if each not in able] for recall, able in reached.items()
    }
    found["int8_over_float32"] = crossing(toys, [_quickest(each, INT8)["over"] for each in sizes])
    found["within_budget"] = {
        way: crossing(toys, [BUDGET / quickest(each, way) for each in sizes]) for way in (FLOAT32, INT8)
    }
    return found


def quickest(size: Mapping[str, Any], way: str, recall: float = 0.0) -> float:
    """Milliseconds of the quickest setting of a way with at least that recall; inf where there is none."""
    return float(_quickest(size, way, recall)["milliseconds"])


def _quickest(size: Mapping[str, Any], way: str, recall: float = 0.0) -> Mapping[str, Any]:
    fit = (each for each in size["ways"] if each["way"] == way and each["recall"] >= recall)
    return min(fit, key=lambda each: float(each["over"]), default={"milliseconds": math.inf, "over": math.inf})


def _ratio(size: Mapping[str, Any], way: str, recall: float) -> float:
    """The index's time by that of `way`, both by that of float32 in the same rounds."""
    return float(_quickest(size, INDEX, recall)["over"] / _quickest(size, way)["over"])


def said(found: Mapping[str, Any], sizes: Sequence[int], k: int) -> list[str]:
    """The verdict in sentences."""
    sentences = []
    for way in (FLOAT32, INT8):
        parts = [
            f"at recall@{k} ≥ {recall} {_from(found[f'index_over_{way}'][recall], sizes)}"
            f"{_but(found['unreached'][recall])}"
            for recall in map(str, RECALLS)
        ]
        sentences.append(f"The index answers sooner than exact {way} {', '.join(parts)}.")
    ends = found["within_budget"]
    parts = [f"exact {way} {_until(ends[way], sizes)}" for way in (FLOAT32, INT8)]
    sentences.append(f"Within {BUDGET:g} ms a request on one core: {', '.join(parts)}.")
    return sentences


def _from(size: float, sizes: Sequence[int]) -> str:
    if size == 0:
        return f"from the smallest measured on ({sizes[0]:,} toys)"
    return f"at no size up to {sizes[-1]:,} toys" if math.isinf(size) else f"from about {about(size)} toys on"


def _but(unreached: Sequence[int]) -> str:
    return f" (no beam tried has it at {' and '.join(f'{size:,}' for size in unreached)})" if unreached else ""


def _until(size: float, sizes: Sequence[int]) -> str:
    if size == 0:
        return f"not even {sizes[0]:,} toys"
    return f"all {sizes[-1]:,} toys" if math.isinf(size) else f"up to about {about(size)} toys"
