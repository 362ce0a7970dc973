"""What the Insights page says: names of contenders and slices, figures, and a sentence on what each chart shows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from app.shop import text
from app.shop.insight_charts import BREAK, Place, Point
from app.shop.staff_models import TopToy
from app.shop.standing import Contender, Cost, Figure, Standing, front

Words = Callable[..., str]

KINDS: Final = {
    "shipped": "insights.kind_shipped",
    "form": "insights.kind_form",
    "teacher": "insights.kind_teacher",
    "baseline": "insights.kind_baseline",
}
BASELINES: Final = {
    "popularity": "insights.popularity",
    "popularity by age": "insights.popularity_by_age",
    "item-kNN": "insights.item_neighbours",
    "rules": "insights.rules",
    "EASE": "insights.ease",
}
SLICES: Final = {
    "all": "insights.slice_all",
    "age under 3": "insights.slice_under_three",
    "age 3–5": "insights.slice_three",
    "age 6–8": "insights.slice_six",
    "age 9–13": "insights.slice_nine",
    "age 14 and up": "insights.slice_fourteen",
    "history ≤ 5": "insights.slice_new",
    "history 6–19": "insights.slice_known",
    "history ≥ 20": "insights.slice_regular",
    "head toys": "insights.slice_head",
    "tail toys": "insights.slice_tail",
    "cold toys": "insights.slice_cold",
}
"""Slices in the order in which they are drawn. One that is not here is drawn last, by the bundle's name for it."""
LEFT_OUT: Final = frozenset({"no tie"})  # of the judging itself: nobody in the shop asks for it
FEW: Final = 100
"""A slice with fewer shoppers is not called the best or the worst."""
_FULL: Final = 32


def speaker(language: str) -> Words:
    """`t` of a language."""
    return lambda key, **values: text.t(language, key, **values)


def name_of(contender: Contender, t: Words) -> str:
    """What a contender is called."""
    if contender.kind == "form" and contender.bits:
        return t("insights.form", table=_bits(contender.bits[1], t), graph=_bits(contender.bits[0], t))
    if contender.kind == "baseline":
        name = contender.whole.name
        return t(BASELINES[name]) if name in BASELINES else name
    return t(KINDS[contender.kind]) if contender.kind != "form" else contender.whole.name


def _bits(bits: int, t: Words) -> str:
    return t("insights.float") if bits == _FULL else t("insights.bits", n=bits)


def slice_name(name: str, t: Words) -> str:
    """What a slice is called."""
    return t(SLICES[name]) if name in SLICES else name


def ndcg(value: float) -> str:
    """NDCG@10, to three places: more are within every interval."""
    return f"{value:.3f}"


def told(figure: Figure, t: Words) -> str:
    """A figure with its interval."""
    return t("insights.interval", ndcg=ndcg(figure.ndcg), low=ndcg(figure.low), high=ndcg(figure.high))


def megabytes(value: float | None, _: Words) -> str:
    """A size; a dash where nobody counted."""
    return f"{value:.3g} MB" if value is not None else "–"


def milliseconds(value: float | None, t: Words) -> str:
    """A time; a dash where nobody measured."""
    return t("insights.milliseconds", n=f"{value:.2f}") if value is not None else "–"


def percent(share: float | None) -> str:
    """A share; a dash where there is none."""
    return f"{100 * share:.1f} %" if share is not None else "–"


def overall_points(standing: Standing, t: Words) -> list[Point]:
    """All but the forms, best first."""
    found = sorted((each for each in standing.contenders if each.kind != "form"), key=lambda each: -each.whole.ndcg)
    return [_point(each, each.whole, ndcg(each.whole.ndcg), t) for each in found]


def slice_points(standing: Standing, t: Words) -> list[Point]:
    """The student, its teacher and the best baseline on each slice."""
    shown = [each for each in (standing.shipped, standing.best("teacher"), standing.best("baseline")) if each]
    points = []
    for name in ordered_slices(standing):
        figures = {figure.name: figure for figure in standing.slices[name]}
        asked = max(figure.queries for figure in figures.values())
        group = f"{slice_name(name, t)}{BREAK}{t('insights.shoppers', n=f'{asked:,}')}"
        for each in shown:
            if figure := figures.get(each.whole.name):
                points.append(_point(each, figure, "", t, group=group))
    return points


def ordered_slices(standing: Standing) -> list[str]:
    """Names of the slices as they are drawn."""
    known = [name for name in SLICES if name in standing.slices]
    return known + [name for name in standing.slices if name not in SLICES and name not in LEFT_OUT]


def cost_points(standing: Standing, cost: Cost, t: Words) -> tuple[list[Point], list[Point]]:
    """(all whose cost is known, those of them that are worth having, from cheap to dear)."""
    on = front(standing.contenders, cost)
    simple = sorted((each for each in standing.contenders if each.kind == "baseline"), key=lambda it: -it.whole.ndcg)

    def point(each: Contender, value: float) -> Point:
        # Forms of one student lie close to one another, and so would their names: the table has them.
        label = "" if each.kind == "form" else name_of(each, t)
        place: Place = "slanted" if each.kind == "shipped" else "right"
        if each in simple[1::2]:
            place = "below"
        return _point(each, each.whole, label, t, cost=value, place=place)

    drawn = {each: point(each, value) for each in standing.contenders if (value := each.cost(cost)) is not None}
    return list(drawn.values()), [drawn[each] for each in on]


