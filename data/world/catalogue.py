"""The shop's catalogue: kinds × looks × brands × sizes, drawn so that every kind has its share and series stay whole.

What a toy says of itself (`Toy`) and what is true of it (the arrays) are kept apart: a shop does not know every age,
price or audience, but the toy has one all the same.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from itertools import chain, repeat
from typing import Final

import numpy as np
from numpy.typing import NDArray

from data.dataset import seeded_key
from data.schema import Audience, Toy, ages_from_maker
from data.world.words import CURRENCY, INTERESTS, NEVER_ADULT_BEFORE, Brand, Kind, Look, Size, brands, kinds, looks

PERIOD_DAYS: Final = 731
"""The world's days, numbered from 0 = 1 January 2024 (UTC); a leap year and an ordinary one."""

_NO_AGE, _NO_PRICE, _NO_TEXT, _NO_AUDIENCE, _LATE = 0.04, 0.015, 0.03, 0.03, 0.12
_LOOK_SHARE = 0.7  # how much a look says of a toy's interests, its kind saying 1
_STYLES = 4


@dataclass(frozen=True)
class Catalogue:
    """N toys, in the order of a dataset seeded alike, and what is true of each.

    kind, look, brand: int32 [N] rows of the word tables
    ages: float32 [N, 2] months from and to that it truly suits; price: float32 [N]; sellable: bool [N, 12] by month
    interests: float32 [N, 24], rows of length about 1; style: float32 [N, 4], what no label names
    next_in_series: int32 [N], the toy that follows in its series, −1 if none
    launch: int32 [N], the first day on which it is sold
    """

    toys: tuple[Toy, ...]
    kind: NDArray[np.int32]
    look: NDArray[np.int32]
    brand: NDArray[np.int32]
    ages: NDArray[np.float32]
    price: NDArray[np.float32]
    sellable: NDArray[np.bool_]
    interests: NDArray[np.float32]
    style: NDArray[np.float32]
    next_in_series: NDArray[np.int32]
    launch: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.toys)


@dataclass(frozen=True, slots=True)
class _Item:
    """One toy to make: rows of the word tables, its size, and its place in a series."""

    kind: int
    look: int
    brand: int
    size: int
    series: str
    stage: int
    edition: int


def build_catalogue(count: int, seed: int) -> Catalogue:
    """A catalogue of `count` toys, the same for the same seed."""
    rng = np.random.default_rng([seed, 1])
    items = _choose(count, rng)
    # Numbered as `build_dataset` will number them, so that row i here is toy index i + 1 there.
    ids = [f"toy-{number:07d}" for number in rng.permutation(10 * count)[:count]]
    order = sorted(range(count), key=lambda i: seeded_key(ids[i], seed))
    items, ids = [items[i] for i in order], [ids[i] for i in order]

    all_kinds, all_looks, all_brands = kinds(), looks(), brands()
    kind, look, brand = (
        np.array([getattr(item, name) for item in items], np.int32) for name in ("kind", "look", "brand")
    )
    months = np.array([all_kinds[i.kind].sizes[i.size].months for i in items])
    ages = np.array([(all_kinds[i.kind].from_months, all_kinds[i.kind].to_months) for i in items]) + months[:, None]
    price = _prices(items, rng)
    unknown = rng.random((count, 4)) < (_NO_AGE, _NO_PRICE, _NO_TEXT, _NO_AUDIENCE)
    launch = np.where(rng.random(count) < _LATE, rng.integers(0, PERIOD_DAYS - 60, count), 0)
    style = rng.normal(size=(len(all_kinds), _STYLES))[kind] + rng.normal(size=(len(all_brands), _STYLES))[brand]
    toys = tuple(
        _describe(ids[i], i, items[i], int(ages[i, 0]), int(ages[i, 1]), price[i], unknown[i]) for i in range(count)
    )
    return Catalogue(
        toys,
        kind,
        look,
        brand,
        ages.astype(np.float32),
        price.astype(np.float32),
        np.array([_sellable(all_looks[row]) for row in look]),
        _interest_matrix([(all_kinds[i.kind], all_looks[i.look]) for i in items]),
        (style / np.sqrt(2 * _STYLES)).astype(np.float32),
        _successors(items),
        launch.astype(np.int32),
    )


