"""Kiosk mode in a real browser: a visit from the screen at rest to the wipe, and nothing left of it."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.system.shop.axe import findings, stands
from tests.system.shop.conftest import Stack, open_stack
from tests.system.shop.goods import toys
from tests.system.shop.hands import card, cards, chip, settled

pytestmark = pytest.mark.system

IDLE, COUNTDOWN = 600, 120
"""Long, since the browser's clock goes on by itself while a busy machine works; the tests put it forward."""
SLACK = 60
SECRETS = re.compile("steam engine|蒸汽火车头|dragon|engine-red")


@pytest.fixture(scope="module")
def stack(make_bundle: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    folder = tmp_path_factory.mktemp("kiosk-mode")
    options = ("--kiosk", "--idle-seconds", str(IDLE), "--countdown-seconds", str(COUNTDOWN))
    with open_stack(make_bundle(folder / "bundle", toys()), folder, *options) as opened:
        yield opened


def at_rest(page: Page) -> None:
    expect(page.locator(".invitation")).to_be_visible(timeout=120_000)
    expect(page.locator(".veil")).to_have_count(0)


def arrive(page: Page, stack: Stack, address: str = "/") -> None:
    page.clock.install()
    page.goto(stack.shop.address + address)
    at_rest(page)


def start(page: Page, words: str = "Find a toy") -> None:
    page.get_by_role("button", name=words).click()
    expect(page.locator(".st-key-header")).to_be_visible(timeout=120_000)
    expect(cards(page).first).to_be_visible(timeout=120_000)
    stands(page)


def do_something(page: Page) -> str:
    """An age, words, a like, a toy's page. Returns the visit's session id as the kiosk knows it is told elsewhere."""
    field = page.locator(".st-key-words").get_by_role("textbox")
    field.fill("a dragon for a 5-year-old")
    field.press("Enter")
    expect(page.locator(".shelf-head p")).to_contain_text("age 5 years")
    card(page, "Red steam engine").get_by_role("button", name="Like").click()
    expect(card(page, "Red steam engine")).to_have_count(0)
    card(page, "Green steam engine").get_by_role("button", name="Put in basket").click()
    expect(page.get_by_role("link", name="Basket (1)")).to_be_visible()
    stands(page)
    card(page, "Blue steam engine").get_by_role("link").click()
    expect(page.get_by_role("heading", name="Blue steam engine", level=1)).to_be_visible()
    expect(page).to_have_url(re.compile(r"/toy\?toy=engine-blue"))


def nothing_is_left(page: Page, stack: Stack) -> None:
    at_rest(page)
    assert page.url == stack.shop.address + "/"
    assert page.evaluate("window.ofTheOldPage") is None, "a new page, with nothing of the old one's memory"
    assert not SECRETS.search(page.locator("body").inner_text())
    places = "localStorage, sessionStorage, document.cookie, history.state, document.title"
    left = page.evaluate(f"JSON.stringify([{places}])")
    assert not SECRETS.search(left)
    assert not re.search(r"[0-9a-f]{8}-[0-9a-f]{4}", left), "no id of a visit"
    assert [cookie["name"] for cookie in page.context.cookies() if "visit" in cookie["name"]] == []


def test_a_visit_from_rest_to_rest(page: Page, stack: Stack) -> None:
    arrive(page, stack)
    page.evaluate("window.ofTheOldPage = true")
    steps = page.evaluate("history.length")
    start(page)
    do_something(page)
    dialog = page.get_by_role("alertdialog", name="Still there?")

    page.clock.fast_forward((IDLE - SLACK) * 1000)
    expect(dialog).to_have_count(0)
    page.clock.fast_forward((SLACK + 1) * 1000)
    expect(dialog).to_be_visible()
    expect(dialog.get_by_role("button", name="Yes, go on")).to_be_focused()
    expect(dialog).to_have_attribute("aria-describedby", "still-there-lead")
    seconds = int(dialog.locator(".count").inner_text())
    assert COUNTDOWN - SLACK <= seconds <= COUNTDOWN
    page.clock.fast_forward(3000)
    expect(dialog.locator(".count")).not_to_have_text(str(seconds))
    page.keyboard.press("Tab")
    expect(dialog.get_by_role("button", name="I’m done")).to_be_focused()
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(page.get_by_role("heading", name="Blue steam engine", level=1)).to_be_visible()

    page.clock.fast_forward(IDLE * 1000 + 2000)
    expect(dialog).to_be_visible()
    page.mouse.click(5, 5)  # any touch goes on, and presses nothing below
    expect(dialog).to_have_count(0)
    expect(page.get_by_role("heading", name="Blue steam engine", level=1)).to_be_visible()
    assert page.evaluate("history.length") == steps, "there is no way back to a page of the visit"

    page.clock.fast_forward(IDLE * 1000 + 2000)
    expect(dialog).to_be_visible()
    page.clock.fast_forward(COUNTDOWN * 1000 + 1000)
    nothing_is_left(page, stack)
    page.go_back()
    page.go_forward()
    nothing_is_left(page, stack)

    start(page)
    expect(page.get_by_role("button", name="Red steam engine", exact=True)).to_have_count(0)
    expect(page.locator(".shelf-head p")).to_have_text("Favourites of this shop")
    expect(page.get_by_role("link", name="Basket", exact=True)).to_be_visible()
    expect(page.locator(".st-key-words").get_by_role("textbox")).to_have_value("")
    expect(card(page, "Red steam engine")).to_be_visible()


def test_done_ends_the_visit_at_once_and_the_next_has_other_ids(page: Page, stack: Stack) -> None:
    arrive(page, stack)
    before = len(stack.events())
    for _ in range(2):
        page.evaluate("window.ofTheOldPage = true")
        start(page)
        settled(page)
        title = cards(page).first.get_by_role("link").inner_text()
        cards(page).first.get_by_role("button", name="Like").click()
        expect(page.get_by_role("button", name=title, exact=True)).to_be_visible()
        page.get_by_role("button", name="I’m done").click()
        nothing_is_left(page, stack)
    deadline = time.monotonic() + 60
    while len(seen := stack.sessions()[before:]) < 2:  # what a visit did not tell is told after it
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert len(set(seen)) == len(seen) == 2


def test_a_machine_that_slept_does_not_show_the_visit_again(page: Page, stack: Stack) -> None:
    arrive(page, stack)
    start(page)
    do_something(page)
    page.evaluate("window.ofTheOldPage = true")
    link = page.locator(".st-key-header").get_by_role("link", name="For me").bounding_box()
    assert link is not None
    now = page.evaluate("Date.now()") / 1000
    page.clock.pause_at(now + 1)
    page.clock.set_system_time(now + 3600)  # an hour on, and no timer has run
    page.mouse.click(link["x"] + 20, link["y"] + 20)  # the touch comes first: it opens nothing
    assert page.evaluate("document.querySelectorAll('.veil').length") == 1
    page.clock.resume()
    nothing_is_left(page, stack)


def test_in_chinese_and_with_fingers(page: Page, stack: Stack) -> None:
    arrive(page, stack)
    start(page, "找玩具")
    expect(page.get_by_role("heading", name="送给谁？")).to_be_visible()
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("heading", name="Who is it for?")).to_be_visible()
    page.get_by_role("button", name="中文").click()
    expect(page.get_by_role("heading", name="送给谁？")).to_be_visible()
    page.clock.fast_forward(IDLE * 1000 + 2000)
    dialog = page.get_by_role("alertdialog", name="您还在吗？")
    expect(dialog).to_be_visible()
    expect(dialog).to_have_attribute("lang", "zh")
    dialog.get_by_role("button", name="结束").click()
    at_rest(page)


