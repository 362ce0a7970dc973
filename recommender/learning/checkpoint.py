"""Where a training stands after an epoch, on disk: what was killed goes on from there to the same result.

A checkpoint is a folder of two files, written whole or not at all; the one before stays until then. It belongs to one
training alone: data, split, preset and seed are its key, and for a student its teacher. One of another key is refused,
for the next epoch would take the place of hours of work; one that cannot be read is passed over, and the log says so.
"""

from __future__ import annotations

import json
import logging
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.optim import Optimizer

from data.atomic import atomic_folder
from data.errors import ToyGuideError

STATE: Final = "state.safetensors"
RECORD: Final = "checkpoint.json"
INTERRUPTED: Final = "what was trained before an interruption"
"""What of a training that went on from a checkpoint its meter cannot see, in words."""
_RNG: Final = "rng"
_MOST_SAID: Final = 4  # differences between two keys: other data differ in many
_DIGEST_SHOWN: Final = 12
_ABSENT: Final = "not said"
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Epoch:
    """What one epoch gave: mean training loss, validation figure (higher is better), seconds so far."""

    number: int
    loss: float
    metric: float
    seconds: float


@dataclass(frozen=True)
class Checkpoint:
    """A folder for the checkpoint of the training that `key` (JSON values) describes."""

    folder: Path
    key: dict[str, Any]

    def save(self, tensors: dict[str, Tensor], history: list[Epoch]) -> None:
        """Replace the checkpoint. Raises DataError if it cannot be written, say to a full disk; the old one stays."""
        with atomic_folder(self.folder) as temporary:
            try:
                save_file(
                    {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}, temporary / STATE
                )
            except SafetensorError as error:  # it has no class of its own for a full disk
                raise OSError(str(error)) from error
            record = {"key": self.key, "epochs": [asdict(epoch) for epoch in history]}
            (temporary / RECORD).write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")

    def check(self) -> None:
        """Raise ToyGuideError, with what differs, if the folder holds a checkpoint of another key."""
        record = self._record()
        if record is None:
            return
        if said := differences(record["key"], json.loads(json.dumps(self.key))):
            raise ToyGuideError(
                f"{self.folder} holds the checkpoint of another training ({said}): "
                f"give another '--out', or remove {self.folder} to train anew."
            )

    def load(self) -> tuple[dict[str, Tensor], list[Epoch]] | None:
        """(tensors, history) as saved; None where there is none, or none that can be read (a warning on the log).

        Raises ToyGuideError if it is of another key, as `check` does.
        """
        self.check()
        record = self._record()
        if record is None:
            if self.folder.exists():
                _log.warning("%s cannot be read as a checkpoint; the training begins anew.", self.folder)
            return None
        try:
            with safe_open(self.folder / STATE, framework="pt") as file:
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a mapping)
            return tensors, [Epoch(**epoch) for epoch in record["epochs"]]
        except (OSError, KeyError, TypeError, SafetensorError) as error:
            _log.warning("%s cannot be read as a checkpoint (%s); the training begins anew.", self.folder, error)
            return None

    @property
    def is_there(self) -> bool:
        """Whether there is one to go on from."""
        return self._record() is not None

    def _record(self) -> dict[str, Any] | None:
        """What lies beside the tensors, with a 'key' that is an object; None if it is not there or cannot be read."""
        try:
            record = json.loads((self.folder / RECORD).read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            return None
        return record if isinstance(record, dict) and isinstance(record.get("key"), dict) else None

    def remove(self) -> None:
        """Remove it, if it is there: the training is done and kept elsewhere."""
        if self.folder.is_dir():
            shutil.rmtree(self.folder)


def unfinished_of(out: Path) -> Path:
    """Where a training that is to end in `out` keeps its checkpoints."""
    return out.with_name(f"{out.name}.unfinished")


def remove_unfinished(out: Path) -> None:
    """Remove the checkpoints of the training whose run is now kept in `out`, if there are any."""
    if unfinished_of(out).is_dir():
        shutil.rmtree(unfinished_of(out))


def checkpoints(unfinished: Path | None, key: dict[str, Any], stages: Sequence[str]) -> list[Checkpoint | None]:
    """A checkpoint for each of the stages that one training has, in `unfinished`; None for each where that is None.

    Raises ToyGuideError if any of them is of another key: not after hours of the stage before it.
    """
    if unfinished is None:
        return [None for _ in stages]
    found = [Checkpoint(unfinished / stage, dict(key)) for stage in stages]
    for each in found:
        each.check()
    return list(found)


def went_before(found: Iterable[Checkpoint | None]) -> list[str]:
    """[`INTERRUPTED`] where there is one to go on from, else []."""
    return [INTERRUPTED] if any(each is not None and each.is_there for each in found) else []


def pack(modules: dict[str, nn.Module], optimizer: Optimizer, best: dict[str, Tensor]) -> dict[str, Tensor]:
    """Everything that the next step depends on as tensors: weights, optimiser, random numbers, the best weights."""
    tensors = {f"{name}.{key}": value for name, module in modules.items() for key, value in module.state_dict().items()}
    for place, state in optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer.{place}.{key}": torch.as_tensor(value) for key, value in state.items()}
    return tensors | {f"best.{key}": value for key, value in best.items()} | {_RNG: torch.get_rng_state()}


def unpack(tensors: dict[str, Tensor], modules: dict[str, nn.Module], optimizer: Optimizer) -> dict[str, Tensor]:
    """Put `pack`ed tensors back; returns the best weights."""
    for name, module in modules.items():
        module.load_state_dict(_below(tensors, name))
    states: dict[int, dict[str, Tensor]] = {}
    for key, value in _below(tensors, "optimizer").items():
        place, _, name = key.partition(".")
        states.setdefault(int(place), {})[name] = value
    optimizer.load_state_dict({"state": states, "param_groups": optimizer.state_dict()["param_groups"]})
    torch.set_rng_state(tensors[_RNG])
    return _below(tensors, "best")


def differences(one: dict[str, Any], other: dict[str, Any]) -> str:
    """What differs between two keys, in words; "" where nothing does."""
    found, own = _flat(one), _flat(other)
    names = [name for name in found | own if found.get(name, _ABSENT) != own.get(name, _ABSENT)]
    said = [f"{name} {_shown(found, name)} → {_shown(own, name)}" for name in names[:_MOST_SAID]]
    if len(names) > _MOST_SAID:
        said.append(f"and {len(names) - _MOST_SAID} more")
    return ", ".join(said)


def _below(tensors: dict[str, Tensor], name: str) -> dict[str, Tensor]:
    return {key.removeprefix(f"{name}."): value for key, value in tensors.items() if key.startswith(f"{name}.")}


def _flat(key: dict[str, Any], above: str = "") -> dict[str, Any]:
    """{"dataset digest": …}: every value of a key under its path in words."""
    found: dict[str, Any] = {}
    for name, value in key.items():
        words = f"{above}{name}".replace("_", " ")
        found |= _flat(value, f"{words} ") if isinstance(value, dict) else {words: value}
    return found


def _shown(values: dict[str, Any], name: str) -> str:
    value = values.get(name, _ABSENT)
    if value is None:
        return "none"
    return str(value)[:_DIGEST_SHOWN] if name.endswith("digest") else str(value)
