"""`toyguide bench peers`: other projects' recommenders beside ours, on the same data and machine, in one run."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from app.cli.console import ERR, OUT, finite, print_json

if TYPE_CHECKING:
    from app.peers.measure import Peer, Place
    from data.dataset import Dataset
    from data.protocol import SplitPlan
    from data.split import Split
    from recommender.evaluation.ranking import Judgement

RESULTS: Final = "peers.json"
TABLE: Final = "peers.md"
CHART: Final = "peers.svg"
_WIDTH: Final = 150  # of the table: figures are never cut, however narrow the terminal


def bench_peers(
    data: Annotated[Path, typer.Option("--data", help="Folder of a dataset.")],
    out: Annotated[Path, typer.Option("--out", help="Folder for models and figures; what is done is taken over.")],
    teacher: Annotated[
        Path | None, typer.Option(help="Folder of a teacher's run; by default one is trained into --out.")
    ] = None,
    student: Annotated[
        Path | None, typer.Option(help="Folder of a student's run; by default one is distilled from the teacher.")
    ] = None,
    bundle: Annotated[
        Path | None, typer.Option(help="The bundle of that student; by default it is built into --out.")
    ] = None,
    preset: Annotated[str, typer.Option(help="Of the teacher that is trained.")] = "base",
    peer: Annotated[list[str] | None, typer.Option(help="als or sasrec; may be given again. By default both.")] = None,
    environments: Annotated[
        Path, typer.Option(help="Folder for the peers' environments, 1.5 GB; made once for the pinned versions.")
    ] = Path("var/peers"),
    minutes: Annotated[
        float, typer.Option(min=0.1, help="Minutes of processor time that each peer may learn and choose.")
    ] = 120.0,
    threads: Annotated[int, typer.Option(min=1, max=64, help="Threads of every process, theirs and ours.")] = 1,
    time_again: Annotated[
        bool, typer.Option("--time-again", help="Take all times anew; what was learned stays as it is.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print every figure as JSON.")] = False,
) -> None:
    """Judge implicit's ALS and RecTools' SASRec beside our teacher and student: quality, times, memory, size."""
    from app.peers.environment import ready
    from app.peers.exchange import DATA, hand_over
    from app.peers.measure import Place
    from data.atomic import alone_in
    from data.dataset import load_fit_dataset
    from data.protocol import plan_split, split_dataset

    peers = _peers(peer)
    dataset = load_fit_dataset(data)
    plan = plan_split(dataset)
    split = split_dataset(dataset, plan)
    environments, out = environments.resolve(), out.resolve()
    with alone_in(out, "bench peers"):
        for each in peers:
            ready(each.pins, environments / each.pins)
        digest = hand_over(split, len(dataset.index), out / DATA)
        place = Place(out, environments, out / DATA, digest, threads)
        runs = _own_runs(place, data, dataset, plan, teacher, student, bundle, preset)
        found = _contest(place, data, dataset, plan, split, peers, runs, minutes, time_again)
        _keep(found, out)
    if as_json:
        print_json(found)
    else:
        _show(found)


def _peers(names: list[str] | None) -> list[Peer]:
    from app.peers.measure import PEERS
    from data.errors import parameter_error

    chosen = list(dict.fromkeys(names or PEERS))
    for name in chosen:
        if name not in PEERS:
            raise parameter_error("--peer", "bench peers", f"one of {', '.join(PEERS)}", name)
    return [PEERS[name] for name in chosen]


def _own_runs(
    place: Place,
    data: Path,
    dataset: Dataset,
    plan: SplitPlan,
    teacher: Path | None,
    student: Path | None,
    bundle: Path | None,
    preset: str,
) -> dict[str, Path]:
    """Folders of teacher, student and bundle: as given, or made by the commands that anyone would use."""
    from app.peers.measure import toyguide
    from data.errors import ToyGuideError
    from distillation.distill import load_student
    from recommender.learning.presets import load_preset
    from recommender.learning.teacher import load_teacher, preset_record
    from recommender.serving.bundle import verify_bundle

    runs = {
        "teacher": teacher or place.out / "teacher",
        "student": student or place.out / "student",
        "bundle": bundle or place.out / "bundle",
    }
    if teacher is None:
        try:
            record = load_teacher(runs["teacher"], dataset)[1]
            same = (
                record["preset"] == preset_record(load_preset(preset)) and record["dataset"]["split"] == plan.record()
            )
        except ToyGuideError:
            same = False
        if not same:
            toyguide(place, "train", "--data", str(data), "--preset", preset, "--out", str(runs["teacher"]))
    if bundle is not None and student is None:
        del runs["student"]
        return runs
    if student is None:
        made_by = load_teacher(runs["teacher"], dataset)[1]["digest"]
        try:
            same = load_student(runs["student"], dataset)[1]["teacher"]["digest"] == made_by
        except ToyGuideError:
            same = False
        if not same:
            folders = ("--teacher", str(runs["teacher"]), "--out", str(runs["student"]))
            toyguide(place, "distill", "--data", str(data), *folders)
    if bundle is None:
        digest = load_student(runs["student"], dataset)[1]["digest"]
        try:
            same = verify_bundle(runs["bundle"]).student.get("digest") == digest
        except ToyGuideError:
            same = False
        if not same:
            folders = ("--student", str(runs["student"]), "--out", str(runs["bundle"]))
            toyguide(place, "bundle", "build", "--data", str(data), *folders)
    return runs


def _contest(
    place: Place,
    data: Path,
    dataset: Dataset,
    plan: SplitPlan,
    split: Split,
    peers: list[Peer],
    runs: dict[str, Path],
    minutes: float,
    again: bool,
) -> dict[str, Any]:
    """Everyone's lists judged on the same queries, then everyone timed, one after the other."""
    from app.cli.contestants import Asked, contestants
    from app.peers.exchange import read_lists
    from app.peers.measure import peer_step
    from app.peers.results import row_of
    from data.cpus import available_cpus
    from recommender.evaluation.compare import compare
    from recommender.evaluation.lists import judge_lists
    from recommender.evaluation.ranking import judge
    from recommender.records import environment

    judged: list[tuple[Judgement, str, dict[str, Any]]] = []
    for each in peers:
        learned = peer_step(place, each, "learn", minutes)
        peer_step(place, each, "list")
        lists = read_lists(place.out / each.name / "lists.npy", split.test)
        judged.append((judge_lists(each.title, lists, split.test, len(dataset.index)), each.name, _learned(learned)))
    asked = Asked([], [runs["teacher"]], [], [], [runs["bundle"]])
    for recommender, folder in contestants(dataset, split, plan, "test", asked):
        kind = "teacher" if folder == runs["teacher"] else "bundle"
        ERR.print(f"Judging the {kind}", markup=False)
        recommender.name = {"teacher": "teacher", "bundle": "student as it ships"}[kind]
        judged.append((judge(recommender, split.test), kind, {}))
    own = _own_costs(place, data, dataset, runs, again)
    rows = []
    for judgement, name, costs in judged:
        timed = own.get(name)
        if timed is None:
            each = next(known for known in peers if known.name == name)
            timed = peer_step(place, each, "ask", again=again) | {"pace": peer_step(place, each, "pace", again=again)}
        kind = "ours" if name in own else "peer"
        rows.append(row_of(judgement, kind, costs | {key: value for key, value in timed.items() if key != "of"}))
    ships = judged[-1][0]
    said = environment(place.threads)
    found: dict[str, Any] = finite(
        {
            "dataset": {"name": dataset.source.name, "digest": dataset.digest, "toys": len(dataset.index)},
            "protocol": split.test.protocol,
            "part": split.test.part,
            "order": plan.order,
            "queries": len(split.test),
            "threads": place.threads,
            "minutes": minutes,
            "machine": {"cores": available_cpus(), "platform": said["platform"], "python": said["python"]},
            "rows": rows,
            "paired": [asdict(compare(ships, other)) for other, _, _ in judged[:-1]],
        }
    )
    return found