def test_a_touched_toy_opens_and_all_in_the_window_are_safe_from_birth(page: Page, stack: Stack) -> None:
    arrive(page, stack)
    pictures = page.locator(".st-key-attract .picture")
    expect(pictures.first).to_be_visible()
    titles = [found.get_attribute("alt") for found in pictures.all()]
    titles = [title for title in titles if title is not None]  # Streamlit takes the attack's away, for what it says
    assert titles
    stands(page)
    assert not re.search("engine|track|blocks|drum|marbles", " ".join(titles)), "none of these is safe from birth"
    page.get_by_role("button", name=re.compile("sleepy bear")).first.click()
    expect(page.locator(".details h1")).to_contain_text("sleepy bear")
    expect(page.get_by_role("button", name="I’m done")).to_be_visible()


def test_the_shop_goes_away_at_the_end_of_a_visit(page: Page, stack: Stack) -> None:
    arrive(page, stack)
    start(page)
    do_something(page)
    page.evaluate("window.ofTheOldPage = true")
    stack.shop.stop()
    try:
        page.clock.fast_forward((IDLE + COUNTDOWN + 2) * 1000)
        expect(page.locator(".veil")).to_be_visible()
        assert not SECRETS.search(page.locator(".veil").inner_text())
        top = "document.elementFromPoint(innerWidth / 2, innerHeight / 2)"
        assert page.evaluate(f"{top}.closest('.veil') !== null"), (
            "what was on the screen is covered, whether the shop answers or not"
        )
    finally:
        stack.shop.start()
    page.clock.fast_forward(20_000)
    nothing_is_left(page, stack)


def test_a_line_that_is_cut_covers_the_page_until_it_is_back(page: Page, stack: Stack) -> None:
    arrive(page, stack)
    start(page)
    stack.shop.stop()
    try:
        expect(page.get_by_text("One moment, please")).to_be_visible(timeout=120_000)
        expect(page.get_by_text("请稍候")).to_be_visible()
        # Streamlit's own words come some seconds later, two of them, under the veil.
        expect(page.get_by_text(re.compile("Streamlit|Connection error")).filter(visible=True)).to_have_count(0)
    finally:
        stack.shop.start()
    expect(page.locator(".veil")).to_have_count(0, timeout=60_000)
    at_rest(page)


