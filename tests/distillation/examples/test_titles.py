"""The whole way of the titles, short: teacher, both students, ONNX, comparison."""

import json
from contextlib import redirect_stdout
from io import StringIO

import numpy as np
import onnxruntime
import pytest
import torch

from data.dataset import Source, build_dataset, save_dataset
from data.errors import ToyGuideError
from data.schema import Toy
from data.world.catalogue import build_catalogue
from distillation.examples.command import run
from distillation.examples.contest import ALONE, DISTILLED, TEACHER, Shipped, export_classifier
from distillation.examples.lesson import logits_of
from distillation.examples.pieces import MAX_NGRAMS, MAX_PIECES, hashed_ngrams, learn_pieces
from distillation.examples.titles import MIX, Bag, Reader, shelves_of, titles, titles_lesson, titles_task

BUCKETS = 256


def dataset_of(toys):
    return build_dataset(toys, [], Source("made", 0))


def toy(number, *category, title=None):
    return Toy(id=f"toy-{number}", title=title or f"Toy number {number}", category=category)


@pytest.fixture(scope="module")
def dataset():
    return dataset_of(build_catalogue(1500, 7).toys)


@pytest.fixture(scope="module")
def shelves(dataset):
    """The widest level of a small shop: it has many titles of each category."""
    return shelves_of(dataset, level=1, fewest=20)


@pytest.fixture(scope="module")
def task(shelves):
    return titles_task(shelves, 0, buckets=BUCKETS)


@pytest.fixture(scope="module")
def said(dataset, tmp_path_factory):
    """What the command prints of one round."""
    folder = tmp_path_factory.mktemp("titles") / "shop"
    save_dataset(dataset, folder)
    words = ["--data", str(folder), "--level", "1", "--fewest", "20", "--buckets", str(BUCKETS), "--seeds", "1"]
    with redirect_stdout(StringIO()) as out, pytest.raises(SystemExit) as left:
        run(titles, [*words, "--json"])
    assert left.value.code == 0
    return json.loads(out.getvalue())


@pytest.fixture(scope="module")
def found(said):
    return {name: Shipped(**one) for name, (one,) in said["models"].items()}


def test_everyone_places_far_better_than_chance(found, shelves):
    commonest = np.bincount(shelves.labels).max() / len(shelves.labels)
    for name in (TEACHER, ALONE, DISTILLED):
        assert found[name].accuracy > 5 * commonest, name
        assert found[name].macro_f1 > 5 * commonest, name


def test_distilled_is_not_worse_than_labels_alone_beyond_noise(found, task):
    noise = 2 * np.sqrt(0.1 * 0.9 / len(task.lesson.test))  # two standard errors of an accuracy of .9
    assert found[DISTILLED].accuracy > found[ALONE].accuracy - noise


def test_the_student_is_a_fraction_of_its_teacher(found):
    assert found[DISTILLED].bytes < found[TEACHER].bytes / 10
    assert found[DISTILLED].bytes < 4 * found[DISTILLED].parameters + 5000
    assert all(one.milliseconds > 0 and one.apart <= 1e-4 for one in found.values())


def test_the_json_says_what_it_is_of(said, found, shelves, dataset):
    assert said["dataset"] == dataset.digest
    assert tuple(said["categories"]) == shelves.names
    assert said["titles"] + sum(said["left_out"].values()) == 1500
    assert said["gain"]["accuracy"]["seeds"] == [found[DISTILLED].accuracy - found[ALONE].accuracy]
    assert (said["alpha"], said["temperature"], said["buckets"]) == (MIX.alpha, MIX.temperature, BUCKETS)


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


def test_a_folder_without_categories_is_one_sentence_and_code_2(tmp_path, capsys):
    save_dataset(dataset_of([toy(n) for n in range(40)]), tmp_path / "plain")
    with pytest.raises(SystemExit) as left:
        run(titles, ["--data", str(tmp_path / "plain")])
    said = capsys.readouterr()
    assert left.value.code == 2
    assert said.err.startswith("Error: The dataset must have at least 2 categories")
    assert said.err.count("\n") == 1
    assert said.out == ""
