"""implicit's alternating least squares (Hu, Koren and Volinsky, 2008), as its documentation shows it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from implicit.cpu.als import AlternatingLeastSquares
from numpy.typing import NDArray
from scipy import sparse

from app.peers.side.contest import Data, Histories, ndcg_10, note, peak_mib, read, run, taken_over, threads, write

FACTORS = (8, 16, 32, 64, 128, 256)
REGULARIZATION = (0.01, 1.0)
ALPHA = (3.0, 10.0, 40.0, 100.0)
ITERATIONS = 15
_VALIDATED_AT_ONCE = 4096


class Als:
    """One matrix factorisation; a shopper's own vector is solved for anew from the history in the query."""

    def learn(self, data: Data, folder: Path, minutes: float) -> dict[str, Any]:
        """Every point of the grid once, until the minutes are over; the best is then learned again and kept."""
        kept = read(folder / "trials.json")
        grid: list[dict[str, Any]] = [
            {"factors": factors, "regularization": regularization, "alpha": alpha, "iterations": ITERATIONS}
            for factors, regularization, alpha in product(FACTORS, REGULARIZATION, ALPHA)
        ]
        trials, left = taken_over(grid, kept["trials"] if kept.get("digest") == data.digest else [])
        self.n_toys = data.n_toys
        for settings in left:
            if sum(trial["processor_seconds"] for trial in trials) > 60 * minutes:
                break
            self.model, taken = fitted(data, settings)
            found = ndcg_10(self.lists(data.validation, 10), data.targets)
            trials.append({**settings, "validation_ndcg_10": found, **taken})
            write(folder / "trials.json", {"digest": data.digest, "trials": trials})
            note(f"als {len(trials)} of {len(grid)}: {settings}: {taken['seconds']:.1f} s, NDCG@10 {found:.4f}")
        best = max(trials, key=lambda trial: trial["validation_ndcg_10"])
        self.model, _ = fitted(data, best)
        self.model.save(folder / "model.npz")
        return {
            "chosen": best,
            "trials": trials,
            "done": len(trials) == len(grid),
            "processor_seconds": sum(trial["processor_seconds"] for trial in trials),
            "disk_bytes": (folder / "model.npz").stat().st_size,
            "bytes": self.model.item_factors.nbytes,
            "peak_mib": peak_mib(),
        }

    def pace(self, data: Data, folder: Path) -> dict[str, Any]:
        """The chosen settings once more, whole."""
        chosen = read(folder / "learn.json")["chosen"]
        seconds = fitted(data, chosen)[1]["seconds"]
        return {"seconds": seconds, "epochs": chosen["iterations"], "seconds_per_epoch": seconds / chosen["iterations"]}

    def load(self, data: Data, folder: Path) -> None:
        """The vectors of toys and shoppers, as implicit keeps them."""
        self.model, self.n_toys = AlternatingLeastSquares.load(folder / "model.npz"), data.n_toys

    def answer(self, history: NDArray[np.int32], k: int) -> Sequence[int]:
        """`recommend` with `recalculate_user`, the way for a shopper who did something since."""
        row = matrix(Histories(history, np.array([0, len(history)])), self.n_toys)
        toys, _ = self.model.recommend(0, row, N=k, filter_already_liked_items=True, recalculate_user=True)
        return [int(toy) + 1 for toy in toys]

    def bare(self, history: NDArray[np.int32], k: int) -> Sequence[int] | None:
        """There is nothing around it that could be left away."""
        return None

    def lists(self, histories: Histories, k: int) -> NDArray[np.int32]:
        """All of them by `recommend`, some thousand at once."""
        rows = matrix(histories, self.n_toys)
        made = np.full((len(histories), k), -1, np.int32)
        for start in range(0, len(histories), _VALIDATED_AT_ONCE):
            some = rows[start : start + _VALIDATED_AT_ONCE]
            toys, scores = self.model.recommend(
                np.arange(some.shape[0]), some, N=k, filter_already_liked_items=True, recalculate_user=True
            )
            real = (toys >= 0) & (scores > np.finfo(np.float32).min)
            made[start : start + len(toys), : toys.shape[1]] = np.where(real, toys + 1, -1)
        return made


def fitted(data: Data, settings: dict[str, Any]) -> tuple[AlternatingLeastSquares, dict[str, float]]:
    """(a model that learned the train part, seconds it took by the clock and of the processor)."""
    model = AlternatingLeastSquares(
        factors=settings["factors"],
        regularization=settings["regularization"],
        alpha=settings["alpha"],
        iterations=settings["iterations"],
        num_threads=threads(),
        random_state=0,
    )
    rows = matrix(data.train, data.n_toys)
    started, worked = time.monotonic(), time.process_time()
    model.fit(rows, show_progress=False)
    return model, {"seconds": time.monotonic() - started, "processor_seconds": time.process_time() - worked}


def matrix(histories: Histories, n_toys: int) -> sparse.csr_matrix:
    """float32 [shoppers, toys]: 1 where they met; the model itself weighs them by its alpha."""
    ones = np.ones(len(histories.toys), np.float32)
    met = sparse.csr_matrix((ones, (histories.rows, histories.toys - 1)), shape=(len(histories), n_toys))
    met.data[:] = 1  # a toy met twice counts once
    return met


if __name__ == "__main__":
    run(Als())
