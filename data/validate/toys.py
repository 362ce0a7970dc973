"""Checks of the toy table: ids, words, prices."""

from __future__ import annotations

import re
from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from data.schema import EventColumn, ToyColumn
from data.validate.check import Check, Found, Rows, Severity, Tables
from data.validate.currencies import CURRENCIES

_ABSURD_TIMES: Final = 100  # the median price of its currency, and …
_ENOUGH_PRICES: Final = 20  # … only where there are prices enough to have a median worth the name
_TEXTS: Final = (ToyColumn.TITLE, ToyColumn.TITLE_ZH, ToyColumn.BRAND, ToyColumn.DESCRIPTION, ToyColumn.DESCRIPTION_ZH)


def where(mask: pa.ChunkedArray | pa.Array) -> Rows:
    """The rows at which a boolean array holds; unknown counts as no."""
    values = np.asarray(pc.fill_null(mask, False).to_numpy(zero_copy_only=False), np.bool_)
    return np.flatnonzero(values).astype(np.int64)


def blank(column: pa.ChunkedArray) -> Rows:
    """The rows whose text is missing, empty or white space."""
    return where(pc.equal(pc.utf8_trim_whitespace(pc.fill_null(column, "")), ""))


def repeated(column: pa.ChunkedArray) -> Rows:
    """The rows whose value an earlier row has already."""
    return np.flatnonzero(column.to_pandas().duplicated().to_numpy()).astype(np.int64)


# Bytes 80–BF of UTF-8 as they look when read as Windows-1252 (or Latin-1, where 1252 has no letter).
_TAIL = "".join(
    sorted(
        {bytes([byte]).decode(code, errors="ignore") for byte in range(0x80, 0xC0) for code in ("cp1252", "latin-1")}
    )
)
_T = f"[{re.escape(_TAIL)}]"
_DASHES_AND_QUOTES = "[…”“’‘–—»«]"
_GARBLED = re.compile(
    f"\ufffd|[ÂÃ]{_T}|à[\xa0-\xbf]{_T}|[á-ï](?!{_DASHES_AND_QUOTES}{{2}}){_T}{_T}|ð{_T}{_T}{_T}|(?:[Ä-ß]{_T}){{2,}}"
)


def is_garbled(text: str) -> bool:
    """True where UTF-8 was read as Windows-1252 or Latin-1 on the way ("cafÃ©"), or a letter was lost ("caf\ufffd")."""
    return _GARBLED.search(text) is not None


def _garbled(tables: Tables) -> Found:
    found: dict[int, str] = {}
    for name in _TEXTS:
        column = tables.toys[name]
        for row in where(pc.match_substring_regex(column, "[\u00c2-\u00f0\ufffd]")):
            text = column[int(row)].as_py()
            match = _GARBLED.search(text)
            if match:
                start = max(match.start() - 20, 0)
                found.setdefault(int(row), f"{name}: {text[start : match.end() + 20]}")
    rows = np.array(sorted(found), np.int64)
    return Found(rows, [found[int(row)] for row in rows])


def _same_title(tables: Tables) -> Found:
    toys = tables.toys.select([ToyColumn.TITLE, ToyColumn.BRAND]).to_pandas()
    title = toys[ToyColumn.TITLE].str.strip().str.casefold()
    brand = toys[ToyColumn.BRAND].fillna("").str.strip().str.casefold()
    again = pd.DataFrame({"title": title, "brand": brand}).duplicated() & (title != "")
    return Found(np.flatnonzero(again).astype(np.int64))


def _unknown_currency(tables: Tables) -> Found:
    column = tables.toys[ToyColumn.CURRENCY]
    return Found(where(pc.and_(pc.is_valid(column), pc.invert(pc.is_in(column, pa.array(sorted(CURRENCIES)))))))


def _several_currencies(tables: Tables) -> Found:
    column = tables.toys[ToyColumn.CURRENCY]
    priced = pc.and_(pc.is_valid(column), pc.is_valid(tables.toys[ToyColumn.PRICE]))
    counts = column.filter(priced).value_counts().to_pylist()
    if len(counts) < 2:
        return Found(np.zeros(0, np.int64))
    main = min(counts, key=lambda each: (-each["counts"], each["values"]))["values"]
    return Found(where(pc.and_(priced, pc.not_equal(column, main))))


