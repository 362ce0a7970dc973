"""Text, stock, category paths and moments."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.parsing.category import parse_category
from data.parsing.moment import DateOrder, parse_moment
from data.parsing.stock import Stock, parse_stock
from data.parsing.text import clean_text, mojibake


def test_entities_are_decoded_and_blanks_made_one() -> None:
    assert clean_text("  Doll&nbsp;&amp;\r\n House\u00a0&#163;5 \x00&lt;3 ") == "Doll & House £5 <3"


@pytest.mark.parametrize(
    "text", ["sheriff\ufffds office", "BÃ©bÃ©", "Itâ€™s", "Â£5", "çŽ©å…·", "锟斤拷 train", "\u00c3\u00a0 la carte"]
)
def test_wrong_encodings_are_found(text: str) -> None:
    assert mojibake(text)


@pytest.mark.parametrize(
    "text", ["", "plain", "Bébé – “Spaß” £5 ½", "“Spaß”", "ÀÉÎÕÜ", "玩具火车 — 12 €", "Россия", "LEGO® ™ ©", "São João"]
)
def test_good_text_is_not_accused(text: str) -> None:
    assert mojibake(text) is None


@given(st.text(alphabet="éèüößñ£€“”’–中文玩具火车🚂", min_size=1, max_size=8))
def test_utf8_read_as_latin_1_is_always_found(text: str) -> None:
    assert mojibake(f"a {text.encode().decode('latin-1')} z")


@given(st.text())
def test_any_text_can_be_cleaned_and_looked_at(text: str) -> None:
    once = clean_text(text)
    assert once == " ".join(once.split())
    mojibake(text)


@pytest.mark.parametrize(
    ("text", "count", "condition"),
    [
        ("5\u00a0new", 5, "new"),
        ("12 used", 12, "used"),
        ("2 refurbished", 2, "refurbished"),
        ("1 collectible", 1, "collectible"),
        ("18", 18, ""),
        ("18.0", 18, ""),
        ("1,200 in stock", 1200, ""),
        ("Only 3 left in stock.", 3, ""),
        ("Out of stock", 0, ""),
        ("缺货", 0, ""),
        ("5 件", 5, ""),
        ("In stock", None, ""),
    ],
)
def test_stock(text: str, count: int | None, condition: str) -> None:
    assert parse_stock(text).value == Stock(count, condition)


@given(st.text(max_size=30), st.integers(0, 10**8), st.sampled_from(["", " new", "\u00a0used"]))
def test_any_stock_has_an_answer_and_counts_come_back(text: str, count: int, tail: str) -> None:
    parsed = parse_stock(text)
    assert (parsed.value is not None) + bool(parsed.why) + parsed.empty == 1
    assert parse_stock(f"{count}{tail}").value == Stock(count, tail.strip())
    assert parse_stock("-5").why


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Hobbies > Model Trains & Railway Sets > Trains", ("Hobbies", "Model Trains & Railway Sets", "Trains")),
        ("Hobbies &gt; Trains &amp; Track", ("Hobbies", "Trains & Track")),
        ("Hobbies|Trains", ("Hobbies", "Trains")),
        ("Hobbies / Trains/Trams", ("Hobbies", "Trains/Trams")),
        ("Pens, Pencils & Supplies", ("Pens, Pencils & Supplies",)),
        ('["Hobbies", "Trains"]', ("Hobbies", "Trains")),
        ("玩具 › 火车", ("玩具", "火车")),
        ("Hobbies >  > Trains", ("Hobbies", "Trains")),
    ],
)
def test_category_paths(text: str, names: tuple[str, ...]) -> None:
    assert parse_category(text).value == names


@given(
    st.lists(
        st.text("abc&,/- é玩", min_size=1).map(clean_text).filter(lambda name: name.strip()), min_size=2, max_size=5
    ),
    st.sampled_from([" > ", " | ", "::"]),
)
def test_a_path_comes_back(names: list[str], mark: str) -> None:
    assert parse_category(mark.join(names), mark).value == tuple(clean_text(name) for name in names)


@given(st.text(max_size=40))
def test_any_path_has_an_answer(text: str) -> None:
    parsed = parse_category(text)
    assert (parsed.value is not None) + bool(parsed.why) + parsed.empty == 1
    assert parse_category('["a", 1]').why == parse_category("[[[").why == "not a list of names"


@given(
    st.datetimes(
        datetime(1971, 1, 1), datetime(2099, 1, 1), timezones=st.sampled_from([UTC, timezone(timedelta(hours=8))])
    )
)
def test_moments_come_back(moment: datetime) -> None:
    cut = moment.replace(microsecond=moment.microsecond // 1000 * 1000).astimezone(UTC)
    assert parse_moment(moment.isoformat()).value == cut
    whole = cut.replace(microsecond=0)
    assert parse_moment(str(int(whole.timestamp()))).value == whole
    assert parse_moment(str(int(whole.timestamp() * 1000))).value == whole


@given(st.text(alphabet=st.one_of(st.sampled_from("0123456789-:TZ.+e"), st.characters()), max_size=30))
def test_any_moment_has_an_answer(text: str) -> None:
    for order in DateOrder:
        parsed = parse_moment(text, order)
        assert (parsed.value is not None) + bool(parsed.why) + parsed.empty == 1


def test_a_time_without_a_zone_is_noted() -> None:
    parsed = parse_moment("2016-03-04 05:06:07")
    assert (parsed.value, parsed.note) == (datetime(2016, 3, 4, 5, 6, 7, tzinfo=UTC), "no time zone: read as UTC")
    assert parse_moment("0001-01-01T00:00:00+14:00").why
    assert parse_moment("9" * 16).why
    assert parse_moment("yesterday").why


@pytest.mark.parametrize(
    "text",
    [
        "2016/3/4 5:06",
        "2016-3-4 05:06:00",
        "2016.03.04  5:06",
        "2016年3月4日 5:06",
        "2016年03月04日5:06",
        "2016/3/4T5:06",
    ],
)
def test_a_spreadsheets_date_with_its_year_first_is_understood(text: str) -> None:
    assert parse_moment(text).value == datetime(2016, 3, 4, 5, 6, tzinfo=UTC)
    assert parse_moment(f"{text}+08:00").value == datetime(2016, 3, 3, 21, 6, tzinfo=UTC)


TWO_WAYS = ("03/04/2016", "4.3.2016")


@pytest.mark.parametrize(
    "text", [*TWO_WAYS, "2016-3/4", "2016/13/1", "2016/3", "2016年3月", "2016/3/4 5", "2016/3/4 25:00"]
)
def test_a_date_that_can_be_read_two_ways_or_is_none_is_not_guessed(text: str) -> None:
    said = "must be said (--date-order)" if text in TWO_WAYS else "neither a date with the year first, as in 2026-01-31"
    assert said in parse_moment(text).why


@pytest.mark.parametrize(
    ("order", "texts"),
    [
        (DateOrder.DAY_FIRST, ["4/3/2016 17:06", "04.03.2016, 17:06:00", "4-3-16 5:06 PM", "2016/3/4 5:06pm"]),
        (DateOrder.MONTH_FIRST, ["3/4/2016 5:06 PM", "03/04/16 5:06 p.m.", "3-4-2016T17:06", "2016-03-04 17:06"]),
    ],
)
def test_a_date_in_the_order_that_is_said(order: DateOrder, texts: list[str]) -> None:
    for text in texts:
        assert parse_moment(text, order).value == datetime(2016, 3, 4, 17, 6, tzinfo=UTC), text


def test_hours_of_half_a_day() -> None:
    hours = {"12:30 AM": 0, "1:30 am": 1, "11:30 A.M.": 11, "12:30 PM": 12, "11:30pm": 23}
    assert {text: parse_moment(f"2016-3-4 {text}").value for text in hours} == {
        text: datetime(2016, 3, 4, hour, 30, tzinfo=UTC) for text, hour in hours.items()
    }
    assert parse_moment("2016-3-4 0:30 AM").why
    assert parse_moment("2016-3-4 13:30 PM").why


def test_a_date_that_the_order_does_not_fit_is_none() -> None:
    assert "with the day first, as in 31/01/2026" in parse_moment("1/31/2026", DateOrder.DAY_FIRST).why
    assert "with the month first, as in 01/31/2026" in parse_moment("31/1/2026", DateOrder.MONTH_FIRST).why
    assert parse_moment("31/1-2026", DateOrder.DAY_FIRST).why
    assert parse_moment("1456789", DateOrder.DAY_FIRST).value == parse_moment("1456789").value
