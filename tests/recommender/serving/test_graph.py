"""Graphs that would have ONNX Runtime read a file beside them, made with the onnx package itself."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
import pytest
from onnx import TensorProto, helper, numpy_helper

from data.errors import BundleError
from recommender.serving.bundle import STUDENT, read_manifest, verify_bundle, write_manifest
from recommender.serving.graph import DATA_LOCATION, EXTERNAL_DATA, LEADS_TO, check_graph
from recommender.serving.load import load_bundle
from recommender.serving.student import open_graph


def outside(tensor: TensorProto, location: str = "weights.bin") -> TensorProto:
    """The tensor, said to lie in a file."""
    moved = TensorProto()
    moved.CopyFrom(tensor)
    moved.ClearField("raw_data")
    moved.data_location = TensorProto.EXTERNAL
    moved.external_data.add(key="location", value=location)
    return moved


def adding(weights: TensorProto) -> onnx.ModelProto:
    """y = x + weights."""
    value = helper.make_tensor_value_info
    x, y = value("x", TensorProto.FLOAT, [4]), value("y", TensorProto.FLOAT, [4])
    graph = helper.make_graph([helper.make_node("Add", ["x", "w"], ["y"])], "adding", [x], [y], [weights])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=9)


WEIGHTS = numpy_helper.from_array(np.arange(4, dtype=np.float32), "w")


def test_every_way_to_a_tensor_is_known() -> None:
    """The table of fields is what the onnx package says, for all messages through which a tensor can be reached."""
    leads: dict[str, dict[int, str]] = {"TensorProto": {}}
    messages = {m.name: m for m in onnx.ModelProto.DESCRIPTOR.file.message_types_by_name.values()}
    grew = True
    while grew:
        before = {name: dict(fields) for name, fields in leads.items()}
        for name, message in messages.items():
            fields = {
                field.number: field.message_type.name
                for field in message.fields
                if field.message_type is not None and field.message_type.name in leads
            }
            if fields and name != "TensorProto":
                leads[name] = fields
        grew = leads != before
    assert leads == LEADS_TO
    numbers = {field.name: field.number for field in TensorProto.DESCRIPTOR.fields}
    assert (numbers["external_data"], numbers["data_location"]) == (EXTERNAL_DATA, DATA_LOCATION)


def test_onnx_runtime_would_read_such_a_file_even_for_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Why bytes alone are no protection; if this fails one day, the search may still stay."""
    (tmp_path / "weights.bin").write_bytes(np.arange(4, dtype=np.float32).tobytes())
    monkeypatch.chdir(tmp_path)
    options = ort.SessionOptions()
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    graph = adding(outside(WEIGHTS)).SerializeToString()
    session = ort.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
    assert session.run(None, {"x": np.zeros(4, np.float32)})[0].tolist() == [0, 1, 2, 3]


def in_a_constant(model: onnx.ModelProto) -> None:
    model.graph.node.append(helper.make_node("Constant", [], ["c"], value=outside(WEIGHTS)))


def in_a_subgraph(model: onnx.ModelProto) -> None:
    inner = helper.make_graph([], "inner", [], [], [outside(WEIGHTS)])
    outer = helper.make_graph([helper.make_node("If", ["x"], ["z"], then_branch=inner)], "outer", [], [])
    model.graph.node.append(helper.make_node("If", ["x"], ["z"], then_branch=outer))


def in_a_list_of_tensors(model: onnx.ModelProto) -> None:
    model.graph.node.append(helper.make_node("Made", ["x"], ["z"], values=[WEIGHTS, outside(WEIGHTS)]))


def in_a_list_of_graphs(model: onnx.ModelProto) -> None:
    inner = helper.make_graph([], "inner", [], [], [outside(WEIGHTS)])
    model.graph.node.append(helper.make_node("Made", ["x"], ["z"], graphs=[inner]))


def in_a_sparse_tensor(model: onnx.ModelProto) -> None:
    model.graph.sparse_initializer.add().values.CopyFrom(outside(WEIGHTS))


def in_the_places_of_a_sparse_attribute(model: onnx.ModelProto) -> None:
    node = model.graph.node.add()
    node.attribute.add(name="value").sparse_tensor.indices.CopyFrom(outside(WEIGHTS))


def in_a_function(model: onnx.ModelProto) -> None:
    function = model.functions.add(name="made")
    function.node.append(helper.make_node("Constant", [], ["c"], value=outside(WEIGHTS)))


def in_a_functions_default(model: onnx.ModelProto) -> None:
    model.functions.add(name="made").attribute_proto.add(name="value").t.CopyFrom(outside(WEIGHTS))


def in_training_information(model: onnx.ModelProto) -> None:
    model.training_info.add().initialization.initializer.append(outside(WEIGHTS))