def _learned(said: dict[str, Any]) -> dict[str, Any]:
    """What a peer's learning is remembered by."""
    names = ("chosen", "trials", "done", "processor_seconds")
    return {
        "bytes": said["bytes"],
        "disk_bytes": said["disk_bytes"],
        "learning": {name: said[name] for name in names},
    }


def _own_costs(
    place: Place, data: Path, dataset: Dataset, runs: dict[str, Path], again: bool
) -> dict[str, dict[str, Any]]:
    """Times, memory and size of the teacher and of the bundle; the bundle's pace is that of its student."""
    from app.peers.measure import own_step
    from distillation.distill import load_student
    from distillation.package import student_bytes
    from recommender.learning.runs import WEIGHTS
    from recommender.learning.teacher import load_teacher
    from recommender.serving.bundle import read_manifest

    manifest = read_manifest(runs["bundle"])
    digest = load_teacher(runs["teacher"], dataset)[1]["digest"]
    weights = (runs["teacher"] / WEIGHTS).stat().st_size
    costs: dict[str, dict[str, Any]] = {
        "teacher": {"bytes": weights, "disk_bytes": weights},
        "bundle": {
            "bytes": student_bytes(manifest),
            "disk_bytes": sum(entry.bytes for entry in manifest.files.values()),
        },
    }
    costs["teacher"] |= own_step(place, "teacher", "ask", data, runs["teacher"], digest, again=again)
    costs["bundle"] |= own_step(place, "bundle", "ask", data, runs["bundle"], manifest.model, again=again)
    costs["teacher"]["pace"] = own_step(place, "teacher", "pace", data, runs["teacher"], digest, again=again)
    if "student" in runs:
        record = load_student(runs["student"], dataset)[1]
        if record["teacher"] and record["teacher"]["digest"] == digest:
            costs["bundle"]["pace"] = own_step(
                place, "student", "pace", data, runs["student"], record["digest"], runs["teacher"], again
            )
    return costs


