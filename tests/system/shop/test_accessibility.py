"""Every page for those who listen, read large, or have no mouse: axe-core, the keyboard, letters of twice the size."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from app.shop.site import PAGES
from app.shop.text import t
from tests.system.conftest import CHROMIUM_FLAGS
from tests.system.shop.axe import findings, stands
from tests.system.shop.conftest import Stack
from tests.system.shop.hands import card, cards, chip, visit

pytestmark = pytest.mark.system

ADDRESSES = {name: f"/{address}" for name, (address, _) in PAGES.items()} | {"gift": "/", "toy": "/toy?toy=engine-red"}
DESK, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
DESK_AT_200 = {"width": 640, "height": 512}  # a window of 1280 × 1024 at 200 %
LANGUAGES = {"en": "en", "zh": "zh-CN"}
LARGE = "--blink-settings=defaultFontSize=32"  # a reader who has doubled the browser's letters


def open_page(page: Page, stack: Stack, name: str, language: str = "en") -> None:
    address = ADDRESSES[name]
    visit(page, stack, f"{address}{'&' if '?' in address else '?'}lang={language}")
    stands(page)


@pytest.mark.parametrize("name", ADDRESSES)
def test_a_page_has_nothing_that_axe_finds_and_fits_at_twice_the_size(page: Page, stack: Stack, name: str) -> None:
    found = {}
    for language in LANGUAGES:
        page.set_viewport_size(DESK)
        open_page(page, stack, name, language)
        expect(page.locator("html")).to_have_attribute("lang", LANGUAGES[language])
        expect(page.locator("h1:visible")).to_have_count(1)
        expect(page).to_have_title(re.compile(f" · {re.escape(t(language, 'shop.name'))}$"))
        for size in (DESK, PHONE):
            page.set_viewport_size(size)
            for scheme in ("light", "dark"):
                page.emulate_media(color_scheme=scheme)
                found[f"{language} {size['width']} {scheme}"] = findings(page)
        page.set_viewport_size(DESK_AT_200)
        found[f"{language} at 200 %"] = lost(page)
    assert found == {where: [] for where in found}


def liked_and_answered(page: Page, stack: Stack) -> None:
    open_page(page, stack, "gift")
    chip(page, "3 years").first.click()
    chip(page, "Trains").click()
    card(page, "Red steam engine").get_by_role("button", name="Like").click()
    expect(card(page, "Red steam engine")).to_have_count(0)
    expect(page.get_by_test_id("stToast")).to_be_visible()


def an_empty_shelf(page: Page, stack: Stack) -> None:
    open_page(page, stack, "gift")
    chip(page, "0–6 months").first.click()
    for left in (4, 3, 2, 1, 0):
        cards(page).first.get_by_role("button", name="Not this").click()
        expect(cards(page)).to_have_count(left)
    expect(page.locator(".panel h2")).to_be_visible()


def nothing_found(page: Page, stack: Stack) -> None:
    open_page(page, stack, "browse")
    page.get_by_placeholder("dinosaur puzzle").fill("zeppelin")
    page.keyboard.press("Enter")
    expect(page.locator(".panel h2")).to_be_visible()


def a_sentence(page: Page, stack: Stack) -> None:
    open_page(page, stack, "gift")
    page.locator(".st-key-words").get_by_role("textbox").fill("wooden trains for a 4-year-old under 15")
    page.keyboard.press("Enter")
    expect(page.locator(".st-key-understood-chips")).to_be_visible()


def a_toy_refused(page: Page, stack: Stack) -> None:
    open_page(page, stack, "gift")
    chip(page, "1 year").first.click()
    expect(page.locator(".shelf-head p")).to_have_text("age 1 year")
    page.evaluate("() => document.querySelector('[class*=st-key-card-] a').href = '/toy?toy=engine-red'")
    cards(page).first.get_by_role("link").click()
    expect(page.locator(".panel h1, .details h1")).to_be_visible()


def a_toy_that_is_gone(page: Page, stack: Stack) -> None:
    visit(page, stack, "/toy?toy=nowhere")
    expect(page.locator(".panel h1")).to_be_visible()


def the_kiosk_away(page: Page, stack: Stack) -> None:
    open_page(page, stack, "gift")
    stack.kiosk.stop()
    try:
        chip(page, "3 years").first.click()
        expect(page.locator(".panel h2")).to_be_visible(timeout=120_000)
        assert findings(page) == []
    finally:
        stack.kiosk.start()
    expect(cards(page).first).to_be_visible(timeout=120_000)


def a_basket(page: Page, stack: Stack) -> None:
    open_page(page, stack, "gift")
    chip(page, "3 years").first.click()
    expect(page.locator(".shelf-head p")).to_have_text("age 3 years")
    for left in (2, 1):
        cards(page).first.get_by_role("button", name="Compare").click()
        expect(page.locator(".st-key-tray")).to_be_visible()
        cards(page).first.get_by_role("button", name="Put in basket").click()
        expect(page.get_by_role("link", name=f"Basket ({3 - left})")).to_be_visible()
    page.get_by_role("link", name="Basket (2)").click()
    expect(page.locator(".sum")).to_be_visible()
    page.get_by_role("button", name="Take out").first.click()
    expect(page.get_by_role("button", name="Put it back")).to_be_visible()


def toys_side_by_side(page: Page, stack: Stack) -> None:
    a_basket(page, stack)
    page.get_by_role("link", name="Compare now").click()
    expect(page.get_by_role("table")).to_be_visible()
    page.set_viewport_size(PHONE)
    assert findings(page) == []


@pytest.mark.parametrize(
    "state",
    [
        a_basket,
        toys_side_by_side,
        liked_and_answered,
        an_empty_shelf,
        nothing_found,
        a_sentence,
        a_toy_refused,
        a_toy_that_is_gone,
        the_kiosk_away,
    ],
)
def test_what_can_become_of_a_page_has_nothing_that_axe_finds(
    page: Page, stack: Stack, state: Callable[[Page, Stack], None]
) -> None:
    state(page, stack)
    found = {}
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        found[scheme] = findings(page)
    assert found == {"light": [], "dark": []}


def active(page: Page, selector: str) -> None:
    """Wait until the keyboard is on what `selector` finds."""
    page.wait_for_function("(it) => document.activeElement?.matches(it)", arg=selector)


def tab_to(page: Page, goal: Locator, key: str = "Tab", most: int = 200) -> None:
    """Press `key` until the keyboard is on `goal`; on the way, whatever has it can be seen to have it."""
    for _ in range(most):
        page.keyboard.press(key)
        seen = page.evaluate(
            """() => {
                const it = document.activeElement;
                if (!it || it === document.body || it.matches('main')) return true;
                const ring = (box, part) => getComputedStyle(box, part).outlineStyle !== 'none'
                    || getComputedStyle(box, part).boxShadow !== 'none';
                const field = it.closest('[data-testid=stTextInputRootElement]');
                return ring(it) || ring(it, '::after') || (field && ring(field)) || it.outerHTML.slice(0, 300);
            }"""
        )
        assert seen is True, f"nothing shows that this has the keyboard: {seen}"
        if goal.evaluate("it => it === document.activeElement"):
            return
    raise AssertionError(f"never reached with {key}: {goal}")


def test_from_the_bare_address_to_a_toy_that_is_liked_and_back_with_the_keyboard_alone(
    page: Page, stack: Stack
) -> None:
    visit(page, stack)
    stands(page)
    page.keyboard.press("Tab")
    active(page, "[data-testid=stSkipToContent]")
    expect(page.locator("[data-testid=stSkipToContent]")).to_have_text("Skip to the content")
    page.keyboard.press("Enter")
    active(page, ".heading h1")

    tab_to(page, chip(page, "0–6 months").first)
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    expect(page.locator(".shelf-head p")).to_have_text("age 3 years")
    expect(page.locator("#toyguide-voice")).to_have_text(re.compile(r"\d+ toys age 3 years$"))

    like = page.get_by_role("button", name="Like Red steam engine", exact=True)
    tab_to(page, like)
    page.keyboard.press("Enter")
    expect(card(page, "Red steam engine")).to_have_count(0)
    active(page, "[class*=st-key-card-list-] a")  # the toy that took its place
    expect(page.locator("#toyguide-voice")).to_contain_text("You like Red steam engine")

    title = page.evaluate("() => document.activeElement.innerText")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=title, level=1)).to_be_visible()
    active(page, ".details h1")  # read out, and the toy's buttons come next
    tab_to(page, page.locator(".st-key-toy-taps").get_by_role("button", name=f"Like {title}"), most=3)
    page.keyboard.press("Enter")
    expect(page.get_by_text("You like this toy")).to_be_visible()
    active(page, ".st-key-toy-details button")  # what can be done with this toy now

    tab_to(page, page.get_by_role("link", name="Back to the gifts"), "Shift+Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".shelf-head p")).to_have_text("age 3 years")
    active(page, ".heading h1")
    tab_to(page, page.get_by_role("button", name="Red steam engine", exact=True))
    page.keyboard.press("Enter")  # taken back
    expect(page.get_by_role("button", name="Red steam engine", exact=True)).to_have_count(0)
    page.wait_for_function("() => document.activeElement && document.activeElement !== document.body")


def test_more_toys_are_met_where_they_begin(page: Page, stack: Stack) -> None:
    visit(page, stack)
    stands(page)
    expect(cards(page)).to_have_count(8)
    page.get_by_role("button", name="Show more toys").focus()
    page.keyboard.press("Enter")
    expect(cards(page).nth(8)).to_be_visible()
    page.wait_for_function("() => document.activeElement === document.querySelectorAll('[class*=st-key-card-] a')[8]")


def test_what_is_what_is_said(page: Page, stack: Stack) -> None:
    open_page(page, stack, "gift")
    expect(page.get_by_role("navigation", name="Pages of the shop")).to_be_visible()
    expect(page.get_by_role("link", name="Find a gift")).to_have_attribute("aria-current", "page")
    expect(page.get_by_role("region", name="Your answers")).to_be_visible()
    expect(page.get_by_role("list").filter(has=page.get_by_role("link", name="Red steam engine"))).to_have_count(1)
    expect(page.get_by_role("radiogroup", name="How old are they?")).to_be_visible()
    chip(page, "Trains").click()
    expect(page.locator(".shelf-head p")).to_have_text("loves trains")
    expect(chip(page, "Trains")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="中文").click()
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    expect(page.get_by_role("navigation", name="商店页面")).to_be_visible()
    expect(page.get_by_role("button", name="喜欢 红色蒸汽火车头")).to_be_visible()


@pytest.fixture(scope="module")
def large(chromium: Browser) -> Iterator[Browser]:
    """The browser of a reader who has set it to letters of twice the size."""
    path = shutil.which("chromium")
    browser = chromium.browser_type.launch(executable_path=path, args=[*CHROMIUM_FLAGS, LARGE])
    yield browser
    browser.close()


@pytest.mark.parametrize("language", LANGUAGES)
def test_letters_of_twice_the_size_fit(large: Browser, stack: Stack, language: str) -> None:
    page = large.new_page()
    found = {}
    for name in ADDRESSES:
        open_page(page, stack, name, language)
        size = page.evaluate("() => getComputedStyle(document.documentElement).fontSize")
        assert size == "34px", "the reader's own size is followed"
        for width in (1280, 390):
            page.set_viewport_size({"width": width, "height": 1024})
            found[f"{name} {width}"] = lost(page)
    page.close()
    assert found == {where: [] for where in found}


def lost(page: Page) -> list[str]:
    """What cannot be read: words that are cut off, and a page that must be pushed sideways."""
    stands(page)
    found: list[str] = page.evaluate(
        """() => {
            const main = document.querySelector('[data-testid=stMain]');
            const wider = main.scrollWidth - main.clientWidth;
            const cut = [...main.querySelectorAll('p, h1, h2, span, button, a, dd, dt, li, label')]
                .filter(it => it.checkVisibility() && it.clientWidth > 1 && it.innerText.trim())
                .filter(it => !it.closest('.unseen, .st-key-tapped'))
                .filter(it => [['X', 'Width'], ['Y', 'Height']].some(([way, size]) =>
                    getComputedStyle(it)['overflow' + way] !== 'visible'
                    && it['scroll' + size] > it['client' + size] + 2))
                .map(it => `cut off: ${it.innerText}`);
            return wider > 0 ? [`${wider} pixels wider than the window`, ...cut] : cut;
        }"""
    )
    return found


def test_who_wants_no_motion_gets_none_and_forced_colours_show_what_is_chosen(page: Page, stack: Stack) -> None:
    open_page(page, stack, "gift")
    page.emulate_media(reduced_motion="reduce", forced_colors="active")
    chosen = chip(page, "3 years").first
    chosen.click()
    expect(page.locator(".shelf-head p")).to_have_text("age 3 years")
    slow = page.evaluate(
        """() => [...document.querySelectorAll('[data-testid=stMain] *')]
            .filter(it => getComputedStyle(it).transitionDuration.split(',').some(time => parseFloat(time) > 0.02))
            .map(it => it.outerHTML.slice(0, 120))"""
    )
    assert slow == []
    page.mouse.move(0, 0)
    colour = "it => getComputedStyle(it).backgroundColor"
    assert chosen.evaluate(colour) != chip(page, "4 years").first.evaluate(colour)
