from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper
from torch.nn import functional as F

from data.errors import ToyGuideError
from distillation.export import export_student
from distillation.quantize import as_stored, fake_quantise, quantise_rows, shrink_weights
from distillation.student import Student, StudentConfig
from recommender.serving.table import dequantise

PROFILE = 9


def unit_rows(rows: int = 300, width: int = 24, seed: int = 0) -> np.ndarray:
    table = np.random.default_rng(seed).normal(size=(rows, width)).astype(np.float32)
    table /= np.linalg.norm(table, axis=1, keepdims=True)
    table[0] = 0
    return table


def squared_error(table: np.ndarray, other: np.ndarray) -> np.ndarray:
    return ((table - other) ** 2).sum(axis=1)


@pytest.mark.parametrize(("bits", "highest"), [(8, 127), (4, 7)])
def test_rows_are_stored_near_what_they_were_and_padding_stays_zero(bits, highest):
    table = unit_rows()
    codes, scale = quantise_rows(table, bits)
    assert (codes.dtype, scale.dtype) == (np.int8, np.float16)
    assert np.abs(codes[1:]).max(axis=1).tolist() == [highest] * 299
    assert np.isfinite(scale).all()
    stored = dequantise(codes, scale)
    assert not stored[0].any()
    cosine = (stored * table)[1:].sum(axis=1) / np.linalg.norm(stored[1:], axis=1)
    assert cosine.min() > (0.9999 if bits == 8 else 0.98)


def test_the_scale_of_four_bits_is_sought_and_not_taken_from_the_largest():
    table = unit_rows()
    largest = np.abs(table).max(axis=1, keepdims=True) / 7
    naive = np.rint(np.divide(table, largest, out=np.zeros_like(table), where=largest > 0)) * largest
    sought = squared_error(table, as_stored(table, 4))
    grid = np.full(len(table), np.inf)
    for clip in np.linspace(0.3, 1, 71):  # what a patient search finds
        scale = np.maximum(largest * clip, 1e-9)
        grid = np.minimum(grid, squared_error(table, np.clip(np.rint(table / scale), -7, 7) * scale))
    assert sought.sum() < 0.9 * squared_error(table, naive).sum()
    assert sought.sum() < 1.03 * grid.sum()


def test_float16_scales_cost_nothing():
    """The codes are chosen for the scale that is stored, so it can be of half the precision."""
    table = unit_rows(2000, 64)
    for bits in (8, 4):
        codes, scale = quantise_rows(table, bits)
        wide = codes.astype(np.float64)
        best = (wide * table).sum(axis=1) / np.maximum((wide * wide).sum(axis=1), 1)  # float64, least squares
        exact, stored = wide * best[:, None], dequantise(codes, scale)
        assert squared_error(table, stored).sum() < 1.005 * squared_error(table, exact).sum()


@pytest.mark.parametrize("bits", [8, 4])
def test_a_student_learns_with_exactly_what_is_stored(bits):
    table = unit_rows()
    fake = fake_quantise(torch.from_numpy(table), bits)
    np.testing.assert_array_equal(fake.numpy(), as_stored(table, bits))


@pytest.mark.parametrize("bits", [8, 4])
def test_what_was_read_back_is_stored_as_it_was(bits):
    """So a student that was finished for a narrow table ships with the table that it learned with."""
    codes, scale = quantise_rows(unit_rows(2000), bits)
    again, scale_again = quantise_rows(dequantise(codes, scale), bits)
    np.testing.assert_array_equal(again, codes)
    np.testing.assert_array_equal(scale_again, scale)


@pytest.mark.parametrize("bits", [8, 4])
def test_the_gradient_passes_straight_through(bits):
    table = torch.from_numpy(unit_rows()).requires_grad_()
    weights = torch.randn(table.shape, generator=torch.Generator().manual_seed(0))
    (fake_quantise(table, bits) * weights).sum().backward()
    assert torch.equal(table.grad, weights)


def test_a_table_finished_for_four_bits_ranks_better_than_one_that_was_rounded_after():
    """The smallest learning there is: queries lie on one line, and rounding errors move out of it."""
    generator = torch.Generator().manual_seed(0)
    direction = torch.randn(1, 16, generator=generator)
    queries = F.normalize(torch.randn(200, 1, generator=generator) @ direction, dim=1)
    table = F.normalize(torch.randn(50, 16, generator=generator), dim=1)
    wanted = queries @ table.T

    def error(rows):
        return ((queries @ fake_quantise(rows, 4).T - wanted) ** 2).mean()

    learned = table.clone().requires_grad_()
    optimizer = torch.optim.Adam([learned], lr=0.003)
    rounded = best = error(table).item()
    for _ in range(150):
        optimizer.zero_grad()
        loss = error(learned)
        loss.backward()
        optimizer.step()
        best = min(best, loss.item())
    assert best < 0.5 * rounded


def test_tiny_rows_vanish_and_what_cannot_be_stored_is_refused():
    table = np.full((2, 8), 1e-9, np.float32)
    assert not as_stored(table, 4).any()
    for bad in (np.nan, np.inf, 1e9):
        table[1, 3] = bad
        with pytest.raises(ToyGuideError, match="must hold finite numbers"):
            quantise_rows(table, 8)
    with pytest.raises(ToyGuideError, match=r"must be 8 or 4\. Got 3"):
        fake_quantise(torch.zeros(2, 8), 3)


@pytest.fixture(scope="module")
def graph():
    torch.manual_seed(0)
    return export_student(Student(StudentConfig(width=32, heads=2, max_history=6), 40, PROFILE).eval())


