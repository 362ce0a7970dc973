"""PUT /v1/staff/stock: what a store has."""

from __future__ import annotations

from fastapi import APIRouter

from app.kiosk.payloads import Answer
from app.kiosk.problems import BODY_PROBLEMS, documented
from app.kiosk.staff.access import PROBLEMS, Clerk
from app.kiosk.staff.models import StockAnswer, StockList
from app.kiosk.state import Running
from app.kiosk.strict import StrictRoute

router = APIRouter(prefix="/v1/staff", route_class=StrictRoute, tags=["staff"])


@router.put(
    "/stock",
    response_model=StockAnswer,
    responses=documented(*PROBLEMS, *BODY_PROBLEMS),
    summary="What a store has",
)
def put_stock(body: StockList, kiosk: Running, who: Clerk) -> Answer:
    """Counts of toys, in force at once; 0 takes a toy off every list. A toy that no list spoke of counts as there."""
    store_id = body.store_id or kiosk.settings.store_id
    kiosk.house.stock_up(store_id, {line.toy_id: line.count for line in body.toys}, body.whole, who.name)
    now = kiosk.refresh_house()
    stock = kiosk.house.stock(store_id)
    known = [stock.count(toy.id) for toy in now.engine.toys]
    return Answer(
        {
            "store_id": store_id,
            "in_stock": sum(1 for count in known if count),
            "out_of_stock": sum(1 for count in known if count == 0),
            "unstated": sum(1 for count in known if count is None),
            "unknown_ids": [line.toy_id for line in body.toys if line.toy_id not in now.engine.index],
        }
    )