def _absurd_price(tables: Tables) -> Found:
    toys = tables.toys.select([ToyColumn.PRICE, ToyColumn.CURRENCY])
    price = pd.Series(toys[ToyColumn.PRICE].cast(pa.float64()).to_numpy())
    groups = price.groupby(toys[ToyColumn.CURRENCY].to_pandas().fillna(""))
    absurd = (price > _ABSURD_TIMES * groups.transform("median")) & (groups.transform("count") >= _ENOUGH_PRICES)
    return Found(np.flatnonzero(absurd).astype(np.int64))


def _never_met(tables: Tables) -> Found:
    met = tables.events[EventColumn.TOY].unique()
    return Found(where(pc.invert(pc.is_in(tables.toys[ToyColumn.ID], met))))


TOY_CHECKS: Final = (
    Check(
        "toy without an id",
        Severity.ERROR,
        "toys",
        ToyColumn.ID,
        "has no id",
        "give every toy the shop's own id",
        lambda tables: Found(blank(tables.toys[ToyColumn.ID])),
    ),
    Check(
        "duplicate toy ids",
        Severity.ERROR,
        "toys",
        ToyColumn.ID,
        "has an id that an earlier row has",
        "keep one row a toy, or give each its own id",
        lambda tables: Found(repeated(tables.toys[ToyColumn.ID])),
    ),
    Check(
        "toy without a title",
        Severity.WARNING,
        "toys",
        ToyColumn.TITLE,
        "has no title",
        "map the column that holds the toy's name to 'title'",
        lambda tables: Found(blank(tables.toys[ToyColumn.TITLE])),
    ),
    Check(
        "toy without a category",
        Severity.WARNING,
        "toys",
        ToyColumn.CATEGORY,
        "has no category",
        "map the column that holds the category path to 'category'",
        lambda tables: Found(
            where(pc.equal(pc.fill_null(pc.list_value_length(tables.toys[ToyColumn.CATEGORY]), 0), 0))
        ),
    ),
    Check(
        "duplicate titles",
        Severity.WARNING,
        "toys",
        ToyColumn.TITLE,
        "has the title and brand of an earlier toy",
        "say in the title what differs (colour, size), or merge the two",
        _same_title,
    ),
    Check(
        "garbled text",
        Severity.WARNING,
        "toys",
        ToyColumn.TITLE,
        "holds text that was read in a wrong encoding",
        "import the source again with the encoding it was written in",
        _garbled,
    ),
    Check(
        "unknown currency",
        Severity.ERROR,
        "toys",
        ToyColumn.CURRENCY,
        "has a currency that ISO 4217 does not hold",
        "write the three capital letters of ISO 4217, for example GBP",
        _unknown_currency,
    ),
    Check(
        "price without a currency",
        Severity.WARNING,
        "toys",
        ToyColumn.PRICE,
        "has a price in no currency",
        "state the shop's currency at the import",
        lambda tables: Found(
            where(pc.and_(pc.is_valid(tables.toys[ToyColumn.PRICE]), pc.is_null(tables.toys[ToyColumn.CURRENCY])))
        ),
    ),
    Check(
        "several currencies",
        Severity.ERROR,
        "toys",
        ToyColumn.CURRENCY,
        "has its price in another currency than most toys",
        "convert all prices into the shop's one currency; a budget is compared with them as a number",
        _several_currencies,
    ),
    Check(
        "price not above 0",
        Severity.ERROR,
        "toys",
        ToyColumn.PRICE,
        "has a price of 0 or less",
        "leave the price empty where it is unknown",
        lambda tables: Found(where(pc.less_equal(tables.toys[ToyColumn.PRICE].cast(pa.float64()), 0.0))),
    ),
    Check(
        "absurd price",
        Severity.WARNING,
        "toys",
        ToyColumn.PRICE,
        f"costs more than {_ABSURD_TIMES} times the median toy",
        "look for a lost decimal point, or leave the price empty",
        _absurd_price,
    ),
    Check(
        "toy never met",
        Severity.NOTE,
        "toys",
        ToyColumn.ID,
        "is in no event",
        "nothing, if it is new; else see that both files spell toy ids alike",
        _never_met,
    ),
)
