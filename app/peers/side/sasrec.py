"""RecTools' SASRec (Kang and McAuley, 2018, with RecTools' losses), by RecTools' own classes and defaults.

Each trial learns epoch by epoch, is judged on the validation part after each, and stops after `PATIENCE` epochs without
a better one. What is kept is RecTools' own checkpoint of the best epoch; a learning that was killed goes on from its
last epoch.
"""

from __future__ import annotations

import logging
import shutil
import time
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from pytorch_lightning import Trainer, seed_everything
from rectools import Columns
from rectools.dataset import Dataset
from rectools.models import SASRecModel

from app.peers.side.contest import Data, Histories, ndcg_10, note, peak_mib, read, run, threads, write

GRID: tuple[dict[str, Any], ...] = (
    {"n_factors": 128, "dropout_rate": 0.2, "batch_size": 32},
    {"n_factors": 128, "dropout_rate": 0.5, "batch_size": 32},
    {"n_factors": 256, "dropout_rate": 0.2, "batch_size": 128},
)
"""The last is RecTools' default. All else always is: 2 blocks, 4 heads, softmax over all toys, a rate of 0.001."""
SESSION = 20
"""The newest toys of a history that are read, as ours reads them."""
EPOCHS = 100
PATIENCE = 10
_START = pd.Timestamp("2020-01-01")  # only the order of contacts counts
_FEW = 2  # epochs of `pace`: the first warms up, the second is timed
_LONG = 60  # seconds of an epoch beside which warming up is nothing
_QUIET = logging.ERROR


class SasRec:
    """SASRec on ids alone."""

    def learn(self, data: Data, folder: Path, minutes: float) -> dict[str, Any]:
        """One trial after the other, until all are done or the minutes of processor time are over."""
        left, trials = 60 * minutes, []
        for number, settings in enumerate(GRID):
            trial = self._trial(data, folder / f"trial-{number}", settings, left)
            if trial is None:
                break
            left -= trial["processor_seconds"]
            trials.append(trial)
        best = max(trials, key=lambda trial: trial["validation_ndcg_10"])
        model = SASRecModel.load_from_checkpoint(folder / best["folder"] / "best.ckpt", map_location="cpu")
        size = sum(each.numel() * each.element_size() for each in model.torch_model.parameters())
        return {
            "chosen": best,
            "trials": trials,
            "done": len(trials) == len(GRID) and all(trial["done"] for trial in trials),
            "processor_seconds": sum(trial["processor_seconds"] for trial in trials),
            "disk_bytes": (folder / best["folder"] / "best.ckpt").stat().st_size,
            "bytes": size,
            "peak_mib": peak_mib(),
        }

    def _trial(self, data: Data, folder: Path, settings: dict[str, Any], left: float) -> dict[str, Any] | None:
        """One setting, learned until it gets no better or `left` seconds are over; None if there are none."""
        kept = read(folder / "trial.json")
        if kept.get("digest") != data.digest or kept.get("settings") != settings:
            kept = {"digest": data.digest, "settings": settings, "folder": folder.name, "curve": [], "done": False}
        curve: list[dict[str, float]] = kept["curve"]
        if not kept["done"]:
            if left <= sum(each["processor_seconds"] for each in curve):
                return None if not curve else summed(kept)
            folder.mkdir(parents=True, exist_ok=True)
            train = dataset_of(data.train)
            if curve:
                model = SASRecModel.load_from_checkpoint(folder / "last.ckpt", map_location="cpu")
            else:
                model = new_model(settings)
            self.n_toys = data.n_toys
            while not kept["done"]:
                started, worked = time.monotonic(), time.process_time()
                model.fit_partial(train, min_epochs=1, max_epochs=1)
                seconds, processor = time.monotonic() - started, time.process_time() - worked
                self.model = model
                found = ndcg_10(self.lists(data.validation, 10), data.targets)
                curve.append({"seconds": seconds, "processor_seconds": processor, "validation_ndcg_10": found})
                best = max(range(len(curve)), key=lambda epoch: curve[epoch]["validation_ndcg_10"])
                over = sum(each["processor_seconds"] for each in curve) >= left
                kept["done"] = len(curve) - 1 - best >= PATIENCE or len(curve) >= EPOCHS
                unfinished = folder / "unfinished.ckpt"
                model.fit_trainer.save_checkpoint(unfinished)
                if best == len(curve) - 1:
                    shutil.copyfile(unfinished, folder / "unfinished-best.ckpt")
                    (folder / "unfinished-best.ckpt").replace(folder / "best.ckpt")
                unfinished.replace(folder / "last.ckpt")
                write(folder / "trial.json", kept)
                note(f"sasrec {settings}: epoch {len(curve)}, {seconds:.1f} s, validation NDCG@10 {found:.4f}")
                if over:
                    break
        return summed(kept)

    def pace(self, data: Data, folder: Path) -> dict[str, Any]:
        """Seconds of an epoch as chosen, times the epochs that were learned."""
        chosen = read(folder / "learn.json")["chosen"]
        model, train = new_model(chosen["settings"]), dataset_of(data.train)
        took: list[float] = []
        while not took or (len(took) < _FEW and took[-1] < _LONG):
            started = time.monotonic()
            model.fit_partial(train, min_epochs=1, max_epochs=1)
            took.append(time.monotonic() - started)
        return {
            "seconds": took[-1] * chosen["epochs"],
            "epochs": chosen["epochs"],
            "seconds_per_epoch": took[-1],
        }

    def load(self, data: Data, folder: Path) -> None:
        """RecTools' checkpoint of the best epoch."""
        best = read(folder / "learn.json")["chosen"]["folder"]
        self.model = SASRecModel.load_from_checkpoint(folder / best / "best.ckpt", map_location="cpu")
        self.n_toys = data.n_toys
        self._embeddings: torch.Tensor | None = None
        known = self.model.data_preparator.item_id_map
        self._place = dict(zip(known.external_ids.tolist(), known.internal_ids.tolist(), strict=True))
        self._toys = np.array([each if isinstance(each, int) else 0 for each in known.external_ids.tolist()], np.int64)

    def answer(self, history: NDArray[np.int32], k: int) -> Sequence[int]:
        """`recommend` for one shopper, over a RecTools dataset of that shopper's history."""
        asked = dataset_of(Histories(history, np.array([0, len(history)])))
        found = self.model.recommend(users=[0], dataset=asked, k=k, filter_viewed=True)
        return [int(toy) for toy in found[Columns.Item]]

    def bare(self, history: NDArray[np.int32], k: int) -> Sequence[int] | None:
        """One pass of the network and the best k, without RecTools' tables."""
        places = [self._place[int(toy)] for toy in history if int(toy) in self._place]
        newest = places[-SESSION:]
        session = torch.zeros((1, SESSION), dtype=torch.long)
        session[0, SESSION - len(newest) :] = torch.tensor(newest, dtype=torch.long)
        network = self.model.lightning_model.torch_model
        with torch.inference_mode():
            if self._embeddings is None:
                network.eval()
                self._embeddings = network.item_model.get_all_embeddings()
            shopper = network.encode_sessions({"x": session}, self._embeddings)[0, -1]
            scores = self._embeddings @ shopper
            scores[0] = -torch.inf  # padding
            scores[places] = -torch.inf
            best = scores.topk(k).indices.numpy()
        return [int(toy) for toy in self._toys[best]]

    def lists(self, histories: Histories, k: int) -> NDArray[np.int32]:
        """All of them by `recommend`; a shopper of whom no toy is known gets none."""
        made = np.full((len(histories), k), -1, np.int32)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it warns of shoppers without a known toy
            asked = np.unique(histories.rows)
            found = self.model.recommend(
                users=asked, dataset=dataset_of(histories), k=k, filter_viewed=True, on_unsupported_targets="ignore"
            )
        made[found[Columns.User], found[Columns.Rank] - 1] = found[Columns.Item]
        return made


