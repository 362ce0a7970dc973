"""A picture for every toy without a photo: a drawn motif chosen by its words, in colours chosen by its id.

`draw` works for any catalogue and needs the standard library alone. The motifs are SVG files of their own beside this
one, drawn in five reference colours that a palette replaces.
"""

from __future__ import annotations

import hashlib
import re
from functools import cache
from importlib.resources import files
from typing import Final

from data.pictures.colours import REFERENCE, choose_colours
from data.pictures.motifs import choose_motif
from data.schema import Toy

MOST_BYTES: Final = 2560
"""No picture is longer than this in UTF-8."""

_INK: Final = "#3a3042"
_BACKDROPS: Final = (
    '<circle cx="100" cy="96" r="82" fill="{0}"/>',
    '<path fill="{0}" d="M0 132q50-34 100-10t100-18v96H0z"/>',
    '<path fill="{0}" d="M18 200v-96a82 82 0 0 1 164 0v96z"/>',
    '<path fill="{0}" d="M0 0h200L100 100zM0 200h200L100 100z" opacity=".75"/>',
    '<path fill="{0}" d="M0 40h200v34H0zM0 108h200v34H0zM0 176h200v24H0z" opacity=".6"/>',
    '<g fill="{0}"><circle cx="26" cy="30" r="13"/><circle cx="176" cy="24" r="17"/><circle cx="184" cy="120" r="12"/>'
    '<circle cx="16" cy="112" r="16"/><circle cx="100" cy="100" r="58"/><circle cx="30" cy="184" r="11"/></g>',
)
_GROUND: Final = f'<ellipse cx="100" cy="174" rx="72" ry="9" fill="{_INK}" opacity=".13"/>'


def draw(toy: Toy) -> str:
    """A square SVG of a toy: self-contained, without script, text or reference, at most `MOST_BYTES` long.

    The same toy always gets the same picture. A colour named in its title is its main colour.
    """
    digest = hashlib.blake2b(toy.id.encode(), digest_size=8).digest()
    colours = choose_colours(toy, digest)
    body = _motif(choose_motif(toy))
    for reference, colour in zip(REFERENCE, colours.motif, strict=True):
        body = body.replace(reference, colour)
    backdrop = _BACKDROPS[digest[1] % len(_BACKDROPS)].format(colours.shape)
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 200 200">'
        f'<path fill="{colours.ground}" d="M0 0h200v200H0z"/>{backdrop}{_GROUND}'
        f'<g transform="translate(10 11) scale(.9)" stroke="{_INK}" stroke-width="5" stroke-linecap="round" '
        f'stroke-linejoin="round">{body}</g></svg>'
    )


@cache
def _motif(name: str) -> str:
    """The inside of a motif's file, on one line."""
    text = (files(__name__) / "drawings" / f"{name}.svg").read_text(encoding="utf-8")
    inside = text[text.index(">") + 1 : text.rindex("</svg>")]
    return re.sub(r">\s+<", "><", inside).strip()
