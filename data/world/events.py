"""The event table of a simulated shop: view → like or cart → purchase of each chosen toy, comings back and returns."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from data.schema import KIND_CODES, EventColumn
from data.tables import EVENT_TABLE
from data.world.catalogue import PERIOD_DAYS, Catalogue
from data.world.households import Households, month_of
from data.world.plan import CART, LIKE, MOST_DRAWS, PURCHASE, RETURN, VIEW, Plan
from data.world.words import INTERESTS

DAY_ZERO: Final = datetime(2024, 1, 1, tzinfo=UTC)
STORES: Final = ("store-1", "store-2", "store-3", "online")

_MS_PER_DAY = 86_400_000
_STEPS = 3  # view, cart, outcome: the most events of one contact
_RETURNED, _RETURNED_MISFIT = 0.04, 0.12
_NAMES = {code: str(kind) for kind, code in KIND_CODES.items()}


def event_table(
    catalogue: Catalogue,
    households: Households,
    plan: Plan,
    choices: NDArray[np.int32],
    rng: np.random.Generator,
) -> pa.Table:
    """Events sorted by time, as `EVENT_TABLE`; sessions are numbered as in `plan`, returns have their own."""
    start = plan.day.astype(np.int64) * _MS_PER_DAY + plan.clock
    kinds = np.zeros((len(plan), MOST_DRAWS, _STEPS), np.int8)
    kinds[:, :, 0] = np.where(plan.views, VIEW, 0)
    kinds[:, :, 1] = np.where(plan.carts, CART, 0)
    kinds[:, :, 2] = plan.outcome
    kinds[choices < 0] = 0
    session, draw, step = np.nonzero(kinds)
    pause = rng.integers(15_000, 150_000, (len(plan), MOST_DRAWS * _STEPS + 1)).cumsum(axis=1)
    time = start[session] + pause[session, draw * _STEPS + step]
    kind, toy = kinds[session, draw, step], choices[session, draw]

    back_session, back_toy = _comings_back(plan, choices)
    back_time = start[back_session] + pause[back_session, -1]
    gone, gone_toy, gone_time = _returns(catalogue, households, plan, choices, start, rng)
    session = np.concatenate([session, back_session, gone])
    toy = np.concatenate([toy, back_toy, gone_toy])
    kind = np.concatenate([kind, np.full(len(back_toy), PURCHASE, np.int8), np.full(len(gone), RETURN, np.int8)])
    time = np.concatenate([time, back_time, gone_time])
    order = np.lexsort((session, time))
    return _table(catalogue, households, plan, session[order], toy[order], kind[order], time[order], rng)


def _comings_back(plan: Plan, choices: NDArray[np.int32]) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """(sessions, toys): where a plan says so, the latest toy liked or carted for the same recipient is bought now."""
    pending: dict[tuple[int, int], int] = {}
    sessions: list[int] = []
    toys: list[int] = []
    waits = (choices >= 0) & ((plan.outcome == LIKE) | (plan.outcome == CART))
    for row, (shopper, recipient) in enumerate(zip(plan.shopper.tolist(), plan.recipient.tolist(), strict=True)):
        if plan.comes_back[row] and (shopper, recipient) in pending:
            sessions.append(row)
            toys.append(pending.pop((shopper, recipient)))
        if waits[row].any():
            pending[shopper, recipient] = int(choices[row, waits[row]][-1])
    return np.array(sessions, np.int64), np.array(toys, np.int32)


def _returns(
    catalogue: Catalogue,
    households: Households,
    plan: Plan,
    choices: NDArray[np.int32],
    start: NDArray[np.int64],
    rng: np.random.Generator,
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int64]]:
    """(sessions of the purchase, toys, times): more often where the toy does not suit the recipient's age."""
    session, draw = np.nonzero((plan.outcome == PURCHASE) & (choices >= 0))
    toy = choices[session, draw]
    age = households.ages(plan.recipient[session], plan.day[session])
    misfit = (age < catalogue.ages[toy, 0]) | (age > catalogue.ages[toy, 1])
    time = start[session] + rng.integers(2 * _MS_PER_DAY, 21 * _MS_PER_DAY, len(session))
    gone = rng.random(len(session)) < np.where(misfit, _RETURNED_MISFIT, _RETURNED)
    gone &= time < PERIOD_DAYS * _MS_PER_DAY
    return session[gone], toy[gone], time[gone]


def _table(
    catalogue: Catalogue,
    households: Households,
    plan: Plan,
    session: NDArray[np.int64],
    toy: NDArray[np.int32],
    kind: NDArray[np.int8],
    time: NDArray[np.int64],
    rng: np.random.Generator,
) -> pa.Table:
    said = plan.says_who[session]
    # Whoever returns a toy states nothing.
    said &= kind != RETURN
    recipient = plan.recipient[session]
    budget = plan.said_budget[session]
    ids = pa.array([f"event-{number:08d}" for number in range(len(session))])
    names = np.array([f"{number:07d}" for number in range(len(plan))])
    store = np.array(STORES)[rng.integers(0, len(STORES), len(households.people))][plan.shopper[session]]
    suffix = np.where(kind == RETURN, "-return", "")
    columns = {
        EventColumn.ID: ids,
        EventColumn.SHOPPER: _strings("shopper-", plan.shopper[session]),
        EventColumn.SESSION: pa.array(np.char.add(np.char.add("session-", names[session]), suffix)),
        EventColumn.TOY: pa.array([t.id for t in catalogue.toys]).take(pa.array(toy)),
        EventColumn.KIND: pa.array([_NAMES[code] for code in kind.tolist()]),
        EventColumn.TIME: pa.array(time + int(DAY_ZERO.timestamp() * 1000), pa.timestamp("ms", tz="UTC")),
        EventColumn.STORE: pa.array(store),
        EventColumn.RECIPIENT: _strings("recipient-", recipient, ~said),
        EventColumn.RECIPIENT_AGE: pa.array(households.ages(recipient, plan.day[session]).astype(np.int16), mask=~said),
        EventColumn.RECIPIENT_INTERESTS: _interests(households, plan, session, said),
        EventColumn.BUDGET: pa.array(budget, mask=~said | np.isnan(budget)),
    }
    return pa.table([columns[name].cast(EVENT_TABLE.field(name).type) for name in EVENT_TABLE.names], EVENT_TABLE)


def _interests(households: Households, plan: Plan, session: NDArray[np.int64], said: NDArray[np.bool_]) -> pa.Array:
    """What the recipient likes at that time, strongest first; an empty list where it is not stated."""
    stated = said & plan.says_interests[session]
    likings = households.likings[month_of(plan.day[session]), plan.recipient[session]]
    offsets = np.concatenate([[0], np.cumsum(np.where(stated, likings.shape[1], 0))]).astype(np.int32)
    values = pa.array(list(INTERESTS)).take(pa.array(likings[stated].ravel().astype(np.int64)))
    return pa.ListArray.from_arrays(pa.array(offsets), values)


def _strings(prefix: str, numbers: NDArray[np.int32], mask: NDArray[np.bool_] | None = None) -> pa.Array:
    return pa.array([f"{prefix}{number:06d}" for number in numbers.tolist()], pa.string(), mask=mask)
