"""The look: palettes for day and night, for Streamlit, the style sheets and our drawings, read from `theme.toml`.

Which of the two is in force is said once, by `color-scheme`: Streamlit sets it on the page for the theme in use, and
`light-dark()` in the style sheets and `prefers-color-scheme` inside a drawing follow it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final, Literal

Scheme = Literal["system", "light", "dark"]

_SHOP: Final = files("app.shop")


@dataclass(frozen=True, slots=True)
class Theme:
    """What `theme.toml` says.

    light, dark: name → #rrggbb (or #rrggbbaa), the same names in both; drawing: "light", "dark" → the same for drawings
    sizes: CSS variable → value; options: Streamlit's option → value; colours: Streamlit's colour → name in the palette
    """

    light: Mapping[str, str]
    dark: Mapping[str, str]
    drawing: Mapping[str, Mapping[str, str]]
    sizes: Mapping[str, str]
    options: Mapping[str, str]
    colours: Mapping[str, str]


@cache
def load_theme() -> Theme:
    """The theme of `theme.toml`."""
    table = tomllib.loads(_SHOP.joinpath("theme.toml").read_text(encoding="utf-8"))
    streamlit: dict[str, Any] = table["streamlit"]
    colours = streamlit.pop("colours")
    sizes = table["sizes"]
    options = {name: _option(value, sizes) for name, value in streamlit.items()}
    return Theme(table["light"], table["dark"], table["drawing"], sizes, options, colours)


def streamlit_options(scheme: Scheme) -> dict[str, str]:
    """Streamlit's options for `scheme`. Raises KeyError for a colour that no palette has: a bug, not a mistake."""
    theme = load_theme()
    options = dict(theme.options)
    if scheme == "system":
        for name, palette in (("light", theme.light), ("dark", theme.dark)):
            options |= {f"theme.{name}.{option}": palette[colour] for option, colour in theme.colours.items()}
        return options
    palette = theme.light if scheme == "light" else theme.dark
    return options | {"theme.base": scheme} | {f"theme.{name}": palette[it] for name, it in theme.colours.items()}


@cache
def style_sheet(scheme: Scheme) -> str:
    """The theme as CSS variables, then the style sheets in the order of their names."""
    theme = load_theme()
    day = _variables({**theme.light, **theme.sizes})
    both = _variables({name: f"light-dark({colour},{theme.dark[name]})" for name, colour in theme.light.items()})
    # Stated for the document: what Streamlit lays over the page stands outside of what it states it for.
    shown = "light dark" if scheme == "system" else scheme
    # A browser that does not know light-dark() keeps to the day.
    variables = f":root{{color-scheme:{shown};{day}}}@supports (color:light-dark(red,red)){{:root{{{both}}}}}"
    sheets = sorted(it.name for it in _SHOP.joinpath("assets").iterdir() if it.name.endswith(".css"))
    return f"{variables}\n{''.join(map(_asset, sheets))}"


@cache
def page_sheet(name: str) -> str:
    """A `<style>` element for what few pages have, so that no other is slower for it; empty where there is none."""
    sheet = _SHOP.joinpath("assets", "pages", f"{name}.css")
    return f"<style>{sheet.read_text(encoding='utf-8')}</style>" if sheet.is_file() else ""


@cache
def drawing(name: str) -> str:
    """Our own drawing `assets/{name}.svg` in the theme's colours, by day and by night, as an SVG document."""
    day, night = (_variables(load_theme().drawing[scheme]) for scheme in ("light", "dark"))
    style = f"<style>:root{{{day}}}@media(prefers-color-scheme:dark){{:root{{{night}}}}}</style>"
    head, mark, rest = _asset(f"{name}.svg").partition(">")
    return f"{head}{mark}{style}{rest}"


def _option(value: object, sizes: Mapping[str, str]) -> str:
    if isinstance(value, str) and value.startswith("$"):
        return sizes[value[1:]]
    return str(value).lower() if isinstance(value, bool) else str(value)


def _variables(values: Mapping[str, str]) -> str:
    return "".join(f"--{name}:{value};" for name, value in values.items())


@cache
def page_script() -> str:
    """A JavaScript module for what a style sheet cannot do; see `app.shop.access`."""
    return _asset("page.js")


@cache
def kiosk_sheet() -> str:
    """A `<style>` element: what kiosk mode makes larger, and what only it has."""
    return f"<style>{_asset('kiosk/kiosk.css')}</style>"


@cache
def kiosk_script() -> str:
    """A JavaScript module: what kiosk mode does in the browser; see `app.shop.kiosk_mode`."""
    return _asset("kiosk/guard.js")


def _asset(name: str) -> str:
    return _SHOP.joinpath("assets", *name.split("/")).read_text(encoding="utf-8")
