"""Gifts for two children: a list for each, one budget for both, one forgotten, and nothing mixes."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing

import pytest
from playwright.sync_api import Page, expect

from tests.system.shop.conftest import Stack
from tests.system.shop.hands import card, cards, settled, visit

pytestmark = pytest.mark.system


def told(stack: Stack, after: int) -> list[tuple[str, str, str, int | None]]:
    """(recipient, toy, kind, age) of the events that the kiosk keeps, oldest first."""
    with closing(sqlite3.connect(f"file:{stack.database}?mode=ro", uri=True)) as connection:
        rows = connection.execute("SELECT recipient_id, toy_id, kind, recipient_age FROM events ORDER BY rowid")
        return rows.fetchall()[after:]


def answers(page: Page, words: str) -> None:
    page.locator(".st-key-answers button[data-variant=pills]").filter(has_text=re.compile(f"{words}$")).first.click()


def turn(page: Page, name: str) -> None:
    page.locator(".st-key-family").get_by_text(re.compile(rf"^{name}")).click()


def test_two_children_one_budget_one_forgotten_and_nothing_mixes(page: Page, stack: Stack) -> None:
    before = len(stack.events())
    visit(page, stack)
    answers(page, "5 years")
    expect(page.locator(".shelf-head p")).to_have_text("age 5 years")
    answers(page, "Trains")
    expect(page.locator(".shelf-head p")).to_have_text("age 5 years · loves trains")
    card(page, "Red steam engine").get_by_role("button", name="Like").click()
    expect(page.get_by_test_id("stToast")).to_contain_text("of these toys are here because of it.")
    expect(cards(page).first.locator(".why > span:not(.icon)")).to_have_text("Because you liked Red steam engine")

    page.locator(".st-key-add-child button").click()
    expect(page.locator(".st-key-fold-sign")).to_contain_text("Moon")
    expect(page.locator(".shelf-head p")).to_have_text("Favourites of this shop · also safe for 5 years")
    expect(page.get_by_text("Because you liked")).to_have_count(0)
    answers(page, "4 years")
    expect(page.locator(".shelf-head p")).to_have_text("age 4 years")
    expect(card(page, "Red steam engine")).to_have_count(1)
    settled(page)
    other = cards(page).filter(has_not_text="steam engine").first.get_by_role("link").inner_text()
    card(page, other).get_by_role("button", name="Like").click()
    expect(page.locator(".st-key-tapped").get_by_role("button", name=other)).to_be_visible()
    expect(page.locator(".st-key-tapped").get_by_role("button", name="Red steam engine")).to_have_count(0)

    turn(page, "One budget")
    expect(page.get_by_text("Choose a sum")).to_be_visible()
    expect(cards(page)).to_have_count(0)
    answers(page, "£30")
    expect(page.locator(".shelf-head h2")).to_have_text(re.compile(r"^£\d+\.\d\d for all$"))
    expect(page.locator(".shelf-head p")).to_have_text(re.compile(r"^£\d+\.\d\d to spare · also safe for 4 years$"))
    total, left = (
        float(re.search(r"£([\d.]+)", page.locator(f".shelf-head {part}").inner_text())[1]) for part in ("h2", "p")
    )
    assert total + left == 30
    settled(page)
    prices = [float(price[1:]) for price in page.locator(".st-key-plan-children .price").all_inner_texts()]
    assert (len(prices), sum(prices)) == (2, total)
    given = cards(page, "plan").nth(0).get_by_role("link").inner_text()
    cards(page, "plan").nth(0).get_by_role("button", name="Another one").click()
    expect(card_of(page, given)).to_have_count(0)
    expect(cards(page, "plan")).to_have_count(2)

    turn(page, "Moon")
    expect(page.locator(".st-key-plan-children")).to_have_count(0)
    expect(page.locator(".shelf-head p")).to_have_text("age 4 years")
    expect(page.get_by_role("button", name=re.compile("Bring back"))).to_have_count(0)
    page.locator(".st-key-forget-child button").click()
    expect(page.locator(".shelf-head p")).to_have_text("age 5 years · loves trains")
    expect(page.locator(".st-key-tapped").get_by_role("button", name="Red steam engine")).to_be_visible()
    expect(page.locator(".st-key-tapped").get_by_role("button", name=other)).to_have_count(0)
    expect(page.get_by_role("button", name=re.compile("Bring back 1"))).to_be_visible()

    page.locator(".st-key-forget-all button").click()
    expect(page.locator(".shelf-head p")).to_have_text("Favourites of this shop")
    expect(page.locator(".st-key-tapped button")).to_have_count(0)

    kept = told(stack, before)
    star, moon = kept[0][0], kept[1][0]
    assert star != moon
    assert kept[0] == (star, "engine-red", "like", 60)
    assert kept[1][2:] == ("like", 48)
    assert [(recipient, kind, age) for recipient, _, kind, age in kept[2:]] == [(star, "dismiss", 60)]


def card_of(page: Page, title: str):  # type: ignore[no-untyped-def]
    return cards(page, "plan").filter(has=page.get_by_role("link", name=title, exact=True))


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("a doll for a 200 year old", "That age is beyond us"),
        ("trains, budget of 0", "A budget of 0 leaves no toy"),
        ("🦖🎁 trains for a 4-year-old 🙃", "No toy that fits has “🦖🎁 🙃” in its words."),
        ("wooden " * 1500, "Only the first 500 characters were read."),
    ],
    ids=["age", "budget", "emoji", "long"],
)
def test_what_cannot_be_meant_is_said_and_the_shelf_stands(page: Page, stack: Stack, typed: str, said: str) -> None:
    visit(page, stack)
    field = page.locator(".st-key-words").get_by_role("textbox")
    field.fill(typed)
    field.press("Enter")
    expect(page.get_by_text(said)).to_be_visible()
    expect(cards(page).first).to_be_visible()
    expect(page.get_by_test_id("stException")).to_have_count(0)


def test_words_of_a_sentence_and_a_second_child_in_it(page: Page, stack: Stack) -> None:
    visit(page, stack)
    field = page.locator(".st-key-words").get_by_role("textbox")
    field.fill("something wooden for my 4-year-old who loves trains, and something for the baby")
    field.press("Enter")
    expect(page.locator(".st-key-understood-chips")).to_contain_text("also safe for 0–6 months")
    expect(page.get_by_text("No toy that fits has “wooden” in its words.")).to_be_visible()
    page.get_by_role("button", name="also safe for 0–6 months").click()
    expect(page.locator(".st-key-word-matches h2")).to_have_text("With “wooden” in the words: 4 toys")
    expect(cards(page, "words")).to_have_count(4)
    for link in cards(page, "words").get_by_role("link").all():
        expect(link).to_have_text(re.compile("wooden track"))
    expect(cards(page).filter(has_text="wooden track")).to_have_count(0)  # no toy stands twice
    page.get_by_role("button", name="Add the other child: 0–6 months").click()
    expect(page.locator(".shelf-head p")).to_have_text("age 0–6 months")