def new_model(settings: dict[str, Any]) -> SASRecModel:
    """A model that has learned nothing, of the settings."""
    seed_everything(0)
    return SASRecModel(session_max_len=SESSION, get_trainer_func=trainer, **settings)


def trainer() -> Trainer:
    """RecTools' own trainer, but silent."""
    return Trainer(
        accelerator="cpu",
        max_epochs=EPOCHS,  # no fewer than a checkpoint that is loaded has; `fit_partial` sets its own
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        logger=False,
    )


def summed(kept: dict[str, Any]) -> dict[str, Any]:
    """A trial with its best epoch; its seconds are those of all its epochs."""
    curve = kept["curve"]
    best = max(range(len(curve)), key=lambda epoch: curve[epoch]["validation_ndcg_10"])
    return kept | {
        "epochs": len(curve),
        "best_epoch": best + 1,
        "validation_ndcg_10": curve[best]["validation_ndcg_10"],
        "seconds": sum(each["seconds"] for each in curve),
        "processor_seconds": sum(each["processor_seconds"] for each in curve),
    }


def dataset_of(histories: Histories) -> Dataset:
    """RecTools' dataset: the shopper's row is its id, the toy's number its; a second stands between two contacts."""
    places = np.arange(len(histories.toys)) - histories.offsets[histories.rows]
    frame = pd.DataFrame(
        {
            Columns.User: histories.rows,
            Columns.Item: histories.toys.astype(np.int64),
            Columns.Weight: 1.0,
            Columns.Datetime: _START + pd.to_timedelta(places, unit="s"),
        }
    )
    return Dataset.construct(frame)


if __name__ == "__main__":
    torch.set_num_threads(threads())
    for name in ("pytorch_lightning", "lightning", "lightning.pytorch"):
        logging.getLogger(name).setLevel(_QUIET)
    warnings.filterwarnings("ignore", module=r"(pytorch_)?lightning.*")
    from app.peers.side import sasrec  # by its name: checkpoints say where `trainer` is to be found again

    run(sasrec.SasRec())
