"""Whatever stands in the tables: checks do not fall over, counts add up, and what is left has no error."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from data.schema import EventColumn, ToyColumn
from data.tables import EVENT_TABLE, TOY_TABLE
from data.validate.check import Severity, Tables
from data.validate.report import leave_out_errors, validate

ids = st.sampled_from(["a", "b", "c", "d", "", " "])
ages = st.none() | st.sampled_from([-1, 0, 36, 96, 2000])
toys = st.fixed_dictionaries(
    {
        "toy_id": ids,
        "title": st.sampled_from(["Bear", "bear ", "", "CafÃ©", "火车"]),
        "brand": st.none() | st.just("Lumi"),
        "category": st.none() | st.lists(st.sampled_from(["Toys", None]), max_size=2),
        "price": st.none() | st.sampled_from([Decimal("-1.00"), Decimal("0.00"), Decimal("9.99")]),
        "currency": st.none() | st.sampled_from(["GBP", "USD", "gbp", ""]),
        "recommended_age": ages,
        "recommended_age_to": ages,
        "safety_min_age": ages,
        "hazards": st.none() | st.lists(st.sampled_from(["marble", "balloon", "lava", None]), max_size=3),
        "audience": st.sampled_from(["child", "unknown", "kids"]),
        "active": st.booleans(),
    }
)
events = st.fixed_dictionaries(
    {
        "event_id": st.sampled_from([*"efghijkl", ""]),
        "shopper_id": st.sampled_from(["ann", "bob", ""]),
        "session_id": st.none() | st.sampled_from(["s1", "s2"]),
        "toy_id": ids,
        "kind": st.sampled_from(["view", "purchase", "return", "bought"]),
        "time": st.none()
        | st.sampled_from([datetime(year, 5, day, tzinfo=UTC) for year in (1970, 2025, 2999) for day in (1, 2, 20)]),
        "recipient_id": st.none() | st.sampled_from(["r1", "r2"]),
        "recipient_age": ages,
        "budget": st.none() | st.sampled_from([-1.0, 0.0, 20.0, float("nan")]),
    }
)


@settings(max_examples=60, deadline=None)
@given(st.lists(toys, max_size=8), st.lists(events, max_size=12))
def test_what_is_left_has_no_error_and_the_counts_add_up(
    toy_rows: list[dict[str, object]], event_rows: list[dict[str, object]]
) -> None:
    tables = Tables(
        pa.Table.from_pylist(toy_rows, schema=TOY_TABLE),
        pa.Table.from_pylist(event_rows, schema=EVENT_TABLE),
        datetime(2026, 1, 1, tzinfo=UTC),
    )
    report = validate(tables)
    for outcome in report.outcomes:
        assert outcome.rows.tolist() == sorted(set(outcome.rows.tolist()))
        assert len(outcome.findings(tables)) == outcome.count == len(outcome.values or outcome.rows)
        assert len(outcome.findings(tables, 1)) == min(outcome.count, 1)
    cleaned = leave_out_errors(report)
    for counts, before, after in (
        (cleaned.toys, tables.toys, cleaned.tables.toys),
        (cleaned.events, tables.events, cleaned.tables.events),
    ):
        assert (counts.read, counts.kept) == (before.num_rows, after.num_rows)
        assert counts.read == counts.kept + counts.rejected
    assert sum(cleaned.reasons.values()) == cleaned.toys.rejected + cleaned.events.rejected
    again = validate(cleaned.tables)
    assert not again.unfit
    assert leave_out_errors(again).reasons == {}
    assert (report.count(Severity.ERROR) > 0) == report.unfit == bool(cleaned.reasons)
    assert set(cleaned.tables.events[EventColumn.TOY].to_pylist()) <= set(cleaned.tables.toys[ToyColumn.ID].to_pylist())
