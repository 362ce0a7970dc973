"""What a run of the closed loop came to, as Markdown for the project's pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.report.loop import PLOTS
from data.markdown import table


def loop_section(record: Mapping[str, Any], pictures: str, whole: bool) -> str:
    """The arms, the gains and the plots; `whole`: part by part, with every plot and how the retrainings went.

    pictures: the folder of `loop-….svg` from the page's own
    """
    options = record["options"]
    weeks = record["weeks"]
    blocks = [
        f"{len(weeks)} weeks from {weeks[0]['begins']} on, {options['toys']:,} toys, {options['shoppers']:,} shoppers, "
        f"{record['arms']['popularity']['lists']:,} lists in each shop.",
        _arms(record["arms"]),
        *(["\n".join(_gains(record["gains"]))] if whole else [_gains({"all weeks": record["gains"]["all weeks"]})[0]]),
    ]
    shown = list(PLOTS) if whole else ["utility"]
    blocks += [f"![{PLOTS[figure][0]} by week]({pictures}/loop-{figure}.svg)" for figure in shown]
    if whole:
        blocks.append(_retrainings(weeks))
    return "\n\n".join(blocks) + "\n"


def _arms(arms: Mapping[str, Mapping[str, Any]]) -> str:
    head = ("shop", "true utility", "regret", "positive rate", "coverage", "unsafe or recalled, of toys shown")
    return table(
        head,
        [
            (
                name,
                f"{row['utility']:.4f}",
                f"{row['regret']:.4f}",
                f"{row['rate']:.1%}",
                f"{row['coverage']:.1%}",
                f"{row['forbidden']} of {row['shown']:,}",
            )
            for name, row in arms.items()
        ],
    )


def _gains(gains: Mapping[str, list[dict[str, Any]]]) -> list[str]:
    """A sentence for each part of the time."""
    said = []
    for part, found in gains.items():
        rest = " and ".join(
            f"**{each['gain']:+.1%}** ({each['low']:+.1%} to {each['high']:+.1%}) above {_name(each['against'])}"
            for each in found
        )
        said.append(f"- {part[0].upper()}{part[1:]}: retraining every week is {rest} in true utility, 95 % intervals.")
    return said


def _name(arm: str) -> str:
    return "never retraining" if arm == "never retrained" else arm


def _retrainings(weeks: list[dict[str, Any]]) -> str:
    made = [week["retrained"] for week in weeks if week["retrained"] is not None]
    kept = [each for each in made if each["model"] is not None]
    seconds = sorted(each["seconds"] for each in made)
    held = [
        f"{week['begins']}: {gate['says']}"
        for week in weeks
        if week["retrained"] is not None
        for gate in week["retrained"]["gates"]
        if not gate["passed"]
    ]
    back = sum(week["went_back"] for week in weeks)
    words = (
        f"{len(made)} retrainings, {len(kept)} of them published, {back} taken back by the kiosk itself; one took "
        f"{seconds[len(seconds) // 2]:.0f} s (median). "
    ) if made else ""  # fmt: skip
    return words + (f"Held back: {' '.join(held)}" if held else "None was held back by a gate.")
