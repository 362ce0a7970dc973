"""What a bundle's toy encoder must be, and what is said of one that is not."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from data.errors import BundleError
from data.schema import Toy
from recommender.features import fit_schema
from recommender.serving.bundle import Manifest, read_manifest, verify_bundle
from recommender.serving.encoder import FEATURES, TOY_ENCODER, has_encoder, place_toys


@pytest.fixture
def folder(tmp_path: Path, toys: list[Toy], make_bundle: Callable[..., Path]) -> Path:
    return make_bundle(tmp_path / "bundle", toys, encoder=True)


def put(folder: Path, name: str, content: bytes | None) -> Manifest:
    """Another file in a bundle that is whole all the same; None takes it out."""
    told = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    if content is None:
        (folder / name).unlink()
        del told["files"][name]
    else:
        (folder / name).write_bytes(content)
        told["files"][name] = {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
    (folder / "manifest.json").write_text(json.dumps(told), encoding="utf-8")
    return verify_bundle(folder)


def changed(folder: Path, change: Callable[[onnx.GraphProto], Any]) -> bytes:
    model = onnx.load(str(folder / TOY_ENCODER))
    change(model.graph)
    return bytes(model.SerializeToString())


def times(factor: float) -> Callable[[onnx.GraphProto], None]:
    """The vectors, `factor` as long."""

    def change(graph: onnx.GraphProto) -> None:
        next(node for node in graph.node if "vector" in node.output).output[0] = "unit"
        graph.initializer.append(helper.make_tensor("factor", TensorProto.FLOAT, [], [factor]))
        graph.node.append(helper.make_node("Mul", ["unit", "factor"], ["vector"]))

    return change


def test_vectors_have_the_tables_form(folder: Path, toys: list[Toy]) -> None:
    manifest = read_manifest(folder)
    assert has_encoder(manifest)
    assert place_toys(folder, manifest, []).shape == (0, manifest.width)
    many = [*toys, Toy("bare", ""), Toy("long", "train 火车 " * 5000, interests=("trains",) * 300)] * 40
    vectors = place_toys(folder, manifest, many)
    assert (vectors.shape, vectors.dtype) == ((len(many), manifest.width), np.float32)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(vectors[: len(toys) + 2], vectors[-len(toys) - 2 :], atol=1e-6)  # whatever the batch


@pytest.mark.parametrize("name", [TOY_ENCODER, FEATURES])
def test_without_one_of_the_two_files_there_is_none(folder: Path, toys: list[Toy], name: str) -> None:
    manifest = put(folder, name, None)
    assert not has_encoder(manifest)
    with pytest.raises(BundleError, match=f"has no {name}: it cannot place new toys"):
        place_toys(folder, manifest, toys)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda graph: graph.input.pop(), "cannot be run by ONNX Runtime"),
        (lambda graph: setattr(graph.output[0], "name", "sum"), "its outputs must be"),
        (times(2.0), "must give vectors of length 1. Got 2."),
        (times(float("nan")), "must give vectors of length 1. Got nan."),
    ],
)
def test_a_graph_that_is_no_encoder_is_refused(folder: Path, toys: list[Toy], change: Any, said: str) -> None:
    manifest = put(folder, TOY_ENCODER, changed(folder, change))
    with pytest.raises(BundleError, match=said):
        place_toys(folder, manifest, toys)


def test_an_encoder_of_another_width_or_vocabulary_is_refused(
    folder: Path, toys: list[Toy], tmp_path: Path, make_bundle: Callable[..., Path]
) -> None:
    wide = make_bundle(tmp_path / "wide", toys, width=6, encoder=True)
    manifest = put(folder, TOY_ENCODER, (wide / TOY_ENCODER).read_bytes())
    with pytest.raises(BundleError, match="must give 8 numbers a toy"):
        place_toys(folder, manifest, toys)
    few = make_bundle(tmp_path / "few", toys[-2:], encoder=True)  # knows hardly a category
    manifest = put(folder, TOY_ENCODER, (few / TOY_ENCODER).read_bytes())
    with pytest.raises(BundleError, match="cannot place a toy"):
        place_toys(folder, manifest, toys)


def stored(**arrays: np.ndarray) -> bytes:
    import io

    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()


def test_a_vocabulary_that_is_none_is_refused(folder: Path, toys: list[Toy]) -> None:
    schema = fit_schema(toys)
    parts = {"text_buckets": schema.text_buckets, "idf": schema.idf, "label_buckets": schema.label_buckets}
    for content, said in (
        (b"PK\x03\x04 no zip", "cannot be read as a vocabulary"),
        (stored(idf=schema.idf), "cannot be read as a vocabulary"),
        (stored(**{**parts, "idf": np.array([object()])}), "cannot be read as a vocabulary"),
        (stored(**{**parts, "idf": schema.idf[:-1]}), "must hold one idf a bucket"),
    ):
        manifest = put(folder, FEATURES, content)
        with pytest.raises(BundleError, match=said):
            place_toys(folder, manifest, toys)
