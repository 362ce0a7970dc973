"""The shop's look in a real browser: day and night, its own face and colours, nothing cut off on any page."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from app.shop.site import PAGES
from app.shop.theme import load_theme
from tests.system.shop.conftest import Stack
from tests.system.shop.hands import cards, settled, visit

pytestmark = pytest.mark.system

THEME = load_theme()
ADDRESSES = [f"/{address}" for address, _ in PAGES.values()] + ["/toy?toy=marbles-red"]
SIZES = {
    "desk": {"viewport": {"width": 1920, "height": 1080}},
    "tablet": {"viewport": {"width": 1024, "height": 768}, "has_touch": True},
    "phone": {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True},
}
STREAMLITS = ("#ff4b4b", "#31333f", "#f0f2f6", "#0e1117", "#262730", "#fafafa")
"""Streamlit's own red, ink and greys, by day and by night."""


def rgb(colour: str) -> str:
    return f"rgb({int(colour[1:3], 16)}, {int(colour[3:5], 16)}, {int(colour[5:7], 16)})"


def ground(page: Page, selector: str) -> str:
    return str(page.locator(selector).first.evaluate("it => getComputedStyle(it).backgroundColor"))


@pytest.mark.parametrize("page", [{"color_scheme": "dark"}], indirect=True)
def test_the_night_follows_the_visitors_device(page: Page, stack: Stack) -> None:
    visit(page, stack, "/browse")
    expect(cards(page, "browse").first).to_be_visible()
    places = {
        '[data-testid="stApp"]': "paper",
        '[class*="st-key-card-"]': "card",
        ".st-key-search-go button": "tomato",
        '[data-testid="stPopoverBody"]': "card",  # lies outside of what Streamlit colours
    }
    page.locator('[class*="st-key-fold-"] button').first.click()
    expect(page.get_by_test_id("stPopoverBody")).to_be_visible()
    assert {place: ground(page, place) for place in places} == {
        place: rgb(THEME.dark[name]) for place, name in places.items()
    }
    page.emulate_media(color_scheme="light")
    expect(page.get_by_test_id("stApp")).to_have_css("background-color", rgb(THEME.light["paper"]))
    expect(page.locator('[class*="st-key-card-"]').first).to_have_css("background-color", rgb(THEME.light["card"]))
    expect(page.get_by_test_id("stPopoverBody")).to_have_css("background-color", rgb(THEME.light["card"]))


@pytest.mark.parametrize("page", [{"color_scheme": "light"}, {"color_scheme": "dark"}], indirect=True)
def test_the_face_and_the_colours_are_the_shops_own(page: Page, stack: Stack) -> None:
    visit(page, stack)
    expect(cards(page).first).to_be_visible()
    page.wait_for_function("document.fonts.check('700 18px Nunito') && document.fonts.status === 'loaded'")
    assert page.evaluate("[...document.fonts].some(it => it.family === 'Nunito' && it.status === 'loaded')")
    shown = page.evaluate(
        """() => [...document.querySelectorAll('[data-testid=stMain] *')]
            .filter(it => it.checkVisibility())
            .filter(it => [...it.childNodes].some(node => node.nodeType === 3 && node.data.trim()))
            .map(it => [it.innerText.slice(0, 40), getComputedStyle(it).fontFamily])
            .filter(([, face]) => !/^"?(Nunito|Material Symbols Rounded)/.test(face))"""
    )
    assert shown == [], "words in another face"
    used = page.evaluate(
        """() => [...new Set([...document.querySelectorAll('[data-testid=stApp], [data-testid=stMain] *')]
            .filter(it => it.checkVisibility()).map(it => getComputedStyle(it))
            .flatMap(it => [it.color, it.backgroundColor, parseFloat(it.borderTopWidth) ? it.borderTopColor : '']))]"""
    )
    assert rgb(THEME.light["ink"]) in used or rgb(THEME.dark["ink"]) in used
    assert set(used) & {rgb(colour) for colour in STREAMLITS} == set()


@pytest.mark.parametrize(
    ("page", "language"),
    [(SIZES["desk"], "en"), (SIZES["tablet"], "zh"), (SIZES["phone"], "en"), (SIZES["phone"], "zh")],
    indirect=["page"], ids=["desk", "tablet", "phone", "phone in Chinese"],
)  # fmt: skip
def test_no_page_scrolls_sideways_and_nothing_is_cut_off(page: Page, stack: Stack, language: str) -> None:
    for address in ADDRESSES:
        visit(page, stack, f"{address}{'&' if '?' in address else '?'}lang={language}")
        expect(page.locator('[class*="st-key-card-"], .panel, .heading').first).to_be_visible()
        settled(page)
        wider = page.evaluate(
            "() => (it => it.scrollWidth - it.clientWidth)(document.querySelector('[data-testid=stMain]'))"
        )
        assert wider <= 0, f"{address} scrolls sideways by {wider} pixels"
        cut = page.evaluate(
            """() => {
                const wide = document.documentElement.clientWidth;
                const moved = it => it.closest('[data-testid=stButtonGroup]'); // pushed along with a finger
                return [...document.querySelectorAll('[data-testid=stMain] :is(button, a, h1, h2, p, img)')]
                    .filter(it => it.checkVisibility() && !moved(it) && !it.closest('[class*=st-key-card-] a'))
                    .filter(it => {
                        const box = it.getBoundingClientRect();
                        const hides = getComputedStyle(it).overflowX !== 'visible';
                        const hidden = hides && it.scrollWidth > it.clientWidth + 1;
                        return box.width > 2 && (box.left < -1 || box.right > wide + 1 || hidden);
                    })
                    .map(it => `${it.tagName} ${it.innerText || it.className}`.slice(0, 60));
            }"""
        )
        assert cut == [], f"{address}: cut off"


def test_every_way_through_the_shop_is_in_one_row_on_a_phone(page: Page, stack: Stack) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    for language in ("en", "zh"):
        visit(page, stack, f"/?lang={language}")
        ways = page.locator('[class*="st-key-nav-"] a')
        expect(ways.first).to_be_visible()
        boxes = [way.bounding_box() for way in ways.all()]
        assert len({round(box["y"]) for box in boxes if box}) == 1
        assert all(box and box["height"] >= 44 and box["width"] >= 44 for box in boxes)
        lines = ways.locator("p").evaluate_all("all => all.map(it => it.getClientRects().length)")
        assert set(lines) == {1}
        assert re.search(r"\S", ways.first.inner_text())


def test_a_shelf_that_is_renewed_does_not_jump(page: Page, stack: Stack) -> None:
    visit(page, stack)
    expect(cards(page).first).to_be_visible()
    cards(page).first.get_by_role("button", name="Like").click()
    expect(page.locator('[class*="st-key-unlike-"]')).to_have_count(1)  # the row of what was liked has come
    settled(page)
    page.evaluate("() => document.fonts.ready.then(() => true)")  # a head that gets its font late is no list that jumps
    page.evaluate(
        """() => {
            window.seen = new Set();
            const look = () => {
                const all = [...document.querySelectorAll('[class*=st-key-card-]')];
                window.seen.add(`${all.length} at ${all[0]?.offsetTop}`);  // below the head of the list
                requestAnimationFrame(look);
            };
            look();
        }"""
    )
    first = cards(page).first.get_by_role("link").inner_text()
    page.locator(".st-key-found").get_by_role("button", name="Not this").first.click()
    expect(cards(page).first.get_by_role("link")).not_to_have_text(first)
    settled(page)
    assert len(page.evaluate("[...window.seen]")) == 1, "the cards stood still, and there were as many all the while"
