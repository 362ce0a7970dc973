"""A sweep as one HTML page that needs nothing but itself: what quality costs, and what T and α do."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING, Any, Final

from app.report.document import Plot, Table
from app.report.plots import STEPS, STYLE, Dot, heat_map, mark, scatter, short
from app.report.style import page, section, tiles
from distillation.front import pareto_front

if TYPE_CHECKING:
    from distillation.study import Row

_STYLE: Final = """
.legend { display:flex; flex-wrap:wrap; gap:.25rem 1.1rem; margin:.75rem 0 0; padding:0; list-style:none;
  color:var(--soft); font-size:.88rem; } .legend svg { display:inline-block; width:14px; height:14px;
  vertical-align:-2px; margin-right:.35rem; }
.ramp { display:inline-flex; vertical-align:-2px; margin:0 .4rem; } .ramp svg { width:126px; height:14px; margin:0; }
.wide { overflow-x:auto; } .every td, .every th { white-space:nowrap; padding:.3rem .55rem; }
.every thead td, .every thead th { color:var(--soft); font-weight:500; } .every .text { text-align:left; }
.every tr.none { color:var(--tomato); } .every tr.best { font-weight:650; } .card table { margin-top:.6rem; }
.maps { display:grid; grid-template-columns:repeat(auto-fit,minmax(min(100%,300px),1fr)); gap:1rem; }
.maps .card { min-width:0; } .error { color:var(--tomato); white-space:normal !important; }
"""
_FIGURES: Final = ("NDCG@10", "gain", "R@10", "kB", "ms", "epochs", "seconds")


def sweep_page(about: dict[str, Any], rows: Sequence[Row], name: str) -> str:
    """The page of a sweep called `name`. about: whose it is; rows: the students tried so far."""
    made = [row for row in rows if row.ndcg_10 is not None]
    families = list(about["family"])
    intro = (
        f'<h1>{escape(name)}</h1><p class="soft">Teacher: {escape(str(about["teacher_name"]))} '
        f"<code>{escape(str(about['teacher'])[:16])}</code> · data <code>{escape(str(about['dataset'])[:16])}</code> · "
        f"{about['epochs']} epochs at most, {about['untaught']['epochs']} without a teacher{_finish(about)} · every "
        "figure is of the validation part; the test part was not looked at</p>"
    )
    cost = [_card(plot) for plot in cost_plots(made, families)]
    body = [
        intro,
        tiles(_figures(made, about)),
        section("What quality costs", cost),
        _legend(families, about),
        _maps(made, about),
        "<h2>Every student</h2>",
        _table(rows, made),
    ]
    return page(f"{name}: a sweep", "".join(body), STYLE + _STYLE)


def _finish(about: dict[str, Any]) -> str:
    return f" and {about['finish']} more with the table rounded as it is stored" if about.get("finish") else ""


def _figures(made: Sequence[Row], about: dict[str, Any]) -> list[tuple[str, str]]:
    taught = [row for row in made if row.alpha is not None]
    figures = [(f"students, {len(made) - len(taught)} of them without a teacher", str(len(made)))]
    if best := _best(made):
        figures.append((f"best NDCG@10: {best.point.words()}", short(best.ndcg_10 or 0.0)))
        figures.append(("of that student, as it is stored", f"{_kilobytes(best)} kB"))
        figures.append(("a request to it", f"{best.milliseconds:.3f} ms"))
    if (gain := gain_of(_best(taught), made)) is not None:
        figures.append(("the best taught one over the same without a teacher", _percent(gain)))
    return [*figures, ("toys", f"{about['toys']:,}")]


def _percent(gain: float) -> str:
    return f"{gain:+.1%}".replace("%", "\u00a0%").replace("-", "\u2212")


def _best(rows: Sequence[Row]) -> Row | None:
    return max(rows, key=lambda row: row.ndcg_10 or 0.0, default=None)


def gain_of(row: Row | None, made: Sequence[Row]) -> float | None:
    """What a student's NDCG@10 is above that of the same one without a teacher, as a share; None if there is none."""
    if row is None or row.alpha is None or row.ndcg_10 is None:
        return None
    same = (other for other in made if other.alpha is None and _shape(other) == _shape(row))
    alone = next((other.ndcg_10 for other in same if other.ndcg_10), None)
    return row.ndcg_10 / alone - 1 if alone else None


