"""Whether anything unsafe is ever shown: measured anew, against the rules as they are written a second time."""

from __future__ import annotations

from dataclasses import dataclass

from app.report.document import Points, Section, Words
from distillation.gates import Gate

HOUSEHOLDS = 2000


@dataclass(frozen=True)
class Safety:
    """unsafe: of `shown` toys, on lists of so many households

    at_most: with 95 % certainty fewer households than this share would be shown one; None where one was
    """

    households: int
    shown: int
    unsafe: int
    says: str
    at_most: float | None


def read_safety(gate: Gate) -> Safety:
    """What the safety gate found."""
    households, unsafe = int(gate.figures["households"]), int(gate.figures["unsafe"])
    at_most = None if unsafe else 1 - 0.05 ** (1 / households)
    return Safety(households, int(gate.figures["shown"]), unsafe, gate.says, at_most)


def safety_section(safety: Safety) -> Section:
    """How it was tried, and what came out."""
    rate = f"{safety.unsafe / safety.shown:.6g}" if safety.shown else "unknown, as no toy was shown"
    points = [f"{safety.says} The rate is {rate}."]
    if safety.at_most is not None:
        points.append(
            f"None in {safety.households:,} households drawn by chance means, with 95 % certainty, fewer than "
            f"{1000 * safety.at_most:.1f} in 1,000. The stronger reason is how it is built: what may not be shown is "
            "masked before anything is ranked, so no score can bring it back."
        )
    points.append(
        "Who asked: a recipient of any age from birth to 40 years or unstated, a youngest child present of any age or "
        "unstated, and a history of up to seven toys, all drawn by chance with seed 0; twenty toys were asked for."
    )
    points.append(
        "Checked of each toy: its safety age and the floor of each of its hazards against the youngest child, toys of "
        "unknown safety age under three years, toys for adults wherever a child may be there."
    )
    return Section(
        "Safety",
        (Words("An unsafe toy must never be shown, whatever the model thinks of it."), Points(tuple(points))),
    )
