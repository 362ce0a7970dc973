from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.parsing.age import AgeRange, find_age, parse_age, stated_age

# Every distinct form of a real catalogue of 863 toys, as bounds in months.
YEARS_UP = (3, 4, 5, 6, 7, 8, 9, 10, 12, 13, 14, 15, 16, 18)
YEAR_RANGES = ((4, 5), (4, 6), (4, 8), (4, 9), (4, 10), (4, 11), (4, 12), (4, 15), (5, 7), (5, 12), (5, 18), (6, 10))
YEAR_RANGES += ((6, 14), (7, 12), (7, 15), (8, 12), (8, 15), (8, 18))
FROM_36 = (4, 5, 6, 7, 8, 9, 10, 11, 12, 14, 15, 16, 18)
REAL: dict[str, tuple[int, int | None]] = {
    **{f"{age} years and up": (age * 12, None) for age in YEARS_UP},
    **{f"{low} - {high} years": (low * 12, high * 12) for low, high in YEAR_RANGES},
    **{f"36 months - {high} years": (36, high * 12) for high in FROM_36},
    **{f"{age} - {age} years": (age * 12, None) for age in (3, 5, 8, 12)},
    **{f"{age} months and up": (age, None) for age in (0, 3, 6, 12)},
    "1 month and up": (1, None),
    "6 months - 3 years": (6, 36),
    "12 months - 8 years": (12, 96),
    "30 months - 10 years": (30, 120),
}
UPSIDE_DOWN = [f"{low} - 3 years" for low in (4, 5, 6, 8, 10, 14)] + ["36 months - 1 years"]


@pytest.mark.parametrize("text", REAL)
def test_real_forms(text: str) -> None:
    expected = AgeRange(*REAL[text])
    assert parse_age(text).value == expected
    assert parse_age(f"{text} \u00a0\u00a0").value == expected
    long = f"Item Weight1.2 Kg Manufacturer recommended age:{text} \u00a0\u00a0 Item model number36200 Scale1:22.5"
    assert find_age(long).value == expected
    assert stated_age(long) == text


@pytest.mark.parametrize("text", UPSIDE_DOWN)
def test_bounds_upside_down_are_unknown(text: str) -> None:
    assert parse_age(text).why == "the bounds are upside down"
    assert find_age(f"Details Manufacturer recommended age:{text} Item model").why == "the bounds are upside down"


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("5+", 60, None),
        ("适合3岁以上", 36, None),
        ("适合3岁及以上儿童", 36, None),
        ("3-6岁", 36, 72),
        ("3岁-6岁", 36, 72),
        ("6个月以上", 6, None),
        ("6-12个月", 6, 12),
        ("12 months+", 12, None),
        ("12m+", 12, None),
        ("18 mths +", 18, None),
        ("Ages 8 to 12", 96, 144),
        ("Age: 3+", 36, None),
        ("Ages 3 & up", 36, None),
        ("3 years", 36, None),
        ("from 3 years", 36, None),
        ("3 yrs to 5 yrs", 36, 60),
        ("8-12 year olds", 96, 144),
        ("For ages 4 years and older", 48, None),
        ("1.5 years+", 18, None),
        ("Birth +", 0, None),
        ("Adults only", 216, None),
        ("Not suitable for children under 36 months", 36, None),
        ("不适合3岁以下儿童", 36, None),
        ("3岁以下儿童禁止使用", 36, None),
        ("Not suitable for children under the age of 3.", 36, None),
        ("Not for under 3's", 36, None),
        ("not for children under 36", 36, None),
        ("6+ months", 6, None),
        ("3-99", 36, 1188),
        ("5+ years", 60, None),
    ],
)
def test_other_ways_to_say_it(text: str, low: int, high: int | None) -> None:
    assert parse_age(text).value == AgeRange(low, high)


@pytest.mark.parametrize(
    "text", ["36+", "24", "6-36", "up to 3 years", "all ages", "3 bears", "999 years", "3//4", "three"]
)
def test_what_is_not_certain_is_unknown_and_why(text: str) -> None:
    parsed = parse_age(text)
    assert parsed.value is None
    assert parsed.why


def test_of_several_statements_the_strictest_counts() -> None:
    both = "Our recommended age:30 months - 10 years Manufacturer recommended age:6 years and up Item"
    assert find_age(both).value == AgeRange(72)
    warned = "Manufacturer recommended age:12 months and up. Warning: not suitable for children under 36 months."
    assert find_age(warned).value == AgeRange(36)
    assert "several" in find_age(warned).note


def test_a_text_without_an_age_is_empty() -> None:
    for text in ("", "Scale 1:72, packed in 3 boxes, aged oak, made for 5 players and up"):
        assert find_age(text).empty
        assert stated_age(text) == ""


_TEXT = st.text(alphabet=st.one_of(st.sampled_from("0123456789-+ yearsmonthup岁个月.:"), st.characters()), max_size=60)


@given(_TEXT)
def test_any_text_has_an_answer(text: str) -> None:
    for parsed in (parse_age(text), find_age(text), find_age(f"recommended age: {text}")):
        assert (parsed.value is not None) + bool(parsed.why) + parsed.empty == 1
        if parsed.value is not None:
            assert 0 <= parsed.value.from_months <= 1440
            assert parsed.value.to_months is None or parsed.value.from_months < parsed.value.to_months <= 1440
    stated_age(text)


@given(
    st.integers(0, 60), st.integers(1, 60), st.sampled_from(["months", "years"]), st.sampled_from([" - ", "-", " to "])
)
def test_a_well_formed_range_comes_back(low: int, more: int, unit: str, to: str) -> None:
    scale = 12 if unit == "years" else 1
    assert parse_age(f"{low}{to}{low + more} {unit}").value == AgeRange(low * scale, (low + more) * scale)
    assert parse_age(f"{low} {unit} and up").value == AgeRange(low * scale)
    assert parse_age(f"{low + more}{to}{low} {unit}").value is None
