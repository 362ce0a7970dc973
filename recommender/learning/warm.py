"""A training that begins where an earlier one ended, on data that has grown since."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor

from data.dataset import Dataset
from data.errors import ToyGuideError
from data.protocol import SplitPlan, plan_from
from recommender.features import FeatureSchema
from recommender.learning.presets import Preset, make_preset
from recommender.learning.runs import as_recorded, check_same_data, load_run, schema_from
from recommender.learning.two_tower import TwoTower

IDS = "toys.ids.weight"
_GROWS = (IDS, "unseen")
_FIRST = ("epochs", "learning_rate")


@dataclass(frozen=True)
class WarmStart:
    """A trained teacher that another one begins as; its features are read as it read them.

    weights: of its model; plan: what was held out from it; toys: how many it knows; digest: of its weights
    first: epochs and learning rate of the training at the beginning of the chain, which all that follow are set by: a
    teacher that is trained on every week would else learn half as fast each time
    """

    weights: dict[str, Tensor]
    schema: FeatureSchema
    projection: Tensor
    preset: Preset
    plan: SplitPlan
    toys: int
    digest: str
    first: dict[str, float]

    def put_into(self, model: TwoTower) -> None:
        """Give `model` these weights. Toys that the teacher never met begin without an id, by their features alone.

        Raises ToyGuideError if the model is of another shape, or knows fewer toys.
        """
        ids, old_ids = model.toys.ids.weight, self.weights[IDS]
        if len(ids) <= self.toys:
            raise ToyGuideError(f"A teacher of {self.toys} toys cannot begin one of {len(ids) - 1}: none may go.")
        rest = {name: value for name, value in model.state_dict().items() if name not in _GROWS}
        old = {name: self.weights.get(name) for name in rest}
        same = all(value is not None and value.shape == rest[name].shape for name, value in old.items())
        if not same or old_ids.shape[1] != ids.shape[1]:
            raise ToyGuideError(f"A teacher of preset {self.preset.name!r} cannot begin one of another shape.")
        with torch.no_grad():
            ids.zero_()
            ids[: self.toys + 1] = old_ids
            ids[self.weights["unseen"]] = 0.0  # what a training never touched is noise
            for name, value in rest.items():
                value.copy_(self.weights[name])


def read_start(
    folder: Path, known: Dataset, epochs: int | None = None, rate: float | None = None, half_life: float = 0.0
) -> WarmStart:
    """The teacher in `folder` as a beginning; `known` must be what it was trained on: its toys have numbers there.

    epochs, rate: of the training to come, by default a third and a half of what the first teacher of the chain had
    half_life: of the training to come, see `learning.recency`
    Raises ToyGuideError.
    """
    weights, record = load_run(folder, "teacher")
    check_same_data(folder, record, known)
    with as_recorded(folder):
        schema = schema_from(weights, record["interests"])
        values = {key: value for key, value in record["preset"].items() if key != "name"}
        preset = make_preset(record["preset"]["name"], values)
        toys = len(weights[IDS]) - 1
        digest = str(record["digest"])
        plan = plan_from(record["dataset"]["split"])
        first = record.get("first") or {name: values[name] for name in _FIRST}
        usual_epochs, usual_rate = max(2, int(first["epochs"]) // 3), float(first["learning_rate"]) / 2
    training = replace(
        preset.training,
        epochs=usual_epochs if epochs is None else epochs,
        learning_rate=usual_rate if rate is None else rate,
    )
    projection = weights["text_projection"]
    preset = replace(preset, training=training, half_life=half_life)
    return WarmStart(weights, schema, projection, preset, plan, toys, digest, first)
