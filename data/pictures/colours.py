"""The pictures' colours: warm palettes that belong to one family, and the colours that titles name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from data.schema import Toy

REFERENCE: Final = ("#e4572e", "#2e86ab", "#f6c945", "#fff6e5", "#f2c9a1", "#8a5a3c")
"""What the drawings are coloured with: main, second, accent, light, skin, hair."""

_LIGHT: Final = "#fff8ec"
_PALETTES: Final = (  # main, second, accent, ground, shape on the ground
    ("#e2654a", "#3f88a5", "#f4c95d", "#fdf1e3", "#f9dcc0"),
    ("#4f8fc0", "#e8835a", "#f7cf6a", "#eaf3f8", "#cfe4f0"),
    ("#5fa777", "#e0705c", "#f5cd62", "#eef6ea", "#d3e9d2"),
    ("#e58a9b", "#5d8fb5", "#f6d06f", "#fdeff0", "#f8d7dc"),
    ("#8d79b8", "#e98f6b", "#f3cf74", "#f2eef8", "#ddd3ee"),
    ("#e99a4c", "#4c8f97", "#f6d98a", "#fdf3e2", "#fbe0b6"),
    ("#3f9c9a", "#ea7b67", "#f8d16c", "#e8f5f3", "#c6e6e1"),
    ("#c9614f", "#6a9a6f", "#f0c566", "#faf0e6", "#f0d9c4"),
    ("#6c88c4", "#e7a04f", "#f3b8bd", "#eef1fa", "#d5ddf2"),
    ("#d9739a", "#4fa19b", "#f7cb6b", "#fceef4", "#f5d3e2"),
    ("#7ea04d", "#d9785f", "#f2d06b", "#f3f6e6", "#dfe9c3"),
    ("#d4834f", "#5779a6", "#efd08a", "#fbf1e4", "#f3dcbf"),
)
_SKINS: Final = ("#f6d5b8", "#eebf95", "#d49e70", "#a8734a", "#805436")
_HAIRS: Final = ("#f0c565", "#b9693c", "#7a4a32", "#4a332c", "#c9814a")
_NAMED: Final = {
    "red": "#d6493f",
    "cherry": "#c93a48",
    "blue": "#4a90d0",
    "yellow": "#f2bf3b",
    "green": "#64a85f",
    "pink": "#ee8fb0",
    "mint": "#7fc8ae",
    "coral": "#f0806a",
    "lavender": "#a48fd0",
    "purple": "#8c68b5",
    "midnight": "#3f5191",
    "honey": "#e0a244",
    "wood": "#c99a66",
    "wooden": "#c99a66",
    "white": "#dfe3e6",
    "turquoise": "#3fb3b0",
    "tangerine": "#ee8f3c",
    "orange": "#ee8f3c",
}
_WORD = re.compile(r"[a-z]+")


@dataclass(frozen=True, slots=True)
class Colours:
    """The colours of one picture."""

    motif: tuple[str, str, str, str, str, str]  # in the order of REFERENCE
    ground: str
    shape: str


def choose_colours(toy: Toy, digest: bytes) -> Colours:
    """A palette by `digest` (at least 4 bytes); a colour named in the English title is the main one."""
    main, second, accent, ground, shape = _PALETTES[digest[0] % len(_PALETTES)]
    named = [word for word in _WORD.findall(toy.title.lower()) if word in _NAMED]
    if named:
        main = _NAMED[named[0]]
        second = second if _far(main, second) else "#4f7ea8" if _far(main, "#4f7ea8") else "#e2654a"
        accent = accent if _far(main, accent) else "#fbe6b0"
    skin, hair = _SKINS[digest[2] % len(_SKINS)], _HAIRS[digest[3] % len(_HAIRS)]
    return Colours((main, second, accent, _LIGHT, skin, hair), ground, shape)


def _far(one: str, other: str) -> bool:
    """Whether two colours can be told apart at a glance (plain distance in RGB)."""
    pairs = [(int(one[i : i + 2], 16), int(other[i : i + 2], 16)) for i in (1, 3, 5)]
    return sum((a - b) ** 2 for a, b in pairs) > 70**2
