"""Prices as shops write them.

What becomes what
- A range (`£269.00 - £699.99`, `from £5`) is its lowest price, with a note: a shelf says "from".
- Of `1,299.00` and `1.299,00` the last separator is the decimal one. A lone comma before three digits groups
  thousands (`1,299`); a lone dot before three digits says nothing for certain (`1.299`) and is unknown.
- `$` is USD and `¥` is CNY, with a note, unless the given currency is another one that uses the sign.
- A price of 0, below 0 or of 10 digits before the point is unknown: catalogues write 0 for "no price".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from data.parsing.outcome import Parsed
from data.parsing.text import fold

_CENT: Final = Decimal("0.01")
_TOO_MUCH: Final = Decimal(10**9)
CURRENCIES: Final = frozenset(
    "aud brl cad chf clp cny cop czk dkk eur gbp hkd huf idr ils inr jpy krw mxn myr nok nzd php pln ron rub sek sgd "
    "thb try twd uah usd vnd zar".upper().split()
)
"""Currencies that are understood by their ISO 4217 code."""

_SIGNS: Final[dict[str, tuple[str, ...]]] = {  # sign → currencies it may mean, the likeliest first
    "us$": ("USD",), "c$": ("CAD",), "ca$": ("CAD",), "a$": ("AUD",), "au$": ("AUD",), "nz$": ("NZD",),
    "hk$": ("HKD",), "nt$": ("TWD",), "s$": ("SGD",), "r$": ("BRL",), "mx$": ("MXN",), "cn¥": ("CNY",),
    "jp¥": ("JPY",), "$": ("USD", "CAD", "AUD", "NZD", "HKD", "TWD", "SGD", "MXN", "CLP", "COP"),
    "£": ("GBP",), "€": ("EUR",), "euro": ("EUR",), "¥": ("CNY", "JPY"), "rmb": ("CNY",), "元": ("CNY",),
    "人民币": ("CNY",), "円": ("JPY",), "₹": ("INR",), "rs": ("INR",), "rs.": ("INR",), "₩": ("KRW",),
    "zł": ("PLN",), "kč": ("CZK",), "₽": ("RUB",), "₺": ("TRY",), "₴": ("UAH",), "₪": ("ILS",), "฿": ("THB",),
    "kr": ("SEK", "NOK", "DKK"), "kr.": ("DKK", "SEK", "NOK"),
}  # fmt: skip
_SURE: Final = frozenset(sign for sign, meant in _SIGNS.items() if len(meant) == 1)
_SIGN = "|".join(re.escape(name) for name in sorted({*_SIGNS, *(c.lower() for c in CURRENCIES)}, key=len, reverse=True))
_NUMBER = r"[0-9](?:[0-9.,' ]{{0,20}}[0-9])?"
_ONE = rf"(?:(?P<before{{0}}>{_SIGN}) ?)?(?P<number{{0}}>{_NUMBER})(?: ?(?P<after{{0}}>{_SIGN}))?"
_TEXT = re.compile(
    rf"(?P<from>from |ab |ca\. )?{_ONE.format(1)}(?P<up> ?起|\+)?(?: ?(?:-|–|—|~|to|至|bis) ?{_ONE.format(2)})?"
)
_GROUPED = {
    mark: re.compile(rf"[0-9]{{1,3}}(?:{re.escape(mark)}[0-9]{{2,3}})*{re.escape(mark)}[0-9]{{3}}") for mark in ",.' "
}


@dataclass(frozen=True, slots=True)
class Price:
    """An amount with two decimals, and its ISO 4217 currency where text or shop say it."""

    amount: Decimal
    currency: str | None = None


def parse_price(text: str, currency: str | None = None) -> Parsed[Price]:
    """A price; `currency` is the shop's own, taken where the text shows none or a sign that several share."""
    shown = fold(text)
    if not shown or shown in ("-", "–", "—", "n/a", "none", "null", "nan"):
        return Parsed()
    match = _TEXT.fullmatch(shown)
    if match is None:
        return Parsed(why="not a price")
    notes = []
    amounts: list[Decimal] = []
    for part in ("1", "2"):
        if (number := match[f"number{part}"]) is None:
            continue
        amount = _amount(number)
        if isinstance(amount, str):
            return Parsed(why=amount)
        amounts.append(amount)
    lowest = min(amounts).quantize(_CENT, ROUND_HALF_UP)
    if lowest != min(amounts):
        notes.append("rounded to two decimals")
    if not lowest > 0:
        return Parsed(why="a price of 0")
    if lowest >= _TOO_MUCH:
        return Parsed(why="too large")
    if len(amounts) > 1 or match["from"] or match["up"]:
        notes.append("a range: its lowest price")
    signs = {match[f"{side}{part}"] for part in "12" for side in ("before", "after")} - {None}
    meant = {_currency(sign, currency) for sign in signs}
    if len(meant) > 1:
        return Parsed(why="two currencies")
    if meant == {None}:
        return Parsed(why="a sign that several currencies share; say which with the shop's currency")
    found = next(iter(meant), currency)
    if not signs <= _SURE and found != currency and not {str(found).lower()} & signs:
        notes.append(f"a sign that several currencies share: read as {found}")
    return Parsed(Price(lowest, found), note="; ".join(notes))


def _currency(sign: str, own: str | None) -> str | None:
    if sign.upper() in CURRENCIES:
        return sign.upper()
    meant = _SIGNS[sign]
    if own in meant:
        return own
    return None if sign.startswith("kr") else meant[0]


def _amount(number: str) -> Decimal | str:
    """The number, or why it is none."""
    marks = [char for char in number if not char.isdigit()]
    kinds = list(dict.fromkeys(marks))
    if not marks:
        return Decimal(number)
    last = marks[-1]
    whole, _, decimals = number.rpartition(last)
    if len(kinds) == 1:
        if last in ".," and len(marks) == 1 and (len(decimals) != 3 or whole == "0" or len(whole) > 3):
            return Decimal(f"{whole}.{decimals}") if last == "." or len(decimals) < 3 else "not a price"
        if last == "." and len(marks) == 1:
            return "a dot before three digits: thousands or decimals"
        return Decimal(number.replace(last, "")) if _GROUPED[last].fullmatch(number) else "not a price"
    if len(kinds) == 2 and last in ".," and marks.count(last) == 1 and _GROUPED[kinds[0]].fullmatch(whole):
        return Decimal(f"{whole.replace(kinds[0], '')}.{decimals}")
    return "not a price"
