import numpy as np
import onnx
import onnxruntime
import pytest
import torch

from data.errors import BundleError, ToyGuideError
from distillation.export import export_student
from distillation.mobile import check_mobile, mobile_graph
from distillation.quantize import quantise_rows, shrink_weights
from distillation.student import Student, StudentConfig
from recommender.serving.table import dequantise

TOYS, PROFILE, WIDTH, LONGEST, K = 40, 9, 16, 6, 5


@pytest.fixture(scope="module")
def student():
    torch.manual_seed(0)
    return Student(StudentConfig(width=WIDTH, heads=2, max_history=LONGEST), TOYS, PROFILE).eval()


@pytest.fixture(scope="module")
def graph(student):
    return export_student(student)


@pytest.fixture(scope="module", params=[8, 4], ids=["int8", "int4"])
def stored(request, student):
    """(codes, scale, bits, the table they stand for)."""
    codes, scale = quantise_rows(student.table().detach().numpy(), request.param)
    return codes, scale, request.param, dequantise(codes, scale)


def session(model):
    return onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])


def everything(batch):
    allowed = np.ones((batch, TOYS + 1), np.bool_)
    allowed[:, 0] = False
    return allowed


@pytest.mark.parametrize("batch", [1, 2, 7])
def test_it_ranks_exactly_as_the_plain_graph_at_every_length(graph, stored, batch):
    codes, scale, bits, table = stored
    plain, mobile = session(graph), session(mobile_graph(graph, codes, scale, bits, K))
    rng = np.random.default_rng(batch)
    rest = {"recipient": np.zeros((batch, PROFILE), np.float32), "table": table, "k": np.array([K])}
    for length in range(1, LONGEST + 1):
        for shown in (0, 1, K - 1, TOYS):
            history = rng.integers(0, TOYS + 1, (batch, length)).astype(np.int32)
            history = np.take_along_axis(history, np.argsort(history == 0, axis=1, kind="stable"), axis=1)
            allowed = np.zeros((batch, TOYS + 1), np.bool_)
            for row in allowed:
                row[rng.permutation(TOYS)[:shown] + 1] = True
            feed = {"history": history, "allowed": allowed}
            toys, scores = mobile.run(["toys", "scores"], feed)
            expected, expected_scores = plain.run(["toys", "scores"], feed | rest)
            assert toys.dtype == np.int32
            np.testing.assert_array_equal(toys, expected)
            np.testing.assert_allclose(scores, expected_scores, atol=1e-5)
            assert ((toys > 0).sum(axis=1) == min(shown, K)).all()
            assert (toys[:, shown:] == -1).all()


def test_only_history_and_mask_go_in_and_only_lists_come_out(graph, stored):
    codes, scale, bits, _ = stored
    mobile = session(mobile_graph(graph, codes, scale, bits))
    assert {value.name: value.type for value in mobile.get_inputs()} == {
        "history": "tensor(int32)",
        "allowed": "tensor(bool)",
    }
    assert {value.name: value.type for value in mobile.get_outputs()} == {
        "toys": "tensor(int32)",
        "scores": "tensor(float)",
    }


def test_padding_is_never_shown_even_where_the_mask_says_so(graph, stored):
    codes, scale, bits, _ = stored
    allowed = np.zeros((1, TOYS + 1), np.bool_)
    allowed[0, 0] = True
    toys, _ = session(mobile_graph(graph, codes, scale, bits, K)).run(
        None, {"history": np.array([[3]], np.int32), "allowed": allowed}
    )
    assert toys.tolist() == [[-1] * K]


def test_k_above_the_catalogue_gives_the_whole_catalogue(graph, stored):
    codes, scale, bits, _ = stored
    toys, scores = session(mobile_graph(graph, codes, scale, bits, 100)).run(
        None, {"history": np.array([[3, 8]], np.int32), "allowed": everything(1)}
    )
    assert sorted(toys[0].tolist()) == list(range(1, TOYS + 1))
    assert (np.diff(scores[0]) <= 0).all()


def test_the_table_is_stored_as_narrow_as_it_is_and_unpacked_at_load(graph, stored, tmp_path):
    codes, scale, bits, table = stored
    model = mobile_graph(graph, codes, scale, bits)
    added = len(model.SerializeToString()) - len(graph.SerializeToString())
    assert added < codes.size * bits // 8 + scale.nbytes + 2500
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
    options.optimized_model_filepath = str(tmp_path / "loaded.onnx")
    onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    loaded = onnx.load(tmp_path / "loaded.onnx").graph
    constants = {value.name: onnx.numpy_helper.to_array(value) for value in loaded.initializer}
    np.testing.assert_array_equal(constants["table"], table)
    assert not {"BitShift", "BitwiseAnd"} & {node.op_type for node in loaded.node}


def test_the_plain_graph_is_left_as_it_was(graph, stored):
    before = graph.SerializeToString()
    mobile_graph(graph, *stored[:3])
    assert graph.SerializeToString() == before


def test_the_gate_passes_the_right_table_and_holds_back_another(graph, stored):
    codes, scale, bits, table = stored
    model = mobile_graph(graph, codes, scale, bits)
    assert check_mobile(graph, model, table, LONGEST) < 1e-5
    with pytest.raises(BundleError, match="different lists"):
        check_mobile(graph, model, table[:, ::-1].copy(), LONGEST)
    broken = table.copy()
    broken[5, 3] = np.nan
    with pytest.raises(BundleError, match="different lists"):
        check_mobile(graph, model, broken, LONGEST)


@pytest.mark.parametrize(
    "shape", [{"width": 9, "heads": 1}, {"width": 16, "family": "pooling"}], ids=["of an odd width", "that pools"]
)
def test_a_student_of_another_shape_goes_inside_too(shape):
    torch.manual_seed(0)
    model = Student(StudentConfig(max_history=3, **shape), TOYS, PROFILE).eval()
    plain = export_student(model)
    codes, scale = quantise_rows(model.table().detach().numpy(), 4)
    assert check_mobile(plain, mobile_graph(plain, codes, scale, 4, K), dequantise(codes, scale), 3) < 1e-5


def test_narrow_weights_and_a_narrow_table_go_together(graph, stored):
    codes, scale, bits, table = stored
    shrunk = shrink_weights(graph)
    assert check_mobile(shrunk, mobile_graph(shrunk, codes, scale, bits, K), table, LONGEST) < 1e-5


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"bits": 2}, "'bits' parameter .* 8 or 4"),
        ({"k": 0}, "'k' parameter"),
        ({"bits": 4}, r"Codes of 4 bits lie in \[-8, 7\]"),
        ({"codes": np.zeros((1, WIDTH), np.int8)}, "at least one toy"),
        ({"codes": np.ones((TOYS + 1, WIDTH), np.int8)}, "zeros in row 0"),
        ({"codes": np.zeros((TOYS + 1, WIDTH), np.float32)}, "must be int8"),
        ({"scale": np.ones(TOYS, np.float32)}, "one scale a row"),
    ],
)
def test_a_table_that_does_not_fit_is_refused(graph, student, change, message):
    codes, scale = quantise_rows(student.table().detach().numpy())
    with pytest.raises(ToyGuideError, match=message):
        mobile_graph(graph, **({"codes": codes, "scale": scale} | change))


def test_a_graph_of_another_kind_is_refused(graph, student):
    codes, scale = quantise_rows(student.table().detach().numpy())
    with pytest.raises(BundleError, match=r"must have the inputs .* Got \['allowed', 'history'\]"):
        mobile_graph(mobile_graph(graph, codes, scale), codes, scale)