def _shape(row: Row) -> tuple[str, int, int]:
    return row.family, row.width, row.bits


def fronts(made: Sequence[Row]) -> dict[str, set[int]]:
    """{"bytes": numbers of the trials on that Pareto front, "milliseconds": …}."""
    return {cost: {made[place].number for place in _front(made, cost)} for cost in ("bytes", "milliseconds")}


def _front(made: Sequence[Row], cost: str) -> list[int]:
    return pareto_front([(float(getattr(row, cost) or 0), row.ndcg_10 or 0.0) for row in made])


def _kilobytes(row: Row) -> str:
    kilobytes = (row.bytes or 0) / 1000
    return f"{kilobytes:,.0f}" if kilobytes >= 100 else f"{kilobytes:.1f}"


def _look(row: Row, families: Sequence[str]) -> str:
    return "dot-none" if row.alpha is None else f"dot-{families.index(row.family) % 2}"


def cost_plots(made: Sequence[Row], families: Sequence[str]) -> tuple[Plot, ...]:
    """Quality against size and against latency, with their Pareto fronts."""
    return (
        _plot(made, families, "Quality against size", "Graph, table and scales, as a bundle holds them.", "bytes"),
        _plot(
            made,
            families,
            "Quality against latency",
            "Encode, score and top ten for one shopper: the median under ONNX Runtime on one thread.",
            "milliseconds",
        ),
    )


def _plot(made: Sequence[Row], families: Sequence[str], head: str, text: str, cost: str) -> Plot:
    by_size = cost == "bytes"
    front = _front(made, cost)
    dots = [
        Dot(
            (row.bytes or 0) / 1000 if by_size else (row.milliseconds or 0.0),
            row.ndcg_10 or 0.0,
            f"#{row.number} {row.point.words()}: NDCG@10 {row.ndcg_10:.4f}, {_kilobytes(row)} kB, "
            f"{row.milliseconds:.3f} ms",
            _look(row, families),
            row.bits == 4,
        )
        for row in made
    ]
    plot = scatter(dots, front, head, "kB" if by_size else "milliseconds a request", "NDCG@10, validation")
    rows = tuple(
        (
            str(place),
            made[at].point.words(),
            short(made[at].ndcg_10 or 0),
            f"{_kilobytes(made[at])} kB" if by_size else f"{made[at].milliseconds:.3f} ms",
        )
        for place, at in enumerate(front, start=1)
    )
    head_of_table = ("", "student on the front", "NDCG@10", "size" if by_size else "latency")
    return Plot(head, text + " Ringed and joined: the Pareto front.", plot, Table(head_of_table, rows, 2))


def _card(plot: Plot) -> tuple[str, str, str]:
    lines = "".join(
        f"<tr><th scope=row>{place}</th><td class=text style='text-align:left'>{escape(student)}</td>"
        f"<td>{quality}</td><td>{cost}</td></tr>"
        for place, student, quality, cost in plot.table.rows
    )
    return plot.title, plot.text, f"{plot.svg}<table><tbody>{lines}</tbody></table>"


def _legend(families: Sequence[str], about: dict[str, Any]) -> str:
    entries = [(Dot(0, 0, "", f"dot-{place % 2}"), family) for place, family in enumerate(families)]
    entries.append((Dot(0, 0, "", "dot-none"), "without a teacher"))
    if 4 in about["bits"]:
        entries.append((Dot(0, 0, "", "dot-0", hollow=True), "hollow: table in int4"))
    shown = "".join(
        f'<li><svg viewBox="0 0 14 14" aria-hidden="true">{mark(7, 7, dot)}</svg>{escape(words)}</li>'
        for dot, words in entries
    )
    return f'<ul class="legend">{shown}<li>dashed: the Pareto front, numbered as in the lists</li></ul>'


