"""Toys and recipients as arrays, with numpy alone: the same code in training, in judging and on the device.

A toy becomes two bags of hashed tokens (words of its titles and category names, weighted by TF-IDF; labels: brand,
category paths, tags) and one dense profile (age, price, interests). A recipient becomes a profile of the same layout,
so that "age 5" means the same on both sides. What is unknown is all zeros.
"""

from __future__ import annotations

import math
import re
import zlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from data.schema import Recipient, Toy

AGE_KNOTS: Final = (0, 6, 12, 18, 24, 36, 48, 60, 72, 84, 96, 108, 120, 144, 168, 216)
"""Months; an age is spread over its two neighbours (linear interpolation)."""
PRICE_KNOTS: Final = (3, 6, 10, 15, 20, 30, 50, 80, 120, 200)
"""The shop's currency; a price or budget is spread over its two neighbours on a log scale."""
TEXT_BUCKETS: Final = 2**16
LABEL_BUCKETS: Final = 2**13
MAX_TEXT_TOKENS: Final = 64
MAX_LABELS: Final = 32
MAX_INTERESTS: Final = 64

_WORDS = re.compile(r"[a-z0-9]+|[\u3400-\u9fff]+")
_HAN = re.compile(r"[\u3400-\u9fff]")


@dataclass(frozen=True)
class ToyFeatures:
    """Toys 0 … N as arrays; row 0 is padding and all zeros.

    text: int32 [N + 1, T] rows of the text vocabulary, 0 = padding; text_weights: float32, rows of unit length
    labels: int32 [N + 1, M] rows of the label vocabulary, 0 = padding; label_weights: float32, rows of unit length
    profile: float32 [N + 1, P] age, price and interests
    """

    text: NDArray[np.int32]
    text_weights: NDArray[np.float32]
    labels: NDArray[np.int32]
    label_weights: NDArray[np.float32]
    profile: NDArray[np.float32]


@dataclass(frozen=True)
class FeatureSchema:
    """What was learned from the training catalogue about its features; travels with every model.

    text_buckets: int32 [V], hash buckets that at least two toys share, sorted; vocabulary row i + 1 is bucket i
    idf: float32 [V], inverse document frequencies of those buckets
    label_buckets: int32 [U], the same for labels
    interests: names of the interest columns of a profile
    """

    text_buckets: NDArray[np.int32]
    idf: NDArray[np.float32]
    label_buckets: NDArray[np.int32]
    interests: tuple[str, ...]

    @property
    def text_rows(self) -> int:
        """Rows of a text embedding table, padding included."""
        return len(self.text_buckets) + 1

    @property
    def label_rows(self) -> int:
        """Rows of a label embedding table, padding included."""
        return len(self.label_buckets) + 1

    @property
    def profile_width(self) -> int:
        """Columns of a profile."""
        return profile_width(len(self.interests))


def profile_width(n_interests: int) -> int:
    """Columns of a profile with that many interests."""
    return len(AGE_KNOTS) + len(PRICE_KNOTS) + n_interests


def fit_schema(toys: Sequence[Toy]) -> FeatureSchema:
    """Learn the vocabulary, its document frequencies and the interests from a catalogue."""
    text, labels, interests = Counter[int](), Counter[int](), Counter[str]()
    for toy in toys:
        text.update(set(_text_buckets(toy)))
        labels.update(set(_label_buckets(toy)))
        interests.update(toy.interests)
    shared = sorted(bucket for bucket, count in text.items() if count >= 2)
    idf = [math.log((1 + len(toys)) / (1 + text[bucket])) + 1 for bucket in shared]
    return FeatureSchema(
        np.array(shared, np.int32),
        np.array(idf, np.float32),
        np.array(sorted(bucket for bucket, count in labels.items() if count >= 2), np.int32),
        tuple(sorted(name for name, _ in interests.most_common(MAX_INTERESTS))),
    )


