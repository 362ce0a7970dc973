"""A visit that outlasts a reload and spans tabs, and its basket, in a real browser over the real stack."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.system.shop.conftest import Stack
from tests.system.shop.hands import card, cards, chip, visit

pytestmark = pytest.mark.system


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
    expect(page.get_by_role("button", name="Red steam engine")).to_be_visible()
    expect(cards(page).first).to_be_visible()
    expect(card(page, "Red steam engine")).to_have_count(0)
    expect(page.get_by_text("Your last visit ended")).to_have_count(0)

    second = page.context.new_page()
    visit(second, stack)
    expect(second.get_by_role("button", name="Red steam engine")).to_be_visible()
    card(second, "Blue steam engine").get_by_role("button", name="Like").click()
    expect(card(second, "Blue steam engine")).to_have_count(0)
    card(page, "Blue wooden track").get_by_role("button", name="Like").click()
    for title in ("Red steam engine", "Blue steam engine", "Blue wooden track"):
        expect(page.get_by_role("button", name=title)).to_be_visible()

    stack.shop.stop()
    stack.shop.start()
    page.reload()
    expect(page.get_by_text("Your last visit ended a while ago")).to_be_visible(timeout=30_000)
    expect(page.get_by_role("button", name="Red steam engine")).to_have_count(0)
    page.get_by_role("button", name="All right").click()
    expect(page.get_by_text("Your last visit ended")).to_have_count(0)
    assert re.search(r"Traceback", stack.shop.said()) is None
