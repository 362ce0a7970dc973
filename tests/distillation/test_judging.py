"""Who was shown the running bundle's lists does not judge it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from data.importers.kiosk import RECALL_TABLE, SHOWN_TABLE
from data.split import Holdout
from data.tables import EVENT_TABLE
from distillation.judging import _led_words, unled
from recommender.evaluation.report import FEWEST_QUERIES
from recommender.evaluation.shown import Seen


def seen(*rows: dict[str, Any]) -> Seen:
    """Lists of one toy each: model, and the shopper or the session."""
    plain = dict.fromkeys(SHOWN_TABLE.names) | {
        "recommendation_id": "r", "position": 1, "toy_id": "t", "score": 0.0, "propensity": 1.0, "pinned": False,
        "time": 0, "store_id": "main", "purpose": "self", "language": "en", "kinds": [],
    }  # fmt: skip
    lists = pa.Table.from_pylist([plain | row for row in rows], schema=SHOWN_TABLE)
    return Seen(lists, EVENT_TABLE.empty_table(), RECALL_TABLE.empty_table())


def test_shoppers_who_were_shown_its_lists_are_left_out_whatever_they_took(way: Any) -> None:
    queries: Holdout = way.split.test
    one, two, three = queries.histories.shoppers[:3]
    shown = seen(
        {"model": "running", "shopper_id": one, "session_id": "s-1"},
        {"model": "running", "shopper_id": one, "session_id": "s-2", "kinds": ["purchase"]},
        {"model": "running", "session_id": two},  # nobody's id: such a shopper is known by the session
        {"model": "another", "shopper_id": three, "session_id": "s-3"},
    )
    left, led = unled(queries, shown, "running")
    assert led == 2
    assert left.histories.shoppers == queries.histories.shoppers[2:]
    np.testing.assert_array_equal(left.targets, queries.take(np.arange(2, len(queries))).targets)


def test_all_are_asked_where_nothing_was_shown_or_hardly_anybody_is_left(way: Any) -> None:
    queries: Holdout = way.split.test
    assert unled(queries, None, "running") == (queries, 0)
    assert unled(queries, seen(), "running")[1] == 0
    most = queries.histories.shoppers[: len(queries) - FEWEST_QUERIES + 1]
    asked, led = unled(queries, seen(*({"model": "running", "shopper_id": each} for each in most)), "running")
    assert (asked, led) == (queries, len(most))
    assert _led_words(led, len(asked), len(queries)).startswith(f"{led:,} of these shoppers were shown its lists")
    assert _led_words(2, len(queries) - 2, len(queries)) == "2 shoppers who were shown its lists are not asked."