def _keep(found: dict[str, Any], out: Path) -> None:
    from app.peers.results import section
    from app.report.peers import chart
    from data.atomic import atomic_file

    texts = {
        RESULTS: json.dumps(found, indent=1, ensure_ascii=False) + "\n",
        TABLE: section(found, "."),
        CHART: chart(found),
    }
    for name, text in texts.items():
        with atomic_file(out / name) as temporary:
            temporary.write_text(text, encoding="utf-8")
        ERR.print(f"Wrote {out / name}", markup=False)


def _show(found: dict[str, Any]) -> None:
    from app.peers.results import crowded, milliseconds, share, training

    table = Table(
        "recommender",
        title=escape(
            f"{found['protocol']}, {found['part']} part, {found['queries']:,} queries, "
            f"all {found['dataset']['toys']:,} toys ranked, toys of the query masked; threads: {found['threads']}"
        ),
    )
    for name in ("R@10", "N@10", "95 %", "ms a request", "MB", "start, s", "MiB in service", "training"):
        table.add_column(name, justify="right")
    for row in found["rows"]:
        table.add_row(
            escape(row["name"]),
            share(row["recall@10"]),
            share(row["ndcg@10"]),
            f"{share(row['low'])}–{share(row['high'])}",
            milliseconds(row),
            f"{row['bytes'] / 1e6:.2f}",
            f"{row['start_seconds']:.1f}",
            f"{row['resident_mib']:,.0f}",
            training(row),
        )
    if busy := [row["name"] for row in found["rows"] if crowded(row)]:
        table.caption = (
            f"The machine had other work while {', '.join(busy)} were timed: their times are not to be trusted. "
            "Say it again with --time-again when it has none."
        )
    Console(width=max(OUT.width, _WIDTH)).print(table)
    for pair in found["paired"]:
        OUT.print(
            f"{pair['first']} − {pair['second']}: {pair['metric']} {pair['difference']:+.4f} "
            f"({pair['low']:+.4f} to {pair['high']:+.4f}; p = {pair['p']:.4f})",
            markup=False,
        )
