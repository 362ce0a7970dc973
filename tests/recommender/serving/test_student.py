import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.errors import BundleError
from data.schema import KIND_CODES, EventKind, Recipient, Toy
from recommender.base import Contact, Query
from recommender.serving.bundle import read_manifest, write_manifest
from recommender.serving.load import load_bundle
from recommender.serving.student import OnnxStudent, Student, met_toys, pad_histories

VIEW, BUY, RETURN, DISMISS = (
    KIND_CODES[kind] for kind in (EventKind.VIEW, EventKind.PURCHASE, EventKind.RETURN, EventKind.DISMISS)
)


@pytest.fixture(scope="module")
def student(bundle: Path) -> Student:
    return Student.open(bundle, read_manifest(bundle))


@pytest.mark.parametrize(
    ("contacts", "met"),
    [
        ([], []),
        ([(3, VIEW), (5, BUY)], [3, 5]),
        ([(3, VIEW), (5, BUY), (3, BUY)], [3, 5]),  # once, at its first place
        ([(3, BUY), (5, BUY), (3, RETURN)], [5]),
        ([(3, DISMISS), (5, BUY), (3, VIEW)], [3, 5]),  # the last word counts
        ([(0, 0), (5, BUY), (0, 0)], [5]),
    ],
)
def test_a_student_is_fed_what_was_met_and_not_refused(contacts: list[tuple[int, int]], met: list[int]) -> None:
    assert met_toys([toy for toy, _ in contacts], [kind for _, kind in contacts]) == met


def test_histories_start_at_column_0_and_keep_the_newest() -> None:
    padded = pad_histories([[1, 2, 3, 4], [5], []], 3)
    assert padded.tolist() == [[2, 3, 4], [5, 0, 0], [0, 0, 0]]
    assert padded.dtype == np.int32
    assert pad_histories([[]], 3).tolist() == [[0]]
    assert pad_histories([], 3).shape == (0, 1)


