"""A visit that outlasts a reload and spans tabs, and its basket, in a real browser over the real stack."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.system.shop.conftest import Stack
from tests.system.shop.hands import card, cards, chip, settled, visit

PUT = "Put in basket"

pytestmark = pytest.mark.system


def liked(page: Page, title: str) -> Locator:
    return page.locator(".st-key-tapped").get_by_role("button", name=title)


def test_a_reload_and_a_second_tab_find_the_visit(page: Page, stack: Stack) -> None:
    visit(page, stack)
    chip(page, "3 years").first.click()
    card(page, "Red steam engine").get_by_role("button", name="Like").click()
    expect(card(page, "Red steam engine")).to_have_count(0)
    (cookie,) = [it for it in page.context.cookies() if it["name"] == f"toyguide-visit-{stack.shop.port}"]
    assert (cookie["httpOnly"], cookie["sameSite"], cookie["expires"]) == (True, "Lax", -1)
    assert cookie["domain"] == "127.0.0.1", "to no other host, and with no leading dot"

    page.reload()
    expect(chip(page, "3 years").first).to_have_attribute("aria-checked", "true")
    expect(liked(page, "Red steam engine")).to_be_visible()
    expect(cards(page).first).to_be_visible()
    expect(card(page, "Red steam engine")).to_have_count(0)
    expect(page.get_by_text("Your last visit ended")).to_have_count(0)

    second = page.context.new_page()
    visit(second, stack)
    expect(liked(second, "Red steam engine")).to_be_visible()
    card(second, "Blue steam engine").get_by_role("button", name="Like").click()
    expect(card(second, "Blue steam engine")).to_have_count(0)
    card(page, "Blue wooden track").get_by_role("button", name="Like").click()
    for title in ("Red steam engine", "Blue steam engine", "Blue wooden track"):
        expect(liked(page, title)).to_be_visible()

    stack.shop.stop()
    stack.shop.start()
    page.reload()
    expect(page.get_by_text("Your last visit ended a while ago")).to_be_visible(timeout=120_000)
    expect(liked(page, "Red steam engine")).to_have_count(0)
    page.get_by_role("button", name="All right").click()
    expect(page.get_by_text("Your last visit ended")).to_have_count(0)
    assert re.search(r"Traceback", stack.shop.said()) is None


def staff(stack: Stack, tmp_path: Path) -> Callable[[str, str, dict[str, Any]], None]:
    """Changes over the API, with a key made as a shop makes it."""
    made = subprocess.run(
        [sys.executable, "-m", "app.cli", "kiosk", "key", "add", "Mo", "--role", "manager",
         "--database", str(stack.database)],
        capture_output=True, text=True, timeout=120, check=True, cwd=tmp_path,
    )  # fmt: skip
    key = made.stdout.strip()

    def change(method: str, path: str, body: dict[str, Any]) -> None:
        headers = {"Authorization": f"Bearer {key}"}
        answer = httpx.request(method, f"{stack.kiosk.address}/v1/staff/{path}", json=body, headers=headers, timeout=20)
        assert answer.status_code == 200, answer.text

    return change


def line(page: Page, title: str) -> Locator:
    return page.locator(".st-key-lines > *").filter(has_text=title)


def put(page: Page, words: str) -> tuple[str, Decimal]:
    """The first toy of that kind, in the colour that the list has room for, goes in; its title and price."""
    settled(page)
    found = cards(page).filter(has=page.get_by_role("link", name=re.compile(f"{words}$"))).first
    title, price = found.get_by_role("link").inner_text(), found.locator(".price").inner_text()
    found.get_by_role("button", name=PUT).click()
    expect(card(page, title)).to_have_count(0)
    return title, Decimal(price.removeprefix("£"))


def test_a_basket_from_the_shelf_to_the_till(page: Page, stack: Stack, tmp_path: Path) -> None:
    page.add_init_script("window.printed = 0; window.print = () => { window.printed += 1; };")
    visit(page, stack)
    chip(page, "3 years").first.click()
    expect(page.locator(".shelf-head p")).to_have_text("age 3 years")
    (engine, of_engine), (track, of_track), (bear, of_bear) = (
        put(page, kind) for kind in ("steam engine", "wooden track", "sleepy bear")
    )
    page.get_by_role("link", name="Basket (3)").click()
    expect(page.get_by_role("heading", name="Your basket")).to_be_visible()
    expect(page.locator(".sum")).to_have_text(f"£{of_engine + of_track + of_bear}")
    page.reload()
    expect(line(page, engine)).to_be_visible()
    second = page.context.new_page()
    visit(second, stack, "/basket")
    expect(line(second, bear)).to_be_visible()
    line(second, bear).get_by_role("button", name="Take out").click()
    expect(second.locator(".sum")).to_have_text(f"£{of_engine + of_track}")
    second.get_by_role("button", name="Put it back").click()
    expect(second.locator(".sum")).to_have_text(f"£{of_engine + of_track + of_bear}")
    second.close()

    code = page.get_by_role("img", name="QR code that holds this list")
    expect(code).to_be_visible()
    page.get_by_role("button", name="Print the list").click()
    page.wait_for_function("window.printed === 1")
    page.emulate_media(media="print")
    expect(page.locator(".print-list")).to_be_visible()
    expect(page.locator(".print-list li")).to_have_count(3)
    for gone in (".st-key-header", ".st-key-lines", ".st-key-till"):
        expect(page.locator(gone)).to_be_hidden()
    page.emulate_media(media="screen")

    stack.kiosk.stop()
    try:
        page.reload()
        expect(page.get_by_text("The shop's computer does not answer")).to_be_visible(timeout=120_000)
        expect(line(page, engine)).to_be_visible()
        expect(page.locator(".sum")).to_have_text(f"£{of_engine + of_track + of_bear}")
    finally:
        stack.kiosk.start()
    expect(page.get_by_text("The shop's computer does not answer")).to_have_count(0, timeout=120_000)

    change = staff(stack, tmp_path)
    change("PUT", "stock", {"toys": [{"toy_id": f"engine-{engine.split()[0].lower()}", "count": 0}]})
    change(
        "POST",
        "recalls:import",
        {"recalls": [{"toy_id": f"track-{track.split()[0].lower()}", "reason": "splinters", "source": "maker"}]},
    )
    page.reload()
    expect(line(page, engine)).to_contain_text("Sold out just now")
    expect(line(page, track)).to_contain_text("Recalled by its maker or the shop")
    expect(page.locator(".sum")).to_have_text(f"£{of_bear}")
    expect(page.get_by_text("2 toys that cannot be bought now are not counted.")).to_be_visible()

    page.get_by_role("link", name="Find a gift").click()
    chip(page, "1 year").first.click()
    expect(page.locator(".shelf-head p")).to_have_text("age 1 year")
    page.get_by_role("link", name="Basket (3)").click()
    expect(page.get_by_text("2 toys in the basket are not for the youngest child here.")).to_be_visible()
    expect(page.get_by_text("steam engine")).to_have_count(0)
    expect(page.get_by_text("wooden track")).to_have_count(0)
    assert [kind for _, kind, _ in stack.events()].count("cart") == 3
    assert "Traceback" not in stack.shop.said()


@pytest.mark.parametrize(
    "page",
    [
        {"viewport": {"width": 1920, "height": 1080}},
        {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True},
    ],
    indirect=True,
    ids=["desk", "phone"],
)
def test_toys_side_by_side(page: Page, stack: Stack) -> None:
    visit(page, stack)
    expect(cards(page).first).to_be_visible()
    settled(page)
    titles = [cards(page).nth(place).get_by_role("link").inner_text() for place in range(4)]
    for place, title in enumerate(titles[:3], 1):
        card(page, title).locator('[class*="st-key-beside-"] button:visible').click()
        expect(page.locator(".st-key-tray h2")).to_have_text(
            "1 toy to compare" if place == 1 else f"{place} toys to compare"
        )
    card(page, titles[3]).locator('[class*="st-key-beside-"] button:visible').click()
    expect(page.get_by_test_id("stToast").get_by_text("3 toys at most can be compared.")).to_be_visible()
    page.get_by_role("link", name="Compare now").click()
    expect(page.get_by_role("heading", name="Side by side")).to_be_visible()
    expect(page.get_by_role("table").get_by_role("columnheader")).to_have_count(3)
    expect(page.get_by_role("rowheader", name="Price")).to_be_visible()
    wider = page.evaluate(
        "() => (main => main.scrollWidth - main.clientWidth)(document.querySelector('[data-testid=stMain]'))"
    )
    assert wider <= 0, "the page must not scroll sideways"
    small = page.evaluate(
        """() => [...document.querySelectorAll('[class*="st-key-compare-head-"] :is(button, a)')]
            .map(it => [it.innerText, it.getBoundingClientRect()])
            .filter(([_, box]) => box.height > 0 && (box.height < 44 || box.width < 44))
            .map(([text, box]) => `${text}: ${box.width} × ${box.height}`)"""
    )
    assert small == [], "touch targets of less than 44 pixels"
    gone = page.locator('[class*="st-key-compare-head-"]').first.locator('[class*="st-key-beside-"] button:visible')
    gone.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("table").get_by_role("columnheader")).to_have_count(2)
