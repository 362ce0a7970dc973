"""Events as sequences of contacts: what every recommender learns from.

Several events of one shopper with one toy in one session (view → cart → purchase) are one contact, at the place of the
first, with the strongest kind reached. Meeting the toy again later adds nothing, but a return or a dismissal stays as a
contact of its own. So a contact of a wanted kind is a toy that is new to the shopper, or was refused before.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.dataset import Dataset, seeded_key
from data.schema import KIND_CODES, REFUSED_KINDS, WANTED_KINDS, EventColumn, Recipient

Order = Literal["given", "hashed"]
"""How events at one and the same time are ordered: as the source gives them, or by a seeded hash."""

_WANTED = np.isin(np.arange(len(KIND_CODES) + 1), [KIND_CODES[kind] for kind in WANTED_KINDS])
_REFUSED = [KIND_CODES[kind] for kind in REFUSED_KINDS]
_MS_PER_DAY = 86_400_000


@dataclass(frozen=True)
class Sequences:
    """Contacts of S shoppers, E in all, in compressed rows: shopper s holds `offsets[s]` … `offsets[s + 1] - 1`.

    toys: int32 [E] indices from 1; kinds: int8 [E] codes; times: int64 [E] ms since 1970 UTC, −1 unknown
    gaps: float32 [E] days since the contact before, −1 unknown or first
    recipients: int32 [E] into `recipient_table`, whose entry 0 is None
    """

    shoppers: tuple[str, ...]
    offsets: NDArray[np.int64]
    toys: NDArray[np.int32]
    kinds: NDArray[np.int8]
    times: NDArray[np.int64]
    gaps: NDArray[np.float32]
    recipients: NDArray[np.int32]
    recipient_table: tuple[Recipient | None, ...]

    def __len__(self) -> int:
        return len(self.shoppers)

    @property
    def wanted(self) -> NDArray[np.bool_]:
        """bool [E]: contacts that can be a target."""
        wanted: NDArray[np.bool_] = _WANTED[self.kinds]
        return wanted

    @property
    def rows(self) -> NDArray[np.int64]:
        """int64 [E]: the shopper of each contact."""
        return np.repeat(np.arange(len(self)), np.diff(self.offsets))

    def take(self, shoppers: NDArray[np.int64], stops: NDArray[np.int64]) -> Sequences:
        """The sequences of `shoppers`, each cut before contact `stops` (a position in the flat arrays)."""
        flat, offsets = take_ragged(self.offsets[shoppers], stops)
        return Sequences(
            tuple(self.shoppers[int(s)] for s in shoppers),
            offsets,
            self.toys[flat],
            self.kinds[flat],
            self.times[flat],
            self.gaps[flat],
            self.recipients[flat],
            self.recipient_table,
        )

    def without_refusals(self) -> tuple[Sequences, NDArray[np.int64]]:
        """(the sequences without returns and dismissals, int64 [E'] where each contact left stood before)."""
        return self.only(~np.isin(self.kinds, _REFUSED))

    def only(self, chosen: NDArray[np.bool_]) -> tuple[Sequences, NDArray[np.int64]]:
        """(the sequences with the contacts `chosen` bool [E] alone, int64 [E'] where each of them stood before).

        Shoppers stay, those without a contact too. Gaps are left as they were.
        """
        kept = np.flatnonzero(chosen)
        offsets = np.searchsorted(kept, self.offsets).astype(np.int64)
        names = ("toys", "kinds", "times", "gaps", "recipients")
        return replace(self, offsets=offsets, **{name: getattr(self, name)[kept] for name in names}), kept


def take_ragged(starts: NDArray[np.int64], stops: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(int64 [E] places `starts[i]` … `stops[i] - 1` one after the other, int64 [R + 1] where each row begins)."""
    lengths = stops - starts
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    return np.arange(offsets[-1]) - np.repeat(offsets[:-1] - starts, lengths), offsets


def build_sequences(dataset: Dataset, order: Order = "given", seed: int = 0) -> Sequences:
    """A dataset's events as sequences.

    `order`: "given" trusts the dataset's order within a shopper; "hashed" sorts by time and breaks ties by a hash of
    shopper and toy under `seed`, so that no order of the source's reaches a model.
    """
    frame = dataset.events_frame()
    owner, shoppers = pd.factorize(frame[EventColumn.SHOPPER])
    recipient, table = _recipients(frame)
    contacts = pd.DataFrame(
        {
            "shopper": owner,
            "toy": frame["toy_index"],
            "kind": frame[EventColumn.KIND].map({str(kind): code for kind, code in KIND_CODES.items()}),
            "time": _milliseconds(frame[EventColumn.TIME]),
            "session": pd.factorize(frame[EventColumn.SESSION].fillna(""))[0],
            "recipient": recipient,
        }
    )
    if order == "hashed":
        keys = frame[EventColumn.SHOPPER] + "\0" + frame[EventColumn.TOY]
        contacts["tie"] = keys.map(lambda key: seeded_key(key, seed))
        contacts = contacts.sort_values(["shopper", "time", "tie"], kind="stable", ignore_index=True)
    else:
        contacts = contacts.sort_values("shopper", kind="stable", ignore_index=True)
    contacts = _merge_sessions(contacts)

    offsets = np.searchsorted(contacts["shopper"], np.arange(len(shoppers) + 1)).astype(np.int64)
    time = contacts["time"].to_numpy(np.int64)
    return Sequences(
        tuple(str(name) for name in shoppers),
        offsets,
        contacts["toy"].to_numpy(np.int32),
        contacts["kind"].to_numpy(np.int8),
        time,
        _gaps(time, offsets),
        contacts["recipient"].to_numpy(np.int32),
        table,
    )


def _merge_sessions(contacts: pd.DataFrame) -> pd.DataFrame:
    """The first contact with each toy, with the strongest kind of its session; refusals stay as they are."""
    refused = contacts["kind"].isin(_REFUSED)
    met = contacts[~refused]
    strongest = met["kind"].groupby([met["shopper"], met["toy"], met["session"]]).max().rename("strongest")
    first = met.drop_duplicates(["shopper", "toy"]).join(strongest, on=["shopper", "toy", "session"])
    merged = contacts.loc[first.index.union(contacts.index[refused])].copy()
    merged.loc[first.index, "kind"] = first["strongest"]
    return merged


def _milliseconds(times: pd.Series) -> NDArray[np.int64]:
    stamps = times.dt.tz_localize(None).to_numpy("datetime64[ms]")
    return np.where(np.isnat(stamps), -1, stamps.astype(np.int64))


def _gaps(times: NDArray[np.int64], offsets: NDArray[np.int64]) -> NDArray[np.float32]:
    gaps = np.full(len(times), -1.0, np.float32)
    if len(times) > 1:
        known = (times[1:] >= 0) & (times[:-1] >= 0)
        gaps[1:] = np.where(known, np.maximum(np.diff(times), 0) / _MS_PER_DAY, -1.0)
        gaps[offsets[:-1][offsets[:-1] < len(times)]] = -1.0
    return gaps


def _recipients(frame: pd.DataFrame) -> tuple[NDArray[np.int32], tuple[Recipient | None, ...]]:
    """(int32 [E] into the table, table of distinct recipients with None first)."""
    columns = [EventColumn.RECIPIENT, EventColumn.RECIPIENT_AGE, EventColumn.RECIPIENT_INTERESTS, EventColumn.BUDGET]
    table: dict[Recipient | None, int] = {None: 0}
    codes = np.zeros(len(frame), np.int32)
    known = frame[columns].drop(columns=EventColumn.RECIPIENT_INTERESTS).notna().any(axis=1)
    known |= frame[EventColumn.RECIPIENT_INTERESTS].map(lambda names: names is not None and len(names) > 0)
    rows = frame.loc[known, columns]
    for place, (name, age, interests, budget) in zip(
        np.flatnonzero(known), rows.itertuples(index=False, name=None), strict=True
    ):
        recipient = Recipient(
            None if pd.isna(name) else str(name),
            None if pd.isna(age) else int(age),
            tuple(str(interest) for interest in interests) if interests is not None else (),
            None if pd.isna(budget) else float(budget),
        )
        codes[place] = table.setdefault(recipient, len(table))
    return codes, tuple(table)
