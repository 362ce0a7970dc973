"""/v1/staff/toys…: toys that the shop adds, corrects or no longer sells, in force when the answer comes."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from fastapi import APIRouter

from app.kiosk.payloads import Answer
from app.kiosk.problems import BODY_PROBLEMS, ProblemError, documented
from app.kiosk.serving import Serving
from app.kiosk.staff.access import PROBLEMS, Clerk, Manager
from app.kiosk.staff.payloads import why_payload
from app.kiosk.staff.toy_models import ChangedToyAnswer, CorrectionBody, NewToyBody, OwnToysAnswer
from app.kiosk.state import Running
from app.kiosk.store.own_toys import OwnToy, ToyChangedError, forget, keep, own_toys
from app.kiosk.store.own_toys import restore as take_back
from app.kiosk.strict import StrictRoute
from app.kiosk.toys import ToyId, known_toy
from data.errors import BundleError
from data.schema import Audience, Toy, safety_floor
from recommender.serving.encoder import has_encoder
from recommender.serving.engine import Engine

router = APIRouter(prefix="/v1/staff/toys", route_class=StrictRoute, tags=["staff"])


@router.get("", response_model=OwnToysAnswer, responses=documented(*PROBLEMS), summary="The shop's own toys")
def listed(kiosk: Running, _who: Clerk) -> Answer:
    """Toys added, corrected and retired, whether today's bundle has a use for that or not."""
    with kiosk.database.reading() as connection:
        rows = own_toys(connection)
    engine = kiosk.now.engine
    found: dict[str, list[dict[str, Any]]] = {"added": [], "corrected": [], "retired": []}
    for row in rows:
        found[row.kind].append(_own_payload(row, engine))
    return Answer(found)


@router.post(
    "",
    response_model=ChangedToyAnswer,
    responses=documented(*PROBLEMS, *BODY_PROBLEMS, "toy_in_bundle", "toy_changed", "no_toy_encoder"),
    summary="Add a toy",
)
def add(body: NewToyBody, kiosk: Running, who: Manager) -> Answer:
    """The bundle's toy encoder places it; it is recommended, found and scanned like any other from then on.

    With the `revision` that was read, it takes the place of a toy that was added before.
    """
    with _conflicts(body.toy_id), kiosk.changing_toys() as change:
        engine = change.now.engine
        if (engine.bundle_engine or engine).index.get(body.toy_id):
            raise ProblemError("toy_in_bundle", f"The bundle holds a toy {body.toy_id[:80]!r}. Correct that one.")
        if not has_encoder(engine.manifest):
            raise ProblemError("no_toy_encoder", "This bundle has no toy_encoder.onnx, so it cannot place new toys.")
        said = _in_the_shops_currency(body.said(), engine)
        row = keep(change.connection, "added", body.toy_id, said, who.name, body.revision)
    return _answer(change.now, body.toy_id, row)


@router.post(
    "/{toy_id:anything}:correct",
    response_model=ChangedToyAnswer,
    responses=documented(*PROBLEMS, *BODY_PROBLEMS, "unknown_toy", "toy_changed", "no_toy_encoder"),
    summary="Correct a toy",
)
def correct(toy_id: ToyId, body: CorrectionBody, kiosk: Running, who: Manager) -> Answer:
    """Price, ages, hazards, audience, barcode, aisle. A correction without any is taken back.

    Safety only rises: hazards are added to the bundle's, and an age or an audience that is less strict is refused.
    """
    with _conflicts(toy_id), kiosk.changing_toys() as change:
        engine = change.now.engine
        known_toy(engine, toy_id)
        _check_stricter(body, _as_given(engine, toy_id))
        row = _correct(change.connection, toy_id, body.said(), who.name, body.revision)
    return _answer(change.now, toy_id, row)


@router.post(
    "/{toy_id:anything}:retire",
    response_model=ChangedToyAnswer,
    responses=documented(*PROBLEMS, "unknown_toy"),
    summary="Sell a toy no longer",
)
def retire(toy_id: ToyId, kiosk: Running, who: Clerk) -> Answer:
    """It is on no list from then on, whatever bundle comes, until it is restored. It can still be looked up."""
    with kiosk.changing_toys() as change:
        known_toy(change.now.engine, toy_id)
        row = keep(change.connection, "retired", toy_id, {}, who.name)
    return _answer(change.now, toy_id, row)


