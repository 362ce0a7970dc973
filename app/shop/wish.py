"""What is sought on the page Browse & search: words, filters, order. Frozen, and changed by plain functions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final

from app.shop.models import Item

MAX_WORDS: Final = 200  # characters, the API's bound on a search
PAGE: Final = 12  # toys shown at first, and how many "more" adds
MAX_K: Final = 100  # the API's bound on a list
FILTERS: Final = ("category", "brand", "price", "age_months", "in_stock")


class Order(StrEnum):
    """How the toys that were found stand on the shelf."""

    FIT = "fit"
    CHEAP = "cheap"
    DEAR = "dear"
    AGE = "age"


@dataclass(frozen=True, slots=True)
class Wish:
    """words: as they are sought; cut: more was typed than can be sought

    price: (lowest, highest or None), both included; age_months: lower end of a band. An age here filters and states
    nobody: who is present was said elsewhere. wanted: how many toys are shown
    """

    words: str = ""
    cut: bool = False
    category: str | None = None
    brand: str | None = None
    price: tuple[int, int | None] | None = None
    age_months: int | None = None
    in_stock: bool = False
    order: Order = Order.FIT
    wanted: int = PAGE

    @property
    def filtered(self) -> tuple[str, ...]:
        """Names of the filters that are set."""
        set_now = {name: getattr(self, name) for name in FILTERS}
        return tuple(name for name, value in set_now.items() if value is not None and value is not False)


def say(wish: Wish, typed: str) -> Wish:
    """Seek what was typed: one line, at most `MAX_WORDS` characters, cut between words where there are any."""
    line = " ".join("".join(sign if sign.isprintable() else " " for sign in typed).split())
    cut = len(line) > MAX_WORDS
    if cut:
        head = line[: MAX_WORDS + 1]
        line = (head.rpartition(" ")[0] or head)[:MAX_WORDS]
    return replace(wish, words=line, cut=cut, wanted=PAGE)


def choose(wish: Wish, **filters: Any) -> Wish:
    """Set filters or the order, by the names of the fields; the list starts anew."""
    return replace(wish, **{"wanted": PAGE, **filters})


def let_go(wish: Wish, names: Sequence[str]) -> Wish:
    """Take these filters away."""
    return choose(wish, **{name: False if name == "in_stock" else None for name in names})


def more(wish: Wish) -> Wish:
    """Show more of what was found."""
    return replace(wish, wanted=min(wish.wanted + PAGE, MAX_K))


def query_for(wish: Wish, youngest_months: int | None, language: str, k: int = MAX_K) -> dict[str, Any]:
    """The parameters of GET /v1/search, or where nothing was typed of GET /v1/popular: then without `q`."""
    query: dict[str, Any] = {"k": k, "language": language}
    low, high = wish.price or (None, None)
    stated = {
        "q": wish.words or None,
        "youngest_age_months": youngest_months,
        "category": wish.category,
        "brand": wish.brand,
        "price_min": low or None,
        "price_max": high,
        "age_months": wish.age_months,
        "in_stock": "true" if wish.in_stock else None,
    }
    return query | {name: value for name, value in stated.items() if value is not None}


def in_order(items: Sequence[Item], order: Order) -> tuple[Item, ...]:
    """`items`, best first, put in `order`; those alike stay as they are, toys without a price or an age come last."""
    if order is Order.FIT:
        return tuple(items)

    def place(item: Item) -> tuple[bool, float]:
        value = item.toy.recommended_age if order is Order.AGE else item.toy.price
        known = 0.0 if value is None else float(value)
        return value is None, -known if order is Order.DEAR else known

    return tuple(sorted(items, key=place))


def price_ranges(steps: Sequence[int]) -> tuple[tuple[int, int | None], ...]:
    """Round sums as ranges that meet: up to the first, between each two, above the last."""
    if not steps:
        return ()
    return (*zip((0, *steps[:-1]), steps, strict=True), (steps[-1], None))


def removed(masked: Mapping[str, int]) -> int:
    """How many of those found may not or shall not be seen."""
    return sum(masked.values())
