"""A correction before it is sent: the whole of it, what is wrong with it, what it means for safety."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from app.shop.correction import FIELDS, Correction
from app.shop.models import Toy

TOY = Toy(
    toy_id="engine",
    title="Steam engine",
    price=Decimal("12.50"),
    recommended_age=36,
    recommended_age_to=72,
    safety_min_age=36,
    hazards=("small_parts",),
    audience="child",
    aisle="A4",
)


def correction(said: dict[str, Any] | None = None, toy: Toy = TOY, **changed: Any) -> Correction:
    held = {name: None if name == "barcode" else getattr(toy, name) for name in FIELDS}
    return Correction(toy, None, said or {}, {**held, **changed})


def words(found: Correction) -> list[tuple[str, bool]]:
    return [(key, looser) for (key, _), looser in found.safety()]


def test_what_is_not_touched_is_not_said() -> None:
    assert correction().to_send() == {}
    assert correction().changes() == ()
    assert correction().faults() == {}


def test_what_differs_is_said_and_what_was_said_before_stays() -> None:
    said = {"aisle": "A4", "hazards": ["small_parts"]}
    found = correction(said, price=Decimal("9.90"), hazards=("cord", "small_parts"), barcode="5012345678900")
    assert found.to_send() == {
        "price": "9.90",
        "hazards": ["cord", "small_parts"],
        "barcode": "5012345678900",
        "aisle": "A4",
    }
    assert found.changes() == ("price", "hazards", "barcode")


def test_hazards_are_a_set() -> None:
    toy = TOY.model_copy(update={"hazards": ("cord", "magnet")})
    assert correction({"hazards": ["magnet", "cord"]}, toy).changes() == ()


def test_an_empty_field_takes_back_what_was_said() -> None:
    found = correction({"aisle": "A4", "safety_min_age": 36}, aisle=None, safety_min_age=None)
    assert found.to_send() == {}
    assert found.changes() == ("safety_min_age", "aisle")
    assert found.gives_back("aisle")
    assert words(found) == [("staff.safety_back", True)]


@pytest.mark.parametrize(
    ("said", "changed", "field", "gaps"),
    [
        ({}, {"price": Decimal("0.00")}, "price", {}),
        ({}, {"recommended_age": 80}, "recommended_age_to", {"n": 80}),
        ({}, {"safety_min_age": 18}, "safety_min_age", {"n": 36}),
        ({}, {"safety_min_age": 48, "hazards": ("small_parts", "balloon")}, "safety_min_age", {"n": 96}),
        ({"safety_min_age": 36}, {"hazards": ("small_parts", "magnet")}, "safety_min_age", {"n": 168}),
        ({}, {"hazards": ()}, "hazards", {"names": ["small_parts"]}),
    ],
)
def test_a_fault_is_told_at_its_field(
    said: dict[str, Any], changed: dict[str, Any], field: str, gaps: dict[str, Any]
) -> None:
    faults = correction(said, **changed).faults()
    assert list(faults) == [field]
    assert faults[field][1] == gaps


def test_what_is_for_grown_ups_stays_so() -> None:
    toy = TOY.model_copy(update={"audience": "adult"})
    assert list(correction(toy=toy, audience="child").faults()) == ["audience"]
    assert correction({"audience": "adult"}, toy, audience="child").faults() == {}, "the shop itself said so"


def test_a_hazard_of_a_newer_kiosk_is_left_alone() -> None:
    toy = TOY.model_copy(update={"hazards": ("small_parts", "laser")})
    found = correction(toy=toy, hazards=("small_parts",))
    assert (found.faults(), found.to_send()) == ({}, {})


@pytest.mark.parametrize(
    ("toy", "changed", "said"),
    [
        ({}, {"price": Decimal("1.00")}, [("staff.safety_same", False)]),
        ({}, {"hazards": ("small_parts", "magnet")}, [("staff.safer", False)]),
        ({}, {"safety_min_age": 60, "audience": "adult"}, [("staff.safer", False), ("staff.adults_only", False)]),
        ({"safety_min_age": None, "hazards": ()}, {"safety_min_age": 12}, [("staff.looser", True)]),
        ({"audience": "unknown"}, {"audience": "child"}, [("staff.for_children", True)]),
    ],
)
def test_what_it_means_for_safety(toy: dict[str, Any], changed: dict[str, Any], said: list[tuple[str, bool]]) -> None:
    assert words(correction(toy=TOY.model_copy(update=toy), **changed)) == said
