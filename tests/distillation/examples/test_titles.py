"""The whole way of the titles, short: teacher, both students, ONNX, comparison."""

import json

import numpy as np
import onnxruntime
import pytest
import torch

from data.dataset import Source, build_dataset, save_dataset
from data.errors import ToyGuideError
from data.schema import Toy
from data.world.catalogue import build_catalogue
from distillation.examples.command import run
from distillation.examples.contest import ALONE, DISTILLED, TEACHER, export_classifier, run_round
from distillation.examples.lesson import logits_of
from distillation.examples.pieces import MAX_NGRAMS, MAX_PIECES, hashed_ngrams, learn_pieces
from distillation.examples.titles import Bag, Reader, shelves_of, titles, titles_lesson, titles_task
from recommender.learning.fit import FitOptions

BUCKETS = 256
SHORT_TEACHER = FitOptions(epochs=14, learning_rate=0.006, patience=14)
SHORT_STUDENT = FitOptions(epochs=15, learning_rate=0.03, patience=15)


def dataset_of(toys):
    return build_dataset(toys, [], Source("made", 0))


def toy(number, *category, title=None):
    return Toy(id=f"toy-{number}", title=title or f"Toy number {number}", category=category)


@pytest.fixture(scope="module")
def shelves():
    """The widest level of the smallest shop that has enough titles."""
    return shelves_of(dataset_of(build_catalogue(1500, 7).toys), level=1, fewest=20)


@pytest.fixture(scope="module")
def task(shelves):
    return titles_task(shelves, 0, buckets=BUCKETS, teacher_options=SHORT_TEACHER, student_options=SHORT_STUDENT)


@pytest.fixture(scope="module")
def found(task):
    return run_round(task, 0)


def test_everyone_places_far_better_than_chance(found, shelves):
    commonest = np.bincount(shelves.labels).max() / len(shelves.labels)
    for name in (TEACHER, ALONE, DISTILLED):
        assert found[name].accuracy > 4 * commonest, name
        assert found[name].macro_f1 > 4 * commonest, name


def test_distilled_is_not_worse_than_labels_alone_beyond_noise(found, task):
    noise = 2 * np.sqrt(0.2 * 0.8 / len(task.lesson.test))  # two standard errors of an accuracy of .8
    assert found[DISTILLED].accuracy > found[ALONE].accuracy - noise


def test_the_student_is_a_fraction_of_its_teacher(found):
    assert found[DISTILLED].bytes < found[TEACHER].bytes / 10
    assert found[DISTILLED].bytes < 4 * found[DISTILLED].parameters + 5000
    assert all(one.milliseconds > 0 and one.apart <= 1e-4 for one in found.values())


def test_onnx_runtime_says_what_torch_says_and_takes_hashed_ids_and_weights(task, shelves):
    torch.manual_seed(3)
    samples = task.lesson.test
    for model, inputs in (
        (Bag(BUCKETS, len(shelves.names)), {"ngrams": "tensor(int32)", "weights": "tensor(float)"}),
        (Reader(3000, len(shelves.names), width=16, layers=1), {"pieces": "tensor(int32)"}),
    ):
        graph = export_classifier(model, samples)
        session = onnxruntime.InferenceSession(graph.SerializeToString(), providers=["CPUExecutionProvider"])
        assert {node.name: node.type for node in session.get_inputs()} == inputs
        expected = logits_of(model, samples).numpy()
        for batch in (1, 5, 64):
            (logits,) = session.run(None, {name: samples.inputs[name][:batch].numpy() for name in inputs})
            np.testing.assert_allclose(logits, expected[:batch], atol=1e-4)


def test_a_request_is_what_the_lesson_holds_of_that_title(task):
    for place in (0, 3):
        for takes in (("pieces",), ("ngrams", "weights")):
            feed = task.request(place, takes)
            assert set(feed) == set(takes)
            for name in takes:
                whole = task.lesson.test.inputs[name][place].numpy()
                shown = feed[name].shape[1]  # without the padding
                np.testing.assert_array_equal(feed[name][0], whole[:shown])
                assert feed[name].all()
                assert not whole[shown:].any()


def test_the_vocabulary_knows_no_title_but_those_to_learn_from(shelves):
    _, pieces = titles_lesson(shelves, 0)
    _, others = titles_lesson(shelves, 1)
    assert pieces.rows.keys() != others.rows.keys()


def test_padding_says_nothing_to_the_reader():
    torch.manual_seed(0)
    reader = Reader(50, 4, width=16).eval()
    title = torch.zeros(1, MAX_PIECES, dtype=torch.int32)
    title[0, :3] = torch.tensor([4, 7, 9])
    with torch.inference_mode():
        whole, short = reader(title), reader(title[:, :3])
        torch.testing.assert_close(whole, short, atol=1e-5, rtol=1e-5)
        assert torch.isfinite(reader(torch.zeros(1, MAX_PIECES, dtype=torch.int32))).all()  # a title of no known piece


