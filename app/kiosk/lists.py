"""The shop's own lists in the form that the mask reads: made anew at a change, never at a request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from app.kiosk.store.house import House, Recall, Stock
from recommender.serving.engine import Engine
from recommender.serving.policy.mask import HouseLists

Barcodes = Mapping[str, tuple[str, ...]]
"""`barcode_key` → ids of the toys with it."""


@dataclass(frozen=True, slots=True)
class Lists:
    """What is in force: the recalls, the stock of this store, and both as arrays over the catalogue."""

    recalls: tuple[Recall, ...]
    stock: Stock
    masks: HouseLists


def read_lists(engine: Engine, barcodes: Barcodes, house: House, store_id: str) -> Lists:
    """What the database says now. Raises StoreUnavailableError if it cannot be read."""
    recalls, stock = house.recalls(), house.stock(store_id)
    recalled = [toy for recall in recalls for toy in toys_of(engine, barcodes, recall)]
    gone = [toy.id for toy in engine.toys if stock.count(toy.id) == 0]
    return Lists(recalls, stock, engine.house_lists(recalled=recalled, out_of_stock=gone))


def toys_of(engine: Engine, barcodes: Barcodes, recall: Recall) -> list[str]:
    """Ids of the toys of the catalogue that a recall names."""
    if recall.by == "barcode":
        return list(barcodes.get(recall.value, ()))
    return [recall.value] if recall.value in engine.index else []
