"""A correction of a toy as a form has it: what is to be sent, what is wrong with it, what it changes.

The kiosk takes the whole correction each time and decides; what is said here is said before anybody taps "Save".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from app.shop import text
from app.shop.models import Toy
from data.schema import Audience, Hazard, safety_floor

FIELDS: Final = (
    "price", "recommended_age", "recommended_age_to", "safety_min_age", "audience", "hazards", "barcode", "aisle",
)  # fmt: skip
MAX_PRICE: Final = 9_999_999.99
_OF_SAFETY: Final = frozenset({"safety_min_age", "audience", "hazards"})

Words = tuple[str, Mapping[str, object]]
"""The key of a sentence, and what fills its gaps."""


@dataclass(frozen=True, slots=True)
class Correction:
    """A toy, what the shop said of it so far, and what its form holds.

    toy: as it is now; barcode: its own; said: the correction in force, as the API has it, {} for none
    chosen: field → value, None, "" or () for an empty one
    """

    toy: Toy
    barcode: str | None
    said: Mapping[str, Any]
    chosen: Mapping[str, Any]

    def now(self, name: str) -> Any:
        """What holds now."""
        return self.barcode if name == "barcode" else getattr(self.toy, name)

    def to_send(self) -> dict[str, Any]:
        """What differs from now, and what was said before and stays: the whole of it. An empty field says nothing."""
        sent: dict[str, Any] = {}
        for name in FIELDS:
            value = self.chosen[name]
            if name == "hazards":
                value = [each for each in value if each in self._own_hazards or each not in self.toy.hazards]
            if value in (None, "", []):
                continue
            if name == "hazards" or value != self.now(name):
                sent[name] = f"{value:.2f}" if name == "price" else value
            elif name in self.said:
                sent[name] = self.said[name]
        return sent

    def faults(self) -> dict[str, Words]:
        """Field → what is wrong with it."""
        found: dict[str, Words] = {}
        price, start, to = (self.chosen[name] for name in ("price", "recommended_age", "recommended_age_to"))
        if price is not None and not 0 < price <= Decimal(str(MAX_PRICE)):
            found["price"] = ("staff.fault_price", {})
        if start is not None and to is not None and to < start:
            found["recommended_age_to"] = ("staff.fault_age_to", {"n": start})
        kept = {*self.chosen["hazards"], *self._own_hazards}
        if missing := [name for name in self.toy.hazards if name in set(Hazard) and name not in kept]:
            found["hazards"] = ("staff.fault_hazards", {"names": missing})
        age, least = self.to_send().get("safety_min_age"), self._least_age()
        if age is not None and age < least:
            found["safety_min_age"] = ("staff.fault_safety", {"n": least})
        ours = "audience" in self.said
        if not ours and self.toy.audience == Audience.ADULT and self.chosen["audience"] == Audience.CHILD:
            found["audience"] = ("staff.fault_audience", {})
        return found

    def changes(self) -> tuple[str, ...]:
        """The fields that will not be what they are now."""
        sent = self.to_send()
        return tuple(name for name in FIELDS if _compared(sent.get(name)) != _compared(self.said.get(name)))

    def gives_back(self, name: str) -> bool:
        """Is what the shop said of this field taken back, so that the catalogue's word holds again?"""
        return name in self.said and name not in self.to_send()

    def safety(self) -> tuple[tuple[Words, bool], ...]:
        """What it means for who is shown the toy: (sentence, whether it is looser than now)."""
        said: list[tuple[Words, bool]] = []
        before, after = text.safe_from(self.toy), text.safe_from(self._then())
        if after > before:
            said.append((("staff.safer", {"now": after, "before": before}), False))
        elif after < before:
            said.append((("staff.looser", {"now": after, "before": before}), True))
        if self.chosen["audience"] != self.toy.audience and not self.gives_back("audience"):
            if self.chosen["audience"] == Audience.ADULT:
                said.append((("staff.adults_only", {}), False))
            elif self.chosen["audience"] == Audience.CHILD:
                said.append((("staff.for_children", {}), True))
        own = self._own_hazards - set(self.chosen["hazards"])
        if own or any(self.gives_back(name) for name in _OF_SAFETY):
            said.append((("staff.safety_back", {}), True))
        return tuple(said) or ((("staff.safety_same", {}), False),)

    @property
    def _own_hazards(self) -> set[str]:
        return set(self.said.get("hazards", ()))

    def _least_age(self) -> int:
        """The kiosk takes no lower one: the floor of the hazards and the catalogue's, as far as that is known."""
        floor = safety_floor(tuple(Hazard(each) for each in self.chosen["hazards"]))
        return floor if "safety_min_age" in self.said else max(floor, self.toy.safety_min_age or 0)

    def _then(self) -> Toy:
        """The toy as it will be, as far as that is known here: of what is given back it has what holds now."""
        age = self.chosen["safety_min_age"]
        return self.toy.model_copy(
            update={
                "safety_min_age": self.toy.safety_min_age if age is None else age,
                "hazards": (
                    *self.toy.hazards,
                    *(each for each in self.chosen["hazards"] if each not in self.toy.hazards),
                ),
            }
        )


def _compared(value: Any) -> Any:
    """Hazards are a set, in whatever order they were tapped."""
    return sorted(value) if isinstance(value, list | tuple) else value
