import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from data.schema import KIND_CODES, EventKind
from data.sequences import Sequences
from recommender.learning.batches import epoch_batches, make_windows

VIEW, BUY = KIND_CODES[EventKind.VIEW], KIND_CODES[EventKind.PURCHASE]


def sequences_of(rows):
    """rows: a list of lists of (toy, kind)."""
    flat = [contact for row in rows for contact in row]
    toys = np.array([toy for toy, _ in flat], np.int32)
    return Sequences(
        tuple(f"s{i}" for i in range(len(rows))),
        np.cumsum([0, *map(len, rows)]).astype(np.int64),
        toys,
        np.array([kind for _, kind in flat], np.int8),
        np.full(len(flat), -1, np.int64),
        np.full(len(flat), -1.0, np.float32),
        np.zeros(len(flat), np.int32),
        (None,),
    )


contact_lists = st.lists(
    st.lists(st.sampled_from([VIEW, BUY]), max_size=12).map(
        lambda kinds: [(toy, kind) for toy, kind in enumerate(kinds, start=1)]
    ),
    min_size=1,
    max_size=8,
).filter(lambda rows: any(rows))


@settings(max_examples=200, deadline=None)
@given(contact_lists, st.integers(1, 5), st.integers(1, 9))
def test_every_wanted_contact_is_a_target_exactly_once_with_what_came_before_it(rows, max_history, size):
    sequences = sequences_of(rows)
    windows = make_windows(sequences, max_history, ())
    seen = []
    for batch in epoch_batches(windows, size, np.random.default_rng(0)):
        for i in range(len(batch.targets)):
            row, step, contact = int(batch.row[i]), int(batch.step[i]), int(batch.contacts[i])
            seen.append(contact)
            shopper = int(np.searchsorted(sequences.offsets, contact, side="right")) - 1
            before = sequences.toys[sequences.offsets[shopper] : contact].tolist()
            known = batch.toys[row, :step].tolist()
            assert int(batch.targets[i]) == sequences.toys[contact]
            assert known == before[len(before) - len(known) :]
            assert len(known) <= max_history
            assert len(known) >= min(len(before), 1)
            assert sorted(batch.prefix[i][batch.prefix[i] > 0].tolist()) == sorted(known)
    assert sorted(seen) == np.flatnonzero(sequences.wanted).tolist()


def test_batches_are_alike_in_length_and_near_the_size_asked_for():
    rng = np.random.default_rng(0)
    rows = [[(toy, BUY) for toy in range(1, int(n) + 1)] for n in rng.integers(1, 20, 400)]
    windows = make_windows(sequences_of(rows), 20, ())
    batches = list(epoch_batches(windows, 256, np.random.default_rng(1)))
    assert all(len(batch.targets) <= 256 + 20 for batch in batches)
    wasted = sum((batch.toys == 0).sum() for batch in batches) / sum(batch.toys.numel() for batch in batches)
    assert wasted < 0.15


def test_the_order_of_batches_is_the_generators_alone():
    rows = [[(toy, BUY) for toy in range(1, 9)] for _ in range(40)]
    windows = make_windows(sequences_of(rows), 20, ())

    def targets(seed):
        return torch.cat([batch.contacts for batch in epoch_batches(windows, 32, np.random.default_rng(seed))])

    assert torch.equal(targets(3), targets(3))
    assert not torch.equal(targets(3), targets(4))
