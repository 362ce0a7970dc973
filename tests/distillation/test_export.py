import numpy as np
import onnx
import onnxruntime
import pytest
import torch

from data.errors import BundleError, ToyGuideError
from distillation.export import check_parity, export_student, export_toy_encoder
from distillation.student import Student, StudentConfig
from distillation.toy_encoder import ToyEncoder
from recommender.features import FeatureSchema, profile_width

TOYS, PROFILE = 40, 9


@pytest.fixture(scope="module")
def student():
    torch.manual_seed(0)
    return Student(StudentConfig(width=16, heads=2, max_history=6), TOYS, PROFILE).eval()


@pytest.fixture(scope="module")
def graph(student):
    return export_student(student)


def run(graph, student, history, allowed=None, k=5, recipient=None):
    session = onnxruntime.InferenceSession(graph.SerializeToString(), providers=["CPUExecutionProvider"])
    history = np.array(history, np.int32)
    if allowed is None:
        allowed = np.ones((len(history), TOYS + 1), np.bool_)
        allowed[:, 0] = False
    feeds = {
        "history": history,
        "recipient": np.zeros((len(history), PROFILE), np.float32) if recipient is None else recipient,
        "table": student.table().detach().numpy(),
        "allowed": allowed,
        "k": np.array([k], np.int64),
    }
    return session.run(["toys", "scores", "query"], feeds)


def test_torch_and_onnx_agree_at_every_batch_and_length(student, graph):
    assert check_parity(student, graph) < 1e-4


def test_a_graph_of_other_weights_is_held_back(graph):
    torch.manual_seed(1)
    other = Student(StudentConfig(width=16, heads=2, max_history=6), TOYS, PROFILE).eval()
    with pytest.raises(BundleError, match="differ by"):
        check_parity(other, graph)


def test_scores_are_query_times_table_best_first(student, graph):
    toys, scores, query = run(graph, student, [[3, 1, 4], [7, 0, 0]])
    table = student.table().detach().numpy()
    for row in range(2):
        np.testing.assert_allclose(scores[row], table[toys[row]] @ query[row], rtol=1e-4)
        best = np.sort(table[1:] @ query[row])[::-1][:5]
        np.testing.assert_allclose(scores[row], best, rtol=1e-4)


@pytest.mark.parametrize("open_toys", [0, 1, 4, 5])
def test_only_allowed_toys_are_shown_and_the_rest_is_minus_one(student, graph, open_toys):
    allowed = np.zeros((1, TOYS + 1), np.bool_)
    allowed[0, 10 : 10 + open_toys] = True
    toys, _, _ = run(graph, student, [[1, 2]], allowed)
    assert sorted(toys[0][toys[0] > 0]) == list(range(10, 10 + open_toys))
    assert (toys[0][open_toys:] == -1).all()


def test_k_above_the_catalogue_gives_the_whole_catalogue(student, graph):
    toys, _, _ = run(graph, student, [[1]], k=1000)
    assert toys.shape == (1, TOYS + 1)
    assert sorted(toys[0][toys[0] > 0]) == list(range(1, TOYS + 1))


def test_padding_and_the_profile_mean_what_they_mean_in_torch(student, graph):
    recipient = np.zeros((2, PROFILE), np.float32)
    recipient[1, 3] = 1.0
    _, _, plain = run(graph, student, [[5, 2, 0, 0], [5, 2, 0, 0]], recipient=recipient)
    _, _, short = run(graph, student, [[5, 2]], recipient=recipient[:1])
    np.testing.assert_allclose(plain[0], short[0], rtol=1e-4, atol=1e-5)
    assert np.abs(plain[0] - plain[1]).max() > 1e-3


def test_the_graph_holds_no_table_and_is_small(graph):
    sizes = {value.name: int(np.prod(value.dims)) for value in graph.graph.initializer}
    assert all(size != (TOYS + 1) * 16 for size in sizes.values())
    assert len(graph.SerializeToString()) < 60_000
    onnx.checker.check_model(graph, full_check=True)


def test_an_opset_that_the_runtime_cannot_load_is_one_clear_sentence(student, graph):
    later = onnx.ModelProto()
    later.CopyFrom(graph)
    later.opset_import[0].version = 99
    with pytest.raises(
        BundleError, match=r"^The exported student cannot be run by .* needs opset 99, and this runtime"
    ):
        check_parity(student, later)


def test_the_toy_encoder_answers_any_number_of_toys_as_in_torch():
    schema = FeatureSchema(np.arange(20, dtype=np.int32), np.ones(20, np.float32), np.arange(7, dtype=np.int32), ("a",))
    torch.manual_seed(0)
    encoder = ToyEncoder(schema, 8)
    for table in (encoder.text, encoder.labels):
        torch.nn.init.normal_(table.weight)
    model = export_toy_encoder(encoder)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    rng = np.random.default_rng(0)
    for rows in (1, 3):
        text, weights, labels, label_weights, profile = (array.numpy() for array in encoder.example(rows))
        text[:] = rng.integers(0, 21, text.shape)
        weights[:], labels[:], label_weights[:] = 0.1, rng.integers(0, 8, labels.shape), 0.2
        profile = rng.random((rows, profile_width(1)), np.float32)
        names = ("text", "text_weights", "labels", "label_weights", "profile")
        arrays = (text, weights, labels, label_weights, profile)
        (found,) = session.run(None, dict(zip(names, arrays, strict=True)))
        with torch.inference_mode():
            expected = encoder(*(torch.from_numpy(array) for array in arrays)).numpy()
        np.testing.assert_allclose(found, expected, atol=1e-5)


@pytest.mark.parametrize(
    ("shape", "message"),
    [({"width": 4}, "'width'"), ({"width": 63}, "'width'.*a multiple of 2, the number of heads. Got 63")],
)
def test_a_shape_that_cannot_be_built_is_refused(shape, message):
    with pytest.raises(ToyGuideError, match=message):
        StudentConfig(**shape)


def test_bags_in_training_and_for_export_are_the_same():
    schema = FeatureSchema(np.arange(20, dtype=np.int32), np.ones(20, np.float32), np.arange(7, dtype=np.int32), ("a",))
    torch.manual_seed(0)
    encoder = ToyEncoder(schema, 8)
    for table in (encoder.text, encoder.labels):
        torch.nn.init.normal_(table.weight)
        with torch.no_grad():
            table.weight[0] = 0.0
    text, weights, labels, label_weights, profile = encoder.example(3)
    text[:] = torch.randint(0, 21, text.shape)
    weights[:], labels[:], label_weights[:] = 0.1, torch.randint(0, 8, labels.shape), 0.2
    arrays = (text, weights, labels, label_weights, profile)
    torch.testing.assert_close(encoder.train()(*arrays), encoder.eval()(*arrays))
