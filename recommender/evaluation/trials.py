"""What a kiosk's toys on trial say of a new bundle, in figures and in words."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Final

from recommender.evaluation.exposure import Exposure, estimate
from recommender.evaluation.replay import Told, Unused, replay, say_nothing
from recommender.evaluation.shown import MOST_LISTS, Seen, shown_lists
from recommender.serving.engine import Engine
from recommender.serving.policy.arrange import Arrangement

FEWEST_WANTED: Final = 10
"""Wanted toys on trial without which nothing is said: an interval of fewer is not to be trusted."""
LEAST_SUPPORTED: Final = 0.5
MOST_OFF: Final = 3.0
AS_KIOSKS_DO: Final = Arrangement(diversity=0.2, category_share=0.5)
"""How a kiosk composes a list by its default settings."""
_SWITCH: Final = (
    "Set exploration = 0.05 in the kiosk's settings (table kiosk, or TOYGUIDE_KIOSK_EXPLORATION), and wait for lists."
)
_REASONS: Final[dict[Unused, str]] = {
    "scores": "asked with a sum that is not round, or with interests or a history that are not kept",
    "list": "filtered, a further page, or with toys that the bundle does not know",
    "propensities": "composed in another way than was said",
}


@dataclass(frozen=True, slots=True)
class Trials:
    """What was found. lists: of the running bundle; unused: how many of them could not be made anew, by reason.

    untried: how many could be, and had no place for a trial; exposure: None where nothing can be estimated
    """

    says: str
    lists: int
    untried: int
    unused: dict[Unused, int]
    exposure: Exposure | None

    @property
    def fits(self) -> bool:
        """Whether as many toys were on trial as the propensities promise, and the running bundle is estimated right."""
        found = self.exposure
        if found is None:
            return False
        check = found.plain_difference
        return abs(found.trials_off) <= MOST_OFF and (check is None or check.low <= 0 <= check.high)

    @property
    def worse(self) -> bool:
        """Whether less would be wanted of the new bundle's lists, beyond chance."""
        return self.exposure is not None and self.fits and self.exposure.difference.high < 0

    def record(self) -> dict[str, Any]:
        """As JSON can hold it."""
        return {**asdict(self), "fits": self.fits, "worse": self.worse}


def try_lists(
    seen: Seen | None,
    running: Engine,
    new: Engine,
    arrangement: Arrangement,
    most: int = MOST_LISTS,
    told: Told = say_nothing,
) -> Trials:
    """Estimate how much would be wanted of the lists of `new`, from the newest `most` lists that `running` made.

    seen: None where there are no lists; arrangement: how the kiosks compose a list
    """
    model = running.model[:12]
    lists = [] if seen is None else shown_lists(seen, running.model, most)
    if not lists:
        says = f"Nothing can be estimated: the events come without a list that the running bundle {model} made."
        return Trials(says, 0, 0, {}, None)
    made = replay(lists, running, new, arrangement, told)
    if not made.lists and not made.untried:
        why = ", ".join(f"{count:,} {_REASONS[reason]}" for reason, count in made.unused.items())
        says = f"Nothing can be estimated: none of {len(lists):,} lists could be made anew ({why})."
        return Trials(says, len(lists), 0, made.unused, None)
    if not made.lists:
        says = f"Nothing can be estimated: no toy was on trial in {made.untried:,} lists. {_SWITCH}"
        return Trials(says, len(lists), made.untried, made.unused, None)
    found = estimate(made.lists)
    if found.wanted_trials < FEWEST_WANTED:
        says = (
            f"Nothing can be estimated yet: of {found.trials:,} toys on trial {found.wanted_trials} were wanted; it "
            f"takes {FEWEST_WANTED}."
        )
        return Trials(says, len(lists), made.untried, made.unused, None)
    if found.supported < LEAST_SUPPORTED:
        says = f"Nothing can be estimated: {found.supported:.0%} of the new bundle's toys had a chance to be shown."
        return Trials(says, len(lists), made.untried, made.unused, None)
    return _judged(Trials("", len(lists), made.untried, made.unused, found), found)


def _judged(trials: Trials, found: Exposure) -> Trials:
    new, difference = found.new, found.difference
    says = (
        f"Wanted toys a list: running {found.running.value:.3f}, new {new.value:.3f} ({new.low:.3f} to {new.high:.3f}) "
        f"by the toys on trial, {difference.value:+.3f} ({difference.low:+.3f} to {difference.high:+.3f})"
    )
    if not trials.fits:
        says += "; but the propensities do not fit what was shown: do not believe it"
    elif difference.high < 0:
        says += "; less than of the running bundle's, beyond chance"
    elif difference.low > 0:
        says += "; more than of the running bundle's, beyond chance"
    else:
        says += "; no more and no less beyond chance"
    return Trials(says + ".", trials.lists, trials.untried, trials.unused, found)