def _choose(count: int, rng: np.random.Generator) -> list[_Item]:
    """Items in a weighted random order without repeats: one unit of each kind first, series kept together.

    When every combination is used up, the shelves fill with a second edition of each, and so on.
    """
    units, weights, groups = _units()
    chosen: list[_Item] = []
    edition = 1
    while len(chosen) < count:
        keys = rng.exponential(size=len(units)) / weights
        order = np.argsort(keys, kind="stable")
        _, first = np.unique(groups[order], return_index=True)
        head = np.zeros(len(units), bool)
        head[first] = edition == 1
        for unit in chain(order[head], order[~head]):
            for kind, look, brand, size, series, stage in units[unit]:
                chosen.append(_Item(kind, look, brand, size, series, stage, edition))
            if len(chosen) >= count:
                break
        edition += 1
    return chosen[:count]


_Unit = tuple[tuple[int, int, int, int, str, int], ...]


def _units() -> tuple[list[_Unit], NDArray[np.float64], NDArray[np.int64]]:
    """(what is chosen together, its weight, its group: a kind or a family of kinds)."""
    members: dict[str, list[int]] = defaultdict(list)
    for row, kind in enumerate(kinds()):
        members[kind.family if kind.stage else kind.slug].append(row)
    units: list[_Unit] = []
    weights: list[float] = []
    groups: list[int] = []
    for group, rows in enumerate(members.values()):
        start = len(units)
        lead = kinds()[rows[0]]
        for brand_row, brand in enumerate(brands()):
            if lead.category[0] not in brand.shelves:
                continue
            for look_row, look in enumerate(looks()):
                if look.group == lead.looks:
                    made = _unit_of(rows, look_row, brand_row)
                    units += made
                    weights += [look.weight * brand.weight / len(made)] * len(made)
        groups += [group] * (len(units) - start)
        share = sum(weights[start:])
        toys_a_unit = len(units[start])
        weights[start:] = [weight / share * len(rows) / toys_a_unit for weight in weights[start:]]
    return units, np.array(weights), np.array(groups)


def _unit_of(rows: list[int], look: int, brand: int) -> list[_Unit]:
    kind = kinds()[rows[0]]
    sizes = range(len(kind.sizes))
    if not kind.family:
        return [((rows[0], look, brand, size, "", 0),) for size in sizes]
    series = f"{kind.family}-{brands()[brand].en}-{looks()[look].en}".lower().replace(" ", "-").replace("&", "and")
    if kind.stage:
        return [tuple((row, look, brand, 0, series, kinds()[row].stage) for row in rows)]
    return [tuple((rows[0], look, brand, size, series, size + 1) for size in sizes)]


def _prices(items: list[_Item], rng: np.random.Generator) -> NDArray[np.float64]:
    """Shop prices: inside the kind's range, moved by brand and size, ending in .99, .49 or .00."""
    place = rng.beta(2, 2.5, len(items))
    ending = rng.choice([0.99, 0.49, 0.0], len(items), p=[0.6, 0.2, 0.2])
    made = [(kinds()[i.kind], brands()[i.brand].tier) for i in items]
    low, high = (np.array([kind.price[end] for kind, _ in made]) for end in (0, 1))
    factor = np.array([tier for _, tier in made]) * np.array([kinds()[i.kind].sizes[i.size].price for i in items])
    return np.asarray(np.maximum(np.floor(low * (high / low) ** place * factor), 1) + ending)


def _sellable(look: Look) -> list[bool]:
    return [not look.months or month in look.months for month in range(1, 13)]


def _interest_matrix(made: list[tuple[Kind, Look]]) -> NDArray[np.float32]:
    column = {name: i for i, name in enumerate(INTERESTS)}
    matrix = np.zeros((len(made), len(INTERESTS)), np.float32)
    for row, (kind, look) in enumerate(made):
        for names, weight in ((kind.interests, 1.0), (look.interests, _LOOK_SHARE)):
            for name in names:
                matrix[row, column[name]] = max(matrix[row, column[name]], weight)
    return np.asarray(matrix / np.sqrt(matrix.sum(axis=1, keepdims=True)), np.float32)


def _successors(items: list[_Item]) -> NDArray[np.int32]:
    """The toy after each in its series; a gap (a stage the shop does not sell) is stepped over."""
    series: dict[tuple[str, int], list[tuple[int, int]]] = defaultdict(list)
    for row, item in enumerate(items):
        if item.series:
            series[item.series, item.edition].append((item.stage, row))
    following = np.full(len(items), -1, np.int32)
    for stages in series.values():
        rows = [row for _, row in sorted(stages)]
        following[rows[:-1]] = rows[1:]
    return following


