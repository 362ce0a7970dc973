"""Presets: a teacher's shape and training in a TOML file that an analyst can read, copy and change."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from data.dataset import MAX_SEED
from data.errors import ToyGuideError, parameter_error
from recommender.learning.fit import FitOptions
from recommender.learning.recency import MAX_HALF_LIFE
from recommender.learning.two_tower import TwoTowerConfig

MAX_EPOCHS = 10_000
FOLDER = Path(__file__).parent / "presets"


@dataclass(frozen=True)
class Preset:
    """How a teacher is built and trained.

    negatives: toys drawn for a step where the catalogue is too large for a full softmax, see `learning.sampled`
    half_life: days after which an event weighs half in training, see `learning.recency`; 0 = all weigh alike
    """

    name: str
    model: TwoTowerConfig
    training: FitOptions
    targets_per_batch: int
    negatives: int = 8192
    half_life: float = 0.0


def preset_names() -> list[str]:
    """Names of the presets that come with ToyGuide."""
    return sorted(file.stem for file in FOLDER.glob("*.toml"))


def load_preset(name: str, **changes: Any) -> Preset:
    """A preset by name, or from a TOML file of the same keys; `changes` override single keys.

    Raises ToyGuideError that lists the presets if there is none of that name, or names the key that is wrong.
    """
    file = Path(name) if name.endswith(".toml") else FOLDER / f"{name}.toml"
    if not file.is_file():
        known = ", ".join(preset_names())
        raise ToyGuideError(
            f"There is no preset {name!r}. Choose one of {known}, or give a .toml file of the same keys."
        )
    try:
        values: dict[str, Any] = tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ToyGuideError(f"{file} cannot be read as TOML: {error}.") from error
    return make_preset(file.stem, values | changes)


def make_preset(name: str, values: dict[str, Any]) -> Preset:
    """A preset from its keys; every key must be there, of the right type and in its range."""
    kinds = {field.name: field.type for field in (*fields(TwoTowerConfig), *fields(FitOptions))}
    kinds |= {"targets_per_batch": "int", "negatives": "int", "half_life": "float"}
    required = {field.name for field in fields(TwoTowerConfig) if field.name != "sentences"} | {
        "epochs",
        "learning_rate",
        "targets_per_batch",
    }
    if missing := sorted(required - values.keys()):
        raise ToyGuideError(f"Preset {name!r} lacks the key {missing[0]!r}.")
    for key, value in values.items():
        if key not in kinds:
            raise ToyGuideError(f"Preset {name!r} has an unknown key {key!r}. Known are {', '.join(sorted(kinds))}.")
        if kinds[key] == "bool":
            if not isinstance(value, bool):
                raise parameter_error(key, f"preset {name!r}", "true or false", value)
            continue
        low, high = _RANGES[key]
        right = isinstance(value, int) and not isinstance(value, bool)
        right = right or (kinds[key] == "float" and isinstance(value, float))
        if not right or not low <= value <= high:
            must_be = f"{'an int' if kinds[key] == 'int' else 'a number'} in [{low}, {high}]"
            raise parameter_error(key, f"preset {name!r}", must_be, value)
    if values["width"] % values["heads"]:
        raise parameter_error("heads", f"preset {name!r}", f"a divisor of width ({values['width']})", values["heads"])
    return Preset(
        name,
        TwoTowerConfig(**{field.name: values[field.name] for field in fields(TwoTowerConfig) if field.name in values}),
        FitOptions(**{field.name: values[field.name] for field in fields(FitOptions) if field.name in values}),
        values["targets_per_batch"],
        values.get("negatives", Preset.negatives),
        values.get("half_life", Preset.half_life),
    )


_RANGES: dict[str, tuple[float, float]] = {
    "width": (8, 2048),
    "layers": (1, 24),
    "heads": (1, 64),
    "dropout": (0.0, 0.9),
    "temperature": (0.005, 1.0),
    "max_history": (1, 500),
    "text_width": (1, 2048),
    "id_dropout": (0.0, 0.9),
    "epochs": (1, MAX_EPOCHS),
    "learning_rate": (1e-7, 1.0),
    "weight_decay": (0.0, 1.0),
    "warmup": (0.0, 0.9),
    "average": (0.0, 0.99999),
    "patience": (1, 10_000),
    "seed": (0, MAX_SEED),
    "targets_per_batch": (1, 1_000_000),
    "negatives": (1, 1_000_000),
    "half_life": (0.0, MAX_HALF_LIFE),
}
