"""The word tables of the simulated shop: kinds of toy, looks, brands, sizes and interests, in English and Chinese.

The long tables are text files beside this one, one row a line and `|` between fields, so that a shop's person can read
and mend them; every brand is invented.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

from data.schema import Hazard

INTERESTS: Final[dict[str, tuple[str, int, int]]] = {
    "animals": ("动物", 0, 144),
    "art": ("美术", 24, 190),
    "books": ("书", 6, 190),
    "building": ("搭建", 12, 168),
    "collecting": ("收藏", 60, 900),
    "cooking": ("过家家厨房", 24, 108),
    "crafts": ("手工", 48, 190),
    "dinosaurs": ("恐龙", 30, 120),
    "dolls": ("娃娃", 24, 120),
    "dress-up": ("装扮", 30, 120),
    "fantasy": ("幻想", 36, 168),
    "games": ("桌游", 36, 900),
    "music": ("音乐", 0, 168),
    "nature": ("自然", 24, 168),
    "outdoor": ("户外", 12, 168),
    "puzzles": ("拼图", 12, 900),
    "robots": ("机器人", 42, 168),
    "science": ("科学", 60, 190),
    "soft toys": ("毛绒玩具", 0, 108),
    "space": ("太空", 42, 168),
    "sports": ("运动", 36, 190),
    "trains": ("火车", 18, 108),
    "vehicles": ("车辆", 12, 132),
    "water": ("玩水", 6, 108),
}
"""Interest → (Chinese name, first month, last month at which a child takes it up)."""

CURRENCY: Final = "GBP"
NEVER_ADULT_BEFORE: Final = 216


@dataclass(frozen=True, slots=True)
class Size:
    """One size of a kind: its words, what it does to the price, and how many months later it suits."""

    en: str
    zh: str
    price: float = 1.0
    months: int = 0


def _pieces(*rows: tuple[int, float, int]) -> tuple[Size, ...]:
    return tuple(Size(f"{count} Pieces", f"{count}片", price, months) for count, price, months in rows)


def _numbered(en: str, zh: str, count: int, price: float = 1.0, months: int = 0) -> tuple[Size, ...]:
    return tuple(Size(f"{en} {n}", f"第{n}{zh}", price, months * (n - 1)) for n in range(1, count + 1))


SIZES: Final[dict[str, tuple[Size, ...]]] = {
    "": (Size("", ""),),
    "count": (Size("", ""), Size("Twin Pack", "两件装", 1.7), Size("Big Box", "大盒装", 2.3)),
    "plush": (Size("20 cm", "20厘米", 0.8), Size("30 cm", "30厘米", 1.1), Size("45 cm", "45厘米", 1.7)),
    "books": _numbered("Book", "册", 5, months=2),
    "volumes": _numbered("Series", "辑", 5),
    "levels": (Size("Starter", "入门款"), Size("Explorer", "进阶款", 1.25, 12), Size("Expert", "高手款", 1.5, 24)),
    "pieces-blocks": _pieces((30, 0.8, 0), (50, 1.1, 0), (100, 1.7, 6)),
    "pieces-bricks": _pieces((80, 0.7, 0), (150, 1.0, 0), (300, 1.6, 12), (600, 2.4, 24)),
    "pieces-floor": _pieces((12, 0.9, 0), (24, 1.0, 6), (48, 1.2, 18)),
    "pieces-jigsaw": _pieces((60, 0.8, 0), (100, 0.9, 6), (200, 1.1, 24), (500, 1.4, 48)),
    "pieces-art": _pieces((1000, 1.0, 0), (1500, 1.2, 0), (2000, 1.5, 0)),
    "balls": (Size("Size 3", "3号", 0.9), Size("Size 4", "4号", 1.0, 36), Size("Size 5", "5号", 1.1, 72)),
    "wheels": (Size("14 Inch", "14寸", 0.9), Size("16 Inch", "16寸", 1.0, 12), Size("20 Inch", "20寸", 1.25, 36)),
    "clothes": (
        Size("Age 3-4", "3-4岁"),
        Size("Age 5-6", "5-6岁", 1.05, 24),
        Size("Age 7-8", "7-8岁", 1.1, 48),
    ),
}


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of toy: everything that follows from what it is, whoever makes it and whatever it shows."""

    slug: str
    en: str  # `{}` stands for the look; without it the look comes first
    zh: str
    category: tuple[str, str]
    interests: tuple[str, ...]
    from_months: int
    to_months: int
    price: tuple[float, float]
    hazards: tuple[Hazard, ...]
    looks: str  # a group of looks
    sizes: tuple[Size, ...]
    family: str  # of a series; empty if none
    stage: int  # in the family, from 1; 0 = each size is a stage
    blurb_en: str
    blurb_zh: str


@dataclass(frozen=True, slots=True)
class Look:
    """What a toy shows or which colour it has. `months` is when the shop sells it; empty = the whole year."""

    group: str
    en: str
    zh: str
    interests: tuple[str, ...]
    months: tuple[int, ...]
    weight: float


@dataclass(frozen=True, slots=True)
class Brand:
    """An invented maker: the shelves it is found on, its price level and its weight in the shop."""

    en: str
    zh: str
    shelves: tuple[str, ...]
    tier: float
    weight: float


@cache
def kinds() -> tuple[Kind, ...]:
    """Every kind of toy, in the order of the table."""
    return tuple(_kind(row) for row in _rows("kinds.txt"))


@cache
def looks() -> tuple[Look, ...]:
    """Every look, in the order of the table."""
    return tuple(
        Look(
            row["group"],
            row["en"],
            row["zh"],
            _names(row["interests"]),
            tuple(int(month) for month in _names(row["months"])),
            float(row["weight"]),
        )
        for row in _rows("looks.txt")
    )


@cache
def brands() -> tuple[Brand, ...]:
    """Every brand, in the order of the table."""
    return tuple(
        Brand(row["en"], row["zh"], _names(row["shelves"]), float(row["tier"]), float(row["weight"]))
        for row in _rows("brands.txt")
    )


def _kind(row: dict[str, str]) -> Kind:
    shelf, _, section = row["category"].partition("/")
    start, end = row["ages"].split("-")
    low, high = row["price"].split("-")
    family, _, stage = row["series"].partition(":")
    return Kind(
        row["slug"],
        row["en"],
        row["zh"],
        (shelf, section),
        _names(row["interests"]),
        int(start),
        int(end),
        (float(low), float(high)),
        tuple(Hazard(name) for name in _names(row["hazards"])),
        row["looks"],
        SIZES[row["sizes"]],
        family,
        0 if stage in ("", "*") else int(stage),
        row["blurb_en"],
        row["blurb_zh"],
    )


def _names(field: str) -> tuple[str, ...]:
    return tuple(field.split(",")) if field else ()


def _rows(file: str) -> Iterator[dict[str, str]]:
    lines = (files(__name__) / file).read_text(encoding="utf-8").splitlines()
    header = lines[0].split("|")
    for line in lines[1:]:
        yield dict(zip(header, line.split("|"), strict=True))
