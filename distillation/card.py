"""The model card that travels in a bundle (after Mitchell et al., "Model Cards for Model Reporting", 2019)."""

from __future__ import annotations

from typing import Any


def model_card(facts: dict[str, Any], metrics: dict[str, Any]) -> str:
    """Markdown for a bundle with these manifest fields and metrics."""
    test, gates = metrics["leave-one-out"]["test"], metrics["gates"]
    student, teacher, dataset = facts["student"], facts["teacher"], facts["dataset"]
    mix, bits = student["distillation"], student["table_bits"]
    beside = f", with the rules' {student['near']} toys beside each toy" if student["near"] else ""
    placed = gates["toy_encoder"]
    unseen = (
        "was not judged: there are too few toys"
        if placed is None
        else (
            f"places {placed['toys']} toys that it did not learn from at a mean cosine of {placed['cosine']:.2f} to "
            f"where training had put them (rank correlation {placed['rank_correlation']:.2f})"
        )
    )
    cold = metrics["leave-one-out"]["cold toys"]
    found = (
        "No toy of the test part is new to it."
        if cold is None
        else (
            f"On the {cold['queries']} test queries for a toy that training never met NDCG@10 is {cold['table']:.4f} "
            f"with the student's own table, {cold['encoder']:.4f} with such toys placed by the toy encoder."
        )
    )
    return f"""# Model card: ToyGuide student {facts["model"][:12]}

**What it is.** A compact shopper tower ({student["layers"]} layer, width {student["width"]}) over a table of
{dataset["toys"]} toys, stored in int{bits}{beside}. It was distilled from teacher {teacher["digest"][:12]}
(preset {teacher["preset"]}) with L = α·hard + (1 − α)·T²·KL, α = {mix["alpha"]}, T = {mix["temperature"]}.

**What it is for.** Ranking the toys of one shop for a shopper, from the toys they met and, where stated, a recipient's
age, likings and budget. Safety is not its task: the kiosk's allowed-mask decides what may be shown, before ranking.

**What it must not be used for.** Judging whether a toy is safe; profiling children; any other catalogue.

**Data.** {dataset["name"]}: {dataset["toys"]} toys, {dataset["shoppers"]} shoppers, {dataset["events"]} events
(digest {dataset["digest"][:12]}). No names, no birth dates.

**Figures.** Leave-one-out, test part, {test["queries"]} shoppers, all toys ranked, toys of the query masked, as it
ships (int{bits} table, int8 weights, ONNX Runtime): Recall@10 {test["recall@10"]:.4f}, NDCG@10 {test["ndcg@10"]:.4f}.
{found}

**Gates passed.** Largest score difference to torch {gates["parity"]:.1e}; the narrow numbers
keep {gates["kept_ndcg"]:.2%} of NDCG@10 and {gates["kept_top_ten"]:.2%} of the top ten on validation; the toy encoder
{unseen}.

**Known weaknesses.** Leave-one-out learns from other shoppers' later events. Toys without text or category get a poor
place from the toy encoder. A shopper without history and recipient gets what most shoppers take first.
"""
