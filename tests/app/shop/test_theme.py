"""Both palettes: readable (WCAG 2.2 AA), and the only colours there are. Our drawings: small, whole, of one hand."""

import re
from importlib.resources import files
from xml.etree import ElementTree

import pytest

from app.shop.site import PAGES
from app.shop.theme import drawing, kiosk_sheet, load_theme, page_sheet, streamlit_options, style_sheet

THEME = load_theme()
PALETTES = {"light": THEME.light, "dark": THEME.dark}
DRAWINGS = sorted(it.name.removesuffix(".svg") for it in files("app.shop").joinpath("assets").iterdir()
                  if it.name.endswith(".svg"))  # fmt: skip
SVG = "{http://www.w3.org/2000/svg}"

both = pytest.mark.parametrize("scheme", ["light", "dark"])


def luminance(colour: str) -> float:
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@both
@pytest.mark.parametrize(
    ("words", "behind"),
    [(words, behind) for words in ("ink", "soft-ink", "teal", "tomato-deep") for behind in ("paper", "card", "cream")]
    + [
        ("card", "tomato"), ("card", "tomato-deep"), ("card", "ink"), ("tomato", "card"), ("tomato", "paper"),
        ("tomato", "blush"), ("ink", "sun"), ("tomato-deep", "blush"), ("teal", "mint"), ("amber", "honey"),
        ("ink", "blush"), ("ink", "mint"), ("ink", "honey"), ("amber", "card"), ("amber", "paper"), ("card", "teal"),
    ],
)  # fmt: skip
def test_words_can_be_read(scheme: str, words: str, behind: str) -> None:
    palette = PALETTES[scheme]
    assert contrast(palette[words], palette[behind]) >= 4.5


@both
@pytest.mark.parametrize("line", ["focus", "edge"])
@pytest.mark.parametrize("behind", ["paper", "card", "cream"])
def test_edges_of_what_can_be_pressed_and_the_focus_can_be_seen(scheme: str, line: str, behind: str) -> None:
    palette = PALETTES[scheme]
    assert contrast(palette[line], palette[behind]) >= 3


@both
@pytest.mark.parametrize("fill", ["red", "sun", "green", "white", "fur", "wood"])
def test_what_is_drawn_stands_out_from_its_outline(scheme: str, fill: str) -> None:
    palette = THEME.drawing[scheme]
    assert contrast(palette[fill], palette["line"]) >= 3


def test_day_and_night_name_the_same_colours() -> None:
    assert list(THEME.light) == list(THEME.dark)
    assert list(THEME.drawing["light"]) == list(THEME.drawing["dark"])
    every = [
        *THEME.light.values(),
        *THEME.dark.values(),
        *(it for one in THEME.drawing.values() for it in one.values()),
    ]
    assert [colour for colour in every if not re.fullmatch(r"#[0-9a-f]{6}([0-9a-f]{2})?", colour)] == []


def whole_look() -> str:
    """The style sheet of every page, and those that a page has for itself."""
    return style_sheet("system") + "".join(re.sub("</?style>", "", page_sheet(name)) for name in (*PAGES, "tray"))


def test_the_style_sheet_uses_the_theme_alone_and_loads_nothing() -> None:
    sheet = whole_look().partition("}}\n")[2]  # what follows the theme's variables
    colours = set(re.findall(r"#[0-9a-fA-F]{3,8}\b|\brgba?\(|\bhsla?\(", sheet)) - {"#000"}  # opaque, in a mask
    assert not colours
    assert re.findall(r"url\((.*?)\)|@import|https?:", sheet) == ['"../app/static/nunito.woff2"']
    assert set(re.findall(r"var\(--([a-z0-9-]+)\)", whole_look())) <= {*THEME.light, *THEME.sizes}


def test_kiosk_modes_style_sheet_uses_the_theme_alone_and_loads_nothing() -> None:
    sheet = kiosk_sheet()
    assert set(re.findall(r"#[0-9a-fA-F]{3,8}\b|\brgba?\(|\bhsla?\(", sheet)) <= {"#000"}  # behind the dialog
    assert not re.findall(r"url\(|@import|https?:", sheet)
    assert set(re.findall(r"var\(--([a-z0-9-]+)\)", sheet)) - {"left"} <= {*THEME.light, *THEME.sizes}  # by guard.js
    assert sheet.count("</") == 1


def test_every_variable_has_a_colour_for_the_day_where_light_dark_is_not_known() -> None:
    day = style_sheet("system").partition("@supports")[0]
    assert all(f"--{name}:{colour};" in day for name, colour in THEME.light.items())
    assert "light-dark(" not in day


def test_nothing_ends_a_style_element_early() -> None:
    assert [page_sheet(name).count("</") for name in ("staff", "insights", "basket", "tray", "gift")] == [1, 1, 1, 1, 0]


def test_streamlit_keeps_to_itself() -> None:
    options = streamlit_options("system")
    assert options["browser.gatherUsageStats"] == "false"
    assert options["client.toolbarMode"] == "minimal"
    assert options["client.showErrorDetails"] == "none"


def test_streamlit_follows_the_system_or_what_was_decided() -> None:
    system = streamlit_options("system")
    assert system["theme.light.primaryColor"] == THEME.light["tomato"]
    assert system["theme.dark.backgroundColor"] == THEME.dark["paper"]
    assert "theme.base" not in system
    dark = streamlit_options("dark")
    assert (dark["theme.base"], dark["theme.textColor"]) == ("dark", THEME.dark["ink"])
    assert not any(name.startswith(("theme.light", "theme.dark")) for name in dark)


@pytest.mark.parametrize("name", DRAWINGS)
def test_a_drawing_is_small_whole_and_takes_the_themes_colours(name: str) -> None:
    document = drawing(name)
    assert len(document.encode()) < 6000
    root = ElementTree.fromstring(document)
    assert root.tag == f"{SVG}svg"
    assert root.get("viewBox")
    shapes = {"svg", "style", "g", "path", "rect", "circle", "ellipse"}
    used = set()
    for element in root.iter():
        assert element.tag.removeprefix(SVG) in shapes
        assert not [it for it in element.attrib if it.startswith("on") or it.endswith("href") or it == "style"]
        for paint in (element.get("fill", "none"), element.get("stroke", "none")):
            if paint != "none":
                found = re.fullmatch(r"var\(--([a-z]+),(#[0-9a-f]{6})\)", paint)
                assert found, f"{paint}: a drawing's colours are those of [drawing]"
                assert THEME.drawing["light"][found[1]] == found[2]  # what a viewer without the theme shows
                used.add(found[1])
    assert "line" in used
    assert len(document) > document.index("<style>") > 0
    assert not re.search(r"url\(|@import|data:", document)


def test_the_drawings_that_pages_ask_for_are_there() -> None:
    asked = {
        "empty-basket", "empty-shelf", "logo", "no-picture", "shop-closed", "staff", "too-young", "unknown-toy",
        "welcome",
    }  # fmt: skip
    assert asked == set(DRAWINGS)


def test_the_shops_own_face_travels_with_it_under_its_licence() -> None:
    folder = files("app.shop").joinpath("script", "static")
    face = folder.joinpath("nunito.woff2").read_bytes()
    assert face[:4] == b"wOF2"
    assert len(face) < 60_000
    assert "SIL OPEN FONT LICENSE" in folder.joinpath("nunito-licence.txt").read_text(encoding="utf-8")
    assert streamlit_options("system")["server.enableStaticServing"] == "true"
    assert streamlit_options("system")["theme.font"].startswith("Nunito,")
