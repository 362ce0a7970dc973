"""What answers requests at one moment: an engine, and what the shop says of that engine's toys.

A request takes `kiosk.now` once and keeps to it: a new bundle, a recall or a rule is in force for it whole or not
at all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from app.kiosk.store.house import House, Recall, Stock
from recommender.serving.barcodes import toys_by_barcode
from recommender.serving.engine import Engine
from recommender.serving.policy.mask import HouseLists

Barcodes = Mapping[str, tuple[str, ...]]
"""`barcode_key` → ids of the toys with it."""


@dataclass(frozen=True, slots=True)
class Serving:
    """An engine with the recalls and the stock of this store, as rows and as arrays over its catalogue."""

    engine: Engine
    barcodes: Barcodes
    recalls: tuple[Recall, ...]
    stock: Stock
    masks: HouseLists

    def toys_of(self, recall: Recall) -> list[str]:
        """Ids of the toys of the catalogue that a recall takes away."""
        return _toys_of(self.engine, self.barcodes, recall)


def serving(engine: Engine, house: House, store_id: str, barcodes: Barcodes | None = None) -> Serving:
    """`engine` with what the database says now; `barcodes` may be those of an earlier `Serving` of the same engine.

    Raises StoreUnavailableError if the database cannot be read.
    """
    if barcodes is None:
        barcodes = toys_by_barcode((toy.id, toy.barcode) for toy in engine.toys)
    recalls, stock = house.recalls(), house.stock(store_id)
    recalled = [toy for recall in recalls for toy in _toys_of(engine, barcodes, recall)]
    counts = {toy.id: stock.count(toy.id) for toy in engine.toys}
    masks = engine.house_lists(
        recalled=recalled,
        out_of_stock=[toy for toy, count in counts.items() if count == 0],
        in_stock=[toy for toy, count in counts.items() if count],
    )
    return Serving(engine, barcodes, recalls, stock, masks)


def _toys_of(engine: Engine, barcodes: Barcodes, recall: Recall) -> list[str]:
    if recall.by == "barcode":
        return list(barcodes.get(recall.value, ()))
    return [recall.value] if recall.value in engine.index else []