def _point(contender: Contender, figure: Figure, label: str, t: Words, **more: Any) -> Point:
    name, kind = name_of(contender, t), contender.kind
    return Point(name, kind, label, told(figure, t), figure.ndcg, figure.low, figure.high, **more)


def says_overall(standing: Standing, t: Words) -> str:
    """How the student compares with its teacher and with the best of the simple ways."""
    ships = standing.shipped
    said = []
    if teacher := standing.best("teacher"):
        apart = standing.against(teacher.whole.name)
        key = "insights.says_same"
        if apart and apart.sure:
            key = "insights.says_better" if apart.mean > 0 else "insights.says_worse"
        elif apart is None:
            key = "insights.says_beside"
        said.append(t(key, student=ndcg(ships.whole.ndcg), teacher=ndcg(teacher.whole.ndcg)))
    else:
        said.append(t("insights.says_alone", student=ndcg(ships.whole.ndcg)))
    simple = standing.best("baseline")
    if simple and simple.whole.ndcg > 0:
        times = f"{ships.whole.ndcg / simple.whole.ndcg:.1f}"
        said.append(t("insights.says_times", times=times, name=name_of(simple, t), ndcg=ndcg(simple.whole.ndcg)))
    return _both(said, t)


def says_slices(standing: Standing, t: Words) -> str:
    """Where the student is at its best, and where not; of slices with enough shoppers."""
    ships = standing.shipped.whole.name
    figures = {
        name: figure
        for name in ordered_slices(standing)
        for figure in standing.slices[name]
        if figure.name == ships and figure.queries >= FEW and name != "all"
    }
    if len(figures) < 2:
        return t("insights.says_few")
    best = max(figures, key=lambda name: figures[name].ndcg)
    worst = min(figures, key=lambda name: figures[name].ndcg)
    return t(
        "insights.says_slices",
        best=slice_name(best, t),
        high=ndcg(figures[best].ndcg),
        worst=slice_name(worst, t),
        low=ndcg(figures[worst].ndcg),
    )


def says_front(standing: Standing, cost: Cost, t: Words) -> str:
    """Who is worth having; and who is not drawn, for nobody counted."""
    on = front(standing.contenders, cost)
    tried = [each for each in standing.contenders if each.cost(cost) is not None]
    names = text_list([name_of(each, t) for each in on], t)
    key = "insights.says_size" if cost == "megabytes" else "insights.says_time"
    said = [t(key, n=len(tried), names=names)]
    if missing := [name_of(each, t) for each in standing.contenders if each.cost(cost) is None]:
        said.append(t("insights.not_measured", names=text_list(missing, t)))
    return _both(said, t)


def _both(said: Sequence[str], t: Words) -> str:
    """One or two sentences after each other."""
    return t("insights.both", one=said[0], other=said[1]) if len(said) > 1 else said[0]


def text_list(words: Sequence[str], t: Words) -> str:
    """Names in a sentence."""
    return t("list.comma").join(words)


def standing_rows(standing: Standing, t: Words) -> list[tuple[str, ...]]:
    """Every contender, best first: name, NDCG@10, interval, Recall@10, size, time."""
    return [
        (
            name_of(each, t),
            ndcg(each.whole.ndcg),
            f"{ndcg(each.whole.low)}–{ndcg(each.whole.high)}",
            percent(each.whole.recall),
            megabytes(each.megabytes, t),
            milliseconds(each.milliseconds, t),
        )
        for each in sorted(standing.contenders, key=lambda each: -each.whole.ndcg)
    ]


def slice_rows(standing: Standing, t: Words) -> tuple[list[str], list[tuple[str, ...]]]:
    """(heads, rows): every slice by every contender that was judged on it."""
    judged = [each for each in standing.contenders if each.kind != "form"]
    heads = [t("insights.head_slice"), t("insights.head_shoppers"), *(name_of(each, t) for each in judged)]
    rows: list[tuple[str, ...]] = []
    for name in ordered_slices(standing):
        figures: Mapping[str, Figure] = {figure.name: figure for figure in standing.slices[name]}
        asked = max(figure.queries for figure in figures.values())
        cells = (told(figures[each.whole.name], t) if each.whole.name in figures else "–" for each in judged)
        rows.append((slice_name(name, t), f"{asked:,}", *cells))
    return heads, rows


def toy_names(toys: Sequence[TopToy]) -> list[str]:
    """What each is called in a chart: where two have one title also by id, for a chart makes one bar of one name."""
    titles = Counter(toy.title for toy in toys)
    return [
        toy.toy_id if not toy.title else toy.title if titles[toy.title] == 1 else f"{toy.title} · {toy.toy_id}"
        for toy in toys
    ]
