"""Behind the till and before the shelf: two browsers on the real stack."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from app.shop.pages.staff.desk import Section
from app.shop.text import t
from tests.system.shop.axe import findings
from tests.system.shop.conftest import Stack
from tests.system.shop.hands import card, cards, chip, settled, visit

pytestmark = pytest.mark.system


def made(stack: Stack, name: str, role: str) -> str:
    """A key, made on the command line while the kiosk runs."""
    command = [sys.executable, "-m", "app.cli", "kiosk", "key", "add", name, "--role", role]
    command += ["--database", str(stack.database)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


@pytest.fixture(scope="module")
def key(stack: Stack) -> str:
    return made(stack, "Kim", "clerk")


@pytest.fixture
def till(chromium: Browser, stack: Stack) -> Iterator[Page]:
    """Another browser, a tablet behind the till."""
    context = chromium.new_context(viewport={"width": 1024, "height": 768}, locale="en-GB", user_agent="The till")
    yield context.new_page()
    context.close()


def give(page: Page, key: str, label: str = "Staff key") -> None:
    field = page.get_by_label(label)
    field.fill(key)
    field.press("Enter")


def unlocked(page: Page, stack: Stack, key: str) -> None:
    visit(page, stack, "/staff")
    give(page, key)
    expect(page.locator(".staff-who")).to_contain_text("Kim · sales staff")


def scan(page: Page, words: str, label: str = "Words, number or barcode") -> None:
    field = page.get_by_label(label)
    field.fill(words)
    field.press("Enter")


def test_what_staff_hide_is_gone_from_the_list_the_search_and_its_own_address(
    page: Page, till: Page, stack: Stack, key: str
) -> None:
    visit(page, stack)
    expect(card(page, "Red steam engine")).to_have_count(1)

    unlocked(till, stack, key)
    assert key not in till.url
    assert all(key not in str(cookie) for cookie in till.context.cookies())
    scan(till, "engine-red")
    expect(till.get_by_role("heading", name="Red steam engine")).to_be_visible()
    till.get_by_role("button", name="Hide").click()
    expect(till.get_by_text("no shopper sees it from now on")).to_be_visible()
    expect(till.locator(".staff-verdict")).to_contain_text("Is not shown to shoppers")

    settled(page)
    other = cards(page).filter(has_not_text="Red steam engine").first.get_by_role("link").inner_text()
    card(page, other).get_by_role("button", name="Like").click()  # the shopper's next tap
    expect(card(page, other)).to_have_count(0)
    expect(card(page, "Red steam engine")).to_have_count(0)
    visit(page, stack, "/browse")
    field = page.locator(".st-key-search input")
    field.fill("steam engine")
    field.press("Enter")
    expect(page.locator(".shelf-head p")).to_contain_text("steam engine")
    expect(cards(page, "browse").first).to_be_visible()
    expect(card(page, "Red steam engine")).to_have_count(0)
    visit(page, stack, "/toy?toy=engine-red")
    expect(page.get_by_role("heading", name="This toy cannot be shown")).to_be_visible()
    expect(page.get_by_text("Red steam engine")).to_have_count(0)

    till.get_by_role("button", name="Show again").first.click()
    expect(till.get_by_text("It is hidden no more.")).to_be_visible()
    visit(page, stack, "/toy?toy=engine-red")
    expect(page.get_by_role("heading", name="Red steam engine", level=1)).to_be_visible()


def test_a_recall_list_takes_a_toy_off_the_shelf(page: Page, till: Page, stack: Stack, key: str) -> None:
    visit(page, stack, "/toy?toy=drum-green")
    expect(page.get_by_role("heading", name="Green little drum", level=1)).to_be_visible()
    unlocked(till, stack, key)
    chip(till, "Recalls").click()
    content = b"toy_id;reason;source\r\ndrum-green;paint comes off;maker\r\n"
    till.locator("input[type=file]").set_input_files({"name": "recalls.csv", "mimeType": "text/csv", "buffer": content})
    expect(till.get_by_text("recalls.csv")).to_be_visible()
    till.get_by_role("button", name="Recall these toys").click()
    expect(till.get_by_text("In force now: 1 new, 0 known before.")).to_be_visible()
    expect(till.locator(".staff-line").filter(has_text="Green little drum")).to_contain_text("paint comes off")
    page.reload()
    expect(page.get_by_role("heading", name="This toy cannot be shown")).to_be_visible(timeout=120_000)
    expect(page.get_by_text("Green little drum")).to_have_count(0)


def test_a_wrong_key_may_be_tried_a_few_times_whichever_tab_it_comes_from(page: Page, stack: Stack, key: str) -> None:
    visit(page, stack, "/staff")
    for number in range(5):
        give(page, f"toyguide_{number}")
        expect(page.get_by_role("alert").first).to_contain_text("not right" if number < 4 else "Too many wrong keys")
        expect(page.get_by_label("Staff key")).to_have_value("")
    expect(page.get_by_role("alert").first).to_contain_text(re.compile(r"at \d\d:\d\d:\d\d, in \d+ seconds"))
    expect(page.get_by_label("Staff key")).to_be_disabled()
    tab = page.context.new_page()
    visit(tab, stack, "/staff")
    expect(tab.get_by_label("Staff key")).to_be_disabled()
    expect(page.get_by_label("Staff key")).to_be_enabled(timeout=60_000)  # it opens by itself
    give(page, key)
    expect(page.locator(".staff-who")).to_contain_text("Kim")
    page.get_by_role("button", name="Lock").click()
    expect(page.get_by_label("Staff key")).to_be_enabled()
    expect(page.get_by_text("Kim")).to_have_count(0)
    log = stack.shop.said() + stack.kiosk.said()
    assert "/v1/staff/key" in log
    assert key not in log


@pytest.mark.parametrize("language", ["en", "zh"])
def test_nothing_behind_the_key_is_closed_to_a_screen_reader(page: Page, stack: Stack, language: str) -> None:
    """axe-core over every section that a manager has, the form with its preview and a question among them."""
    visit(page, stack, f"/staff?lang={language}")
    give(page, made(stack, f"Mo {language}", "manager"), t(language, "staff.key"))
    expect(page.locator(".staff-who")).to_be_visible()
    scan(page, "engine-red", t(language, "staff.find"))
    page.locator(".st-key-staff-correct-open button").click()
    page.get_by_label(t(language, "staff.is_safety_min_age")).fill("0")
    page.keyboard.press("Tab")
    expect(page.locator(".st-key-staff-correct-changes table")).to_be_visible()
    corrected = looked(page)
    page.locator(".st-key-staff-form-boost button").click()
    expect(page.locator(".staff-places").last).to_be_visible()
    page.locator(".st-key-staff-retire button").click()
    expect(page.locator(".st-key-staff-yes-retire")).to_be_visible()
    found = {"find": corrected + looked(page)}
    for section in list(Section)[1:]:
        chip(page, t(language, f"staff.section_{section}")).click()
        expect(chip(page, t(language, f"staff.section_{section}"))).to_have_attribute("aria-checked", "true")
        found[section] = looked(page)
    assert found == {section: [] for section in Section}


def looked(page: Page) -> list[str]:
    found = []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        found += findings(page)
    return found
