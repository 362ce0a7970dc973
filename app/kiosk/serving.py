"""What answers requests at one moment: an engine, and what the shop says of that engine's toys.

A request takes `kiosk.now` once and keeps to it: a new bundle, a recall or a rule is in force for it whole or not
at all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from app.kiosk.in_force import InForce, in_force
from app.kiosk.store.house import House, Recall, Stock
from app.kiosk.store.rules import RuleStore, StaffRule
from recommender.serving.barcodes import ToysByBarcode
from recommender.serving.engine import Engine
from recommender.serving.policy.emphasis import Emphasis
from recommender.serving.policy.mask import HouseLists
from recommender.serving.recalls import recalled_toys

Barcodes = Mapping[str, tuple[str, ...]]
"""`barcode_key` → ids of the toys with it."""


@dataclass(frozen=True, slots=True)
class Serving:
    """An engine with the recalls, the stock and the rules of this store, as rows and as arrays over its catalogue.

    staff: the rules, and what they come to now; `masks` has what they hide
    """

    engine: Engine
    barcodes: Barcodes
    recalls: tuple[Recall, ...]
    stock: Stock
    masks: HouseLists
    staff: InForce

    def emphasis_for(self, occasion: str | None) -> Emphasis:
        """What the rules lift and sink in a list for that occasion."""
        return self.staff.emphasis.get(occasion) or self.staff.emphasis[None]

    def with_rules(self, rules: Sequence[StaffRule], at: datetime) -> Serving:
        """The same with `rules` as they are at `at`. Nothing is read from the database."""
        staff = in_force(rules, self.engine, at)
        return replace(self, masks=replace(self.masks, hidden=staff.hidden), staff=staff)

    def toys_of(self, recall: Recall) -> tuple[str, ...]:
        """Ids of the toys of the catalogue that a recall takes away."""
        return recalled_toys(recall.by, recall.value, self.engine.index, self.barcodes)


def serving(
    engine: Engine, house: House, rules: RuleStore, store_id: str, at: datetime, barcodes: Barcodes | None = None
) -> Serving:
    """`engine` with what the database says now; `barcodes` may be those of an earlier `Serving` of the same engine.

    at: the rules whose time it is then are in force. Raises StoreUnavailableError if the database cannot be read.
    """
    if barcodes is None:
        barcodes = ToysByBarcode(engine.barcodes())
    recalls, stock = house.recalls(), house.stock(store_id)
    recalled = [toy for each in recalls for toy in recalled_toys(each.by, each.value, engine.index, barcodes)]
    counts = {toy.id: stock.count(toy.id) for toy in engine.toys}
    staff = in_force(rules.all(), engine, at)
    masks = engine.house_lists(
        recalled=recalled,
        out_of_stock=[toy for toy, count in counts.items() if count == 0],
        in_stock=[toy for toy, count in counts.items() if count],
    )
    return Serving(engine, barcodes, recalls, stock, replace(masks, hidden=staff.hidden), staff)
