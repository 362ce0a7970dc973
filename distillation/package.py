"""A student becomes a bundle: everything a kiosk needs, in one directory, behind gates."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.atomic import atomic_folder
from data.dataset import Dataset
from data.errors import BundleError
from data.pictures import draw
from data.schema import Toy
from data.sequences import Sequences
from data.sheet import SHEET, data_sheet
from data.split import Holdout, Split
from distillation.card import model_card
from distillation.cold import judge_cold_toys
from distillation.cover import cover_of
from distillation.export import OPSET, check_parity, export_student, export_toy_encoder
from distillation.mobile import check_mobile, mobile_graph
from distillation.quantize import quantise_rows, shrink_weights
from distillation.standing import FULL, Rival, figures, forms, standing
from distillation.student import StudentRecommender
from distillation.together import bought_together
from distillation.toy_encoder import fit_toy_encoder
from recommender.base import Recommender, batch_holdout
from recommender.evaluation.metrics import per_query
from recommender.evaluation.ranking import Judgement, judge
from recommender.features import encode_toys, fit_schema
from recommender.serving.bundle import CATALOGUE, MOBILE, STUDENT, TABLE, TABLE_SCALE, Manifest, write_manifest
from recommender.serving.catalogue import write_catalogue
from recommender.serving.encoder import FEATURES, TOY_ENCODER
from recommender.serving.student import OnnxStudent
from recommender.serving.table import dequantise, highest_code, pack
from recommender.serving.together import TOGETHER

CARD = "MODEL_CARD.md"
GATE_NDCG = 0.995
GATE_OVERLAP = 0.95
GATE_QUERIES = 5000
PLACEMENT_QUERIES = 500
FEWEST_GATE_QUERIES = 1000
"""Below this, one query moves NDCG@10 by more than its gate allows: the top ten alone decide."""

Step = Callable[[str], None]


def build_bundle(
    dataset: Dataset,
    split: Split,
    student: StudentRecommender,
    record: dict[str, Any],
    folder: Path,
    on_step: Step = lambda _: None,
    bits: int | None = None,
    rivals: Sequence[Rival] = (),
) -> Manifest:
    """Export, quantise, check and write a bundle to `folder`, whole or not at all.

    bits: of a number of the stored table, 8 or 4; None is what the student was distilled for.
    rivals: who is judged beside the student, for the manifest to say where it stands.
    Raises BundleError if a gate holds it back: ONNX and torch differ by more than 1e-4 in a score, or the student as it
    ships, narrow table and narrow weights, loses more than 0.5 % of NDCG@10 on validation or changes more than 5 % of
    the top ten. ToyGuideError for other bits.
    """
    bits = int(record["student"].get("bits", 8)) if bits is None else bits
    highest_code(bits)
    on_step("exporting the student")
    wide_graph = export_student(student.model)
    parity = check_parity(student.model, wide_graph)
    graph = shrink_weights(wide_graph)
    codes, scale = quantise_rows(student.table.numpy(), bits)
    stored = pack(codes, bits)
    mobile = mobile_graph(graph, codes, scale, bits)
    on_step("comparing the phone's graph")
    mobile_parity = check_mobile(graph, mobile, dequantise(codes, scale), student.model.config.max_history)

    on_step("fitting the toy encoder")
    toys = dataset.toy_rows()
    schema = fit_schema(toys)
    features = encode_toys(toys, schema)
    met = met_in(split.train, len(toys))
    encoder, placement = fit_toy_encoder(
        schema,
        features,
        student.table,
        met,
        student.encode(batch_holdout(split.validation.sample(PLACEMENT_QUERIES, 0))),
    )

    cold = judge_cold_toys(student, encoder, features, met, split.test)

    with atomic_folder(folder) as temporary:
        (temporary / STUDENT).write_bytes(graph.SerializeToString())
        np.save(temporary / TABLE, stored, allow_pickle=False)
        np.save(temporary / TABLE_SCALE, scale, allow_pickle=False)
        (temporary / MOBILE).write_bytes(mobile.SerializeToString())
        (temporary / TOY_ENCODER).write_bytes(export_toy_encoder(encoder).SerializeToString())
        np.savez(
            temporary / FEATURES,
            text_buckets=schema.text_buckets,
            idf=schema.idf,
            label_buckets=schema.label_buckets,
        )
        np.save(temporary / TOGETHER, bought_together(split.train, len(toys)), allow_pickle=False)
        on_step("writing the catalogue")
        write_catalogue(temporary / CATALOGUE, [with_picture(toy) for toy in toys])

        facts = {
            "model": model_digest(record, stored, scale, dataset),
            "opset": OPSET,
            "dataset": record["dataset"] | {"shoppers": len(split.train)},
            "teacher": record["teacher"],
            "student": record["student"]
            | {
                "table_bits": bits,
                "near": (record.get("near") or {}).get("count", 0),
                "digest": record["digest"],
                "distillation": record["distillation"],
                "made": record.get("environment", {}).get("time"),
                "spent": record.get("spent"),
            },
            "features": {"interests": record["interests"]},
            "currency": main_currency(toys),
        }
        unjudged = write_manifest(temporary, **facts, metrics={})
        on_step(f"judging the student as it ships: table in int{bits}, under ONNX Runtime")
        shipped = OnnxStudent.from_bundle(temporary)
        gate = quantisation_gate(student, shipped, split.validation.sample(GATE_QUERIES, 0), bits)
        judged = judge(shipped, split.test)
        others = (*forms(student, {FULL: wide_graph, 8: graph}, (8, bits)), *rivals)
        ships = Rival(shipped, "shipped", student_bytes(unjudged), (8, bits))
        metrics = {
            "leave-one-out": {
                "test": means(judged) | {"queries": len(split.test)},
                "cold toys": None if cold is None else asdict(cold),
                "strangers": figures(judge(shipped, split.test.sample(GATE_QUERIES, 0).without_history()).ranks),
            },
            "gates": {
                "parity": parity,
                "mobile_parity": mobile_parity,
                **gate,
                "toy_encoder": None if placement is None else asdict(placement),
            },
            "standing": standing(ships, judged, others, split, on_step),
        }
        card = model_card(facts, metrics, cover_of(dataset, toys, split))
        (temporary / CARD).write_text(card, encoding="utf-8")
        (temporary / SHEET).write_text(data_sheet(dataset), encoding="utf-8")
        return write_manifest(temporary, **facts, metrics=metrics)


def quantisation_gate(full: Recommender, narrow: Recommender, holdout: Holdout, bits: int = 8) -> dict[str, float]:
    """{"kept_ndcg", "kept_top_ten"}: what narrow numbers keep of NDCG@10 and of the top ten, on `holdout`.

    full: the student in torch; if it was finished for `bits`, its table holds what is stored already.
    Raises BundleError if either is below its gate; NDCG@10 is gated from `FEWEST_GATE_QUERIES` queries on.
    """
    before, after = judge(full, holdout), judge(narrow, holdout)
    was, now = means(before)["ndcg@10"], means(after)["ndcg@10"]
    ratio = now / was if was else 1.0
    overlap = float(np.mean([_kept(a[:10], b[:10]) for a, b in zip(before.top, after.top, strict=True)]))
    if (ratio < GATE_NDCG and len(holdout) >= FEWEST_GATE_QUERIES) or overlap < GATE_OVERLAP:
        advice = (
            "Train a wider student, or for more epochs."
            if bits == 8
            else f"Distil it with a finish for a table of {bits} bits, or store 8 bits."
        )
        raise BundleError(
            f"With a table in int{bits} the student keeps {ratio:.2%} of NDCG@10 and {overlap:.2%} of the top ten; at "
            f"least {GATE_NDCG:.1%} and {GATE_OVERLAP:.0%} are needed. {advice}"
        )
    return {"kept_ndcg": ratio, "kept_top_ten": overlap}


def _kept(before: NDArray[np.int32], after: NDArray[np.int32]) -> float:
    """The share of the toys of one list that the other holds; −1 is no toy, and nothing is kept of nothing."""
    toys = set(before[before > 0].tolist())
    return len(toys & set(after.tolist())) / len(toys) if toys else 1.0


def met_in(train: Sequences, n_toys: int) -> NDArray[np.bool_]:
    """bool [N + 1]: the toys that a contact of `train` is with."""
    met = np.zeros(n_toys + 1, np.bool_)
    met[train.toys] = True
    return met


def means(judgement: Judgement) -> dict[str, float]:
    """Mean of every metric."""
    return {name: float(values.mean()) for name, values in per_query(judgement.ranks).items()}


def model_digest(record: dict[str, Any], table: NDArray[Any], scale: NDArray[np.float16], dataset: Dataset) -> str:
    """Hex digest over weights, config and data: the model's id. table: as it is stored."""
    digest = hashlib.sha256()
    for part in (record["digest"], repr(record["student"]), dataset.digest):
        digest.update(part.encode() + b"\0")
    digest.update(table.tobytes())
    digest.update(scale.tobytes())
    return digest.hexdigest()[:32]


