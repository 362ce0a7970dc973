"""Where a student stands: beside its teacher and the baselines, and beside itself stored with more or fewer bits.

All are judged on the same queries of the test part, and their requests are timed one after the other on the machine
that builds the bundle. What comes out travels in the manifest, for whoever asks a kiosk how good its model is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal

import numpy as np
import onnx

from data.dataset import Dataset
from data.split import Split
from distillation.quantize import quantise_rows
from distillation.student import StudentRecommender
from recommender.base import Recommender
from recommender.baselines.registry import BASELINES, fit_baseline
from recommender.evaluation.compare import bootstrap_interval, compare
from recommender.evaluation.cost import held
from recommender.evaluation.metrics import MAIN, Ranks, per_query
from recommender.evaluation.ranking import Judgement, judge
from recommender.evaluation.report import slices
from recommender.evaluation.requests import median_milliseconds, queries_of
from recommender.serving.student import OnnxStudent, Student, open_graph
from recommender.serving.table import dequantise, pack

VERSION: Final = 1
"""Of the form of what `standing` gives. Readers leave one alone that they do not know."""
FULL: Final = 32
"""Bits of a number that nothing was taken from."""
WAYS: Final = ((FULL, FULL), (FULL, 8), (8, 8), (8, 4))
"""(bits of the graph's weights, bits of the table) in which a student is stored to be compared, widest first."""

Kind = Literal["shipped", "form", "teacher", "baseline"]


@dataclass(frozen=True)
class Rival:
    """Who is judged beside the student. bytes: what it must keep, None where nobody counted

    bits: of a student's (graph, table)
    """

    recommender: Recommender
    kind: Kind
    bytes: int | None
    bits: tuple[int, int] | None = None


def forms(
    student: StudentRecommender, graphs: Mapping[int, onnx.ModelProto], shipped: tuple[int, int]
) -> Iterator[Rival]:
    """The student stored in each of `WAYS` but the one that ships. graphs: bits of their weights → its graph."""
    table = student.table.numpy()
    config = student.model.config
    for way in WAYS:
        if way == shipped:
            continue
        graph_bits, table_bits = way
        graph = graphs[graph_bits].SerializeToString()
        name = f"student ({_number(table_bits)} table, {_number(graph_bits)} graph)"
        read, size = table, table.nbytes
        if table_bits != FULL:
            codes, scale = quantise_rows(table, table_bits)
            read, size = dequantise(codes, scale), pack(codes, table_bits).nbytes + scale.nbytes
        stored = Student(open_graph(graph, name), read, student.interests, config.max_history)
        yield Rival(OnnxStudent(stored, student.index, name), "form", len(graph) + size, way)


def rivals_as_before(metrics: Mapping[str, Any], dataset: Dataset, split: Split, teacher: Rival) -> list[Rival]:
    """Those beside whom another bundle was judged, as they are on this data; `teacher` stands for its teachers.

    metrics: of that bundle's manifest; one that does not say where it stands was judged beside nobody.
    """
    contenders = metrics.get("standing", {}).get("contenders", ())
    kinds = {contender["kind"] for contender in contenders}
    names = [str(each["name"]).lower().replace(" ", "-") for each in contenders if each["kind"] == "baseline"]
    fitted = [fit_baseline(name, dataset, split.train) for name in names if name in BASELINES]
    return [
        *([teacher] if "teacher" in kinds else []),
        *(Rival(baseline, "baseline", held(baseline)[1]) for baseline in fitted),
    ]


def standing(
    shipped: Rival, judged: Judgement, rivals: Sequence[Rival], split: Split, on_step: Callable[[str], None]
) -> dict[str, Any]:
    """How `shipped`, already `judged` on the test part, and `rivals` do there; plain values for JSON.

    `contenders`: one each, with bytes, milliseconds of a request for ten toys, and NDCG@10 with its 95 % interval;
    `slices`: the same of each but the forms by slice, where a slice has queries; `paired`: NDCG@10 of the student minus
    that of each rival, on the same queries.
    """
    queries = queries_of(split.test, shipped.recommender.index.ids)
    contenders: list[dict[str, Any]] = []
    by_slice: list[dict[str, Any]] = []
    paired: list[dict[str, Any]] = []
    for rival in (shipped, *rivals):
        recommender = rival.recommender
        on_step(f"judging {recommender.name}")
        judgement = judged if rival is shipped else judge(recommender, split.test)
        milliseconds = median_milliseconds(lambda query, asked=recommender: asked.recommend([query], 10), queries)  # type: ignore[misc]
        graph_bits, table_bits = rival.bits or (None, None)
        contenders.append(
            {
                "name": recommender.name,
                "kind": rival.kind,
                "graph_bits": graph_bits,
                "table_bits": table_bits,
                "bytes": rival.bytes,
                "milliseconds": milliseconds,
                **figures(judgement.ranks),
            }
        )
        if rival is not shipped:
            paired.append(asdict(compare(judged, judgement)))
        if rival.kind != "form":
            by_slice += [
                {"name": recommender.name, "slice": name, **figures(ranks)}
                for name, ranks in slices(judgement, split.train)
                if len(ranks)
            ]
    return {
        "version": VERSION,
        "protocol": judged.protocol,
        "part": judged.part,
        "contenders": contenders,
        "slices": by_slice,
        "paired": paired,
    }


def figures(ranks: Ranks) -> dict[str, float]:
    """queries, recall@10, ndcg@10, and low and high of its 95 % bootstrap interval; of at least one query."""
    values = per_query(ranks)
    low, high = bootstrap_interval(values[MAIN])
    means = {name: float(np.mean(values[name])) for name in ("recall@10", MAIN)}
    return {"queries": len(ranks), **means, "low": low, "high": high}


def _number(bits: int) -> str:
    return "float32" if bits == FULL else f"int{bits}"
