from collections.abc import Callable
from decimal import Decimal

import pytest

from app.shop import text
from app.shop.choices import AGES
from app.shop.models import Reason, Toy
from app.shop.profile import Profile

MakeToy = Callable[..., Toy]


@pytest.mark.parametrize(
    ("amount", "currency", "shown"),
    [
        (Decimal("12.9"), "GBP", "£12.90"),
        (Decimal("1234.5"), "USD", "$1,234.50"),
        (Decimal("1200"), "JPY", "¥1,200"),
        (Decimal("9.99"), "PLN", "9.99 PLN"),
        (Decimal("9.99"), None, "9.99"),
        (20, "GBP", "£20"),
    ],
)
def test_money(amount: Decimal | int, currency: str | None, shown: str) -> None:
    assert text.money(amount, currency) == shown


@pytest.mark.parametrize(
    ("start", "end", "english", "chinese"),
    [
        (None, None, "Age not stated", "未注明年龄"),
        (0, None, "from birth", "出生起"),
        (0, 18, "0–18 months", "0–18个月"),
        (0, 72, "birth to 6 years", "出生至6岁"),
        (6, 18, "6–18 months", "6–18个月"),
        (18, 72, "1½–6 years", "1½–6岁"),
        (30, 84, "2½–7 years", "2½–7岁"),
        (40, 84, "3 years 4 months to 7 years", "3岁4个月至7岁"),
        (36, 84, "3–7 years", "3–7岁"),
        (36, 190, "3–15 years", "3–15岁"),
        (18, 54, "1½–4½ years", "1½–4½岁"),
        (12, 48, "1–4 years", "1–4岁"),
        (9, 72, "9 months to 6 years", "9个月至6岁"),
        (60, None, "from 5 years", "5岁起"),
        (36, 36, "from 3 years", "3岁起"),
    ],
)
def test_recommended_ages(toy: MakeToy, start: int | None, end: int | None, english: str, chinese: str) -> None:
    shown = toy(recommended_age=start, recommended_age_to=end)
    assert text.age_range(shown, "en") == english
    assert text.age_range(shown, "zh") == chinese


@pytest.mark.parametrize(
    ("minimum", "hazards", "english"),
    [
        (0, (), ""),
        (18, (), "Not under 1½ years"),
        (12, (), "Not under 1 year"),
        (15, (), "Not under 15 months"),
        (30, (), "Not under 2½ years"),
        (40, (), "Not under 3 years 4 months"),
        (36, ("small_parts", "magnet"), "Not under 14 years: small parts, strong magnet"),
        (None, (), "Not under 3 years"),
        (0, ("balloon",), "Not under 8 years: balloon"),
        (36, ("a_hazard_of_tomorrow",), "Not under 3 years"),
    ],
)
def test_safety_words_follow_the_hardest_rule(
    toy: MakeToy, minimum: int | None, hazards: tuple[str, ...], english: str
) -> None:
    assert text.safety(toy(safety_min_age=minimum, hazards=hazards), "en") == english


def test_every_band_has_a_name_of_its_own() -> None:
    for language in text.LANGUAGES:
        assert len({text.band(age, language) for age in AGES}) == len(AGES)
    assert [text.band(age, "en") for age in (0, 12, 36, 72, 216)] == [
        "0–6 months",
        "1 year",
        "3 years",
        "6–7 years",
        "Grown-up",
    ]


@pytest.mark.parametrize(
    ("stated", "browser", "language"),
    [(None, None, "en"), ("zh", "en-GB", "zh"), (None, "zh-CN", "zh"), ("fr", "zh", "zh"), ("<script>", None, "en")],
)
def test_the_language_of_a_new_visit(stated: str | None, browser: str | None, language: str) -> None:
    assert text.preferred_language(stated, browser) == language


def test_titles_fall_back_to_english(toy: MakeToy) -> None:
    assert text.title(toy(title="Bear", title_zh="熊"), "zh") == "熊"
    assert text.title(toy(title="Bear"), "zh") == "Bear"


def test_interests_by_the_names_on_the_chips(toy: MakeToy) -> None:
    profile = Profile("p", interests=("trains", "yo-yo"))
    said = Reason(code="matches_interest", text="kiosk's words")
    assert text.reason(said, toy(interests=("trains",)), profile, "zh") == "适合喜欢火车的人"
    assert text.reason(said, toy(interests=("yo-yo", "trains")), profile, "en") == "For someone who loves trains, yo-yo"
    assert text.reason(said, toy(interests=("music",)), profile, "en") == "kiosk's words"


def test_an_age_that_fits_is_called_by_its_band(toy: MakeToy) -> None:
    said = Reason(code="fits_age", text="Right for 0 months")
    assert text.reason(said, toy(), Profile("p", age_months=0), "en") == "Right for 0–6 months"
    assert text.reason(said, toy(), Profile("p"), "en") == "Right for 0 months"


def test_the_summary_says_what_was_said() -> None:
    profile = Profile("p", age_months=36, interests=("trains",), budget=20, youngest_months=12)
    assert text.summary(profile, True, "GBP", "en") == "age 3 years · loves trains · up to £20 · also safe for 1 year"
    assert text.summary(Profile("p"), True, "GBP", "en") == "Favourites of this shop"
    assert text.summary(Profile("p", age_months=216), False, "GBP", "zh") == "先看看本店热门玩具"
