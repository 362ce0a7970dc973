"""`toyguide train`: from a dataset to a teacher."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli.console import OUT, print_json, progress_bar
from app.cli.folders import check_output
from app.cli.protocol import CutOption, OrderOption, ProtocolName, ProtocolOption, ValidationCutOption, chosen_plan
from data.errors import parameter_error

if TYPE_CHECKING:
    from rich.progress import Progress
    from torch import Tensor

    from recommender.learning.checkpoint import Epoch
    from recommender.learning.fit import Reporter

    Save = Callable[[Path, dict[str, Tensor], dict[str, Any]], dict[str, Any]]

DataOption = Annotated[Path, typer.Option("--data", help="Folder of a dataset.")]
HalfLifeOption = Annotated[
    float,
    typer.Option("--half-life", help="Days after which an event weighs half in training; 0 = all weigh alike."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the run record as JSON.")]


def train(
    data: DataOption,
    out: Annotated[Path, typer.Option("--out", help="Folder to write the teacher to; an old run there is replaced.")],
    preset: Annotated[str, typer.Option(help="small, base or large, or a TOML file of the same keys.")] = "base",
    seed: Annotated[int, typer.Option(help="Seed of weights, batches and dropout.")] = 0,
    epochs: Annotated[int | None, typer.Option(help="Epochs at most; the preset's by default.")] = None,
    half_life: Annotated[
        float | None,
        typer.Option(
            "--half-life",
            help="Days after which an event weighs half in training; 0 = all weigh alike; the preset's by default.",
        ),
    ] = None,
    protocol: ProtocolOption = ProtocolName.LEAVE_ONE_OUT,
    order: OrderOption = None,
    cut: CutOption = None,
    validation_cut: ValidationCutOption = None,
    tensorboard: Annotated[Path | None, typer.Option(help="Folder to write TensorBoard's event files to.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Train a two-tower teacher; the epoch is chosen on the validation part, the test part is not looked at.

    A training that was killed goes on from its last epoch when the same command is given again. Under torchrun several
    processes train together; the first of them writes and speaks.
    """
    from data.dataset import load_fit_dataset
    from data.protocol import split_dataset
    from recommender.learning.checkpoint import unfinished_of
    from recommender.learning.presets import load_preset
    from recommender.learning.processes import process_rank
    from recommender.learning.teacher import save_teacher, train_teacher

    check_output(out, "teacher", "train")
    stated = {name: value for name, value in (("epochs", epochs), ("half_life", half_life)) if value is not None}
    chosen = load_preset(preset, seed=seed, **stated)
    dataset = load_fit_dataset(data)
    plan = chosen_plan(dataset, protocol, order, cut, validation_cut)
    split = split_dataset(dataset, plan)
    first = process_rank() == 0
    with to_tensorboard(tensorboard if first else None) as note, progress_bar(shown=first) as progress:
        report = report_to(progress, "Training the teacher")
        _, weights, record = train_teacher(dataset, split, plan, chosen, report, unfinished_of(out), note)
    if first:
        finish(keep(save_teacher, out, weights, record), out, as_json)


@contextmanager
def to_tensorboard(folder: Path | None) -> Iterator[Callable[[str, Epoch], None] | None]:
    """Loss, NDCG@10 and seconds of every epoch as TensorBoard's event files in `folder`, if one is given.

    Raises ToyGuideError if it is no folder that can be written.
    """
    if folder is None:
        yield None
        return
    from tensorboardX import SummaryWriter

    try:
        writer = SummaryWriter(str(folder))
    except OSError as error:
        raise parameter_error("--tensorboard", "train", "a folder that can be written", str(folder)) from error

    def note(stage: str, epoch: Epoch) -> None:
        for name in ("loss", "metric", "seconds"):
            if not math.isnan(value := getattr(epoch, name)):
                writer.add_scalar(f"{stage}/{'ndcg_10' if name == 'metric' else name}", value, epoch.number)

    with writer:
        yield note


def keep(save: Save, out: Path, weights: dict[str, Tensor], record: dict[str, Any]) -> dict[str, Any]:
    """Keep what was trained by `save`, and only then remove its checkpoints; returns its full run record."""
    from recommender.learning.checkpoint import remove_unfinished

    full = save(out, weights, record)
    remove_unfinished(out)
    return full


def report_to(progress: Progress, title: str) -> Reporter:
    """A reporter that moves a task of `progress`."""
    task = progress.add_task(title, total=None, note="")

    def report(note: str, done: int, total: int) -> None:
        progress.update(task, completed=done, total=total, note=note)

    return report


def finish(record: dict[str, Any], out: Path, as_json: bool) -> None:
    """Print what a training gave."""
    if as_json:
        print_json(record)
        return
    OUT.print(
        f"{record['kind']} {record['digest'][:12]} in {out}: validation NDCG@10 {record['validation_ndcg_10']:.4f} "
        f"at epoch {record['best_epoch']} of {len(record['epochs'])}, {record['seconds']:.0f} s{_rate(record)}",
        markup=False,
    )


def _rate(record: dict[str, Any]) -> str:
    if "targets_per_second" not in record:
        return ""
    return f" ({record['targets_per_second']:,} targets a second), {record['peak_memory_mb']:,} MB at most"
