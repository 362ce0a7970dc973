"""The look: one palette for Streamlit and for the style sheet, read from `theme.toml`."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

_SHOP: Final = files("app.shop")


@dataclass(frozen=True, slots=True)
class Theme:
    """palette: name → #rrggbb; options: Streamlit's option → value, colours filled in."""

    palette: dict[str, str]
    options: dict[str, str]


@cache
def load_theme() -> Theme:
    """The theme of `theme.toml`. Raises KeyError for a colour that the palette does not have: a bug, not a mistake."""
    table = tomllib.loads(_SHOP.joinpath("theme.toml").read_text(encoding="utf-8"))
    palette: dict[str, str] = table["palette"]
    options = {}
    for name, value in table["streamlit"].items():
        if isinstance(value, str) and value.startswith("$"):
            value = palette[value[1:]]
        options[name] = str(value).lower() if isinstance(value, bool) else str(value)
    return Theme(palette, options)


@cache
def style_sheet() -> str:
    """A `<style>` element: the palette as CSS variables, then the style sheets in the order of their names."""
    variables = "".join(f"--{name}:{colour};" for name, colour in load_theme().palette.items())
    sheets = sorted(it.name for it in _SHOP.joinpath("assets").iterdir() if it.name.endswith(".css"))
    return f"<style>:root{{{variables}}}\n{''.join(map(_asset, sheets))}</style>"


@cache
def logo() -> str:
    """The shop's mark as an SVG element."""
    return _asset("logo.svg")


@cache
def no_picture() -> str:
    """What stands where a toy has no picture, as an SVG document."""
    return _asset("no-picture.svg")


def _asset(name: str) -> str:
    return _SHOP.joinpath("assets", name).read_text(encoding="utf-8")