def test_without_the_kiosk_the_screen_invites_with_drawings_alone(page: Page, stack: Stack) -> None:
    stack.kiosk.stop()
    try:
        arrive(page, stack)
        expect(page.locator(".drawn")).to_be_visible()
        expect(page.locator(".st-key-attract .picture")).to_have_count(0)
    finally:
        stack.kiosk.start()
    page.clock.fast_forward(61_000)
    expect(page.locator(".st-key-attract .picture").first).to_be_visible()


SMALL = """() => [...document.querySelectorAll("button, a[href], input, label:has(input[type=checkbox]), summary")]
    .filter(it => it.checkVisibility({ opacityProperty: true, visibilityProperty: true }) && !it.closest(".unseen"))
    .filter(it => !it.matches("[data-testid=stSkipToContent]"))
    .map(it => [it.innerText || it.getAttribute("aria-label") || it.outerHTML.slice(0, 120),
                (it.closest("[class*=st-key-card-]:has(a)") && it.matches("a")
                    ? it.closest("[class*=st-key-card-]") : it).getBoundingClientRect()])
    .filter(([_, box]) => box.width > 0 && box.height > 0 && (box.height < 44 || box.width < 44))
    .map(([text, box]) => `${text}: ${box.width} × ${box.height}`)"""


@pytest.mark.parametrize(
    "page",
    [
        {"viewport": {"width": 1920, "height": 1080}, "has_touch": True},
        {"viewport": {"width": 1080, "height": 1920}, "has_touch": True},
        {"viewport": {"width": 1024, "height": 768}, "has_touch": True},
    ],
    indirect=True,
    ids=["wide", "tall", "small"],
)
def test_every_page_is_for_fingers_and_leads_nowhere_else(page: Page, stack: Stack) -> None:
    arrive(page, stack)
    assert page.evaluate(SMALL) == []
    assert page.evaluate("document.documentElement.scrollHeight - innerHeight") <= 0, "the screen at rest is one screen"
    start(page)

    def check() -> None:
        assert page.evaluate(SMALL) == []
        addresses = page.evaluate("[...document.querySelectorAll('[href], [action]')].map(it => it.href || it.action)")
        assert [it for it in addresses if not it.startswith((stack.shop.address + "/", "data:"))] == []
        assert page.locator("input[type=file], a[target=_blank]").count() == 0
        wider = page.evaluate("(it => it.scrollWidth - it.clientWidth)(document.querySelector('[data-testid=stMain]'))")
        assert wider <= 0, "the page must not scroll sideways"

    for number in range(2):
        cards(page).nth(number).get_by_role("button", name="Put in basket").click()
        expect(page.get_by_role("link", name=f"Basket ({number + 1})")).to_be_visible()
    chip(page, "3 years").first.click()
    expect(page.locator(".shelf-head p")).to_have_text("age 3 years")
    check()
    names = page.locator(".st-key-header a").all_inner_texts()
    assert len(names) >= 4
    for number in (*range(1, len(names)), 0):
        link = page.locator(".st-key-header a").nth(number)
        link.click()
        expect(page.locator('[class*="-current"] a').and_(link)).to_be_visible()
        expect(page.locator(".picture").first).to_be_visible()
        check()
    page.locator('[class*="st-key-card-"] a').first.click()
    expect(page.locator(".details h1")).to_be_visible()
    check()


def test_a_finger_held_down_brings_no_menu_and_a_link_out_leads_nowhere(page: Page, stack: Stack) -> None:
    arrive(page, stack)
    start(page)
    menus = page.evaluate(
        """() => ["h1", ".st-key-found .picture", ".st-key-words input"].map(it => document.querySelector(it))
            .map(it => it.dispatchEvent(new MouseEvent("contextmenu", { bubbles: true, cancelable: true })))"""
    )
    assert menus == [False, False, False], "each was prevented"
    page.evaluate("document.querySelector('h1').innerHTML = '<a href=https://example.com>out</a>'")
    page.get_by_role("link", name="out").click()
    assert page.url.startswith(stack.shop.address)


def test_axe_finds_nothing_at_rest_nor_in_the_question(page: Page, stack: Stack) -> None:
    arrive(page, stack)
    expect(page.locator(".st-key-attract .picture").first).to_be_visible()
    found = {}
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        found[f"at rest, {scheme}"] = findings(page)
    start(page)
    dialog = page.get_by_role("alertdialog", name="Still there?")
    for scheme in ("dark", "light"):
        page.emulate_media(color_scheme=scheme)
        page.clock.fast_forward(IDLE * 1000 + 2000)
        expect(dialog).to_be_visible()
        found[f"the question, {scheme}"] = findings(page)
        page.keyboard.press("Escape")  # goes on with the visit: the countdown is not for axe
        expect(dialog).to_have_count(0)
    assert found == {where: [] for where in found}


@pytest.mark.parametrize("page", [{"reduced_motion": "reduce"}], indirect=True)
def test_nothing_moves_for_those_who_want_no_motion(page: Page, stack: Stack) -> None:
    arrive(page, stack)
    moving: list[Any] = page.evaluate("document.getAnimations().map(it => it.animationName)")
    assert [name for name in moving if name and name.startswith("turn")] == []
    expect(page.locator('[class*="st-key-turn-0-"]').first).to_be_visible()
