"""A child of two, stated once, is met by no unsafe toy on any page of the visit."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.system.shop.conftest import Stack
from tests.system.shop.hands import card, cards, chip, settled, visit

pytestmark = pytest.mark.system

UNSAFE = re.compile("marbles|steam engine|wooden track", re.IGNORECASE)  # three years and more, or small parts


def nothing_unsafe(page: Page, area: str) -> None:
    """Of the shelf, once it stands there, and of all that the page says; titles of pictures and links as well."""
    expect(cards(page, area).first).to_be_visible(timeout=120_000)
    expect(page.locator(".waiting")).to_have_count(0)
    assert not UNSAFE.search(page.locator("[data-testid=stMain]").inner_text())
    assert not UNSAFE.search(page.locator("[data-testid=stMain]").inner_html())
    assert not UNSAFE.search(page.title())


def to(page: Page, name: str) -> None:
    page.locator(".st-key-header").get_by_role("link", name=name).click()
    expect(page.locator('[class*="st-key-nav-"][class*="-current"] a')).to_have_text(re.compile(name))


def test_a_two_year_old_stated_once_is_met_by_no_unsafe_toy_on_any_page(page: Page, stack: Stack) -> None:
    visit(page, stack)
    # For an older child first: what is liked now may be named no more when a younger one comes.
    chip(page, "6–7 years").first.click()
    expect(page.locator(".shelf-head p")).to_have_text("age 6–7 years")
    card(page, "Red bag of marbles").get_by_role("button", name="Like").click()
    expect(page.locator(".st-key-tapped").get_by_role("button", name="Red bag of marbles")).to_be_visible()
    settled(page)
    kept = cards(page).filter(has_text=UNSAFE).first.get_by_role("link").inner_text()
    card(page, kept).get_by_role("button", name="Put in basket").click()
    to(page, "Basket")
    expect(page.locator(".st-key-lines").get_by_role("link", name=kept)).to_be_visible()
    to(page, "For me")
    card(page, "Red steam engine").get_by_role("button", name="Like").click()
    expect(page.locator(".st-key-tapped").get_by_role("button", name="Red steam engine")).to_be_visible()

    # A second child, two years old. It is never said again.
    to(page, "Find a gift")
    page.locator(".st-key-add-child button").click()
    expect(page.locator(".st-key-forget-child")).to_be_visible()
    expect(page.locator(".shelf-head p")).to_have_text("Favourites of this shop · also safe for 6–7 years")
    chip(page, "2 years").first.click()
    expect(page.locator(".shelf-head p")).to_have_text("age 2 years")
    nothing_unsafe(page, "list")

    page.locator(".st-key-family").get_by_text(re.compile("^Star")).click()
    expect(page.locator(".shelf-head p")).to_have_text("age 6–7 years · also safe for 2 years")
    nothing_unsafe(page, "list")
    expect(page.get_by_text("One more, not for the youngest here")).to_be_visible()

    page.locator(".st-key-family").get_by_text("One budget for all").click()
    chip(page, "£30").first.click()
    expect(page.locator(".shelf-head h2")).to_have_text(re.compile("for all"))
    nothing_unsafe(page, "plan")

    to(page, "For me")
    expect(page.locator(".st-key-plan-children")).to_have_count(0)
    expect(page.locator(".shelf-head p")).to_have_text(re.compile("also safe for 2 years"))
    nothing_unsafe(page, "list")

    to(page, "Browse")
    nothing_unsafe(page, "browse")
    field = page.locator(".st-key-search").get_by_role("textbox")
    field.fill("red")
    field.press("Enter")
    expect(page.locator(".shelf-head p")).to_have_text(re.compile("“red”"))
    nothing_unsafe(page, "browse")

    settled(page)
    title = cards(page, "browse").first.get_by_role("link").inner_text()
    cards(page, "browse").first.get_by_role("link").click()
    expect(page.get_by_role("heading", name=title, level=1)).to_be_visible()
    nothing_unsafe(page, "similar")  # and what others bought with it

    to(page, "Basket")
    expect(page.get_by_text("One toy in the basket is not for the youngest child here.")).to_be_visible()
    assert not UNSAFE.search(page.locator("[data-testid=stMain]").inner_html())

    # An address that somebody kept, opened in another tab of the same visit.
    for toy in ("engine-red", "marbles-red"):
        other = page.context.new_page()
        other.goto(f"{stack.shop.address}/toy?toy={toy}")
        expect(other.get_by_role("heading", name="This toy is not for the youngest child here")).to_be_visible(
            timeout=120_000
        )
        nothing_unsafe(other, "similar")
        other.close()
