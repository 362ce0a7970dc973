"""The loop itself: a year of events, the first model, then week after week in three shops under the same luck."""

from __future__ import annotations

import copy
import shutil
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby
from pathlib import Path
from typing import Any, Final

import numpy as np

from app.loop.arm import POPULARITY, Arm, Lists, joined
from app.loop.models import Retrained, first_model, next_model
from app.loop.shop import Shop
from app.loop.shopper import Memory, number_of
from app.loop.town import FIRST_DAY, LoopOptions, Town, date_of, first_day, found_town
from data.schema import EventColumn
from data.world.shopping import draw_luck
from distillation.judging import Report
from distillation.retrain import Before
from distillation.untrained import untrained_bundle
from recommender.learning.presets import Preset
from recommender.serving.policy.shelf import build_shelf

NEVER: Final = "never retrained"
WEEKLY: Final = "retrained weekly"
ARMS: Final = (POPULARITY, NEVER, WEEKLY)


@dataclass(frozen=True)
class Week:
    """One week of every arm. on_sale: toys; arms: name → its lists; retrained: what began it, None in the first.

    went_back: the kiosk itself took the new bundle back within the week, for its positive rate fell
    """

    number: int
    on_sale: int
    arms: dict[str, Lists]
    retrained: Retrained | None
    went_back: bool = False


def run_loop(folder: Path, options: LoopOptions, preset: Preset, report: Report) -> Iterator[Week]:
    """Each week as it is over. folder: a new one, which keeps everything that was made.

    Raises ToyGuideError if there is no such world, or a kiosk fails.
    """
    told = report("Founding the town")
    town = found_town(options)
    told("", 1, 1)
    before = _first_year(folder, town, preset, report)
    publish_dir = folder / "published"
    publish_dir.mkdir()
    told = report("Weeks")
    with _shops(folder, town, before, publish_dir) as arms, ThreadPoolExecutor(1) as meanwhile:
        weekly = next(arm for arm in arms if arm.name == WEEKLY)
        for week in range(1, options.weeks + 1):
            today = town.sold_by(first_day(week))
            for arm in arms:
                arm.shop.tell(date_of(first_day(week)))
                if week > 1:
                    arm.shop.add(town.arriving(week))
                if week == options.recall_week:
                    arm.shop.recall([town.toys[row].id for row in town.recalled])
            # The shops that learn nothing have their week while the third one's model is made.
            others = meanwhile.submit(_week, [arm for arm in arms if arm is not weekly], town, week)
            retrained = None
            if week > 1:
                made = folder / "weeks" / f"{week:02d}"
                made.mkdir(parents=True)
                before, retrained = next_model(week, before, weekly.shop.database, today, made, publish_dir, report)
                if retrained.model is not None:
                    weekly.shop.wait_for(retrained.model)
            lists = _week([weekly], town, week)
            went_back = retrained is not None and retrained.model not in (None, weekly.shop.model)
            yield Week(week, today.toys.num_rows, others.result() | lists, retrained, went_back)
            told(f"week {week}", week, options.weeks)


def _first_year(folder: Path, town: Town, preset: Preset, report: Report) -> Before:
    """A shop opens with a model that was never taught, takes a year of events, and its first model learns from them."""
    toys = town.sold_by(FIRST_DAY)
    opening = folder / "opening"
    untrained_bundle(opening / "bundle", toys)
    told = report("A year of events")
    shop = Shop(opening, opening / "bundle", date_of(0))
    with _open(shop):
        rows = town.past.to_pylist()
        days = [(day, list(each)) for day, each in groupby(rows, lambda row: row[EventColumn.TIME].date())]
        for place, (_, events) in enumerate(days, start=1):
            shop.tell(events[-1][EventColumn.TIME] + timedelta(milliseconds=1))
            shop.send([_body(row) for row in events])
            told("", place, len(days))
    return first_model(shop.database, toys, preset, folder / "first", report)


def _body(row: dict[str, Any]) -> dict[str, Any]:
    """An event of the world as the API takes it, under the names that the weeks go on with."""
    body = {
        "event_id": row[EventColumn.ID],
        "session_id": row[EventColumn.SESSION],
        "shopper_id": f"shopper-{number_of(row[EventColumn.SHOPPER])}",
        "toy_id": row[EventColumn.TOY],
        "kind": row[EventColumn.KIND],
        "time": row[EventColumn.TIME].isoformat(),
    }
    if row[EventColumn.RECIPIENT] is not None:
        body["recipient"] = {
            "id": f"recipient-{number_of(row[EventColumn.RECIPIENT])}",
            "age_months": row[EventColumn.RECIPIENT_AGE],
            "interests": row[EventColumn.RECIPIENT_INTERESTS],
        }
    return body


@contextmanager
def _shops(folder: Path, town: Town, before: Before, publish_dir: Path) -> Iterator[Sequence[Arm]]:
    """A shop for each arm, open, each with the first year in its books."""
    memory = Memory.of(town.past)
    shelf = build_shelf(town.toys)
    with ExitStack() as stack:
        arms = []
        for name in ARMS:
            at = folder / "shops" / name.replace(" ", "-")
            at.mkdir(parents=True)
            shutil.copy(folder / "opening" / "kiosk.sqlite", at)  # its kiosk is closed: the file is whole
            shop = Shop(at, before.bundle, date_of(FIRST_DAY), publish_dir if name == WEEKLY else None)
            stack.enter_context(_open(shop))
            arms.append(Arm(name, shop, town, shelf, copy.deepcopy(town.state), memory.copy()))
        yield arms


@contextmanager
def _open(shop: Shop) -> Iterator[None]:
    shop.open()
    try:
        yield
    finally:
        shop.close()


def _week(arms: Sequence[Arm], town: Town, week: int) -> dict[str, Lists]:
    """What the week brought, arm by arm; popularity is counted anew when it begins."""
    for arm in arms:
        if arm.name == POPULARITY:  # a kiosk reads what is popular once a minute; here a minute is many weeks
            arm.shop.close()
            arm.shop.open()
    with ThreadPoolExecutor(len(arms)) as pool:
        days = [_day(arms, town, day, pool) for day in range(first_day(week), first_day(week + 1))]
    return {arm.name: joined([lists[place] for lists in days if lists]) for place, arm in enumerate(arms)}


def _day(arms: Sequence[Arm], town: Town, day: int, pool: ThreadPoolExecutor) -> list[Lists]:
    """The day in every arm, in their order; none where nobody comes.

    The shops are open side by side: while one kiosk answers, another shop's households make up their minds.
    """
    begin, end = np.searchsorted(town.stage.plan.day, (day, day + 1))
    rows = np.arange(begin, end)
    if not len(rows):
        return []
    luck = draw_luck(len(rows), len(town.toys), np.random.default_rng([town.options.seed, 7, day]))
    return list(pool.map(lambda arm: arm.day(day, rows, luck), arms))
