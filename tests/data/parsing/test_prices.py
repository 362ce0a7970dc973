from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.parsing.price import CURRENCIES, Price, parse_price


@pytest.mark.parametrize(
    ("text", "amount", "currency"),
    [
        ("3.42", "3.42", None),
        ("9.9", "9.90", None),
        ("£269.00 - £699.99", "269.00", "GBP"),
        ("1,299.00", "1299.00", None),
        ("1.299,00 €", "1299.00", "EUR"),
        ("12,99 €", "12.99", "EUR"),
        ("12,99\u00a0€", "12.99", "EUR"),
        ("€ 12,9", "12.90", "EUR"),
        ("1 299,00 zł", "1299.00", "PLN"),
        ("CHF 1'299.00", "1299.00", "CHF"),
        ("$3", "3.00", "USD"),
        ("US$1,299", "1299.00", "USD"),
        ("C$5.50", "5.50", "CAD"),
        ("¥199", "199.00", "CNY"),
        ("\uffe5199", "199.00", "CNY"),
        ("199元", "199.00", "CNY"),
        ("199 元起", "199.00", "CNY"),
        ("&pound;5.00", "5.00", "GBP"),
        ("from £5", "5.00", "GBP"),
        ("12.99 USD", "12.99", "USD"),
        ("12.989999771118164", "12.99", None),
        ("0.999", "1.00", None),
        ("1,00,000", "100000.00", None),
    ],
)
def test_prices_as_shops_write_them(text: str, amount: str, currency: str | None) -> None:
    assert parse_price(text).value == Price(Decimal(amount), currency)


@pytest.mark.parametrize("text", ["", "  ", "—", "\u00a0", "N/A"])
def test_no_price_is_empty(text: str) -> None:
    assert parse_price(text).empty


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("0.00", "0"),
        ("1.299", "thousands or decimals"),
        ("-5", "not a price"),
        ("free", "not a price"),
        ("Was £10 Now £8", "not a price"),
        ("£5 - €6", "two currencies"),
        ("1,2,3", "not a price"),
        ("9" * 12, "too large"),
        ("99 kr", "several currencies"),
    ],
)
def test_what_is_not_certain_is_unknown_and_why(text: str, why: str) -> None:
    parsed = parse_price(text)
    assert parsed.value is None
    assert why in parsed.why


def test_the_shops_currency_settles_a_shared_sign_and_fills_a_missing_one() -> None:
    for text, own in (("$3", "CAD"), ("¥199", "JPY"), ("99 kr", "NOK"), ("3.00", "GBP")):
        parsed = parse_price(text, own)
        assert parsed.value is not None
        assert (parsed.value.currency, parsed.note) == (own, "")
    euro = parse_price("3 €", "GBP").value
    assert euro is not None
    assert euro.currency == "EUR"


def test_choices_are_noted() -> None:
    assert "lowest" in parse_price("£269.00 - £699.99").note
    assert "read as USD" in parse_price("$3").note
    assert parse_price("£3").note == ""


@given(st.text(alphabet=st.one_of(st.sampled_from("0123456789.,'- £€$¥kr元"), st.characters()), max_size=40))
def test_any_text_has_an_answer(text: str) -> None:
    parsed = parse_price(text)
    assert (parsed.value is not None) + bool(parsed.why) + parsed.empty == 1
    if parsed.value is not None:
        assert 0 < parsed.value.amount < 10**9
        assert parsed.value.amount == parsed.value.amount.quantize(Decimal("0.01"))


@given(
    st.decimals(min_value="0.01", max_value="99999999.99", places=2),
    st.sampled_from(sorted(CURRENCIES)),
    st.sampled_from(["{0:,} {1}", "{1} {0}", "{0}{1}", "{1}{0:,}"]),
)
def test_a_well_formed_price_comes_back(amount: Decimal, currency: str, form: str) -> None:
    assert parse_price(form.format(amount, currency)).value == Price(amount, currency)
