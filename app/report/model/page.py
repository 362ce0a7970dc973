"""The report as a whole: its values, and the document that tells them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.report.document import Block, Cards, Document, Words
from app.report.figures import when
from app.report.model.again import Again, again_section
from app.report.model.change import Change, change_section
from app.report.model.cost import Cost, cost_section
from app.report.model.data import data_section
from app.report.model.examples import Examples, examples_section
from app.report.model.mix import Mix, mix_section
from app.report.model.protocol import Judging, protocol_section
from app.report.model.retraining import Retraining, retraining_section
from app.report.model.safety import Safety, safety_section
from app.report.model.scores import Score, scores_section
from app.report.model.short import in_short, words_section
from app.report.model.slices import SliceRow, slices_section
from app.report.model.variety import Varieties, variety_section
from app.report.plots import short
from app.report.sweep import cost_plots, map_plots
from data.stats import Stats

if TYPE_CHECKING:
    from distillation.sweep import Sweep


@dataclass(frozen=True)
class Report:
    """Everything that is told of one bundle. parts: its bytes by part; None: nothing was given to tell it of

    simulated: no person did anything in the data, but for what may have been joined to them later
    """

    name: str
    model: str
    created: str
    simulated: bool
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
        in_short(report),
        words_section(report.scores),
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
        f"Bundle {report.model[:12]}, built {when(report.created) or 'at an unknown time'}, on data "
        f"{report.stats.source} {report.stats.digest[:12]}."
    )
    return Document(f"{report.name}: how good is this model?", about, tuple(sections))


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
