"""The giver's journey in a real browser, over the real stack."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.system.shop.conftest import Stack
from tests.system.shop.goods import EVIL
from tests.system.shop.hands import card, cards, chip, settled, visit

pytestmark = pytest.mark.system

WORDS = {
    "en": {
        "who": "Who is it for?", "age": "3 years", "trains": "Trains", "engine": "Red steam engine", "like": "Like",
        "not": "Not this", "because": "Because you liked Red steam engine", "track": "wooden track",
        "similar": "Similar toys", "back": "Back to the gifts", "fits": "age 3 years · loves trains",
    },
    "zh": {
        "who": "送给谁？", "age": "3岁", "trains": "火车", "engine": "红色蒸汽火车头", "like": "喜欢", "not": "不要",
        "because": "因为您喜欢红色蒸汽火车头", "track": "木轨道", "similar": "相似的玩具", "back": "返回礼物列表",
        "fits": "3岁 · 喜欢火车",
    },
}  # fmt: skip


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_givers_journey(page: Page, stack: Stack, language: str) -> None:
    words, before = WORDS[language], len(stack.events())
    visit(page, stack, f"/?lang={language}")
    expect(page.get_by_role("heading", name=words["who"])).to_be_visible()
    chip(page, words["age"]).first.click()
    chip(page, words["trains"]).click()
    expect(page.locator(".shelf-head p")).to_have_text(words["fits"])

    engine = card(page, words["engine"])
    expect(engine.locator("img")).to_have_attribute("alt", re.compile(re.escape(words["engine"])))
    expect(engine.locator(".price")).to_have_text("£9.50")
    engine.get_by_role("button", name=words["like"]).click()
    expect(engine).to_have_count(0)
    expect(cards(page).first.locator(".why > span:not(.icon)")).to_have_text(words["because"])

    settled(page)
    tracks = cards(page).filter(has=page.get_by_role("link", name=re.compile(f"{words['track']}$")))
    track = tracks.first.get_by_role("link").inner_text()  # which of the four colours: what the list has room for
    card(page, track).get_by_role("button", name=words["not"]).click()
    expect(card(page, track)).to_have_count(0)

    settled(page)
    title = cards(page).first.get_by_role("link").inner_text()
    cards(page).first.click(position={"x": 60, "y": 60})  # the whole card opens the toy, its picture too
    expect(page.get_by_role("heading", name=title, level=1)).to_be_visible()
    expect(page).to_have_url(re.compile(r"/toy\?toy=[a-z]+-[a-z]+$"))
    expect(page.get_by_role("heading", name=words["similar"])).to_be_visible()
    expect(cards(page, "similar").first).to_be_visible()
    expect(page).to_have_title(re.compile(re.escape(title)))

    page.get_by_role("link", name=words["back"]).click()
    expect(page.locator(".shelf-head p")).to_have_text(words["fits"])
    expect(card(page, words["engine"])).to_have_count(0)
    expect(card(page, track)).to_have_count(0)
    expect(card(page, title)).to_have_count(1)

    kept = stack.events()[before:]
    assert kept[0][:2] == ("engine-red", "like")
    assert (kept[1][0].partition("-")[0], kept[1][1]) == ("track", "dismiss")
    assert kept[2][1] == "view"
    lists = [recommendation for *_, recommendation in kept]
    assert all(lists)
    assert lists[0] != lists[1], "each tap quotes the list that was on the shelf"


def test_switching_the_language_keeps_ones_place(page: Page, stack: Stack) -> None:
    visit(page, stack)
    chip(page, "3 years").first.click()
    card(page, "Red steam engine").get_by_role("button", name="Like").click()
    expect(cards(page).first.locator(".why > span:not(.icon)")).to_have_text("Because you liked Red steam engine")
    page.get_by_role("button", name="中文").click()
    expect(page.get_by_role("heading", name="送给谁？")).to_be_visible()
    expect(cards(page).first.locator(".why > span:not(.icon)")).to_have_text("因为您喜欢红色蒸汽火车头")
    expect(page).to_have_url(re.compile("lang=zh"))
    expect(chip(page, "3岁").first).to_have_attribute("aria-checked", "true")


def test_the_giver_and_the_child_are_kept_apart(page: Page, stack: Stack) -> None:
    visit(page, stack)
    card(page, "Red steam engine").get_by_role("button", name="Like").click()
    expect(card(page, "Red steam engine")).to_have_count(0)
    page.get_by_role("link", name="For me").click()
    expect(page.get_by_role("heading", name="Toys for you")).to_be_visible()
    expect(page).to_have_url(re.compile("/for-me$"))
    expect(card(page, "Red steam engine")).to_have_count(1)
    expect(page.get_by_text("Because you liked")).to_have_count(0)


def test_a_two_year_old_never_meets_an_unsafe_toy(page: Page, stack: Stack) -> None:
    visit(page, stack)
    chip(page, "2 years").first.click()
    expect(page.locator(".shelf-head p")).to_have_text("age 2 years")
    expect(page.get_by_text("marbles")).to_have_count(0)
    expect(page.get_by_text("steam engine")).to_have_count(0)
    cards(page).first.get_by_role("link").click()
    expect(page.locator(".details h1")).to_be_visible()
    expect(cards(page, "similar").first).to_be_visible()
    expect(page.get_by_text("marbles")).to_have_count(0)
    expect(page.get_by_text("steam engine")).to_have_count(0)


def test_a_link_to_an_unsafe_toy_says_so_and_shows_it_when_the_age_allows(page: Page, stack: Stack) -> None:
    visit(page, stack, "/toy?toy=balloons-red")
    expect(page.get_by_role("heading", name="This toy is not in the shop")).to_be_visible()
    visit(page, stack, "/toy?toy=engine-red")
    expect(page.get_by_role("heading", name="Red steam engine", level=1)).to_be_visible()
    page.get_by_role("link", name="Back to the gifts").click()
    chip(page, "1 year").first.click()
    expect(page.locator(".shelf-head p")).to_have_text("age 1 year")
    page.go_back()
    expect(page.get_by_role("heading", name="This toy is not for the youngest child here")).to_be_visible()
    expect(page.get_by_text("steam engine")).to_have_count(0)


def test_a_script_in_a_title_is_text_and_one_in_a_picture_is_dead(page: Page, stack: Stack) -> None:
    visit(page, stack)
    chip(page, "0–6 months").first.click()
    evil = cards(page).filter(has_text="document.title")
    expect(evil).to_have_count(1)
    expect(evil.get_by_role("link")).to_contain_text("<script>")
    expect(evil.get_by_role("link")).to_contain_text("**Evil** :\u2060red[car]")
    assert evil.locator("img").count() == 1
    evil.get_by_role("link").click()
    expect(page.locator(".details h1")).to_have_text(EVIL)
    page.locator(".st-key-toy-taps").get_by_role("button", name="Like").click()
    expect(page.get_by_test_id("stToast")).to_contain_text("<script>")
    assert page.locator("img[onerror], .details script").count() == 0
    assert page.title() != "taken"


def test_the_kiosk_goes_and_comes_back_and_nothing_is_lost(page: Page, stack: Stack) -> None:
    visit(page, stack)
    card(page, "Red steam engine").get_by_role("button", name="Like").click()
    expect(card(page, "Red steam engine")).to_have_count(0)
    stack.kiosk.stop()
    try:
        card(page, "Blue steam engine").get_by_role("button", name="Like").click()
        expect(page.get_by_role("heading", name="The shelves cannot be reached just now")).to_be_visible(
            timeout=120_000
        )
        expect(page.locator(".panel").get_by_text("Kept for you: 2 liked.")).to_be_visible()
        expect(page.get_by_role("button", name="Try again")).to_be_visible()
    finally:
        stack.kiosk.start()
    expect(cards(page).first).to_be_visible(timeout=120_000)  # the page asks again by itself
    expect(page.get_by_role("button", name="Blue steam engine")).to_be_visible()
    expect(card(page, "Blue steam engine")).to_have_count(0)
    assert ("engine-blue", "like") in [(toy, kind) for toy, kind, _ in stack.events()[-1:]]


@pytest.mark.parametrize(
    ("language", "sentence", "summary", "taken", "left"),
    [
        ("en", "wooden trains for a 4-year-old under 15", "age 4 years · loves trains · up to £15", "up to £15",
         "age 4 years · loves trains"),
        ("zh", "给四岁孩子的火车玩具，15元以内", "4岁 · 喜欢火车 · £15以内", "£15以内", "4岁 · 喜欢火车"),
    ],
)  # fmt: skip
def test_a_sentence_fills_the_answers_in(
    page: Page, stack: Stack, language: str, sentence: str, summary: str, taken: str, left: str
) -> None:
    visit(page, stack, f"/?lang={language}")
    field = page.locator(".st-key-words").get_by_role("textbox")
    field.fill(sentence)
    field.press("Enter")
    expect(page.locator(".shelf-head p")).to_have_text(summary)
    expect(page.locator(".st-key-understood-chips button:visible")).to_have_count(3)
    page.locator(".st-key-understood-chips").get_by_role("button", name=taken).click()
    expect(page.locator(".shelf-head p")).to_have_text(left)
    expect(field).to_have_value(sentence)
    page.locator(".st-key-start-over button").click()
    expect(page.locator(".st-key-understood-chips")).to_have_count(0)
    expect(field).to_have_value("")


def test_nothing_of_streamlits_own_furniture(page: Page, stack: Stack) -> None:
    visit(page, stack)
    expect(cards(page).first).to_be_visible()
    for test_id in ("stHeader", "stToolbar", "stMainMenu", "stAppDeployButton", "stDecoration", "stSidebar"):
        expect(page.get_by_test_id(test_id).locator("visible=true")).to_have_count(0)
    expect(page.get_by_text(re.compile("Deploy|Made with|Streamlit", re.IGNORECASE))).to_have_count(0)


@pytest.mark.parametrize(
    "page",
    [
        {"viewport": {"width": 1920, "height": 1080}},
        {"viewport": {"width": 1024, "height": 768}, "has_touch": True},
        {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True},
    ],
    indirect=True,
    ids=["desk", "tablet", "phone"],
)
def test_it_fits_and_can_be_touched(page: Page, stack: Stack) -> None:
    visit(page, stack)
    expect(cards(page).first).to_be_visible()
    chip(page, "3 years").first.click()
    card(page, "Red steam engine").get_by_role("button", name="Like").click()
    expect(card(page, "Red steam engine")).to_have_count(0)
    wider = page.evaluate(
        "() => (main => main.scrollWidth - main.clientWidth)(document.querySelector('[data-testid=stMain]'))"
    )
    assert wider <= 0, "the page must not scroll sideways"
    small = page.evaluate(
        """() => [...document.querySelectorAll('button, .st-key-header a')]
            .filter(it => it.checkVisibility() && !it.closest('[data-testid=stToast], [data-testid=stTooltipIcon]'))
            .map(it => [it.innerText, it.getBoundingClientRect()])
            .filter(([_, box]) => box.height > 0 && (box.height < 44 || box.width < 44))
            .map(([text, box]) => `${text}: ${box.width} × ${box.height}`)"""
    )
    assert small == [], "touch targets of less than 44 pixels"
    cut = page.evaluate(
        """() => [...document.querySelectorAll('[class*="st-key-taps-"] button p')]
            .filter(it => it.scrollWidth > it.clientWidth + 1).map(it => it.innerText)"""
    )
    assert cut == [], "words on a button that are cut off"


def test_a_toy_is_opened_and_liked_with_the_keyboard_alone(page: Page, stack: Stack) -> None:
    visit(page, stack)
    link = card(page, "Red steam engine").get_by_role("link")
    expect(link).to_be_visible()
    for _ in range(200):
        page.keyboard.press("Tab")
        if link.evaluate("it => it === document.activeElement"):
            break
    else:
        raise AssertionError("the card was never reached with Tab")
    ring = link.evaluate(
        "it => getComputedStyle(it, '::after').outlineStyle + getComputedStyle(it, '::after').outlineWidth"
    )
    assert ring == "solid3px", "the card that has the keyboard must show it"
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Red steam engine", level=1)).to_be_visible()
    like = page.locator(".st-key-toy-taps").get_by_role("button", name="Like")
    like.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("You like this toy")).to_be_visible()


def test_on_a_phone_a_sentence_leads_to_its_toys_and_a_toy_begins_at_its_top(page: Page, stack: Stack) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    visit(page, stack)
    field = page.locator(".st-key-words input")
    field.fill("for a 5-year-old")
    field.press("Enter")
    expect(chip(page, "5 years")).to_be_in_viewport()
    page.locator(".to-shelf").click()
    expect(page.locator(".shelf-head h2")).to_be_in_viewport()
    cards(page).nth(1).get_by_role("link").first.click()
    expect(page.locator(".details h1")).to_be_in_viewport()
    visit(page, stack, "/nonsense")
    expect(page.get_by_role("dialog")).to_contain_text("This page does not exist")