@router.post(
    "/{toy_id:anything}:restore",
    response_model=ChangedToyAnswer,
    responses=documented(*PROBLEMS, "unknown_toy"),
    summary="Sell a toy again",
)
def restore(toy_id: ToyId, kiosk: Running, who: Manager) -> Answer:
    """Takes a retirement back. What the bundle itself says is no longer sold stays so."""
    with kiosk.changing_toys() as change:
        known_toy(change.now.engine, toy_id)
        take_back(change.connection, toy_id, who.name)
    return _answer(change.now, toy_id, None)


def _correct(
    connection: sqlite3.Connection, toy_id: str, said: dict[str, Any], who: str, revision: int | None
) -> OwnToy | None:
    if said:
        return keep(connection, "corrected", toy_id, said, who, revision)
    forget(connection, "corrected", toy_id, who, revision)
    return None


def _in_the_shops_currency(said: dict[str, Any], engine: Engine) -> dict[str, Any]:
    """Prices are compared with one budget as numbers, so there is one currency. Raises ProblemError for another."""
    known = (toy.currency for toy in engine.toys if toy.currency and toy.price is not None)
    currency = engine.manifest.currency or next(known, None)
    if "price" not in said or currency is None:
        return said
    given = said.get("currency", currency)
    if given != currency:
        raise _wrong("/currency", f"must be {currency}, the currency of the shop's prices. Got {given}.")
    return {**said, "currency": currency}


def _as_given(engine: Engine, toy_id: str) -> Toy:
    """The toy without the shop's correction: as the bundle has it, or as it was added."""
    base = engine.bundle_engine or engine
    return base.toy(toy_id) if toy_id in base.index else engine.toy(toy_id)


def _check_stricter(body: CorrectionBody, toy: Toy) -> None:
    """Raise ProblemError for a correction that would have no effect, because what it corrects is stricter."""
    least = max(toy.safety_min_age or 0, safety_floor(toy.hazards))
    if body.safety_min_age is not None and body.safety_min_age < least:
        raise _wrong(
            "/safety_min_age", f"must be at least {least}, as the catalogue has it. Got {body.safety_min_age}."
        )
    if body.audience not in (None, toy.audience, Audience.ADULT) and toy.audience is not Audience.UNKNOWN:
        raise _wrong("/audience", f"must be {toy.audience}, as the catalogue says, or adult. Got {body.audience}.")
    start = toy.recommended_age if body.recommended_age is None else body.recommended_age
    to = toy.recommended_age_to if body.recommended_age_to is None else body.recommended_age_to
    if start is not None and to is not None and to < start:
        name, bound = (
            ("recommended_age_to", f"at least recommended_age, {start}. Got {to}")
            if body.recommended_age_to is not None
            else ("recommended_age", f"at most recommended_age_to, {to}. Got {start}")
        )
        raise _wrong(f"/{name}", f"must be {bound}.")


def _wrong(pointer: str, detail: str) -> ProblemError:
    return ProblemError("invalid_request", f"{pointer} {detail}", [{"pointer": pointer, "detail": detail}])


@contextmanager
def _conflicts(toy_id: str) -> Iterator[None]:
    """What stands against a change of a toy, as a problem."""
    try:
        yield
    except BundleError as error:
        raise ProblemError("no_toy_encoder", str(error)) from error
    except ToyChangedError as error:
        if error.row is None:
            detail = f"There is nothing to replace: what was said of the toy {toy_id[:80]!r} was taken back."
        else:
            row = error.row
            detail = (
                f"The toy {toy_id[:80]!r} was {row.kind} by {row.changed_by} at {row.changed}. Look at it again; to "
                f"replace it, send its revision, {row.revision}."
            )
        raise ProblemError("toy_changed", detail) from error


def _answer(now: Serving, toy_id: str, row: OwnToy | None) -> Answer:
    return Answer({**why_payload(now, toy_id, None, "en"), "revision": row.revision if row else None})


def _own_payload(row: OwnToy, engine: Engine) -> dict[str, Any]:
    base = engine.bundle_engine or engine
    used = row.toy_id in engine.index and (row.kind != "added" or row.toy_id not in base.index)
    return {
        "toy_id": row.toy_id,
        "said": row.said if row.kind != "added" else {"toy_id": row.toy_id, **row.said},
        "revision": row.revision,
        "changed": row.changed,
        "changed_by": row.changed_by,
        "in_force": used,
    }
