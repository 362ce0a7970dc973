"""What several rooms' tests share: a small catalogue and a bundle around it.

The student here is built by hand with `onnx.helper`: it averages the vectors of the history, adds what the recipient's
profile says, and ranks. It is small and it is real: every answer of it can be worked out on paper.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path

# One thread a process, here and in the commands that tests start: the suite runs in parallel, and two workers with two
# threads each on two cores wait for one another. It must be set before numpy and torch are first imported.
os.environ.setdefault("OMP_NUM_THREADS", "1")
# Tests import ONNX Runtime themselves, which reports to its maker unless told not to (recommender/serving/runtime.py).
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

import numpy as np
import pytest
from hypothesis import HealthCheck, settings

from data.schema import Audience, Hazard, Toy
from recommender.features import MAX_LABELS, MAX_TEXT_TOKENS, _label_buckets, fit_schema, profile_width
from recommender.serving.bundle import write_manifest
from recommender.serving.catalogue import write_catalogue

# How long an example takes is the machine's business: no test here is about time. A change is judged by the same
# examples each time, and not by a lot; `make check` sets TOYGUIDE_EXAMPLES, and takes new ones.
settings.register_profile(
    "toyguide",
    deadline=None,
    derandomize="TOYGUIDE_EXAMPLES" not in os.environ,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("toyguide")

TINY_WIDTH = 8
TINY_SCALE = 10.0
TINY_MAX_HISTORY = 20

BundleMaker = Callable[..., Path]


@pytest.fixture(scope="session", autouse=True)
def _records_of_judgements(tmp_path_factory: pytest.TempPathFactory) -> None:
    """What tests judge leaves its records among the tests' own files, in the commands that they start too."""
    os.environ["TOYGUIDE_RUNS"] = str(tmp_path_factory.mktemp("runs"))