def with_picture(toy: Toy) -> Toy:
    """The toy with a drawn picture where it has none."""
    return toy if toy.picture else replace(toy, picture=draw(toy))


def main_currency(toys: Sequence[Toy]) -> str | None:
    """The catalogue's currency; None where no toy has one.

    Raises BundleError if toys are priced in several: a kiosk cannot compare them with one budget.
    """
    found = sorted({toy.currency for toy in toys if toy.currency and toy.price is not None})
    if len(found) > 1:
        raise BundleError(f"The catalogue's prices must be in one currency. Got {', '.join(found)}.")
    return found[0] if found else None


def student_bytes(manifest: Manifest) -> int:
    """Bytes of the shipped student: graph, stored table, scales and side tables; nothing else is counted."""
    return sum(manifest.files[name].bytes for name in manifest.student_files)


def part_bytes(manifest: Manifest) -> dict[str, int]:
    """Bytes by part: the student's `graph` and `table`, and, apart, `toy encoder`, `catalogue`, `together`, `mobile`.

    The catalogue is the id map too, a toy's row is its index; `mobile` is graph and table in one file.
    """
    graph = manifest.files[STUDENT].bytes
    apart = {
        "toy encoder": (TOY_ENCODER, FEATURES),
        "catalogue": (CATALOGUE,),
        "together": (TOGETHER,),
        "mobile": (MOBILE,),
    }
    return {"graph": graph, "table": student_bytes(manifest) - graph} | {
        part: sum(manifest.files[name].bytes for name in names if name in manifest.files)
        for part, names in apart.items()
    }
