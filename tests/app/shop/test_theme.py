"""The palette: readable (WCAG 2.2 AA), and the only colours there are."""

import re

import pytest

from app.shop.theme import load_theme, style_sheet


def luminance(colour: str) -> float:
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize(
    ("words", "behind"),
    [(words, behind) for words in ("ink", "soft-ink", "teal", "tomato-deep") for behind in ("paper", "card", "cream")]
    + [
        ("card", "tomato"), ("card", "tomato-deep"), ("card", "ink"), ("tomato", "card"), ("tomato", "blush"),
        ("ink", "sun"), ("tomato-deep", "blush"), ("teal", "mint"), ("amber", "honey"),
        ("ink", "blush"), ("ink", "mint"),
    ],
)  # fmt: skip
def test_words_can_be_read(words: str, behind: str) -> None:
    palette = load_theme().palette
    assert contrast(palette[words], palette[behind]) >= 4.5


@pytest.mark.parametrize("line", ["focus", "edge"])
@pytest.mark.parametrize("behind", ["paper", "card", "cream"])
def test_edges_of_what_can_be_pressed_and_the_focus_can_be_seen(line: str, behind: str) -> None:
    palette = load_theme().palette
    assert contrast(palette[line], palette[behind]) >= 3


def test_the_style_sheet_uses_the_palette_alone_and_loads_nothing() -> None:
    sheet = style_sheet().partition("}\n")[2]  # what follows the palette
    colours = set(re.findall(r"#[0-9a-fA-F]{3,8}\b", sheet)) - {"#000"}  # opaque, in a mask
    assert not colours
    assert not re.search(r"url\(|@import|https?:", sheet)
    own = {"round", "words", "lift", "lift-more"}
    assert set(re.findall(r"var\(--([a-z-]+)\)", sheet)) <= {*load_theme().palette, *own}


def test_nothing_ends_the_style_element_early() -> None:
    assert style_sheet().count("</") == 1


def test_streamlit_keeps_to_itself() -> None:
    options = load_theme().options
    assert options["browser.gatherUsageStats"] == "false"
    assert options["client.toolbarMode"] == "minimal"
    assert options["client.showErrorDetails"] == "none"
    assert options["theme.primaryColor"] == load_theme().palette["tomato"]
