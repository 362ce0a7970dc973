import re
from collections.abc import Callable
from html import unescape
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.shop import cards
from app.shop.models import Item, Reason, Toy
from app.shop.profile import Profile

MakeToy = Callable[..., Toy]
EVIL = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"


class Elements(HTMLParser):
    """Which elements and attributes there are, and the text."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, list[str]]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, [name for name, _ in attrs]))

    def handle_data(self, data: str) -> None:
        self.text += data


def read(html: str) -> Elements:
    parser = Elements()
    parser.feed(html)
    parser.close()
    return parser


@pytest.mark.parametrize("language", ["en", "zh"])
def test_whatever_a_supplier_wrote_is_shown_as_text(toy: MakeToy, language: str) -> None:
    evil = toy(title=EVIL, title_zh=EVIL, description=EVIL, brand=EVIL, category=(EVIL,), aisle=EVIL, interests=(EVIL,))
    harmless = toy(title="a", title_zh="a", description="a", brand="a", category=("a",), aisle="a", interests=("a",))
    said, quiet = Reason(code="popular", text=EVIL), Reason(code="popular", text="a")
    profile = Profile("p", interests=(EVIL, "a"))
    pairs = [
        (cards.picture(evil, EVIL, language), cards.picture(harmless, "a", language)),
        (
            cards.card_facts(Item(toy=evil, reasons=(said,)), profile, language),
            cards.card_facts(Item(toy=harmless, reasons=(quiet,)), profile, language),
        ),
        (cards.toy_head(evil, language), cards.toy_head(harmless, language)),
        (cards.toy_details(evil, [EVIL], language), cards.toy_details(harmless, ["a"], language)),
        (cards.panel("", EVIL, [EVIL], language), cards.panel("", "a", ["a"], language)),
        (cards.shelf_head(EVIL, EVIL, language), cards.shelf_head("a", "a", language)),
        (cards.heading(EVIL, EVIL, language), cards.heading("a", "a", language)),
        (cards.note(EVIL, language), cards.note("a", language)),
    ]
    for bad, good in pairs:
        assert read(bad).found == read(good).found
    assert EVIL in read(cards.toy_details(evil, [EVIL], language)).text


@given(st.text(max_size=60))
def test_no_words_add_an_element(words: str) -> None:
    toy = Toy(toy_id="t", title=words or "x", description=words or "x", brand=words or "x")
    page = cards.toy_head(toy, "en") + cards.toy_details(toy, [words], "en")
    assert {tag for tag, _ in read(page).found} <= {
        "div", "h1", "h2", "p", "span", "dl", "dt", "dd", "ul", "li",
    }  # fmt: skip


def test_a_card_says_price_age_safety_and_why(toy: MakeToy) -> None:
    shown = toy(price="12.99", recommended_age=36, recommended_age_to=84, safety_min_age=36, hazards=("small_parts",))
    said = read(
        cards.card_facts(Item(toy=shown, reasons=(Reason(code="popular", text="A favourite"),)), Profile("p"), "en")
    )
    words = re.sub(r"\s+", " ", said.text)
    for part in ("£12.99", "Age: 3–7 years", "Not under 3 years: small parts", "A favourite"):
        assert part in words


def test_a_picture_has_an_alternative_text_in_the_language(toy: MakeToy) -> None:
    assert 'alt="Bear的图片"' in cards.picture(toy(title="Bear"), "data:,", "zh")


def test_an_assumed_safety_age_is_called_one(toy: MakeToy) -> None:
    assert "states no safety age" in read(cards.toy_details(toy(), [], "en")).text
    assert "states no safety age" not in read(cards.toy_details(toy(safety_min_age=36), [], "en")).text


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("Plain", "Plain"),
        (
            "**bold** [link](http://x) `code` $x$",
            "\\*\\*bold\\*\\* \\[link\\]\\(http\\:\u2060//x\\) \\`code\\` \\$x\\$",
        ),
        (":smile: :red[hot]", "\\:\u2060smile\\: \\:\u2060red\\[hot\\]"),
        ("a\n# b\t\u2028c", r"a \# b c"),
        ("me@www.example.com", "me\\@\u2060www\u2060\\.example\\.com"),
        ("<b>&amp;</b>", r"\<b\>\&amp;\</b\>"),
    ],
)
def test_markdown_is_shown_as_it_is_written(words: str, shown: str) -> None:
    assert cards.plain(words) == shown


def test_a_title_of_ten_thousand_characters_is_cut() -> None:
    assert len(cards.plain("x" * 10_000)) == cards.MAX_TITLE


def test_a_picture_keeps_the_name_of_a_toy_whatever_it_is_called(toy: MakeToy) -> None:
    shown = cards.picture(toy(title="<script>a</script> b--> c]> d"), "data:,", "en")
    alt = unescape(shown.partition('alt="')[2].partition('"')[0])
    assert alt.replace("\u2060", "") == "Picture of <script>a</script> b--> c]> d"
    assert not re.search(r"(--!?|])>|</script", alt), "DOMPurify would take the whole attribute away"
