"""What is no toy, and what a correction must not say: refused at its field, as strictly as an import."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from fastapi.testclient import TestClient
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from app.kiosk.staff.toy_models import NewToyBody
from data.schema import Audience, Hazard
from data.tables import EVENT_TABLE, TOY_TABLE
from data.validate.ages import AGE_CHECKS
from data.validate.check import Severity, Tables
from data.validate.report import validate
from data.validate.toys import TOY_CHECKS
from tests.app.kiosk.staff.test_toys import TOYS, WAGON, Headers, said


@pytest.mark.parametrize(
    ("toy", "body", "pointer", "detail"),
    [
        ("poker", {"audience": "child"}, "/audience", "must be adult, as the catalogue says, or adult. Got child."),
        ("marbles", {"safety_min_age": 59}, "/safety_min_age", "must be at least 60, as the catalogue has it. Got 59."),
        (
            "balloons",
            {"safety_min_age": 40},
            "/safety_min_age",
            "must be at least 96, as the catalogue has it. Got 40.",
        ),
        ("puzzle", {"recommended_age": 90}, "/recommended_age", "must be at most recommended_age_to, 84. Got 90."),
        ("puzzle", {"recommended_age_to": 40}, "/recommended_age_to", "must be at least recommended_age, 48. Got 40."),
        ("bear", {"title": "Bear"}, "/title", "is not a known field."),
        (
            "bear",
            {"hazards": ["cord"], "safety_min_age": 17},
            "/safety_min_age",
            "must be at least 18, the floor of cord. Got 17.",
        ),
    ],
)
def test_a_correction_that_cannot_be(
    client: TestClient, manager: Headers, toy: str, body: dict[str, Any], pointer: str, detail: str
) -> None:
    answer = client.post(f"{TOYS}/{toy}:correct", json=body, headers=manager)
    assert answer.status_code == 422
    assert answer.json()["errors"] == [{"pointer": pointer, "detail": detail}]


@pytest.mark.parametrize(
    ("change", "pointer", "detail"),
    [
        ({"toy_id": "a\nb"}, "/toy_id", "must be printable"),
        ({"toy_id": " wagon"}, "/toy_id", "must be printable"),
        ({"toy_id": "wa\u200bgon"}, "/toy_id", "must be printable"),
        ({"toy_id": "e\u0301"}, "/toy_id", "must be printable"),
        ({"toy_id": "\ud800"}, "/toy_id", "must be Unicode without lone surrogates."),
        ({"toy_id": ""}, "/toy_id", "must be a string that is not empty."),
        ({"toy_id": "a/similar"}, "/toy_id", "must not end in"),
        ({"toy_id": "../bear"}, "/toy_id", "must not end in"),
        ({"toy_id": 7}, "/toy_id", "must be a string."),
        ({"title": "  "}, "/title", "must hold more than spaces."),
        ({"title": "a\u0000b"}, "/title", "must be one line without control characters."),
        ({"title": None}, "/title", "must be a string."),
        ({"interests": [f"i{place}" for place in range(300)]}, "/interests", "must hold at most 20 entries. Got 300."),
        ({"price": float("nan")}, "/price", "must be a price above 0, at most 9999999.99, such as 12.99. Got nan."),
        ({"price": float("inf")}, "/price", "must be a price above 0"),
        ({"price": 10**400}, "/price", "must be a price above 0"),
        ({"price": 0}, "/price", "must be a price above 0"),
        ({"price": -1}, "/price", "must be a price above 0"),
        ({"price": True}, "/price", "must be a price above 0"),
        ({"price": 1.999}, "/price", "must be a price above 0"),
        ({"price": "0.00"}, "/price", "must be a price above 0"),
        ({"price": "1e3"}, "/price", "must be a price above 0"),
        ({"price": 1e400}, "/price", "must be a price above 0"),
        ({"currency": "USD"}, "/currency", "must be GBP, the currency of the shop's prices. Got USD."),
        ({"currency": "pounds"}, "/currency", "must be the three capital letters of ISO 4217"),
        ({"hazards": ["teeth"]}, "/hazards/0", "must be one of 'small_parts'"),
        ({"audience": "dogs"}, "/audience", "must be one of 'child'"),
        ({"from_age": 1201}, "/from_age", "must be ≤ 1200. Got 1201."),
        ({"safety_min_age": 36}, "/from_age", "stands for both ages, and must not be given beside safety_min_age."),
        ({"recommended_age_to": 6}, "/from_age", "must be at most recommended_age_to, 6. Got 12."),
        (
            {"from_age": None, "safety_min_age": 35},
            "/safety_min_age",
            "must be at least 36, the floor of small_parts. Got 35.",
        ),
        (
            {"from_age": None, "recommended_age": 9, "recommended_age_to": 8},
            "/recommended_age_to",
            "must be at least recommended_age, 9. Got 8.",
        ),
        ({"active": False}, "/active", "is not a known field."),
        ({"picture": "<svg onload='x()'/>"}, "/picture", "is not a known field."),
    ],
)
def test_what_is_no_toy_is_refused_at_its_field(
    client: TestClient, manager: Headers, change: dict[str, Any], pointer: str, detail: str
) -> None:
    content = json.dumps({**WAGON, **change}).replace("Infinity", "1e400")
    answer = client.post(TOYS, content=content, headers={**manager, "Content-Type": "application/json"})
    assert answer.status_code == 422, answer.text
    (error,) = answer.json()["errors"]
    assert error["pointer"] == pointer
    assert error["detail"].startswith(detail)


def test_no_new_id_ends_as_what_is_asked_of_a_toy_does(client: TestClient, manager: Headers) -> None:
    """The page of a toy "wagon/together" would be what is bought with the toy "wagon"."""
    paths = client.get("/openapi.json").json()["paths"]
    ends = {path.partition("{toy_id}")[2] for path in paths if "{toy_id}/" in path}
    assert ends == {"/picture.svg", "/similar", "/together", "/why"}
    for end in ends:
        answer = client.post(TOYS, json={**WAGON, "toy_id": f"wagon{end}"}, headers=manager)
        assert answer.status_code == 422, end
        assert answer.json()["errors"][0]["pointer"] == "/toy_id"
    assert said(client, manager)["added"] == []
    assert "wagon" not in client.app.state.kiosk.now.engine.index  # type: ignore[attr-defined]


SHOP = "GBP"


ROWS = st.fixed_dictionaries(
    {"toy_id": st.text(max_size=4), "title": st.just("x")},
    optional={
        "price": st.sampled_from([0, 0.01, 5, 19.99, -3, 9_999_999.99]),
        "currency": st.sampled_from(["GBP", "USD", "XXX", "gbp"]),
        "hazards": st.lists(st.sampled_from([*Hazard, "teeth"]), max_size=2, unique=True),
        "audience": st.sampled_from([*Audience, "dogs"]),
        "recommended_age": st.sampled_from([-1, 0, 12, 48, 1200, 1201]),
        "recommended_age_to": st.sampled_from([-1, 0, 12, 48, 1200, 1201]),
        "safety_min_age": st.sampled_from([-1, 0, 17, 18, 36, 47, 48, 95, 96, 168, 1200, 1201]),
    },
)


@settings(max_examples=200, deadline=None)
@given(row=ROWS)
def test_nobody_adds_what_an_import_would_refuse(row: dict[str, Any]) -> None:
    """The same toy beside one of the shop, through `data.validate`; ids are stricter here, the rest is the same."""
    other = {"toy_id": "other", "price": Decimal(3), "currency": SHOP}
    same = {**row, "price": Decimal(str(row["price"]))} if "price" in row else row
    known = {"title": "y", "audience": "unknown", "hazards": []}
    table = pa.Table.from_pylist([known | other, known | same], TOY_TABLE)
    errors = [
        each.check.name
        for each in validate(Tables(table, EVENT_TABLE.empty_table()), [*TOY_CHECKS, *AGE_CHECKS]).outcomes
        if each.check.severity is Severity.ERROR and 1 in each.rows
    ]
    try:
        said = NewToyBody.model_validate(row).said()
    except ValidationError as error:
        if not errors:
            assert {entry["loc"][0] for entry in error.errors()} == {"toy_id"}, (row, str(error))  # noqa: PT017
        return
    another = "price" in said and said.get("currency", SHOP) != SHOP  # what the route asks the engine
    assert bool(errors) == another, (row, errors)
