"""The model card that travels in a bundle (after Mitchell et al., "Model Cards for Model Reporting", 2019).

Every figure in it is one of the manifest, of the training's own records, or counted in the data; nothing is made up for
want of a figure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from data.markdown import bullets, table, text
from data.schema import ADULT_MONTHS, SMALLEST_MONTHS
from distillation.cover import Cover
from distillation.weaknesses import known_weaknesses, own_slices
from recommender.learning.meter import Spent, spent_from

WATTS_A_CORE: Final = 12.0
"""A typical draw of a processor core at work (Lannelongue et al., "Green Algorithms", 2021); not of this machine."""
_PURPOSES: Final = (
    "Ranking the toys of one shop for a shopper, from the toys they met and, where stated, a recipient's age, likings "
    "and budget. It is meant for givers and parents at a kiosk or in that shop's pages.",
    "Safety is not its task: the kiosk's allowed-mask decides what may be shown, before ranking.",
)
_FORBIDDEN: Final = (
    "Ranking for anybody without the allowed-mask, or judging whether a toy is safe: it knows what shoppers took, not "
    "what harms a child.",
    "Profiling children or families, or concluding anything about a person from what it ranks high.",
    "Any other catalogue or shop, and any decision but which toys to show first.",
)


def model_card(facts: Mapping[str, Any], metrics: Mapping[str, Any], cover: Cover) -> str:
    """Markdown for a bundle with these manifest fields and metrics, of a catalogue and queries with this cover."""
    sections = {
        "What it is": _what(facts),
        "What it is for": bullets(_PURPOSES),
        "What it must not be used for": bullets(_FORBIDDEN),
        "Data": _data(facts["dataset"], cover),
        "Ages": _ages(cover),
        "Figures": "\n\n".join(_figures(facts, metrics)),
        "By slice": "\n\n".join(_slices(metrics["standing"])),
        "Gates passed": _gates(metrics["gates"]),
        "What it cost to train": "\n\n".join(_cost(facts)),
        "Known weaknesses": bullets(known_weaknesses(metrics, cover)),
    }
    head = (
        f"# Model card: ToyGuide student {facts['model'][:12]}\n\nWritten when the bundle was built, from its figures "
        "and the records of the training. `DATA_SHEET.md` says what the data are; the figures are in `manifest.json` "
        "too, under `metrics`."
    )
    return "\n\n".join([head, *(f"## {title}\n\n{body}" for title, body in sections.items())]) + "\n"


def _what(facts: Mapping[str, Any]) -> str:
    student, teacher, mix = facts["student"], facts["teacher"], facts["student"]["distillation"]
    beside = f", with the rules' {student['near']} toys beside each toy" if student["near"] else ""
    taught = (
        "It was trained without a teacher"
        if mix["alpha"] == 1
        else (
            f"It was distilled from teacher {teacher['digest'][:12]} (preset {text(teacher['preset'])}) with "
            f"L = α·hard + (1 − α)·T²·KL, α = {mix['alpha']}, T = {mix['temperature']}: α is the weight of what "
            "shoppers did beside what the teacher says, and a higher T tells more of the toys that it ranks lower"
        )
    )
    made = f" It was made on {student['made'][:10]}." if student.get("made") else ""
    shape = f"{student['family']}, {student['layers']} layer{'s' * (student['layers'] > 1)}, width {student['width']}"
    return (
        f"A compact shopper tower ({shape}) over a table of {facts['dataset']['toys']:,} toys, stored in "
        f"int{student['table_bits']}{beside}. {taught}.{made} It looks at the newest {student['max_history']} toys of "
        "a shopper."
    )


def _data(dataset: Mapping[str, Any], cover: Cover) -> str:
    days = f", from {cover.days[0]} to {cover.days[1]}" if cover.days else ", without dates"
    return (
        f"{text(dataset['name'])}: {dataset['toys']:,} toys, {dataset['shoppers']:,} shoppers, {dataset['events']:,} "
        f"events{days} (digest {dataset['digest'][:12]}). No names, no birth dates.\n\n"
        f"**Terms.** {' '.join(map(text, cover.terms))}"
    )


def _ages(cover: Cover) -> str:
    rows = [(band.name, f"{band.recommended:,}", f"{band.shown:,}", f"{band.queries:,}") for band in cover.bands]
    found = table(("age in years", "toys recommended", "toys that may be shown", "test queries"), rows)
    asked = sum(band.queries for band in cover.bands)
    return (
        f"{found}\n\nOf {cover.queries:,} test queries {asked:,} tell an age. Shown is counted for the youngest child "
        f"of a band. Of {cover.toys:,} toys {cover.no_safety_age:,} ({cover.no_safety_age / cover.toys:.1%}) have no "
        f"known safety age: they are never shown for a child under {SMALLEST_MONTHS // 12}. {cover.unvetted:,} of "
        f"unknown audience too are not shown where a child under {ADULT_MONTHS // 12} is named, until staff approve "
        f"them; {cover.adult:,} are for adults alone."
    )


def _figures(facts: Mapping[str, Any], metrics: Mapping[str, Any]) -> Iterator[str]:
    standing = metrics["standing"]
    yield (
        f"{text(standing['protocol']).capitalize()}, {standing['part']} part, "
        f"{metrics['leave-one-out']['test']['queries']:,} shoppers, all toys ranked, toys of the query masked, as it "
        f"ships (int{facts['student']['table_bits']} table, int8 weights, ONNX Runtime). Recall@10 is the share "
        "of the toys taken next that are among the first ten; NDCG@10 counts such a toy the less the lower it stands. "
        "In brackets the 95 % bootstrap interval. Milliseconds are the median of requests for ten toys, one at a time, "
        "on the machine that built the bundle."
    )
    yield table(
        ("", "Recall@10", "NDCG@10", "MB", "ms a request"),
        [
            (
                f"**{text(each['name'])}**" if each["kind"] == "shipped" else text(each["name"]),
                f"{each['recall@10']:.4f}",
                _interval(each),
                "–" if each["bytes"] is None else f"{each['bytes'] / 1e6:.2f}",
                f"{each['milliseconds']:.2f}",
            )
            for each in standing["contenders"]
        ],
    )
    kinds = {each["name"]: each["kind"] for each in standing["contenders"]}
    against = [pair for pair in standing["paired"] if kinds.get(pair["second"]) in ("teacher", "baseline")]
    if against:
        yield "The student's NDCG@10 minus that of another on the same queries:\n\n" + bullets(map(_paired, against))
    else:
        yield (
            "No teacher and no baseline was judged beside it when this bundle was built; `toyguide evaluate`, or "
            "`bundle build` with `--teacher`, does that."
        )


def _paired(pair: Mapping[str, Any]) -> str:
    beyond = "" if pair["low"] > 0 or pair["high"] < 0 else ", which chance alone may have made"
    return f"{text(pair['second'])}: {pair['difference']:+.4f} ({pair['low']:+.4f} to {pair['high']:+.4f}){beyond}."


def _slices(standing: Mapping[str, Any]) -> Iterator[str]:
    names = list(dict.fromkeys(each["name"] for each in standing["slices"]))
    figures = {(each["name"], each["slice"]): each for each in standing["slices"]}
    slices = own_slices(standing)

    def cell(name: str, part: str) -> str:
        found = figures.get((name, part))
        return "–" if found is None else _interval(found) if name == names[0] else f"{found['ndcg@10']:.4f}"

    yield (
        "NDCG@10, and how many queries a slice has. Cold toys are those that training never met, head toys the fifth "
        "that it met most, tail toys the others; a history counts the toys of a query, an age is whom it is for."
    )
    yield table(
        ("slice", "queries", *map(text, names)),
        [
            (text(part), f"{figures[names[0], part]['queries']:,}", *(cell(name, part) for name in names))
            for part in slices
        ],
    )


def _interval(figures: Mapping[str, Any]) -> str:
    return f"{figures['ndcg@10']:.4f} ({figures['low']:.4f}–{figures['high']:.4f})"


def _gates(gates: Mapping[str, Any]) -> str:
    placed = gates["toy_encoder"]
    unseen = (
        "was not judged: there are too few toys"
        if placed is None
        else (
            f"places {placed['toys']} toys that it did not learn from at a mean cosine of {placed['cosine']:.2f} to "
            f"where training had put them (rank correlation {placed['rank_correlation']:.2f})"
        )
    )
    return (
        f"Largest score difference to torch {gates['parity']:.1e}; the narrow numbers keep {gates['kept_ndcg']:.2%} of "
        f"NDCG@10 and {gates['kept_top_ten']:.2%} of the top ten on validation; the toy encoder {unseen}."
    )


def _cost(facts: Mapping[str, Any]) -> Iterator[str]:
    parts = {"teacher": facts["teacher"].get("spent"), "student": facts["student"].get("spent")}
    spent = {name: spent_from(said) for name, said in parts.items()}
    yield table(("", "seconds", "CPU seconds", "energy"), [(name, *_spent_row(each)) for name, each in spent.items()])
    known = {name: each for name, each in spent.items() if each is not None}
    yield from _energy_words(list(known.values()))
    left_out = [f"of the {name}, {said}" for name, each in known.items() for said in each.left_out]
    if left_out:
        yield f"Not counted: {'; '.join(map(text, left_out))}."


def _spent_row(spent: Spent | None) -> tuple[str, str, str]:
    if spent is None:
        return ("not recorded",) * 3
    return f"{spent.seconds:,.0f}", f"{spent.cpu_seconds:,.0f}", _energy(spent)


def _energy(spent: Spent) -> str:
    if spent.accelerator:
        return "not known"
    if spent.joules is None:
        return f"about {_watt_hours(spent.cpu_seconds * WATTS_A_CORE)} (estimate)"
    return f"{_watt_hours(spent.joules)} (measured)"


def _watt_hours(joules: float) -> str:
    found = joules / 3600
    return f"{found:,.0f} Wh" if found >= 10 else f"{found:.2g} Wh"


def _energy_words(spent: Sequence[Spent]) -> Iterator[str]:
    if any(each.accelerator for each in spent):
        names = ", ".join(sorted({each.accelerator for each in spent if each.accelerator}))
        yield f"Energy is not known where a GPU worked ({text(names)}): none of its meters was read."
    if any(each.joules is None and not each.accelerator for each in spent):
        yield (
            f"Estimated is CPU seconds × {WATTS_A_CORE:g} W for a core at work, a typical figure (Lannelongue et al., "
            '"Green Algorithms", 2021): this machine has no meter that could be read. Memory, disks, cooling and the '
            "power supply are not in it."
        )
    if any(each.joules is not None and not each.accelerator for each in spent):
        yield (
            "Measured is what the processors' own meters (RAPL) counted, with all else that ran on the machine. Disks, "
            "cooling and the power supply are not in it."
        )
