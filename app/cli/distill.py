"""`toyguide distill`: from a teacher, or several, to a student."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.console import progress_bar
from app.cli.folders import check_output
from app.cli.train import DataOption, HalfLifeOption, JsonOption, finish, keep, report_to
from data.errors import ToyGuideError

if TYPE_CHECKING:
    from data.dataset import Dataset
    from data.protocol import SplitPlan


TeachersOption = Annotated[
    list[Path] | None, typer.Option("--teacher", help="Folder of a teacher's run; several are blended.")
]
BlendOption = Annotated[Path | None, typer.Option("--blend", help="Folder of a blend, which teaches alone.")]
BaselinesOption = Annotated[
    list[str] | None,
    typer.Option("--recommender", help="A baseline by name, such as rules, as a teacher; blended with the others."),
]
AlphaOption = Annotated[float, typer.Option("--alpha", help="Weight of the hard loss, 0 to 1.")]
TemperatureOption = Annotated[float, typer.Option("--temperature", help="Softens both sides of the soft loss.")]
OutsideOption = Annotated[
    str,
    typer.Option("--outside", help="What soft targets say nothing of: toys of the 'prefix', or all the 'shopper' met."),
]
DreamsOption = Annotated[
    int, typer.Option("--dreams", help="Epochs on shoppers that the teacher dreamt up, for each one on real shoppers.")
]
FamilyOption = Annotated[str, typer.Option("--family", help="transformer or pooling.")]
WidthOption = Annotated[int, typer.Option("--width", help="Numbers in a toy's vector.")]
BitsOption = Annotated[int, typer.Option("--bits", help="Of a number of the stored table, 8 or 4.")]
DropoutOption = Annotated[float, typer.Option("--dropout", help="Share of numbers dropped in training.")]
EpochsOption = Annotated[int, typer.Option("--epochs", help="Epochs at most.")]
NearOption = Annotated[
    int,
    typer.Option("--near", help="Toys beside each toy, by the rules, in a table of their own; 0 is none."),
]
RateOption = Annotated[float, typer.Option("--rate", help="Learning rate at its highest; it falls to a twentieth.")]
AverageOption = Annotated[
    float, typer.Option("--average", help="Decay of the running mean of the weights that is kept; 0 keeps the last.")
]
PatienceOption = Annotated[int, typer.Option("--patience", help="Epochs without a better one before learning stops.")]
AloneEpochsOption = Annotated[
    int, typer.Option("--alone-epochs", help="Epochs at most of the student without a teacher.")
]
AloneDropoutOption = Annotated[float, typer.Option("--alone-dropout", help="Dropout of the student without a teacher.")]
AloneRateOption = Annotated[float, typer.Option("--alone-rate", help="Learning rate of the student without a teacher.")]
FinishOption = Annotated[
    int, typer.Option("--finish", help="Epochs at the end with the table rounded as it will be stored.")
]


def distill(
    data: DataOption,
    out: Annotated[Path, typer.Option("--out", help="Folder to write the student to; an old run there is replaced.")],
    teacher: TeachersOption = None,
    blend: BlendOption = None,
    recommender: BaselinesOption = None,
    alpha: AlphaOption = 0.3,
    temperature: TemperatureOption = 1.0,
    top: Annotated[int, typer.Option(help="Toys of the teacher that are looked at one by one.")] = 256,
    own: Annotated[int, typer.Option(help="Further toys to look at: those that the student ranks highest.")] = 0,
    outside: OutsideOption = "prefix",
    dreams: DreamsOption = 0,
    start: Annotated[bool, typer.Option("--start/--no-start", help="Begin with the teacher's toy vectors.")] = True,
    family: FamilyOption = "transformer",
    width: WidthOption = 64,
    bits: BitsOption = 8,
    dropout: DropoutOption = 0.2,
    epochs: EpochsOption = 10,
    rate: RateOption = 0.003,
    average: AverageOption = 0.0,
    patience: PatienceOption = 3,
    finish_epochs: FinishOption = 1,
    near: NearOption = 0,
    half_life: HalfLifeOption = 0.0,
    seed: Annotated[int, typer.Option(help="Seed of weights, batches and dropout.")] = 0,
    scores: Annotated[
        Path | None, typer.Option("--scores", help="Folder that keeps the teacher's scores for the next student.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Distil teachers into a student: L = alpha * hard + (1 - alpha) * T^2 * KL.

    A distillation that was killed goes on from its last epoch when the same command is given again. Under torchrun
    several processes distil together; the first of them writes and speaks.
    """
    if not (teacher or blend or recommender or alpha == 1):
        raise ToyGuideError(
            "distill needs a teacher: give --teacher, --blend or --recommender; without one --alpha must be 1. "
            f"Got {alpha:g}."
        )
    from data.dataset import load_fit_dataset
    from data.protocol import split_dataset
    from distillation.distill import DistilOptions, save_student
    from distillation.student import StudentConfig
    from distillation.teach import teach
    from distillation.teachers import gather_teacher
    from recommender.learning.checkpoint import unfinished_of
    from recommender.learning.processes import process_rank

    check_output(out, "student", "distill")
    options = DistilOptions(
        alpha=alpha,
        temperature=temperature,
        epochs=epochs,
        learning_rate=rate,
        average=average,
        patience=patience,
        seed=seed,
        top=top,
        own=own,
        outside=outside,  # type: ignore[arg-type]  # checked there
        dreams=dreams,
        half_life=half_life,
        start=start,
        finish=finish_epochs,
    )
    config = StudentConfig(width=width, family=family, bits=bits, dropout=dropout)  # type: ignore[arg-type]  # checked there
    dataset = load_fit_dataset(data)
    plan = teachers_plan(dataset, teacher or [], blend)
    split = split_dataset(dataset, plan)
    chosen = None
    if teacher or blend or recommender:
        chosen = gather_teacher(dataset, split, plan, teacher or [], blend, recommender or [])
    first = process_rank() == 0
    with progress_bar(shown=first) as progress:
        report = report_to(progress, "Distilling the student")
        unfinished = unfinished_of(out)
        _, weights, record = teach(dataset, split, plan, chosen, config, options, scores, report, near, unfinished)
    if first:
        finish(keep(save_student, out, weights, record), out, as_json)


def teachers_plan(dataset: Dataset, runs: list[Path], blend: Path | None) -> SplitPlan:
    """What was held out from the teachers; without any, leave-one-out in the dataset's own order."""
    from data.protocol import plan_split
    from recommender.learning.blend import KIND
    from recommender.learning.runs import read_run
    from recommender.learning.teacher import load_teacher, recorded_plan

    if blend is not None:
        return recorded_plan(blend, read_run(blend, KIND))
    return recorded_plan(runs[0], load_teacher(runs[0], dataset)[1]) if runs else plan_split(dataset)