def test_words_are_whole_where_known_and_in_the_longest_parts_where_not():
    pieces = learn_pieces(["Wooden dollhouse", "Wooden playhouse", "Big house", "House of cards"], whole=2, parts=40)
    by_row = {row: piece for piece, row in pieces.rows.items()}
    assert [by_row[row] for row in pieces.cut("wooden")] == ["wooden"]
    assert by_row[pieces.cut("lighthouse")[-1]] == "house"
    assert pieces.cut("ж") == []
    assert sorted(pieces.rows.values()) == list(range(1, len(pieces.rows) + 1))
    row = pieces.encode("wooden " * 100)
    assert row.shape == (MAX_PIECES,)
    assert (row == pieces.rows["wooden"]).all()


def test_a_bag_is_of_unit_length_within_its_buckets_and_of_no_order():
    ids, weights = hashed_ngrams("Red wooden train, red", 64)
    assert ids.shape == weights.shape == (MAX_NGRAMS,)
    assert float((weights**2).sum()) == pytest.approx(1.0)
    assert ids.max() <= 64
    assert (ids > 0).sum() == (weights > 0).sum() <= 6  # red, wooden, train and three pairs, "red" counting twice
    assert not hashed_ngrams("", 64)[0].any()
    assert not hashed_ngrams("★☆", 64)[1].any()
    assert hashed_ngrams("word " * 3 + " ".join(f"w{i}" for i in range(99)), 4096)[0].all()


def test_what_is_left_out_is_counted():
    toys = [toy(n, "Toys", "Cars") for n in range(12)] + [toy(n, "Toys", "Dolls", "Big") for n in range(20, 35)]
    toys += [toy(n, "Toys") for n in range(40, 44)] + [toy(50), toy(51, "Toys", "Rare")]
    shelves = shelves_of(dataset_of(toys), level=2, fewest=10)
    assert shelves.names == ("Toys > Cars", "Toys > Dolls")
    assert np.bincount(shelves.labels).tolist() == [12, 15]
    assert (shelves.shallow, shelves.rare) == (5, 1)
    title = next(iter(shelves.titles))
    assert shelves.labels[0] == (int(title.split()[-1]) >= 20)


@pytest.mark.parametrize(
    ("toys", "said"),
    [
        ([toy(n) for n in range(40)], "Of its 40 toys 0 have a category that deep"),
        ([toy(n, "Toys", "Cars") for n in range(40)], "1 of 1 such categories are large enough"),
        ([toy(n, "Toys", f"Kind {n}") for n in range(40)], "0 of 40 such categories are large enough"),
    ],
)
def test_a_dataset_without_categories_is_one_clear_sentence(toys, said):
    with pytest.raises(ToyGuideError, match=r"^The dataset must have at least 2 categories of 2 levels") as error:
        shelves_of(dataset_of(toys))
    assert said in str(error.value)
    assert str(error.value).count("\n") == 0


@pytest.mark.parametrize(("wrong", "message"), [({"level": 0}, "'level'"), ({"fewest": 9}, "'fewest'")])
def test_numbers_that_cannot_be_are_refused(wrong, message):
    with pytest.raises(ToyGuideError, match=message):
        shelves_of(dataset_of([toy(1, "Toys", "Cars")]), **wrong)


def test_the_command_prints_every_figure_as_json_and_what_was_left_out(tmp_path, capsys):
    save_dataset(dataset_of(build_catalogue(300, 7).toys), tmp_path / "shop")
    words = ["--data", str(tmp_path / "shop"), "--level", "1", "--fewest", "20", "--seeds", "1", "--json"]
    with pytest.raises(SystemExit) as left:
        run(titles, words)
    said = json.loads(capsys.readouterr().out)
    assert left.value.code == 0
    assert set(said["models"]) == {TEACHER, ALONE, DISTILLED}
    assert said["titles"] + sum(said["left_out"].values()) == 300
    assert said["gain"]["accuracy"]["seeds"] == [
        said["models"][DISTILLED][0]["accuracy"] - said["models"][ALONE][0]["accuracy"]
    ]


def test_a_folder_without_categories_is_one_sentence_and_code_2(tmp_path, capsys):
    save_dataset(dataset_of([toy(n) for n in range(40)]), tmp_path / "plain")
    with pytest.raises(SystemExit) as left:
        run(titles, ["--data", str(tmp_path / "plain")])
    said = capsys.readouterr()
    assert left.value.code == 2
    assert said.err.startswith("Error: The dataset must have at least 2 categories")
    assert said.err.count("\n") == 1
    assert said.out == ""
