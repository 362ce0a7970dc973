"""`toyguide blend`: several teachers, the rules and other baselines, as one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from app.cli.console import ERR, OUT, print_json
from app.cli.folders import check_output


def blend(
    data: Annotated[Path, typer.Option("--data", help="Folder of a dataset.")],
    teacher: Annotated[list[Path], typer.Option("--teacher", help="Folder of a teacher's run; may be given again.")],
    out: Annotated[Path, typer.Option("--out", help="Folder to write the blend to; an old blend there is replaced.")],
    rules: Annotated[bool, typer.Option("--rules/--no-rules", help="Take the directed rules in as a member.")] = True,
    recommender: Annotated[
        list[str] | None, typer.Option(help="Another baseline by name to take in; may be given again.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the record as JSON.")] = False,
) -> None:
    """Blend teachers: a weighted sum of log-probabilities, with weights set on the validation part."""
    from data.dataset import load_fit_dataset
    from data.protocol import split_dataset
    from recommender.learning.blend import blend_teachers, save_blend
    from recommender.learning.teacher import load_teacher, recorded_plan

    check_output(out, "blend", "blend")
    dataset = load_fit_dataset(data)
    split = split_dataset(dataset, recorded_plan(teacher[0], load_teacher(teacher[0], dataset)[1]))
    baselines = list(dict.fromkeys([*(["rules"] if rules else []), *(recommender or [])]))
    ERR.print(f"Setting {len(teacher) + len(baselines)} weights on the validation part.")
    _, record = blend_teachers(dataset, split, teacher, baselines)
    full = save_blend(out, record, teacher)
    if as_json:
        print_json(full)
        return
    shares = ", ".join(f"{member['name']} {member['weight']:.2f}" for member in full["members"])
    OUT.print(
        f"blend {full['digest'][:12]} in {out}: {shares}; validation NDCG@10 {full['validation_ndcg_10']:.4f}",
        markup=False,
    )