@given(st.lists(st.lists(st.integers(1, 12), max_size=8, unique=True), min_size=1, max_size=5), st.integers(1, 14))
def test_a_query_alone_is_the_query_of_a_ranking(student: Student, histories: list[list[int]], k: int) -> None:
    fed = pad_histories(histories, student.max_history)
    profiles = student.profiles([Recipient(age_months=40, interests=("trains",))] * len(fed))
    allowed = np.ones((len(fed), len(student.table)), np.bool_)
    allowed[:, 0] = False
    toys, scores, query = student.rank(fed, profiles, allowed, k)
    np.testing.assert_allclose(student.queries(fed, profiles), query, rtol=1e-5, atol=1e-5)
    assert toys.shape == (len(fed), min(k, 13))
    for row in range(len(fed)):
        found = toys[row][toys[row] > 0]
        assert len(found) == min(k, 12)
        np.testing.assert_allclose(scores[row][: len(found)], student.table[found] @ query[row], rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("left", [0, 1, 4])
def test_what_is_not_allowed_is_never_ranked(student: Student, left: int) -> None:
    allowed = np.zeros((1, len(student.table)), np.bool_)
    allowed[0, 3 : 3 + left] = True
    toys, _, _ = student.rank(np.array([[1]], np.int32), student.profiles([None]), allowed, 5)
    assert sorted(toys[0].tolist()) == [-1] * (5 - left) + list(range(3, 3 + left))


def test_the_judged_student_is_the_one_that_answers(bundle: Path, toys: list[Toy]) -> None:
    """The scores that evaluation sees rank toys as the engine does, where nothing is masked but the history."""
    engine, judged = load_bundle(bundle), OnnxStudent.from_bundle(bundle)
    query = Query((Contact("track"), Contact("bear", EventKind.DISMISS)), Recipient(age_months=215))
    scores = judged.score([query])[0]
    answer = engine.recommend(query.history, query.recipient, k=100)
    shown = [pick.index - 1 for pick in answer.items]
    np.testing.assert_allclose(scores[shown], [pick.score for pick in answer.items], rtol=1e-4)
    assert np.all(np.diff(scores[shown]) <= 1e-5)
    assert len(judged.score([])) == 0


def rewritten(folder: Path) -> Path:
    """Make the manifest true again after a file was changed."""
    manifest = read_manifest(folder)
    facts = {name: getattr(manifest, name) for name in ("model", "opset", "dataset", "teacher", "student", "features")}
    write_manifest(folder, **facts, metrics={}, currency=None)
    return folder


def with_tables(folder: Path, codes: np.ndarray, scale: np.ndarray) -> Path:
    np.save(folder / "table.npy", codes)
    np.save(folder / "table_scale.npy", scale)
    return rewritten(folder)


@pytest.mark.parametrize(
    ("codes", "scale", "said"),
    [
        (np.ones((13, 8), np.float32), np.ones(13, np.float32), "must hold int8"),
        (np.ones((13, 9), np.int8), np.ones(13, np.float32), r"of shape \(-1, 8\)"),
        (np.ones((13, 8), np.int8), np.ones(12, np.float32), "one finite scale a row"),
        (np.zeros((13, 8), np.int8), np.full(13, np.nan, np.float32), "one finite scale a row"),
        (np.ones((13, 8), np.int8), np.ones(13, np.float32), "row 0 is padding"),
        (np.zeros((9, 8), np.int8), np.ones(9, np.float32), "its catalogue holds 12 toys, its table 8"),
    ],
)
def test_a_table_that_does_not_fit_is_refused(
    bundle: Path, tmp_path: Path, codes: np.ndarray, scale: np.ndarray, said: str
) -> None:
    folder = Path(shutil.copytree(bundle, tmp_path / "bundle"))
    with pytest.raises(BundleError, match=said):
        load_bundle(with_tables(folder, codes, scale))


def test_no_pickle_is_ever_opened(bundle: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(bundle, tmp_path / "bundle"))
    np.save(folder / "table.npy", np.array([object()], object), allow_pickle=True)  # what is to be refused
    with pytest.raises(BundleError, match="cannot be read as an array"):
        load_bundle(rewritten(folder))


def test_a_graph_that_is_not_the_students_is_refused(bundle: Path, tmp_path: Path) -> None:
    from onnx import TensorProto, helper

    folder = Path(shutil.copytree(bundle, tmp_path / "bundle"))
    (folder / "student.onnx").write_bytes(b"not a graph")
    with pytest.raises(BundleError, match="is not an ONNX graph"):
        load_bundle(rewritten(folder))

    value = helper.make_tensor_value_info
    graph = helper.make_graph(
        [helper.make_node("Identity", ["history"], ["toys"])],
        "other",
        [value("history", TensorProto.INT32, ["B", "L"])],
        [value("toys", TensorProto.INT32, ["B", "L"])],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=9)
    (folder / "student.onnx").write_bytes(model.SerializeToString())
    with pytest.raises(BundleError, match="its inputs must be"):
        load_bundle(rewritten(folder))


def test_an_opset_that_the_runtime_cannot_load_is_one_clear_sentence(bundle: Path, tmp_path: Path) -> None:
    import onnx

    folder = Path(shutil.copytree(bundle, tmp_path / "bundle"))
    model = onnx.load(folder / "student.onnx")
    model.opset_import[0].version = 99
    onnx.save(model, folder / "student.onnx")
    with pytest.raises(
        BundleError, match=r"student\.onnx cannot be run by .* it needs opset 99, and this runtime knows"
    ):
        load_bundle(rewritten(folder))


def test_a_graph_that_ignores_the_mask_fails_the_smoke_ranking(bundle: Path, tmp_path: Path) -> None:
    import onnx

    folder = Path(shutil.copytree(bundle, tmp_path / "bundle"))
    model = onnx.load(folder / "student.onnx")
    where = next(node for node in model.graph.node if node.op_type == "Where" and node.output[0] == "masked")
    where.input[2] = "all_scores"
    onnx.save(model, folder / "student.onnx")
    with pytest.raises(BundleError, match="breaks its mask"):
        load_bundle(rewritten(folder))