def map_plots(made: Sequence[Row], about: dict[str, Any]) -> tuple[Plot, ...]:
    """A heat map of T and α for each family, width and number of bits; none where no student had a teacher."""
    taught = [row for row in made if row.alpha is not None]
    if not taught:
        return ()
    plots = []
    for shape in [
        (family, width, bits) for family in about["family"] for width in about["width"] for bits in about["bits"]
    ]:
        found = {
            (row.alpha, row.temperature): row.ndcg_10
            for row in taught
            if _shape(row) == shape and row.alpha is not None and row.temperature is not None
        }
        alone = next((row.ndcg_10 for row in made if row.alpha is None and _shape(row) == shape), None)
        said = "" if alone is None else f"Without a teacher {short(alone)}."
        title = f"{shape[0]}, width {shape[1]}, int{shape[2]}"
        alphas, temperatures = about["alpha"], about["temperature"]
        drawn = heat_map(found, alphas, temperatures, ("α", "T"), f"NDCG@10, {title}")
        rows = tuple(
            (f"α {alpha:g}", *(_cell(found.get((alpha, temperature))) for temperature in temperatures))
            for alpha in alphas
        )
        table = Table(("", *(f"T {temperature:g}" for temperature in temperatures)), rows)
        plots.append(Plot(title, said, drawn, table))
    return tuple(plots)


def _cell(value: float | None) -> str:
    return "–" if value is None else short(value)


def _maps(made: Sequence[Row], about: dict[str, Any]) -> str:
    plots = map_plots(made, about)
    if not plots:
        return ""
    cards = [
        f'<figure class="card"><h3>{escape(plot.title)}</h3><p>{plot.text}</p>{plot.svg}</figure>' for plot in plots
    ]
    squares = "".join(f'<rect class="heat-{n}" x="{18 * n}" width="18" height="14"/>' for n in range(STEPS))
    ramp = f'<span class="ramp"><svg viewBox="0 0 126 14" aria-hidden="true">{squares}</svg></span>'
    return (
        '<h2>What temperature and α do</h2><p class="soft">Validation NDCG@10; α weighs the hard loss, T softens the '
        f"teacher. Each map has shades of its own, from its lowest {ramp} to its highest, which is framed.</p>"
        f'<div class="maps">{"".join(cards)}</div>'
    )


def _table(rows: Sequence[Row], made: Sequence[Row]) -> str:
    on, best = fronts(made), _best(made)
    head = "".join(
        f'<th scope=col class="text">{escape(word)}</th>' for word in ("student", "T", "α", "on the front of")
    )
    head = f"<th scope=col>#</th>{head}" + "".join(f"<th scope=col class=num>{word}</th>" for word in _FIGURES)
    lines = []
    for row in sorted(rows, key=lambda each: (-(each.ndcg_10 or -1.0), each.number)):
        kind = " ".join(word for word, true in (("none", row.alpha is None), ("best", row is best)) if true)
        marks = [word for word, cost in (("size", "bytes"), ("latency", "milliseconds")) if row.number in on[cost]]
        texts = [
            f"{row.family} {row.width}, int{row.bits}",
            "–" if row.temperature is None else f"{row.temperature:g}",
            "no teacher" if row.alpha is None else f"{row.alpha:g}",
            " and ".join(marks),
        ]
        cells = "".join(f'<td class="text">{escape(text)}</td>' for text in texts)
        lines.append(f'<tr class="{kind}"><th scope=row>{row.number}</th>{cells}{_cells(row, made)}</tr>')
    return (
        '<div class="card wide" tabindex="0" role="group" aria-label="Every student"><table class="every"><thead><tr>'
        f"{head}</tr></thead><tbody>{''.join(lines)}</tbody></table></div>"
        '<p class="soft">gain: NDCG@10 against the same student without a teacher. epochs: learned, the finish among '
        "them. Width, then the bits of a number of the stored table.</p>"
    )


def _cells(row: Row, made: Sequence[Row]) -> str:
    if row.ndcg_10 is None:
        return f'<td class="text error" colspan="{len(_FIGURES)}">{escape(row.error or "not made")}</td>'
    gain = gain_of(row, made)
    figures = (
        short(row.ndcg_10),
        "" if gain is None else _percent(gain),
        short(row.recall_10 or 0.0),
        _kilobytes(row),
        f"{row.milliseconds:.3f}",
        str(row.epochs),
        f"{row.seconds:,.0f}",
    )
    return "".join(f"<td>{figure}</td>" for figure in figures)
