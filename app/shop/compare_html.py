"""Two or three toys side by side, as one table. What differs says so in words; what came from outside is escaped."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Final

from app.shop import text
from app.shop.models import Toy

Cell = Callable[[Toy, str], str]


def table(toys: Sequence[Toy], stock: Mapping[str, bool | None], language: str) -> str:
    """stock: toy id → is it there; None, or no entry, where nobody knows."""
    t = text.t
    heads = "".join(f'<th scope="col">{escape(text.title(toy, language))}</th>' for toy in toys)
    rows = list(_CELLS)
    if any(there is not None for there in stock.values()):
        rows.append(("compare.stock", lambda toy, speech: _stock(stock.get(toy.toy_id), speech)))
    body = "".join(_row(t(language, key), [cell(toy, language) for toy in toys], language) for key, cell in rows)
    return (
        f'<table class="compare toys-{len(toys)}" lang="{language}">'
        f'<caption class="unseen">{escape(t(language, "compare.title"))}</caption>'
        f'<thead class="unseen"><tr><td></td>{heads}</tr></thead><tbody>{body}</tbody></table>'
    )


def _row(name: str, values: Sequence[str], language: str) -> str:
    if not any(values):
        return ""
    differs = len(set(values)) > 1
    mark = f'<span class="differs">{escape(text.t(language, "compare.differs"))}</span>' if differs else ""
    cells = "".join(f"<td>{escape(value) or '–'}</td>" for value in values)
    return f'<tr class="{"other" if differs else "same"}"><th scope="row">{escape(name)}{mark}</th>{cells}</tr>'


def _mark(toy: Toy, language: str) -> str:
    lowest = text.safe_from(toy)
    if lowest == 0:
        return text.t(language, "toy.safe")
    return text.t(language, "safety.not_under", age=text.months(lowest, language))


def _hazards(toy: Toy, language: str) -> str:
    return text.join([text.hazard(name, language) for name in toy.hazards], language)


def _interests(toy: Toy, language: str) -> str:
    return text.join([text.interest(name, language, True) for name in toy.interests], language)


def _kind(toy: Toy, language: str) -> str:
    return " › ".join(text.category(name, language) for name in toy.category)


def _stock(there: bool | None, language: str) -> str:
    if there is None:
        return text.t(language, "compare.ask")
    return text.t(language, "compare.there" if there else "compare.sold_out")


_CELLS: Final[tuple[tuple[str, Cell], ...]] = (
    ("compare.price", text.price),
    ("toy.recommended", text.age_range),
    ("toy.safety", _mark),
    ("compare.hazards", _hazards),
    ("toy.interests", _interests),
    ("toy.kind", _kind),
    ("toy.brand", lambda toy, _: toy.brand or ""),
    ("toy.aisle", lambda toy, _: toy.aisle or ""),
)