def named_without_being_used(model: onnx.ModelProto) -> None:
    model.graph.initializer[0].external_data.add(key="location", value="weights.bin")


def located_without_a_name(model: onnx.ModelProto) -> None:
    model.graph.initializer[0].data_location = TensorProto.EXTERNAL


@pytest.mark.parametrize(
    "hide",
    [
        in_a_constant,
        in_a_subgraph,
        in_a_list_of_tensors,
        in_a_list_of_graphs,
        in_a_sparse_tensor,
        in_the_places_of_a_sparse_attribute,
        in_a_function,
        in_a_functions_default,
        in_training_information,
        named_without_being_used,
        located_without_a_name,
    ],
)
def test_a_tensor_in_another_file_is_found_wherever_it_hides(hide: Callable[[onnx.ModelProto], None]) -> None:
    model = adding(WEIGHTS)
    check_graph(model.SerializeToString(), "adding.onnx")
    hide(model)
    with pytest.raises(BundleError, match=r"adding\.onnx must hold all its weights"):
        check_graph(model.SerializeToString(), "adding.onnx")


def test_graphs_in_graphs_do_not_exhaust_the_stack() -> None:
    def wrapped(field: int, message: bytes) -> bytes:
        length, size = len(message), b""
        while length > 127:
            size, length = size + bytes([length & 127 | 128]), length >> 7
        return bytes([field << 3 | 2]) + size + bytes([length]) + message

    graph = wrapped(5, outside(WEIGHTS).SerializeToString())
    for _ in range(3000):
        graph = wrapped(1, wrapped(5, wrapped(6, graph)))
    with pytest.raises(BundleError, match="must hold all its weights"):
        check_graph(wrapped(7, graph), "deep.onnx")


@pytest.mark.parametrize(
    ("graph", "said"),
    [
        (b"not a graph", "byte 0 begins no field"),
        (adding(WEIGHTS).SerializeToString()[:-3], "ends in the middle of a field"),
        (b"\x3a\xff", "ends in the middle of a number"),
        (b"\x80" * 11, "does not end"),
        (b"\x0b\x0c", "begins no field"),
        (b"\x09\x00", "ends in the middle of a field"),
    ],
)
def test_what_cannot_be_read_is_no_graph(graph: bytes, said: str) -> None:
    with pytest.raises(BundleError, match=f"x.onnx is not an ONNX graph: .*{said}"):
        check_graph(graph, "x.onnx")


def redigested(folder: Path) -> Path:
    """The bundle, its manifest true again: whoever makes the graph makes the digests too."""
    m = read_manifest(folder)
    facts = {name: getattr(m, name) for name in ("model", "opset", "dataset", "teacher", "student", "features")}
    write_manifest(folder, **facts, metrics=m.metrics, currency=m.currency)
    return folder


@pytest.mark.parametrize("location", ["weights.bin", "../outside.bin", "/etc/passwd"])
def test_a_bundle_whose_graph_reads_another_file_is_refused(bundle: Path, tmp_path: Path, location: str) -> None:
    folder = Path(shutil.copytree(bundle, tmp_path / "bundle"))
    model = onnx.load(folder / STUDENT)
    weights = next(tensor for tensor in model.graph.initializer if tensor.name == "profile_weights")
    (folder / "weights.bin").write_bytes(weights.raw_data)
    weights.CopyFrom(outside(weights, location))
    (folder / STUDENT).write_bytes(model.SerializeToString())
    for check in (verify_bundle, load_bundle):
        with pytest.raises(BundleError, match=r"student\.onnx must hold all its weights"):
            check(redigested(folder))
    with pytest.raises(BundleError, match="must hold all its weights"):
        open_graph(folder / STUDENT, "the student")


def test_so_is_one_with_such_a_graph_beside_the_student(bundle: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(bundle, tmp_path / "bundle"))
    (folder / "toy_encoder.ONNX").write_bytes(adding(outside(WEIGHTS)).SerializeToString())
    with pytest.raises(BundleError, match=r"toy_encoder\.ONNX must hold all its weights"):
        verify_bundle(redigested(folder))


def test_the_runtimes_other_format_is_not_guessed() -> None:
    """Its own format (flat buffers, "ORTM" in bytes 4 to 7) is not what was searched."""
    disguised = bytes([0x4A, 62, 0, 0]) + b"ORTM" + bytes(56)  # to the search, one unknown field of 62 bytes
    check_graph(disguised, "x.onnx")
    with pytest.raises(BundleError, match=r"x\.onnx cannot be run by ONNX Runtime") as error:
        open_graph(disguised, "x.onnx")
    assert "ORT model" not in str(error.value)
