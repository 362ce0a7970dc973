"""The report as a whole: its values, and the document that tells them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.report.charts import number, percent
from app.report.document import Block, Cards, Document, Points, Section, Tiles, Words
from app.report.figures import Estimate, share, signed, sure
from app.report.model.again import Again, again_section
from app.report.model.change import Change, change_section, changed
from app.report.model.cost import Cost, cost_section
from app.report.model.data import data_section
from app.report.model.examples import Examples, examples_section
from app.report.model.mix import Mix, mix_section
from app.report.model.protocol import Judging, protocol_section
from app.report.model.retraining import Retraining, retraining_section
from app.report.model.safety import Safety, safety_section
from app.report.model.scores import Score, kept_of, score_of, scores_section
from app.report.model.slices import SliceRow, slices_section
from app.report.model.variety import Varieties, variety_section
from app.report.plots import short
from app.report.sweep import cost_plots, map_plots
from data.stats import Stats

if TYPE_CHECKING:
    from distillation.sweep import Sweep


@dataclass(frozen=True)
class Report:
    """Everything that is told of one bundle. parts: its bytes by part; None: nothing was given to tell it of"""

    name: str
    model: str
    created: str
    stats: Stats
    judging: Judging
    scores: tuple[Score, ...]
    slices: tuple[SliceRow, ...] | None
    costs: tuple[Cost, ...]
    parts: Mapping[str, int]
    swept: Sweep | None
    safety: Safety
    varieties: Varieties
    mixes: tuple[Mix, ...]
    examples: Examples
    change: Change | None
    retraining: Retraining | None
    again: Again


def report_document(report: Report) -> Document:
    """The document, section by section."""
    sections = [
        _in_short(report),
        *([change_section(report.change)] if report.change else []),
        *([retraining_section(report.retraining)] if report.retraining else []),
        scores_section(report.scores),
        *([slices_section(report.slices)] if report.slices else []),
        safety_section(report.safety),
        examples_section(report.examples),
        mix_section(report.mixes),
        variety_section(report.varieties),
        cost_section(report.costs, report.parts, _sweep_blocks(report.swept)),
        data_section(report.stats),
        protocol_section(report.judging),
        again_section(report.again),
    ]
    about = (
        f"Bundle {report.model[:12]}, built {report.created or 'at an unknown time'}, on data {report.stats.source} "
    )
    return Document(f"{report.name}: how good is this model?", f"{about}{report.stats.digest[:12]}.", tuple(sections))


def _in_short(report: Report) -> Section:
    shipped = next(each for each in report.scores if each.kind == "shipped")
    cost = next(each for each in report.costs if each.kind == "shipped")
    teacher, popular = score_of(report.scores, "teacher"), _popular(report)
    tiles = [("of the toys taken next were in its first ten", percent(shipped.recall_10.value))]
    points = [
        f"The student as it ships has {share(shipped.recall_10)} of the toys that {number(shipped.queries)} shoppers "
        f"took next among its first ten; NDCG@10 {sure(shipped.ndcg_10)}."
    ]
    if popular is not None and popular.recall_10.value and popular.ahead is not None:
        times = shipped.recall_10.value / popular.recall_10.value
        tiles.append(("what showing the most popular finds", f"{times:.1f} ×"))
        points.append(
            f"Showing everyone the most popular toys finds {share(popular.recall_10)}. NDCG@10 of the student minus "
            f"that: {sure(popular.ahead, signed)}, {_verdict(popular.ahead)}."
        )
    if teacher is not None and teacher.ahead is not None and teacher.ndcg_10.value:
        kept = kept_of(shipped, teacher)
        tiles.append(("of its teacher's NDCG@10", percent(kept.value)))
        points.append(
            f"Its teacher has NDCG@10 {sure(teacher.ndcg_10)}; the student has {share(kept)} of that, "
            f"{_verdict(teacher.ahead)}."
        )
    tiles += [
        (f"unsafe toys among {number(report.safety.shown)} shown", number(report.safety.unsafe)),
        ("the student as it ships", f"{(cost.bytes or 0) / 1e6:.2f} MB"),
        ("a request, with rules and reasons", f"{cost.milliseconds:.1f} ms"),
    ]
    points.append(f"Safety: {report.safety.says}")
    if report.change is not None:
        points.append(f"Against the bundle before: {changed(report.change)}")
    if report.retraining is not None:
        points.append(report.retraining.says)
    return Section("In short", (Tiles(tuple(tiles)), Points(tuple(points))))


def _verdict(ahead: Estimate) -> str:
    return "more" if ahead.is_above else "less" if ahead.is_below else "no difference beyond chance"


def _popular(report: Report) -> Score | None:
    return next((each for each in report.scores if each.name == "popularity"), None)


def _sweep_blocks(swept: Sweep | None) -> list[Block]:
    if swept is None:
        return [
            Words(
                "No sweep was given. One tries temperatures, α, widths and bits, and shows here what each would have "
                "cost and found: toyguide sweep, then toyguide report --sweep."
            )
        ]
    made = [row for row in swept.rows if row.ndcg_10 is not None]
    if not made:
        return [Words("The sweep has made no student yet.")]
    best = max(row.ndcg_10 or 0.0 for row in made)
    blocks: list[Block] = [
        Words(
            f"The sweep made {len(made)} students, the best with NDCG@10 {short(best)} on the validation part: its "
            "figures are not those of the test part above. Teal and violet: its families; diamonds: without a "
            "teacher; hollow: a table in int4."
        ),
        Cards(cost_plots(made, list(swept.about["family"]))),
    ]
    if maps := map_plots(made, swept.about):
        blocks.append(
            Words("What temperature T and the weight α of the hard loss do, a map for each shape of student.")
        )
        blocks.append(Cards(maps))
    return blocks