def encode_toys(toys: Sequence[Toy], schema: FeatureSchema) -> ToyFeatures:
    """Toys as arrays, toy i of `toys` in row i + 1. Tokens outside the schema are left out."""
    rows = len(toys) + 1
    text_row = _vocabulary(schema.text_buckets)
    label_row = _vocabulary(schema.label_buckets)
    text, text_weights = np.zeros((rows, MAX_TEXT_TOKENS), np.int32), np.zeros((rows, MAX_TEXT_TOKENS), np.float32)
    labels, label_weights = np.zeros((rows, MAX_LABELS), np.int32), np.zeros((rows, MAX_LABELS), np.float32)
    profile = np.zeros((rows, schema.profile_width), np.float32)
    column = {name: i for i, name in enumerate(schema.interests)}
    for row, toy in enumerate(toys, start=1):
        counts = Counter(text_row[bucket] for bucket in _text_buckets(toy) if bucket in text_row)
        weighted = {token: (1 + math.log(count)) * float(schema.idf[token - 1]) for token, count in counts.items()}
        _put_bag(text[row], text_weights[row], weighted)
        _put_bag(labels[row], label_weights[row], {label_row[b]: 1.0 for b in _label_buckets(toy) if b in label_row})
        price = None if toy.price is None else float(toy.price)
        _put_profile(profile[row], column, toy.recommended_age, price, toy.interests)
    return ToyFeatures(text, text_weights, labels, label_weights, profile)


def encode_recipients(recipients: Sequence[Recipient | None], interests: Sequence[str]) -> NDArray[np.float32]:
    """Recipients as profiles float32 [B, P]; what is unknown is zeros."""
    profile = np.zeros((len(recipients), profile_width(len(interests))), np.float32)
    column = {name: i for i, name in enumerate(interests)}
    for row, recipient in enumerate(recipients):
        if recipient is not None:
            _put_profile(profile[row], column, recipient.age_months, recipient.budget, recipient.interests)
    return profile


def tokens(text: str) -> list[str]:
    """Words and word pairs of Latin text, characters and character pairs of Chinese, in lower case."""
    found: list[str] = []
    before = ""
    for run in _WORDS.findall(text.lower()):
        units = list(run) if _HAN.match(run) else [run]
        for unit in units:
            found.append(unit)
            if before:
                found.append(f"{before} {unit}")
            before = unit
    return found


def _bucket(token: str, buckets: int) -> int:
    return zlib.crc32(token.encode()) % buckets


def _text_buckets(toy: Toy) -> list[int]:
    texts = (toy.title, toy.title_zh or "", " ".join(toy.category), toy.brand or "")
    return [_bucket(token, TEXT_BUCKETS) for text in texts for token in tokens(text)]


def _label_buckets(toy: Toy) -> list[int]:
    names = [f"category:{'>'.join(toy.category[:depth])}" for depth in range(1, len(toy.category) + 1)]
    names += [f"tag:{tag}" for tag in toy.tags]
    if toy.brand:
        names.append(f"brand:{toy.brand.lower()}")
    return [_bucket(name, LABEL_BUCKETS) for name in names]


def _vocabulary(buckets: NDArray[np.int32]) -> dict[int, int]:
    return {int(bucket): row for row, bucket in enumerate(buckets, start=1)}


def _put_bag(row: NDArray[np.int32], weights: NDArray[np.float32], bag: dict[int, float]) -> None:
    """Write the heaviest tokens of `bag` into `row`, their weights scaled to unit length."""
    kept = sorted(bag.items(), key=lambda item: (-item[1], item[0]))[: len(row)]
    length = math.sqrt(sum(weight**2 for _, weight in kept)) or 1.0
    for i, (token, weight) in enumerate(kept):
        row[i] = token
        weights[i] = weight / length


def _put_profile(
    row: NDArray[np.float32],
    column: dict[str, int],
    age: int | None,
    money: float | None,
    interests: Iterable[str],
) -> None:
    if age is not None:
        _spread(row[: len(AGE_KNOTS)], age, AGE_KNOTS)
    if money is not None and money > 0:
        _spread(
            row[len(AGE_KNOTS) : len(AGE_KNOTS) + len(PRICE_KNOTS)], math.log(money), [math.log(k) for k in PRICE_KNOTS]
        )
    for interest in interests:
        if interest in column:
            row[len(AGE_KNOTS) + len(PRICE_KNOTS) + column[interest]] = 1.0


def _spread(row: NDArray[np.float32], value: float, knots: Sequence[float]) -> None:
    """Linear interpolation: `value` as weights on its two neighbouring knots, clamped to the ends."""
    value = min(max(value, knots[0]), knots[-1])
    right = next(i for i in range(1, len(knots)) if value <= knots[i])
    share = (value - knots[right - 1]) / (knots[right] - knots[right - 1])
    row[right - 1] += 1 - share
    row[right] += share