def answer(model, feeds=None):
    rng = np.random.default_rng(0)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(
        None,
        feeds
        or {
            "history": np.array([[3, 1, 4], [7, 0, 0]], np.int32),
            "recipient": rng.random((2, PROFILE), np.float32),
            "table": unit_rows(41, 32),
            "allowed": np.ones((2, 41), np.bool_),
            "k": np.array([5], np.int64),
        },
    )


def test_weights_shrink_to_a_quarter_and_biases_and_norms_stay(graph):
    shrunk = shrink_weights(graph)
    before = {tensor.name: tensor for tensor in graph.graph.initializer}
    after = {tensor.name: tensor for tensor in shrunk.graph.initializer}
    narrow = {name for name in before if name not in after}
    assert len(narrow) == 6  # qkv, out, two of the feed, two of the profile
    for name in narrow:
        codes, scale = numpy_helper.to_array(after[f"{name}.codes"]), numpy_helper.to_array(after[f"{name}.scale"])
        assert (codes.dtype, scale.dtype) == (np.int8, np.float32)
        weights = numpy_helper.to_array(before[name])
        assert np.abs(codes * scale - weights).max() <= 0.501 * scale.max()
        assert np.abs(codes).max() == 127
    saved = sum(numpy_helper.to_array(before[name]).nbytes for name in narrow)
    assert len(shrunk.SerializeToString()) < len(graph.SerializeToString()) - 0.6 * saved
    assert all(
        numpy_helper.to_array(before[name]).nbytes < 1024 or before[name].data_type != 1
        for name in after
        if name in before
    )


def test_the_shrunk_graph_computes_with_the_weights_that_it_stores(graph):
    shrunk = shrink_weights(graph)
    stored = {tensor.name: numpy_helper.to_array(tensor) for tensor in shrunk.graph.initializer}
    written_out = onnx.ModelProto()
    written_out.CopyFrom(graph)
    for tensor in written_out.graph.initializer:
        if f"{tensor.name}.codes" in stored:
            weights = stored[f"{tensor.name}.codes"].astype(np.float32) * stored[f"{tensor.name}.scale"]
            tensor.CopyFrom(numpy_helper.from_array(weights, tensor.name))
    toys, scores, query = answer(shrunk)
    expected_toys, expected_scores, expected_query = answer(written_out)
    np.testing.assert_array_equal(toys, expected_toys)
    np.testing.assert_allclose(scores, expected_scores, atol=1e-5)
    np.testing.assert_allclose(query, expected_query, atol=1e-5)
    np.testing.assert_allclose(query, answer(graph)[2], atol=0.5)  # of length 14: it is still the same student
    assert np.abs(query - answer(graph)[2]).max() > 1e-5


def test_the_runtime_unpacks_the_weights_once_at_load(graph, tmp_path: Path):
    """What ONNX Runtime makes of the graph holds float32 weights, and no node of those that unpacked them."""
    shrunk = shrink_weights(graph)
    options = onnxruntime.SessionOptions()
    options.optimized_model_filepath = str(tmp_path / "optimised.onnx")
    options.log_severity_level = 3
    onnxruntime.InferenceSession(shrunk.SerializeToString(), options, providers=["CPUExecutionProvider"])
    made = onnx.load(tmp_path / "optimised.onnx").graph
    wide = {tensor.name.removesuffix(".codes") for tensor in shrunk.graph.initializer if tensor.name.endswith(".codes")}
    shapes = sorted(list(tensor.dims) for tensor in graph.graph.initializer if tensor.name in wide)
    found = [list(tensor.dims) for tensor in made.initializer if tensor.data_type == TensorProto.FLOAT]
    assert all(shapes.count(shape) <= found.count(shape) for shape in shapes)
    assert not any(tensor.data_type == TensorProto.INT8 for tensor in made.initializer)
    assert not any(name.endswith((".codes", ".wide")) for node in made.node for name in (*node.input, *node.output))


def test_each_output_channel_has_its_own_scale():
    """A product's columns, a turned product's rows: a channel of small weights must not be lost beside a large one."""
    rng = np.random.default_rng(0)
    straight = (rng.normal(size=(30, 20)) * np.geomspace(1e-3, 10, 20)).astype(np.float32)
    turned = (rng.normal(size=(16, 20)) * np.geomspace(1e-3, 10, 16)[:, None]).astype(np.float32)
    value = helper.make_tensor_value_info
    model = helper.make_model(
        helper.make_graph(
            [
                helper.make_node("MatMul", ["x", "straight"], ["y"]),
                helper.make_node("Gemm", ["x2", "turned"], ["z"], transB=1),
            ],
            "two_products",
            [value("x", TensorProto.FLOAT, ["B", 30]), value("x2", TensorProto.FLOAT, ["B", 20])],
            [value("y", TensorProto.FLOAT, ["B", 20]), value("z", TensorProto.FLOAT, ["B", 16])],
            [numpy_helper.from_array(straight, "straight"), numpy_helper.from_array(turned, "turned")],
        ),
        opset_imports=[helper.make_opsetid("", 20)],
        ir_version=9,
    )
    feeds = {"x": rng.normal(size=(50, 30)).astype(np.float32), "x2": rng.normal(size=(50, 20)).astype(np.float32)}
    for found, exact in zip(answer(shrink_weights(model), feeds), answer(model, feeds), strict=True):
        channel = np.linalg.norm(found - exact, axis=0) / np.linalg.norm(exact, axis=0)
        assert channel.max() < 0.02
    kept = shrink_weights(model, keep=("turned",))
    assert {tensor.name for tensor in kept.graph.initializer} == {"straight.codes", "straight.scale", "turned"}
    assert shrink_weights(model, smallest=10_000) == model
