"""The data sheet of a dataset, written from the dataset (after Gebru et al., "Datasheets for Datasets", 2021)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import pyarrow.compute as pc

from data.dataset import FORMAT, Dataset
from data.markdown import bullets, table, text
from data.origins import ORIGINS, has_kiosk_events, is_joined, origin_of, terms_of
from data.protocol import default_order
from data.schema import ADULT_MONTHS, SMALLEST_MONTHS, Audience, EventColumn, ToyColumn
from data.stats import Stats, describe

SHEET: Final = "DATA_SHEET.md"
_MOST_TIED: Final = 0.05
_LATER: Final = " That is what it began as: events of later days were joined to it since, see below."
_COUNTED: Final = {
    "repeated": "said again what an earlier one said",
    "undated": "events without a date",
    "undescribed": 'toys that only events name, called "Toy"',
    "from_the_future": "events from the future of their kiosk's clock, which got the time of their arrival",
    "unknown_events": "events left out, on toys that the catalogue does not hold",
}
"""Counts that importers leave beside the rows read and kept, in words."""
JOINED: Final = {
    "events": "events came behind the old ones",
    "new_toys": "toys were new and got numbers behind the old ones",
    "changed_toys": "toys were described anew",
    "repeated": "events left out: they were there already",
    "clashing": "events left out: another event has their id",
    "unknown": "events left out, on toys that nobody knows",
    "robots": "events left out: too many in one session, or one day, for a person",
}
"""Counts of a joining, in words."""


def data_sheet(dataset: Dataset) -> str:
    """Markdown. Raises DataError where `data.stats.describe` does."""
    stats, source = describe(dataset), dataset.source
    origin = origin_of(source)
    sections = {
        "Who made it, and for what": origin.made + (_LATER if is_joined(source) else ""),
        "What is in it": "\n\n".join(_contents(dataset, stats)),
        "Ages and safety": "\n\n".join(_ages(dataset, stats)),
        "How it was gathered": origin.gathered + _files(_first(source.options)),
        "What was done to it": "\n\n".join(_steps(dataset)),
        "What it is good for, and what not": bullets(_uses(dataset, stats)),
        "People in it": bullets(_people(dataset, stats)),
        "On what terms": " ".join(map(text, terms_of(source))),
        "Upkeep": bullets(_upkeep()),
    }
    head = (
        f"# Data sheet: {text(source.name)} {dataset.digest[:12]}\n\n"
        "Written by toyguide from the dataset itself; the questions are those of Gebru et al., "
        '"Datasheets for Datasets", 2021.'
    )
    return "\n\n".join([head, *(f"## {title}\n\n{body}" for title, body in sections.items())]) + "\n"


def _contents(dataset: Dataset, stats: Stats) -> Iterator[str]:
    whole = "All that the source held is in it, but for the rows left out below."
    if stats.events:
        period = f"from {stats.period[0][:10]} to {stats.period[1][:10]}" if stats.period else "without dates"
        sessions = f" in {stats.sessions:,} sessions" if stats.sessions else ""
        yield (
            f"{stats.toys:,} toys, and {stats.events:,} events of {stats.shoppers:,} shoppers{sessions}, {period}. An "
            "event says which shopper did what with which toy, and, where that was told, for somebody of which age. "
            + whole
        )
        kinds = [(kind, f"{count:,}", _share(count, stats.events)) for kind, count in stats.kinds.items() if count]
        yield table(("kind of event", "events", "share"), kinds)
        yield (
            f"Some toys are met far more than others: the most met tenth has {stats.top[10]:.0%} of the events (Gini "
            f"{stats.gini:.2f}, where 0 is all alike and 1 one toy alone), and {stats.toys - stats.toys_met:,} of "
            f"{stats.toys:,} toys were never met."
        )
    else:
        yield f"{stats.toys:,} toys and no events. {whole}"
    chinese = 1 - stats.missing["toys"][ToyColumn.TITLE_ZH]
    yield f"Titles are in the language of the source; {_of_all(chinese)} of the toys have a second one, in Chinese."
    if stats.prices:
        price = stats.price
        yield (
            f"Prices are in {text(stats.currency or 'a currency that is not stated')}, the median {price.median:,.2f}, "
            f"from {price.least:,.2f} to {price.most:,.2f}."
        )
    yield from _missing(stats)


def _missing(stats: Stats) -> Iterator[str]:
    found = [(f"{name[:-1]} `{column}`", share) for name, of in stats.missing.items() for column, share in of.items()]
    some = [(column, f"{share:.1%}") for column, share in found if 0 < share < 1]
    if some:
        yield "What some rows do not say; an empty list counts too, of hazards, say, where a toy has none:"
        yield table(("column", "rows without"), some)
    if never := [column for column, share in found if share == 1]:
        yield f"What no row says: {', '.join(never)}."


def _ages(dataset: Dataset, stats: Stats) -> Iterator[str]:
    soft, hard = dict(stats.ages), dict(stats.safety_ages)
    bands = sorted(soft.keys() | hard.keys(), key=lambda band: int(band.rstrip("+").split("–")[0]))
    if bands:
        rows = [(f"{band} years", f"{soft.get(band, 0):,}", f"{hard.get(band, 0):,}") for band in bands]
        yield table(("from the age of", "toys recommended from it", "toys safe from it"), rows)
    unknown = dataset.toys.filter(pc.is_null(dataset.toys[ToyColumn.SAFETY_MIN_AGE]))
    unvetted = pc.sum(pc.equal(unknown[ToyColumn.AUDIENCE], str(Audience.UNKNOWN))).as_py() or 0
    yield (
        f"Of {unknown.num_rows:,} toys ({_share(unknown.num_rows, stats.toys)}) no safety age is known: a kiosk never "
        f"shows such a toy for a child under {SMALLEST_MONTHS // 12}. Of {unvetted:,} of these the audience is unknown "
        f"too: where a child under {ADULT_MONTHS // 12} is named, such a toy is not shown until staff approve it."
    )
    hazards = ", ".join(f"{name.replace('_', ' ')} {count:,}" for name, count in stats.hazards.items() if count)
    audiences = ", ".join(f"{text(name)} {count:,}" for name, count in stats.audiences.items())
    yield f"Hazards, a toy may have several: {hazards or 'none is stated'}. Audience: {audiences}."
    yield (
        "Ages and hazards are what the source says, and nobody has tested a toy for this sheet. A toy without a hazard "
        "here may still have one."
    )


def _first(options: Mapping[str, Any]) -> Mapping[str, Any]:
    """What the record said before anything was joined."""
    while isinstance(was := options.get("was"), dict):
        options = was
    return options


def _files(options: Mapping[str, Any]) -> str:
    said = [
        f"{words}: {', '.join(map(text, found))}."
        for words, found in (("Files", options.get("files")), ("Stores", options.get("stores")))
        if isinstance(found, list) and found
    ]
    if options.get("wanted_from") is not None:
        said.append(f"Ratings from {text(options['wanted_from'])} on count as purchases.")
    return " ".join(["", *said])


def _steps(dataset: Dataset) -> Iterator[str]:
    source = dataset.source
    yield (
        f"The toys are numbered in an order drawn by chance (seed {source.seed}): a source's own order can tell what "
        "is to be predicted. " + _order_words(dataset)
    )
    yield from _done(source.options)


def _order_words(dataset: Dataset) -> str:
    if default_order(dataset) == "given":
        return "Events keep the order of the source, also within a day."
    return "Events of one shopper at one and the same time have no order: they got one by chance, from that seed."


def _done(options: Mapping[str, Any]) -> Iterator[str]:
    """What the record says was done, the oldest first."""
    if isinstance(was := options.get("was"), dict):
        yield from _done(was)
        yield f"Then new events were joined to it (it was {text(options.get('joined_to'))[:12]}):\n\n" + bullets(
            f"{options[name]:,} {words}." for name, words in JOINED.items() if options.get(name)
        )
        return
    if isinstance(counts := options.get("counts"), dict):
        rows = [
            (text(part), *(f"{count.get(key, 0):,}" for key in ("read", "kept", "rejected")))
            for part, count in counts.items()
        ]
        yield table(("rows of", "read", "kept", "left out"), rows)
    if said := [f"{options[name]:,} {words}." for name, words in _COUNTED.items() if options.get(name)]:
        yield bullets(said)
    if isinstance(reasons := options.get("left_out"), dict) and reasons:
        yield "Rows with errors were left out by `toyguide data validate`:\n\n" + bullets(
            f"{number:,}: {text(reason)}" for reason, number in reasons.items()
        )


def _uses(dataset: Dataset, stats: Stats) -> Iterator[str]:
    if stats.events:
        yield "Good for: learning which toys go together, ranking the toys of this catalogue, comparing ways to do so."
    else:
        yield "Good for: a catalogue to join events to. It holds no event: nothing can be learned from it."
    yield (
        "Not for: finding out about persons or families; judging whether a toy is safe; saying anything of another "
        "shop's shoppers."
    )
    if origin_of(dataset.source).simulated:
        but = ", but for what was joined later" if has_kiosk_events(dataset.source) else ""
        yield f"It is simulated{but}: what a model learns of it, and how well, says nothing of real shoppers."
    if has_kiosk_events(dataset.source) or dataset.source.name == "loop":
        yield "What kiosks showed depended on the model that ran then: toys that it never showed look unwanted."
    if not stats.events:
        return
    if stats.period is None:
        yield "No event has a date: nothing can be said of seasons, and only leave-one-out can judge."
    if stats.ties is None:
        yield "No shopper wanted three toys: nothing can be judged by leave-one-out."
    elif (tied := stats.ties.same_time + stats.ties.unknown_time) > _MOST_TIED:
        yield (
            f"Of the last toy of each shopper {tied:.0%} have the time of the one before, or no time. "
            + (
                "Their given order may be an accident of the source that flatters figures: read the slice without ties."
                if default_order(dataset) == "given"
                else "Which of them came last is by chance."
            )
        )
    missing = stats.missing["events"]
    if missing[EventColumn.RECIPIENT_AGE] == 1:
        yield "No event says for whom a toy was: nothing is learned, or judged, by the age of a child."
    if not stats.prices:
        yield "No toy has a price: a budget cannot be kept."


def _people(dataset: Dataset, stats: Stats) -> Iterator[str]:
    yield "It has no column for names, birth dates, addresses, faces or payment."
    yield origin_of(dataset.source).ids
    if is_joined(dataset.source):
        yield f"Of events that came from kiosks: {ORIGINS['kiosk'].ids}"
    told = 1 - stats.missing["events"][EventColumn.RECIPIENT_AGE]
    if stats.events and told:
        ends = pc.min_max(dataset.events[EventColumn.RECIPIENT_AGE]).as_py()
        yield (
            f"{_of_all(told).capitalize()} of the events tell the age of whom the toy was for, in whole months at that "
            f"time ({ends['min']} to {ends['max']})."
        )
    yield (
        "Whoever must be forgotten is forgotten at the source; then import it, and train, again. Copies and models "
        "made before are not changed by that."
    )


def _upkeep() -> Iterator[str]:
    yield (
        f"Format {FORMAT}: `toys.parquet`, `events.parquet`, and `dataset.json` with the digest of both. The tables "
        "are never changed in place; where one was, the dataset is refused when it is loaded."
    )
    yield "`toyguide data validate` checks its rows, `toyguide data stats` has all its figures."
    yield "Who looks after it is not written down anywhere: ask whoever gave it to you."


def _of_all(share: float) -> str:
    return "all" if share == 1 else "none" if not share else f"{share:.1%}"


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.1%}" if whole else "–"