def averaging_student(profile_weights: np.ndarray, scale: float = TINY_SCALE) -> bytes:
    """The graph: query = scale · unit(mean(table[history]) + profile @ profile_weights), then masked top k.

    profile_weights: float32 [P, d].
    """
    from onnx import TensorProto, helper, numpy_helper

    constants = {
        "profile_weights": profile_weights.astype(np.float32),
        "scale": np.array(scale, np.float32),
        "zero": np.array(0, np.int32),
        "one": np.array(1.0, np.float32),
        "tiny": np.array(1e-6, np.float32),
        "lowest": np.array(-np.inf, np.float32),
        "none": np.array(-1, np.int32),
        "axis_1": np.array([1], np.int64),
    }
    node = helper.make_node
    nodes = [
        node("Gather", ["table", "history"], ["vectors"], axis=0),
        node("ReduceSum", ["vectors", "axis_1"], ["sum"], keepdims=0),
        node("Equal", ["history", "zero"], ["padding"]),
        node("Not", ["padding"], ["real"]),
        node("Cast", ["real"], ["real_float"], to=TensorProto.FLOAT),
        node("ReduceSum", ["real_float", "axis_1"], ["real_count"], keepdims=1),
        node("Max", ["real_count", "one"], ["count"]),
        node("Div", ["sum", "count"], ["mean"]),
        node("MatMul", ["recipient", "profile_weights"], ["wish"]),
        node("Add", ["mean", "wish"], ["raw"]),
        node("ReduceL2", ["raw", "axis_1"], ["raw_length"], keepdims=1),
        node("Max", ["raw_length", "tiny"], ["length"]),
        node("Div", ["raw", "length"], ["unit"]),
        node("Mul", ["unit", "scale"], ["query"]),
        node("Transpose", ["table"], ["columns"], perm=[1, 0]),
        node("MatMul", ["query", "columns"], ["all_scores"]),
        node("Where", ["allowed", "all_scores", "lowest"], ["masked"]),
        node("Shape", ["masked"], ["rows"], start=1),
        node("Min", ["k", "rows"], ["most"]),
        node("TopK", ["masked", "most"], ["scores", "places"], axis=1),
        node("IsInf", ["scores"], ["nothing"]),
        node("Cast", ["places"], ["found"], to=TensorProto.INT32),
        node("Where", ["nothing", "none", "found"], ["toys"]),
    ]
    value = helper.make_tensor_value_info
    graph = helper.make_graph(
        nodes,
        "averaging_student",
        [
            value("history", TensorProto.INT32, ["B", "L"]),
            value("recipient", TensorProto.FLOAT, ["B", len(profile_weights)]),
            value("table", TensorProto.FLOAT, ["rows", profile_weights.shape[1]]),
            value("allowed", TensorProto.BOOL, ["B", "rows"]),
            value("k", TensorProto.INT64, [1]),
        ],
        [
            value("toys", TensorProto.INT32, ["B", "most"]),
            value("scores", TensorProto.FLOAT, ["B", "most"]),
            value("query", TensorProto.FLOAT, ["B", profile_weights.shape[1]]),
        ],
        [numpy_helper.from_array(array, name) for name, array in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=9)
    return bytes(model.SerializeToString())


def summing_encoder(label_vectors: np.ndarray, profile_weights: np.ndarray) -> bytes:
    """The graph of a toy encoder: unit(Σ weight · label_vectors[label] + profile @ profile_weights + 0.01).

    label_vectors: float32 [U + 1, d]; profile_weights: float32 [P, d]. The words of a toy are read and not used.
    """
    from onnx import TensorProto, helper, numpy_helper

    constants = {
        "label_vectors": label_vectors.astype(np.float32),
        "profile_weights": profile_weights.astype(np.float32),
        "little": np.array(0.01, np.float32),
        "axis_1": np.array([1], np.int64),
        "axis_2": np.array([2], np.int64),
    }
    node = helper.make_node
    nodes = [
        node("Gather", ["label_vectors", "labels"], ["each"], axis=0),
        node("Unsqueeze", ["label_weights", "axis_2"], ["weights"]),
        node("Mul", ["each", "weights"], ["weighed"]),
        node("ReduceSum", ["weighed", "axis_1"], ["sum"], keepdims=0),
        node("MatMul", ["profile", "profile_weights"], ["wish"]),
        node("Add", ["sum", "wish"], ["known"]),
        node("Add", ["known", "little"], ["raw"]),
        node("ReduceL2", ["raw", "axis_1"], ["length"], keepdims=1),
        node("Div", ["raw", "length"], ["vector"]),
    ]
    value = helper.make_tensor_value_info
    graph = helper.make_graph(
        nodes,
        "summing_encoder",
        [
            value("text", TensorProto.INT32, ["M", MAX_TEXT_TOKENS]),
            value("text_weights", TensorProto.FLOAT, ["M", MAX_TEXT_TOKENS]),
            value("labels", TensorProto.INT32, ["M", MAX_LABELS]),
            value("label_weights", TensorProto.FLOAT, ["M", MAX_LABELS]),
            value("profile", TensorProto.FLOAT, ["M", len(profile_weights)]),
        ],
        [value("vector", TensorProto.FLOAT, ["M", label_vectors.shape[1]])],
        [numpy_helper.from_array(array, name) for name, array in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=9)
    return bytes(model.SerializeToString())


def write_encoder(folder: Path, toys: Sequence[Toy], direction: Mapping[str, np.ndarray]) -> None:
    """`toy_encoder.onnx` and `features.npz`: a new toy lies where its categories and interests point."""
    schema = fit_schema(toys)
    width = len(next(iter(direction.values())))
    row_of = {bucket: row for row, bucket in enumerate(schema.label_buckets.tolist(), start=1)}
    labels = np.zeros((schema.label_rows, width))
    for toy in toys:
        for bucket, name in zip(_label_buckets(toy), toy.category, strict=False):
            if bucket in row_of:
                labels[row_of[bucket]] = direction[name]
    weights = np.zeros((schema.profile_width, width))
    for row, name in enumerate(schema.interests, start=profile_width(0)):
        weights[row] = direction[name]
    (folder / "toy_encoder.onnx").write_bytes(summing_encoder(labels, weights))
    parts = {"text_buckets": schema.text_buckets, "idf": schema.idf, "label_buckets": schema.label_buckets}
    np.savez(folder / "features.npz", **parts)


TINY_MODEL = "0123456789abcdef" * 4


def write_bundle(
    folder: Path,
    toys: Sequence[Toy],
    width: int = TINY_WIDTH,
    seed: int = 0,
    encoder: bool = False,
    model: str = TINY_MODEL,
) -> Path:
    """A whole bundle of `toys`: toys that share a category or an interest lie near each other.

    encoder: with `toy_encoder.onnx` and `features.npz`, so that toys can be added to it
    """
    folder.mkdir(parents=True, exist_ok=True)
    interests = sorted({name for toy in toys for name in toy.interests})
    names = sorted({name for toy in toys for name in (*toy.category, *toy.interests)})
    rng = np.random.default_rng(seed)
    direction = {name: rng.normal(size=width) for name in names}
    table = np.zeros((len(toys) + 1, width), np.float32)
    for row, toy in enumerate(toys, start=1):
        vector = sum((direction[name] for name in (*toy.category, *toy.interests)), 0.35 * rng.normal(size=width))
        table[row] = vector / np.linalg.norm(vector)
    scale = np.abs(table).max(axis=1, initial=0) / 127
    codes = np.divide(table, scale[:, None], out=np.zeros_like(table), where=scale[:, None] > 0).round()
    np.save(folder / "table.npy", codes.astype(np.int8))
    np.save(folder / "table_scale.npy", scale.astype(np.float32))
    weights = np.zeros((profile_width(len(interests)), width), np.float32)
    for row, name in enumerate(interests, start=profile_width(0)):
        weights[row] = 0.2 * direction[name]
    (folder / "student.onnx").write_bytes(averaging_student(weights))
    if encoder:
        write_encoder(folder, toys, direction)
    write_catalogue(folder / "catalogue.sqlite", toys)
    (folder / "MODEL_CARD.md").write_text("# A student made by hand, for tests\n", encoding="utf-8")
    write_manifest(
        folder,
        model=model,
        opset=20,
        dataset={"name": "tiny", "digest": "00" * 32, "toys": len(toys), "shoppers": 0, "events": 0},
        teacher={"digest": "11" * 32, "preset": "none"},
        student={"width": width, "max_history": TINY_MAX_HISTORY, "scale": TINY_SCALE},
        features={"interests": interests},
        metrics={},
        currency="GBP",
    )
    return folder


def tiny_toys() -> list[Toy]:
    """Twelve toys that cover what the policy decides on."""
    svg = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10"><circle cx="5" cy="5" r="4"/></svg>'

    def toy(name: str, title: str, zh: str, kind: str, price: str | None, age: int | None, **more: object) -> Toy:
        values: dict[str, object] = {
            "category": ("Toys", kind),
            "price": None if price is None else Decimal(price),
            "currency": "GBP",
            "recommended_age": age,
            "safety_min_age": age,
            "audience": Audience.CHILD,
            "picture": svg,
            **more,
        }
        return Toy(id=name, title=title, title_zh=zh, **values)  # type: ignore[arg-type]

    return [
        toy("rattle", "Moon rattle", "月亮摇铃", "Baby", "6.50", 0, interests=("music",), brand="Lumi"),
        toy("bear", "Sleepy bear", "瞌睡熊", "Plush", "14.00", 0, interests=("animals",), brand="Lumi"),
        toy("blocks", "Forest blocks", "森林积木", "Building", "19.99", 18, interests=("building",), brand="Holt"),
        toy("track", "Wooden track", "木轨道", "Trains", "24.00", 36, interests=("trains", "building"), brand="Holt"),
        toy("engine", "Steam engine", "蒸汽火车头", "Trains", "12.00", 36, interests=("trains",), brand="Holt"),
        toy("station", "Little station", "小车站", "Trains", "29.00", 48, interests=("trains",), brand="Holt"),
        toy(
            "marbles",
            "Bag of marbles",
            "弹珠",
            "Games",
            "4.00",
            60,
            hazards=(Hazard.MARBLE, Hazard.SMALL_PARTS),
            interests=("games",),
        ),
        toy("balloons", "Party balloons", "派对气球", "Party", "3.00", 36, hazards=(Hazard.BALLOON,)),
        toy("puzzle", "Star puzzle", "星星拼图", "Puzzles", "9.00", 48, interests=("space",), recommended_age_to=84),
        toy("mystery", "Mystery box", "神秘盒", "Games", None, None, audience=Audience.UNKNOWN, picture=None),
        toy("poker", "Poker night", "扑克之夜", "Games", "18.00", None, audience=Audience.ADULT, interests=("games",)),
        toy("retired", "Tin robot", "铁皮机器人", "Robots", "35.00", 72, interests=("space",), active=False),
    ]


@pytest.fixture(scope="session")
def toys() -> list[Toy]:
    return tiny_toys()


@pytest.fixture(scope="session")
def make_bundle() -> BundleMaker:
    """`write_bundle(folder, toys, width, seed, encoder)`."""
    return write_bundle


@pytest.fixture(scope="session")
def bundle(tmp_path_factory: pytest.TempPathFactory, toys: list[Toy]) -> Path:
    """A bundle of `toys`. Read-only: copy it to damage it."""
    return write_bundle(tmp_path_factory.mktemp("bundles") / "tiny", toys)
