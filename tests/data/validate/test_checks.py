"""Each check with examples that fail it and examples that pass it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from data.schema import Audience, Event, EventKind, Hazard, Recipient, Toy
from data.tables import EVENT_TABLE, TOY_TABLE, event_row, toy_row
from data.validate.check import Tables
from data.validate.report import CHECKS, validate
from data.validate.toys import is_garbled

NOW = datetime(2026, 1, 1, tzinfo=UTC)
MAY = datetime(2025, 5, 1, 10, 0, tzinfo=UTC)
TOY = Toy(
    "t1",
    "Wooden track",
    category=("Toys", "Trains"),
    brand="Holt",
    price=Decimal("24.00"),
    currency="GBP",
    recommended_age=36,
    recommended_age_to=72,
    safety_min_age=36,
    hazards=(Hazard.SMALL_PARTS,),
    audience=Audience.CHILD,
)
EVENT = Event("e1", "ann", "s1", "t1", EventKind.PURCHASE, MAY, "store-1", Recipient("r1", 40, ("trains",), 30.0))


def tables(toys: list[Toy | dict[str, Any]], events: list[Event | dict[str, Any]]) -> Tables:
    """Tables of good toys and events, or of rows with what no `Toy` or `Event` can hold."""
    return Tables(
        pa.Table.from_pylist([t if isinstance(t, dict) else toy_row(t) for t in toys], schema=TOY_TABLE),
        pa.Table.from_pylist([e if isinstance(e, dict) else event_row(e) for e in events], schema=EVENT_TABLE),
        NOW,
    )


def toy(**changes: Any) -> Toy:
    return replace(TOY, **changes)


def event(number: int = 1, later: timedelta = timedelta(0), **changes: Any) -> Event:
    return replace(EVENT, **{"id": f"e{number}", "time": MAY + later, **changes})


def who(**changes: Any) -> Recipient:
    assert EVENT.recipient
    return replace(EVENT.recipient, **changes)


@dataclass
class Example:
    """Rows that a check finds (`rows`, with `value` at the first), and the same made right."""

    bad: Tables
    rows: list[int]
    value: object
    good: Tables


def on_toys(bad: list[Any], rows: list[int], value: object, good: list[Any]) -> Example:
    return Example(tables(bad, [EVENT]), rows, value, tables(good, [EVENT]))


def on_events(bad: list[Any], rows: list[int], value: object, good: list[Any]) -> Example:
    toys = [TOY, toy(id="t2", title="Engine"), toy(id="t3", title="Station")]
    return Example(tables(toys, bad), rows, value, tables(toys, good))


DAY, HOUR = timedelta(days=1), timedelta(hours=1)
CROWD = [event(n, n * HOUR, shopper=f"s{n}", session=f"s{n}") for n in range(100)]
TILL = [event(1000 + n, n * HOUR, shopper="till", session=None) for n in range(1001)]
PRICES = [toy(id=f"p{n}", title=f"Toy {n}", price=Decimal(10 + n)) for n in range(25)]

EXAMPLES: dict[str, Example] = {
    "toy without an id": on_toys([TOY, toy(id=" ")], [1], " ", [TOY, toy(id="t2")]),
    "duplicate toy ids": on_toys([TOY, toy(), toy(id="t2")], [1], "t1", [TOY, toy(id="t2")]),
    "toy without a title": on_toys([toy(title=""), toy(title="\t")], [0, 1], "", [toy(title="A")]),
    "toy without a category": on_toys([toy(category=()), TOY, {**toy_row(TOY), "category": None}], [0, 2], [], [TOY]),
    "duplicate titles": on_toys(
        [TOY, toy(id="t2", title=" wooden TRACK ")], [1], " wooden TRACK ", [TOY, toy(id="t2", brand="Lumi")]
    ),
    "garbled text": on_toys(
        [TOY, toy(title="CafÃ© set"), toy(title_zh="ç«è½¦"), toy(description="lost \ufffd")],
        [1, 2, 3],
        "title: CafÃ© set",
        [TOY, toy(title="Café set – “ÉLÉPHANT”"), toy(title_zh="火车"), toy(title="Playmobil®, 5 €, voilà…”")],
    ),
    "unknown currency": on_toys(
        [TOY, toy(currency="gbp"), toy(currency="£")], [1, 2], "gbp", [TOY, toy(currency="CNY"), toy(currency=None)]
    ),
    "price without a currency": on_toys(
        [TOY, toy(currency=None)], [1], Decimal("24.00"), [toy(price=None, currency=None)]
    ),
    "several currencies": on_toys(
        [TOY, toy(currency="USD"), TOY], [1], "USD", [TOY, TOY, toy(currency="USD", price=None)]
    ),
    "price not above 0": on_toys(
        [TOY, toy(price=Decimal(0)), toy(price=Decimal("-1"))], [1, 2], Decimal("0.00"), [TOY]
    ),
    "absurd price": on_toys(
        [*PRICES, toy(price=Decimal(9999))], [25], Decimal("9999.00"), [*PRICES, toy(price=Decimal(999))]
    ),
    "toy never met": on_toys([TOY, toy(id="t2")], [1], "t2", [TOY]),
    "unknown hazard": on_toys(
        [TOY, {**toy_row(TOY), "hazards": ["marble", "lava"]}], [1], ["marble", "lava"], [TOY, toy(hazards=())]
    ),
    "unknown audience": on_toys([TOY, {**toy_row(TOY), "audience": "kids"}], [1], "kids", [TOY]),
    "age out of range": on_toys(
        [TOY, toy(recommended_age=-1), toy(safety_min_age=1201), toy(recommended_age_to=1201)],
        [1, 2, 3],
        "recommended_age: -1",
        [toy(recommended_age=0, recommended_age_to=1200)],
    ),
    "age range upside down": on_toys(
        [TOY, toy(recommended_age=48, recommended_age_to=36)],
        [1],
        "48 to 36 months",
        [toy(recommended_age=36, recommended_age_to=36), toy(recommended_age=None), toy(recommended_age_to=None)],
    ),
    "hazard without a safety age": on_toys(
        [TOY, toy(safety_min_age=None)], [1], "small_parts", [TOY, toy(safety_min_age=None, hazards=())]
    ),
    "safety age below the hazards' floor": on_toys(
        [TOY, toy(safety_min_age=36, hazards=(Hazard.CORD, Hazard.BALLOON))],
        [1],
        "36 months, floor 96",
        [TOY, toy(safety_min_age=96, hazards=(Hazard.CORD, Hazard.BALLOON)), toy(safety_min_age=0, hazards=())],
    ),
    "event without an id": on_events([event(), event(id="")], [1], "", [event(1), event(2)]),
    "duplicate event ids": on_events([event(1), event(2), event(1)], [2], "e1", [event(1), event(2)]),
    "event without a shopper": on_events([event(shopper=" ")], [0], " ", [event()]),
    "orphan event": on_events([event(1), event(2, toy="t9")], [1], "t9", [event(1), event(2, toy="t3")]),
    "unknown kind": on_events([event(), {**event_row(event(2)), "kind": "bought"}], [1], "bought", [event()]),
    "future date": on_events(
        [event(), event(2, time=NOW + HOUR)], [1], NOW + HOUR, [event(), event(2, time=NOW), event(3, time=None)]
    ),
    "date before shops kept data": on_events(
        [event(time=datetime(1970, 1, 17, tzinfo=UTC))], [0], datetime(1970, 1, 17, tzinfo=UTC), [event()]
    ),
    "event without a time": on_events([event(), event(2, time=None)], [1], None, [event()]),
    "whole day at one instant": on_events(
        [event(1), event(2, toy="t2"), event(3, DAY)],
        [0],
        "ann: 2 toys at 2025-05-01 10:00:00",
        [event(1), event(2, HOUR, toy="t2"), event(3, toy="t3"), event(4, DAY), event(5, DAY)],
    ),
    "shopper with absurd counts": on_events([*CROWD, *TILL], [100], "till: 1001 events", [*CROWD, *TILL[:-1]]),
    "session spanning weeks": on_events(
        [event(1), event(2, 8 * DAY)],
        [0],
        "s1: 8 days",
        [event(1), event(2, 7 * DAY), event(3, 60 * DAY, session="s2")],
    ),
    "session of several shoppers": on_events(
        [event(1), event(2, shopper="bob")], [1], "s1", [event(1), event(2, shopper="bob", session="s2")]
    ),
    "return of what was not bought": on_events(
        [event(1), event(2, toy="t2", kind=EventKind.RETURN)],
        [1],
        "return",
        [event(1), event(2, DAY, kind=EventKind.RETURN)],
    ),
    "recipient's age out of range": on_events([event(recipient=who(age_months=-3))], [0], -3, [event()]),
    "recipient grows younger": on_events(
        [event(2, DAY, recipient=who(age_months=39)), event(1)],
        [0],
        "39 months, was 40",
        [event(1), event(2, 40 * DAY, recipient=who(age_months=41))],
    ),
    "budget not above 0": on_events(
        [event(recipient=who(budget=0.0)), event(2, recipient=who(budget=float("nan")))],
        [0, 1],
        0.0,
        [event(), event(2, recipient=who(budget=None))],
    ),
}


def test_every_check_has_its_examples() -> None:
    assert [check.name for check in CHECKS] == list(EXAMPLES)
    assert all(check.fix and check.says for check in CHECKS)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.name)
def test_a_check_finds_what_it_names_and_nothing_else(check: Any) -> None:
    example = EXAMPLES[check.name]
    (outcome,) = validate(example.bad, [check]).outcomes
    assert outcome.rows.tolist() == example.rows
    found = outcome.findings(example.bad)
    assert [finding.row for finding in found] == example.rows
    assert found[0].value == example.value
    assert (found[0].check, found[0].column, found[0].table) == (check.name, check.column, check.table)
    assert validate(example.good, [check]).outcomes[0].rows.tolist() == []


@pytest.mark.parametrize("toys", [[], [TOY]])
def test_empty_tables_pass_every_check(toys: list[Toy]) -> None:
    report = validate(tables(list(toys), []))
    assert {outcome.check.name: outcome.count for outcome in report.outcomes if outcome.count} == (
        {"toy never met": 1} if toys else {}
    )
    assert not report.unfit


@pytest.mark.parametrize(
    "text", ["Pokémon", "Ravensburger Größe 5", "CAFÉ® LÉGO™", "50 °C", "益智积木玩具", "Ça va?", "Ñandú"]
)
def test_right_text_is_not_called_garbled(text: str) -> None:
    assert not is_garbled(text)


@pytest.mark.parametrize("text", ["Pokémon", "Größe", "5 €", "积木", "“quoted”", "it’s", "50 °C", "🚂 train"])
@pytest.mark.parametrize("wrong", ["cp1252", "latin-1"])
def test_text_read_in_a_wrong_encoding_is_found(text: str, wrong: str) -> None:
    try:
        garbled = text.encode().decode(wrong)
    except UnicodeDecodeError:
        pytest.skip(f"{wrong} has no letter for a byte of it")
    assert is_garbled(f"Toy {garbled} set")
