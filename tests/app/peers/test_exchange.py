from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from app.peers.exchange import hand_over, read_lists
from app.peers.side.contest import read_data
from data.dataset import Dataset
from data.errors import DataError
from data.split import Split


def test_a_peer_is_told_all_but_what_is_to_be_found(tmp_path: Path, shop: Dataset, split: Split) -> None:
    digest = hand_over(split, len(shop.index), tmp_path / "data.npz")
    told = read_data(tmp_path / "data.npz")
    assert (told.digest, told.n_toys) == (digest, len(shop.index))
    np.testing.assert_array_equal(told.targets, split.validation.targets)
    for given, ours in (
        (told.train, split.train),
        (told.validation, split.validation.histories),
        (told.queries, split.test.histories),
    ):
        np.testing.assert_array_equal(given.toys, ours.toys)
        np.testing.assert_array_equal(given.offsets, ours.offsets)
        np.testing.assert_array_equal(given.rows, ours.rows)
    with np.load(tmp_path / "data.npz", allow_pickle=False) as kept:
        sizes = {name: len(kept[name]) for name in kept.files if kept[name].ndim}
    assert len(sizes) == 8  # three sets of histories, the validation targets and the queries that are timed
    for row, target in enumerate(split.test.targets):
        assert target not in told.queries[row]


def test_the_digest_is_that_of_the_data(tmp_path: Path, shop: Dataset, split: Split) -> None:
    digest = hand_over(split, len(shop.index), tmp_path / "one.npz")
    assert hand_over(split, len(shop.index), tmp_path / "two.npz") == digest
    assert hand_over(split, len(shop.index) + 1, tmp_path / "two.npz") != digest


@pytest.mark.parametrize(
    ("lists", "said"),
    [
        (np.zeros((3, 20), np.int32), "a row a query"),
        (np.zeros((0, 21), np.int32), "a row a query"),
        (np.zeros(5, np.int32), "a row a query"),
        (np.zeros((0, 20), np.float32), "Got float32"),
    ],
)
def test_what_is_no_table_of_lists_is_refused(tmp_path: Path, split: Split, lists: np.ndarray, said: str) -> None:
    np.save(tmp_path / "lists.npy", lists)
    with pytest.raises(DataError, match=said):
        read_lists(tmp_path / "lists.npy", split.test)


def test_a_file_that_is_no_array_is_refused(tmp_path: Path, split: Split) -> None:
    (tmp_path / "lists.npy").write_text("no array", encoding="utf-8")
    with pytest.raises(DataError, match="as an array of numpy"):
        read_lists(tmp_path / "lists.npy", split.test)
