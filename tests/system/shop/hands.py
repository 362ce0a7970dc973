"""What a visitor does and sees, as short names for Playwright's locators."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

from tests.system.shop.conftest import Stack


def cards(page: Page, area: str = "list") -> Locator:
    return page.locator(f'[class*="st-key-card-{area}-"]')


def card(page: Page, title: str) -> Locator:
    return cards(page).filter(has=page.get_by_role("link", name=title, exact=True))


def chip(page: Page, name: str) -> Locator:
    return page.locator("button[data-variant=pills]").filter(has_text=re.compile(rf"{re.escape(name)}$"))


def settled(page: Page) -> None:
    """Wait until the page is drawn to its end: what is read before may be of the list that is about to go."""
    expect(page.locator("[data-testid=stApp][data-test-script-state=notRunning]")).to_have_count(1, timeout=120_000)


def visit(page: Page, stack: Stack, address: str = "/") -> None:
    page.goto(stack.shop.address + address)
    expect(page.locator(".brand")).to_be_visible(timeout=120_000)