def _describe(
    toy_id: str, row: int, item: _Item, start: int, end: int, price: float, unknown: NDArray[np.bool_]
) -> Toy:
    """The toy as the shop's catalogue has it; `unknown` says which of age, price, texts and audience are missing."""
    kind, look, brand = kinds()[item.kind], looks()[item.look], brands()[item.brand]
    no_age, no_price, no_text, no_audience = map(bool, unknown)
    recommended, safety = ages_from_maker(None if no_age else start, kind.hazards)
    adult = start >= NEVER_ADULT_BEFORE
    title, title_zh = _titles(kind, look, brand, kind.sizes[item.size], item.edition)
    text, text_zh = _texts(kind, look, brand, start, end, recommended is None, adult)
    series = f"series:{item.series}" if item.edition == 1 else f"series:{item.series}-{item.edition}"
    audience = Audience.UNKNOWN if no_audience else Audience.ADULT if adult else Audience.CHILD
    return Toy(
        id=toy_id,
        title=title,
        title_zh=title_zh,
        description=None if no_text else text,
        description_zh=None if no_text else text_zh,
        brand=brand.en,
        category=kind.category,
        price=None if no_price else Decimal(f"{price:.2f}"),
        currency=None if no_price else CURRENCY,
        recommended_age=recommended,
        recommended_age_to=None if no_age or adult else end,
        safety_min_age=safety,
        hazards=kind.hazards,
        audience=audience,
        interests=tuple(dict.fromkeys(kind.interests + look.interests)),
        tags=(series, f"stage:{item.stage}") if item.series else (),
        barcode=_barcode(item.brand, row),
        aisle=_aisle(kind),
    )


def _titles(kind: Kind, look: Look, brand: Brand, size: Size, edition: int) -> tuple[str, str]:
    name = kind.en.format(look.en) if "{}" in kind.en else f"{look.en} {kind.en}"
    name_zh = kind.zh.format(look.zh) if "{}" in kind.zh else f"{look.zh}{kind.zh}"
    title, title_zh = f"{brand.en} {name}", f"{brand.zh} {name_zh}"
    if size.en:
        title, title_zh = f"{title}, {size.en}", f"{title_zh} {size.zh}"
    if edition > 1:
        title, title_zh = f"{title} (Edition {edition})", f"{title_zh}（第{edition}版）"
    return title, title_zh


def _texts(kind: Kind, look: Look, brand: Brand, start: int, end: int, no_age: bool, adult: bool) -> tuple[str, str]:
    """Descriptions in English and Chinese; without a maker's age they keep silent about it."""
    ages, ages_zh = "", ""
    if adult:
        ages, ages_zh = " For adults only.", "仅限成人。"
    elif not no_age:
        ages, ages_zh = f" For {_span(start, end)}.", f"适合{_span_zh(start, end)}。"
    return (
        f"{kind.blurb_en} {look.en} design by {brand.en}.{ages}",
        f"{kind.blurb_zh}{brand.zh}出品，{look.zh}款。{ages_zh}",
    )


def _span(start: int, end: int) -> str:
    if end < 36:
        return f"babies from {start} to {end} months"
    first = f"{start} months" if start % 12 else f"{start // 12} years"
    return f"ages {first} to {end // 12} years" if start else f"birth to {end // 12} years"


def _span_zh(start: int, end: int) -> str:
    if end < 36:
        return f"{start}至{end}个月"
    return f"{f'{start}个月' if start % 12 else f'{start // 12}岁'}至{end // 12}岁"


def _barcode(brand: int, row: int) -> str:
    """An EAN-13 of the range 200–299, which shops number themselves: brand, row, check digit."""
    digits = f"2{brand % 100:02d}{row:09d}"
    check = -sum(
        int(digit) * weight for digit, weight in zip(digits, chain.from_iterable(repeat((1, 3))), strict=False)
    )
    return f"{digits}{check % 10}"


@cache
def _aisle(kind: Kind) -> str:
    shelves = list(dict.fromkeys(other.category[0] for other in kinds()))
    sections = list(dict.fromkeys(o.category[1] for o in kinds() if o.category[0] == kind.category[0]))
    return f"{chr(ord('A') + shelves.index(kind.category[0]))}{sections.index(kind.category[1]) + 1}"
