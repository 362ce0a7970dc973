"""/v1/staff/recalls…: what must not be shown to anybody, in force when the answer comes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Body

from app.kiosk.payloads import Answer
from app.kiosk.problems import BODY_PROBLEMS, ProblemError, documented
from app.kiosk.staff.access import PROBLEMS, Clerk, Manager
from app.kiosk.staff.models import RecallImportAnswer, RecallKey, RecallLine, RecallList, RecallsAnswer
from app.kiosk.staff.payloads import recall_payload
from app.kiosk.staff.recall_file import read_recalls
from app.kiosk.state import Kiosk, Running
from app.kiosk.store.house import Recall
from app.kiosk.strict import StrictRoute
from recommender.serving.barcodes import barcode_key

router = APIRouter(prefix="/v1/staff/recalls", route_class=StrictRoute, tags=["staff"])


@router.get("", response_model=RecallsAnswer, responses=documented(*PROBLEMS), summary="Every recall")
def recalls(kiosk: Running, _who: Clerk) -> Answer:
    """Newest first, each with the toys of the catalogue that it takes away."""
    now = kiosk.now
    return Answer({"recalls": [recall_payload(each, now) for each in now.recalls]})


@router.post(
    ":import",
    response_model=RecallImportAnswer,
    responses=documented(*PROBLEMS, *BODY_PROBLEMS),
    summary="Recall toys, a list in JSON",
)
def import_json(body: RecallList, kiosk: Running, who: Clerk) -> Answer:
    """Toys by id or by barcode. A line that was there before has its reason and source replaced."""
    return _import(body.recalls, kiosk, who.name)


@router.post(
    ":import-csv",
    response_model=RecallImportAnswer,
    responses=documented(*PROBLEMS, *BODY_PROBLEMS),
    summary="Recall toys, a list in CSV",
)
def import_csv(text: Annotated[bytes, Body(media_type="text/csv", min_length=1)], kiosk: Running, who: Clerk) -> Answer:
    """UTF-8 with a line of names: `toy_id` or `barcode` or both, and `reason` and `source` where there are any."""
    return _import(read_recalls(text), kiosk, who.name)


@router.post(
    ":lift",
    response_model=RecallsAnswer,
    responses=documented(*PROBLEMS, *BODY_PROBLEMS, "unknown_recall"),
    summary="Take a recall back",
)
def lift(body: RecallKey, kiosk: Running, who: Manager) -> Answer:
    """For a mistake in a list. Answers with the recalls that are left."""
    recall = _recall(body)
    if not kiosk.house.lift(recall.by, recall.value, who.name):
        raise ProblemError("unknown_recall", f"There is no recall of the {recall.by} {recall.value[:80]!r}.")
    kiosk.refresh_house()
    return recalls(kiosk, who)


def _import(lines: Sequence[RecallLine], kiosk: Kiosk, who: str) -> Answer:
    recalls = list({(each.by, each.value): each for each in map(_recall, lines)}.values())
    new = kiosk.house.recall(recalls, who)
    now = kiosk.refresh_house()
    toys = [now.toys_of(each) for each in recalls]
    return Answer(
        {
            "new": new,
            "known_before": len(recalls) - new,
            "toys": sorted({toy for several in toys for toy in several}),
            "unknown": [each.value for each, several in zip(recalls, toys, strict=True) if not several],
        }
    )


def _recall(line: RecallKey) -> Recall:
    reason, source = (line.reason, line.source) if isinstance(line, RecallLine) else (None, None)
    if line.toy_id is not None:
        return Recall("toy_id", line.toy_id, reason, source)
    return Recall("barcode", barcode_key(line.barcode or ""), reason, source)
