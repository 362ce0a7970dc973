"""What stands first: a verdict in words, the figures behind it, and what the words of the report mean."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from app.report.charts import number, percent
from app.report.document import Points, Section, Tiles, Words
from app.report.figures import Estimate, share, signed, sure
from app.report.model.change import Change, changed
from app.report.model.retraining import Retraining
from app.report.model.safety import Safety
from app.report.model.scores import Score, kept_of, score_of
from app.report.model.slices import behind

if TYPE_CHECKING:
    from app.report.model.page import Report

_WAYS: Final = {
    "popularity": "what most shoppers took, for everybody alike",
    "popularity by age": "what most took for children of that age",
    "item-kNN": "what the same shoppers took who took the toys met",
    "rules": "what shoppers took soon after the toys met",
    "EASE": "a linear model of which toys are taken together",
}
"""Simple ways, in words."""


def in_short(report: Report) -> Section:
    """For those who read no more."""
    shipped = next(each for each in report.scores if each.kind == "shipped")
    points = [
        f"Of the toys that {number(shipped.queries)} shoppers took next, the student had {share(shipped.recall_10)} "
        f"among its first ten. NDCG@10, which also counts how high they stand, is {sure(shipped.ndcg_10)}."
    ]
    popular = _popular(report.scores)
    if popular is not None and popular.ahead is not None:
        points.append(
            f"Showing everybody the most popular toys finds {share(popular.recall_10)}; the student's NDCG@10 minus "
            f"that one's is {sure(popular.ahead, signed)}: {_compared(popular.ahead)}."
        )
    teacher = score_of(report.scores, "teacher")
    if teacher is not None and teacher.ahead is not None and teacher.ndcg_10.value:
        points.append(
            f"Its teacher has NDCG@10 {sure(teacher.ndcg_10)}; the student has {share(kept_of(shipped, teacher))} of "
            f"that: {_compared(teacher.ahead)}."
        )
    points.append(f"Safety: {report.safety.says}")
    if report.change is not None:
        points.append(f"Against the bundle before: {changed(report.change)}")
    if report.retraining is not None:
        points.append(f"The retraining: {report.retraining.says}")
    told = verdict(report.scores, report.safety, report.change, report.retraining, report.simulated)
    return Section("In short", (Words(told), Tiles(tuple(_tiles(report, shipped))), Points(tuple(points))))


def verdict(
    scores: Sequence[Score], safety: Safety, change: Change | None, retraining: Retraining | None, simulated: bool
) -> str:
    """What speaks against the bundle, or that nothing does, and how far the data carry."""
    against = [*_unsafe(safety), *_failed(retraining), *_worse(change), *_no_better(scores)]
    told = "Nothing here speaks against putting this bundle on the shelf."
    if safety.unsafe:
        told = "This bundle must not go on the shelf."
    elif against:
        told = "Think twice before putting this bundle on the shelf."
    said = " ".join([told, *against] if against else [told, _good(scores, safety)])
    if simulated:
        said += " Its data are simulated: no figure here says what real shoppers would do."
    return said


def _unsafe(safety: Safety) -> Iterator[str]:
    if safety.unsafe:
        yield f"{number(safety.unsafe)} of {number(safety.shown)} toys shown were unsafe."
    elif not safety.shown:
        yield "No toy was shown when its safety was tried, so nothing is known of it."


def _failed(retraining: Retraining | None) -> Iterator[str]:
    failed = [name for name, passed, _ in retraining.gates if not passed] if retraining else []
    if failed:
        yield f"Its retraining held it back, by the gate {' and the gate '.join(f'“{name}”' for name in failed)}."


def _worse(change: Change | None) -> Iterator[str]:
    if change is not None and (worse := behind(change.slices)):
        yield f"It is worse than the bundle before on {', '.join(worse)}."


def _no_better(scores: Sequence[Score]) -> Iterator[str]:
    for each in scores:
        if each.kind == "baseline" and each.ahead is not None and not each.ahead.is_above:
            yield f"It is not better, beyond chance, than a simple way: {each.name}."


def _good(scores: Sequence[Score], safety: Safety) -> str:
    """What speaks for it."""
    shipped, popular = score_of(scores, "shipped"), _popular(scores)
    said = [f"it showed nothing unsafe to {number(safety.households)} households"]
    if shipped is not None and popular is not None and popular.recall_10.value:
        times = shipped.recall_10.value / popular.recall_10.value
        said.append(f"it finds the toy taken next {times:.1f} times as often as showing everybody what sells most")
    teacher = score_of(scores, "teacher")
    if teacher is not None and teacher.ahead is not None:
        level = (
            "better than" if teacher.ahead.is_above else "less well than" if teacher.ahead.is_below else "as well as"
        )
        said.append(f"it ranks {level} its teacher")
    *most, last = said
    told = f"{', '.join(most)}, and {last}" if most else last
    return f"{told[0].upper()}{told[1:]}."


def _tiles(report: Report, shipped: Score) -> Iterator[tuple[str, str]]:
    cost = next(each for each in report.costs if each.kind == "shipped")
    popular, teacher = _popular(report.scores), score_of(report.scores, "teacher")
    yield "of the toys taken next were in its first ten", percent(shipped.recall_10.value)
    if popular is not None and popular.recall_10.value:
        times = shipped.recall_10.value / popular.recall_10.value
        yield "what showing everybody the most popular finds", f"{times:.1f}\u00a0×"
    if teacher is not None and teacher.ndcg_10.value:
        yield "of its teacher's quality (NDCG@10)", percent(kept_of(shipped, teacher).value)
    yield f"unsafe toys among {number(report.safety.shown)} shown", number(report.safety.unsafe)
    yield "the student as it ships", f"{(cost.bytes or 0) / 1e6:.2f}\u00a0MB"
    yield "a list of ten, with rules and reasons", f"{cost.milliseconds:.1f}\u00a0ms"


def words_section(scores: Sequence[Score]) -> Section:
    """Each term of the report, once."""
    kinds = {each.kind for each in scores}
    points = [
        "Recall@10: of the toys that shoppers took next, the share that was among the first ten shown to them. "
        "NDCG@10: as much, but a toy counts the less the lower it stands: 1 in the first place, 0 below the tenth.",
        "In brackets: the 95 % interval, where the figure would lie were other shoppers like these asked. A difference "
        "whose interval holds 0 may be chance; p is how often chance alone would make one as large.",
        "The student as it ships: the small model of the bundle, as a kiosk runs it, its numbers rounded to save space."
        + (" In torch: the same before that." if "student" in kinds else "")
        + (" The teacher: the large model that taught it and stays at headquarters." if "teacher" in kinds else ""),
        "A contact: one thing that a shopper did with a toy. A query: one shopper, whose next toy is to be found.",
    ]
    ways = [f"{each.name}, {_WAYS[each.name]}" for each in scores if each.name in _WAYS]
    if ways:
        points.append(f"Simple ways, to compare with: {'; '.join(ways)}.")
    return Section("The words used here", (Points(tuple(points)),))


def _compared(ahead: Estimate) -> str:
    return "better" if ahead.is_above else "worse" if ahead.is_below else "no difference beyond chance"


def _popular(scores: Sequence[Score]) -> Score | None:
    return next((each for each in scores if each.name == "popularity"), None)
